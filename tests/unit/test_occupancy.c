/* test_occupancy.c: groups of a core, and how long all of them take. */
#include "plan/occupancy.h"

#include "given.h"
#include "suite.h"

#include <math.h>

/* An Ampere of compute capability 8.0: 108 cores, 164 KB of local memory. */
static struct device given_a100(void)
{
    struct device d = given_device(DEVICE_GPU);
    d.compute_units = 108;
    d.core_units = 1;
    d.core_lanes = 64;
    d.core_registers = 65536;
    d.core_local_bytes = 164 << 10;
    d.item_registers = 255;
    d.wave_items = 32;
    return d;
}

/* 24 execution units in 3 cores. */
static struct device given_gen9(void)
{
    struct device d = given_device(DEVICE_GPU);
    d.compute_units = 24;
    d.core_units = 8;
    d.core_lanes = 64;
    d.core_registers = 57344;
    d.core_local_bytes = 64 << 10;
    d.item_registers = 128;
    d.wave_items = 16;
    return d;
}

static void assert_near(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-9 * expected, "%g, not %g",
                  value, expected);
}

START_TEST(execution_units_of_intel_are_counted_together)
{
    const struct device a100 = given_a100(), gen9 = given_gen9();
    assert_near(orl_cores(&a100), 108);
    assert_near(orl_cores(&gen9), 3);
    struct device d = gen9;
    d.compute_units = 4; /* less than a core has, as a partition may */
    assert_near(orl_cores(&d), 1);
    d = given_device(DEVICE_GPU);
    assert_near(orl_cores(&d), 1);
    ck_assert(orl_core_lanes(&d) > 0.0);
}
END_TEST

START_TEST(registers_and_local_memory_limit_the_groups_of_a_core)
{
    const struct {
        struct group_needs needs;
        int groups;
    } cases[] = {
        {{128, 168, 26 << 10, 0}, 3}, /* 65536 / (128 * 168) = 3.05 */
        {{64, 253, 22016, 0}, 4},     /* 65536 / (64 * 253) = 4.05 */
        {{128, 248, 26 << 10, 0}, 2}, /* 65536 / (128 * 248) = 2.06 */
        {{32, 100, 48 << 10, 0}, 3},  /* 164 / 48 = 3.4 */
        {{1024, 255, 1, 0}, 1},       /* more than there are: one, or none */
        {{64, 400, 22016, 0}, 4},     /* a work-item gets 255 at most */
        {{20, 253, 22016, 0}, 7},     /* as many as 32: 164 KB / 22016 = 7.6 */
        {{32, 16, 0, 0}, 16},         /* and never more than this */
    };
    const struct device d = given_a100();
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++)
        ck_assert_msg(orl_core_groups(&cases[n].needs, &d) == cases[n].groups,
                      "%zu: %d", n, orl_core_groups(&cases[n].needs, &d));
}
END_TEST

START_TEST(a_group_has_what_is_known_of_its_limits)
{
    struct device d = given_device(DEVICE_GPU);
    const struct group_needs needs = {64, 64, 20 << 10, 0};
    d.local_bytes = 48 << 10;
    ck_assert_int_eq(orl_core_groups(&needs, &d), 2);
    d.core_local_bytes = 100 << 10;
    ck_assert_int_eq(orl_core_groups(&needs, &d), 5);
}
END_TEST

/* A core of Gen9 has 64 KB, one of Xe-HPC 128. */
START_TEST(local_memory_is_given_out_in_sizes)
{
    const struct {
        int64_t bytes, sizes, groups;
    } cases[] = {
        {16 << 10, 1, 4}, {(16 << 10) + 1, 0, 3}, {(16 << 10) + 1, 1, 2},
        {12 << 10, 1, 4}, {33 << 10, 1, 1},       {12 << 10, 2, 8},
        {17 << 10, 2, 5}, {24 << 10, 2, 5},       {(24 << 10) + 1, 2, 4},
        {48 << 10, 2, 2}, {48 << 10, 1, 1},       {100 << 10, 2, 1},
        {1000, 1, 16},
    };
    struct device d = given_gen9();
    d.core_registers = 1 << 20;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        d.core_local_sizes = cases[n].sizes;
        d.core_local_bytes = (cases[n].sizes == 2 ? 128 : 64) << 10;
        const struct group_needs needs = {16, 16, cases[n].bytes, 0};
        ck_assert_msg(orl_core_groups(&needs, &d) == cases[n].groups, "%zu: %d",
                      n, orl_core_groups(&needs, &d));
    }
}
END_TEST

/* Clocks where a work-item only computes. */
static double clocks(const struct group_needs *needs, double instructions,
                     double groups, const struct device *d)
{
    const struct item_work work = {.instructions = instructions};
    return orl_core_clocks(needs, &work, groups, d);
}

START_TEST(narrow_sub_groups_are_more_waves)
{
    const struct device d = given_gen9();
    const struct group_needs wide = {64, 100, 40 << 10, 0};
    const struct group_needs narrow = {64, 100, 40 << 10, 8};
    assert_near(orl_core_wait(&wide, &d), 4.0); /* 4 of 16 */
    assert_near(orl_core_wait(&narrow, &d), 2.0);
    /* 4 waves of 16 and 8 of 8 where 12 would keep a core busy. */
    assert_near(clocks(&wide, 1000, 1, &d), 2.0 * clocks(&narrow, 1000, 1, &d));
    const struct group_needs part = {17, 100, 0, 8}, three = {24, 100, 0, 8};
    assert_near(clocks(&part, 1000, 1e5, &d), clocks(&three, 1000, 1e5, &d));
}
END_TEST

/* Of GCN: 256 registers for a lane of each SIMD. */
START_TEST(waves_of_64_leave_half_of_the_registers_to_another)
{
    struct device d = given_a100();
    ck_assert_int_eq(orl_item_registers(&d), 255);
    d.item_registers = 256;
    d.wave_items = 64;
    ck_assert_int_eq(orl_item_registers(&d), 128);
    const struct group_needs needs = {256, 200, 20 << 10, 0};
    ck_assert_int_eq(orl_core_groups(&needs, &d), 2); /* of 4 waves */
    d.core_registers = 131072;                        /* CDNA */
    d.item_registers = 512;
    ck_assert_int_eq(orl_item_registers(&d), 256);
    d.item_registers = 0;
    ck_assert_int_eq(orl_item_registers(&d), 0);
}
END_TEST

/* Two groups fit: of 2 warps they are 4 of 6 that a core wants. */
START_TEST(too_few_waves_make_each_group_wait)
{
    const struct device d = given_a100();
    const struct group_needs few = {64, 100, 80 << 10, 0};
    const struct group_needs enough = {128, 100, 80 << 10, 0};
    const double each = 64.0 * 1000.0 / 64.0; /* lanes */
    assert_near(orl_core_wait(&few, &d), 2.0);
    assert_near(orl_core_wait(&enough, &d), 1.0);
    assert_near(clocks(&few, 1000, 2 * 108, &d), 3 * each);
    assert_near(clocks(&enough, 1000, 2 * 108, &d), 4 * each);
}
END_TEST

/* 6 warps keep the 4 schedulers of a core busy; a group of 64 has 2. */
START_TEST(few_groups_take_as_long_as_those_that_fill_a_core)
{
    const struct device d = given_a100();
    const struct group_needs needs = {64, 100, 1 << 10, 0};
    const double one = 64.0 * 1000.0 / 64.0; /* lanes */
    assert_near(clocks(&needs, 1000, 1, &d), 3 * one);
    assert_near(clocks(&needs, 1000, 108, &d), 3 * one);
    assert_near(clocks(&needs, 1000, 3 * 108, &d), 3 * one);
    assert_near(clocks(&needs, 1000, 3 * 108 + 1, &d), 4 * one);
    assert_near(clocks(&needs, 1000, 10 * 108, &d), 10 * one);
    /* 10 are held at a time; the last one runs alone. */
    ck_assert_int_eq(orl_core_groups(&needs, &d), 10);
    assert_near(clocks(&needs, 1000, 11 * 108, &d), 13 * one);
}
END_TEST

START_TEST(a_core_that_holds_too_few_waves_waits)
{
    const struct device d = given_a100();
    const struct group_needs small = {64, 100, 8 << 10, 0};
    const struct group_needs large = {64, 100, 160 << 10, 0};
    ck_assert_int_eq(orl_core_groups(&large, &d), 1);
    const double quick = clocks(&small, 1000, 108e4, &d);
    assert_near(clocks(&large, 1000, 108e4, &d), 3 * quick);
}
END_TEST

/* 16 bytes of each work-item of a warp are 512, and 128 move per clock. */
START_TEST(local_memory_takes_its_time)
{
    struct device d = given_a100();
    const struct group_needs needs = {128, 128, 1 << 10, 0};
    const struct item_work moves = {.local_bytes = 16.0 * 1000.0};
    const double one = 4.0 * 4.0 * 1000.0; /* of 4 warps */
    assert_near(orl_core_clocks(&needs, &moves, 4 * 108, &d), 4 * one);
    d.core_local_rate = 256;
    assert_near(orl_core_clocks(&needs, &moves, 4 * 108, &d), 2 * one);
}
END_TEST

/* The more warps, the less is left of the shorter one. */
START_TEST(warps_overlap_arithmetic_and_local_memory)
{
    const struct device d = given_a100();
    const struct item_work work = {.instructions = 1000,
                                   .local_bytes = 16.0 * 1000.0};
    const double issued = 128.0 * 1000.0 / 64.0, moved = 4.0 * 4.0 * 1000.0;
    const struct group_needs two = {128, 250, 1 << 10, 0}; /* of a scheduler */
    assert_near(orl_core_clocks(&two, &work, 2 * 108, &d),
                2 * (moved + 0.65 / 4.0 * issued));
    const struct group_needs four = {128, 128, 1 << 10, 0};
    assert_near(orl_core_clocks(&four, &work, 4 * 108, &d),
                4 * (moved + 0.65 / 16.0 * issued));
    /* 6 warps would take a turn of 3 clocks, as long as these. */
    assert_near(orl_core_clocks(&two, &work, 1, &d),
                moved + 0.65 / 2.25 * 1.5 * issued);
}
END_TEST

START_TEST(part_of_a_wave_costs_a_whole_one)
{
    const struct device d = given_gen9();
    const struct group_needs whole = {32, 100, 0, 0}, part = {17, 100, 0, 0};
    assert_near(clocks(&part, 1000, 1e5, &d), clocks(&whole, 1000, 1e5, &d));
}
END_TEST

START_TEST(registers_in_memory_cost_time)
{
    const struct device d = given_gen9();
    const struct group_needs fits = {32, 128, 0, 0}, spills = {32, 192, 0, 0};
    assert_near(clocks(&spills, 1000, 3e6, &d),
                1.5 * clocks(&fits, 1000, 3e6, &d));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("occupancy");
    tcase_add_test(tc, execution_units_of_intel_are_counted_together);
    tcase_add_test(tc, registers_and_local_memory_limit_the_groups_of_a_core);
    tcase_add_test(tc, a_group_has_what_is_known_of_its_limits);
    tcase_add_test(tc, local_memory_is_given_out_in_sizes);
    tcase_add_test(tc, narrow_sub_groups_are_more_waves);
    tcase_add_test(tc, waves_of_64_leave_half_of_the_registers_to_another);
    tcase_add_test(tc, too_few_waves_make_each_group_wait);
    tcase_add_test(tc, few_groups_take_as_long_as_those_that_fill_a_core);
    tcase_add_test(tc, a_core_that_holds_too_few_waves_waits);
    tcase_add_test(tc, local_memory_takes_its_time);
    tcase_add_test(tc, warps_overlap_arithmetic_and_local_memory);
    tcase_add_test(tc, part_of_a_wave_costs_a_whole_one);
    tcase_add_test(tc, registers_in_memory_cost_time);
    return suite_run(tc, "plan/occupancy");
}
