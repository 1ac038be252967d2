/* test_matrix.c: kernels/matrix.cl against attention by its definition in
 * double, with every matrix unit's layout emulated in plain OpenCL C. */
#include "suites.h"
#include "verdict.h"

#include "plan/matrix_shape.h"

#include <stdio.h>

struct matrix_plan {
    int engine, head_dim, v_dim, type[4], softcap, aligned;
    int shape[4]; /* query_tile, key_tile, row_tiles, turns of matrix_shape */
    int pack;
};

#define HALF                                                                   \
    {                                                                          \
        F16, F16, F16, F16                                                     \
    }
#define BRAIN                                                                  \
    {                                                                          \
        BF16, BF16, BF16, BF16                                                 \
    }
#define SINGLE                                                                 \
    {                                                                          \
        F32, F32, F32, F32                                                     \
    }

static const struct matrix_plan plans[] = {
    /* every layout, with each type it multiplies */
    {ENGINE_MMA, 32, 32, HALF, 0, 1, {16, 16, 1}, 1},
    {ENGINE_WMMA11, 32, 32, HALF, 0, 1, {16, 16, 1}, 1},
    {ENGINE_WMMA12, 32, 32, HALF, 0, 1, {16, 16, 1}, 1},
    {ENGINE_MFMA, 32, 32, HALF, 0, 1, {16, 16, 1}, 1},
    {ENGINE_DPAS16, 32, 32, HALF, 0, 1, {8, 16, 1}, 1},
    {ENGINE_DPAS8, 32, 32, HALF, 0, 1, {8, 16, 1}, 1},
    {ENGINE_MFMA, 32, 48, SINGLE, 0, 1, {16, 64, 1}, 1},
    {ENGINE_MMA, 64, 64, BRAIN, 0, 0, {32, 32, 1}, 1},
    {ENGINE_WMMA11, 64, 64, BRAIN, 0, 0, {32, 16, 1}, 1},
    {ENGINE_WMMA12, 16, 80, BRAIN, 0, 1, {16, 32, 1}, 1},
    {ENGINE_MFMA8, 80, 16, BRAIN, 0, 1, {16, 32, 1}, 1},
    {ENGINE_DPAS16, 64, 32, BRAIN, 0, 0, {16, 32, 1}, 1},
    {ENGINE_DPAS8, 16, 32, BRAIN, 0, 1, {16, 16, 1}, 1},
    /* heads of a group in one block, several products of rows in a wave */
    {ENGINE_MMA, 40, 40, HALF, 0, 1, {32, 32, 2}, 4},
    {ENGINE_WMMA11, 32, 32, HALF, 0, 1, {48, 48, 1}, 3},
    {ENGINE_WMMA12, 32, 32, HALF, 0, 0, {64, 32, 2}, 2},
    {ENGINE_MFMA, 32, 32, BRAIN, 0, 1, {32, 32, 2}, 8},
    {ENGINE_DPAS16, 32, 32, HALF, 0, 1, {32, 32, 2}, 4},
    {ENGINE_DPAS8, 32, 32, HALF, 0, 1, {16, 32, 2}, 2},
    /* dimensions that are no multiple of anything, and unequal ones; types */
    {ENGINE_MMA, 17, 59, {F16, F16, BF16, F32}, 0, 0, {16, 32, 1}, 1},
    {ENGINE_WMMA12, 59, 3, {BF16, BF16, F16, F32}, 0, 1, {16, 16, 1}, 2},
    {ENGINE_DPAS8, 1, 1, {F16, F16, F16, BF16}, 0, 0, {8, 16, 1}, 1},
    {ENGINE_MFMA, 37, 5, {F32, F32, F32, F16}, 0, 0, {16, 16, 1}, 1},
    {ENGINE_DPAS16, 33, 15, {F16, F16, F16, F32}, 0, 1, {8, 32, 1}, 1},
    /* softcap */
    {ENGINE_MMA, 32, 32, {F16, F16, F16, F32}, 1, 1, {16, 16, 1}, 1},
    {ENGINE_MFMA, 16, 16, SINGLE, 1, 1, {16, 16, 1}, 1},
    /* values in the place of keys, where either are more bytes */
    {ENGINE_MFMA8, 80, 16, SINGLE, 0, 1, {32, 16, 1, 1}, 2},
    {ENGINE_MMA, 17, 80, HALF, 0, 0, {16, 32, 1, 1}, 1},
    {ENGINE_MMA, 32, 48, BRAIN, 0, 1, {32, 32, 2, 1}, 1},
    /* the block in local memory: more than 256 channels of both */
    {ENGINE_MMA, 144, 128, HALF, 0, 1, {16, 16, 1}, 1},
    {ENGINE_MMA, 17, 241, BRAIN, 0, 0, {16, 16, 1}, 2},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

static struct matrix_shape shape_of(int number)
{
    const struct matrix_plan *p = &plans[number];
    return (struct matrix_shape) {.engine = p->engine,
                                  .query_tile = p->shape[0],
                                  .key_tile = p->shape[1],
                                  .row_tiles = p->shape[2],
                                  .turns = p->shape[3]};
}

static struct subject matrix_subject(int number)
{
    const struct matrix_plan *p = &plans[number];
    const struct matrix_shape m = shape_of(number);
    struct subject s =
        subject("matrix", p->head_dim, p->v_dim, p->type, p->softcap);
    snprintf(s.name, sizeof s.name, "matrix plan %d", number);
    s.rows = m.query_tile / p->pack;
    s.anchored = 1;
    s.local = orl_matrix_group(&m);
    s.pack = p->pack;
    s.aligned = !p->aligned ? 0 : s.k_type == F32 ? 4 : 8;
    s.weights = s.v_type == F32 ? 0 : s.v_type;
    subject_word(&s, "PORTABLE", 1);
    subject_word(&s, "ENGINE", m.engine);
    subject_word(&s, "QUERY_TILE", m.query_tile);
    subject_word(&s, "KEY_TILE", m.key_tile);
    subject_word(&s, "ROW_TILES", m.row_tiles);
    subject_word(&s, "GROUP_PACK", p->pack);
    subject_word(&s, "ALIGNED", p->aligned);
    subject_word(&s, "TURNS", m.turns);
    subject_build(&s);
    return s;
}

START_TEST(random_calls_match_the_definition)
{
    if (!plan_is_asked(_i))
        return;
    const struct subject s = matrix_subject(_i);
    const int seed = 1000 * setting("KERNEL_SEED", 1) + 800 + _i;
    const int third = (setting("KERNEL_COUNT", 12) + 2) / 3; /* emulation */
    const int faults = faulty_calls(&s, third, (unsigned long)seed);
    OK(clReleaseKernel(s.kernel));
    ck_assert_msg(faults == 0, "%d calls of %s are wrong", faults, s.name);
}
END_TEST

/* As when a plan is made: no buffers, one group. The window has no ends, so
 * that a kernel that went on would read keys. */
START_TEST(no_queries_no_work)
{
    const struct subject s = matrix_subject(0);
    struct call none = {
        .group = 1, .keys = 5, .heads = 1, .entries = 1, .passes = 1};
    none.left = none.right = CALL_UNBOUNDED;
    const cl_mem no_buffers[CALL_STRUCT] = {0};
    subject_launch(&s, no_buffers, none, 0, 0);
    OK(clFinish(device.queue));
    OK(clReleaseKernel(s.kernel));
}
END_TEST

/* Sums start anew in each tile: one by one, 4096 of them were off by 6e-5. */
START_TEST(the_mean_of_many_equal_values_is_that_value)
{
    const int single = 6; /* f32, whose weights are not rounded either */
    const struct subject s = matrix_subject(single);
    const double error = mean_error(&s);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_lt(error, 2e-6);
}
END_TEST

/* 4095 keys each weigh 2^-20 of the first one, whose peak they meet: numbers
 * that f16 does not have, so it must be given multiples of them. */
START_TEST(many_small_weights_count)
{
    const struct subject s = matrix_subject(0);
    const double error = tail_error(&s, 0x1p-20);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_lt(error, 0x1p-10);
}
END_TEST

/* What the planner counts on. */
START_TEST(local_memory_is_what_the_planner_says)
{
    if (!device_tells_local_bytes())
        return;
    const struct matrix_plan *p = &plans[_i];
    const struct matrix_shape m = shape_of(_i);
    const struct subject s = matrix_subject(_i);
    const long long bytes = device_local_bytes(s.kernel);
    OK(clReleaseKernel(s.kernel));
    ck_assert_int_eq(bytes, (long long)orl_matrix_local_bytes(
                                &m, p->head_dim, p->v_dim, (uint32_t)s.k_type,
                                true, p->aligned));
}
END_TEST

TCase *matrix_case(void)
{
    const int first = setting("KERNEL_FIRST", 0);
    const int last = setting("KERNEL_LAST", PLANS - 1);
    const int end = (last < PLANS - 1 ? last : PLANS - 1) + 1;
    TCase *tc = tcase_create("matrix");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, no_queries_no_work);
    tcase_add_loop_test(tc, local_memory_is_what_the_planner_says, first, end);
    tcase_add_loop_test(tc, random_calls_match_the_definition, first, end);
    tcase_add_test(tc, the_mean_of_many_equal_values_is_that_value);
    tcase_add_test(tc, many_small_weights_count);
    return tc;
}
