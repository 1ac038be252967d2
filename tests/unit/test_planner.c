/* test_planner.c: the order of plans, and the reasons of those that lost. */
#include "plan/planner.h"

#include "given.h"
#include "plan/plan_text.h"
#include "suite.h"

#include <string.h>

static struct ranking rank(const char *problem, const struct device *d)
{
    const struct problem p = given_problem(problem);
    struct ranking r;
    orl_planner_rank(&r, &p, d);
    ck_assert_int_gt(r.count, 0);
    return r;
}

static const char *family(const struct ranking *r, int n)
{
    return r->at[n].plan.family->name;
}

/* ---- Choices ------------------------------------------------------------ */

START_TEST(many_queries_on_a_cpu_take_lanes)
{
    const struct device d = given_cpu();
    const struct ranking r = rank("h8 q4096 d64 w64,64", &d);
    ck_assert_str_eq(family(&r, 0), "lane");
    ck_assert_int_eq(orl_plan_word(&r.at[0].plan, "ONCE"), 1);
}
END_TEST

START_TEST(a_wide_window_takes_several_tiles)
{
    const struct device d = given_cpu();
    const struct ranking r = rank("h8 q4096 d64 w1023,0", &d);
    ck_assert_str_eq(family(&r, 0), "lane");
    ck_assert_int_eq(orl_plan_word(&r.at[0].plan, "ONCE"), 0);
}
END_TEST

/* Zen 2, PoCL 3.1: decode takes 0.55 to 0.65 times as long as row. */
START_TEST(one_query_at_a_time_takes_decode)
{
    const struct device d = given_cpu();
    const struct ranking grouped = rank("h8/2 q1 k4096 d128 w1023,0", &d);
    ck_assert_str_eq(family(&grouped, 0), "decode");
    const struct ranking alone = rank("h32 q1 k4096 d128 w4095,0", &d);
    ck_assert_str_eq(family(&alone, 0), "decode");
}
END_TEST

/* Zen 2, PoCL 3.1: decode takes half the time of lane. */
START_TEST(a_few_queries_share_what_they_read)
{
    const struct device d = given_cpu();
    const struct ranking r = rank("h8 q5 k2048 d64 winf,0", &d);
    ck_assert_str_eq(family(&r, 0), "decode");
    ck_assert_int_eq(orl_plan_word(&r.at[0].plan, "QUERY_TILE"), 5);
}
END_TEST

START_TEST(converted_tiles_serve_many_queries)
{
    const struct device d = given_cpu();
    const struct ranking plain = rank("h8 q4096 d64 w1023,0", &d);
    const struct ranking half = rank("h8 q4096 d64 w1023,0 f16", &d);
    ck_assert_int_gt(orl_plan_word(&half.at[0].plan, "QUERY_TILE"),
                     orl_plan_word(&plain.at[0].plan, "QUERY_TILE"));
}
END_TEST

START_TEST(more_cores_want_more_blocks)
{
    struct device d = given_cpu();
    d.compute_units = 1;
    const struct ranking one = rank("h1 q96 d64 w63,64", &d);
    d.compute_units = 12;
    const struct ranking many = rank("h1 q96 d64 w63,64", &d);
    ck_assert_int_lt(orl_plan_word(&many.at[0].plan, "QUERY_TILE"),
                     orl_plan_word(&one.at[0].plan, "QUERY_TILE"));
}
END_TEST

/* Why a family does not fit at all; "" if it does. */
static const char *reason(const struct ranking *r, const char *name)
{
    for (int n = 0; n < r->count; n++)
        if (!r->at[n].fits && strcmp(family(r, n), name) == 0)
            return r->at[n].reason;
    return "";
}

START_TEST(a_family_that_failed_gives_way)
{
    struct device d = given_cpu();
    d.quarantine = 1 << orl_family_number(orl_family_named("lane", 4));
    const struct ranking r = rank("h8 q4096 d64 w64,64", &d);
    ck_assert_str_eq(family(&r, 0), "row");
    ck_assert_str_eq(reason(&r, "lane"), "its self-test failed on this device");
}
END_TEST

/* ---- Reasons ------------------------------------------------------------ */

START_TEST(losers_say_both_times)
{
    const struct device d = given_cpu();
    const struct ranking r = rank("h8 q4096 d64 w64,64", &d);
    ck_assert_str_eq(r.at[0].reason, "");
    for (int n = 1; n < r.count && r.at[n].fits; n++)
        ck_assert_ptr_nonnull(strstr(r.at[n].reason, "s, the first takes "));
}
END_TEST

/* Three digits whatever the unit, and a point whatever the locale. */
START_TEST(times_are_readable)
{
    static const char *const problems[] = {
        "h1 q30 d8 w3,0", "h8 q4096 d64 w64,64", "h8 q40000 d64 w1023,0",
        "b30 h32 q1000000 d128 winf,0"};
    static const char *const units[] = {"us", "ms", "ms", "s"};
    const struct device d = given_cpu();
    for (int n = 0; n < 4; n++) {
        const struct ranking r = rank(problems[n], &d);
        const char *at = strstr(r.at[1].reason, "the first takes ");
        ck_assert_ptr_nonnull(at);
        const char *number = at + strlen("the first takes ");
        const size_t length = strspn(number, "0123456789.");
        const size_t digits = length - (memchr(number, '.', length) != NULL);
        ck_assert_msg(digits == 3 || n == 3, "%s", number);
        ck_assert_msg(strcmp(number + length + 1, units[n]) == 0, "%s", number);
    }
}
END_TEST

START_TEST(nothing_fits_a_device_without_a_compiler)
{
    struct device d = given_cpu();
    d.compiler = 0;
    const struct ranking r = rank("h8 q4096 d64 w64,64", &d);
    for (int n = 0; n < r.count; n++)
        ck_assert(!r.at[n].fits);
    ck_assert_int_eq(orl_planner_verdict(&r), ORIEL_E_UNSUPPORTED);
    ck_assert_ptr_nonnull(
        strstr(oriel_last_error()->message, "the device has no compiler"));
}
END_TEST

START_TEST(a_gpu_says_why_lanes_are_not_for_it)
{
    const struct device d = given_device(DEVICE_GPU);
    const struct ranking r = rank("h8 q4096 d64 w64,64", &d);
    ck_assert_int_eq(orl_planner_verdict(&r), ORIEL_OK);
    ck_assert_str_eq(family(&r, 0), "tile");
    ck_assert_ptr_nonnull(strstr(reason(&r, "lane"), "GPU"));
}
END_TEST

/* ---- Any device, any problem -------------------------------------------- */

static void assert_order(const struct ranking *r)
{
    for (int n = 1; n < r->count; n++) {
        ck_assert(r->at[n - 1].fits || !r->at[n].fits);
        if (r->at[n].fits)
            ck_assert(r->at[n - 1].seconds <= r->at[n].seconds);
        ck_assert_int_ne(r->at[n].reason[0], 0);
    }
}

static void assert_same(const struct ranking *a, const struct ranking *b)
{
    ck_assert_int_eq(a->count, b->count);
    for (int n = 0; n < a->count; n++) {
        ck_assert(orl_plan_equal(&a->at[n].plan, &b->at[n].plan));
        ck_assert_str_eq(a->at[n].reason, b->at[n].reason);
    }
}

START_TEST(every_ranking_keeps_the_rules)
{
    uint64_t state = 1000u + (unsigned)_i;
    for (int round = 0; round < 3000; round++) {
        const struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        struct ranking r, again;
        orl_planner_rank(&r, &p, &d);
        orl_planner_rank(&again, &p, &d);
        assert_order(&r);
        assert_same(&r, &again);

        bool row = false;
        for (int n = 0; n < r.count && r.at[n].fits; n++) {
            char line[ORL_PLAN_TEXT];
            struct plan back;
            ck_assert(r.at[n].seconds > 0.0 && r.at[n].seconds < 1e30);
            orl_plan_print(&r.at[n].plan, line, sizeof line);
            ck_assert_msg(orl_planner_force(&back, line, &p, &d) == ORIEL_OK,
                          "%s", oriel_last_error()->message);
            ck_assert_msg(orl_plan_equal(&back, &r.at[n].plan), "%s", line);
            row |= strcmp(family(&r, n), "row") == 0;
        }
        ck_assert(row);
        ck_assert_int_lt(r.count, ORL_RANKED); /* nothing was left out */
    }
}
END_TEST

/* ---- Forcing ------------------------------------------------------------ */

static oriel_status force(struct plan *out, const char *text,
                          const struct device *d)
{
    const struct problem p = given_problem("h8 q4096 d64 w64,64");
    return orl_planner_force(out, text, &p, d);
}

static void assert_said(const char *part)
{
    ck_assert_msg(strstr(oriel_last_error()->message, part) != NULL, "%s",
                  oriel_last_error()->message);
}

START_TEST(a_forced_plan_is_the_one_that_was_written)
{
    const struct device d = given_cpu();
    struct plan plan;
    ck_assert_int_eq(force(&plan, "row g16 k128", &d), ORIEL_OK);
    ck_assert_int_eq(orl_plan_word(&plan, "KEY_CHUNK"), 128);
    ck_assert_int_eq(plan.variant.head_dim, 64);
}
END_TEST

START_TEST(what_cannot_be_forced_leaves_a_sentence)
{
    struct device d = given_cpu();
    struct plan plan = {.word = {77}};
    ck_assert_int_eq(force(&plan, "row g16", &d), ORIEL_E_ARGUMENT);
    assert_said("lacks \"k\"");
    ck_assert_int_eq(force(&plan, "lane x8 h1 q25 k192 qk4x3 pv6x2", &d),
                     ORIEL_E_ARGUMENT);
    assert_said("lane x8 h1 q25 k192 qk4x3 pv6x2");
    assert_said("q must be a multiple");
    d.kind = DEVICE_GPU;
    ck_assert_int_eq(force(&plan, "lane x8 h1 q24 k192 qk4x3 pv6x2", &d),
                     ORIEL_E_UNSUPPORTED);
    assert_said("GPU");
    ck_assert_int_eq(plan.word[0], 77);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("planner");
    tcase_add_test(tc, many_queries_on_a_cpu_take_lanes);
    tcase_add_test(tc, a_wide_window_takes_several_tiles);
    tcase_add_test(tc, one_query_at_a_time_takes_decode);
    tcase_add_test(tc, a_few_queries_share_what_they_read);
    tcase_add_test(tc, converted_tiles_serve_many_queries);
    tcase_add_test(tc, more_cores_want_more_blocks);
    tcase_add_test(tc, a_family_that_failed_gives_way);
    tcase_add_test(tc, losers_say_both_times);
    tcase_add_test(tc, times_are_readable);
    tcase_add_test(tc, nothing_fits_a_device_without_a_compiler);
    tcase_add_test(tc, a_gpu_says_why_lanes_are_not_for_it);
    tcase_add_loop_test(tc, every_ranking_keeps_the_rules, 0, 4);
    tcase_add_test(tc, a_forced_plan_is_the_one_that_was_written);
    tcase_add_test(tc, what_cannot_be_forced_leaves_a_sentence);
    return suite_run(tc, "plan/planner");
}
