/* test_row.c: kernels/row.cl against attention by its definition in double. */
#include "suites.h"
#include "verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct row_plan {
    int head_dim, v_dim, type[4], softcap, group, key_chunk, strided;
};

static const struct row_plan plans[] = {
    {64, 64, {F32, F32, F32, F32}, 0, 16, 0, 0},
    {64, 64, {F16, F16, F16, F16}, 0, 64, 0, 0},
    /* one, less than and just beyond a vector; a row that ends in one */
    {1, 1, {F32, F32, F32, F32}, 0, 1, 0, 0},
    {3, 15, {BF16, F16, F32, BF16}, 0, 4, 0, 0},
    {16, 17, {F32, BF16, BF16, F32}, 0, 5, 0, 0},
    {17, 31, {F16, F32, F16, BF16}, 0, 32, 0, 0},
    {80, 512, {F32, F32, F32, F16}, 0, 8, 0, 0},
    {512, 48, {BF16, BF16, BF16, BF16}, 1, 1, 0, 0},
    {111, 59, {F32, F32, F32, F32}, 1, 7, 0, 0},
    /* passes: of a block, of several, of less, of a single key */
    {40, 40, {F32, F32, F32, F32}, 0, 16, 64, 0},
    {24, 3, {F16, F16, F16, F32}, 1, 8, 128, 0},
    {5, 33, {F32, F32, F32, BF16}, 0, 3, 17, 0},
    {64, 16, {F32, F32, F32, F32}, 0, 1, 1, 0},
    /* any stride */
    {64, 64, {F32, F32, F32, F32}, 0, 16, 0, 1},
    {17, 23, {F16, BF16, F16, F16}, 1, 4, 0, 1},
    {1, 100, {BF16, F32, BF16, BF16}, 0, 1, 64, 1},
    {30, 9, {F32, F16, F32, F32}, 0, 2, 9, 1},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

static struct subject row_subject(const struct row_plan *p)
{
    struct subject s =
        subject("row", p->head_dim, p->v_dim, p->type, p->softcap);
    snprintf(s.name, sizeof s.name, "row d%d v%d g%d k%d strided%d",
             p->head_dim, p->v_dim, p->group, p->key_chunk, p->strided);
    s.rows = s.local = p->group;
    s.key_chunk = p->key_chunk;
    s.strided = p->strided;
    subject_word(&s, "GROUP", p->group);
    subject_word(&s, "KEY_CHUNK", p->key_chunk);
    subject_word(&s, "STRIDED", p->strided);
    subject_build(&s);
    return s;
}

START_TEST(random_calls_match_the_definition)
{
    if (!plan_is_asked(_i))
        return;
    const struct subject s = row_subject(&plans[_i]);
    const int seed = 1000 * setting("KERNEL_SEED", 1) + 500 + _i;
    const int faults =
        faulty_calls(&s, setting("KERNEL_COUNT", 12), (unsigned long)seed);
    OK(clReleaseKernel(s.kernel));
    ck_assert_msg(faults == 0, "%d calls of %s are wrong", faults, s.name);
}
END_TEST

/* As when a plan is made: no buffers, one group. */
START_TEST(no_queries_no_work)
{
    const struct subject s = row_subject(&plans[9]);
    const struct call none = {
        .group = 1, .keys = 5, .heads = 1, .entries = 1, .passes = 1};
    const cl_mem no_buffers[CALL_STRUCT] = {0};
    const size_t group[3] = {(size_t)s.local, 1, 1};
    for (cl_uint n = 0; n < CALL_STRUCT; n++)
        OK(clSetKernelArg(s.kernel, n, sizeof(cl_mem), &no_buffers[n]));
    OK(clSetKernelArg(s.kernel, CALL_STRUCT, sizeof none, &none));
    OK(clEnqueueNDRangeKernel(device.queue, s.kernel, 3, NULL, group, group, 0,
                              NULL, NULL));
    OK(clFinish(device.queue));
    OK(clReleaseKernel(s.kernel));
}
END_TEST

/* In passes of whole blocks of 64 keys, the bits of one pass. */
START_TEST(passes_of_whole_blocks_change_no_bit)
{
    const struct row_plan one = {40, 21, {F32, F32, F32, F32}, 0, 8, 0, 0};
    struct row_plan many = one;
    many.key_chunk = 64;
    const struct subject s = row_subject(&one), chunked = row_subject(&many);
    int differ = 0;
    draw_from(7);
    for (int n = 0; n < 10; n++) {
        struct trial t = trial_new(&s);
        run_slice(&s, &t, slice_whole(&t));
        void *whole = copy_of_results(&t);
        trial_reset(&t);
        run_slice(&chunked, &t, slice_whole(&t));
        differ += !same_results(&t, whole);
        free(whole);
        trial_free(&t);
    }
    OK(clReleaseKernel(s.kernel));
    OK(clReleaseKernel(chunked.kernel));
    ck_assert_int_eq(differ, 0);
}
END_TEST

START_TEST(the_mean_of_many_equal_values_is_that_value)
{
    const struct subject s = row_subject(&plans[0]);
    const double error = mean_error(&s);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_lt(error, 2e-6);
}
END_TEST

START_TEST(one_high_score_hides_all_others)
{
    const struct subject s = row_subject(&plans[0]);
    const double first = outlier_error(&s, false);
    const double last = outlier_error(&s, true);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_eq(first, 0.0);
    ck_assert_double_eq(last, 0.0);
}
END_TEST

TCase *row_case(void)
{
    const int first = setting("KERNEL_FIRST", 0);
    const int last = setting("KERNEL_LAST", PLANS - 1);
    TCase *tc = tcase_create("row");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, no_queries_no_work);
    tcase_add_test(tc, passes_of_whole_blocks_change_no_bit);
    tcase_add_test(tc, the_mean_of_many_equal_values_is_that_value);
    tcase_add_test(tc, one_high_score_hides_all_others);
    tcase_add_loop_test(tc, random_calls_match_the_definition, first,
                        (last < PLANS - 1 ? last : PLANS - 1) + 1);
    return tc;
}
