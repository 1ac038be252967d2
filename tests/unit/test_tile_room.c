/* test_tile_room.c: tiles of kernels/tile.cl for devices that have little room
 * or few registers, and what it costs when they do not fill a core. */
#include "plan/family_list.h"
#include "plan/plan_text.h"

#include "given.h"
#include "suite.h"

#include <string.h>

static const struct family *const tile = &orl_family_tile;

static struct device given_gpu(const char *vendor)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.vendor, vendor);
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
    const struct device d = given_gpu("ARM");
    const struct plan_list list = offered("h2 q900 d64 w64,64", &d);
    ck_assert_int_eq(list.count, 2);
    ck_assert_int_eq(orl_plan_word(&list.plan[0], "ITEM_ROWS"), 2);
    ck_assert_int_eq(orl_plan_word(&list.plan[1], "ITEM_ROWS"), 1);
}
END_TEST

START_TEST(little_local_memory_gets_smaller_tiles)
{
    struct device d = given_gpu("ARM");
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
    struct device d = given_gpu("ARM");
    const char *problem = "h2 q900 d64 w64,64";
    d.item_registers = 128;
    d.core_registers = 128 * 128;
    ck_assert_int_eq(offered(problem, &d).count, 1);
    d.core_registers--;
    const struct problem p = given_problem(problem);
    ck_assert_ptr_nonnull(tile->rejects(&p, &d));
}
END_TEST

START_TEST(registers_tell_more_than_the_maker)
{
    struct device d = given_gpu("Somebody");
    const char *problem = "h2 q900 d128 w64,64";
    d.item_registers = 256;
    expect_first(problem, &d,
                 "tile q48 k64 own6x4 chunk32x16 sums4 pack1 aligned");
    d = given_gpu("NVIDIA Corporation");
    d.item_registers = 128;
    expect_first(problem, &d,
                 "tile q32 k32 own2x2 chunk32x16 sums4 pack1 aligned");
}
END_TEST

/* A group of the first plan has 4 warps and 34832 bytes; 8 warps keep a core
 * busy. */
START_TEST(half_a_core_takes_twice_as_long)
{
    struct device d = given_gpu("NVIDIA Corporation");
    d.core_units = 1;
    d.core_registers = 65536;
    d.core_local_bytes = 164 << 10;
    d.item_registers = 255;
    const char *problem = "h8 q65536 d64 w255,0";
    const struct problem p = given_problem(problem);
    const struct plan plan = offered(problem, &d).plan[0];
    const double whole = tile->cost(&plan, &p, &d);
    d.core_local_bytes = 64 << 10;
    const double local = tile->cost(&plan, &p, &d) / whole;
    ck_assert_msg(local > 1.9 && local < 2.1, "%g", local);
    d.core_local_bytes = 164 << 10;
    d.core_registers = 32768;
    const double registers = tile->cost(&plan, &p, &d) / whole;
    ck_assert_msg(registers > 1.9 && registers < 2.1, "%g", registers);
}
END_TEST

/* What lies outside of the window is not paid for, but the edges are: 64 rows
 * that see 65 keys each see 128 in all. */
START_TEST(tiles_that_are_touched_are_paid_for)
{
    struct device d = given_gpu("NVIDIA Corporation");
    d.core_units = 1;
    const struct problem narrow = given_problem("h8 q65536 d64 w64,0");
    const struct problem wide = given_problem("h8 q65536 d64 w1088,0");
    const struct plan plan = offered("h8 q65536 d64 w64,0", &d).plan[0];
    ck_assert_int_eq(orl_plan_word(&plan, "QUERY_TILE"), 64);
    ck_assert_int_eq(orl_plan_word(&plan, "KEY_TILE"), 64);
    /* 2 tiles and 18 of them, plus the launch; by keys seen it would be 17. */
    const double ratio = (tile->cost(&plan, &wide, &d) - 20e-6) /
                         (tile->cost(&plan, &narrow, &d) - 20e-6);
    ck_assert_msg(ratio > 8.99 && ratio < 9.01, "%g", ratio);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tile room");
    tcase_add_test(tc,
                   a_modest_device_has_a_second_choice_with_fewer_registers);
    tcase_add_test(tc, little_local_memory_gets_smaller_tiles);
    tcase_add_test(tc, groups_have_registers_for_all_work_items);
    tcase_add_test(tc, registers_tell_more_than_the_maker);
    tcase_add_test(tc, half_a_core_takes_twice_as_long);
    tcase_add_test(tc, tiles_that_are_touched_are_paid_for);
    return suite_run(tc, "plan/family_tile: room");
}
