/* test_calls.c: OpenCL call number n fails, for every n from the choice of a
 * device to the last result: the right status, nothing leaked, nothing written,
 * and the next attempt works. */
#define _XOPEN_SOURCE 700
#include "attempt.h"
#include "layer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls that only ask: what is not answered is not known, or costs time. */
static bool may_be_ignored(const char *function)
{
    static const char *const some[] = {
        "clGetDeviceInfo", "clGetPlatformInfo",        "clGetProgramInfo",
        "clGetDeviceIDs",  "clGetKernelWorkGroupInfo", "clGetProgramBuildInfo",
        "clGetEventInfo",
    };
    bool found = false;
    for (size_t n = 0; n < sizeof some / sizeof some[0]; n++)
        found |= strcmp(some[n], function) == 0;
    return found;
}

static void expect_failure(const struct attempt *a, cl_int code, long n)
{
    const char *function = layer_failed();
    ck_assert_ptr_nonnull(function);
    char where[400];
    snprintf(where, sizeof where, "call %ld, %s, ended in %s: %s, \"%s\"", n,
             function, a->step, oriel_status_name(a->status), a->error.message);
    ck_assert_msg(a->right, "%s: a wrong result, or a touched output", where);
    if (a->status == ORIEL_OK)
        return; /* another plan, a fact less, a build instead of a load */

    const oriel_status wanted =
        code == CL_OUT_OF_HOST_MEMORY ? ORIEL_E_MEMORY : ORIEL_E_OPENCL;
    if (may_be_ignored(function) && a->status == ORIEL_E_UNSUPPORTED)
        return; /* of a device that does not say what it is */
    ck_assert_msg(a->status == wanted, "%s", where);
    ck_assert_msg(a->error.cl_code == (wanted == ORIEL_E_OPENCL ? code : 0),
                  "%s", where);
    ck_assert_msg(strstr(a->error.message, function) != NULL, "%s", where);
}

/* $FAULT_STEP: of the calls, only one in so many. */
static long call_step(void)
{
    const char *text = getenv("FAULT_STEP");
    const long step = text ? atol(text) : 1;
    return step > 0 ? step : 1;
}

/* Fails every call in turn; whether more than so many attempts failed for it.
 */
static bool fail_each(const char *cache, const char *plan_text, bool named,
                      cl_int code, int least)
{
    const long step = call_step();
    attempt(cache, plan_text, named); /* fills the cache */
    layer_reset();
    struct attempt whole = attempt(cache, plan_text, named);
    ck_assert_msg(whole.status == ORIEL_OK && whole.right, "%s",
                  whole.error.message);
    const long calls = layer_calls(), live = layer_live();
    ck_assert_int_gt(calls, 50); /* the layer is there */

    int failed = 0;
    for (long n = 1; n <= calls; n += step) {
        layer_reset();
        layer_fail(n, code);
        const struct attempt a = attempt(cache, plan_text, named);
        expect_failure(&a, code, n);
        failed += a.status != ORIEL_OK;
        ck_assert_msg(layer_live() == live, "call %ld, %s, leaks: %s", n,
                      layer_failed(), layer_live_text());
    }
    layer_reset();
    whole = attempt(cache, plan_text, named);
    ck_assert(whole.status == ORIEL_OK && whole.right);
    return failed * step > least;
}

START_TEST(any_call_may_fail_while_programs_are_built)
{
    ck_assert(fail_each("", ROW, true, CL_OUT_OF_RESOURCES, 20));
}
END_TEST

/* From a cache: programs are loaded, and an attempt takes a tenth of the time.
 */
static char folder[] = "/tmp/oriel-calls-XXXXXX";

START_TEST(any_call_may_fail_while_programs_are_loaded)
{
    ck_assert(
        fail_each(folder, NULL, true, CL_MEM_OBJECT_ALLOCATION_FAILURE, 10));
}
END_TEST

START_TEST(any_call_may_find_no_host_memory)
{
    ck_assert(fail_each(folder, ROW, true, CL_OUT_OF_HOST_MEMORY, 20));
}
END_TEST

START_TEST(any_call_may_fail_while_oriel_picks_a_device)
{
    ck_assert(fail_each(folder, ROW, false, CL_OUT_OF_RESOURCES, 20));
}
END_TEST

/* A plan is not harmed by a call that failed. */
START_TEST(a_plan_survives_failing_calls)
{
    struct sample sample = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
    oriel_plan *plan = plan_of(&sample.problem, ROW);
    layer_reset();
    attend_rightly(&sample, plan);
    const long calls = layer_calls(), live = layer_live();
    for (long n = 1; n <= calls; n++) {
        layer_reset();
        layer_fail(n, CL_OUT_OF_RESOURCES);
        const oriel_status status = oriel_attend(plan, &sample.call);
        if (status != ORIEL_OK)
            refused(status, ORIEL_E_OPENCL, layer_failed());
        ck_assert_int_eq(layer_live(), live);
        attend_rightly(&sample, plan);
    }
    oriel_plan_destroy(plan);
    sample_close(&sample);
}
END_TEST

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    attempt_open();
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    attempt_close();
}

int main(void)
{
    layer_open();
    TCase *tc = tcase_create("calls");
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_test(tc, any_call_may_fail_while_programs_are_built);
    tcase_add_test(tc, any_call_may_find_no_host_memory);
    tcase_add_test(tc, any_call_may_fail_while_oriel_picks_a_device);
    tcase_add_test(tc, any_call_may_fail_while_programs_are_loaded);
    tcase_add_test(tc, a_plan_survives_failing_calls);
    return run_tests(tc, "fault/calls");
}
