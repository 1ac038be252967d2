/* test_sample.c: medians against what they are by definition. */
#include "sample.h"
#include "suite.h"

#include <math.h>

static struct sample sample_of(const double *values, size_t count)
{
    struct sample s = {.at = NULL};
    for (size_t n = 0; n < count; n++)
        ck_assert_int_eq(sample_add(&s, values[n]), ORIEL_OK);
    return s;
}

START_TEST(nothing_has_no_median)
{
    struct sample none = {.at = NULL}, one = sample_of((double[]) {1}, 1);
    ck_assert(isnan(sample_median(&none)));
    ck_assert(isnan(sample_least(&none)));
    ck_assert(isnan(sample_ratio(&none, &one)));
    ck_assert(isnan(sample_ratio(&one, &none)));
    sample_free(&one);
}
END_TEST

START_TEST(a_median_has_as_many_above_as_below)
{
    struct sample odd = sample_of((double[]) {9, 1, 5, 100, 2}, 5);
    struct sample even = sample_of((double[]) {9, 1, 100, 2}, 4);
    ck_assert_double_eq(sample_median(&odd), 5);
    ck_assert_double_eq(sample_median(&even), 5.5);
    ck_assert_double_eq(sample_least(&odd), 1);
    /* The order of runs is kept: it says which runs were neighbours. */
    ck_assert_double_eq(odd.at[0], 9);
    ck_assert_double_eq(odd.at[4], 2);
    sample_free(&odd);
    sample_free(&even);
}
END_TEST

START_TEST(a_ratio_is_taken_run_by_run)
{
    struct sample one = sample_of((double[]) {2, 20, 200, 4, 3}, 5);
    struct sample other = sample_of((double[]) {1, 10, 100, 2, 1.5}, 5);
    ck_assert_double_eq(sample_ratio(&one, &other), 2);
    ck_assert_double_eq(sample_ratio(&other, &one), 0.5);
    /* Ratios 3, 1 and 1/4, while that of the medians is 1/2. */
    struct sample up = sample_of((double[]) {12, 2, 2}, 3);
    struct sample down = sample_of((double[]) {4, 2, 8}, 3);
    ck_assert_double_eq(sample_ratio(&up, &down), 1);
    sample_free(&one);
    sample_free(&other);
    sample_free(&up);
    sample_free(&down);
}
END_TEST

START_TEST(turns_that_one_did_not_have_do_not_count)
{
    struct sample one = sample_of((double[]) {2, 4, 6, 1000}, 4);
    struct sample other = sample_of((double[]) {2, 2, 2}, 3);
    ck_assert_double_eq(sample_ratio(&one, &other), 2);
    ck_assert_double_eq(sample_ratio(&other, &one), 0.5);
    sample_free(&one);
    sample_free(&other);
}
END_TEST

START_TEST(a_sample_grows)
{
    struct sample s = {.at = NULL};
    for (int n = 1000; n > 0; n--)
        ck_assert_int_eq(sample_add(&s, n), ORIEL_OK);
    ck_assert_uint_eq(s.count, 1000);
    ck_assert_double_eq(sample_median(&s), 500.5);
    sample_free(&s);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("sample");
    tcase_add_test(tc, nothing_has_no_median);
    tcase_add_test(tc, a_median_has_as_many_above_as_below);
    tcase_add_test(tc, a_ratio_is_taken_run_by_run);
    tcase_add_test(tc, turns_that_one_did_not_have_do_not_count);
    tcase_add_test(tc, a_sample_grows);
    return suite_run(tc, "oriel/sample");
}
