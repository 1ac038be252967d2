/* run_execute.c: the problem on the device: once, or many times against its
 * peak. */
#include "burst.h"
#include "machine.h"
#include "run.h"
#include "series.h"

#include "base/error.h"
#include "reference/blas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static oriel_status repeat(struct job *j, struct run *r, size_t times)
{
    struct burst burst = {.kernel = NULL};
    const struct machine *m = j->machine;
    const bool has_burst =
        burst_open(&burst, m->opencl, r->id, &r->device, m->queue) == ORIEL_OK;
    if (!has_burst)
        device_log(NULL, ORIEL_LOG_WARNING, oriel_last_error()->message);

    struct entrant of[2] = {{.run = burst_run, .state = &burst},
                            {.run = job_calls, .state = j}};
    const struct sample *peak = &of[0].seconds, *own = &of[1].seconds;
    const struct series limits = {.least = times,
                                  .most = times,
                                  .together = burst_turn_seconds(&r->device)};
    const oriel_status status =
        has_burst ? series_run(of, 2, &limits) : series_run(of + 1, 1, &limits);
    if (status == ORIEL_OK) {
        const double flops =
            2.0 * (r->problem.q.channels + r->problem.v.channels) * r->pairs;
        r->seconds = sample_median(own);
        r->peak_gflops = burst.flops / sample_median(peak) * 1e-9;
        if (job_has_peak(j))
            r->share_of_peak = flops / burst.flops * sample_ratio(peak, own);
    }
    series_free(of, 2);
    burst_close(&burst);
    return status;
}

/* The same problem by CLBlast, for --reference. */
static oriel_status refer(const struct machine *m, struct run *r)
{
    const struct problem *p = &r->problem;
    const struct oracle oracle = run_oracle(r);
    r->reference = calloc((size_t)(p->batch * p->heads * p->queries) *
                              (size_t)p->v.channels,
                          sizeof *r->reference);
    if (!r->reference)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the reference");
    const oriel_status status =
        blas_attend(&oracle, m->opencl, m->queue, r->reference);
    blas_forget();
    return status;
}

static oriel_status execute(struct machine *m, struct job *j, struct run *r)
{
    int64_t times = 1;
    const char *text = argument(r->a, "repeat");
    if (text)
        ORL_TRY(option_int64("repeat", text, 1, 1000000, &times));
    ORL_TRY(machine_open(m, r->id, NULL));
    ORL_TRY(job_open(j, m, &r->problem, argument(r->a, "plan")));
    device_tell(&m->held);
    r->plan_seconds = j->plan_seconds;
    snprintf(r->plan, sizeof r->plan, "%s", j->text);
    ORL_TRY(job_upload(j, r));
    ORL_TRY(text ? repeat(j, r, (size_t)times) : job_call(j, &r->seconds));
    ORL_TRY(job_download(j, r));
    return argument(r->a, "reference") ? refer(m, r) : ORIEL_OK;
}

oriel_status run_execute(struct run *r)
{
    struct machine m = {.opencl = NULL};
    struct job j = {.plan = NULL};
    r->peak_gflops = r->share_of_peak = NAN;
    const oriel_status status = execute(&m, &j, r);
    job_close(&j);
    machine_close(&m);
    return status;
}
