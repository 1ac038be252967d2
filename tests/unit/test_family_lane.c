/* test_family_lane.c: the family for CPUs. */
#include "base/arith.h"
#include "given_plan.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct family *const lane = &orl_family_lane;

static int32_t word(const struct plan *plan, const char *define)
{
    return orl_plan_word(plan, define);
}

static struct plan_list plans(const struct problem *p, const struct device *d)
{
    return given_plans(lane, p, d);
}

static struct plan cheapest(const struct problem *p, const struct device *d)
{
    const struct plan_list list = plans(p, d);
    int best = 0;
    for (int i = 1; i < list.count; i++)
        if (lane->cost(&list.plan[i], p, d) <
            lane->cost(&list.plan[best], p, d))
            best = i;
    return list.plan[best];
}

/* ---- Where it is refused ------------------------------------------------ */

static const char *rejection(const char *problem, const struct device *d)
{
    return given_rejection(lane, problem, d);
}

START_TEST(a_gpu_is_refused)
{
    const struct device d = given_device(DEVICE_GPU);
    ck_assert_ptr_nonnull(strstr(rejection("h1 q4 d8 w1,0", &d), "GPU"));
}
END_TEST

START_TEST(vectors_must_hold_four_floats_as_far_as_is_known)
{
    struct device d = given_cpu();
    for (d.vector_floats = 0; d.vector_floats <= 16; d.vector_floats++)
        ck_assert_int_eq(rejection("h1 q4 d8 w1,0", &d)[0] != 0,
                         d.vector_floats > 0 && d.vector_floats < 4);
}
END_TEST

START_TEST(a_limit_of_loops_is_refused)
{
    struct device d = given_cpu();
    d.loop_limit = 65535;
    ck_assert_ptr_nonnull(strstr(rejection("h1 q4 d8 w1,0", &d), "loop"));
}
END_TEST

START_TEST(channels_must_lie_side_by_side)
{
    static const char *const apart[] = {
        "h1 q4 d8 w1,0 qs:99,99,16,2",
        "h1 q4 d8 w1,0 ks:99,99,1,4",
        "h1 q4 d8 w1,0 vs:99,99,16,2",
        "h1 q4 d8 w1,0 os:99,99,1,4",
    };
    const struct device d = given_cpu();
    for (int n = 0; n < 4; n++)
        ck_assert_ptr_nonnull(strstr(rejection(apart[n], &d), "stride"));
    ck_assert_str_eq(rejection("h1 q4 d1 w1,0 qs:99,99,16,2", &d), "");
}
END_TEST

START_TEST(its_own_failed_self_test_is_the_reason)
{
    struct device d = given_cpu();
    d.quarantine = 1 << orl_family_number(lane);
    ck_assert_ptr_nonnull(strstr(rejection("h1 q4 d8 w1,0", &d), "self-test"));
}
END_TEST

/* ---- What it offers ----------------------------------------------------- */

START_TEST(lanes_follow_the_vectors_of_the_device)
{
    static const int32_t lanes[][2] = {{0, 4}, {4, 4},   {7, 4},
                                       {8, 8}, {16, 16}, {32, 16}};
    const struct problem p = given_problem("h1 q400 d64 w63,64");
    for (int n = 0; n < 6; n++) {
        struct device d = given_cpu();
        d.vector_floats = lanes[n][0];
        const struct plan_list list = plans(&p, &d);
        ck_assert_int_eq(word(&list.plan[0], "LANES"), lanes[n][1]);
    }
}
END_TEST

START_TEST(every_candidate_is_one_the_kernel_takes)
{
    uint64_t state = 11;
    int offered = 0;
    for (int n = 0; n < 20000; n++) {
        const struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        if (lane->rejects(&p, &d))
            continue;
        const struct plan_list list = plans(&p, &d);
        ck_assert_int_gt(list.count, 0);
        for (int i = 0; i < list.count; i++) {
            const char *reason = lane->objects(&list.plan[i], &p, &d);
            ck_assert_msg(reason == NULL, "%s", reason);
            offered++;
        }
    }
    ck_assert_int_gt(offered, 10000);
}
END_TEST

START_TEST(one_that_does_not_fit_has_others_behind_it)
{
    const struct device d = given_cpu();
    const struct problem p = given_problem("h8 q4096 d64 w64,64");
    const struct plan_list list = plans(&p, &d);
    bool once = false, tiled = false, narrower = false;
    for (int n = 0; n < list.count; n++) {
        once |= word(&list.plan[n], "ONCE") == 1;
        tiled |= word(&list.plan[n], "ONCE") == 0;
        narrower |= word(&list.plan[n], "LANES") == 4;
        for (int i = 0; i < n; i++)
            ck_assert(!orl_plan_equal(&list.plan[i], &list.plan[n]));
    }
    ck_assert(once && tiled && narrower);
}
END_TEST

START_TEST(nothing_is_asked_ahead_of_a_compiler_that_cannot)
{
    struct device d = given_cpu();
    const struct problem p = given_problem("h8 q4096 d64 w64,64");
    ck_assert_int_eq(word(&plans(&p, &d).plan[0], "LOOK_AHEAD"), 1);
    d.prefetch = 0;
    const struct plan_list list = plans(&p, &d);
    for (int n = 0; n < list.count; n++)
        ck_assert_int_eq(word(&list.plan[n], "LOOK_AHEAD"), 0);
}
END_TEST

/* A window that moves a little must not compile another program. */
START_TEST(windows_share_a_few_sizes_of_tiles)
{
    const struct device d = given_cpu();
    int32_t last = 0;
    int sizes = 0;
    for (int left = 0; left < 250; left++) {
        char text[64];
        snprintf(text, sizeof text, "h1 q4096 d64 w%d,0", left);
        const struct problem p = given_problem(text);
        const struct plan plan = plans(&p, &d).plan[0];
        ck_assert_int_eq(word(&plan, "ONCE"), 1);
        sizes += word(&plan, "KEY_TILE") != last;
        last = word(&plan, "KEY_TILE");
    }
    ck_assert_int_le(sizes, 5);
}
END_TEST

/* Keys and values of far windows outgrow the caches of a core. */
START_TEST(far_windows_take_larger_blocks)
{
    static const struct {
        const char *problem;
        int32_t queries;
    } cases[] = {
        {"h8 q4096 d64 w511,511", 24}, {"h8 q4096 d64 w512,511", 96},
        {"h8 q4096 d64 winf,0", 96},   {"h8 q4096 k1023 d64 winf,inf", 24},
        {"h8 q4096 d512 winf,0", 24},
    };
    const struct device d = given_cpu();
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct problem p = given_problem(cases[n].problem);
        const struct plan best = cheapest(&p, &d);
        ck_assert_int_eq(word(&best, "QUERY_TILE"), cases[n].queries);
    }
}
END_TEST

/* Heads that share keys read them once, as long as blocks are enough. */
START_TEST(heads_of_a_group_share_a_block)
{
    static const struct {
        const char *problem;
        int32_t heads, queries;
    } cases[] = {
        {"h8 q4096 d64 w64,64 f16", 1, 144},
        {"h11/1 q4096 d64 w64,64 f16", 1, 144},
        {"h8/2 q4096 d64 w64,64 f16", 4, 72},
        {"h8/4 q4096 d64 w64,64 f16", 2, 144},
        {"h8/1 q4096 d64 w64,64 f16", 8, 24},
        {"h10/2 q4096 d128 w64,64 f16", 5, 24},
        {"h12/1 q4096 d128 w64,64 f16", 6, 24},
        {"h8/2 q4096 d256 w511,0 f16", 4, 48},
        {"h8/2 q4096 d256 w511,0", 4, 24},
    };
    const struct device d = given_cpu();
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct problem p = given_problem(cases[n].problem);
        const struct plan best = cheapest(&p, &d);
        ck_assert_int_eq(word(&best, "HEAD_TILE"), cases[n].heads);
        ck_assert_int_eq(word(&best, "QUERY_TILE"), cases[n].queries);
    }
}
END_TEST

/* ---- What it objects to ------------------------------------------------- */

static const struct {
    const char *plan, *problem, *said; /* NULL: no objection */
} rules[] = {
    {"lane x8 h1 q24 k192 qk4x3 pv6x2 ahead", "h1 q99 d64 w9,0", NULL},
    {"lane x5 h1 q15 k192 qk4x3 pv5x2", "h1 q99 d64 w9,0", "x must be"},
    {"lane x12 h1 q36 k192 qk4x3 pv6x2", "h1 q99 d64 w9,0", "x must be"},
    {"lane x8 h3 q24 k192 qk4x3 pv6x2", "h9/3 q99 d64 w9,0", NULL},
    {"lane x8 h2 q24 k192 qk4x3 pv6x2", "h9/3 q99 d64 w9,0", "h must divide"},
    {"lane x8 h9 q24 k192 qk4x3 pv6x2", "h9/3 q99 d64 w9,0", "h must divide"},
    {"lane x8 h1 q25 k192 qk4x3 pv6x2", "h1 q99 d64 w9,0",
     "q must be a multiple"},
    {"lane x8 h1 q16 k192 qk4x3 pv6x2", "h1 q99 d64 w9,0",
     "q must be a multiple"},
    {"lane x8 h1 q24 k192 qk4x3 pv5x2", "h1 q99 d64 w9,0", "must divide"},
    {"lane x8 h1 q48 k192 qk4x3 pv16x2", "h1 q99 d64 w9,0", "must divide"},
    {"lane x8 h1 q24 k192 qk4x3 pv6x2", "h1 q99 d64 v15 w9,0",
     "values of a row"},
    {"lane x8 h1 q24 k192 qk4x3 pv6x2", "h1 q99 d64 v16 w9,0", NULL},
    {"lane x8 h1 q24 k192 qk4x3 pv6x1", "h1 q99 d64 v1 w9,0", NULL},
    {"lane x8 h1 q24 k192 qk6x3 pv6x2", "h1 q99 d64 w9,0", "more than 16"},
    {"lane x8 h1 q24 k192 qk5x3 pv6x2", "h1 q99 d64 w9,0", NULL},
    {"lane x8 h1 q24 k192 qk4x3 pv12x3", "h1 q99 d64 w9,0", "more than 32"},
    {"lane x8 h1 q24 k33 qk4x3 pv6x2 once", "h1 q99 d64 w9,0", NULL},
    {"lane x8 h1 q24 k32 qk4x3 pv6x2 once", "h1 q99 d64 w9,0", "once needs"},
    {"lane x8 h1 q24 k32 qk4x3 pv6x2", "h1 q99 d64 w9,0", NULL},
    {"lane x8 h1 q24 k24 qk4x3 pv6x2 once", "h1 q99 d64 w-9,9", NULL},
    {"lane x8 h1 q24 k23 qk4x3 pv6x2 once", "h1 q99 d64 w-9,9", "once needs"},
    {"lane x8 h1 q24 k4096 qk4x3 pv6x2 once", "h1 q9 d64 winf,0", "once needs"},
    {"lane x8 h1 q24 k4096 qk4x3 pv6x2 once", "h1 q9 d64 w0,inf", "once needs"},
    {"lane x8 h1 q24 k192 qk4x3 pv6x2 once", "h1 q9 k9 d64 w200,0",
     "once needs"},
    {"lane x8 h1 q24 k1540 qk4x3 pv6x2", "h1 q99 d64 w9,0 f16", NULL},
    {"lane x8 h1 q24 k1541 qk4x3 pv6x2", "h1 q99 d64 w9,0 f16", "1 MB"},
    {"lane x16 h1 q1024 k4096 qk8x2 pv8x2", "h1 q99 d512 w9,0 f16", "1 MB"},
};

START_TEST(rules_of_the_kernel_hold_for_forced_plans)
{
    const char *reason = given_objection(rules[_i].plan, rules[_i].problem);
    if (!rules[_i].said)
        ck_assert_msg(!reason, "%s: %s", rules[_i].plan, reason);
    else
        ck_assert_msg(reason && strstr(reason, rules[_i].said), "%s: %s",
                      rules[_i].plan, reason ? reason : "no objection");
}
END_TEST

START_TEST(looking_ahead_needs_the_builtin)
{
    struct device d = given_cpu();
    d.prefetch = 0;
    const struct problem p = given_problem("h1 q99 d64 w9,0");
    const struct plan plan =
        given_plan("lane x8 h1 q24 k192 qk4x3 pv6x2 ahead", &p);
    ck_assert_ptr_nonnull(strstr(lane->objects(&plan, &p, &d), "ahead"));
}
END_TEST

/* Where once is allowed, the keys of every block, wherever it begins, lie in
 * the one tile that begins at the first key of its first query. */
START_TEST(once_holds_every_key_of_a_block)
{
    const struct device d = given_cpu();
    for (int left = -12; left <= 12; left++)
        for (int right = -left; right <= 12; right++)
            for (int tile = 8; tile <= 40; tile++) {
                char line[64];
                snprintf(line, sizeof line, "h1 q64 d64 w%d,%d", left, right);
                const struct problem p = given_problem(line);
                struct plan plan =
                    given_plan("lane x8 h1 q8 k8 qk8x1 pv4x2 once", &p);
                plan.word[3] = tile;
                const bool allowed = !lane->objects(&plan, &p, &d);

                int64_t last = 0;
                for (int i = 0; i < 8; i++)
                    for (int j = -40; j <= 40; j++)
                        if (j - i >= -left && j - i <= right)
                            last = orl_max(last, j + left);
                ck_assert_msg(allowed == (last < tile), "%s k%d", line, tile);
            }
}
END_TEST

/* ---- Launching ---------------------------------------------------------- */

START_TEST(blocks_cover_the_queries_wherever_they_begin)
{
    const struct problem p = given_problem("h2 q500 d64 w9,0");
    const struct plan plan = given_plan("lane x8 h1 q24 k192 qk4x3 pv6x2", &p);
    for (int64_t queries = 1; queries < 200; queries++) {
        const struct extent e = {3, 2, queries, queries, 10};
        struct launch_list l = {0};
        lane->launches(&plan, &e, &l);
        const struct launch *one = &l.launch[0];
        ck_assert_int_eq(l.count, 1);
        ck_assert_int_eq(one->passes, 1);
        ck_assert_int_eq(one->local[0] * one->local[1] * one->local[2], 1);
        ck_assert_int_eq(one->groups[1], 2);
        ck_assert_int_eq(one->groups[2], 3);

        int64_t needed = 0; /* for the worst position of row 0 */
        for (int64_t position = 0; position < 24; position++)
            needed = orl_max(needed, (position + queries - 1) / 24 + 1);
        ck_assert_int_eq(one->groups[0], needed);
        ck_assert_int_eq(lane->workspace(&plan, &e), 0);
    }
}
END_TEST

START_TEST(heads_of_a_block_are_launched_once)
{
    const struct problem p = given_problem("h12/2 q500 d64 w9,0");
    const struct plan plan = given_plan("lane x8 h3 q24 k192 qk4x3 pv6x2", &p);
    const struct extent e = {1, 12, 500, 500, 10};
    struct launch_list l = {0};
    lane->launches(&plan, &e, &l);
    ck_assert_int_eq(l.launch[0].groups[1], 4);
}
END_TEST

START_TEST(spills_and_missing_local_memory_are_unfit)
{
    struct device d = given_cpu();
    d.local_bytes = 1000;
    const struct problem p = given_problem("h2 q500 d64 w9,0");
    const struct plan plan = plans(&p, &d).plan[0];
    const struct built unknown = {0}, good = {1, 1000, 50000, 0};
    const struct built spilled = {1, 0, 0, 4}, large = {1, 1001, 0, 0};
    ck_assert_ptr_null(lane->unfit(&plan, &unknown, &d));
    ck_assert_ptr_null(lane->unfit(&plan, &good, &d));
    ck_assert_ptr_nonnull(lane->unfit(&plan, &spilled, &d));
    ck_assert_ptr_nonnull(lane->unfit(&plan, &large, &d));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("family_lane");
    tcase_add_test(tc, a_gpu_is_refused);
    tcase_add_test(tc, vectors_must_hold_four_floats_as_far_as_is_known);
    tcase_add_test(tc, a_limit_of_loops_is_refused);
    tcase_add_test(tc, channels_must_lie_side_by_side);
    tcase_add_test(tc, its_own_failed_self_test_is_the_reason);
    tcase_add_test(tc, lanes_follow_the_vectors_of_the_device);
    tcase_add_test(tc, every_candidate_is_one_the_kernel_takes);
    tcase_add_test(tc, one_that_does_not_fit_has_others_behind_it);
    tcase_add_test(tc, nothing_is_asked_ahead_of_a_compiler_that_cannot);
    tcase_add_test(tc, windows_share_a_few_sizes_of_tiles);
    tcase_add_test(tc, far_windows_take_larger_blocks);
    tcase_add_test(tc, heads_of_a_group_share_a_block);
    tcase_add_loop_test(tc, rules_of_the_kernel_hold_for_forced_plans, 0,
                        (int)(sizeof rules / sizeof *rules));
    tcase_add_test(tc, looking_ahead_needs_the_builtin);
    tcase_add_test(tc, once_holds_every_key_of_a_block);
    tcase_add_test(tc, blocks_cover_the_queries_wherever_they_begin);
    tcase_add_test(tc, heads_of_a_block_are_launched_once);
    tcase_add_test(tc, spills_and_missing_local_memory_are_unfit);
    return suite_run(tc, "plan/family_lane");
}
