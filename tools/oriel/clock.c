/* clock.c: the clock that everything is timed with. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"

#include "base/error.h"

#include <math.h>
#include <time.h>

double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_since(double begin)
{
    const double seconds = clock_now() - begin;
    return seconds > 0 ? seconds : NAN;
}

oriel_status clock_check(double seconds)
{
    if (seconds > 0)
        return ORIEL_OK;
    return orl_fail(ORIEL_E_UNSUPPORTED,
                    "this computer's clock (CLOCK_MONOTONIC) stood still or "
                    "ran back while something was timed");
}
