/* test_decode_rows.c: by which preset rows of decode are computed. */
#include "plan/decode_rows.h"

#include "given_plan.h"
#include "suite.h"

START_TEST(lanes_fit_a_vector_of_the_device)
{
    static const int32_t lanes[][2] = {{0, 4},  {4, 4},   {7, 4},  {8, 8},
                                       {15, 8}, {16, 16}, {32, 16}};
    for (size_t n = 0; n < sizeof lanes / sizeof *lanes; n++) {
        struct device d = given_cpu();
        d.vector_floats = lanes[n][0];
        ck_assert_int_eq(orl_decode_lanes(&d), lanes[n][1]);
    }
}
END_TEST

/* 4096 keys of d 128 are 2 MB of f16, 4 MB of f32 for each of 8 heads. */
static const struct full {
    const char *problem;
    int32_t floats, megabytes; /* of a vector, of the caches */
    int rows;
    bool full;
} fulls[] = {
    {"h32/8 q1 k4096 d128 w4095,0 f16", 16, 8, 4, true},
    {"h32/8 q1 k4096 d128 w4095,0 f16", 16, 1000, 4, true},
    {"h32/8 q1 k4096 d128 w4095,0 f16", 8, 8, 4, false},
    {"h32/8 q1 k4096 d64 w4095,0 f16", 16, 8, 4, false},
    {"h32/8 q1 k4096 d128 v64 w4095,0 f16", 16, 8, 4, false},
    {"h24/8 q1 k4096 d128 w4095,0 f16", 16, 8, 3, false},
    {"h56/8 q1 k4096 d128 w4095,0 f16", 16, 8, 7, false},
    {"h64/8 q1 k4096 d128 w4095,0 bf16", 16, 8, 8, true},
    {"h64/8 q1 k4096 d64 w4095,0 bf16", 16, 8, 8, true},
    {"h64/8 q1 k4096 d63 w4095,0 bf16", 16, 8, 8, false},
    {"h64/8 q1 k4096 d128 w4095,0 f32 vf16", 16, 1000, 8, true},
    {"h32/8 q1 k4096 d128 w4095,0", 16, 8, 4, true},
    {"h32/8 q1 k4096 d32 w4095,0", 16, 8, 4, true},
    {"h32/8 q1 k4096 d31 w4095,0", 16, 8, 4, false},
    {"h64/8 q1 k4096 d128 w4095,0", 16, 1000, 8, true},
    {"h8/8 q1 k4096 d128 w4095,0", 16, 8, 1, false},
    {"h16/8 q1 k4096 d128 w4095,0", 16, 8, 2, true},
    {"h16/8 q1 k4096 d128 w4095,0", 16, 1000, 2, false},
    {"h56/8 q1 k4096 d128 w4095,0", 16, 8, 7, true},
    {"h56/8 q1 k4096 d128 w4095,0", 16, 1000, 7, false},
    {"h72/8 q1 k4096 d128 w4095,0", 16, 8, 9, false},
    {"h96/8 q1 k4096 d128 w4095,0", 16, 8, 12, false},
};

START_TEST(full_steps_are_taken_where_they_were_faster)
{
    const struct full *f = &fulls[_i];
    const struct problem p = given_problem(f->problem);
    struct device d = given_cpu();
    d.vector_floats = f->floats;
    d.cache_bytes = (int64_t)f->megabytes << 20;
    const int32_t lanes = orl_decode_lanes(&d);
    const bool full =
        orl_decode_rows(&p, &d, f->rows, lanes) == orl_decode_full_steps();
    ck_assert_int_eq(full, f->full);
}
END_TEST

START_TEST(other_rows_take_the_fewest_cycles)
{
    static const int32_t best[][3] = {/* rows, those of the preset, as lanes */
                                      {1, 1, 0},   {3, 3, 0},   {6, 6, 0},
                                      {7, 4, 0},   {8, 4, 0},   {12, 6, 0},
                                      {16, 16, 1}, {24, 24, 1}, {48, 16, 1}};
    const struct problem p = given_problem("h48/1 q1 k4096 d128 w4095,0");
    struct device d = given_cpu();
    d.vector_floats = 8;
    for (size_t n = 0; n < sizeof best / sizeof *best; n++) {
        const struct decode_preset *preset =
            orl_decode_rows(&p, &d, best[n][0], 8);
        ck_assert_int_eq(preset->rows, best[n][1]);
        ck_assert_int_eq(preset->row_lanes, best[n][2]);
    }
}
END_TEST

START_TEST(keys_of_fewer_lanes_or_more_bytes_take_more_cycles)
{
    const struct problem p = given_problem("h4/1 q1 k4096 d128 w4095,0");
    const struct problem half = given_problem("h4/1 q1 k4096 d128 w4095,0 f16");
    const struct decode_preset *four = orl_decode_preset(4) + 3;
    const struct decode_preset *eight = orl_decode_preset_near(8, 4, false);
    ck_assert_int_eq(four->rows, eight->rows);
    ck_assert_double_eq_tol(orl_decode_key_cycles(four, &p),
                            2.0 * orl_decode_key_cycles(eight, &p), 1e-9);
    ck_assert_double_gt(orl_decode_key_cycles(eight, &half),
                        orl_decode_key_cycles(eight, &p));
    ck_assert(orl_decode_converts(&half) && !orl_decode_converts(&p));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("decode rows");
    tcase_add_test(tc, lanes_fit_a_vector_of_the_device);
    tcase_add_loop_test(tc, full_steps_are_taken_where_they_were_faster, 0,
                        sizeof fulls / sizeof *fulls);
    tcase_add_test(tc, other_rows_take_the_fewest_cycles);
    tcase_add_test(tc, keys_of_fewer_lanes_or_more_bytes_take_more_cycles);
    return suite_run(tc, "plan/decode_rows");
}
