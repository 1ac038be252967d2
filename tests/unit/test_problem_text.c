/* test_problem_text.c: what each word of a line means, what is written back,
 * and what a wrong line is told. */
#include "base/arith.h"
#include "base/error.h"
#include "draw.h"
#include "given.h"
#include "model/problem_text.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static const char *printed(const struct problem *p)
{
    static char line[ORL_PROBLEM_TEXT];
    const size_t length = orl_problem_print(p, line, sizeof line);
    ck_assert_uint_eq(length, strlen(line));
    return line;
}

/* ---- Meaning ------------------------------------------------------------- */

START_TEST(the_least_line_leaves_the_rest_to_defaults)
{
    oriel_problem p, least = {.size = sizeof p,
                              .heads = 8,
                              .queries = 4096,
                              .head_dim = 64,
                              .left = 1023};
    ck_assert_int_eq(orl_problem_parse(&p, "h8 q4096 d64 w1023,0"), ORIEL_OK);
    ck_assert_int_eq(memcmp(&p, &least, sizeof p), 0);
}
END_TEST

START_TEST(every_word_reaches_its_field)
{
    oriel_problem p, full = {
                         .size = sizeof p,
                         .extras = ORIEL_EXTRA_LSE | ORIEL_EXTRA_KEY_RANGE,
                         .batch = 2,
                         .heads = 12,
                         .kv_heads = 4,
                         .queries = 100,
                         .keys = 200,
                         .head_dim = 80,
                         .v_dim = 48,
                         .left = -3,
                         .right = 20,
                         .query_origin = -7,
                         .key_origin = 9,
                         .q = {1, 2, 3, 4},
                         .k = {5, 6, 7, 8},
                         .v = {9, 10, 11, 12},
                         .out = {13, 14, 15, 16},
                         .type = ORIEL_F16,
                         .k_type = ORIEL_BF16,
                         .v_type = ORIEL_F32,
                         .out_type = ORIEL_BF16,
                         .align = ORIEL_ALIGN_START,
                         .offset_align = 8,
                         .scale = 0.25f,
                         .softcap = 1.5f,
                     };
    ck_assert_int_eq(
        orl_problem_parse(&p,
                          "b2 h12/4 q100 k200 d80 v48 w-3,20 at -7,9 f16 kbf16 "
                          "vf32 obf16 qs:1,2,3,4 ks:5,6,7,8 vs:9,10,11,12 "
                          "os:13,14,15,16 scale.25 cap15e-1 off8 lse ranges"),
        ORIEL_OK);
    ck_assert_int_eq(memcmp(&p, &full, sizeof p), 0);
}
END_TEST

START_TEST(alignments_and_reaches_have_words)
{
    oriel_problem p;
    ck_assert_int_eq(orl_problem_parse(&p, "h1 q1 d1 winf,-4 end-8"), ORIEL_OK);
    ck_assert_int_eq(p.left, ORIEL_UNBOUNDED);
    ck_assert_int_eq(p.right, -4);
    ck_assert_uint_eq(p.align, ORIEL_ALIGN_END);
    ck_assert_int_eq(p.query_origin, -8);
    ck_assert_int_eq(p.key_origin, 0);
    ck_assert_int_eq(orl_problem_parse(&p, "h1 q1 d1 w0,inf end3,-4"),
                     ORIEL_OK);
    ck_assert_int_eq(p.right, ORIEL_UNBOUNDED);
    ck_assert_int_eq(p.query_origin, 3);
    ck_assert_int_eq(p.key_origin, -4);
    ck_assert_int_eq(orl_problem_parse(&p, "h1 q1 d1 w0,0 start"), ORIEL_OK);
    ck_assert_uint_eq(p.align, ORIEL_ALIGN_START);
    ck_assert_int_eq(p.query_origin, 0);
    ck_assert_int_eq(orl_problem_parse(&p, "h1 q1 d1 w0,0 end"), ORIEL_OK);
    ck_assert_uint_eq(p.align, ORIEL_ALIGN_END);
}
END_TEST

START_TEST(by_row_lays_out_what_no_word_lays_out)
{
    const struct problem p =
        given_problem("bshd h6/2 q5 k7 d4 v3 w0,0 ks:0,0,4,1");
    ck_assert_int_eq(p.q.head, 4);
    ck_assert_int_eq(p.q.row, 24);
    ck_assert_int_eq(p.q.batch, 120);
    ck_assert_int_eq(p.k.row, 4);
    ck_assert_int_eq(p.v.head, 3);
    ck_assert_int_eq(p.v.row, 6);
    ck_assert_int_eq(p.v.batch, 42);
    ck_assert_int_eq(p.out.row, 18);
    ck_assert_int_eq(p.out.batch, 90);
}
END_TEST

/* ---- Writing ------------------------------------------------------------- */

/* Lines as they are written: in order, without defaults. */
static const char *const canonical[] = {
    "h8/2 q4096 d64 w1023,0 f16",
    "h1 q1 k7 d1 w0,0",
    "h1 q1 d8 w0,0",
    "b2 h6/2 q1000 k1500 d80 v48 w300,20 bf16 cap30",
    "h8/2 q1 k4096 d128 w1023,0 kf16 vf16",
    "b3 h4 q16 k86 d64 w70,13 end-13",
    "h1 q5 d4 winf,inf start",
    "h1 q5 d4 w-2,inf at -5,6 f16 of32",
    "h1 q5 d4 winf,-2 end5,6",
    "h1 q5 d4 winf,-2 end0,6",
    "h1 q5 d4 w9223372036854775806,-9223372036854775806",
    "b2 h3 q5 d4 w0,0 bshd",
    "b2 h3 q5 d4 w0,0 qs:60,4,12,1",
    "b2 h3 q5 d4 w0,0 ks:0,0,4,1 os:60,4,12,1",
    "h1 q5 d4 w0,0 scale0.1 cap1e-45",
    "h1 q5 d4 w0,0 f16 off2 lse ranges",
};

START_TEST(a_line_in_canonical_form_is_written_as_it_was)
{
    const struct problem p = given_problem(canonical[_i]);
    ck_assert_str_eq(printed(&p), canonical[_i]);
}
END_TEST

static const struct {
    const char *line, *canonical;
} rewritten[] = {
    {"b1 h8/2 q4096 k4096 d64 w1023,0 f16", "h8/2 q4096 d64 w1023,0 f16"},
    {"f32 w3,0 v8 d8 q5 h4/4 b1 end off16 k5", "h4 q5 d8 w3,0"},
    {"\th1  q5\nd4 w+2,007 end0 ", "h1 q5 d4 w2,7"},
    {"h1 q5 d4 w0,0 scale0.5 at \t 0,0", "h1 q5 d4 w0,0 start"},
    {"h1 q5 d4 w0,0 at 0,0 of32 kf32", "h1 q5 d4 w0,0 start"},
    {"h2 q5 d4 w0,0 qs:40,20,4,1 ks:0,0,0,0", "h2 q5 d4 w0,0"},
};

START_TEST(other_forms_are_written_canonically)
{
    const struct problem p = given_problem(rewritten[_i].line);
    ck_assert_str_eq(printed(&p), rewritten[_i].canonical);
}
END_TEST

START_TEST(writing_keeps_to_its_room)
{
    const struct problem p = given_problem("h8/2 q4096 d64 w1023,0 f16");
    char line[12] = "...........";
    ck_assert_uint_eq(orl_problem_print(&p, line, sizeof line), 26);
    ck_assert_str_eq(line, "h8/2 q4096 ");
    ck_assert_uint_eq(orl_problem_print(&p, NULL, 0), 26);
}
END_TEST

START_TEST(the_longest_line_fits_the_room_for_any)
{
    const struct problem p = given_problem(
        "b1000000000 h1000000000/500000000 q1 k1 d1 v2 "
        "w-9223372036854775807,9223372036854775807 at -1000000000,-1000000000 "
        "bf16 kf16 vf16 of16 qs:1000000000,1,9223372036854775807,"
        "9223372036854775807 ks:1000000000,1,9223372036854775807,"
        "9223372036854775807 vs:2000000000,2,9223372036854775807,1 "
        "os:2000000000,2,9223372036854775807,1 scale1.1754942e-38 "
        "cap1.1754942e-38 off8 lse ranges");
    ck_assert_uint_gt(strlen(printed(&p)), 350);
    /* Every number at its longest, were it possible at once. */
    const size_t numbers = 4 * 10 + 2 * 3 + 2 * 20 + 2 * 11 + 16 * 19 + 2 * 14;
    const size_t words = sizeof "b h/ q k d v w, at , bf16 kbf16 vbf16 obf16 "
                                "qs:,,, ks:,,, vs:,,, os:,,, scale cap off16 "
                                "lse ranges";
    ck_assert_uint_le(numbers + 10 + words, ORL_PROBLEM_TEXT);
}
END_TEST

START_TEST(reading_what_was_written_gives_the_same_problem)
{
    uint64_t seed = (uint64_t)_i + 100;
    for (int n = 0; n < 3000; n++) {
        const oriel_problem wanted = draw_problem(&seed);
        struct problem p;
        ck_assert_int_eq(orl_problem_check(&p, &wanted), ORIEL_OK);
        const char *line = printed(&p);
        const struct problem again = given_problem(line);
        if (!orl_problem_equal(&p, &again))
            ck_abort_msg("%s became %s", line, printed(&again));
    }
}
END_TEST

/* ---- Wrong lines --------------------------------------------------------- */

#define SIZE  " is a whole number from 1"
#define TWICE "an earlier word has said that"
#define LATER "this version does not have that yet"
#define TYPE  "a type is f32, f16 or bf16"

/* A word put at the end of "h8 q16 d64 w3,0 ", or a whole line. */
static const struct {
    const char *word, *message;
} wrong[] = {
    {"x9", "\"x9\" at column 17: no word of a problem"},
    {"kiwi", "\"kiwi\" at column 17: no word of a problem"},
    {"f64", "\"f64\" at column 17: no word of a problem"},
    {"Q5", "\"Q5\" at column 17: no word of a problem"},
    {"b2  b2", "\"b2\" at column 21: " TWICE},
    {"h8", "\"h8\" at column 17: " TWICE},
    {"f16 bf16", "\"bf16\" at column 21: " TWICE},
    {"kf16 kf16", "\"kf16\" at column 22: " TWICE},
    {"end start", "\"start\" at column 21: " TWICE},
    {"start at 1,2", "\"at 1,2\" at column 23: " TWICE},
    {"end-1 end-1", "\"end-1\" at column 23: " TWICE},
    {"qs:1,1,64,1 qs:1,1,64,1", "\"qs:1,1,64,1\" at column 29: " TWICE},
    {"lse lse", "\"lse\" at column 21: " TWICE},
    {"b0", "\"b0\" at column 17: bN, the batch," SIZE},
    {"b-1", "\"b-1\" at column 17: bN, the batch," SIZE},
    {"b", "\"b\" at column 17: bN, the batch," SIZE},
    {"b2x", "\"b2x\" at column 17: bN, the batch," SIZE},
    {"k", "\"k\" at column 17: kN, key rows," SIZE},
    {"o", "\"o\" at column 17: " TYPE},
    {"kf8", "\"kf8\" at column 17: no word of a problem"},
    {"scale", "\"scale\" at column 17: scale is positive and finite; leave it "
              "out for 1/sqrt(d)"},
    {"off", "\"off\" at column 17: offN is a number of bytes: 2, 4, 8 or 16"},
    {"k0", "\"k0\" at column 17: kN, key rows," SIZE},
    {"k1.5", "\"k1.5\" at column 17: kN, key rows," SIZE},
    {"k9223372036854775808",
     "\"k9223372036854775808\" at column 17: kN, key rows," SIZE},
    {"v0", "\"v0\" at column 17: vN, v_dim," SIZE},
    {"endx", "\"endx\" at column 17: whole numbers may follow: endN or endQ,K"},
    {"end1,",
     "\"end1,\" at column 17: whole numbers may follow: endN or endQ,K"},
    {"start5",
     "\"start5\" at column 17: nothing follows start; origins: at Q,K"},
    {"at", "\"at\" at column 17: the origins are at Q,K: two whole numbers"},
    {"at 5",
     "\"at 5\" at column 17: the origins are at Q,K: two whole numbers"},
    {"at lse",
     "\"at lse\" at column 17: the origins are at Q,K: two whole numbers"},
    {"ks:1,2,3",
     "\"ks:1,2,3\" at column 17: strides are B,H,R,D in elements: four whole "
     "numbers"},
    {"os:1,2,3,4,5",
     "\"os:1,2,3,4,5\" at column 17: strides are B,H,R,D in elements: four "
     "whole numbers"},
    {"scale0",
     "\"scale0\" at column 17: scale is positive and finite; leave it out for "
     "1/sqrt(d)"},
    {"scale-1",
     "\"scale-1\" at column 17: scale is positive and finite; leave it out for "
     "1/sqrt(d)"},
    {"scale1e-60",
     "\"scale1e-60\" at column 17: scale is positive and finite; leave it out "
     "for 1/sqrt(d)"},
    {"scale1e39",
     "\"scale1e39\" at column 17: scale is positive and finite; leave it out "
     "for 1/sqrt(d)"},
    {"scalenan",
     "\"scalenan\" at column 17: scale is positive and finite; leave it out "
     "for 1/sqrt(d)"},
    {"cap0", "\"cap0\" at column 17: the softcap is positive and finite; leave "
             "it out for none"},
    {"capinf", "\"capinf\" at column 17: the softcap is positive and finite; "
               "leave it out for none"},
    {"off0", "\"off0\" at column 17: offN is a number of bytes: 2, 4, 8 or 16"},
    {"off4294967300",
     "\"off4294967300\" at column 17: offN is a number of bytes: 2, 4, 8 or "
     "16"},
    {"lsex", "\"lsex\" at column 17: nothing follows lse"},
    {"ranges2", "\"ranges2\" at column 17: nothing follows ranges"},
    {"bshd1", "\"bshd1\" at column 17: nothing follows bshd"},
    {"rows", "\"rows\" at column 17: " LATER},
    {"sinks", "\"sinks\" at column 17: " LATER},
    {"alibi", "\"alibi\" at column 17: " LATER},
    {"bias", "\"bias\" at column 17: " LATER},
};

START_TEST(a_wrong_word_is_shown_with_its_column)
{
    char line[128];
    oriel_problem p = {.batch = 42};
    snprintf(line, sizeof line, "h8 q16 d64 w3,0 %s", wrong[_i].word);
    ck_assert_int_eq(orl_problem_parse(&p, line), ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message, wrong[_i].message);
    ck_assert_int_eq(p.batch, 42);
}
END_TEST

static const struct {
    const char *line, *message;
} wrong_lines[] = {
    {"", "the problem lacks hN, its query heads"},
    {"h8 d64 w3,0", "the problem lacks qN, its query rows"},
    {"h8 q16 w3,0", "the problem lacks dN, its head dimension"},
    {"h8 q16 d64", "the problem lacks wLEFT,RIGHT, its window"},
    {"h q16 d64 w3,0",
     "\"h\" at column 1: heads are hN, or hN/M with M key heads: whole "
     "numbers from 1"},
    {"h0 q16 d64 w3,0",
     "\"h0\" at column 1: heads are hN, or hN/M with M key heads: whole "
     "numbers from 1"},
    {"h8/ q16 d64 w3,0",
     "\"h8/\" at column 1: heads are hN, or hN/M with M key heads: whole "
     "numbers from 1"},
    {"h8/0 q16 d64 w3,0",
     "\"h8/0\" at column 1: heads are hN, or hN/M with M key heads: whole "
     "numbers from 1"},
    {"h8 q0 d64 w3,0", "\"q0\" at column 4: qN, query rows," SIZE},
    {"h8 q16 d64 w3",
     "\"w3\" at column 12: the window is wLEFT,RIGHT: whole numbers or inf"},
    {"h8 q16 d64 w3,0,1",
     "\"w3,0,1\" at column 12: the window is wLEFT,RIGHT: whole numbers or "
     "inf"},
    {"h8 q16 d64 w3,infx",
     "\"w3,infx\" at column 12: the window is wLEFT,RIGHT: whole numbers or "
     "inf"},
    {"h8 q16 d64 w-inf,0",
     "\"w-inf,0\" at column 12: the window is wLEFT,RIGHT: whole numbers or "
     "inf"},
};

START_TEST(a_wrong_line_is_told_what_it_lacks)
{
    oriel_problem p = {.batch = 42};
    ck_assert_int_eq(orl_problem_parse(&p, wrong_lines[_i].line),
                     ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message, wrong_lines[_i].message);
    ck_assert_int_eq(p.batch, 42);
}
END_TEST

/* A damaged line is refused in one sentence, or it means something, and then
 * writing it and reading it again means the same. */
START_TEST(damaged_lines_are_refused_or_stable)
{
    uint64_t seed = (uint64_t)_i + 1;
    int kept = 0, refused = 0, wrong_ones = 0;
    for (int n = 0; n < 20000; n++) {
        char line[200];
        snprintf(line, sizeof line, "%s", canonical[n % COUNT(canonical)]);
        draw_damage(&seed, line, sizeof line);
        oriel_problem wanted;
        struct problem p, again;
        if (orl_problem_parse(&wanted, line) != ORIEL_OK ||
            orl_problem_check(&p, &wanted) != ORIEL_OK) {
            const char *message = oriel_last_error()->message;
            wrong_ones += *message == 0 || strchr(message, '\n');
            refused++;
            continue;
        }
        kept++;
        wrong_ones += orl_problem_parse(&wanted, printed(&p)) != ORIEL_OK ||
                      orl_problem_check(&again, &wanted) != ORIEL_OK ||
                      !orl_problem_equal(&p, &again);
    }
    ck_assert_int_eq(wrong_ones, 0);
    ck_assert_int_gt(kept, 500);
    ck_assert_int_gt(refused, 1000);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("problem_text");
    tcase_add_test(tc, the_least_line_leaves_the_rest_to_defaults);
    tcase_add_test(tc, every_word_reaches_its_field);
    tcase_add_test(tc, alignments_and_reaches_have_words);
    tcase_add_test(tc, by_row_lays_out_what_no_word_lays_out);
    tcase_add_loop_test(tc, a_line_in_canonical_form_is_written_as_it_was, 0,
                        COUNT(canonical));
    tcase_add_loop_test(tc, other_forms_are_written_canonically, 0,
                        COUNT(rewritten));
    tcase_add_test(tc, writing_keeps_to_its_room);
    tcase_add_test(tc, the_longest_line_fits_the_room_for_any);
    tcase_add_loop_test(tc, reading_what_was_written_gives_the_same_problem, 0,
                        3);
    tcase_add_loop_test(tc, a_wrong_word_is_shown_with_its_column, 0,
                        COUNT(wrong));
    tcase_add_loop_test(tc, a_wrong_line_is_told_what_it_lacks, 0,
                        COUNT(wrong_lines));
    tcase_add_loop_test(tc, damaged_lines_are_refused_or_stable, 0, 3);
    return suite_run(tc, "model/problem_text");
}
