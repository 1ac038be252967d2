/* test_text.c: lines of text. Other locales: test_locale.c. */
#include "base/text.h"
#include "draw.h"
#include "suite.h"

#include <math.h>
#include <string.h>

/* ---- Building ------------------------------------------------------------ */

START_TEST(a_line_grows_as_snprintf_would)
{
    char line[8];
    struct text t = orl_text(line, sizeof line);
    ck_assert_str_eq(line, "");
    orl_text_add(&t, "h%d", 12);
    ck_assert_str_eq(line, "h12");
    orl_text_add(&t, " q%d", 4096);
    ck_assert_str_eq(line, "h12 q40");
    ck_assert_uint_eq(t.length, 9);
    orl_text_add(&t, "%s", " and more");
    ck_assert_str_eq(line, "h12 q40");
    ck_assert_uint_eq(t.length, 18);
}
END_TEST

START_TEST(a_line_that_just_fits_is_whole)
{
    char line[4] = "...";
    struct text t = orl_text(line, sizeof line);
    orl_text_add(&t, "abc");
    ck_assert_str_eq(line, "abc");
    orl_text_add(&t, "d");
    ck_assert_str_eq(line, "abc");
    ck_assert_uint_eq(t.length, 4);
}
END_TEST

START_TEST(room_for_the_end_alone_holds_the_end)
{
    char line[1] = "x";
    struct text t = orl_text(line, sizeof line);
    ck_assert_int_eq(line[0], 0);
    orl_text_add(&t, "abc");
    ck_assert_int_eq(line[0], 0);
    ck_assert_uint_eq(t.length, 3);
}
END_TEST

START_TEST(no_room_at_all_still_counts)
{
    struct text t = orl_text(NULL, 0);
    orl_text_add(&t, "abc");
    orl_text_add_float(&t, 0.5f);
    ck_assert_uint_eq(t.length, 6);
}
END_TEST

/* ---- Decimals ------------------------------------------------------------ */

static const char *text_of_double(double value)
{
    static char line[64];
    struct text t = orl_text(line, sizeof line);
    orl_text_add_double(&t, value);
    return line;
}

static const char *text_of_float(float value)
{
    static char line[64];
    struct text t = orl_text(line, sizeof line);
    orl_text_add_float(&t, value);
    return line;
}

/* NAN where the text is not one number to its end. */
static double value_of(const char *text)
{
    struct scan s = orl_scan(text);
    double value;
    return orl_scan_double(&s, &value) && *s.at == 0 ? value : (double)NAN;
}

static const struct {
    double value;
    const char *text;
} shortest[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-30, "-30"},
    {1.5, "1.5"},
    {0.125, "0.125"},
    {0.1, "0.1"},
    {1e15, "1000000000000000"},
    {123456789012345680.0, "1.2345678901234568e17"},
    {1e16, "10000000000000000"},
    {1e17, "1e17"},
    {1e22, "1e22"},
    {0.001, "0.001"},
    {0.0001, "0.0001"},
    {0.00001, "1e-5"},
    {1.5e-7, "1.5e-7"},
    {1.0 / 3, "0.3333333333333333"},
    {5e-324, "5e-324"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {9007199254740992, "9007199254740992"},
    {(double)INFINITY, "inf"},
    {-(double)INFINITY, "-inf"},
};

START_TEST(a_double_is_written_in_its_shortest_form)
{
    ck_assert_str_eq(text_of_double(shortest[_i].value), shortest[_i].text);
}
END_TEST

START_TEST(a_float_is_no_longer_than_a_float)
{
    ck_assert_str_eq(text_of_float(0.1f), "0.1");
    ck_assert_str_eq(text_of_float(0.08838834764f), "0.088388346");
    ck_assert_str_eq(text_of_float(16777216), "16777216");
    ck_assert_str_eq(text_of_float(3.4028235e38f), "3.4028235e38");
    ck_assert_str_eq(text_of_float(1e-45f), "1e-45");
    ck_assert_str_eq(text_of_float(-INFINITY), "-inf");
    ck_assert_str_eq(text_of_float(NAN), "nan");
}
END_TEST

START_TEST(every_number_reads_back_as_itself)
{
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = draw_bits(&seed);
        const uint32_t low = (uint32_t)(bits >> 32);
        double d;
        float f;
        memcpy(&d, &bits, sizeof d);
        memcpy(&f, &low, sizeof f);
        if (!isnan(d) && value_of(text_of_double(d)) != d)
            ck_abort_msg("%a became %s", d, text_of_double(d));
        if (!isnan(f) && (float)value_of(text_of_float(f)) != f)
            ck_abort_msg("%a became %s", (double)f, text_of_float(f));
    }
}
END_TEST

static const struct {
    const char *text;
    double value;
} readable[] = {
    {"7", 7},
    {"+7", 7},
    {"-7.", -7},
    {".5", 0.5},
    {"007.50", 7.5},
    {"0.000", 0},
    {"1e3", 1000},
    {"1E+3", 1000},
    {"25e-2", 0.25},
    {"0.0025e2", 0.25},
    {"inf", (double)INFINITY},
    {"-inf", -(double)INFINITY},
    {"1e999", (double)INFINITY},
    {"1e999999999999", (double)INFINITY},
    {"1e-999999999999", 0},
    /* Halfway between two doubles, to even; with one digit more, up. */
    {"9007199254740993", 9007199254740992},
    {"9007199254740993.0000000000000000000000000001", 9007199254740994},
};

START_TEST(a_decimal_is_read_to_the_nearest_double)
{
    ck_assert(value_of(readable[_i].text) == readable[_i].value);
}
END_TEST

/* More digits than any double needs: those beyond still decide a tie. */
START_TEST(digits_beyond_all_precision_still_count)
{
    char text[2048] = "9007199254740993.";
    const size_t length = strlen(text);
    memset(text + length, '0', 1500);
    ck_assert(value_of(text) == 9007199254740992);
    text[length + 1499] = '1';
    ck_assert(value_of(text) == 9007199254740994);
}
END_TEST

static const char *const unreadable[] = {
    "", "-", ".", "e5", "+", "x", "-.", " 1", "--1", "in", "na",
};

START_TEST(what_is_no_number_is_left_alone)
{
    struct scan s = orl_scan(unreadable[_i]);
    double value = 42;
    ck_assert(!orl_scan_double(&s, &value));
    ck_assert_ptr_eq(s.at, s.begin);
    ck_assert(value == 42);
}
END_TEST

START_TEST(a_number_ends_where_it_makes_no_sense_to_go_on)
{
    struct scan s = orl_scan("1.5.2e+x");
    double value;
    ck_assert(orl_scan_double(&s, &value) && value == 1.5);
    ck_assert_str_eq(s.at, ".2e+x");
    ck_assert(orl_scan_double(&s, &value) && value == 0.2);
    ck_assert_str_eq(s.at, "e+x");
    s = orl_scan("nan");
    ck_assert(orl_scan_double(&s, &value) && isnan(value));
    s = orl_scan("0x10");
    ck_assert(orl_scan_double(&s, &value) && value == 0);
    ck_assert_str_eq(s.at, "x10");
}
END_TEST

/* ---- Whole numbers and words --------------------------------------------- */

START_TEST(whole_numbers_reach_both_ends)
{
    struct scan s = orl_scan("9223372036854775807,-9223372036854775808,+5,007");
    int64_t value;
    ck_assert(orl_scan_int64(&s, &value) && value == INT64_MAX);
    ck_assert(orl_scan_literal(&s, ","));
    ck_assert(orl_scan_int64(&s, &value) && value == INT64_MIN);
    ck_assert(orl_scan_literal(&s, ","));
    ck_assert(orl_scan_int64(&s, &value) && value == 5);
    ck_assert(orl_scan_literal(&s, ","));
    ck_assert(orl_scan_int64(&s, &value) && value == 7);
    ck_assert(*s.at == 0);
}
END_TEST

static const char *const not_whole[] = {
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999",
    "-",
    "+",
    "",
    "x1",
    " 1",
    "+-1",
    ".5",
};

START_TEST(a_number_out_of_range_is_left_alone)
{
    struct scan s = orl_scan(not_whole[_i]);
    int64_t value = 42;
    ck_assert(!orl_scan_int64(&s, &value));
    ck_assert_ptr_eq(s.at, s.begin);
    ck_assert_int_eq(value, 42);
}
END_TEST

START_TEST(a_literal_is_taken_whole_or_not_at_all)
{
    struct scan s = orl_scan("infx");
    ck_assert(!orl_scan_literal(&s, "info"));
    ck_assert_ptr_eq(s.at, s.begin);
    ck_assert(orl_scan_literal(&s, "inf"));
    ck_assert(!orl_scan_literal(&s, "xy"));
    ck_assert_str_eq(s.at, "x");
}
END_TEST

START_TEST(names_are_counted_from_one)
{
    size_t length = 0;
    ck_assert_int_eq(orl_names_find("mma mma8 dpas", "mma", 3), 1);
    ck_assert_int_eq(orl_names_find("mma mma8 dpas", "mma8", 4), 2);
    ck_assert_int_eq(orl_names_find("mma mma8 dpas", "dpas8", 4), 3);
    ck_assert_int_eq(orl_names_find("mma mma8 dpas", "mm", 2), 0);
    ck_assert_int_eq(orl_names_find("mma mma8 dpas", "", 0), 0);
    ck_assert_str_eq(orl_names_at("mma mma8 dpas", 3, &length), "dpas");
    ck_assert_int_eq(memcmp(orl_names_at("mma mma8", 1, &length), "mma", 3), 0);
    ck_assert_uint_eq(length, 3);
    ck_assert_ptr_null(orl_names_at("mma mma8", 3, &length));
    ck_assert_ptr_null(orl_names_at("mma mma8", 0, &length));
}
END_TEST

START_TEST(words_lie_between_blanks)
{
    struct scan s = orl_scan(" \tab  c\r\nd ");
    const char *word;
    size_t length;
    ck_assert(orl_scan_word(&s, &word, &length));
    ck_assert(length == 2 && strncmp(word, "ab", 2) == 0);
    ck_assert_int_eq(orl_scan_column(&s, word), 3);
    ck_assert(orl_scan_word(&s, &word, &length));
    ck_assert(length == 1 && *word == 'c');
    ck_assert(orl_scan_word(&s, &word, &length));
    ck_assert(length == 1 && *word == 'd');
    ck_assert(!orl_scan_word(&s, &word, &length));
}
END_TEST

/* ---- Complaints ---------------------------------------------------------- */

START_TEST(a_complaint_shows_word_column_and_reason)
{
    const char *line = "h8 x9 d64";
    struct scan s = orl_scan(line);
    ck_assert_int_eq(orl_scan_fail(&s, line + 3, 2, "no %s", "word"),
                     ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message,
                     "\"x9\" at column 4: no word");
}
END_TEST

START_TEST(a_long_word_is_cut_between_characters)
{
    /* An umlaut, two bytes, straddles the end of what is shown. */
    char line[80];
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = 0;
    memcpy(line + 39, "\xc3\xa4", 2);
    line[1] = '\x1b';
    line[2] = '\x7f';
    line[3] = ' ';
    struct scan s = orl_scan(line);
    orl_scan_fail(&s, line, sizeof line - 1, "no word");
    ck_assert_str_eq(oriel_last_error()->message,
                     "\"a?? aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" at "
                     "column 1: no word");
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

int main(void)
{
    TCase *tc = tcase_create("text");
    tcase_add_test(tc, a_line_grows_as_snprintf_would);
    tcase_add_test(tc, a_line_that_just_fits_is_whole);
    tcase_add_test(tc, room_for_the_end_alone_holds_the_end);
    tcase_add_test(tc, no_room_at_all_still_counts);
    tcase_add_loop_test(tc, a_double_is_written_in_its_shortest_form, 0,
                        COUNT(shortest));
    tcase_add_test(tc, a_float_is_no_longer_than_a_float);
    tcase_add_test(tc, every_number_reads_back_as_itself);
    tcase_add_loop_test(tc, a_decimal_is_read_to_the_nearest_double, 0,
                        COUNT(readable));
    tcase_add_test(tc, digits_beyond_all_precision_still_count);
    tcase_add_loop_test(tc, what_is_no_number_is_left_alone, 0,
                        COUNT(unreadable));
    tcase_add_test(tc, a_number_ends_where_it_makes_no_sense_to_go_on);
    tcase_add_test(tc, whole_numbers_reach_both_ends);
    tcase_add_loop_test(tc, a_number_out_of_range_is_left_alone, 0,
                        COUNT(not_whole));
    tcase_add_test(tc, a_literal_is_taken_whole_or_not_at_all);
    tcase_add_test(tc, names_are_counted_from_one);
    tcase_add_test(tc, words_lie_between_blanks);
    tcase_add_test(tc, a_complaint_shows_word_column_and_reason);
    tcase_add_test(tc, a_long_word_is_cut_between_characters);
    return suite_run(tc, "base/text");
}
