/* test_tile_family.c: kernels/tile.cl against attention by its definition in
 * double, at tile sizes that ship and at others. The cheap ones come first. */
#include "suites.h"
#include "verdict.h"

#include "plan/tile_shape.h"

#include <stdio.h>
#include <string.h>

struct tile_plan {
    int head_dim, v_dim, type[4], softcap, aligned;
    int shape[8]; /* query_tile to sum_lanes of struct tile_preset, FRUGAL */
    int pack, paired, team;
};

#define SINGLE                                                                 \
    {                                                                          \
        F32, F32, F32, F32                                                     \
    }

static const struct tile_plan plans[] = {
    /* tiles that are no powers of two, shares that do not come out even */
    {24, 36, SINGLE, 0, 1, {20, 24, 5, 3, 16, 12, 4}, 1, 0, 1},
    {32, 32, SINGLE, 0, 1, {8, 8, 2, 2, 16, 4, 4}, 1, 0, 1},
    /* heads of a group in one block */
    {32, 32, SINGLE, 0, 0, {24, 32, 3, 4, 16, 16, 4}, 3, 0, 1},
    {40, 40, SINGLE, 0, 1, {32, 32, 4, 4, 32, 32, 4}, 8, 0, 1},
    {64, 64, {F16, F16, F16, F16}, 0, 1, {48, 32, 6, 4, 32, 32, 4}, 2, 0, 1},
    /* storage, each tensor on its own */
    {17, 59, {BF16, F32, F16, F32}, 0, 1, {16, 32, 4, 4, 16, 32, 4}, 2, 1, 1},
    {40, 3, {F16, BF16, F32, BF16}, 0, 0, {32, 16, 4, 4, 32, 8, 4}, 1, 0, 1},
    {40, 80, {BF16, BF16, BF16, BF16}, 0, 1, {32, 32, 4, 4, 8, 32, 4}, 1, 0, 1},
    {59, 17, {F32, F16, BF16, F16}, 0, 0, {32, 32, 4, 4, 32, 16, 2}, 1, 0, 1},
    /* softcap */
    {40, 40, {F16, F16, F16, F32}, 1, 0, {32, 32, 4, 4, 32, 32, 4}, 2, 0, 1},
    {64, 64, SINGLE, 1, 1, {64, 32, 8, 4, 32, 32, 4}, 1, 0, 1},
    /* dimensions that are no multiple of anything, and unequal ones */
    {1, 1, SINGLE, 0, 0, {16, 16, 4, 4, 8, 8, 4}, 1, 0, 1},
    {3, 17, SINGLE, 0, 0, {32, 32, 4, 2, 32, 32, 4}, 1, 0, 1},
    {17, 3, SINGLE, 0, 1, {32, 16, 4, 4, 16, 16, 2}, 1, 0, 1},
    {111, 59, SINGLE, 0, 1, {32, 32, 4, 4, 32, 32, 4}, 1, 1, 1},
    {59, 111, SINGLE, 0, 0, {32, 32, 4, 4, 24, 16, 4}, 1, 0, 1},
    /* tiles that ship */
    {64, 64, SINGLE, 0, 0, {32, 32, 2, 4, 32, 32, 4}, 1, 0, 1},
    {64, 64, SINGLE, 0, 1, {64, 32, 8, 4, 32, 32, 4}, 1, 0, 1},
    {32, 32, SINGLE, 0, 1, {64, 64, 8, 8, 32, 64, 4}, 1, 0, 1},
    {80, 80, SINGLE, 0, 1, {64, 32, 4, 4, 16, 32, 2}, 1, 0, 1},
    {96, 96, SINGLE, 0, 1, {64, 64, 8, 4, 32, 32, 2}, 1, 0, 1},
    {128, 128, SINGLE, 0, 1, {48, 64, 6, 4, 32, 32, 4}, 1, 1, 1},
    {256, 256, SINGLE, 0, 0, {32, 64, 4, 4, 32, 8, 4}, 1, 0, 1},
    {512, 512, SINGLE, 0, 1, {24, 64, 3, 2, 32, 4, 4}, 1, 0, 1},
    /* as AMD's GCN has them */
    {17, 91, SINGLE, 0, 0, {12, 24, 3, 3, 16, 8, 2, 1}, 3, 0, 1},
    {512, 512, SINGLE, 0, 1, {16, 96, 2, 3, 32, 8, 4, 1}, 1, 0, 1},

    /* by broadcasts in sub-groups of 8; small, since all of a tile is unrolled,
     * and 1024 multiply-adds take Intel's CPU runtime a minute */
    {32, 32, SINGLE, 0, 1, {8, 8, 2, 1, 16, 8, 4}, 1, 0, 1},
    {24, 36, SINGLE, 0, 1, {10, 8, 5, 1, 16, 8, 4}, 1, 0, 1},
    {17, 59, {BF16, F32, F16, F32}, 0, 0, {8, 16, 2, 2, 16, 16, 2}, 2, 1, 1},
    {59, 3, {F32, F16, BF16, BF16}, 1, 0, {8, 16, 2, 2, 24, 16, 4}, 1, 0, 1},
    /* in teams of them: with columns past the end, odd, and many */
    {32, 32, SINGLE, 0, 1, {8, 8, 2, 1, 16, 8, 4}, 1, 0, 2},
    {59, 80, {F16, F32, BF16, F32}, 1, 0, {10, 8, 5, 1, 24, 8, 2}, 2, 1, 3},
    {40, 96, SINGLE, 0, 1, {6, 16, 2, 2, 64, 16, 2}, 1, 0, 4},
    /* with more products than values, and with three parts of values each */
    {32, 16, SINGLE, 0, 0, {32, 8, 1, 1, 16, 8, 2}, 1, 0, 2},
    {24, 185, SINGLE, 0, 0, {16, 8, 2, 1, 16, 8, 4}, 2, 0, 2},
    /* and of 16 */
    {40, 80, {BF16, BF16, BF16, BF16}, 0, 1, {8, 16, 2, 1, 16, 16, 4}, 4, 0, 1},
    {59, 111, SINGLE, 0, 0, {6, 32, 1, 2, 16, 32, 2}, 1, 0, 1},
    {37, 111, {F16, F16, F16, F16}, 0, 0, {6, 16, 3, 1, 64, 16, 2}, 2, 0, 2},
};
enum { PLANS = sizeof plans / sizeof plans[0], BROADCASTS = 12 };

static bool broadcasts(int number)
{
    return number >= PLANS - BROADCASTS;
}

static struct tile_preset shape_of(int number)
{
    const int *shape = plans[number].shape;
    return (struct tile_preset) {
        .of = broadcasts(number) ? TILE_LANES8 : TILE_CPU,
        .query_tile = shape[0],
        .key_tile = shape[1],
        .item_rows = shape[2],
        .item_keys = shape[3],
        .channel_chunk = shape[4],
        .key_chunk = shape[5],
        .sum_lanes = shape[6],
        .team = plans[number].team,
    };
}

static struct subject tile_subject(int number)
{
    const struct tile_plan *p = &plans[number];
    const struct tile_preset t = shape_of(number);
    struct subject s =
        subject("tile", p->head_dim, p->v_dim, p->type, p->softcap);
    snprintf(s.name, sizeof s.name, "tile plan %d", number);
    s.rows = t.query_tile / p->pack;
    s.anchored = 1;
    s.local = orl_tile_group(&t);
    s.pack = p->pack;
    s.aligned = p->aligned ? 4 : 0;
    subject_word(&s, "QUERY_TILE", t.query_tile);
    subject_word(&s, "KEY_TILE", t.key_tile);
    subject_word(&s, "ITEM_ROWS", t.item_rows);
    subject_word(&s, "ITEM_KEYS", t.item_keys);
    subject_word(&s, "CHANNEL_CHUNK", t.channel_chunk);
    subject_word(&s, "KEY_CHUNK", t.key_chunk);
    subject_word(&s, "SUM_LANES", t.sum_lanes);
    subject_word(&s, "GROUP_PACK", p->pack);
    subject_word(&s, "ALIGNED", p->aligned);
    subject_word(&s, "PAIRED", p->paired);
    subject_word(&s, "BROADCAST", broadcasts(number));
    subject_word(&s, "TEAM", p->team);
    if (p->shape[7])
        subject_word(&s, "FRUGAL", 1);
    subject_build(&s);
    return s;
}

START_TEST(random_calls_match_the_definition)
{
    if (!plan_is_asked(_i))
        return;
    const struct subject s = tile_subject(_i);
    const int seed = 1000 * setting("KERNEL_SEED", 1) + 700 + _i;
    const int faults =
        faulty_calls(&s, setting("KERNEL_COUNT", 12), (unsigned long)seed);
    OK(clReleaseKernel(s.kernel));
    ck_assert_msg(faults == 0, "%d calls of %s are wrong", faults, s.name);
}
END_TEST

/* As when a plan is made: no buffers, one group. The window has no ends, so
 * that a kernel that went on would read keys. */
START_TEST(no_queries_no_work)
{
    const struct subject s = tile_subject(1);
    struct call none = {
        .group = 1, .keys = 5, .heads = 1, .entries = 1, .passes = 1};
    none.left = none.right = CALL_UNBOUNDED;
    const cl_mem no_buffers[CALL_STRUCT] = {0};
    subject_launch(&s, no_buffers, none, 0, 0);
    OK(clFinish(device.queue));
    OK(clReleaseKernel(s.kernel));
}
END_TEST

START_TEST(the_mean_of_many_equal_values_is_that_value)
{
    const struct subject s = tile_subject(_i);
    const double error = mean_error(&s);
    OK(clReleaseKernel(s.kernel));
    ck_assert_double_lt(error, 2e-6);
}
END_TEST

/* What the planner counts on. */
START_TEST(local_memory_is_what_the_planner_says)
{
    if (!device_tells_local_bytes())
        return;
    const struct tile_preset t = shape_of(_i);
    const struct subject s = tile_subject(_i);
    const long long bytes = device_local_bytes(s.kernel);
    OK(clReleaseKernel(s.kernel));
    ck_assert_int_eq(bytes,
                     (long long)orl_tile_local_bytes(&t, plans[_i].v_dim));
}
END_TEST

/* What is done by broadcasts needs sub-groups whose size a kernel can ask for.
 */
static int testable_plans(void)
{
    static char names[1 << 16];
    if (clGetDeviceInfo(device.id, CL_DEVICE_EXTENSIONS, sizeof names - 1,
                        names, NULL) == CL_SUCCESS &&
        strstr(names, "cl_intel_subgroups ") &&
        strstr(names, "cl_intel_required_subgroup_size"))
        return PLANS;
    printf("no sub-groups here: %d plans of tile are not tested\n", BROADCASTS);
    return PLANS - BROADCASTS;
}

TCase *tile_family_case(void)
{
    const int count = testable_plans();
    const int first = setting("KERNEL_FIRST", 0);
    const int last = setting("KERNEL_LAST", PLANS - 1);
    const int end = last < count ? last + 1 : count;
    TCase *tc = tcase_create("tile_family");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, no_queries_no_work);
    tcase_add_loop_test(tc, the_mean_of_many_equal_values_is_that_value, 0, 2);
    tcase_add_loop_test(tc, local_memory_is_what_the_planner_says, first, end);
    tcase_add_loop_test(tc, random_calls_match_the_definition, first, end);
    return tc;
}
