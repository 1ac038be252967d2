/* test_problem.c: defaults, forms, and the geometry of calls against the
 * definition. What is refused: test_problem_faults.c. */
#include "base/error.h"
#include "draw.h"
#include "given.h"
#include "model/problem.h"
#include "suite.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

static oriel_problem plain(void)
{
    return (oriel_problem) {.size = sizeof(oriel_problem),
                            .heads = 8,
                            .queries = 16,
                            .head_dim = 64,
                            .left = 3};
}

/* ---- Defaults ------------------------------------------------------------ */

START_TEST(zero_means_the_default_of_each_field)
{
    const oriel_problem in = plain();
    struct problem p;
    ck_assert_int_eq(orl_problem_check(&p, &in), ORIEL_OK);
    ck_assert_int_eq(p.batch, 1);
    ck_assert_int_eq(p.kv_heads, 8);
    ck_assert_int_eq(p.keys, 16);
    ck_assert_int_eq(p.v.channels, 64);
    ck_assert_int_eq(p.left, 3);
    ck_assert_int_eq(p.right, 0);
    ck_assert_uint_eq(p.align, ORIEL_ALIGN_END);
    ck_assert_uint_eq(p.offset_align, 16);
    ck_assert(p.scale == 0.125f && p.softcap == 0);
    const struct tensor *all[] = {&p.q, &p.k, &p.v, &p.out};
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(all[i]->type, ORIEL_F32);
        ck_assert(orl_strides_equal(orl_tensor_strides(all[i]),
                                    orl_tensor_packed(8, 16, 64)));
    }
}
END_TEST

START_TEST(each_tensor_has_its_own_shape)
{
    oriel_problem in = plain();
    in.batch = 2;
    in.kv_heads = 2;
    in.keys = 20;
    in.v_dim = 48;
    in.type = ORIEL_F16;
    in.v_type = ORIEL_BF16;
    in.out_type = ORIEL_F32;
    struct problem p;
    ck_assert_int_eq(orl_problem_check(&p, &in), ORIEL_OK);
    ck_assert_int_eq(p.q.batch, 8 * 16 * 64);
    ck_assert_int_eq(p.k.batch, 2 * 20 * 64);
    ck_assert_int_eq(p.v.batch, 2 * 20 * 48);
    ck_assert_int_eq(p.out.batch, 8 * 16 * 48);
    ck_assert_int_eq(p.k.channels, 64);
    ck_assert_int_eq(p.out.channels, 48);
    ck_assert_uint_eq(p.k.type, ORIEL_F16);
    ck_assert_uint_eq(p.v.type, ORIEL_BF16);
    ck_assert_uint_eq(p.out.type, ORIEL_F32);
}
END_TEST

START_TEST(the_default_scale_is_the_nearest_float)
{
    for (int d = 1; d <= 512; d++) {
        const double exact = 1 / sqrt((double)d);
        const float got = orl_problem_default_scale(d);
        ck_assert(fabs((double)got - exact) <=
                  fabs((double)nextafterf(got, 0) - exact));
        ck_assert(fabs((double)got - exact) <=
                  fabs((double)nextafterf(got, 2) - exact));
    }
}
END_TEST

/* ---- Forms --------------------------------------------------------------- */

START_TEST(the_public_form_checks_back_to_the_same)
{
    uint64_t seed = (uint64_t)_i;
    int wrong = 0;
    for (int n = 0; n < 5000; n++) {
        const oriel_problem in = draw_problem(&seed);
        struct problem p, again;
        wrong += orl_problem_check(&p, &in) != ORIEL_OK;
        const oriel_problem out = orl_problem_public(&p);
        wrong += orl_problem_check(&again, &out) != ORIEL_OK;
        wrong += !orl_problem_equal(&p, &again);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* Each byte up to the last field belongs to one, and each counts. */
START_TEST(problems_differ_if_any_field_does)
{
    const struct problem p = given_problem(
        "b2 h8/2 q16 k20 d64 v48 w3,4 at 5,6 f16 kbf16 vbf16 of32 bshd "
        "scale0.5 cap30 off4 lse");
    ck_assert(orl_problem_equal(&p, &p));
    const size_t bytes = offsetof(struct problem, softcap) + sizeof(float);
    for (size_t byte = 0; byte < bytes; byte++) {
        struct problem other = p;
        ((unsigned char *)&other)[byte] ^= 1;
        ck_assert_msg(!orl_problem_equal(&p, &other), "byte %zu", byte);
    }
}
END_TEST

/* ---- Calls --------------------------------------------------------------- */

START_TEST(a_part_takes_what_was_planned_or_less)
{
    const struct problem p = given_problem("h1 q16 k20 d8 w3,0 at 5,-6");
    struct part part;
    ck_assert_int_eq(orl_problem_part(&part, &p, 0, 0, 0, 0), ORIEL_OK);
    ck_assert(part.queries == 16 && part.keys == 20);
    ck_assert(part.query_origin == 5 && part.key_origin == -6);
    ck_assert_int_eq(orl_problem_part(&part, &p, 16, 1, 100, 7), ORIEL_OK);
    ck_assert(part.queries == 16 && part.keys == 1);
    ck_assert(part.query_origin == 105 && part.key_origin == 1);
}
END_TEST

static const struct {
    int64_t queries, keys, query_origin, key_origin;
    const char *message;
} part_faults[] = {
    {17, 0, 0, 0, "queries is 17; the plan is for 1 to 16"},
    {-1, 0, 0, 0, "queries is -1; the plan is for 1 to 16"},
    {0, 21, 0, 0, "keys is 21; the plan is for 1 to 20"},
    {0, INT64_MIN, 0, 0,
     "keys is -9223372036854775808; the plan is for 1 to 20"},
    {0, 0, 999999981, 0,
     "query_origin is 999999986, so that a query has position 1000000001, "
     "beyond 1000000000"},
    {0, 0, 0, 1000000000,
     "key_origin is 999999994, so that a key of 20 has a position beyond "
     "1000000000"},
    {0, 0, INT64_MAX, 0,
     "query_origin is 9223372036854775807; no row may have a position beyond "
     "1000000000"},
    {0, 0, 0, INT64_MIN,
     "key_origin is -9223372036854775808; no row may have a position beyond "
     "1000000000"},
};

START_TEST(a_part_beyond_its_plan_is_refused)
{
    const struct problem p = given_problem("h1 q16 k20 d8 w3,0 at 5,-6");
    struct part part = {42, 42, 42, 42};
    ck_assert_int_eq(orl_problem_part(&part, &p, part_faults[_i].queries,
                                      part_faults[_i].keys,
                                      part_faults[_i].query_origin,
                                      part_faults[_i].key_origin),
                     ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message, part_faults[_i].message);
    ck_assert_int_eq(part.queries, 42);
}
END_TEST

/* Whether query row i sees key row j in a batch entry with these limits: the
 * definition of include/oriel/types.h, word for word. */
static bool sees(const struct problem *p, const struct part *part,
                 int64_t begin, int64_t end, int64_t i, int64_t j)
{
    const int64_t last = end < 0 ? 0 : end > part->keys ? part->keys : end;
    int64_t position = part->query_origin + i;
    if (p->align == ORIEL_ALIGN_END)
        position += part->key_origin + last - part->queries;
    const int64_t distance = part->key_origin + j - position;
    return j >= begin && j < end &&
           (p->left == ORIEL_UNBOUNDED || distance >= -p->left) &&
           (p->right == ORIEL_UNBOUNDED || distance <= p->right);
}

static void expect_entry(const struct problem *p, const struct part *part,
                         int64_t begin, int64_t end)
{
    const struct window w = orl_problem_entry_window(p, part, begin, end);
    int64_t pairs = 0, wrong = 0;
    for (int64_t i = 0; i < part->queries; i++) {
        const struct span got = orl_window_any(&w, i, 1);
        for (int64_t j = 0; j < part->keys; j++) {
            const bool seen = sees(p, part, begin, end, i, j);
            wrong += seen != (got.begin <= j && j < got.end);
            pairs += seen;
        }
    }
    ck_assert_msg(wrong == 0 && orl_window_pairs(&w) == pairs,
                  "q%d k%d limits %" PRId64 "-%" PRId64, (int)part->queries,
                  (int)part->keys, begin, end);
}

START_TEST(key_limits_of_an_entry_match_the_definition)
{
    static const char *const lines[] = {
        "h1 q5 k7 d1 w2,1 ranges",       "h1 q5 k7 d1 w2,1 start ranges",
        "h1 q5 k7 d1 winf,0 ranges",     "h1 q5 k7 d1 w0,inf at -2,3 ranges",
        "h1 q5 k7 d1 w-1,3 end2 ranges", "h1 q7 k3 d1 w3,-1 end-1,9 ranges",
    };
    const struct problem p = given_problem(lines[_i]);
    for (int64_t queries = 1; queries <= p.queries; queries += 2)
        for (int64_t keys = 1; keys <= p.keys; keys += 2)
            for (int64_t shift = -1; shift <= 1; shift++) {
                struct part part;
                ck_assert_int_eq(
                    orl_problem_part(&part, &p, queries, keys, shift, -shift),
                    ORIEL_OK);
                for (int64_t begin = -1; begin <= keys + 1; begin++)
                    for (int64_t end = -1; end <= keys + 1; end++)
                        expect_entry(&p, &part, begin, end);
                expect_entry(&p, &part, INT64_MIN, INT64_MAX);
                expect_entry(&p, &part, INT32_MAX, INT32_MIN);
            }
}
END_TEST

START_TEST(without_limits_an_entry_is_the_problem)
{
    const struct problem p = given_problem("h6/2 b3 q5 k9 d8 v24 w2,1 end-1");
    struct part part;
    ck_assert_int_eq(orl_problem_part(&part, &p, 0, 0, 0, 0), ORIEL_OK);
    const struct window whole = orl_problem_window(&p);
    const struct window entry = orl_problem_entry_window(&p, &part, 0, 9);
    int64_t pairs = 0;
    for (int64_t i = 0; i < 5; i++)
        for (int64_t j = 0; j < 9; j++)
            pairs += sees(&p, &part, 0, 9, i, j);
    ck_assert_int_eq(orl_window_pairs(&whole), pairs);
    ck_assert_int_eq(orl_window_pairs(&entry), pairs);
    ck_assert(orl_problem_pairs(&p) == 18.0 * (double)pairs);
    ck_assert(orl_problem_flops(&p) == 2 * 32 * 18.0 * (double)pairs);
}
END_TEST

/* Not what this problem's rows see, but what those of any call may. */
START_TEST(the_span_is_that_of_any_call)
{
    static const struct {
        const char *line;
        int64_t span;
    } cases[] = {
        {"h1 q5 k9 d8 w2,1", 4},     {"h1 q5 k9 d8 w2,1 at 0,500", 4},
        {"h1 q5 k9 d8 w-3,5", 3},    {"h1 q5 k9 d8 winf,0", 9},
        {"h1 q1 k9 d8 w100,100", 9}, {"h1 q5 k9 d8 winf,-4", 9},
        {"h1 q5 k9 d8 winf,inf", 9}, {"h1 q5 k9 d8 w1500000000,-1499999997", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct problem p = given_problem(cases[i].line);
        ck_assert_int_eq(orl_problem_span(&p), cases[i].span);
    }
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

int main(void)
{
    TCase *tc = tcase_create("problem");
    tcase_add_test(tc, zero_means_the_default_of_each_field);
    tcase_add_test(tc, each_tensor_has_its_own_shape);
    tcase_add_test(tc, the_default_scale_is_the_nearest_float);
    tcase_add_loop_test(tc, the_public_form_checks_back_to_the_same, 0, 3);
    tcase_add_test(tc, problems_differ_if_any_field_does);
    tcase_add_test(tc, a_part_takes_what_was_planned_or_less);
    tcase_add_loop_test(tc, a_part_beyond_its_plan_is_refused, 0,
                        COUNT(part_faults));
    tcase_add_loop_test(tc, key_limits_of_an_entry_match_the_definition, 0, 6);
    tcase_add_test(tc, without_limits_an_entry_is_the_problem);
    tcase_add_test(tc, the_span_is_that_of_any_call);
    return suite_run(tc, "model/problem");
}
