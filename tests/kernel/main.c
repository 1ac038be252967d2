/* main.c: runs the kernel suite, or one case of it, in one process on one
 * device: every fork would load, or recompile, the same programs again. */
#define _POSIX_C_SOURCE 200809L
#include "device.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a list of words holds this one. */
static bool has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; *at;) {
        at += strspn(at, " ");
        const size_t span = strcspn(at, " ");
        if (span > 0 && span == length && strncmp(at, word, span) == 0)
            return true;
        at += span;
    }
    return false;
}

/* Exit status that Meson counts as a test that was left out. */
enum { SKIPPED = 77 };

int main(void)
{
    const char *left_out = getenv("KERNEL_LEAVE_OUT");
    const char *wanted = getenv("CK_RUN_CASE");
    if (left_out && wanted && has_word(left_out, wanted)) {
        printf("%s: left out on this device, see tests/README.md\n", wanted);
        return SKIPPED;
    }
    setenv("CK_LOG_FILE_NAME", "-", 0); /* a line as each test ends */
    device_open();                      /* some cases ask it what it can do */
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
