/* test_tile_room.c: tiles of kernels/tile.cl for devices that have little room,
 * few registers or sub-groups that broadcast, and what it costs when they do
 * not fill a core. */
#include "plan/family_list.h"
#include "plan/plan_text.h"
#include "plan/planner.h"
#include "plan/tile_shape.h"

#include "given.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct family *const tile = &orl_family_tile;

static struct device given_gpu(void)
{
    struct device d = given_device(DEVICE_GPU);
    d.compute_units = 40;
    d.clock_mhz = 1500;
    d.group_limit = d.axis_limit = 1024;
    d.local_bytes = 48 << 10;
    return d;
}

static struct plan_list offered(const char *problem, const struct device *d)
{
    const struct problem p = given_problem(problem);
    struct plan_list list = {0};
    ck_assert(!tile->rejects(&p, d));
    tile->candidates(&p, d, &list);
    return list;
}

static void expect_first(const char *problem, const struct device *d,
                         const char *text)
{
    const struct plan_list list = offered(problem, d);
    char got[ORL_PLAN_TEXT];
    ck_assert_int_gt(list.count, 0);
    orl_plan_print(&list.plan[0], got, sizeof got);
    ck_assert_str_eq(got, text);
}

START_TEST(a_modest_device_has_a_second_choice_with_fewer_registers)
{
    const struct device d = given_gpu();
    const struct plan_list list = offered("h2 q900 d64 w64,64", &d);
    ck_assert_int_eq(list.count, 2);
    ck_assert_int_eq(orl_plan_word(&list.plan[0], "ITEM_ROWS"), 2);
    ck_assert_int_eq(orl_plan_word(&list.plan[1], "ITEM_ROWS"), 1);
}
END_TEST

START_TEST(little_local_memory_gets_smaller_tiles)
{
    struct device d = given_gpu();
    const char *problem = "h2 q900 d64 w64,64";
    d.local_bytes = 16 << 10;
    expect_first(problem, &d,
                 "tile q32 k32 own2x4 chunk32x16 sums4 pack1 aligned");
    d.local_bytes = 10 << 10;
    expect_first(problem, &d,
                 "tile q16 k32 own1x2 chunk32x8 sums4 pack1 aligned");
    d.local_bytes = 6 << 10;
    const struct problem p = given_problem(problem);
    ck_assert_ptr_nonnull(strstr(tile->rejects(&p, &d), "local memory"));
}
END_TEST

/* A group whose work-items all had as many registers as they can have. */
START_TEST(groups_have_registers_for_all_work_items)
{
    struct device d = given_gpu();
    const char *problem = "h2 q900 d64 w64,64";
    d.item_registers = 128;
    d.core_registers = 128 * 128;
    ck_assert_int_eq(offered(problem, &d).count, 1);
    d.core_registers--;
    const struct problem p = given_problem(problem);
    ck_assert_ptr_nonnull(tile->rejects(&p, &d));
}
END_TEST

START_TEST(registers_tell_how_large_tiles_may_be)
{
    struct device d = given_gpu();
    const char *problem = "h2 q900 d128 w64,64";
    d.item_registers = 256;
    expect_first(problem, &d,
                 "tile q48 k64 own6x4 chunk32x32 sums4 pack1 aligned");
    d.item_registers = 128;
    expect_first(problem, &d,
                 "tile q32 k32 own2x2 chunk32x16 sums4 pack1 aligned");
}
END_TEST

static struct plan given_plan(const char *text, const char *problem,
                              const struct device *d)
{
    const struct problem p = given_problem(problem);
    struct plan plan;
    ck_assert_msg(orl_planner_force(&plan, text, &p, d) == ORIEL_OK, "%s",
                  oriel_last_error()->message);
    return plan;
}

/* 2 warps and 22032 bytes; four such groups keep a core busy. */
START_TEST(a_core_with_room_for_one_group_waits)
{
    struct device d = given_gpu();
    d.core_units = 1;
    d.core_registers = 65536;
    d.core_local_bytes = 164 << 10;
    d.item_registers = 255;
    const char *problem = "h8 q65536 d64 w255,0";
    const struct problem p = given_problem(problem);
    const struct plan plan = given_plan(
        "tile q64 k32 own8x4 chunk32x32 sums4 pack1 aligned", problem, &d);
    const double whole = tile->cost(&plan, &p, &d);
    d.core_local_bytes = 40 << 10;
    const double local = tile->cost(&plan, &p, &d) / whole;
    ck_assert_msg(local > 2.5 && local < 3.5, "%g", local);
    d.core_local_bytes = 164 << 10;
    d.core_registers = 16384;
    const double registers = tile->cost(&plan, &p, &d) / whole;
    ck_assert_msg(fabs(registers / local - 1.0) < 1e-9, "%g", registers);
}
END_TEST

/* What lies outside of the window is not paid for, but the edges are: 64 rows
 * that see 65 keys each see 4 tiles of 32 in all, and 36 where they see 1089;
 * of 1025 to 1056 keys before the first row 33 are touched. */
START_TEST(tiles_that_are_touched_are_paid_for)
{
    struct device d = given_gpu();
    d.core_units = 1;
    const struct plan plan =
        given_plan("tile q64 k32 own8x4 chunk32x32 sums4 pack1 aligned",
                   "h8 q65536 d64 w64,0", &d);
    double cost[4];
    for (int n = 0; n < 4; n++) {
        static const int windows[] = {64, 1088, 1056, 1025};
        char problem[80];
        snprintf(problem, sizeof problem, "h8 q65536 d64 w%d,0", windows[n]);
        const struct problem p = given_problem(problem);
        cost[n] = tile->cost(&plan, &p, &d);
    }
    const double each = (cost[1] - cost[0]) / 32.0;
    ck_assert_double_eq(cost[2], cost[3]);
    const double one = (cost[1] - cost[2]) / each;
    ck_assert_msg(fabs(one - 1.0) < 0.01, "%g", one);
    ck_assert_double_gt(cost[0], 4.0 * each);
}
END_TEST

START_TEST(sub_groups_broadcast_whoever_made_the_device)
{
    struct device d = given_gpu();
    const char *problem = "h2 q900 d64 w64,64";
    d.local_bytes = 64 << 10;
    d.sub_groups = 8 | 16;
    expect_first(
        problem, &d,
        "tile q64 k32 own4x4 chunk32x32 sums4 pack1 aligned broadcast");
    d.sub_groups = 16;
    expect_first(
        problem, &d,
        "tile q64 k64 own4x4 chunk32x64 sums4 pack1 aligned broadcast");
    d = given_cpu();
    d.sub_groups = 8 | 16;
    ck_assert_int_eq(orl_plan_word(&offered(problem, &d).plan[0], "BROADCAST"),
                     0);
}
END_TEST

/* In the order of preference and of cost: a program that does not come to be
 * gives way to one that needs no sub-groups. */
START_TEST(what_broadcasts_is_cheaper_and_has_a_plain_substitute)
{
    const char *const problems[] = {
        "h8 q4096 d32 w1023,0",     "h8 q4096 d64 w1023,0",
        "h8/2 q4096 d80 w1023,0",   "h8/2 q4096 d96 winf,0 f16",
        "h32/8 q4096 d128 w1023,0", "h8 q4096 d256 w511,0",
        "h4 q4096 d33 v111 w511,0", "h8 q4096 d512 w511,0",
    };
    for (int64_t sizes = 8; sizes <= 16; sizes += 8)
        for (size_t n = 0; n < sizeof problems / sizeof *problems; n++) {
            struct device d = given_gpu();
            d.local_bytes = 128 << 10;
            d.sub_groups = sizes;
            d.item_registers = 128;
            d.core_registers = 131072;
            d.core_units = 8;
            d.core_lanes = 128;
            const struct problem p = given_problem(problems[n]);
            const struct plan_list list = offered(problems[n], &d);
            double best[2] = {INFINITY, INFINITY}; /* plain, broadcast */
            for (int c = 0; c < list.count; c++) {
                const int b = orl_plan_word(&list.plan[c], "BROADCAST");
                best[b] = fmin(best[b], tile->cost(&list.plan[c], &p, &d));
            }
            ck_assert_msg(best[1] < best[0] && best[0] < INFINITY,
                          "%s, sub-groups of %d: %g, plain %g", problems[n],
                          (int)sizes, best[1], best[0]);
            ck_assert_int_eq(orl_plan_word(&list.plan[0], "BROADCAST"), 1);
        }
}
END_TEST

static void expect_refused(const char *text, int64_t sizes, const char *part)
{
    struct device d = given_gpu();
    const struct problem p = given_problem("h2 q900 d64 w64,64");
    struct plan plan;
    d.sub_groups = sizes;
    ck_assert_int_eq(orl_planner_force(&plan, text, &p, &d), ORIEL_E_ARGUMENT);
    ck_assert_msg(strstr(oriel_last_error()->message, part) != NULL, "%s: %s",
                  text, oriel_last_error()->message);
}

START_TEST(a_broadcast_that_cannot_be_is_refused_with_a_sentence)
{
    const char *lanes8 = "tile q64 k32 own4x4 chunk32x32 sums4 pack1 broadcast";
    const char *lanes16 =
        "tile q64 k64 own4x4 chunk32x64 sums4 pack1 broadcast";
    expect_refused(lanes8, 0, "needs sub-groups of k by the second number");
    expect_refused(lanes8, 16, "needs sub-groups");
    expect_refused(lanes16, 8, "needs sub-groups");
    /* Sizes that the device may have, and 8 and 16 together. */
    expect_refused("tile q64 k96 own4x4 chunk24x96 sums4 pack1 broadcast", 24,
                   "needs sub-groups");
    expect_refused("tile q64 k48 own4x4 chunk24x48 sums4 pack1 broadcast", 24,
                   "needs sub-groups");
    expect_refused("tile q64 k16 own4x4 chunk32x16 sums4 pack1 broadcast", 24,
                   "needs sub-groups");
    expect_refused("tile q64 k32 own4x4 chunk32x16 sums4 pack1 broadcast", 24,
                   "second number of chunk must be k");
    expect_refused("tile q64 k64 own4x4 chunk24x64 sums4 pack1 broadcast", 24,
                   "must be a multiple of k by");
}
END_TEST

/* A core of GCN: 256 registers for a lane of each of 4 SIMDs, 64 KB. */
static struct device given_gcn(void)
{
    struct device d = given_gpu();
    d.core_units = 1;
    d.core_registers = 65536;
    d.core_local_bytes = d.local_bytes = 64 << 10;
    d.item_registers = 256;
    d.wave_items = 64;
    return d;
}

/* Two waves of a SIMD have 128 registers each, and all 8 of them 8 KB of local
 * memory each. */
START_TEST(waves_of_64_leave_room_for_two_of_each_simd)
{
    struct device d = given_gcn();
    static const int dims[] = {8, 32, 64, 80, 96, 128, 256, 512};
    for (size_t n = 0; n < sizeof dims / sizeof *dims; n++) {
        char problem[80];
        snprintf(problem, sizeof problem, "h4/1 q900 d%d w64,64", dims[n]);
        const struct plan_list list = offered(problem, &d);
        ck_assert_int_gt(list.count, 0);
        for (int i = 0; i < list.count; i++) {
            const struct plan *plan = &list.plan[i];
            const struct tile_preset t = {
                .query_tile = orl_plan_word(plan, "QUERY_TILE"),
                .key_tile = orl_plan_word(plan, "KEY_TILE"),
                .item_rows = orl_plan_word(plan, "ITEM_ROWS"),
                .item_keys = orl_plan_word(plan, "ITEM_KEYS"),
                .channel_chunk = orl_plan_word(plan, "CHANNEL_CHUNK"),
                .key_chunk = orl_plan_word(plan, "KEY_CHUNK"),
                .sum_lanes = orl_plan_word(plan, "SUM_LANES"),
                .team = orl_plan_word(plan, "TEAM"),
            };
            ck_assert_int_le(orl_tile_local_bytes(&t, dims[n]),
                             orl_tile_group(&t) / 64 * 8192);
            ck_assert_int_le(orl_tile_group(&t), 512);
        }
    }
    d.group_limit = 256; /* as drivers for such devices say */
    ck_assert_int_gt(offered("h2 q900 d512 w64,64", &d).count, 0);
}
END_TEST

/* ocloc makes more of broadcasts at every dim. */
START_TEST(intel_pays_for_the_plain_form)
{
    struct device d = given_gpu();
    d.sub_groups = 8 | 16;
    d.core_units = 16; /* Tiger Lake */
    d.compute_units = 96;
    d.core_lanes = 128;
    d.core_registers = 114688;
    d.core_local_bytes = d.local_bytes = 64 << 10;
    d.item_registers = 128;
    d.wave_items = 16;
    static const int dims[] = {32, 64, 80, 96, 128, 256, 512};
    for (size_t n = 0; n < sizeof dims / sizeof *dims; n++) {
        char problem[80];
        snprintf(problem, sizeof problem, "b64 h1 q4096 d%d w127,0", dims[n]);
        const struct problem p = given_problem(problem);
        const struct plan_list list = offered(problem, &d);
        const double cost = tile->cost(&list.plan[0], &p, &d);
        ck_assert_int_eq(orl_plan_word(&list.plan[0], "BROADCAST"), 1);
        for (int i = 1; i < list.count; i++)
            if (!orl_plan_word(&list.plan[i], "BROADCAST"))
                ck_assert_double_gt(tile->cost(&list.plan[i], &p, &d), cost);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tile room");
    tcase_add_test(tc,
                   a_modest_device_has_a_second_choice_with_fewer_registers);
    tcase_add_test(tc, little_local_memory_gets_smaller_tiles);
    tcase_add_test(tc, groups_have_registers_for_all_work_items);
    tcase_add_test(tc, registers_tell_how_large_tiles_may_be);
    tcase_add_test(tc, a_core_with_room_for_one_group_waits);
    tcase_add_test(tc, tiles_that_are_touched_are_paid_for);
    tcase_add_test(tc, sub_groups_broadcast_whoever_made_the_device);
    tcase_add_test(tc, what_broadcasts_is_cheaper_and_has_a_plain_substitute);
    tcase_add_test(tc, a_broadcast_that_cannot_be_is_refused_with_a_sentence);
    tcase_add_test(tc, waves_of_64_leave_room_for_two_of_each_simd);
    tcase_add_test(tc, intel_pays_for_the_plain_form);
    return suite_run(tc, "plan/family_tile: room");
}
