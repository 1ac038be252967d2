/* test_measured.c: what costs say, beside what one GPU took. */
#include "plan/family_list.h"
#include "plan/plan_text.h"
#include "plan/planner.h"

#include "given.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* "oriel devices" there. */
static struct device given_h200(void)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.name, "NVIDIA H200");
    strcpy(d.vendor, "NVIDIA Corporation");
    d.compute_units = 132;
    d.clock_mhz = 1980;
    d.group_limit = d.axis_limit = 1024;
    d.local_bytes = 48 << 10;
    d.local_dedicated = 1;
    d.cache_line_bytes = 128;
    d.core_units = 1;
    d.core_lanes = 128;
    d.core_registers = 65536;
    d.core_local_bytes = 228 << 10;
    d.core_local_rate = 128;
    d.item_registers = 255;
    d.wave_items = 32;
    return d;
}

/* Microseconds of one launch after another, the median; driver 580.159.04. The
 * best plan of each problem comes first. All plans are "aligned", but row. */
static const struct timing {
    const char *plan;
    double us;
} timings[][20] = {
    {{"h8 q8192 d64 w64,64", 0},
     {"tile q32 k32 own4x4 chunk32x32 sums4 pack1", 117.8},
     {"tile q64 k32 own8x4 chunk32x32 sums4 pack1", 120.4},
     {"tile q64 k64 own8x4 chunk32x64 sums4 pack1", 129.8},
     {"tile q32 k64 own4x4 chunk64x64 sums4 pack1", 130.6},
     {"tile q32 k64 own8x4 chunk32x64 sums4 pack1", 136.4},
     {"tile q32 k32 own2x4 chunk32x32 sums4 pack1", 138.1},
     {"tile q48 k32 own6x4 chunk32x32 sums4 pack1", 138.5},
     {"row g64 k0", 4384.5},
     {NULL, 0}},
    {{"h8 q8192 d64 w1024,0", 0},
     {"tile q64 k32 own8x4 chunk32x32 sums4 pack1", 605.5},
     {"tile q64 k64 own8x4 chunk32x64 sums4 pack1", 632.8},
     {"tile q64 k64 own4x8 chunk32x64 sums4 pack1", 650.9},
     {"tile q64 k128 own8x8 chunk32x32 sums4 pack1", 651.3},
     {"tile q48 k64 own6x8 chunk32x64 sums4 pack1", 662.6},
     {"tile q32 k64 own8x4 chunk32x64 sums4 pack1", 667.5},
     {"tile q32 k64 own4x8 chunk32x64 sums4 pack1", 667.9},
     {"tile q64 k64 own4x4 chunk32x64 sums4 pack1", 672.9},
     {"tile q32 k128 own8x8 chunk32x32 sums4 pack1", 679.5},
     {"tile q32 k64 own4x4 chunk32x32 sums4 pack1", 681.9},
     {"tile q48 k64 own6x8 chunk32x32 sums4 pack1", 687.1},
     {"tile q48 k32 own6x4 chunk32x32 sums4 pack1", 700.4},
     {"tile q32 k32 own4x4 chunk32x32 sums4 pack1", 702.8},
     {"tile q32 k32 own2x4 chunk32x32 sums4 pack1", 829.6},
     {"row g64 k0", 34748.8},
     {NULL, 0}},
    {{"h8/2 q8192 d256 w511,0", 0},
     {"tile q32 k128 own8x4 chunk32x8 sums4 pack1", 1523.7},
     {"tile q32 k64 own4x4 chunk32x8 sums4 pack1", 1575.3},
     {"tile q24 k64 own3x4 chunk32x8 sums4 pack1", 1595.4},
     {"tile q24 k128 own6x4 chunk32x8 sums4 pack1", 1658.4},
     {"tile q48 k64 own3x4 chunk32x8 sums4 pack1", 1832.7},
     {"tile q48 k64 own3x4 chunk32x8 sums4 pack4", 1904.4},
     {"tile q16 k32 own1x2 chunk32x8 sums4 pack1", 3373.7},
     {"row g64 k0", 69632.2},
     {NULL, 0}},
    {{"h16/4 q8192 d128 w1023,0", 0},
     {"tile q48 k64 own6x4 chunk32x32 sums4 pack1", 2407.4},
     {"tile q64 k64 own4x8 chunk32x16 sums4 pack4", 2438.2},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack1", 2454.4},
     {"tile q32 k64 own4x8 chunk32x32 sums4 pack1", 2456.3},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack4", 2472.5},
     {"tile q24 k64 own6x4 chunk32x16 sums4 pack1", 2523.9},
     {"tile q40 k128 own5x8 chunk32x16 sums4 pack1", 2568.6},
     {"tile q24 k128 own6x8 chunk32x16 sums4 pack1", 2597.5},
     {"tile q64 k32 own4x4 chunk32x32 sums4 pack4", 2607.3},
     {"tile q32 k64 own4x4 chunk32x16 sums4 pack4", 2631.1},
     {"tile q64 k64 own4x4 chunk32x16 sums4 pack4", 3121.1},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack4", 3795.6},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack1", 3812.2},
     {"row g64 k0", 128816},
     {NULL, 0}},
    {{"h8 q8192 d32 w128,0", 0},
     {"tile q64 k64 own8x8 chunk32x64 sums4 pack1", 60.8},
     {"tile q32 k32 own4x4 chunk32x32 sums4 pack1", 60.9},
     {"tile q32 k32 own4x8 chunk32x32 sums4 pack1", 68.7},
     {"tile q16 k32 own4x4 chunk32x32 sums4 pack1", 76.6},
     {"tile q64 k32 own8x4 chunk32x32 sums4 pack1", 77.6},
     {"row g64 k0", 2257.5},
     {NULL, 0}},
    {{"h8 q8192 d96 w512,0", 0},
     {"tile q64 k64 own8x4 chunk32x32 sums2 pack1", 500.4},
     {"tile q32 k32 own4x4 chunk32x32 sums4 pack1", 528},
     {"tile q64 k32 own4x4 chunk32x32 sums4 pack1", 583.2},
     {"tile q32 k32 own2x4 chunk32x16 sums4 pack1", 670.2},
     {"row g64 k0", 26022.4},
     {NULL, 0}},
    {{"h8 q256 d64 w64,0", 0},
     {"tile q32 k32 own2x4 chunk32x32 sums4 pack1", 10.9},
     {"tile q64 k64 own8x4 chunk32x64 sums4 pack1", 17.1},
     {"tile q48 k32 own6x4 chunk32x32 sums4 pack1", 21.5},
     {"row g64 k0", 436.9},
     {NULL, 0}},
    {{"h32/8 q1 k8192 d128 w8191,0 f16", 0},
     {"segment h4 q1 g128 k128 chunk32 s256", 35.8},
     {"segment h4 q1 g128 k64 chunk64 s256", 38},
     {"segment h4 q1 g128 k128 chunk64 s256", 38.1},
     {"segment h4 q1 g64 k64 chunk32 s128", 41.9},
     {"segment h4 q1 g64 k64 chunk64 s128", 44.4},
     {"segment h4 q1 g64 k64 chunk32 s256", 44.8},
     {"segment h4 q1 g64 k64 chunk64 s256", 50.1},
     {"segment h4 q1 g32 k32 chunk32 s128", 51.1},
     {"segment h4 q1 g64 k64 chunk64 s64", 57.4},
     {"segment h4 q1 g64 k64 chunk32 s64", 58.1},
     {"segment h4 q1 g64 k64 chunk32 s512", 62.6},
     {"segment h4 q1 g64 k64 chunk64 s512", 74.9},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack1", 1351.5},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack4", 1463.9},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack1", 1537.2},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack4", 1693.9},
     {"row g64 k0", 16011.3},
     {NULL, 0}},
    {{"h32/32 q1 k4096 d128 w4095,0", 0},
     {"segment h1 q1 g128 k128 chunk32 s256", 54.5},
     {"segment h1 q1 g64 k64 chunk32 s128", 56.6},
     {"segment h1 q1 g64 k64 chunk32 s256", 57.9},
     {"segment h1 q1 g64 k64 chunk32 s64", 63.8},
     {"segment h1 q1 g64 k64 chunk32 s512", 67.3},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack1", 758},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack1", 894.6},
     {"row g64 k0", 12174},
     {NULL, 0}},
    {{"b8 h32/8 q1 k4096 d128 w1023,0", 0},
     {"segment h4 q1 g128 k128 chunk32 s128", 31.1},
     {"segment h4 q1 g64 k64 chunk32 s64", 33.2},
     {"segment h4 q1 g64 k64 chunk32 s128", 37.2},
     {"segment h4 q1 g64 k32 chunk32 s64", 37.3},
     {"segment h4 q1 g64 k64 chunk32 s256", 50},
     {"segment h4 q1 g64 k64 chunk32 s512", 72.9},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack4", 203.2},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack4", 237.1},
     {"tile q48 k64 own6x4 chunk32x16 sums4 pack1", 275.9},
     {"tile q32 k32 own2x2 chunk32x16 sums4 pack1", 297.1},
     {"row g64 k0", 3046.5},
     {NULL, 0}},
};
enum { PROBLEMS = sizeof timings / sizeof *timings };

static struct plan timed_plan(const char *words, const struct problem *p,
                              const struct device *d)
{
    char text[ORL_PLAN_TEXT];
    struct plan plan;
    snprintf(text, sizeof text, "%s%s", words,
             strncmp(words, "row", 3) == 0 ? "" : " aligned");
    ck_assert_msg(orl_planner_force(&plan, text, p, d) == ORIEL_OK, "%s: %s",
                  text, oriel_last_error()->message);
    return plan;
}

/* Alone or among many, narrow windows and wide ones: the same constants. */
START_TEST(costs_are_near_what_plans_took)
{
    const struct timing *t = timings[_i];
    const struct device d = given_h200();
    const struct problem p = given_problem(t->plan);
    for (int n = 1; t[n].plan; n++) {
        const struct plan plan = timed_plan(t[n].plan, &p, &d);
        const double ratio = plan.family->cost(&plan, &p, &d) * 1e6 / t[n].us;
        /* A family that only has to be right need not be as well known. */
        const double most = plan.family == &orl_family_row ? 2.0 : 1.4;
        ck_assert_msg(ratio < most && ratio > 1.0 / most, "%s, %s: %g",
                      t[0].plan, t[n].plan, ratio);
    }
}
END_TEST

/* A choice that is not in the table has not been timed. */
START_TEST(the_choice_takes_at_most_a_tenth_longer_than_the_best)
{
    const struct timing *t = timings[_i];
    const struct device d = given_h200();
    const struct problem p = given_problem(t->plan);
    static struct ranking r;
    orl_planner_rank(&r, &p, &d);
    char chosen[ORL_PLAN_TEXT];
    orl_plan_print(&r.at[0].plan, chosen, sizeof chosen);
    char *const aligned = strstr(chosen, " aligned");
    if (aligned)
        *aligned = 0;
    int n = 1;
    while (t[n].plan && strcmp(t[n].plan, chosen) != 0)
        n++;
    ck_assert_msg(t[n].plan != NULL, "%s: %s was not timed", t[0].plan, chosen);
    ck_assert_msg(t[n].us < 1.1 * t[1].us, "%s: %s takes %g us, %s %g",
                  t[0].plan, chosen, t[n].us, t[1].plan, t[1].us);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("measured");
    tcase_add_loop_test(tc, costs_are_near_what_plans_took, 0, PROBLEMS);
    tcase_add_loop_test(
        tc, the_choice_takes_at_most_a_tenth_longer_than_the_best, 0, PROBLEMS);
    return suite_run(tc, "plan: measured");
}
