/* test_lifetime.c: processes that end, fork and unload in every order. */
#define _DEFAULT_SOURCE
#include "suite.h"

#include <stdio.h>
#include <sys/wait.h>

/* Exit status of a command; 124 if it hangs. */
static int run(const char *program, const char *argument)
{
    char command[1200];
    snprintf(command, sizeof command, "timeout -s KILL 60 \"%s\" \"%s\"",
             program, argument);
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(a_process_ends_well)
{
    static const char *const modes[] = {
        "never-destroyed", "at-exit",       "at-exit-first",
        "fork-before-use", "fork-and-exit", "fork-and-begin-anew",
    };
    const int status = run(LIFETIME_CHILD, modes[_i]);
    ck_assert_msg(status == 0, "%s: %d", modes[_i], status);
}
END_TEST

START_TEST(the_library_can_be_loaded_and_unloaded)
{
    ck_assert_int_eq(run(DLOPEN_CHILD, LIBORIEL), 0);
}
END_TEST

int main(void)
{
    setenv("CK_FORK", "no", 0);
    TCase *tc = tcase_create("lifetime");
    tcase_add_loop_test(tc, a_process_ends_well, 0, 6);
    tcase_add_test(tc, the_library_can_be_loaded_and_unloaded);
    return suite_run(tc, "api/lifetime");
}
