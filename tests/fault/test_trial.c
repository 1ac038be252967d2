/* test_trial.c: what a device seems to have and turns out not to have is told,
 * each time, with the file to remove; and other plans take its place. */
#define _XOPEN_SOURCE 700
#include "fixture.h"
#include "journal.h"
#include "layer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of extensions that not every header of OpenCL knows. */
enum {
    WAVEFRONT_WIDTH_AMD = 0x4043,
    SUB_GROUP_SIZES_INTEL = 0x4108,
    SUBSLICES_INTEL = 0x4254
};

static const char *self; /* this program */

static char folder[64];

static void make_folder(void)
{
    strcpy(folder, "/tmp/oriel-trial-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    fixture(); /* its context is made of the truth */
    layer_reset();
}

static void remove_folder(void)
{
    char command[96];
    layer_reset();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* ---- Devices ------------------------------------------------------------ */

/* As a GPU that tells nothing of its cores, where Intel's CPUs would. The
 * private memory of kernels on a CPU is no memory that they spill to; 64-bit
 * integers are an extension of embedded profiles. */
static void pose(const char *name, const char *extensions)
{
    layer_tell(CL_DEVICE_TYPE, CL_DEVICE_TYPE_GPU);
    layer_tell(CL_DEVICE_LOCAL_MEM_TYPE, CL_LOCAL);
    layer_tell(SUBSLICES_INTEL, 0);
    layer_tell_text(CL_DEVICE_NAME, name);
    layer_tell_text(CL_DEVICE_EXTENSIONS, extensions);
    layer_tell_kernel("attend_tile", CL_KERNEL_PRIVATE_MEM_SIZE, 0, 1000);
    layer_tell_kernel("attend_matrix", CL_KERNEL_PRIVATE_MEM_SIZE, 0, 1000);
}

/* As AMD's GPU of this name, which has waves of 32. */
static void pose_as(const char *name)
{
    pose(name, "cles_khr_int64 cl_amd_device_attribute_query");
    layer_tell(WAVEFRONT_WIDTH_AMD, 32);
}

/* It runs so many work-items of the trial together, the next few times. */
static void run_together(uint64_t items, int times)
{
    layer_tell_kernel("probe_matrix",
                      CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, items,
                      times);
}

/* The unit is emulated, in the trial and in plans. */
#define EMULATED "-DPORTABLE=1"

/* No trial builds; one builds, with a kernel of another name. */
#define UNBUILT "-Dprobe_matrix=) -Dprobe_broadcast=)"
#define UNNAMED EMULATED " -Dprobe_matrix=other"

/* ---- One process -------------------------------------------------------- */

#define PROBLEM "h4 q300 k310 d16 w60,4 lse f16"

/* Opens a context, plans, runs and checks. Returns programs that the context
 * took before that. */
static long run(struct journal *j, char text[256])
{
    struct sample s = sample_open(PROBLEM, 1);
    oriel_plan *plan = NULL;
    const long before = layer_count("clBuildProgram");
    oriel_context *context = journal_open(j, folder);
    const long built = layer_count("clBuildProgram") - before;
    must(oriel_plan_create(&plan, context, &s.problem, NULL));
    oriel_plan_text(plan, text, 256);
    attend_rightly(&s, plan);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    sample_close(&s);
    return built;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool gave_way(const char *plan)
{
    return begins(plan, "tile ");
}

static void expect_line(const struct journal *j, const char *words)
{
    ck_assert_msg(j->lines == 1 && strstr(j->text, words), "\"%s\": %s", words,
                  j->text);
}

/* Whatever the line names is a file of the cache, and is removed. */
static void obey(const struct journal *j)
{
    char path[256] = "";
    const char *at = strstr(j->text, "; remove ");
    ck_assert_msg(at && sscanf(at, "; remove %255s to try again", path) == 1,
                  "%s", j->text);
    ck_assert_msg(begins(path, folder), "%s", path);
    ck_assert_msg(unlink(path) == 0, "%s", path);
}

/* The next context says so again and tries nothing; without the file that it
 * names, the one after it does as the first. */
static void expect_told(const char *first, const char *later)
{
    struct journal j;
    char text[256];
    for (int n = 0; n < 2; n++) {
        ck_assert_int_gt(run(&j, text), 0);
        expect_line(&j, first);
        ck_assert_msg(gave_way(text), "%s", text);
        ck_assert_int_eq(run(&j, text), 0);
        expect_line(&j, later);
        ck_assert_msg(gave_way(text), "%s", text);
        obey(&j);
    }
}

#define LATER                                                                  \
    "a trial of the matrix unit of gfx1201 failed earlier, and it is not used"

/* ---- Matrix units ------------------------------------------------------- */

/* Without it the tests below would hold of a device that has no unit. */
START_TEST(a_unit_that_is_right_is_used_without_a_word)
{
    struct journal j;
    char text[256];
    pose_as("gfx1201");
    run_together(32, 1000);
    layer_build_with(EMULATED);
    for (int n = 0; n < 2; n++) {
        ck_assert_int_eq(run(&j, text) > 0, n == 0);
        ck_assert_msg(begins(text, "matrix wmma12 "), "%s", text);
        ck_assert_msg(j.lines == 0, "%s", j.text);
    }
}
END_TEST

static const struct failure {
    const char *options, *flip;
    uint64_t together;
    const char *words;
} failures[] = {
    {UNBUILT, NULL, 32, "does not build"},
    {UNNAMED, NULL, 32, "has no kernel"},
    {EMULATED, NULL, 16, "has waves of another width"},
    {EMULATED, "probe_matrix", 32, "computes wrongly"},
};

enum { FAILURES = sizeof failures / sizeof *failures };

START_TEST(a_unit_that_fails_is_told_and_gives_way)
{
    const struct failure *f = &failures[_i];
    char first[256];
    pose_as("gfx1201");
    run_together(f->together, 1000);
    layer_build_with(f->options);
    layer_flip(f->flip);
    snprintf(first, sizeof first,
             "the matrix unit of gfx1201 is not used: the trial of wmma12 %s; "
             "the trial of wmma11 %s\n",
             f->words, f->words);
    expect_told(first, LATER);
}
END_TEST

/* The compiler of a CPU has none of AMD's builtins. */
START_TEST(a_unit_that_is_not_there_is_told_and_gives_way)
{
    cl_device_type type = 0;
    clGetDeviceInfo(fixture()->id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (type & CL_DEVICE_TYPE_GPU)
        return;
    pose_as("gfx1201");
    expect_told("the matrix unit of gfx1201 is not used: the trial of wmma12 ",
                LATER);
}
END_TEST

START_TEST(a_launch_that_fails_is_told)
{
    struct journal j;
    pose_as("gfx1201");
    run_together(32, 1000);
    layer_build_with(EMULATED);
    layer_fail_all("clEnqueueNDRangeKernel", CL_OUT_OF_RESOURCES);
    oriel_context *context = journal_open(&j, "");
    ck_assert_msg(strstr(j.text, "the trial of wmma12 cannot be run"), "%s",
                  j.text);
    oriel_context_destroy(context);
}
END_TEST

/* Most of AMD's GPUs have waves of 32 or 64, and no unit. */
START_TEST(a_unit_that_nothing_promised_is_not_missed)
{
    struct journal j;
    char text[256];
    pose_as("gfx1032");
    layer_build_with(UNBUILT);
    for (int n = 0; n < 2; n++) {
        ck_assert_int_eq(run(&j, text) > 0, n == 0);
        ck_assert_msg(gave_way(text), "%s", text);
        ck_assert_msg(j.lines == 0, "%s", j.text);
    }
}
END_TEST

START_TEST(a_unit_that_nothing_promised_may_be_wrong)
{
    pose_as("gfx1032");
    run_together(32, 1000);
    layer_build_with(EMULATED);
    layer_flip("probe_matrix");
    expect_told("the matrix unit of gfx1032 is not used: the trial of wmma12 "
                "computes wrongly",
                "of gfx1032 failed earlier");
}
END_TEST

START_TEST(the_second_of_two_guesses_may_be_right)
{
    struct journal j;
    char text[256];
    pose_as("gfx1100");
    run_together(32, 1000);
    run_together(16, 1);
    layer_build_with(EMULATED);
    run(&j, text);
    expect_line(&j, "the matrix unit of gfx1100 is used otherwise: the trial "
                    "of wmma12 has waves of another width\n");
    ck_assert_msg(begins(text, "matrix wmma11 "), "%s", text);
}
END_TEST

/* As on every GPU that is not of the newest kind. */
START_TEST(a_first_guess_that_does_not_build_is_no_failure)
{
    struct journal j;
    char text[256];
    pose_as("gfx1100");
    run_together(32, 1000);
    layer_build_with("-DPORTABLE=(ENGINE==3)");
    run(&j, text);
    ck_assert_msg(j.lines == 0, "%s", j.text);
    ck_assert_msg(begins(text, "matrix wmma11 "), "%s", text);
}
END_TEST

/* ---- A trial that ends the process -------------------------------------- */

static void leave(void *user, oriel_log_level level, const char *line)
{
    (void)user, (void)level;
    _exit(strstr(line, "is not used") ? 0 : 1);
}

/* The trial's line is written before its verdict is stored. */
static int end_in_trial(void)
{
    oriel_context *context = NULL;
    cl_device_id id = fixture_pick();
    cl_context cl = clCreateContext(NULL, 1, &id, NULL, NULL, NULL);
    pose_as("gfx1201");
    layer_build_with(UNBUILT);
    oriel_context_create(
        &context,
        ORIEL_CONTEXT_DESC(.context = cl, .cache_dir = folder, .log = leave));
    return 1;
}

START_TEST(a_trial_that_ends_the_process_is_told_and_not_repeated)
{
    struct journal j;
    char command[4200], text[256];
    snprintf(command, sizeof command, "\"%s\" %s", self, folder);
    ck_assert_msg(system(command) == 0, "%s", command);
    pose_as("gfx1201");
    run_together(32, 1000);
    layer_build_with(EMULATED);
    for (int n = 0; n < 2; n++) {
        ck_assert_int_eq(run(&j, text), 0);
        expect_line(&j, "a trial of the matrix unit of gfx1201 is under way or "
                        "ended its process, and it is not used");
        ck_assert_msg(gave_way(text), "%s", text);
    }
    obey(&j);
    run(&j, text);
    ck_assert_msg(j.lines == 0 && begins(text, "matrix "), "%s%s", text,
                  j.text);
}
END_TEST

/* ---- Sub-groups --------------------------------------------------------- */

START_TEST(sub_groups_that_fail_are_told_and_give_way)
{
    pose("Arc", "cles_khr_int64 cl_intel_subgroups "
                "cl_intel_required_subgroup_size");
    layer_tell(SUB_GROUP_SIZES_INTEL, 16);
    layer_build_with(UNBUILT);
    expect_told("sub-groups of 16 work-items of Arc are not used: their trial "
                "does not build",
                "a trial of the sub-groups of Arc failed earlier, and they are "
                "not used");
}
END_TEST

/* Where there are some that pass: a trial found those of 8 only. */
START_TEST(sub_groups_that_fail_in_part_are_told)
{
    struct journal j;
    char text[256];
    if (left_out_off(INTELS, NO_SUB_GROUPS))
        return;
    layer_tell(SUB_GROUP_SIZES_INTEL, 8);
    run(&j, text);
    ck_assert_msg(j.lines == 0, "%s", j.text);
    layer_reset();
    run(&j, text);
    expect_line(&j, "failed earlier, and what failed is not used");
    obey(&j);
    run(&j, text);
    ck_assert_msg(j.lines == 0, "%s", j.text);
}
END_TEST

int main(int argc, char **argv)
{
    self = argv[0];
    layer_open(); /* before anything asks for a device */
    if (argc == 2) {
        snprintf(folder, sizeof folder, "%s", argv[1]);
        return end_in_trial();
    }
    if (left_out_on(INTERPRETER, "trials must fail there, which it reports") ||
        left_out_on("rusticl", "it takes minutes to compile an emulated unit"))
        return ALL_LEFT_OUT;
    TCase *tc = tcase_create("trial");
    tcase_add_checked_fixture(tc, make_folder, remove_folder);
    tcase_add_test(tc, a_unit_that_is_right_is_used_without_a_word);
    tcase_add_loop_test(tc, a_unit_that_fails_is_told_and_gives_way, 0,
                        FAILURES);
    tcase_add_test(tc, a_unit_that_is_not_there_is_told_and_gives_way);
    tcase_add_test(tc, a_launch_that_fails_is_told);
    tcase_add_test(tc, a_unit_that_nothing_promised_is_not_missed);
    tcase_add_test(tc, a_unit_that_nothing_promised_may_be_wrong);
    tcase_add_test(tc, the_second_of_two_guesses_may_be_right);
    tcase_add_test(tc, a_first_guess_that_does_not_build_is_no_failure);
    tcase_add_test(tc, a_trial_that_ends_the_process_is_told_and_not_repeated);
    tcase_add_test(tc, sub_groups_that_fail_are_told_and_give_way);
    tcase_add_test(tc, sub_groups_that_fail_in_part_are_told);
    return run_tests(tc, "fault/trial");
}
