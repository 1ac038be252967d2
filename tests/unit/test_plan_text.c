/* test_plan_text.c: plans as text, by the words of the real families. */
#include "plan/plan_text.h"

#include "base/error.h"
#include "plan/family.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct variant variant = {.head_dim = 64, .v_dim = 48};

static const char lane[] = "lane x8 h1 q24 k192 qk4x3 pv6x2 once ahead";

static struct plan parsed(const char *text)
{
    struct plan plan;
    ck_assert_msg(orl_plan_parse(&plan, text, &variant) == ORIEL_OK,
                  "\"%s\": %s", text, oriel_last_error()->message);
    return plan;
}

static void assert_text(const struct plan *plan, const char *text)
{
    char line[ORL_PLAN_TEXT];
    ck_assert_uint_eq(orl_plan_print(plan, line, sizeof line), strlen(text));
    ck_assert_str_eq(line, text);
}

START_TEST(each_number_goes_to_its_word)
{
    const struct plan plan = parsed(lane);
    ck_assert_str_eq(plan.family->name, "lane");
    ck_assert_int_eq(orl_plan_word(&plan, "LANES"), 8);
    ck_assert_int_eq(orl_plan_word(&plan, "QUERY_TILE"), 24);
    ck_assert_int_eq(orl_plan_word(&plan, "KEY_TILE"), 192);
    ck_assert_int_eq(orl_plan_word(&plan, "QK_KEYS"), 4);
    ck_assert_int_eq(orl_plan_word(&plan, "QK_VECS"), 3);
    ck_assert_int_eq(orl_plan_word(&plan, "PV_ROWS"), 6);
    ck_assert_int_eq(orl_plan_word(&plan, "PV_VECS"), 2);
    ck_assert_int_eq(orl_plan_word(&plan, "ONCE"), 1);
    ck_assert_int_eq(orl_plan_word(&plan, "LOOK_AHEAD"), 1);
    ck_assert_int_eq(plan.variant.head_dim, 64);
    ck_assert_int_eq(plan.variant.v_dim, 48);
    assert_text(&plan, lane);
}
END_TEST

START_TEST(words_come_in_any_order_and_flags_may_be_absent)
{
    const struct plan plan =
        parsed("  lane pv6x2 k192   x8 ahead qk4x3 h1 q24 ");
    assert_text(&plan, "lane x8 h1 q24 k192 qk4x3 pv6x2 ahead");
    const struct plan row = parsed("row k0 g64");
    assert_text(&row, "row g64 k0");
}
END_TEST

START_TEST(a_team_of_one_is_not_said)
{
    static const char one[] =
        "tile q48 k24 own3x3 chunk64x24 sums4 pack1 broadcast";
    static const char four[] =
        "tile q48 k24 own3x3 chunk64x24 sums4 pack1 broadcast team4";
    const struct plan alone = parsed(one), team = parsed(four);
    ck_assert_int_eq(orl_plan_word(&alone, "TEAM"), 1);
    ck_assert_int_eq(orl_plan_word(&team, "TEAM"), 4);
    assert_text(&alone, one);
    assert_text(&team, four);
}
END_TEST

START_TEST(one_of_several_names_is_a_word)
{
    const struct plan plan =
        parsed("matrix q64 wmma12 k32 rows1 aligned pack1 portable");
    ck_assert_int_eq(orl_plan_word(&plan, "ENGINE"), ENGINE_WMMA12);
    assert_text(&plan, "matrix portable wmma12 q64 k32 rows1 pack1 aligned");
}
END_TEST

/* Each text, with the least that its error must say. */
static const struct {
    const char *text, *said;
} wrong[] = {
    {"", "empty"},
    {"   ", "empty"},
    {"weave x8", "\"weave\" is no family"},
    {"Row g1 k0", "\"Row\" is no family"},
    {"rows g1 k0", "\"rows\" is no family"},
    {"lane8 x8", "\"lane8\" is no family"},
    {"row", "lacks \"g\" and a number for GROUP"},
    {"matrix q64 k64 rows1 pack1", "lacks ENGINE of family matrix, one of mma"},
    {"matrix mma wmma11", "\"wmma11\" is said twice"},
    {"matrix mm", "\"mm\" is no word of family matrix"},
    {"row g1", "lacks \"k\" and a number for KEY_CHUNK"},
    {"row g1 k0 x8", "column 11: \"x8\" is no word of family row"},
    {"row g1 k0 g1", "column 11: \"g1\" is said twice"},
    {"row g1 k0 strided strided", "column 19: \"strided\" is said twice"},
    {"row g1 k0 Strided", "\"Strided\" is no word"},
    {"row g1 k0 strided1", "\"strided1\" is no word"},
    {"row g k0", "\"g\" is no word"},
    {"row g-1 k0", "\"g-1\" is no word"},
    {"row g+1 k0", "\"g+1\" is no word"},
    {"row g1.5 k0", "\"g1.5\" goes on"},
    {"row g1x2 k0", "\"g1x2\" goes on"},
    {"row g0 k0", "\"g0\" sets GROUP outside 1 to 1024"},
    {"row g1025 k0", "sets GROUP outside 1 to 1024"},
    {"row g4294967297 k0", "sets GROUP outside"},
    {"row g99999999999999999999999999 k0", "sets GROUP outside"},
    {"row g1,k0", "\"g1,k0\" goes on"},
    {"lane x8 h1 q24 k192 qk4 pv6x2",
     "\"qk4\" lacks x and a number for QK_VECS"},
    {"lane x8 h1 q24 k192 qk4x pv6x2", "\"qk4x\" lacks x"},
    {"lane x8 h1 q24 k192 qk4x3x2 pv6x2", "\"qk4x3x2\" goes on"},
    {"lane x8 h1 q24 k192 qk4 x3 pv6x2", "\"qk4\" lacks x"},
    {"lane x8 h1 q24 k192 qk4x9 pv6x2",
     "\"qk4x9\" sets QK_VECS outside 1 to 4"},
    {"lane x8 h1 q24 k192 qk4x3 qk4x3 pv6x2", "\"qk4x3\" is said twice"},
    {"lane x8 h1 q24 k192 qk4x3", "lacks \"pv\""},
    {"tile q8 k8 own2x1 chunk16x8 sums4 pack1 broadcast team1",
     "\"team1\" sets TEAM outside 2 to 8"},
    {"lane h1 q24 k192 qk4x3 pv6x2", "lacks \"x\" and a number for LANES"},
    {"lane x8 h1 q24 k192 qk4x3 pv6x2 online", "\"online\" is no word"},
    {"lane x8 h1 q24 k192 qk4x3 pv6x2 onceahead", "\"onceahead\" is no word"},
};

START_TEST(what_is_wrong_is_shown_with_its_place)
{
    struct plan plan;
    ck_assert_int_eq(orl_plan_parse(&plan, wrong[_i].text, &variant),
                     ORIEL_E_ARGUMENT);
    ck_assert_msg(strstr(oriel_last_error()->message, wrong[_i].said) != NULL,
                  "\"%s\" says \"%s\"", wrong[_i].text,
                  oriel_last_error()->message);
}
END_TEST

START_TEST(an_endless_word_leaves_the_sentence_readable)
{
    char text[1000] = "row g1 ";
    memset(text + 7, 'z', sizeof text - 8);
    struct plan plan;
    ck_assert_int_eq(orl_plan_parse(&plan, text, &variant), ORIEL_E_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(oriel_last_error()->message, "is no word"));
}
END_TEST

START_TEST(a_refused_text_leaves_the_plan_alone)
{
    struct plan plan = parsed("row g1 k0"), before = plan;
    ck_assert_int_eq(orl_plan_parse(&plan, "row g2 k0 k0", &variant),
                     ORIEL_E_ARGUMENT);
    ck_assert(orl_plan_equal(&plan, &before));
}
END_TEST

START_TEST(printing_counts_what_does_not_fit)
{
    const struct plan plan = parsed(lane);
    ck_assert_uint_eq(orl_plan_print(&plan, NULL, 0), strlen(lane));
    char line[10];
    memset(line, '#', sizeof line);
    ck_assert_uint_eq(orl_plan_print(&plan, line, 8), strlen(lane));
    ck_assert_str_eq(line, "lane x8");
    ck_assert_int_eq(line[8], '#');
}
END_TEST

/* A plan whose every word is at its least (0) or most (1). */
static struct plan extreme(const struct family *family, int which)
{
    struct plan plan = {.family = family, .variant = variant};
    for (int n = 0; family->words[n].text; n++)
        plan.word[n] = which ? family->words[n].high : family->words[n].low;
    return plan;
}

START_TEST(extremes_of_every_family_come_back)
{
    for (int n = 0; orl_families[n]; n++)
        for (int which = 0; which < 2; which++) {
            const struct plan plan = extreme(orl_families[n], which);
            char line[ORL_PLAN_TEXT];
            ck_assert_uint_lt(orl_plan_print(&plan, line, sizeof line),
                              sizeof line);
            const struct plan back = parsed(line);
            ck_assert_msg(orl_plan_equal(&plan, &back), "%s", line);
        }
}
END_TEST

/* Whatever is done to a good line, it is refused or it is the plan that its
 * print says. */
START_TEST(damaged_lines_are_refused_or_understood)
{
    static const char letters[] = "0189 xqkpvg-aoncehd\t\x80";
    unsigned long state = 12345;
    int refused = 0;
    for (int round = 0; round < 20000; round++) {
        char line[sizeof lane];
        memcpy(line, lane, sizeof line);
        for (int hit = 0; hit < 2; hit++) {
            state = state * 6364136223846793005ul + 1442695040888963407ul;
            line[(state >> 33) % (sizeof line - 1)] =
                letters[(state >> 45) % (sizeof letters - 1)];
        }
        struct plan plan;
        if (orl_plan_parse(&plan, line, &variant) != ORIEL_OK) {
            refused++;
            continue;
        }
        char text[ORL_PLAN_TEXT];
        orl_plan_print(&plan, text, sizeof text);
        const struct plan back = parsed(text);
        ck_assert_msg(orl_plan_equal(&plan, &back), "%s", line);
    }
    ck_assert_int_gt(refused, 10000);
    ck_assert_int_lt(refused, 20000);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("plan_text");
    tcase_add_test(tc, each_number_goes_to_its_word);
    tcase_add_test(tc, words_come_in_any_order_and_flags_may_be_absent);
    tcase_add_test(tc, a_team_of_one_is_not_said);
    tcase_add_test(tc, one_of_several_names_is_a_word);
    tcase_add_loop_test(tc, what_is_wrong_is_shown_with_its_place, 0,
                        (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tc, an_endless_word_leaves_the_sentence_readable);
    tcase_add_test(tc, a_refused_text_leaves_the_plan_alone);
    tcase_add_test(tc, printing_counts_what_does_not_fit);
    tcase_add_test(tc, extremes_of_every_family_come_back);
    tcase_add_test(tc, damaged_lines_are_refused_or_understood);
    return suite_run(tc, "plan/plan_text");
}
