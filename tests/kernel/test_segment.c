/* test_segment.c: kernels/segment.cl against attention by its definition in
 * double, at sizes that do not ship. */
#include "suites.h"
#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct segment_plan {
    int head_dim, v_dim, type[4], softcap;
    int head_tile, query_tile, group, key_tile, chunk, segment, aligned;
};

static const struct segment_plan plans[] = {
    /* small, for interpreters: every step is done more than once */
    {16, 12, {F32, F32, F32, F32}, 0, 3, 3, 32, 8, 8, 16, 0},
    {8, 4, {F32, F32, F32, F32}, 0, 1, 1, 8, 8, 8, 8, 0},
    /* one row, several heads, several queries, both; groups they do not fill */
    {64, 64, {F32, F32, F32, F32}, 0, 1, 1, 32, 32, 32, 64, 0},
    {64, 64, {F32, F32, F32, F32}, 0, 4, 1, 64, 32, 32, 32, 0},
    {32, 40, {F32, F32, F32, F32}, 0, 1, 3, 32, 16, 16, 48, 0},
    {40, 32, {F32, F32, F32, F32}, 0, 3, 3, 48, 16, 8, 16, 0},
    {16, 24, {F32, F32, F32, F32}, 0, 2, 8, 64, 16, 16, 32, 0},
    {24, 8, {F32, F32, F32, F32}, 0, 7, 1, 32, 8, 24, 40, 0},
    /* every row of it aligned */
    {64, 32, {F32, F32, F32, F32}, 0, 4, 1, 64, 64, 64, 64, 1},
    {32, 64, {F16, F16, F16, F16}, 0, 2, 2, 64, 32, 32, 96, 1},
    {40, 40, {BF16, BF16, BF16, BF16}, 0, 5, 1, 32, 32, 16, 32, 1},
    /* dimensions that are no multiple of anything */
    {59, 111, {F32, F32, F32, F32}, 0, 2, 1, 64, 32, 32, 32, 0},
    {1, 3, {F32, F32, F32, F32}, 0, 1, 2, 16, 8, 8, 24, 0},
    {5, 1, {F32, F32, F32, F32}, 0, 3, 1, 16, 16, 8, 16, 0},
    {130, 255, {F32, F32, F32, F32}, 0, 1, 1, 64, 32, 64, 64, 0},
    {15, 90, {F32, F32, F32, F32}, 0, 1, 5, 32, 32, 16, 32, 0},
    /* storage, each tensor on its own */
    {64, 64, {F16, F16, F16, F16}, 0, 4, 1, 64, 64, 64, 128, 0},
    {59, 17, {F32, F16, BF16, F16}, 0, 2, 2, 32, 16, 32, 32, 0},
    {33, 6, {BF16, F32, F16, F32}, 0, 6, 1, 32, 16, 40, 48, 0},
    {80, 2, {F16, BF16, F32, BF16}, 0, 1, 4, 32, 32, 16, 64, 0},
    /* softcap */
    {64, 64, {F32, F32, F32, F32}, 1, 4, 1, 64, 32, 32, 64, 0},
    {33, 40, {F16, F16, F16, F32}, 1, 1, 3, 32, 16, 24, 32, 0},
};
enum { PLANS = sizeof plans / sizeof plans[0], ONE_ROW = 2, QUERIES = 4 };

static struct subject segment_subject(const struct segment_plan *p)
{
    struct subject s =
        subject("segment", p->head_dim, p->v_dim, p->type, p->softcap);
    snprintf(s.name, sizeof s.name, "segment d%d v%d h%d q%d g%d k%d c%d s%d",
             p->head_dim, p->v_dim, p->head_tile, p->query_tile, p->group,
             p->key_tile, p->chunk, p->segment);
    s.rows = p->query_tile;
    s.local = s.merge_local = p->group;
    s.heads = p->head_tile;
    s.segment = p->segment;
    s.aligned = p->aligned ? 4 : 0;
    subject_word(&s, "HEAD_TILE", p->head_tile);
    subject_word(&s, "QUERY_TILE", p->query_tile);
    subject_word(&s, "GROUP", p->group);
    subject_word(&s, "KEY_TILE", p->key_tile);
    subject_word(&s, "CHANNEL_CHUNK", p->chunk);
    subject_word(&s, "SEGMENT", p->segment);
    subject_word(&s, "ALIGNED", p->aligned);
    subject_build(&s);
    return s;
}

START_TEST(random_calls_match_the_definition)
{
    if (!plan_is_asked(_i))
        return;
    const struct subject s = segment_subject(&plans[_i]);
    const int seed = 1000 * setting("KERNEL_SEED", 1) + 700 + _i;
    const int faults =
        faulty_calls(&s, setting("KERNEL_COUNT", 12), (unsigned long)seed);
    subject_release(&s);
    ck_assert_msg(faults == 0, "%d calls of %s are wrong", faults, s.name);
}
END_TEST

/* As when a plan is made: no buffers, one group. */
START_TEST(no_queries_no_work)
{
    const struct subject s = segment_subject(&plans[QUERIES]);
    const struct call none = {
        .group = 3, .keys = 5, .heads = 3, .entries = 1, .passes = 1};
    const cl_mem no_buffers[CALL_STRUCT] = {0};
    const size_t one[3] = {(size_t)s.local, 1, 1};
    const cl_kernel kernels[2] = {s.kernel, s.merge};
    for (int k = 0; k < 2; k++) {
        for (cl_uint n = 0; n < CALL_STRUCT; n++)
            OK(clSetKernelArg(kernels[k], n, sizeof(cl_mem), &no_buffers[n]));
        OK(clSetKernelArg(kernels[k], CALL_STRUCT, sizeof none, &none));
        OK(clEnqueueNDRangeKernel(device.queue, kernels[k], 3, NULL, one, one,
                                  0, NULL, NULL));
    }
    OK(clFinish(device.queue));
    subject_release(&s);
}
END_TEST

/* As many rows, of more heads or of more queries. */
START_TEST(company_changes_no_bit)
{
    struct segment_plan together = plans[QUERIES], apart = plans[QUERIES];
    together.head_tile = together.query_tile = 2;
    apart.query_tile = 4;
    const struct subject one = segment_subject(&together);
    const struct subject other = segment_subject(&apart);
    int differ = 0;
    draw_from(7);
    for (int n = 0; n < setting("KERNEL_COUNT", 20); n++) {
        struct trial t = trial_new(&one);
        run_slice(&one, &t, slice_whole(&t));
        void *whole = copy_of_results(&t);
        trial_reset(&t);
        run_slice(&other, &t, slice_whole(&t));
        differ += !same_results(&t, whole);
        free(whole);
        trial_free(&t);
    }
    subject_release(&one);
    subject_release(&other);
    ck_assert_int_eq(differ, 0);
}
END_TEST

START_TEST(the_mean_of_many_equal_values_is_that_value)
{
    struct segment_plan p = plans[ONE_ROW];
    p.segment = 256;
    const struct subject s = segment_subject(&p);
    const double error = mean_error(&s);
    subject_release(&s);
    ck_assert_double_lt(error, 2e-6);
}
END_TEST

TCase *segment_case(void)
{
    const int first = setting("KERNEL_FIRST", 0);
    const int last = setting("KERNEL_LAST", PLANS - 1);
    TCase *tc = tcase_create("segment");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, no_queries_no_work);
    tcase_add_test(tc, company_changes_no_bit);
    tcase_add_test(tc, the_mean_of_many_equal_values_is_that_value);
    tcase_add_loop_test(tc, random_calls_match_the_definition, first,
                        (last < PLANS - 1 ? last : PLANS - 1) + 1);
    return tc;
}
