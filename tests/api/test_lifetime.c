/* test_lifetime.c: processes that end, fork and unload in every order. */
#define _DEFAULT_SOURCE
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Exit status of a command. settings: before it, "NAME=value". */
static int run(const char *settings, const char *program, const char *argument)
{
    char command[1200];
    snprintf(command, sizeof command, "%s timeout -s KILL 300 \"%s\" \"%s\"",
             settings, program, argument);
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Oclgrind 21.10 frees what it keeps for a thread before the handlers of exit()
 * run, and again when they release a program. */
static bool is_left_out(const char *mode)
{
    const char *setup = getenv("ORIEL_TEST_DEVICE");
    if (!setup || strcmp(setup, "oclgrind") != 0 ||
        strncmp(mode, "at-exit", 7) != 0)
        return false;
    printf("left out on Oclgrind, which frees twice: %s\n", mode);
    return true;
}

START_TEST(a_process_ends_well)
{
    static const char *const modes[] = {
        "never-destroyed", "at-exit",       "at-exit-first",
        "fork-before-use", "fork-and-exit", "fork-and-begin-anew",
    };
    if (is_left_out(modes[_i]))
        return;
    const int status = run("", LIFETIME_CHILD, modes[_i]);
    ck_assert_msg(status == 0, "%s: %d", modes[_i], status);
}
END_TEST

START_TEST(the_library_can_be_loaded_and_unloaded)
{
    /* A driver that was unloaded cannot be named in a list of known leaks. */
    ck_assert_int_eq(run("ASAN_OPTIONS=detect_leaks=0", DLOPEN_CHILD, LIBORIEL),
                     0);
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
