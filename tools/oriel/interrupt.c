/* interrupt.c: SIGINT and SIGTERM. */
#define _POSIX_C_SOURCE 200809L
#include "interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A handler has nothing else to leave its marks in. */
static volatile sig_atomic_t caught, caught_at;

/* Of some clock, in tenths of a second; wraps. */
static sig_atomic_t tenths(void)
{
    struct timespec t = {.tv_sec = 0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sig_atomic_t)(t.tv_sec % 100000 * 10 + t.tv_nsec / 100000000);
}

/* timeout(1) signals its child and then the child's group, which is one wish
 * sent twice within microseconds. */
static bool echoes(void)
{
    const sig_atomic_t since = tenths() - caught_at;
    return since >= 0 && since < 5;
}

static void note(int number)
{
    if (!caught) {
        caught_at = tenths();
        caught = number;
    } else if (!echoes()) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

void interrupt_note(void)
{
    /* SA_RESTART: a driver's own system calls go on. */
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
    return caught != 0;
}

void interrupt_obey(void)
{
    if (!caught)
        return;
    fflush(stdout);
    signal((int)caught, SIG_DFL);
    raise((int)caught);
}
