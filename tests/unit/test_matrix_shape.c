/* test_matrix_shape.c: what every row of the table must keep. */
#include "plan/matrix_shape.h"

#include "suite.h"

#include <oriel/types.h>

START_TEST(every_engine_has_a_shape_for_usual_heads)
{
    for (int engine = 1; engine < ORL_ENGINES; engine++)
        for (int32_t dim = 1; dim <= 64; dim++) {
            int count = 0;
            const struct matrix_shape *m =
                orl_matrix_shapes(engine, false, dim, &count);
            ck_assert_int_ge(count, 1);
            ck_assert_int_eq(m->engine, engine);
            ck_assert_int_ge(m->dim, dim);
        }
}
END_TEST

START_TEST(none_where_there_is_no_engine_or_no_room)
{
    int count = 1;
    orl_matrix_shapes(0, false, 64, &count);
    ck_assert_int_eq(count, 0);
    orl_matrix_shapes(ENGINE_MMA, true, 64, &count);
    ck_assert_int_eq(count, 0);
    orl_matrix_shapes(ENGINE_WMMA11, false, 129, &count);
    ck_assert_int_eq(count, 0);
    orl_matrix_shapes(ENGINE_MMA8, false, 129, &count);
    ck_assert_int_eq(count, 0);
    orl_matrix_shapes(ENGINE_MMA, false, 257, &count);
    ck_assert_int_eq(count, 0);
    orl_matrix_shapes(ENGINE_MFMA, false, 257, &count);
    ck_assert_int_eq(count, 0);
    orl_matrix_shapes(ENGINE_MFMA, true, 64, &count);
    ck_assert_int_ge(count, 1);
}
END_TEST

/* As compilers report them for gfx90a and sm_80. */
START_TEST(local_memory_is_as_compilers_count_it)
{
    const struct {
        struct matrix_shape m;
        int32_t dim;
        uint32_t type;
        bool aligned;
        int64_t bytes;
    } cases[] = {
        {{ENGINE_MMA, false, 0, 64, 64, 1, 0}, 64, ORIEL_F16, false, 18448},
        {{ENGINE_MMA, false, 0, 64, 64, 1, 0}, 64, ORIEL_F16, true, 36896},
        {{ENGINE_MMA, false, 0, 64, 32, 1, 0}, 128, ORIEL_F16, true, 34848},
        {{ENGINE_MMA, false, 0, 64, 16, 1, 0}, 129, ORIEL_F16, true, 19552},
        {{ENGINE_WMMA11, false, 0, 64, 32, 1, 0}, 80, ORIEL_BF16, true, 12048},
        {{ENGINE_MFMA, false, 0, 128, 64, 2, 0}, 64, ORIEL_BF16, true, 18448},
        {{ENGINE_MFMA, true, 0, 64, 64, 1, 0}, 64, ORIEL_F32, true, 34832},
        {{ENGINE_MFMA8, true, 0, 64, 16, 1, true}, 256, ORIEL_F32, true, 20496},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++)
        ck_assert_int_eq(orl_matrix_local_bytes(&cases[n].m, cases[n].dim,
                                                cases[n].dim, cases[n].type,
                                                false, cases[n].aligned),
                         cases[n].bytes);
}
END_TEST

START_TEST(a_group_has_a_wave_for_each_of_its_rows)
{
    const struct matrix_shape mma = {ENGINE_MMA, false, 0, 64, 64, 1, 0};
    const struct matrix_shape mfma = {ENGINE_MFMA, false, 0, 128, 64, 2, 0};
    const struct matrix_shape dpas = {ENGINE_DPAS8, false, 0, 64, 32, 1, 0};
    ck_assert_int_eq(orl_matrix_group(&mma), 128);
    ck_assert_int_eq(orl_matrix_group(&mfma), 256);
    ck_assert_int_eq(orl_matrix_group(&dpas), 64);
    ck_assert_int_eq(orl_matrix_wave_rows(&mfma), 32);
    ck_assert_int_eq(orl_matrix_wave_rows(&dpas), 8);
}
END_TEST

/* 64 channels: queries of 4 steps, scores of 64 keys, sums of 64 channels. */
START_TEST(registers_hold_queries_scores_and_sums)
{
    const struct matrix_shape mma = {ENGINE_MMA, false, 0, 64, 64, 1, 0};
    const struct matrix_shape mfma = {ENGINE_MFMA, false, 0, 128, 64, 2, 0};
    ck_assert_int_eq(orl_matrix_registers(&mma, 64, 64), 16 + 32 + 32);
    ck_assert_int_eq(orl_matrix_registers(&mfma, 64, 64), 2 * (8 + 16 + 16));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("matrix_shape");
    tcase_add_test(tc, every_engine_has_a_shape_for_usual_heads);
    tcase_add_test(tc, none_where_there_is_no_engine_or_no_room);
    tcase_add_test(tc, local_memory_is_as_compilers_count_it);
    tcase_add_test(tc, a_group_has_a_wave_for_each_of_its_rows);
    tcase_add_test(tc, registers_hold_queries_scores_and_sums);
    return suite_run(tc, "plan/matrix_shape");
}
