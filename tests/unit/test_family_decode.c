/* test_family_decode.c: the family for few queries on CPUs. */
#include "base/arith.h"
#include "given_plan.h"
#include "suite.h"

#include <string.h>

static const struct family *const decode = &orl_family_decode;

static int32_t word(const struct plan *plan, const char *define)
{
    return orl_plan_word(plan, define);
}

static struct plan_list plans(const struct problem *p, const struct device *d)
{
    return given_plans(decode, p, d);
}

/* ---- Where it is refused ------------------------------------------------ */

static const char *rejection(const char *problem, const struct device *d)
{
    return given_rejection(decode, problem, d);
}

START_TEST(a_gpu_is_refused)
{
    const struct device d = given_device(DEVICE_GPU);
    ck_assert_ptr_nonnull(strstr(rejection("h1 q1 d8 w1,0", &d), "GPU"));
}
END_TEST

START_TEST(vectors_must_hold_four_floats_as_far_as_is_known)
{
    struct device d = given_cpu();
    for (d.vector_floats = 0; d.vector_floats <= 16; d.vector_floats++)
        ck_assert_int_eq(rejection("h1 q1 d8 w1,0", &d)[0] != 0,
                         d.vector_floats > 0 && d.vector_floats < 4);
}
END_TEST

START_TEST(a_limit_of_loops_is_refused)
{
    struct device d = given_cpu();
    d.loop_limit = 65535;
    ck_assert_ptr_nonnull(strstr(rejection("h1 q1 d8 w1,0", &d), "loop"));
}
END_TEST

START_TEST(many_queries_are_refused)
{
    const struct device d = given_cpu();
    ck_assert_str_eq(rejection("h1 q64 k99 d8 w1,0", &d), "");
    ck_assert_ptr_nonnull(
        strstr(rejection("h1 q65 k99 d8 w1,0", &d), "64 queries"));
}
END_TEST

START_TEST(rows_must_fill_a_vector)
{
    const struct device d = given_cpu();
    ck_assert_str_eq(rejection("h1 q1 d4 v4 w1,0", &d), "");
    ck_assert_ptr_nonnull(strstr(rejection("h1 q1 d3 v4 w1,0", &d), "4 ch"));
    ck_assert_ptr_nonnull(strstr(rejection("h1 q1 d4 v3 w1,0", &d), "4 ch"));
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
}
END_TEST

START_TEST(its_own_failed_self_test_is_the_reason)
{
    struct device d = given_cpu();
    d.quarantine = 1 << orl_family_number(decode);
    ck_assert_ptr_nonnull(strstr(rejection("h1 q4 d8 w1,0", &d), "self-test"));
}
END_TEST

/* ---- Which one costs least ---------------------------------------------- */

static int32_t cheapest_split(const char *problem, int64_t units)
{
    struct device d = given_cpu();
    d.compute_units = units;
    const struct problem p = given_problem(problem);
    struct plan_list list = plans(&p, &d);
    const struct plan *best = &list.plan[0];
    for (int n = 1; n < list.count; n++)
        if (decode->cost(&list.plan[n], &p, &d) < decode->cost(best, &p, &d))
            best = &list.plan[n];
    return word(best, "SPLIT");
}

START_TEST(keys_are_split_where_heads_are_too_few)
{
    ck_assert_int_eq(cheapest_split("h8/1 q1 k8192 d128 winf,0", 1), 0);
    ck_assert_int_eq(cheapest_split("h8/1 q1 k8192 d128 winf,0", 2), 1);
    ck_assert_int_eq(cheapest_split("h8/1 q1 k8192 d128 winf,0", 16), 1);
    ck_assert_int_eq(cheapest_split("h32/8 q1 k8192 d128 winf,0", 4), 0);
    ck_assert_int_eq(cheapest_split("h32/8 q1 k8192 d128 winf,0", 64), 1);
    ck_assert_int_eq(cheapest_split("b8 h32/8 q1 k8192 d128 winf,0", 64), 0);
    ck_assert_int_eq(cheapest_split("h8/1 q1 k8192 d128 w99,0", 16), 0);
}
END_TEST

/* ---- What it objects to ------------------------------------------------- */

static const struct {
    const char *plan, *problem, *said; /* NULL: no objection */
} rules[] = {
    {"decode x8 h1 q1 r1 k24 s48 qk4 pv4", "h1 q1 d64 w9,0", NULL},
    {"decode x8 h1 q1 r1 k24 s48 qk4 pv4 ahead", "h1 q1 d64 w9,0", NULL},
    {"decode x8 h4 q4 r16 k24 s48 qk6 pv3 rowlanes ahead", "h4/1 q4 d64 w9,0",
     NULL},
    {"decode x5 h1 q1 r1 k25 s50 qk4 pv4", "h1 q1 d64 w9,0", "x must be"},
    {"decode x12 h1 q1 r1 k24 s48 qk4 pv4", "h1 q1 d64 w9,0", "x must be"},
    {"decode x8 h1 q1 r1 k24 s48 qk4 pv2", "h1 q1 d7 v64 w9,0",
     "channels of a key"},
    {"decode x8 h1 q1 r1 k24 s48 qk4 pv2", "h1 q1 d8 v16 w9,0", NULL},
    {"decode x8 h1 q1 r1 k24 s48 qk4 pv2", "h1 q1 d8 v15 w9,0",
     "channels of a value"},
    {"decode x8 h2 q1 r2 k24 s48 qk4 pv4", "h6/2 q1 d64 w9,0", "must divide"},
    {"decode x8 h3 q1 r3 k24 s48 qk4 pv4", "h6/2 q1 d64 w9,0", NULL},
    {"decode x8 h1 q1 r1 k28 s56 qk4 pv4", "h1 q1 d64 w9,0", "multiple of x"},
    {"decode x8 h1 q1 r1 k24 s36 qk4 pv4", "h1 q1 d64 w9,0", "multiple of k"},
    {"decode x8 h1 q4 r4 k24 s48 qk7 pv4", "h1 q4 d64 w9,0", "exceed 24"},
    {"decode x8 h1 q4 r4 k24 s48 qk6 pv7", "h1 q4 d64 w9,0", "exceed 24"},
    {"decode x8 h1 q4 r4 k24 s48 qk6 pv6", "h1 q4 d64 w9,0", NULL},
    {"decode x8 h4 q4 r16 k24 s48 qk6 pv3 rowlanes", "h4/1 q4 d64 w9,0", NULL},
    {"decode x8 h4 q3 r12 k24 s48 qk6 pv3 rowlanes", "h4/1 q3 d64 w9,0",
     "multiple of x where rows"},
    {"decode x8 h4 q4 r16 k24 s48 qk13 pv3 rowlanes", "h4/1 q4 d64 w9,0",
     "r / x times qk"},
    {"decode x8 h4 q4 r16 k24 s48 qk6 pv7 rowlanes", "h4/1 q4 d64 w9,0",
     "4 times pv"},
    {"decode x8 h16 q16 r16 k1024 s1024 qk6 pv3 rowlanes",
     "h16/1 q16 d64 w9,0 f16", "1 MB"},
    {"decode x8 h16 q16 r4 k24 s48 qk3 pv3", "h16/1 q16 d512 w9,0", "1 MB"},
};

START_TEST(rules_of_the_kernel_hold_for_forced_plans)
{
    const char *reason = given_objection(rules[_i].plan, rules[_i].problem);
    const char *said = rules[_i].said;
    ck_assert_msg(said ? reason && strstr(reason, said) : !reason, "%s: %s",
                  rules[_i].plan, reason ? reason : "no objection");
}
END_TEST

/* ---- Launching ---------------------------------------------------------- */

START_TEST(without_a_split_one_launch_covers_all)
{
    const struct problem p = given_problem("b3 h6/2 q7 d64 w9,0");
    const struct plan plan =
        given_plan("decode x8 h3 q2 r3 k24 s48 qk4 pv4", &p);
    const struct extent e = {3, 6, 7, 7, 7};
    struct launch_list l = {0};
    decode->launches(&plan, &e, &l);
    ck_assert_int_eq(l.count, 1);
    ck_assert_int_eq(l.launch[0].groups[0], 4);
    ck_assert_int_eq(l.launch[0].groups[1], 2);
    ck_assert_int_eq(l.launch[0].groups[2], 3);
    ck_assert_int_eq(l.launch[0].segments, 0);
    ck_assert_int_eq(decode->workspace(&plan, &e), 0);
}
END_TEST

static struct plan split_by_8(void)
{
    const struct problem p = given_problem("h2 q3 k99 d64 w9,0");
    return given_plan("decode x8 h1 q3 r3 k8 s8 qk4 pv4 split", &p);
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
            decode->launches(&plan, &e, &l);
            ck_assert_int_eq(l.count, 2);
            ck_assert_int_eq(l.launch[0].segments, most);
            ck_assert_int_eq(l.launch[0].groups[0], most);
            ck_assert_int_eq(l.launch[1].segments, most);
            ck_assert_int_eq(l.launch[1].groups[0], 3);
            ck_assert_int_eq(l.launch[1].groups[1], 2);
            ck_assert_int_eq(decode->workspace(&plan, &e),
                             2 * 3 * most * 4 * (64 + 2));
        }
}
END_TEST

/* What was planned for the largest call must do for every other. */
START_TEST(smaller_calls_need_no_more_workspace)
{
    const struct plan plan = split_by_8();
    for (int64_t span = 1; span < 50; span++)
        for (int64_t keys = 2; keys < 50; keys++) {
            const struct extent e = {1, 2, 3, keys, orl_min(span, keys)};
            const struct extent less = {1, 2, 3, keys - 1,
                                        orl_min(span, keys - 1)};
            ck_assert_int_le(decode->workspace(&plan, &less),
                             decode->workspace(&plan, &e));
        }
}
END_TEST

START_TEST(a_workspace_beyond_all_memory_is_no_small_number)
{
    const struct plan plan = split_by_8();
    const struct extent e = {1 << 30, 1 << 30, 64, 1 << 29, 1 << 29};
    ck_assert_int_eq(decode->workspace(&plan, &e), INT64_MAX);
}
END_TEST

START_TEST(spills_and_missing_local_memory_are_unfit)
{
    struct device d = given_cpu();
    d.local_bytes = 1000;
    const struct problem p = given_problem("h2 q5 d64 w9,0");
    const struct plan plan = plans(&p, &d).plan[0];
    const struct built unknown = {0}, good = {1, 1000, 50000, 0};
    const struct built spilled = {1, 0, 0, 4}, large = {1, 1001, 0, 0};
    ck_assert_ptr_null(decode->unfit(&plan, &unknown, &d));
    ck_assert_ptr_null(decode->unfit(&plan, &good, &d));
    ck_assert_ptr_nonnull(decode->unfit(&plan, &spilled, &d));
    ck_assert_ptr_nonnull(decode->unfit(&plan, &large, &d));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("family_decode");
    tcase_add_test(tc, a_gpu_is_refused);
    tcase_add_test(tc, vectors_must_hold_four_floats_as_far_as_is_known);
    tcase_add_test(tc, a_limit_of_loops_is_refused);
    tcase_add_test(tc, many_queries_are_refused);
    tcase_add_test(tc, rows_must_fill_a_vector);
    tcase_add_test(tc, channels_must_lie_side_by_side);
    tcase_add_test(tc, its_own_failed_self_test_is_the_reason);
    tcase_add_test(tc, keys_are_split_where_heads_are_too_few);
    tcase_add_loop_test(tc, rules_of_the_kernel_hold_for_forced_plans, 0,
                        (int)(sizeof rules / sizeof *rules));
    tcase_add_test(tc, without_a_split_one_launch_covers_all);
    tcase_add_test(tc, segments_cover_the_keys_wherever_they_lie);
    tcase_add_test(tc, smaller_calls_need_no_more_workspace);
    tcase_add_test(tc, a_workspace_beyond_all_memory_is_no_small_number);
    tcase_add_test(tc, spills_and_missing_local_memory_are_unfit);
    return suite_run(tc, "plan/family_decode");
}
