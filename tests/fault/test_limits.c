/* test_limits.c: devices and drivers that have little, or say what is not so:
 * a sentence, another plan or a right result; never a crash, never a wrong
 * one. */
#include "fixture.h"
#include "journal.h"
#include "layer.h"

#include <CL/cl_ext.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Two heads share keys, so that tiles come with and without packed heads. */
#define PROBLEM "h4/2 q40 k50 d16 w11,4 lse"

/* Plans, runs and checks; text is the plan. */
static void run_as_told(struct journal *j, char text[256])
{
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = NULL;
    oriel_context *context = journal_open(j, "");
    must(oriel_plan_create(&plan, context, &s.problem, NULL));
    oriel_plan_text(plan, text, 256);
    attend_rightly(&s, plan);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    sample_close(&s);
}

static void refuse_as_told(const char *words)
{
    struct journal j;
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = NULL;
    oriel_context *context = journal_open(&j, "");
    refused(oriel_plan_create(&plan, context, &s.problem, NULL),
            ORIEL_E_UNSUPPORTED, words);
    ck_assert_ptr_null(plan);
    oriel_context_destroy(context);
    sample_close(&s);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- What a build turned out to need ------------------------------------ */

/* The private memory of PoCL's kernels is no memory that they spill to. */
static void pose_as(cl_device_type type)
{
    layer_tell(CL_DEVICE_TYPE, type);
    layer_tell_kernel("attend_tile", CL_KERNEL_PRIVATE_MEM_SIZE, 0, 1000000);
}

/* The device says that it is a GPU; true: a tile is then its first choice, and
 * text that plan. */
static bool be_gpu(char text[256])
{
    struct journal j;
    fixture(); /* its context is made of the truth */
    layer_reset();
    pose_as(CL_DEVICE_TYPE_GPU);
    run_as_told(&j, text);
    ck_assert_msg(j.warnings == 0, "%s", j.text);
    return begins(text, "tile ");
}

static void expect_passed_over(cl_kernel_work_group_info name, uint64_t value,
                               const char *extensions, const char *reason)
{
    struct journal j;
    char first[256], second[256], none[256];
    if (!be_gpu(first))
        return;
    if (extensions)
        layer_tell_text(CL_DEVICE_EXTENSIONS, extensions);
    /* The first is asked once, and the next plan is taken. */
    layer_tell_kernel("attend_tile", name, value, 1);
    run_as_told(&j, second);
    ck_assert_str_ne(first, second);
    ck_assert_msg(j.warnings == 1 && strstr(j.text, reason) &&
                      strstr(j.text, first),
                  "%s", j.text);
    /* If no tile is any good, row is. */
    layer_tell_kernel("attend_tile", name, value, 1000);
    run_as_told(&j, none);
    ck_assert_msg(begins(none, "row "), "%s", none);
    ck_assert_msg(j.warnings >= 1 && strstr(j.text, reason), "%s", j.text);
}

START_TEST(a_plan_that_spills_gives_way_to_the_next)
{
    expect_passed_over(CL_KERNEL_SPILL_MEM_SIZE_INTEL, 4096,
                       "cl_khr_fp64 cl_intel_required_subgroup_size",
                       "keeps registers in memory");
}
END_TEST

START_TEST(spills_are_asked_of_drivers_that_know_the_question)
{
    struct journal j;
    char first[256], second[256];
    if (!be_gpu(first))
        return;
    layer_tell_text(CL_DEVICE_EXTENSIONS, "cl_khr_fp64");
    layer_tell_kernel("attend_tile", CL_KERNEL_SPILL_MEM_SIZE_INTEL, 4096, 99);
    run_as_told(&j, second);
    ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(private_memory_of_a_gpu_counts_as_spilled)
{
    expect_passed_over(CL_KERNEL_PRIVATE_MEM_SIZE, 4096, NULL,
                       "keeps registers in memory");
}
END_TEST

START_TEST(a_plan_with_too_much_local_memory_gives_way)
{
    expect_passed_over(CL_KERNEL_LOCAL_MEM_SIZE, UINT64_C(1) << 40, NULL,
                       "needs more local memory than there is");
    expect_passed_over(CL_KERNEL_LOCAL_MEM_SIZE, UINT64_MAX, NULL,
                       "needs more local memory than there is");
}
END_TEST

/* Mesa 22.3 says 32 of kernels that were built for 64 and run with them. */
START_TEST(a_limit_of_groups_that_contradicts_the_build_is_not_believed)
{
    struct journal j;
    char first[256], second[256];
    if (!be_gpu(first))
        return;
    layer_tell_kernel("attend_tile", CL_KERNEL_WORK_GROUP_SIZE, 1, 1000);
    run_as_told(&j, second);
    ck_assert_str_eq(first, second);
    ck_assert_msg(j.warnings == 0, "%s", j.text);
}
END_TEST

START_TEST(queries_of_kernels_that_fail_change_no_plan)
{
    struct journal j;
    char first[256], second[256];
    if (!be_gpu(first))
        return;
    layer_fail_all("clGetKernelWorkGroupInfo", CL_INVALID_VALUE);
    run_as_told(&j, second);
    ck_assert_str_eq(first, second);
}
END_TEST

/* ---- Devices that have little ------------------------------------------- */

/* Whatever kind of device. */
static void expect_right(void)
{
    struct journal j;
    char text[256];
    static const cl_device_type types[] = {
        CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR};
    for (int n = 0; n < 3; n++) {
        pose_as(types[n]);
        run_as_told(&j, text);
        ck_assert_msg(j.warnings == 0, "%s", j.text);
    }
}

START_TEST(groups_of_one_work_item_are_enough)
{
    fixture();
    layer_reset();
    layer_tell(CL_DEVICE_MAX_WORK_GROUP_SIZE, 1);
    expect_right();
    layer_reset();
    layer_tell(CL_DEVICE_MAX_WORK_ITEM_SIZES, 1);
    expect_right();
}
END_TEST

START_TEST(small_groups_and_local_memories_are_enough)
{
    static const uint64_t groups[] = {3, 17, 32}, bytes[] = {1, 1024, 16384};
    fixture();
    for (int n = 0; n < 3; n++) {
        layer_reset();
        layer_tell(CL_DEVICE_MAX_WORK_GROUP_SIZE, groups[n]);
        layer_tell(CL_DEVICE_LOCAL_MEM_SIZE, bytes[n]);
        expect_right();
    }
}
END_TEST

/* But by an embedded profile, for 64-bit integers. */
START_TEST(no_extension_is_needed)
{
    fixture();
    layer_reset();
    layer_tell_text(CL_DEVICE_PROFILE, "FULL_PROFILE");
    layer_tell_text(CL_DEVICE_EXTENSIONS, "");
    expect_right();
}
END_TEST

static const cl_device_info numbers[] = {
    CL_DEVICE_MAX_COMPUTE_UNITS,
    CL_DEVICE_MAX_CLOCK_FREQUENCY,
    CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT,
    CL_DEVICE_MAX_WORK_GROUP_SIZE,
    CL_DEVICE_MAX_WORK_ITEM_SIZES,
    CL_DEVICE_LOCAL_MEM_SIZE,
    CL_DEVICE_GLOBAL_MEM_SIZE,
    CL_DEVICE_MAX_MEM_ALLOC_SIZE,
    CL_DEVICE_GLOBAL_MEM_CACHE_SIZE,
    CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE,
    CL_DEVICE_MAX_PARAMETER_SIZE,
    CL_DEVICE_MEM_BASE_ADDR_ALIGN,
    CL_DEVICE_ADDRESS_BITS,
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* The largest buffer is no matter of taste: a call that needs more of it than
 * there is ends with a sentence. */
static bool is_hard(cl_device_info name)
{
    return name == CL_DEVICE_MAX_MEM_ALLOC_SIZE ||
           name == CL_DEVICE_GLOBAL_MEM_SIZE;
}

START_TEST(facts_that_are_not_told_are_not_needed)
{
    fixture();
    layer_reset();
    for (int n = 0; n < NUMBERS; n++)
        if (!is_hard(numbers[n]))
            layer_tell(numbers[n], 0);
    expect_right();
}
END_TEST

START_TEST(facts_beyond_reason_do_no_harm)
{
    struct journal j;
    char text[256];
    fixture();
    for (int n = 0; n < NUMBERS; n++) {
        layer_reset();
        layer_tell(numbers[n], UINT64_MAX);
        run_as_told(&j, text);
    }
}
END_TEST

START_TEST(what_no_family_can_do_without_is_a_sentence)
{
    fixture();
    layer_reset();
    layer_tell(CL_DEVICE_COMPILER_AVAILABLE, CL_FALSE);
    refuse_as_told("the device has no compiler");
    layer_reset();
    layer_tell(CL_DEVICE_MAX_PARAMETER_SIZE, 256);
    refuse_as_told("less than 512 bytes of kernel arguments");
    layer_reset();
    layer_tell(CL_DEVICE_ENDIAN_LITTLE, CL_FALSE);
    refuse_as_told("not little-endian");
    layer_reset();
    layer_tell_text(CL_DEVICE_PROFILE, "EMBEDDED_PROFILE");
    layer_tell_text(CL_DEVICE_EXTENSIONS, "cl_khr_fp64");
    refuse_as_told("only the embedded profile");
    layer_tell_text(CL_DEVICE_EXTENSIONS, "cles_khr_int64");
    expect_right();
}
END_TEST

START_TEST(a_device_that_is_off_line_is_not_chosen)
{
    oriel_context *context = NULL;
    fixture();
    layer_reset();
    layer_tell(CL_DEVICE_AVAILABLE, CL_FALSE);
    refused(oriel_context_create(&context, ORIEL_CONTEXT_DESC(.cache_dir = "")),
            ORIEL_E_UNSUPPORTED, "not available now");
    ck_assert_ptr_null(context);
}
END_TEST

/* ---- Build logs --------------------------------------------------------- */

/* "row.cl:57" */
static bool names_a_line(const char *text)
{
    static const char file[] = "row.cl:";
    const char *at = strstr(text, file);
    return at && at[strlen(file)] >= '1' && at[strlen(file)] <= '9';
}

START_TEST(a_build_that_fails_names_our_file_and_line)
{
    struct journal j;
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = NULL;
    fixture();
    layer_reset();
    oriel_context *context = journal_open(&j, "");
    layer_build_with("-Dattend_row=nobody(knows)");
    refused(oriel_plan_create(&plan, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = ROW)),
            ORIEL_E_BUILD, "row.cl");
    ck_assert_msg(names_a_line(oriel_last_error()->message), "%s",
                  oriel_last_error()->message);
    ck_assert_msg(names_a_line(j.text), "%s", j.text);
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

int main(void)
{
    layer_open(); /* before anything asks for a device */
    if (left_out_on(INTERPRETER, "it reports what a device that lies is asked "
                                 "in vain"))
        return ALL_LEFT_OUT;
    TCase *tc = tcase_create("limits");
    tcase_add_test(tc, a_plan_that_spills_gives_way_to_the_next);
    tcase_add_test(tc, spills_are_asked_of_drivers_that_know_the_question);
    tcase_add_test(tc, private_memory_of_a_gpu_counts_as_spilled);
    tcase_add_test(tc, a_plan_with_too_much_local_memory_gives_way);
    tcase_add_test(
        tc, a_limit_of_groups_that_contradicts_the_build_is_not_believed);
    tcase_add_test(tc, queries_of_kernels_that_fail_change_no_plan);
    tcase_add_test(tc, groups_of_one_work_item_are_enough);
    tcase_add_test(tc, small_groups_and_local_memories_are_enough);
    tcase_add_test(tc, no_extension_is_needed);
    tcase_add_test(tc, facts_that_are_not_told_are_not_needed);
    tcase_add_test(tc, facts_beyond_reason_do_no_harm);
    tcase_add_test(tc, what_no_family_can_do_without_is_a_sentence);
    tcase_add_test(tc, a_device_that_is_off_line_is_not_chosen);
    tcase_add_test(tc, a_build_that_fails_names_our_file_and_line);
    return run_tests(tc, "fault/limits");
}
