/* test_presets.c: what every row of the tables must keep. */
#include "plan/presets.h"

#include "base/arith.h"
#include "model/problem.h"
#include "suite.h"

static const int32_t all_lanes[] = {4, 8, 16};

START_TEST(every_class_of_device_and_problem_has_a_row)
{
    const int32_t lanes = all_lanes[_i];
    for (int staged = 0; staged < 2; staged++)
        for (int32_t dim = 1; dim <= ORL_MAX_DIM; dim++) {
            const struct lane_preset *p = orl_lane_preset(lanes, staged, dim);
            ck_assert_int_eq(p->lanes, lanes);
            ck_assert_int_eq(p->staged, staged);
            ck_assert_int_ge(p->head_dim, dim);
        }
}
END_TEST

START_TEST(a_dim_takes_the_nearest_row_that_holds_it)
{
    ck_assert_int_eq(orl_lane_preset(8, true, 64)->head_dim, 64);
    ck_assert_int_ne(orl_lane_preset(8, true, 65)->head_dim, 64);
}
END_TEST

/* Sums, a vector for each column, and one broadcast. One register too many
 * costs 30 points. */
START_TEST(sums_fit_the_registers)
{
    const int32_t registers = all_lanes[_i] == 16 ? 32 : 16;
    for (int staged = 0; staged < 2; staged++)
        for (int32_t dim = 1; dim <= ORL_MAX_DIM; dim++) {
            const struct lane_preset *p =
                orl_lane_preset(all_lanes[_i], staged, dim);
            ck_assert_int_le(p->qk_keys * p->qk_vecs + p->qk_vecs + 1,
                             registers);
            ck_assert_int_le(p->pv_rows * p->pv_vecs + p->pv_vecs + 1,
                             registers);
        }
}
END_TEST

START_TEST(a_converted_tile_serves_more_strips_than_one_read_in_place)
{
    const struct lane_preset *plain = orl_lane_preset(all_lanes[_i], false, 64);
    const struct lane_preset *staged = orl_lane_preset(all_lanes[_i], true, 64);
    ck_assert_int_gt(staged->strips, plain->strips);
    ck_assert_int_ge(plain->far, plain->strips);
    ck_assert_int_ge(staged->far, staged->strips);
}
END_TEST

/* Sums, the vectors of keys or values, and one of the other factor; where rows
 * are lanes, those of a channel, and a key. */
START_TEST(rows_of_decode_rise_and_fit_the_registers)
{
    const int32_t lanes = all_lanes[_i];
    const struct decode_preset *p = orl_decode_preset(lanes);
    int flat = 0;
    for (int n = 0; n < ORL_DECODE_ROWS; n++, p++) {
        const int32_t registers = p->lanes == 8 ? 16 : 32;
        const int32_t vecs = p->row_lanes ? p->rows / p->lanes : p->rows;
        const int32_t added = p->row_lanes ? 4 : p->rows;
        const int32_t factors = p->row_lanes ? vecs : p->qk_keys;
        ck_assert_int_eq(p->lanes, p->row_lanes ? lanes : orl_min(lanes, 8));
        ck_assert_int_le(vecs * p->qk_keys + factors + 1, registers);
        ck_assert_int_le(added * p->pv_vecs + p->pv_vecs + 1, registers);
        if (p->row_lanes)
            ck_assert_int_eq(p->rows % lanes, 0);
        else
            ck_assert_int_eq(p->rows, ++flat);
        if (n > 0 && p->row_lanes == p[-1].row_lanes)
            ck_assert_int_gt(p->cycles, p[-1].cycles);
    }
    ck_assert_int_eq(flat, 6);
}
END_TEST

START_TEST(other_numbers_of_rows_take_the_next_one_of_their_kind)
{
    static const int near[][5] = {
        {8, 1, 0, 1, 8},     {8, 6, 0, 6, 8},    {8, 8, 0, 6, 8},
        {8, 8, 1, 16, 8},    {8, 16, 1, 16, 8},  {8, 17, 1, 24, 8},
        {8, 24, 1, 24, 8},   {8, 32, 1, 24, 8},  {16, 4, 0, 4, 16},
        {16, 9, 0, 6, 8},    {16, 1, 1, 16, 16}, {16, 17, 1, 32, 16},
        {16, 40, 1, 32, 16}, {4, 7, 0, 6, 4},    {4, 13, 1, 12, 4}};
    for (size_t n = 0; n < sizeof near / sizeof *near; n++) {
        const struct decode_preset *p =
            orl_decode_preset_near(near[n][0], near[n][1], near[n][2]);
        ck_assert_int_eq(p->rows, near[n][3]);
        ck_assert_int_eq(p->row_lanes, near[n][2]);
        ck_assert_int_eq(p->lanes, near[n][4]);
    }
}
END_TEST

/* A row of the table holds at d 128; half the channels take more than half. */
START_TEST(cycles_grow_with_channels_and_do_not_vanish)
{
    const struct decode_preset *p = orl_decode_preset(8);
    for (int n = 0; n < ORL_DECODE_ROWS; n++, p++) {
        const double all = orl_decode_cycles(p, false, 256);
        ck_assert_double_eq_tol(all, p->cycles, 1e-9);
        ck_assert_double_eq_tol(orl_decode_cycles(p, true, 256),
                                p->converted_cycles, 1e-9);
        ck_assert_double_gt(orl_decode_cycles(p, false, 128), all / 2.0);
        ck_assert_double_lt(orl_decode_cycles(p, false, 128), all);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("presets");
    tcase_add_loop_test(tc, every_class_of_device_and_problem_has_a_row, 0, 3);
    tcase_add_test(tc, a_dim_takes_the_nearest_row_that_holds_it);
    tcase_add_loop_test(tc, sums_fit_the_registers, 0, 3);
    tcase_add_loop_test(
        tc, a_converted_tile_serves_more_strips_than_one_read_in_place, 0, 3);
    tcase_add_test(tc, other_numbers_of_rows_take_the_next_one_of_their_kind);
    tcase_add_test(tc, cycles_grow_with_channels_and_do_not_vanish);
    tcase_add_loop_test(tc, rows_of_decode_rise_and_fit_the_registers, 0, 3);
    return suite_run(tc, "plan/presets");
}
