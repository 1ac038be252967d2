/* series.c: interleaved timing. */
#include "series.h"

#include "clock.h"
#include "interrupt.h"

#include "base/error.h"

static oriel_status run_one(struct entrant *e, bool timed)
{
    double seconds = 0;
    if (e->out)
        return ORIEL_OK;
    oriel_status status = e->run(e->state, &seconds);
    if (status == ORIEL_OK)
        status = clock_check(seconds);
    if (status == ORIEL_OK && timed)
        return sample_add(&e->seconds, seconds);
    if (status != ORIEL_OK && e->may_fail) {
        e->out = true;
        sample_free(&e->seconds);
        return ORIEL_OK;
    }
    return status;
}

static oriel_status take_turn(struct entrant *of, size_t count, bool timed)
{
    for (size_t n = 0; n < count; n++)
        ORL_TRY(run_one(&of[n], timed));
    return ORIEL_OK;
}

oriel_status series_run(struct entrant *of, size_t count,
                        const struct series *limits)
{
    const double begin = clock_now();
    ORL_TRY(take_turn(of, count, false));
    for (size_t turn = 0; turn < limits->most && !interrupted(); turn++) {
        if (turn >= limits->least && clock_now() - begin > limits->seconds)
            break;
        ORL_TRY(take_turn(of, count, true));
    }
    return ORIEL_OK;
}

void series_free(struct entrant *of, size_t count)
{
    for (size_t n = 0; n < count; n++)
        sample_free(&of[n].seconds);
}
