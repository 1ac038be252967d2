/* test_problem.c: every rule of a problem, broken one at a time: refused with a
 * sentence that names the field, by plan and explain alike. */
#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const oriel_problem good = {.size = sizeof good,
                                   .batch = 2,
                                   .heads = 4,
                                   .kv_heads = 2,
                                   .queries = 8,
                                   .keys = 12,
                                   .head_dim = 8,
                                   .v_dim = 4,
                                   .left = 3,
                                   .right = 1};

static void expect_refusal(const oriel_problem *p, const char *words)
{
    oriel_plan *const untouched = (oriel_plan *)(uintptr_t)0x5a5a;
    oriel_plan *plan = untouched;
    refused(oriel_plan_create(&plan, fixture()->oriel, p, NULL),
            ORIEL_E_ARGUMENT, words);
    ck_assert_ptr_eq(plan, untouched);
    refused(oriel_explain(fixture()->oriel, p, NULL, NULL, NULL),
            ORIEL_E_ARGUMENT, words);
}

/* One field of 64 bits and a value it must not have. */
static const struct {
    size_t at;
    int64_t value;
    const char *words;
} lengths[] = {
    {offsetof(oriel_problem, batch), -1, "batch"},
    {offsetof(oriel_problem, batch), 1000000001, "batch"},
    {offsetof(oriel_problem, heads), 0, "heads"},
    {offsetof(oriel_problem, heads), -4, "heads"},
    {offsetof(oriel_problem, heads), INT64_MAX, "heads"},
    {offsetof(oriel_problem, kv_heads), -2, "kv_heads"},
    {offsetof(oriel_problem, kv_heads), 3, "kv_heads"},
    {offsetof(oriel_problem, kv_heads), 8, "kv_heads"},
    {offsetof(oriel_problem, queries), 0, "queries"},
    {offsetof(oriel_problem, queries), -8, "queries"},
    {offsetof(oriel_problem, queries), 1000000001, "queries"},
    {offsetof(oriel_problem, keys), -12, "keys"},
    {offsetof(oriel_problem, keys), INT64_MIN, "keys"},
    {offsetof(oriel_problem, head_dim), 0, "head_dim"},
    {offsetof(oriel_problem, head_dim), -8, "head_dim"},
    {offsetof(oriel_problem, head_dim), 513, "head_dim"},
    {offsetof(oriel_problem, v_dim), -4, "v_dim"},
    {offsetof(oriel_problem, v_dim), 513, "v_dim"},
    {offsetof(oriel_problem, left), -2, "left"},
    {offsetof(oriel_problem, left), INT64_MIN, "left"},
    {offsetof(oriel_problem, right), -4, "right"},
    {offsetof(oriel_problem, right), INT64_MIN, "right"},
    {offsetof(oriel_problem, query_origin), 1000000000, "query_origin"},
    {offsetof(oriel_problem, query_origin), INT64_MIN, "query_origin"},
    {offsetof(oriel_problem, key_origin), 1000000000, "key_origin"},
    {offsetof(oriel_problem, key_origin), -1000000001, "key_origin"},
    {offsetof(oriel_problem, key_origin), INT64_MAX, "key_origin"},
};

START_TEST(a_length_out_of_bounds_is_refused)
{
    oriel_problem p = good;
    memcpy((char *)&p + lengths[_i].at, &lengths[_i].value, sizeof(int64_t));
    expect_refusal(&p, lengths[_i].words);
}
END_TEST

static const struct {
    size_t at;
    uint32_t value;
    const char *words;
} words[] = {
    {offsetof(oriel_problem, extras), 4, "extras"},
    {offsetof(oriel_problem, extras), 1u << 31, "extras"},
    {offsetof(oriel_problem, type), 4, "type"},
    {offsetof(oriel_problem, k_type), 4, "k_type"},
    {offsetof(oriel_problem, v_type), UINT32_MAX, "v_type"},
    {offsetof(oriel_problem, out_type), 17, "out_type"},
    {offsetof(oriel_problem, align), 2, "align"},
    {offsetof(oriel_problem, offset_align), 1, "offset_align"},
    {offsetof(oriel_problem, offset_align), 2, "offset_align"},
    {offsetof(oriel_problem, offset_align), 12, "offset_align"},
    {offsetof(oriel_problem, offset_align), 32, "offset_align"},
};

START_TEST(an_unknown_word_is_refused)
{
    oriel_problem p = good;
    memcpy((char *)&p + words[_i].at, &words[_i].value, sizeof(uint32_t));
    expect_refusal(&p, words[_i].words);
}
END_TEST

START_TEST(a_factor_that_is_none_is_refused)
{
    const float bad[] = {-1.0f, -0x1p-149f, INFINITY, -INFINITY, NAN};
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        oriel_problem p = good;
        p.scale = bad[n];
        expect_refusal(&p, "scale");
        p = good;
        p.softcap = bad[n];
        expect_refusal(&p, "softcap");
    }
}
END_TEST

/* Two elements at one place, or a stride no tensor can have. */
static const struct {
    const char *words;
    oriel_strides strides;
} strides[] = {
    {".row", {.batch = 1000, .head = 100, .row = 3, .dim = 1}},
    {".head", {.batch = 1000, .head = 50, .row = 8, .dim = 1}},
    {".batch", {.batch = 150, .head = 100, .row = 8, .dim = 1}},
    {".dim", {.batch = 1000, .head = 100, .row = 1, .dim = 2}},
    {".row", {.batch = 1000, .head = 100, .row = -8, .dim = 1}},
    {".dim", {.batch = 1000, .head = 100, .row = 8, .dim = -1}},
    {".head", {.batch = 1000, .head = -100, .row = 8, .dim = 1}},
    {".batch", {.batch = INT64_MIN, .head = 100, .row = 8, .dim = 1}},
    {".row", {.batch = 1000, .head = 100, .row = 0, .dim = 1}},
    {"", {.batch = INT64_MAX, .head = 100, .row = 8, .dim = 1}},
    {"", {.batch = INT64_MAX / 4, .head = 100, .row = 8, .dim = 1}},
    {"", {.batch = 1000, .head = 100, .row = INT64_MAX / 2, .dim = 1}},
};

START_TEST(strides_that_overlap_or_overflow_are_refused)
{
    static const char *const names[] = {"q", "k", "v", "out"};
    oriel_problem p = good;
    oriel_strides *const of[] = {&p.q, &p.k, &p.v, &p.out};
    for (int t = 0; t < 4; t++) {
        char field[16] = "";
        strcat(strcat(field, names[t]), strides[_i].words);
        p = good;
        *of[t] = strides[_i].strides;
        expect_refusal(&p, field);
    }
}
END_TEST

START_TEST(only_inputs_may_repeat)
{
    const oriel_strides once = {.batch = 0, .head = 0, .row = 8, .dim = 1};
    oriel_problem p = good;
    p.q = p.k = p.v = once;
    oriel_plan_destroy(plan_of(&p, ROW));
    p.out = once;
    expect_refusal(&p, "out.");
    p.out = (oriel_strides) {.batch = 0, .head = 100, .row = 8, .dim = 1};
    expect_refusal(&p, "out.batch");
}
END_TEST

START_TEST(axes_of_one_element_may_have_any_stride)
{
    oriel_problem p = good;
    p.batch = 1;
    p.q = (oriel_strides) {.batch = 1, .head = 64, .row = 8, .dim = 1};
    oriel_plan_destroy(plan_of(&p, ROW));
}
END_TEST

START_TEST(the_narrowest_offset_depends_on_the_widest_element)
{
    oriel_problem p = good;
    p.type = ORIEL_F16;
    p.offset_align = 2;
    oriel_plan_destroy(plan_of(&p, ROW));
    p.out_type = ORIEL_F32;
    expect_refusal(&p, "offset_align");
}
END_TEST

/* Under END a batch entry may have no keys at all, and its first query then
 * lies so many rows before the first key. */
START_TEST(positions_count_entries_without_keys)
{
    oriel_problem p = good;
    p.query_origin = -999999995;
    oriel_plan_destroy(plan_of(&p, ROW));
    p.extras = ORIEL_EXTRA_KEY_RANGE;
    expect_refusal(&p, "query_origin");
}
END_TEST

static void note(void *user, const char *line)
{
    (void)line;
    ++*(int *)user;
}

START_TEST(the_longest_lengths_are_planned)
{
    const oriel_problem p = {.size = sizeof p,
                             .batch = 1000000000,
                             .heads = 1,
                             .queries = 1000000000,
                             .head_dim = 1,
                             .left = ORIEL_UNBOUNDED,
                             .right = ORIEL_UNBOUNDED};
    int lines = 0;
    must(oriel_explain(fixture()->oriel, &p, NULL, note, &lines));
    ck_assert_int_gt(lines, 0);
}
END_TEST

START_TEST(a_missing_out_or_context_is_refused)
{
    oriel_plan *plan = NULL;
    refused(oriel_plan_create(NULL, fixture()->oriel, &good, NULL),
            ORIEL_E_ARGUMENT, "out is NULL");
    refused(oriel_plan_create(&plan, NULL, &good, NULL), ORIEL_E_ARGUMENT,
            "context is NULL");
    refused(oriel_explain(NULL, &good, NULL, NULL, NULL), ORIEL_E_ARGUMENT,
            "context is NULL");
    refused(oriel_context_create(NULL, NULL), ORIEL_E_ARGUMENT, "out is NULL");
    ck_assert_ptr_null(plan);
}
END_TEST

START_TEST(destroying_nothing_does_nothing)
{
    oriel_plan_destroy(NULL);
    oriel_context_destroy(NULL);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    TCase *tc = tcase_create("problem");
    tcase_add_loop_test(tc, a_length_out_of_bounds_is_refused, 0,
                        COUNT(lengths));
    tcase_add_loop_test(tc, an_unknown_word_is_refused, 0, COUNT(words));
    tcase_add_test(tc, a_factor_that_is_none_is_refused);
    tcase_add_loop_test(tc, strides_that_overlap_or_overflow_are_refused, 0,
                        COUNT(strides));
    tcase_add_test(tc, only_inputs_may_repeat);
    tcase_add_test(tc, axes_of_one_element_may_have_any_stride);
    tcase_add_test(tc, the_narrowest_offset_depends_on_the_widest_element);
    tcase_add_test(tc, positions_count_entries_without_keys);
    tcase_add_test(tc, the_longest_lengths_are_planned);
    tcase_add_test(tc, a_missing_out_or_context_is_refused);
    tcase_add_test(tc, destroying_nothing_does_nothing);
    return run_tests(tc, "api/problem");
}
