/* bench_measure.c: one problem: its runs, and in turn with them the peaks of
 * arithmetic and of reading. */
#include "bench.h"

#include "interrupt.h"
#include "memory.h"
#include "series.h"

#include "base/error.h"
#include "model/elem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Turns, and the seconds after which no more are begun. */
static const struct series usual = {.least = 5, .most = 2000, .seconds = 1.5};

enum { BURST, SUM, OURS, ENTRANTS };

static oriel_status call(void *state, double *seconds)
{
    return job_call(state, seconds);
}

/* Rows of k that some query of one batch entry sees. */
static double rows_seen(const struct run *r, int64_t entry)
{
    const struct problem *p = &r->problem;
    const struct part part = {p->queries, p->keys, p->query_origin,
                              p->key_origin};
    const struct window w = orl_problem_entry_window(
        p, &part, r->key_begin ? r->key_begin[entry] : 0,
        r->key_end ? r->key_end[entry] : p->keys);
    const struct span s = orl_window_any(&w, 0, p->queries);
    return (double)(s.end - s.begin);
}

double bench_bytes(const struct run *r)
{
    const struct problem *p = &r->problem;
    double rows = 0;
    for (int64_t entry = 0; entry < p->batch; entry++)
        rows += rows_seen(r, entry) * (double)p->kv_heads;
    const double queries = (double)(p->batch * p->heads * p->queries);
    return rows * (double)(p->k.channels * (int64_t)orl_elem_bytes(p->k.type) +
                           p->v.channels * (int64_t)orl_elem_bytes(p->v.type)) +
           queries *
               (double)(p->q.channels * (int64_t)orl_elem_bytes(p->q.type) +
                        p->out.channels * (int64_t)orl_elem_bytes(p->out.type));
}

/* Plan, tensors on the device, and what memory that and a call take. */
static oriel_status prepare(struct bench *b, struct run *r, struct job *j,
                            struct finding *f)
{
    double seconds;
    ORL_TRY(job_open(j, &b->machine, &r->problem, NULL));
    snprintf(f->problem, sizeof f->problem, "%s", r->text);
    snprintf(f->plan, sizeof f->plan, "%s", j->text);
    f->threads = b->device.compute_units;
    if (b->named)
        bench_startup(b, f);
    if (interrupted())
        return ORIEL_OK;
    ORL_TRY(run_inputs(r));
    f->flops = 2.0 * (r->problem.q.channels + r->problem.v.channels) * r->pairs;
    f->bytes = bench_bytes(r);
    ORL_TRY(job_upload(j, r));
    run_release(r);
    memory_forget_peak();
    ORL_TRY(job_call(j, &seconds));
    const int64_t memory = memory_peak(0);
    f->memory = memory > 0 ? (double)memory : NAN;
    return ORIEL_OK;
}

static void conclude(struct finding *f, const struct bench *b,
                     const struct burst *sum, const struct entrant *of)
{
    const struct sample *ours = &of[OURS].seconds;
    f->turns = (int64_t)ours->count;
    f->seconds_median = sample_median(ours);
    f->seconds_min = sample_least(ours);
    if (!b->burst.kernel)
        return;
    f->peak_flops_per_second =
        b->burst.flops / sample_median(&of[BURST].seconds);
    f->share_of_peak =
        f->flops / b->burst.flops * sample_ratio(&of[BURST].seconds, ours);
    f->peak_bytes_per_second = sum->bytes / sample_median(&of[SUM].seconds);
    f->share_of_bandwidth =
        f->bytes / sum->bytes * sample_ratio(&of[SUM].seconds, ours);
}

static oriel_status take_turns(struct bench *b, struct job *j,
                               struct finding *f, bool *whole)
{
    struct burst sum = {.kernel = NULL};
    struct entrant of[ENTRANTS] = {
        [BURST] = {.run = burst_run, .state = &b->burst},
        [SUM] = {.run = burst_run, .state = &sum},
        [OURS] = {.run = call, .state = j},
    };
    const struct machine *m = &b->machine;
    const int first = b->burst.kernel ? BURST : OURS;
    if (b->burst.kernel)
        ORL_TRY(burst_open_sum(&sum, m->opencl, b->id, &b->device, m->queue,
                               f->bytes));
    const oriel_status status =
        series_run(of + first, (size_t)(ENTRANTS - first), &usual);
    *whole = !interrupted();
    if (status == ORIEL_OK)
        conclude(f, b, &sum, of);
    series_free(of, ENTRANTS);
    burst_close(&sum);
    return status;
}

oriel_status bench_measure(struct bench *b, struct run *r, struct finding *f,
                           bool *whole)
{
    struct job j = {.plan = NULL};
    *f = finding_of_nothing();
    *whole = false;
    oriel_status status = prepare(b, r, &j, f);
    if (status == ORIEL_OK && !interrupted())
        status = take_turns(b, &j, f, whole);
    job_close(&j);
    run_release(r);
    return status;
}
