/* progress.c: one line on a terminal. */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include "clock.h"

#include <stdio.h>
#include <unistd.h>

void progress_clear(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

void progress_show(size_t number, size_t of, const char *text, double begin)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K%zu of %zu: %.48s", number + 1, of, text);
    if (number > 0) {
        const double left =
            (clock_now() - begin) / (double)number * (double)(of - number);
        fprintf(stderr, left < 90 ? ", %.0f s left" : ", %.0f min left",
                left < 90 ? left : left / 60);
    }
    fflush(stderr);
}
