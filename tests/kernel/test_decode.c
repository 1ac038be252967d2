/* test_decode.c: kernels/decode.cl against attention by its definition in
 * double, at tile sizes that do not ship. */
#include "suites.h"
#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct decode_plan {
    int lanes, head_dim, v_dim, type[4], softcap;
    int head_tile, query_tile, rows, key_tile, segment, qk_keys, pv_vecs, split;
    int row_lanes;
};

static const struct decode_plan plans[] = {
    /* every number of rows in registers; tiles that they do not fill */
    {8, 64, 64, {F32, F32, F32, F32}, 0, 4, 1, 4, 24, 48, 3, 3, 0, 0},
    {8, 64, 64, {F32, F32, F32, F32}, 0, 1, 1, 1, 16, 16, 8, 8, 1, 0},
    {8, 32, 40, {F32, F32, F32, F32}, 0, 1, 2, 2, 8, 24, 4, 4, 0, 0},
    {8, 40, 32, {F32, F32, F32, F32}, 0, 3, 1, 3, 24, 48, 4, 4, 1, 0},
    {8, 64, 24, {F32, F32, F32, F32}, 0, 5, 1, 5, 16, 32, 2, 2, 0, 0},
    {8, 16, 64, {F32, F32, F32, F32}, 0, 2, 3, 6, 16, 32, 2, 2, 1, 0},
    {8, 24, 24, {F32, F32, F32, F32}, 0, 7, 1, 4, 24, 24, 3, 3, 0, 0},
    {8, 24, 24, {F32, F32, F32, F32}, 0, 1, 16, 4, 24, 48, 3, 3, 1, 0},
    /* the other vectors */
    {4, 64, 64, {F32, F32, F32, F32}, 0, 3, 1, 3, 12, 24, 4, 8, 0, 0},
    {4, 5, 7, {F32, F32, F32, F32}, 0, 2, 2, 4, 8, 16, 3, 1, 1, 0},
    {16, 64, 64, {F32, F32, F32, F32}, 0, 4, 2, 4, 16, 32, 4, 4, 1, 0},
    {16, 100, 90, {F32, F32, F32, F32}, 0, 3, 1, 3, 32, 64, 4, 4, 0, 0},
    /* dimensions that are no multiple of anything, and unequal ones */
    {8, 59, 111, {F32, F32, F32, F32}, 0, 2, 1, 2, 16, 32, 4, 4, 1, 0},
    {8, 9, 8, {F32, F32, F32, F32}, 0, 1, 3, 3, 8, 8, 4, 1, 0, 0},
    {8, 512, 256, {F32, F32, F32, F32}, 0, 4, 1, 4, 16, 32, 3, 3, 0, 0},
    {8, 15, 300, {F32, F32, F32, F32}, 0, 1, 4, 4, 24, 24, 3, 3, 1, 0},
    /* storage, each tensor on its own */
    {8, 64, 64, {F16, F16, F16, F16}, 0, 4, 1, 4, 48, 96, 3, 3, 1, 0},
    {8, 40, 80, {BF16, BF16, BF16, BF16}, 0, 1, 5, 5, 24, 48, 2, 2, 0, 0},
    {8, 59, 17, {F32, F16, BF16, F16}, 0, 2, 2, 4, 24, 48, 3, 2, 1, 0},
    {8, 80, 100, {F32, F16, F16, F32}, 0, 6, 1, 3, 24, 48, 4, 4, 0, 0},
    {16, 17, 59, {BF16, F32, F16, F32}, 0, 2, 1, 2, 16, 48, 4, 3, 0, 0},
    {4, 40, 6, {F16, BF16, F32, BF16}, 0, 1, 7, 4, 16, 32, 3, 1, 1, 0},
    /* softcap */
    {8, 64, 64, {F32, F32, F32, F32}, 1, 4, 1, 4, 24, 48, 3, 3, 1, 0},
    {16, 33, 40, {F16, F16, F16, F32}, 1, 1, 3, 3, 16, 32, 4, 2, 0, 0},
    /* rows in lanes: all of a block, some of one, several blocks */
    {8, 64, 64, {F32, F32, F32, F32}, 0, 4, 4, 16, 24, 48, 6, 3, 0, 1},
    {8, 32, 72, {F32, F32, F32, F32}, 0, 1, 8, 8, 16, 32, 8, 2, 1, 1},
    {8, 59, 111, {F32, F32, F32, F32}, 0, 3, 3, 16, 24, 24, 5, 3, 0, 1},
    {4, 40, 24, {F32, F32, F32, F32}, 0, 5, 4, 12, 12, 36, 4, 3, 1, 1},
    {16, 17, 59, {F32, F32, F32, F32}, 0, 2, 11, 16, 32, 64, 12, 1, 0, 1},
    {8, 64, 40, {F16, F16, F16, F16}, 0, 6, 4, 24, 16, 48, 4, 3, 1, 1},
    {8, 9, 16, {F32, BF16, F16, BF16}, 1, 1, 20, 16, 24, 48, 6, 2, 0, 1},
    {8, 80, 100, {F16, F32, BF16, F32}, 0, 4, 4, 16, 24, 48, 6, 3, 1, 1},
    /* steps of 4 rows and keys that fill a vector: rows that do not fill one */
    {16, 64, 64, {F32, F32, F32, F32}, 0, 4, 1, 4, 32, 64, 4, 4, 0, 0},
    {16, 59, 111, {F32, F32, F32, F32}, 0, 2, 3, 4, 16, 48, 4, 3, 1, 0},
    {16, 80, 100, {BF16, F16, BF16, F32}, 0, 3, 1, 4, 48, 96, 4, 4, 1, 0},
    {16, 33, 40, {F16, F16, F16, F16}, 1, 1, 7, 4, 32, 32, 4, 2, 0, 0},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

static struct subject decode_subject(const struct decode_plan *p)
{
    struct subject s =
        subject("decode", p->head_dim, p->v_dim, p->type, p->softcap);
    snprintf(s.name, sizeof s.name,
             "decode x%d d%d v%d h%d q%d r%d k%d s%d%s%s", p->lanes,
             p->head_dim, p->v_dim, p->head_tile, p->query_tile, p->rows,
             p->key_tile, p->segment, p->row_lanes ? " rowlanes" : "",
             p->split ? " split" : "");
    s.rows = p->query_tile;
    s.local = 1;
    s.heads = p->head_tile;
    s.segment = p->split ? p->segment : 0;
    subject_word(&s, "LANES", p->lanes);
    subject_word(&s, "HEAD_TILE", p->head_tile);
    subject_word(&s, "QUERY_TILE", p->query_tile);
    subject_word(&s, "ROWS", p->rows);
    subject_word(&s, "KEY_TILE", p->key_tile);
    subject_word(&s, "SEGMENT", p->segment);
    subject_word(&s, "QK_KEYS", p->qk_keys);
    subject_word(&s, "PV_VECS", p->pv_vecs);
    subject_word(&s, "ROW_LANES", p->row_lanes);
    subject_word(&s, "SPLIT", p->split);
    subject_word(&s, "LOOK_AHEAD", setting("KERNEL_LOOK_AHEAD", 1));
    subject_build(&s);
    return s;
}

START_TEST(random_calls_match_the_definition)
{
    if (!plan_is_asked(_i))
        return;
    const struct subject s = decode_subject(&plans[_i]);
    const int seed = 1000 * setting("KERNEL_SEED", 1) + 300 + _i;
    const int faults =
        faulty_calls(&s, setting("KERNEL_COUNT", 12), (unsigned long)seed);
    subject_release(&s);
    ck_assert_msg(faults == 0, "%d calls of %s are wrong", faults, s.name);
}
END_TEST

/* As when a plan is made: no buffers, one group. */
START_TEST(no_queries_no_work)
{
    const struct subject s = decode_subject(&plans[3]);
    const struct call none = {
        .group = 3, .keys = 5, .heads = 3, .entries = 1, .passes = 1};
    const cl_mem no_buffers[CALL_STRUCT] = {0};
    const size_t one[3] = {1, 1, 1};
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

/* Calls whose results under two plans differ in a bit. */
static int different_calls(const struct decode_plan *a,
                           const struct decode_plan *b)
{
    const int count = setting("KERNEL_COUNT", 20);
    const struct subject one = decode_subject(a), other = decode_subject(b);
    int differ = 0;
    draw_from(7);
    for (int n = 0; n < count; n++) {
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
    return differ;
}

START_TEST(a_split_changes_no_bit)
{
    struct decode_plan whole = plans[_i], split = plans[_i];
    whole.split = 0;
    split.split = 1;
    ck_assert_int_eq(different_calls(&whole, &split), 0);
}
END_TEST

/* Heads are alone in a group, or together; queries too, if there are several:
 * with one to a group, tiles begin elsewhere. */
START_TEST(company_changes_no_bit)
{
    struct decode_plan together = plans[7], apart = plans[7];
    together.head_tile = 3;
    together.query_tile = 4;
    apart.query_tile = 2;
    ck_assert_int_eq(different_calls(&together, &apart), 0);
}
END_TEST

START_TEST(the_mean_of_many_equal_values_is_that_value)
{
    struct decode_plan p = plans[1];
    p.key_tile = 96;
    p.segment = 384;
    p.split = _i;
    const struct subject s = decode_subject(&p);
    const double error = mean_error(&s);
    subject_release(&s);
    ck_assert_double_lt(error, 2e-6);
}
END_TEST

TCase *decode_case(void)
{
    const int first = setting("KERNEL_FIRST", 0);
    const int last = setting("KERNEL_LAST", PLANS - 1);
    TCase *tc = tcase_create("decode");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, no_queries_no_work);
    tcase_add_loop_test(tc, a_split_changes_no_bit, 1, 3);
    tcase_add_test(tc, company_changes_no_bit);
    tcase_add_loop_test(tc, the_mean_of_many_equal_values_is_that_value, 0, 2);
    tcase_add_loop_test(tc, random_calls_match_the_definition, first,
                        (last < PLANS - 1 ? last : PLANS - 1) + 1);
    return tc;
}
