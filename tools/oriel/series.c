/* series.c: interleaved timing. */
#include "series.h"

#include "clock.h"
#include "interrupt.h"

#include "base/error.h"

#include <math.h>

/* Of a turn, by how long one takes. */
static size_t calls_for(double together, double seconds)
{
    return (size_t)fmax(1, fmin(SERIES_CALLS, ceil(together / seconds)));
}

static oriel_status run_one(struct entrant *e, const struct series *limits,
                            bool timed)
{
    double seconds = 0;
    if (e->out)
        return ORIEL_OK;
    oriel_status status = e->run(e->state, timed ? e->calls : 1, &seconds);
    if (status == ORIEL_OK)
        status = clock_check(seconds);
    if (status == ORIEL_OK && timed)
        return sample_add(&e->seconds, seconds);
    if (status == ORIEL_OK)
        e->calls = calls_for(limits->together, seconds);
    if (status != ORIEL_OK && e->may_fail) {
        e->out = true;
        sample_free(&e->seconds);
        return ORIEL_OK;
    }
    return status;
}

static oriel_status take_turn(struct entrant *of, size_t count,
                              const struct series *limits, bool timed)
{
    for (size_t n = 0; n < count; n++)
        ORL_TRY(run_one(&of[n], limits, timed));
    return ORIEL_OK;
}

oriel_status series_run(struct entrant *of, size_t count,
                        const struct series *limits)
{
    const double begin = clock_now();
    ORL_TRY(take_turn(of, count, limits, false));
    /* A first call can bring a program to the device. */
    if (limits->together > 0)
        ORL_TRY(take_turn(of, count, limits, false));
    for (size_t turn = 0; turn < limits->most && !interrupted(); turn++) {
        if (turn >= limits->least && clock_now() - begin > limits->seconds)
            break;
        ORL_TRY(take_turn(of, count, limits, true));
    }
    return ORIEL_OK;
}

void series_free(struct entrant *of, size_t count)
{
    for (size_t n = 0; n < count; n++)
        sample_free(&of[n].seconds);
}
