/* test_family_segment.c: the family for few queries on GPUs. */
#include "given_plan.h"
#include "plan/planner.h"
#include "suite.h"

#include "base/arith.h"

#include <stdio.h>
#include <string.h>

static const struct family *const segment = &orl_family_segment;

static int32_t word(const struct plan *plan, const char *define)
{
    return orl_plan_word(plan, define);
}

static struct device given_gpu(void)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.vendor, "NVIDIA Corporation");
    d.compute_units = 40;
    d.clock_mhz = 1500;
    d.group_limit = d.axis_limit = 1024;
    d.local_bytes = 48 << 10;
    d.local_dedicated = 1;
    return d;
}

/* The one that costs least. */
static struct plan best_plan(const char *text, const struct device *d)
{
    const struct problem p = given_problem(text);
    const struct plan_list list = given_plans(segment, &p, d);
    ck_assert_int_gt(list.count, 0);
    int best = 0;
    for (int n = 1; n < list.count; n++)
        if (segment->cost(&list.plan[n], &p, d) <
            segment->cost(&list.plan[best], &p, d))
            best = n;
    return list.plan[best];
}

/* ---- Where it is refused ------------------------------------------------ */

START_TEST(what_it_cannot_do_is_refused)
{
    const struct device gpu = given_gpu();
    struct device short_loops = gpu, ill = gpu, tiny = gpu, narrow = gpu;
    short_loops.loop_limit = 65535;
    ill.quarantine = 1 << orl_family_number(segment);
    tiny.local_bytes = 2048;
    narrow.group_limit = 32;
    const char *const good = "h8/2 q1 k99 d64 winf,0";
    const struct {
        const char *problem;
        const struct device *d;
        const char *said;
    } cases[] = {
        {good, &gpu, ""},
        {good, &short_loops, "loop"},
        {good, &ill, "self-test"},
        {good, &tiny, "local memory"},
        {good, &narrow, "groups"},
        {"h8/2 q64 k99 d64 winf,0", &gpu, ""},
        {"h8/2 q65 k99 d64 winf,0", &gpu, "64 queries"},
        {"h1 q4 d8 w1,0 ks:99,99,1,4", &gpu, "stride"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const char *reason =
            given_rejection(segment, cases[n].problem, cases[n].d);
        if (cases[n].said[0])
            ck_assert_msg(strstr(reason, cases[n].said) != NULL, "%s", reason);
        else
            ck_assert_str_eq(reason, "");
    }
}
END_TEST

/* ---- What it offers ----------------------------------------------------- */

START_TEST(every_candidate_is_one_the_kernel_takes)
{
    uint64_t state = 21;
    int offered = 0;
    for (int n = 0; n < 40000; n++) {
        struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        if (segment->rejects(&p, &d))
            continue;
        const struct plan_list list = given_plans(segment, &p, &d);
        ck_assert_int_gt(list.count, 0);
        for (int i = 0; i < list.count; i++) {
            const char *reason = segment->objects(&list.plan[i], &p, &d);
            ck_assert_msg(reason == NULL, "%s", reason);
            ck_assert_double_gt(segment->cost(&list.plan[i], &p, &d), 0.0);
            if (i > 0 && word(&list.plan[i], "CHANNEL_CHUNK") ==
                             word(&list.plan[i - 1], "CHANNEL_CHUNK"))
                ck_assert_int_gt(word(&list.plan[i], "SEGMENT"),
                                 word(&list.plan[i - 1], "SEGMENT"));
            else if (i > 0)
                ck_assert_int_lt(word(&list.plan[i], "CHANNEL_CHUNK"),
                                 word(&list.plan[i - 1], "CHANNEL_CHUNK"));
            offered++;
        }
    }
    ck_assert_int_gt(offered, 1000);
}
END_TEST

START_TEST(keys_are_read_once)
{
    const struct device d = given_gpu();
    for (int group = 1; group <= 16; group++)
        for (int queries = 1; queries <= 16; queries++) {
            char text[80];
            snprintf(text, sizeof text, "h%d/2 q%d k400 d64 winf,0", 2 * group,
                     queries);
            const struct plan plan = best_plan(text, &d);
            const int heads = word(&plan, "HEAD_TILE");
            ck_assert_int_eq(heads, group);
            const int tiles =
                (int)orl_ceil_div(queries, word(&plan, "QUERY_TILE"));
            ck_assert_int_le(heads * word(&plan, "QUERY_TILE"), 16);
            ck_assert_int_eq(tiles, orl_ceil_div(queries, 16 / group));
        }
}
END_TEST

START_TEST(few_groups_get_short_segments)
{
    const struct device d = given_gpu(); /* wants 120 groups */
    const struct {
        const char *problem;
        int32_t segment;
    } cases[] = {
        {"h8/2 q1 k1000 d64 winf,0", 64},
        {"h8/2 q1 k65536 d64 w999,0", 64}, /* of the window, not of the cache */
        /* Shorter ones would only leave more to add up. */
        {"b8 h32/8 q1 k4096 d64 winf,0", 128},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct plan plan = best_plan(cases[n].problem, &d);
        ck_assert_int_eq(word(&plan, "SEGMENT"), cases[n].segment);
    }
}
END_TEST

START_TEST(small_local_memory_gets_small_segments_and_chunks)
{
    struct device d = given_gpu();
    const struct problem p = given_problem("b8 h32/4 q2 k4096 d128 winf,0 f16");
    const struct plan_list large = given_plans(segment, &p, &d);
    ck_assert_int_eq(word(&large.plan[0], "CHANNEL_CHUNK"), 64);
    ck_assert_int_eq(word(&large.plan[2], "CHANNEL_CHUNK"), 64);
    ck_assert_int_eq(word(&large.plan[2], "SEGMENT"), 256);
    ck_assert_int_eq(word(&large.plan[large.count - 1], "CHANNEL_CHUNK"), 16);
    d.local_bytes = 18 << 10;
    const struct plan_list small = given_plans(segment, &p, &d);
    ck_assert_int_lt(small.count, large.count);
    ck_assert_int_eq(word(&small.plan[0], "SEGMENT"), 64);
    ck_assert_int_lt(word(&small.plan[0], "CHANNEL_CHUNK"), 64);
}
END_TEST

/* Of d 64 with 4 rows: queries and weights 2 KB, a tile of keys 9 KB of 32
 * channels or 5 of 16. A core of 32 KB and 4 schedulers wants 8 waves of groups
 * that have 2. */
START_TEST(waves_that_fit_a_core_decide_over_chunks)
{
    struct device d = given_gpu();
    d.core_units = 1;
    d.wave_items = 32;
    d.core_registers = 65536;
    d.item_registers = 255;
    const char *const problem = "b64 h4/1 q1 k4096 d64 winf,0";
    d.core_local_bytes = 128 << 10;
    const struct plan roomy = best_plan(problem, &d);
    ck_assert_int_eq(word(&roomy, "CHANNEL_CHUNK"), 32);
    d.core_local_bytes = 32 << 10;
    const struct plan tight = best_plan(problem, &d);
    ck_assert_int_eq(word(&tight, "CHANNEL_CHUNK"), 16);
}
END_TEST

/* 16 rows, 8 where a work-item has but 128 registers; and twice as many
 * work-items where waves have 64. */
START_TEST(registers_and_waves_shape_a_group)
{
    struct device d = given_gpu();
    const char *const problem = "b8 h16/1 q1 k4096 d128 winf,0";
    struct plan plan = best_plan(problem, &d);
    ck_assert_int_eq(word(&plan, "HEAD_TILE"), 16);
    ck_assert_int_eq(word(&plan, "GROUP"), 128);
    d.core_registers = 65536;
    d.item_registers = 256;
    d.wave_items = 64; /* half of 256, for a second wave */
    plan = best_plan(problem, &d);
    ck_assert_int_eq(word(&plan, "HEAD_TILE"), 8);
    ck_assert_int_eq(word(&plan, "GROUP"), 256);
    ck_assert_int_eq(word(&plan, "KEY_TILE"), 128);
}
END_TEST

/* ---- Where it is chosen ------------------------------------------------- */

static const char *chosen(const char *problem, const struct device *d)
{
    static struct ranking r;
    const struct problem p = given_problem(problem);
    orl_planner_rank(&r, &p, d);
    return r.at[0].plan.family->name;
}

START_TEST(gpus_take_it_for_few_queries_and_cpus_do_not)
{
    const struct device gpu = given_gpu(), cpu = given_cpu();
    for (int queries = 1; queries <= 16; queries *= 2)
        for (int group = 1; group <= 8; group *= 2) {
            char text[80];
            snprintf(text, sizeof text, "h8/%d q%d k4096 d128 winf,0 f16",
                     8 / group, queries);
            ck_assert_msg(!strcmp(chosen(text, &gpu), "segment"), "%s", text);
            ck_assert_str_ne(chosen(text, &cpu), "segment");
        }
    ck_assert_str_eq(chosen("h8 q4096 d64 w1023,0", &gpu), "tile");
    ck_assert_str_eq(chosen("h8 q64 k64 d64 winf,inf", &cpu), "lane");
}
END_TEST

/* ---- What it objects to ------------------------------------------------- */

static const struct {
    const char *plan, *problem, *said; /* NULL: no objection */
} rules[] = {
    {"segment h1 q1 g64 k64 chunk32 s64", "h1 q1 d64 w9,0", NULL},
    {"segment h2 q1 g64 k64 chunk32 s64", "h6/2 q1 d64 w9,0", "must divide"},
    {"segment h1 q9 g8 k8 chunk32 s64", "h1 q9 d16 w9,0", "nor g"},
    {"segment h2 q9 g64 k64 chunk32 s64", "h2/1 q9 d16 w9,0", "exceed 16"},
    {"segment h1 q1 g64 k48 chunk32 s96", "h1 q1 d64 w9,0", "multiples of k"},
    {"segment h1 q1 g64 k64 chunk32 s96", "h1 q1 d64 w9,0", "multiples of k"},
    {"segment h1 q1 g64 k64 chunk12 s64", "h1 q1 d64 w9,0", "of 8"},
    {"segment h1 q1 g8 k8 chunk72 s64", "h1 q1 d16 w9,0", "64 times g"},
    {"segment h1 q1 g64 k64 chunk32 s64", "h1 q1 d64 v260 w9,0", "quarter"},
    {"segment h1 q1 g64 k64 chunk32 s64 aligned", "h1 q1 d63 w9,0", "aligned"},
    {"segment h8 q2 g64 k64 chunk64 s4096", "h8/1 q2 d64 w9,0", "local memory"},
};

START_TEST(rules_of_the_kernel_hold_for_forced_plans)
{
    const struct problem p = given_problem(rules[_i].problem);
    struct device d = given_gpu();
    const struct plan plan = given_plan(rules[_i].plan, &p);
    const char *reason = segment->objects(&plan, &p, &d);
    const char *said = rules[_i].said;
    ck_assert_msg(said ? reason && strstr(reason, said) : !reason, "%s: %s",
                  rules[_i].plan, reason ? reason : "no objection");
}
END_TEST

/* ---- Launching ---------------------------------------------------------- */

static struct plan split_by_8(void)
{
    const struct problem p = given_problem("h2 q3 k99 d64 w9,0");
    return given_plan("segment h1 q3 g16 k8 chunk32 s8", &p);
}

/* Segments that the keys [begin, begin + count) touch on a grid of 8. */
static int64_t touched(int64_t begin, int64_t count)
{
    return (begin + count - 1) / 8 - begin / 8 + 1;
}

START_TEST(segments_cover_the_keys_wherever_they_lie)
{
    const struct plan plan = split_by_8();
    for (int64_t keys = 1; keys < 60; keys++)
        for (int64_t span = 1; span <= keys; span++) {
            const struct extent e = {1, 2, 3, keys, span};
            struct launch_list l = {0};
            int64_t most = 0; /* of the keys that 3 queries see */
            for (int64_t begin = 0; begin < 8; begin++)
                most = orl_max(most, touched(begin, orl_min(span + 2, keys)));
            segment->launches(&plan, &e, &l);
            ck_assert_int_eq(l.count, 2);
            ck_assert_int_eq(l.launch[0].segments, most);
            ck_assert_int_eq(l.launch[0].groups[0], most);
            ck_assert_int_eq(l.launch[0].local[0], 16);
            ck_assert_int_eq(l.launch[1].segments, most);
            ck_assert_int_eq(l.launch[1].groups[0], 3);
            ck_assert_int_eq(l.launch[1].local[0], 16);
            ck_assert_int_eq(segment->workspace(&plan, &e),
                             2 * 3 * most * 4 * (64 + 2));
        }
}
END_TEST

START_TEST(a_workspace_beyond_all_memory_is_no_small_number)
{
    const struct plan plan = split_by_8();
    const struct extent e = {1 << 30, 1 << 30, 64, 1 << 29, 1 << 29};
    ck_assert_int_eq(segment->workspace(&plan, &e), INT64_MAX);
}
END_TEST

START_TEST(spills_and_missing_local_memory_are_unfit)
{
    struct device d = given_gpu();
    d.local_bytes = 1000;
    const struct plan plan = split_by_8();
    const struct built unknown = {0}, good = {16, 1000, 200, 0};
    const struct built spilled = {16, 0, 0, 300}, stack = {16, 0, 300, 0};
    const struct built large = {16, 1001, 0, 0}, narrow = {15, 0, 0, 0};
    ck_assert_ptr_null(segment->unfit(&plan, &unknown, &d));
    ck_assert_ptr_null(segment->unfit(&plan, &good, &d));
    ck_assert_ptr_nonnull(segment->unfit(&plan, &spilled, &d));
    ck_assert_ptr_nonnull(segment->unfit(&plan, &stack, &d));
    ck_assert_ptr_nonnull(segment->unfit(&plan, &large, &d));
    ck_assert_ptr_nonnull(segment->unfit(&plan, &narrow, &d));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("family_segment");
    tcase_add_test(tc, what_it_cannot_do_is_refused);
    tcase_add_test(tc, every_candidate_is_one_the_kernel_takes);
    tcase_add_test(tc, keys_are_read_once);
    tcase_add_test(tc, few_groups_get_short_segments);
    tcase_add_test(tc, small_local_memory_gets_small_segments_and_chunks);
    tcase_add_test(tc, waves_that_fit_a_core_decide_over_chunks);
    tcase_add_test(tc, registers_and_waves_shape_a_group);
    tcase_add_test(tc, gpus_take_it_for_few_queries_and_cpus_do_not);
    tcase_add_loop_test(tc, rules_of_the_kernel_hold_for_forced_plans, 0,
                        (int)(sizeof rules / sizeof *rules));
    tcase_add_test(tc, segments_cover_the_keys_wherever_they_lie);
    tcase_add_test(tc, a_workspace_beyond_all_memory_is_no_small_number);
    tcase_add_test(tc, spills_and_missing_local_memory_are_unfit);
    return suite_run(tc, "plan/family_segment");
}
