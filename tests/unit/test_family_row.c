/* test_family_row.c: the family that must fit everywhere. */
#include "base/arith.h"
#include "given.h"
#include "plan/family_list.h"
#include "suite.h"

#include <string.h>

static const struct family *const row = &orl_family_row;

static int32_t word(const struct plan *plan, const char *define)
{
    return orl_plan_word(plan, define);
}

static struct plan_list plans(const struct problem *p, const struct device *d)
{
    struct plan_list list = {0};
    row->candidates(p, d, &list);
    ck_assert_int_gt(list.count, 0);
    return list;
}

static struct plan first(const char *problem, const struct device *d)
{
    const struct problem p = given_problem(problem);
    return plans(&p, d).plan[0];
}

START_TEST(channels_apart_need_the_strided_form)
{
    const struct device d = given_device(DEVICE_GPU);
    static const char *const apart[] = {
        "h1 q4 d8 w1,0 qs:99,99,16,2",
        "h1 q4 d8 w1,0 ks:99,99,1,4",
        "h1 q4 d8 w1,0 vs:99,99,16,2",
        "h1 q4 d8 w1,0 os:99,99,1,4",
    };
    for (int n = 0; n < 4; n++) {
        const struct plan plan = first(apart[n], &d);
        ck_assert_msg(word(&plan, "STRIDED") == 1, "%s", apart[n]);
    }
    const struct plan packed = first("h1 q4 d8 w1,0 bshd", &d);
    ck_assert_int_eq(word(&packed, "STRIDED"), 0);
    const struct plan narrow = first("h1 q4 d1 w1,0 qs:99,99,16,2", &d);
    ck_assert_int_eq(word(&narrow, "STRIDED"), 0);
}
END_TEST

START_TEST(a_plan_without_strided_is_refused_where_it_is_needed)
{
    const struct device d = given_device(DEVICE_GPU);
    const struct problem p = given_problem("h1 q4 d8 w1,0 qs:99,99,16,2");
    struct plan plan = plans(&p, &d).plan[0];
    ck_assert_ptr_null(row->objects(&plan, &p, &d));
    plan = first("h1 q4 d8 w1,0", &d);
    ck_assert_ptr_nonnull(strstr(row->objects(&plan, &p, &d), "strided"));
}
END_TEST

START_TEST(a_group_never_exceeds_the_device)
{
    const struct problem p = given_problem("h1 q400 d8 w1,0");
    for (int64_t limit = 1; limit < 300; limit++)
        for (int axis = 0; axis < 2; axis++) {
            struct device d = given_device(DEVICE_GPU);
            *(axis ? &d.axis_limit : &d.group_limit) = limit;
            const struct plan_list list = plans(&p, &d);
            for (int n = 0; n < list.count; n++)
                ck_assert_int_le(word(&list.plan[n], "GROUP"), limit);

            struct plan large = list.plan[0];
            large.word[0] = (int32_t)limit + 1;
            ck_assert_ptr_nonnull(row->objects(&large, &p, &d));
        }
}
END_TEST

/* A kernel may allow less than its device: Apple's CPUs allow groups of 1. */
START_TEST(the_last_plan_is_a_group_of_one)
{
    for (int kind = DEVICE_CPU; kind <= DEVICE_ACCELERATOR; kind++) {
        const struct device d = given_device((enum device_kind)kind);
        const struct problem p = given_problem("h1 q400 d8 w1,0");
        const struct plan_list list = plans(&p, &d);
        const struct plan *last = &list.plan[list.count - 1];
        const struct built built = {.group_limit = 1, .spill_bytes = 1000};
        ck_assert_int_eq(word(last, "GROUP"), 1);
        ck_assert_ptr_null(row->unfit(last, &built, &d));
        ck_assert_ptr_nonnull(row->unfit(&list.plan[0], &built, &d));
        const struct built unknown = {0};
        ck_assert_ptr_null(row->unfit(&list.plan[0], &unknown, &d));
    }
}
END_TEST

/* Iterations of all loops of kernels/row.cl, loop by loop, for one work-item
 * that visits so many keys in one pass. */
static int64_t iterations(int64_t keys, int64_t head_dim, int64_t v_dim)
{
    const int64_t q = (head_dim + 15) / 16, v = (v_dim + 15) / 16;
    int64_t count = q + v;                   /* open_query, open_state */
    for (int64_t j = 0; j < keys; j += 64) { /* absorb */
        const int64_t block = orl_min(64, keys - j);
        count += 1 + block * (1 + q);     /* score_keys */
        count += 2 * ((block + 15) / 16); /* weigh_keys */
        count += v * (1 + block);         /* add_values */
    }
    return count + v * (1 + 16); /* keep_state */
}

START_TEST(a_pass_stays_far_below_the_loops_a_device_allows)
{
    uint64_t state = 7;
    int split = 0;
    for (int n = 0; n < 20000; n++) {
        const struct problem p = given_any_problem(&state);
        struct device d = given_device(DEVICE_CPU);
        d.loop_limit = draw_from(&state, 20000, 200000);
        const struct plan plan = plans(&p, &d).plan[0];
        const int64_t chunk = word(&plan, "KEY_CHUNK");
        const int64_t keys = chunk ? chunk : orl_problem_span(&p);
        ck_assert_int_le(iterations(keys, p.q.channels, p.v.channels),
                         d.loop_limit / 2);
        ck_assert_ptr_null(row->objects(&plan, &p, &d));
        split += chunk != 0;
    }
    ck_assert_int_gt(split, 1000);
    ck_assert_int_lt(split, 19000);
}
END_TEST

START_TEST(only_a_limit_splits_the_keys)
{
    struct device d = given_device(DEVICE_CPU);
    struct plan plan = first("h1 q1000000 d512 winf,inf", &d);
    ck_assert_int_eq(word(&plan, "KEY_CHUNK"), 0);
    d.loop_limit = 65535;
    plan = first("h1 q1000000 d512 winf,inf", &d);
    ck_assert_int_eq(word(&plan, "KEY_CHUNK"), 448);
    plan = first("h1 q1000000 d512 w255,0", &d);
    ck_assert_int_eq(word(&plan, "KEY_CHUNK"), 0);
}
END_TEST

START_TEST(a_forced_chunk_must_keep_the_bits_and_the_limit)
{
    struct device d = given_device(DEVICE_CPU);
    const struct problem p = given_problem("h1 q1000 d64 winf,0");
    struct plan plan = plans(&p, &d).plan[0];
    plan.word[1] = 65;
    ck_assert_str_eq(row->objects(&plan, &p, &d), "k must be a multiple of 64");
    plan.word[1] = 128;
    ck_assert_ptr_null(row->objects(&plan, &p, &d));
    d.loop_limit = 5000;
    ck_assert_ptr_null(row->objects(&plan, &p, &d));
    plan.word[1] = 6400;
    ck_assert_ptr_nonnull(row->objects(&plan, &p, &d));
    plan.word[1] = 0;
    ck_assert_ptr_nonnull(row->objects(&plan, &p, &d));
}
END_TEST

START_TEST(launches_cover_every_query_and_key)
{
    uint64_t state = 3;
    for (int n = 0; n < 20000; n++) {
        const struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        const struct plan plan = plans(&p, &d).plan[0];
        const struct extent e = {
            p.batch, p.heads, draw_from(&state, 1, p.queries),
            draw_from(&state, 1, p.keys), orl_problem_span(&p)};
        struct launch_list l = {0};
        row->launches(&plan, &e, &l);
        ck_assert_int_eq(l.count, 1);
        const struct launch *one = &l.launch[0];
        const int64_t group = word(&plan, "GROUP");
        ck_assert_int_eq(one->local[0], group);
        ck_assert_int_eq(one->local[1] * one->local[2], 1);
        ck_assert_int_ge(one->groups[0] * group, e.queries);
        ck_assert_int_lt((one->groups[0] - 1) * group, e.queries);
        ck_assert_int_eq(one->groups[1], e.heads);
        ck_assert_int_eq(one->groups[2], e.batch);

        const int64_t chunk = word(&plan, "KEY_CHUNK");
        ck_assert_int_eq(one->passes, chunk ? (e.span + chunk - 1) / chunk : 1);
    }
}
END_TEST

START_TEST(a_call_that_sees_nothing_still_has_a_pass)
{
    const struct plan plan = {.family = row, .word = {16, 64}};
    const struct extent e = {1, 1, 5, 5, 0};
    struct launch_list l = {0};
    row->launches(&plan, &e, &l);
    ck_assert_int_eq(l.launch[0].passes, 1);
}
END_TEST

START_TEST(workspace_is_what_a_query_carries)
{
    struct plan plan = {.family = row,
                        .word = {16, 64},
                        .variant = {.head_dim = 8, .v_dim = 48}};
    const struct extent e = {2, 3, 5, 7, 7};
    ck_assert_int_eq(row->workspace(&plan, &e), 2 * 3 * 5 * (48 + 2) * 4);
    plan.word[1] = 0;
    ck_assert_int_eq(row->workspace(&plan, &e), 0);
}
END_TEST

START_TEST(a_workspace_beyond_all_counting_is_the_largest)
{
    const struct plan plan = {.family = row,
                              .word = {16, 64},
                              .variant = {.head_dim = 1, .v_dim = 1}};
    const struct extent e = {1000000000, 1000000000, 5, 7, 7};
    ck_assert_int_eq(row->workspace(&plan, &e), INT64_MAX);
}
END_TEST

START_TEST(any_problem_is_accepted_where_kernels_build)
{
    uint64_t state = 5;
    for (int n = 0; n < 20000; n++) {
        const struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        ck_assert_ptr_null(row->rejects(&p, &d));
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("family_row");
    tcase_add_test(tc, channels_apart_need_the_strided_form);
    tcase_add_test(tc, a_plan_without_strided_is_refused_where_it_is_needed);
    tcase_add_test(tc, a_group_never_exceeds_the_device);
    tcase_add_test(tc, the_last_plan_is_a_group_of_one);
    tcase_add_test(tc, a_pass_stays_far_below_the_loops_a_device_allows);
    tcase_add_test(tc, only_a_limit_splits_the_keys);
    tcase_add_test(tc, a_forced_chunk_must_keep_the_bits_and_the_limit);
    tcase_add_test(tc, launches_cover_every_query_and_key);
    tcase_add_test(tc, a_call_that_sees_nothing_still_has_a_pass);
    tcase_add_test(tc, workspace_is_what_a_query_carries);
    tcase_add_test(tc, a_workspace_beyond_all_counting_is_the_largest);
    tcase_add_test(tc, any_problem_is_accepted_where_kernels_build);
    return suite_run(tc, "plan/family_row");
}
