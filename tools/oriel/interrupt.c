/* interrupt.c: SIGINT and SIGTERM. */
#define _POSIX_C_SOURCE 200809L
#include "interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A handler has nothing else to leave its mark in. */
static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number; /* SA_RESETHAND: the next one ends the process */
}

void interrupt_note(void)
{
    /* SA_RESTART: a driver's own system calls go on. */
    struct sigaction action = {.sa_handler = note,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
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
