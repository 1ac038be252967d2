/* main.c: runs the kernel suite in one process, on one device: every process
 * would load, and every fork recompile, the same programs again. */
#include "device.h"
#include "suites.h"

int main(void)
{
    device_open(); /* some cases ask it what it can do */
    Suite *suite = suite_create("kernel");
    suite_add_tcase(suite, probe_case());
    suite_add_tcase(suite, tile_case());
    suite_add_tcase(suite, row_case());
    suite_add_tcase(suite, lane_case());
    suite_add_tcase(suite, decode_case());
    suite_add_tcase(suite, segment_case());
    suite_add_tcase(suite, tile_family_case());
    suite_add_tcase(suite, layout_case());
    suite_add_tcase(suite, matrix_case());
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    device_close();
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
