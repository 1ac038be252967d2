/* test_bench_grid.c: the standing grid has what the manual promises. */
#include "bench_grid.h"
#include "suite.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 400 };

static char lines[ROOM][ORL_PROBLEM_TEXT];
static size_t count;

static void read_grid(void)
{
    char text[ORL_PROBLEM_TEXT];
    for (count = 0; bench_grid(count, text); count++) {
        ck_assert_uint_lt(count, ROOM);
        memcpy(lines[count], text, sizeof text);
    }
}

static size_t lines_with(int dim, const char *window, const char *type)
{
    char words[64];
    size_t found = 0;
    snprintf(words, sizeof words, " d%d w%s %s", dim, window, type);
    for (size_t n = 0; n < count; n++) {
        const char *at = strstr(lines[n], words);
        found += at && at[strlen(words)] == 0;
    }
    return found;
}

START_TEST(every_line_is_a_problem_and_none_comes_twice)
{
    read_grid();
    for (size_t n = 0; n < count; n++) {
        oriel_problem p;
        struct problem checked;
        ck_assert_int_eq(orl_problem_parse(&p, lines[n]), ORIEL_OK);
        ck_assert_int_eq(orl_problem_check(&checked, &p), ORIEL_OK);
        for (size_t i = 0; i < n; i++)
            ck_assert_str_ne(lines[i], lines[n]);
    }
}
END_TEST

START_TEST(every_dimension_meets_every_window_in_every_type)
{
    static const int dims[] = {32, 64, 128, 256};
    static const char *const windows[] = {"64,64", "128,0",  "256,256",
                                          "511,0", "1024,0", "4096,0"};
    static const char *const types[] = {"f32", "f16", "bf16"};
    read_grid();
    for (int d = 0; d < 4; d++)
        for (int w = 0; w < 6; w++)
            for (int t = 0; t < 3; t++)
                ck_assert_uint_eq(lines_with(dims[d], windows[w], types[t]), 1);
}
END_TEST

START_TEST(there_are_decodes_in_every_type)
{
    size_t found[3] = {0};
    read_grid();
    for (size_t n = 0; n < count; n++)
        if (strstr(lines[n], " q1 k4096 "))
            found[strstr(lines[n], "bf16") ? 2 : !!strstr(lines[n], "f16")]++;
    for (int t = 0; t < 3; t++)
        ck_assert_uint_ge(found[t], 5);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("bench_grid");
    tcase_add_test(tc, every_line_is_a_problem_and_none_comes_twice);
    tcase_add_test(tc, every_dimension_meets_every_window_in_every_type);
    tcase_add_test(tc, there_are_decodes_in_every_type);
    return suite_run(tc, "oriel/bench_grid");
}
