/* test_error.c: the last error of a thread. */
#include "base/error.h"
#include "suite.h"

#include <pthread.h>
#include <string.h>

START_TEST(nothing_has_failed_at_first)
{
    ck_assert_int_eq(oriel_last_error()->status, ORIEL_OK);
    ck_assert_str_eq(oriel_last_error()->message, "");
}
END_TEST

START_TEST(a_failure_is_remembered_and_handed_on)
{
    const oriel_status status =
        orl_fail(ORIEL_E_UNSUPPORTED, "no device of %d takes %s", 3, "this");
    ck_assert_int_eq(status, ORIEL_E_UNSUPPORTED);
    ck_assert_int_eq(oriel_last_error()->status, ORIEL_E_UNSUPPORTED);
    ck_assert_int_eq(oriel_last_error()->cl_code, 0);
    ck_assert_str_eq(oriel_last_error()->message, "no device of 3 takes this");
    orl_fail(ORIEL_E_IO, "short");
    ck_assert_str_eq(oriel_last_error()->message, "short");
}
END_TEST

START_TEST(a_long_sentence_is_cut)
{
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    orl_fail(ORIEL_E_IO, "%s", text);
    ck_assert_uint_eq(strlen(oriel_last_error()->message),
                      sizeof oriel_last_error()->message - 1);
}
END_TEST

static oriel_status one(oriel_status status)
{
    return status;
}

static oriel_status two(oriel_status first, oriel_status second, int *steps)
{
    *steps = 0;
    ORL_TRY(one(first));
    *steps = 1;
    ORL_TRY(one(second));
    *steps = 2;
    return ORIEL_OK;
}

START_TEST(a_failed_call_keeps_its_code)
{
    ck_assert_int_eq(orl_fail_cl(-54, "clEnqueueNDRangeKernel: %d", -54),
                     ORIEL_E_OPENCL);
    ck_assert_int_eq(oriel_last_error()->status, ORIEL_E_OPENCL);
    ck_assert_int_eq(oriel_last_error()->cl_code, -54);
    ck_assert_str_eq(oriel_last_error()->message,
                     "clEnqueueNDRangeKernel: -54");
    orl_fail(ORIEL_E_IO, "later");
    ck_assert_int_eq(oriel_last_error()->cl_code, 0);
}
END_TEST

START_TEST(a_kept_error_can_be_reported_again)
{
    orl_fail_cl(-5, "first");
    const oriel_error kept = *oriel_last_error();
    orl_fail(ORIEL_E_IO, "second");
    ck_assert_int_eq(orl_fail_again(&kept), ORIEL_E_OPENCL);
    ck_assert_int_eq(oriel_last_error()->cl_code, -5);
    ck_assert_str_eq(oriel_last_error()->message, "first");
}
END_TEST

/* A message may quote the message before it. */
START_TEST(a_sentence_may_contain_the_last_one)
{
    orl_fail(ORIEL_E_IO, "inner");
    orl_fail(ORIEL_E_BUILD, "outer: %s", oriel_last_error()->message);
    ck_assert_str_eq(oriel_last_error()->message, "outer: inner");
}
END_TEST

START_TEST(trying_stops_at_the_first_failure)
{
    int steps;
    ck_assert_int_eq(two(ORIEL_E_IO, ORIEL_E_MEMORY, &steps), ORIEL_E_IO);
    ck_assert_int_eq(steps, 0);
    ck_assert_int_eq(two(ORIEL_OK, ORIEL_E_MEMORY, &steps), ORIEL_E_MEMORY);
    ck_assert_int_eq(steps, 1);
    ck_assert_int_eq(two(ORIEL_OK, ORIEL_OK, &steps), ORIEL_OK);
    ck_assert_int_eq(steps, 2);
}
END_TEST

static void *fail_elsewhere(void *seen)
{
    *(oriel_status *)seen = oriel_last_error()->status;
    orl_fail(ORIEL_E_MEMORY, "elsewhere");
    return NULL;
}

START_TEST(threads_do_not_see_each_others_errors)
{
    orl_fail(ORIEL_E_IO, "here");
    pthread_t thread;
    oriel_status seen = ORIEL_E_IO;
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &seen), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(seen, ORIEL_OK);
    ck_assert_str_eq(oriel_last_error()->message, "here");
}
END_TEST

START_TEST(every_status_has_its_name)
{
    ck_assert_str_eq(oriel_status_name(ORIEL_OK), "ORIEL_OK");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_ARGUMENT), "ORIEL_E_ARGUMENT");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_UNSUPPORTED),
                     "ORIEL_E_UNSUPPORTED");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_MEMORY), "ORIEL_E_MEMORY");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_OPENCL), "ORIEL_E_OPENCL");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_BUILD), "ORIEL_E_BUILD");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_TOO_NEW), "ORIEL_E_TOO_NEW");
    ck_assert_str_eq(oriel_status_name(ORIEL_E_IO), "ORIEL_E_IO");
    ck_assert_str_eq(oriel_status_name((oriel_status)1), "unknown status");
    ck_assert_str_eq(oriel_status_name((oriel_status)-8), "unknown status");
    ck_assert_str_eq(oriel_status_name((oriel_status)INT32_MIN),
                     "unknown status");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("error");
    tcase_add_test(tc, nothing_has_failed_at_first);
    tcase_add_test(tc, a_failure_is_remembered_and_handed_on);
    tcase_add_test(tc, a_long_sentence_is_cut);
    tcase_add_test(tc, a_failed_call_keeps_its_code);
    tcase_add_test(tc, a_kept_error_can_be_reported_again);
    tcase_add_test(tc, a_sentence_may_contain_the_last_one);
    tcase_add_test(tc, trying_stops_at_the_first_failure);
    tcase_add_test(tc, threads_do_not_see_each_others_errors);
    tcase_add_test(tc, every_status_has_its_name);
    return suite_run(tc, "base/error");
}
