/* test_cost.c: rates of devices and needs of problems. */
#include "plan/cost.h"

#include "given.h"
#include "suite.h"

#include <math.h>

static void assert_near(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-9 * expected, "%g, not %g",
                  value, expected);
}

START_TEST(a_core_does_two_multiply_adds_of_a_vector_per_clock_or_one_of_16)
{
    struct device d = given_cpu();
    assert_near(orl_cost_peak_flops(&d), 4 * 3e9 * 8 * 4);
    d.vector_floats = 4;
    assert_near(orl_cost_peak_flops(&d), 4 * 3e9 * 4 * 4);
    d.vector_floats = 16;
    assert_near(orl_cost_peak_flops(&d), 4 * 3e9 * 16 * 2);
}
END_TEST

START_TEST(a_clock_that_no_device_runs_at_is_not_believed)
{
    struct device d = given_cpu();
    d.clock_mhz = 0;
    const double unknown = orl_cost_peak_flops(&d);
    d.clock_mhz = 1;
    assert_near(orl_cost_peak_flops(&d), unknown);
    d.clock_mhz = 95;
    assert_near(orl_cost_peak_flops(&d), unknown);
}
END_TEST

START_TEST(nothing_known_is_still_a_rate)
{
    for (int kind = DEVICE_CPU; kind <= DEVICE_ACCELERATOR; kind++) {
        const struct device d = given_device((enum device_kind)kind);
        ck_assert(orl_cost_peak_flops(&d) > 1e9);
        ck_assert(orl_cost_bandwidth(&d) > 1e9);
    }
}
END_TEST

START_TEST(memory_of_its_own_is_faster_than_the_hosts)
{
    struct device d = given_device(DEVICE_GPU);
    const double own = orl_cost_bandwidth(&d);
    d.unified_memory = 1;
    ck_assert(orl_cost_bandwidth(&d) < own);
}
END_TEST

/* Each line with bytes worked out by hand. */
static const struct {
    const char *text;
    double bytes;
} moved[] = {
    /* q and out 4 rows of 64 floats; k and v all 6 rows */
    {"h1 q4 k6 d64 winf,inf", 2 * 4 * 64 * 4 + 2 * 6 * 64 * 4},
    /* the window leaves rows 2 to 5 of k and v */
    {"h1 q3 k6 d64 w1,0", 2 * 3 * 64 * 4 + 2 * 4 * 64 * 4},
    /* two heads of q share one of k and v */
    {"h2/1 q4 k6 d64 winf,inf", 2 * 2 * 4 * 64 * 4 + 2 * 6 * 64 * 4},
    {"b3 h2/1 q4 k6 d64 winf,inf", 3 * (2 * 2 * 4 * 64 * 4 + 2 * 6 * 64 * 4)},
    /* each tensor in its own type and width */
    {"h1 q4 k6 d8 v24 winf,inf f32 kf16 vbf16 of16",
     4 * 8 * 4 + 4 * 24 * 2 + 6 * 8 * 2 + 6 * 24 * 2},
    /* nobody sees a key */
    {"h1 q4 k4 d64 w-9,9 start", 2 * 4 * 64 * 4},
};

START_TEST(bytes_are_each_visible_row_once)
{
    const struct problem p = given_problem(moved[_i].text);
    assert_near(orl_cost_bytes(&p), moved[_i].bytes);
}
END_TEST

START_TEST(idle_units_are_paid_for)
{
    const struct device d = given_cpu(); /* 4 units */
    assert_near(orl_cost_idle(1, &d), 4.0);
    assert_near(orl_cost_idle(4, &d), 1.0);
    assert_near(orl_cost_idle(5, &d), 8.0 / 5.0);
    assert_near(orl_cost_idle(8, &d), 1.0);
    assert_near(orl_cost_idle(4e18, &d), 1.0);
    const struct device unknown = given_device(DEVICE_CPU);
    assert_near(orl_cost_idle(7, &unknown), 1.0);
}
END_TEST

/* 4 of 16 read as fast as all do, and 12 of 64. */
START_TEST(idle_units_read_nothing_that_others_could_not)
{
    struct device d = given_cpu();
    d.compute_units = 16;
    assert_near(orl_cost_idle_readers(1, &d), 4.0);
    assert_near(orl_cost_idle_readers(4, &d), 1.0);
    assert_near(orl_cost_idle_readers(6, &d), 1.0);
    assert_near(orl_cost_idle_readers(17, &d), (16.0 + 4.0) / 17.0);
    d.compute_units = 64;
    assert_near(orl_cost_idle_readers(8, &d), 12.0 / 8.0);
    assert_near(orl_cost_idle_readers(64, &d), 1.0);
    d.compute_units = 2;
    assert_near(orl_cost_idle_readers(1, &d), 2.0);
    assert_near(orl_cost_idle_readers(3, &d), 4.0 / 3.0);
}
END_TEST

/* A core of Intel's is several compute units. */
START_TEST(a_gpu_is_as_fast_as_its_cores)
{
    struct device d = given_device(DEVICE_GPU);
    d.compute_units = 448;
    d.clock_mhz = 2400;
    d.core_units = 16;
    d.core_lanes = 128;
    assert_near(orl_cost_peak_flops(&d), 28 * 128 * 2.4e9 * 2);
    assert_near(orl_cost_bandwidth(&d), 0.04 * 28 * 128 * 2.4e9 * 2);
    assert_near(orl_cost_idle(7, &d), 4.0);
    assert_near(orl_cost_idle(28, &d), 1.0);
}
END_TEST

START_TEST(launches_and_groups_cost_time)
{
    const struct device d = given_cpu();
    const double base = orl_cost_launched(1e-3, 1, 1, &d);
    ck_assert(base > 1e-3);
    ck_assert(orl_cost_launched(1e-3, 2, 1, &d) > base + 1e-6);
    ck_assert(orl_cost_launched(1e-3, 1, 1e6, &d) > base + 1e-3);
    const struct device gpu = given_device(DEVICE_GPU);
    ck_assert(orl_cost_launched(1e-3, 1, 1, &gpu) < base);
    assert_near(orl_cost_launched(1e-3, 2, 1e6, &gpu), 1e-3 + 8e-6);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("cost");
    tcase_add_test(
        tc, a_core_does_two_multiply_adds_of_a_vector_per_clock_or_one_of_16);
    tcase_add_test(tc, a_clock_that_no_device_runs_at_is_not_believed);
    tcase_add_test(tc, nothing_known_is_still_a_rate);
    tcase_add_test(tc, memory_of_its_own_is_faster_than_the_hosts);
    tcase_add_loop_test(tc, bytes_are_each_visible_row_once, 0,
                        (int)(sizeof moved / sizeof *moved));
    tcase_add_test(tc, idle_units_are_paid_for);
    tcase_add_test(tc, idle_units_read_nothing_that_others_could_not);
    tcase_add_test(tc, a_gpu_is_as_fast_as_its_cores);
    tcase_add_test(tc, launches_and_groups_cost_time);
    return suite_run(tc, "plan/cost");
}
