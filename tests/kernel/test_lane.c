/* test_lane.c: kernels/lane.cl against attention by its definition in double,
 * at tile sizes that do not ship. */
#include "suites.h"
#include "verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct lane_plan {
    int lanes, head_dim, v_dim, type[4], softcap, once;
    int query_tile, key_tile, qk_keys, qk_vecs, pv_rows, pv_vecs;
    int heads; /* of a block */
};

static const struct lane_plan plans[] = {
    /* every lane count; both forms; shapes that ship */
    {8, 64, 64, {F32, F32, F32, F32}, 0, 0, 24, 32, 4, 3, 6, 2, 1},
    {8, 64, 64, {F32, F32, F32, F32}, 0, 1, 24, 152, 4, 3, 6, 2, 1},
    {16, 128, 128, {F32, F32, F32, F32}, 0, 0, 32, 48, 8, 2, 8, 2, 1},
    {16, 96, 96, {F32, F32, F32, F32}, 0, 1, 32, 152, 8, 2, 8, 2, 1},
    {4, 80, 80, {F32, F32, F32, F32}, 0, 0, 16, 24, 4, 4, 8, 2, 1},
    {4, 40, 40, {F32, F32, F32, F32}, 0, 1, 16, 152, 4, 4, 8, 2, 1},
    {8, 512, 256, {F32, F32, F32, F32}, 0, 0, 24, 40, 4, 3, 6, 2, 1},
    /* dimensions that are no multiple of anything, and unequal ones */
    {8, 1, 1, {F32, F32, F32, F32}, 0, 0, 24, 16, 4, 3, 6, 1, 1},
    {8, 3, 17, {F32, F32, F32, F32}, 0, 1, 24, 152, 4, 3, 6, 2, 1},
    {8, 17, 3, {F32, F32, F32, F32}, 0, 0, 24, 16, 4, 3, 6, 1, 1},
    {8, 59, 111, {F32, F32, F32, F32}, 0, 0, 24, 40, 4, 3, 6, 2, 1},
    {16, 111, 59, {F32, F32, F32, F32}, 0, 1, 32, 152, 8, 2, 8, 2, 1},
    {4, 17, 1, {F32, F32, F32, F32}, 0, 1, 16, 152, 4, 4, 8, 1, 1},
    {16, 3, 40, {F32, F32, F32, F32}, 0, 0, 32, 32, 8, 2, 8, 2, 1},
    /* storage, each tensor on its own; several strips */
    {8, 64, 64, {F16, F16, F16, F32}, 0, 1, 72, 200, 4, 3, 6, 2, 1},
    {8, 40, 80, {BF16, BF16, BF16, BF16}, 0, 0, 72, 32, 4, 3, 6, 2, 1},
    {8, 59, 17, {F32, F16, BF16, F16}, 0, 0, 24, 24, 4, 3, 6, 2, 1},
    {16, 17, 59, {BF16, F32, F16, F32}, 0, 1, 64, 184, 8, 2, 8, 2, 1},
    {4, 40, 3, {F16, BF16, F32, BF16}, 0, 0, 48, 24, 4, 4, 8, 1, 1},
    {4, 3, 17, {F16, F16, F16, F16}, 0, 1, 16, 152, 4, 4, 8, 2, 1},
    {8, 33, 512, {F32, F16, F16, F16}, 0, 0, 48, 24, 4, 3, 6, 2, 1},
    /* softcap */
    {8, 64, 64, {F32, F32, F32, F32}, 1, 0, 24, 32, 4, 3, 6, 2, 1},
    {16, 40, 40, {F16, F16, F16, F32}, 1, 1, 32, 152, 8, 2, 8, 2, 1},
    /* other blockings: rows that fit vectors, one vector, odd tiles */
    {8, 32, 32, {F32, F32, F32, F32}, 0, 0, 32, 33, 8, 2, 8, 2, 1},
    {8, 17, 24, {F32, F32, F32, F32}, 0, 0, 8, 7, 8, 1, 4, 3, 1},
    {8, 40, 64, {F16, F32, BF16, F32}, 0, 1, 64, 192, 6, 2, 4, 2, 1},
    /* heads of a group in a block: one strip each, several */
    {8, 64, 64, {F32, F32, F32, F32}, 0, 0, 24, 32, 4, 3, 6, 2, 4},
    {8, 59, 40, {F16, F16, F16, F16}, 1, 1, 48, 200, 4, 3, 6, 2, 2},
    {8, 17, 64, {BF16, BF16, F16, F32}, 0, 0, 72, 24, 4, 3, 6, 2, 3},
    /* one vector of queries, several strips; values by four vectors */
    {16, 64, 64, {F32, F32, F32, F32}, 0, 1, 32, 152, 8, 1, 4, 4, 1},
    {16, 40, 80, {F32, F32, F32, F32}, 1, 0, 32, 64, 6, 2, 4, 4, 1},
    {16, 128, 96, {F16, BF16, F16, F16}, 0, 1, 64, 192, 8, 1, 4, 4, 2},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

static struct subject lane_subject(int number)
{
    const struct lane_plan *p = &plans[number];
    struct subject s =
        subject("lane", p->head_dim, p->v_dim, p->type, p->softcap);
    snprintf(s.name, sizeof s.name, "lane plan %d", number);
    s.rows = p->query_tile;
    s.heads = p->heads;
    s.anchored = 1;
    s.local = 1;
    /* the keys of a block must fit the only tile */
    s.reach = p->once ? p->key_tile - p->query_tile : 0;
    subject_word(&s, "LANES", p->lanes);
    subject_word(&s, "ONCE", p->once);
    subject_word(&s, "HEAD_TILE", s.heads);
    subject_word(&s, "QUERY_TILE", p->query_tile);
    subject_word(&s, "KEY_TILE", p->key_tile);
    subject_word(&s, "QK_KEYS", p->qk_keys);
    subject_word(&s, "QK_VECS", p->qk_vecs);
    subject_word(&s, "PV_ROWS", p->pv_rows);
    subject_word(&s, "PV_VECS", p->pv_vecs);
    subject_word(&s, "LOOK_AHEAD", setting("KERNEL_LOOK_AHEAD", 1));
    subject_build(&s);
    return s;
}

START_TEST(random_calls_match_the_definition)
{
    if (!plan_is_asked(_i))
        return;
    const struct subject s = lane_subject(_i);
    const int seed = 1000 * setting("KERNEL_SEED", 1) + _i;
    const int faults =
        faulty_calls(&s, setting("KERNEL_COUNT", 12), (unsigned long)seed);
    OK(clReleaseKernel(s.kernel));
    ck_assert_msg(faults == 0, "%d calls of %s are wrong", faults, s.name);
}
END_TEST

/* As when a plan is made: no buffers, one group. */
START_TEST(no_queries_no_work)
{
    const struct subject s = lane_subject(1);
    const struct call none = {
        .group = 1, .keys = 5, .heads = 1, .entries = 1, .passes = 1};
    const cl_mem no_buffers[CALL_STRUCT] = {0};
    subject_launch(&s, no_buffers, none, 0, 0);
    OK(clFinish(device.queue));
    OK(clReleaseKernel(s.kernel));
}
END_TEST

START_TEST(the_mean_of_many_equal_values_is_that_value)
{
    const struct subject s = lane_subject(0);
    const double error = mean_error(&s);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_lt(error, 2e-6);
}
END_TEST

START_TEST(one_high_score_hides_all_others)
{
    const struct subject s = lane_subject(0);
    const double first = outlier_error(&s, false);
    const double last = outlier_error(&s, true);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_eq(first, 0.0);
    ck_assert_double_eq(last, 0.0);
}
END_TEST

TCase *lane_case(void)
{
    const int first = setting("KERNEL_FIRST", 0);
    const int last = setting("KERNEL_LAST", PLANS - 1);
    TCase *tc = tcase_create("lane");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, no_queries_no_work);
    tcase_add_test(tc, the_mean_of_many_equal_values_is_that_value);
    tcase_add_test(tc, one_high_score_hides_all_others);
    tcase_add_loop_test(tc, random_calls_match_the_definition, first,
                        (last < PLANS - 1 ? last : PLANS - 1) + 1);
    return tc;
}
