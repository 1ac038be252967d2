/* test_verdict.c: a device that computes or ends wrongly: never a wrong result
 * without a word. */
#define _XOPEN_SOURCE 700
#include "fixture.h"
#include "journal.h"
#include "layer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void family_of(const oriel_plan *plan, char family[32])
{
    char text[256];
    oriel_plan_text(plan, text, sizeof text);
    snprintf(family, 32, "%.*s", (int)strcspn(text, " "), text);
}

/* A problem for which the planner takes another family than the fallback. */
#define PROBLEM "h2 q40 k50 d16 w11,4 lse"

/* The planner's first choice and its kernel; false if that is row itself. */
static bool best_kernel(char kernel[40], char text[256])
{
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = plan_of(&s.problem, NULL);
    char family[32];
    family_of(plan, family);
    oriel_plan_text(plan, text, 256);
    oriel_plan_destroy(plan);
    sample_close(&s);
    snprintf(kernel, 40, "attend_%s", family);
    return strcmp(family, "row") != 0;
}

static int count(const char *text, const char *part)
{
    int found = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found++;
    return found;
}

START_TEST(a_family_that_computes_wrongly_gives_way)
{
    char kernel[40], family[32], best[256];
    if (!best_kernel(kernel, best))
        return;
    struct journal j;
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = NULL, *second = NULL, *forced = NULL;
    layer_reset();
    layer_flip(kernel);
    oriel_context *context = journal_open(&j, "");
    must(oriel_plan_create(&plan, context, &s.problem, NULL));
    family_of(plan, family);
    ck_assert_str_eq(family, "row");
    ck_assert_msg(count(j.text, "\n") == 1, "%s", j.text);
    ck_assert_msg(strstr(j.text, "self-test") != NULL, "%s", j.text);
    attend_rightly(&s, plan);

    /* No plan of the family is built any more, and nothing more is said. */
    layer_reset();
    must(oriel_plan_create(&second, context, &s.problem, NULL));
    ck_assert_int_eq(layer_count("clBuildProgram"), 0);
    ck_assert_int_eq(count(j.text, "\n"), 1);
    refused(oriel_plan_create(&forced, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = best)),
            ORIEL_E_UNSUPPORTED, "self-test");
    ck_assert_ptr_null(forced);
    oriel_plan_destroy(second);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

START_TEST(with_no_family_left_nothing_is_planned)
{
    struct journal j;
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = NULL;
    layer_reset();
    layer_flip("*");
    oriel_context *context = journal_open(&j, "");
    refused(oriel_plan_create(&plan, context, &s.problem, NULL),
            ORIEL_E_UNSUPPORTED, "self-test");
    refused(oriel_plan_create(&plan, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = ROW)),
            ORIEL_E_UNSUPPORTED, "self-test");
    refused(oriel_explain(context, &s.problem, NULL, NULL, NULL),
            ORIEL_E_UNSUPPORTED, "self-test");
    ck_assert_ptr_null(plan);
    layer_reset();
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

/* The verdict is kept on disk, with a line that says how to be rid of it. */
START_TEST(a_verdict_is_remembered)
{
    char kernel[40], family[32], best[256], command[64];
    char folder[] = "/tmp/oriel-verdict-XXXXXX";
    if (!best_kernel(kernel, best))
        return;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct sample s = sample_open(PROBLEM, 1);
    for (int again = 0; again < 2; again++) {
        struct journal j;
        oriel_plan *plan = NULL;
        layer_reset();
        if (!again)
            layer_flip(kernel);
        oriel_context *context = journal_open(&j, folder);
        must(oriel_plan_create(&plan, context, &s.problem, NULL));
        family_of(plan, family);
        ck_assert_str_eq(family, "row");
        ck_assert_msg(!again || (j.warnings == 1 && strstr(j.text, "remove ")),
                      "%s", j.text);
        attend_rightly(&s, plan);
        oriel_plan_destroy(plan);
        oriel_context_destroy(context);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    sample_close(&s);
}
END_TEST

#define IN_SUB_GROUPS                                                          \
    "tile q16 k16 own2x2 chunk16x16 sums4 pack1 aligned broadcast"
#define PLAIN "tile q16 k16 own2x2 chunk16x16 sums4 pack1"

/* A program that broadcasts in sub-groups fails for all that do, and for no
 * others of its family. */
START_TEST(a_verdict_on_sub_groups_is_one_on_nothing_else)
{
    char folder[] = "/tmp/oriel-verdict-XXXXXX", command[64];
    if (left_out_off(INTELS, NO_SUB_GROUPS))
        return;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct sample s = sample_open(PROBLEM, 1);
    for (int again = 0; again < 2; again++) {
        struct journal j;
        oriel_plan *plan = NULL;
        layer_reset();
        if (!again)
            layer_flip("attend_tile -DBROADCAST=1");
        oriel_context *context = journal_open(&j, folder);
        const char *said = "tile in sub-groups failed its self-test";
        if (!again) {
            refused(oriel_plan_create(
                        &plan, context, &s.problem,
                        ORIEL_PLAN_OPTIONS(.plan_text = IN_SUB_GROUPS)),
                    ORIEL_E_UNSUPPORTED, "self-test");
            said = "the family is not used any more in sub-groups";
        }
        ck_assert_msg(strstr(j.text, said) && count(j.text, "\n") == 1, "%s",
                      j.text);
        refused(
            oriel_plan_create(&plan, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = IN_SUB_GROUPS)),
            ORIEL_E_UNSUPPORTED, "its self-test in sub-groups failed");
        must(oriel_plan_create(&plan, context, &s.problem,
                               ORIEL_PLAN_OPTIONS(.plan_text = PLAIN)));
        attend_rightly(&s, plan);
        ck_assert_msg(count(j.text, "\n") == 1, "%s", j.text);
        oriel_plan_destroy(plan);
        oriel_context_destroy(context);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    sample_close(&s);
}
END_TEST

/* ---- Launches that end badly -------------------------------------------- */

START_TEST(a_launch_that_fails_late_is_an_error_that_names_it)
{
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    layer_reset();
    const long live = layer_live();
    layer_end_launches(CL_OUT_OF_RESOURCES);
    refused(oriel_attend(plan, &s.call), ORIEL_E_OPENCL, "attend_row");
    ck_assert_int_eq(oriel_last_error()->cl_code, CL_OUT_OF_RESOURCES);
    ck_assert_ptr_nonnull(
        strstr(oriel_last_error()->message, "CL_OUT_OF_RESOURCES"));
    ck_assert_int_eq(layer_live(), live);
    layer_reset();
    attend_rightly(&s, plan);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* A refused launch among several: what was enqueued before stays in order. */
START_TEST(a_launch_that_is_refused_is_an_error_at_once)
{
    struct sample s = sample_open("h2 q9 k200 d8 w150,0", 1);
    oriel_plan *plan = plan_of(&s.problem, "row g16 k64");
    struct uploaded u = upload(&s);
    u.call.workspace.mem = buffer_of(NULL, oriel_plan_workspace(plan));
    cl_event done = NULL;
    layer_reset();
    const long live = layer_live();
    layer_fail_all("clEnqueueNDRangeKernel", CL_INVALID_WORK_GROUP_SIZE);
    refused(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, &done),
            ORIEL_E_OPENCL, "clEnqueueNDRangeKernel");
    ck_assert_int_eq(oriel_last_error()->cl_code, CL_INVALID_WORK_GROUP_SIZE);
    ck_assert_ptr_null(done);
    ck_assert_int_eq(layer_live(), live);
    layer_reset();
    must(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, NULL));
    clFinish(fixture()->queue);
    download(&s, &u, fixture()->queue);
    ck_assert_msg(is_right(&s, plan), "%s", s.why);
    clReleaseMemObject(u.call.workspace.mem);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

START_TEST(a_kernel_that_does_not_build_is_an_error_of_its_own)
{
    struct journal j;
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1", 1);
    oriel_plan *plan = NULL;
    layer_reset();
    oriel_context *context = journal_open(&j, "");
    layer_fail_all("clBuildProgram", CL_BUILD_PROGRAM_FAILURE);
    refused(oriel_plan_create(&plan, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = ROW)),
            ORIEL_E_BUILD, "row.cl");
    ck_assert_int_eq(oriel_last_error()->cl_code, 0);
    layer_reset();
    refused(oriel_plan_create(&plan, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = ROW)),
            ORIEL_E_BUILD, "row.cl"); /* remembered, with its sentence */
    ck_assert_int_eq(layer_count("clBuildProgram"), 0);
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

int main(void)
{
    layer_open();
    TCase *tc = tcase_create("verdict");
    tcase_add_test(tc, a_family_that_computes_wrongly_gives_way);
    tcase_add_test(tc, with_no_family_left_nothing_is_planned);
    tcase_add_test(tc, a_verdict_is_remembered);
    tcase_add_test(tc, a_verdict_on_sub_groups_is_one_on_nothing_else);
    tcase_add_test(tc, a_launch_that_fails_late_is_an_error_that_names_it);
    tcase_add_test(tc, a_launch_that_is_refused_is_an_error_at_once);
    tcase_add_test(tc, a_kernel_that_does_not_build_is_an_error_of_its_own);
    return run_tests(tc, "fault/verdict");
}
