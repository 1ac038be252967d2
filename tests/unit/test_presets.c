/* test_presets.c: what every row of the tables must keep. */
#include "plan/presets.h"

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

/* Sums, the vectors of keys or values, and one of the other factor. */
START_TEST(rows_of_decode_rise_and_fit_the_registers)
{
    const int32_t registers = all_lanes[_i] == 8 ? 16 : 32;
    const struct decode_preset *p = orl_decode_preset(all_lanes[_i]);
    for (int n = 0; n < ORL_DECODE_ROWS; n++, p++) {
        ck_assert_int_eq(p->lanes, all_lanes[_i]);
        ck_assert_int_eq(p->rows, n + 1);
        ck_assert_int_le(p->rows * p->qk_keys + p->qk_keys + 1, registers);
        ck_assert_int_le(p->rows * p->pv_vecs + p->pv_vecs + 1, registers);
        if (n > 0)
            ck_assert_int_gt(p->cycles, p[-1].cycles);
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
    tcase_add_loop_test(tc, rows_of_decode_rise_and_fit_the_registers, 0, 3);
    return suite_run(tc, "plan/presets");
}
