/* test_problem_faults.c: what problem.c refuses, with which words, and what it
 * only just accepts. */
#include "base/arith.h"
#include "base/error.h"
#include "model/problem.h"
#include "suite.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static oriel_problem plain(void)
{
    return (oriel_problem) {.size = sizeof(oriel_problem),
                            .heads = 8,
                            .queries = 16,
                            .head_dim = 64,
                            .left = 3};
}

static void expect_accepted(const oriel_problem *in)
{
    struct problem p;
    ck_assert_msg(orl_problem_check(&p, in) == ORIEL_OK, "%s",
                  oriel_last_error()->message);
}

static void expect_refused(const oriel_problem *in, const char *message)
{
    struct problem p = {.batch = 42};
    ck_assert_int_eq(orl_problem_check(&p, in), ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message, message);
    ck_assert_int_eq(p.batch, 42);
}

#define FIELD(name) offsetof(oriel_problem, name)

static const struct {
    size_t field;
    int64_t value;
    const char *message;
} long_faults[] = {
    {FIELD(batch), -1, "batch is -1; it must be from 1 to 1000000000"},
    {FIELD(batch), 1000000001,
     "batch is 1000000001; it must be from 1 to 1000000000"},
    {FIELD(heads), 0, "heads is 0; it must be from 1 to 1000000000"},
    {FIELD(heads), INT64_MIN,
     "heads is -9223372036854775808; it must be from 1 to 1000000000"},
    {FIELD(kv_heads), 3, "kv_heads is 3, which does not divide heads, 8"},
    {FIELD(kv_heads), 16, "kv_heads is 16, which does not divide heads, 8"},
    {FIELD(kv_heads), -2, "kv_heads is -2; it must be from 1 to 1000000000"},
    {FIELD(queries), 0, "queries is 0; it must be from 1 to 1000000000"},
    {FIELD(queries), 1000000001,
     "queries is 1000000001; it must be from 1 to 1000000000"},
    {FIELD(keys), -7, "keys is -7; it must be from 1 to 1000000000"},
    {FIELD(keys), INT64_MAX,
     "keys is 9223372036854775807; it must be from 1 to 1000000000"},
    {FIELD(head_dim), 0, "head_dim is 0; it must be from 1 to 512"},
    {FIELD(head_dim), 513, "head_dim is 513; it must be from 1 to 512"},
    {FIELD(v_dim), -1, "v_dim is -1; it must be from 1 to 512"},
    {FIELD(v_dim), 513, "v_dim is 513; it must be from 1 to 512"},
    {FIELD(left), -1,
     "left is -1 and right is 0; their sum must not be negative"},
    {FIELD(right), -4,
     "left is 3 and right is -4; their sum must not be negative"},
    {FIELD(right), INT64_MIN,
     "left is 3 and right is -9223372036854775808; their sum must not be "
     "negative"},
    {FIELD(query_origin), 1000000001,
     "query_origin is 1000000001, so that a query has position 1000000001, "
     "beyond 1000000000"},
    {FIELD(query_origin), INT64_MAX,
     "query_origin is 9223372036854775807; no row may have a position beyond "
     "1000000000"},
    {FIELD(query_origin), INT64_MIN,
     "query_origin is -9223372036854775808; no row may have a position beyond "
     "1000000000"},
    {FIELD(key_origin), -1000000001,
     "key_origin is -1000000001, so that a key of 16 has a position beyond "
     "1000000000"},
    {FIELD(key_origin), 999999986,
     "key_origin is 999999986, so that a key of 16 has a position beyond "
     "1000000000"},
    {FIELD(key_origin), INT64_MIN,
     "key_origin is -9223372036854775808; no row may have a position beyond "
     "1000000000"},
    {FIELD(q.row), 63,
     "q.row is 63, so that elements overlap: the axes inside it take 64 "
     "elements"},
    {FIELD(k.row), -1, "k.row is -1; strides are not negative"},
    {FIELD(v.row), 63,
     "v.row is 63, so that elements overlap: the axes inside it take 64 "
     "elements"},
    {FIELD(out.row), 64,
     "out.head is 0, so that elements overlap: only batch and head of an "
     "input may repeat"},
};

START_TEST(a_wrong_number_is_refused_by_name)
{
    oriel_problem in = plain();
    memcpy((char *)&in + long_faults[_i].field, &long_faults[_i].value,
           sizeof(int64_t));
    expect_refused(&in, long_faults[_i].message);
}
END_TEST

static const struct {
    size_t field;
    uint32_t value;
    const char *message;
} word_faults[] = {
    {FIELD(extras), 4, "extras has unknown bits: 0x4"},
    {FIELD(extras), 0x80000003, "extras has unknown bits: 0x80000000"},
    {FIELD(type), 4, "type is 4; it must be an oriel_type"},
    {FIELD(k_type), 9, "k_type is 9; it must be an oriel_type"},
    {FIELD(v_type), UINT32_MAX,
     "v_type is 4294967295; it must be an oriel_type"},
    {FIELD(out_type), 4, "out_type is 4; it must be an oriel_type"},
    {FIELD(align), 2, "align is 2; it must be an oriel_align"},
    {FIELD(offset_align), 1, "offset_align is 1; it must be 4, 8 or 16"},
    {FIELD(offset_align), 2, "offset_align is 2; it must be 4, 8 or 16"},
    {FIELD(offset_align), 12, "offset_align is 12; it must be 4, 8 or 16"},
    {FIELD(offset_align), 32, "offset_align is 32; it must be 4, 8 or 16"},
};

START_TEST(a_wrong_word_is_refused_by_name)
{
    oriel_problem in = plain();
    memcpy((char *)&in + word_faults[_i].field, &word_faults[_i].value,
           sizeof(uint32_t));
    expect_refused(&in, word_faults[_i].message);
}
END_TEST

START_TEST(a_wrong_factor_is_refused_by_name)
{
    static const float wrong[] = {-1, -1e-45f, INFINITY, -INFINITY, NAN};
    static const char *const kind[] = {"negative", "negative", "infinite",
                                       "infinite", "NaN"};
    char message[128];
    oriel_problem in = plain();
    in.scale = wrong[_i];
    snprintf(message, sizeof message,
             "scale is %s; it must be positive and finite, or 0 for its "
             "default",
             kind[_i]);
    expect_refused(&in, message);
    in = plain();
    in.softcap = wrong[_i];
    snprintf(message, sizeof message,
             "softcap is %s; it must be positive and finite, or 0 for its "
             "default",
             kind[_i]);
    expect_refused(&in, message);
}
END_TEST

START_TEST(a_descriptor_of_another_size_is_refused)
{
    oriel_problem in = plain();
    char message[128];
    in.size--;
    snprintf(message, sizeof message,
             "size is %zu; it must be sizeof(oriel_problem), %zu",
             sizeof in - 1, sizeof in);
    expect_refused(&in, message);
}
END_TEST

START_TEST(two_byte_offsets_need_two_byte_elements)
{
    oriel_problem in = plain();
    in.offset_align = 2;
    in.type = ORIEL_F16;
    expect_accepted(&in);
    in.offset_align = 6;
    expect_refused(&in, "offset_align is 6; it must be 2, 4, 8 or 16");
    in.offset_align = 2;
    uint32_t *const types[] = {&in.k_type, &in.v_type, &in.out_type};
    for (int i = 0; i < 3; i++) {
        *types[i] = ORIEL_F32;
        expect_refused(&in, "offset_align is 2; it must be 4, 8 or 16");
        *types[i] = ORIEL_BF16;
        expect_accepted(&in);
    }
    in.type = ORIEL_F32;
    expect_refused(&in, "offset_align is 2; it must be 4, 8 or 16");
    in.offset_align = 4;
    expect_accepted(&in);
}
END_TEST

START_TEST(factors_of_any_positive_size_are_kept)
{
    oriel_problem in = plain();
    struct problem p;
    in.scale = 1e-45f;
    in.softcap = 3.4028235e38f;
    ck_assert_int_eq(orl_problem_check(&p, &in), ORIEL_OK);
    ck_assert(p.scale == 1e-45f && p.softcap == 3.4028235e38f);
    in.softcap = 0.5f;
    ck_assert_int_eq(orl_problem_check(&p, &in), ORIEL_OK);
    ck_assert(p.softcap == 0.5f);
    in.scale = in.softcap = -0.0f;
    ck_assert_int_eq(orl_problem_check(&p, &in), ORIEL_OK);
    ck_assert(p.scale == 0.125f && p.softcap == 0 && !signbit(p.softcap));
}
END_TEST

START_TEST(reaches_at_the_ends_of_their_range)
{
    static const struct {
        int64_t left, right;
        bool right_sum;
    } cases[] = {
        {INT64_MAX, INT64_MAX, true},
        {INT64_MAX, INT64_MIN, false},
        {INT64_MAX, -INT64_MAX, true},
        {INT64_MIN, INT64_MAX, false},
        {-INT64_MAX, INT64_MAX, true},
        {INT64_MIN, INT64_MIN, false},
        {-1, -1, false},
        {-1, 1, true},
        {-2, 1, false},
        {1, -1, true},
        {1, -2, false},
        {0, 0, true},
        {0, -1, false},
        {-1, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oriel_problem in = plain();
        struct problem p;
        in.left = cases[i].left;
        in.right = cases[i].right;
        const bool accepted = orl_problem_check(&p, &in) == ORIEL_OK;
        ck_assert(accepted == cases[i].right_sum);
        if (accepted) {
            ck_assert_int_eq(p.left, in.left);
            ck_assert_int_eq(p.right, in.right);
            ck_assert(orl_problem_pairs(&p) >= 0);
        }
    }
}
END_TEST

/* Rows of lse are floats, those of out may be half as wide: each is 2^61 bytes
 * here but for lse, which is 2^63. */
START_TEST(lse_must_be_countable_as_well)
{
    oriel_problem in = plain();
    in.batch = INT64_C(1) << 20;
    in.heads = INT64_C(1) << 20;
    in.queries = INT64_C(1) << 21;
    in.keys = in.head_dim = 1;
    in.type = ORIEL_F16;
    in.q.row = 1;
    expect_accepted(&in);
    in.extras = ORIEL_EXTRA_LSE;
    expect_refused(&in, "lse is too large: its bytes must be counted by a "
                        "size_t");
    in.queries--;
    expect_accepted(&in);
}
END_TEST

/* ---- Positions ----------------------------------------------------------- */

START_TEST(every_row_has_a_position_within_a_billion)
{
    const int64_t most = ORL_MAX_LENGTH;
    oriel_problem in = plain();
    in.keys = 100;

    in.align = ORIEL_ALIGN_START;
    in.query_origin = most - 15;
    expect_accepted(&in);
    in.query_origin++;
    expect_refused(&in,
                   "query_origin is 999999986, so that a query has position "
                   "1000000001, beyond 1000000000");
    in.query_origin = -most;
    expect_accepted(&in);
    in.query_origin--;
    expect_refused(&in,
                   "query_origin is -1000000001, so that a query has position "
                   "-1000000001, beyond 1000000000");

    in.align = ORIEL_ALIGN_END;
    in.query_origin = most - 99;
    expect_accepted(&in);
    in.query_origin++;
    expect_refused(&in,
                   "query_origin is 999999902, so that a query has position "
                   "1000000001, beyond 1000000000");
    in.query_origin = -most - 84;
    expect_accepted(&in);
    in.query_origin--;
    expect_refused(&in,
                   "query_origin is -1000000085, so that a query has position "
                   "-1000000001, beyond 1000000000");

    in.query_origin = 0;
    in.key_origin = most - 99;
    expect_accepted(&in);
    in.key_origin = -most;
    expect_accepted(&in);
}
END_TEST

/* Under END an entry without keys puts its queries before all of them. */
START_TEST(key_limits_count_for_positions)
{
    oriel_problem in = plain();
    in.query_origin = -ORL_MAX_LENGTH;
    expect_accepted(&in);
    in.extras = ORIEL_EXTRA_KEY_RANGE;
    expect_refused(&in,
                   "query_origin is -1000000000, so that a query has position "
                   "-1000000016, beyond 1000000000");
    in.query_origin += 16;
    expect_accepted(&in);
    in.query_origin = -ORL_MAX_LENGTH;
    in.align = ORIEL_ALIGN_START;
    expect_accepted(&in);
}
END_TEST

START_TEST(a_billion_rows_are_accepted)
{
    oriel_problem in = plain();
    struct problem p;
    in.queries = ORL_MAX_LENGTH;
    in.head_dim = 512;
    in.left = ORIEL_UNBOUNDED;
    ck_assert_int_eq(orl_problem_check(&p, &in), ORIEL_OK);
    const double n = 1e9;
    ck_assert(orl_problem_pairs(&p) == 8 * (n * (n + 1) / 2));
    ck_assert_int_eq(orl_tensor_extent(&p.k, 1, 8, ORL_MAX_LENGTH),
                     INT64_C(8) * 512 * ORL_MAX_LENGTH);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

int main(void)
{
    TCase *tc = tcase_create("faults");
    tcase_add_loop_test(tc, a_wrong_number_is_refused_by_name, 0,
                        COUNT(long_faults));
    tcase_add_loop_test(tc, a_wrong_word_is_refused_by_name, 0,
                        COUNT(word_faults));
    tcase_add_loop_test(tc, a_wrong_factor_is_refused_by_name, 0, 5);
    tcase_add_test(tc, a_descriptor_of_another_size_is_refused);
    tcase_add_test(tc, two_byte_offsets_need_two_byte_elements);
    tcase_add_test(tc, factors_of_any_positive_size_are_kept);
    tcase_add_test(tc, reaches_at_the_ends_of_their_range);
    tcase_add_test(tc, lse_must_be_countable_as_well);
    tcase_add_test(tc, every_row_has_a_position_within_a_billion);
    tcase_add_test(tc, key_limits_count_for_positions);
    tcase_add_test(tc, a_billion_rows_are_accepted);
    return suite_run(tc, "model/problem: faults");
}
