/* lifetime_child.c: one process of test_lifetime.c: begins and ends in the way
 * its argument names. */
#define _DEFAULT_SOURCE
#include "sample.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static oriel_context *context;
static oriel_plan *plan;

/* Opens a context and computes; false if an answer is wrong. *refused: a
 * function returned an error. */
static bool work(bool *is_refused)
{
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
    oriel_status status =
        oriel_context_create(&context, ORIEL_CONTEXT_DESC(.cache_dir = ""));
    if (status == ORIEL_OK)
        status =
            oriel_plan_create(&plan, context, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = "row g16 k0"));
    if (status == ORIEL_OK)
        status = oriel_attend(plan, &s.call);
    if (status != ORIEL_OK)
        fprintf(stderr, "%s\n", oriel_last_error()->message);
    *is_refused = status != ORIEL_OK;
    const bool right = status == ORIEL_OK && sample_is_right(&s);
    sample_close(&s);
    return right;
}

static bool works(void)
{
    bool is_refused;
    return work(&is_refused);
}

static void destroy(void)
{
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
}

/* What a process that was forked now ends with. */
static int end_of(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Loading the library makes no OpenCL call, so a child may begin anew. */
static bool fork_before_use(void)
{
    const pid_t child = fork();
    if (child == 0) {
        const bool right = works();
        destroy();
        _exit(right ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return end_of(child) == EXIT_SUCCESS && works();
}

static bool fork_and_exit(void)
{
    if (!works())
        return false;
    const pid_t child = fork();
    if (child == 0)
        exit(EXIT_SUCCESS);
    destroy();
    return end_of(child) == EXIT_SUCCESS && works();
}

/* A child that uses what its parent used gets an answer or an error, never
 * none. */
static bool fork_and_begin_anew(void)
{
    if (!works())
        return false;
    const pid_t child = fork();
    if (child == 0) {
        bool is_refused;
        alarm(120);
        const bool right = work(&is_refused);
        _exit(right || is_refused ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    destroy();
    return end_of(child) == EXIT_SUCCESS && works();
}

int main(int count, char **arguments)
{
    const char *mode = count == 2 ? arguments[1] : "";
    bool right = false;
    if (strcmp(mode, "never-destroyed") == 0) {
        right = works();
    } else if (strcmp(mode, "at-exit") == 0) {
        /* Registered before and after the driver's own handlers. */
        atexit(destroy);
        right = works();
    } else if (strcmp(mode, "at-exit-first") == 0) {
        right = works();
        atexit(destroy);
    } else if (strcmp(mode, "fork-before-use") == 0) {
        right = fork_before_use();
    } else if (strcmp(mode, "fork-and-exit") == 0) {
        right = fork_and_exit();
    } else if (strcmp(mode, "fork-and-begin-anew") == 0) {
        right = fork_and_begin_anew();
    }
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
