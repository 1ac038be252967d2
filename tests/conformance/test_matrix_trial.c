/* test_matrix_trial.c: how the matrix unit of a device is found, on a device
 * that has none: by emulation. */
#include "stage.h"

#include "cl/matrix_trial.h"

#include <check.h>
#include <stdlib.h>

static struct stage stage;

START_TEST(every_unit_passes_its_trial)
{
    if (stage.device.loop_limit > 0 || stage.most_programs == 2)
        return; /* Mesa's compiler and Oclgrind take too long */
    ck_assert_int_eq(orl_matrix_try(&stage.engine, _i, true), TRIAL_RIGHT);
}
END_TEST

/* Of those that a CPU can be asked about: PoCL ends the process on PTX. */
START_TEST(a_unit_that_is_not_there_is_absent)
{
    if (stage.device.kind == DEVICE_GPU)
        return;
    const int native[] = {ENGINE_WMMA11, ENGINE_WMMA12, ENGINE_MFMA,
                          ENGINE_MFMA8};
    ck_assert_int_le(orl_matrix_try(&stage.engine, native[_i], false),
                     TRIAL_NO_KERNEL);
}
END_TEST

START_TEST(only_gpus_are_tried)
{
    if (stage.device.kind == DEVICE_GPU)
        return;
    ck_assert_int_eq(orl_matrix_guess(&stage.engine).engine[0], 0);
    ck_assert_int_eq(orl_trial_matrix(&stage.engine), TRIAL_ABSENT);
    ck_assert_int_eq(stage.device.matrix, 0);
}
END_TEST

int main(void)
{
    stage_open(&stage);
    TCase *tc = tcase_create("matrix_trial");
    tcase_add_loop_test(tc, every_unit_passes_its_trial, 1, ORL_ENGINES);
    tcase_add_loop_test(tc, a_unit_that_is_not_there_is_absent, 0, 4);
    tcase_add_test(tc, only_gpus_are_tried);
    Suite *suite = suite_create("matrix_trial");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    stage_close(&stage);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
