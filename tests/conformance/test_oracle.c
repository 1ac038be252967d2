/* test_oracle.c: the oracle against answers worked out by hand, and whether its
 * check refuses results that are wrong in one number only. */
#include "known.h"
#include "model/elem.h"
#include "oracle/oracle.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static FILE *table;

static void open_table(void)
{
    table = fopen(getenv("KNOWN_TABLE"), "r");
    ck_assert_ptr_nonnull(table);
}

static void close_table(void)
{
    fclose(table);
}

static struct oracle oracle_on(const struct known *known)
{
    struct oracle oracle =
        oracle_of(&known->problem, known->q, known->k, known->v);
    oracle.key_begin = known->key_begin;
    oracle.key_end = known->key_end;
    return oracle;
}

/* A result as a device would have left it. */
struct result {
    void *out;
    float *lse;
};

static struct result known_result(const struct known *known)
{
    const struct problem *p = &known->problem;
    const size_t rows = (size_t)(p->batch * p->heads * p->queries);
    const size_t count = rows * (size_t)p->out.channels;
    struct result r = {calloc(count, sizeof(float)),
                       calloc(rows, sizeof(float))};
    for (size_t n = 0; n < count; n++)
        orl_elem_store(r.out, n, p->out.type, (float)known->out[n]);
    for (size_t n = 0; n < rows; n++)
        r.lse[n] = (float)known->lse[n];
    return r;
}

static void release_result(struct result *r)
{
    free(r->out);
    free(r->lse);
}

static bool accepts(const struct known *known, const struct result *r)
{
    const struct oracle oracle = oracle_on(known);
    return oracle_check(&oracle, r->out, r->lse).right;
}

START_TEST(every_known_answer_is_found)
{
    struct known known;
    int cases = 0;
    for (; known_next(table, &known); cases++) {
        const struct problem *p = &known.problem;
        const struct oracle oracle = oracle_on(&known);
        struct result r = known_result(&known);
        double out[ORL_MAX_DIM];
        size_t row = 0;
        for (int64_t entry = 0; entry < p->batch; entry++)
            for (int64_t head = 0; head < p->heads; head++)
                for (int64_t i = 0; i < p->queries; i++, row++) {
                    const size_t at = row * (size_t)p->out.channels;
                    const struct oracle_row answer =
                        oracle_row(&oracle, entry, head, i, out);
                    r.lse[row] = (float)answer.lse;
                    for (int64_t c = 0; c < p->out.channels; c++)
                        orl_elem_store(r.out, at + (size_t)c, p->out.type,
                                       (float)out[c]);
                }
        ck_assert_msg(known_is(&known, r.out, r.lse), "%s", known.text);
        release_result(&r);
        known_release(&known);
    }
    ck_assert_int_gt(cases, 30);
}
END_TEST

START_TEST(every_known_answer_is_accepted)
{
    struct known known;
    while (known_next(table, &known)) {
        struct result r = known_result(&known);
        ck_assert_msg(accepts(&known, &r), "%s", known.text);
        release_result(&r);
        known_release(&known);
    }
}
END_TEST

/* Element n of the result moved by three times what it may be off by. */
static float moved(const struct known *known, size_t n, float kept)
{
    const struct problem *p = &known->problem;
    const struct oracle oracle = oracle_on(known);
    const int64_t at = (int64_t)n / p->out.channels;
    const int64_t head = at / p->queries;
    double out[ORL_MAX_DIM];
    const struct oracle_row row = oracle_row(
        &oracle, head / p->heads, head % p->heads, at % p->queries, out);
    const double bound = oracle_bound(&row, kept, p->out.type, 0);
    return kept + (float)(3 * bound * fmax(row.values, 1));
}

START_TEST(one_wrong_number_is_refused)
{
    struct known known;
    while (known_next(table, &known)) {
        const struct problem *p = &known.problem;
        const size_t rows = (size_t)(p->batch * p->heads * p->queries);
        const size_t count = rows * (size_t)p->out.channels;
        struct result r = known_result(&known);
        for (size_t n = 0; n < count; n++) {
            const float kept = orl_elem_load(r.out, n, p->out.type);
            const float wrong = isnan(kept) ? 1 : moved(&known, n, kept);
            orl_elem_store(r.out, n, p->out.type, wrong);
            ck_assert_msg(!accepts(&known, &r), "%s: out %zu", known.text, n);
            orl_elem_store(r.out, n, p->out.type, kept);
        }
        for (size_t n = 0; n < rows; n++) {
            const float kept = r.lse[n];
            r.lse[n] = isinf(kept)   ? -kept
                       : isnan(kept) ? 1
                                     : kept + 0.01F * (1 + fabsf(kept));
            ck_assert_msg(!accepts(&known, &r), "%s: lse %zu", known.text, n);
            r.lse[n] = kept;
        }
        release_result(&r);
        known_release(&known);
    }
}
END_TEST

START_TEST(nan_is_refused_where_a_number_belongs)
{
    struct known known;
    while (known_next(table, &known)) {
        struct result r = known_result(&known);
        if (isfinite(known.out[0])) {
            orl_elem_store(r.out, 0, known.problem.out.type, NAN);
            ck_assert_msg(!accepts(&known, &r), "%s", known.text);
        }
        release_result(&r);
        known_release(&known);
    }
}
END_TEST

START_TEST(the_bound_is_the_promised_one)
{
    const struct oracle_row row = {.keys = 3, .terms = 32, .values = 4};
    ck_assert_double_eq_tol(oracle_bound(&row, 2, ORIEL_F32, 0), 6e-6, 1e-12);
    ck_assert_double_eq_tol(oracle_bound(&row, 2, ORIEL_F16, ORIEL_F32),
                            6e-6 + 0x1p-12 + 0x1p-27, 1e-12);
    ck_assert_double_eq_tol(oracle_bound(&row, -2, ORIEL_BF16, 0),
                            6e-6 + 0x1p-9, 1e-12);
    ck_assert_double_eq_tol(oracle_bound(&row, 2, ORIEL_F32, ORIEL_F16),
                            6e-6 + 0x1p-11, 1e-12);
    ck_assert_double_eq_tol(oracle_bound(&row, 2, ORIEL_F32, ORIEL_BF16),
                            6e-6 + 0x1p-8, 1e-12);
}
END_TEST

/* A row on its own, so that the numbers a bound is made of can be told. */
START_TEST(terms_and_values_belong_to_visible_keys)
{
    const struct problem p = {
        .batch = 1,
        .heads = 1,
        .kv_heads = 1,
        .queries = 1,
        .keys = 3,
        .left = 1,
        .q = {2, 2, 2, 1, ORIEL_F32, 2},
        .k = {6, 6, 2, 1, ORIEL_F32, 2},
        .v = {3, 3, 1, 1, ORIEL_F32, 1},
        .out = {1, 1, 1, 1, ORIEL_F32, 1},
        .scale = 0.5F,
    };
    const float q[2] = {2, -3}, k[6] = {9, 9, 1, 1, 4, 4};
    const float v[3] = {99, -7, INFINITY};
    const struct oracle oracle = oracle_of(&p, q, k, v);
    double out;
    const struct oracle_row row = oracle_row(&oracle, 0, 0, 0, &out);
    ck_assert_int_eq(row.keys, 2);
    ck_assert_double_eq(row.terms, 10); /* (2*4 + 3*4) / 2 */
    ck_assert_double_eq(row.values, 7);
}
END_TEST

/* Row 0 is off by less than row 1, and nearer to its bound. */
START_TEST(the_largest_error_is_told_beside_the_nearest_to_its_bound)
{
    const struct problem p = {
        .batch = 1,
        .heads = 1,
        .kv_heads = 1,
        .queries = 2,
        .keys = 2,
        .q = {2, 2, 1, 1, ORIEL_F32, 1},
        .k = {2, 2, 1, 1, ORIEL_F32, 1},
        .v = {2, 2, 1, 1, ORIEL_F32, 1},
        .out = {2, 2, 1, 1, ORIEL_F32, 1},
        .scale = 1,
    };
    const float q[2] = {0, 16}, k[2] = {0, 10}, v[2] = {1, 1};
    const float out[2] = {1 + 0x1p-20F, 1 + 0x1p-17F};
    const struct oracle oracle = oracle_of(&p, q, k, v);
    const struct oracle_verdict verdict = oracle_check(&oracle, out, NULL);
    ck_assert(verdict.right);
    ck_assert_int_eq(verdict.row, 0);
    ck_assert_double_eq(verdict.error, 0x1p-20);
    ck_assert_double_eq_tol(verdict.bound, 2e-6, 1e-12);
    ck_assert_double_eq(verdict.largest, 0x1p-17);
    ck_assert_double_eq_tol(verdict.largest_bound, 2.2e-5, 1e-12);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("oracle");
    tcase_add_checked_fixture(tc, open_table, close_table);
    tcase_add_test(tc, every_known_answer_is_found);
    tcase_add_test(tc, every_known_answer_is_accepted);
    tcase_add_test(tc, one_wrong_number_is_refused);
    tcase_add_test(tc, nan_is_refused_where_a_number_belongs);
    tcase_add_test(tc, the_bound_is_the_promised_one);
    tcase_add_test(tc, terms_and_values_belong_to_visible_keys);
    tcase_add_test(tc,
                   the_largest_error_is_told_beside_the_nearest_to_its_bound);

    Suite *suite = suite_create("tools/oracle");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
