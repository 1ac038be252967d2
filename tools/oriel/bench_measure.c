/* bench_measure.c: one problem: its runs, and in turn with them the peaks of
 * arithmetic and of reading. */
#include "bench.h"

#include "interrupt.h"
#include "memory.h"
#include "progress.h"
#include "series.h"

#include "base/error.h"
#include "base/text.h"
#include "model/elem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Turns, and the seconds after which no more are begun; with peers, and where a
 * turn takes long. */
static const struct series usual = {.least = 5, .most = 2000, .seconds = 1.5};
static const struct series with_peers = {
    .least = 5, .most = 2000, .seconds = 4};

enum { BURST, SUM, REFERENCE, OURS, PEER, ENTRANTS = PEER + PEERS_MOST };

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

/* Each visible row of k and v once for every key head, q and out. */
static double bytes_of(const struct run *r)
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

/* The text without its window: what a line through several windows is. */
static void name_series(struct finding *f, bool growth)
{
    struct text t = orl_text(f->series, sizeof f->series);
    struct scan s = orl_scan(f->problem);
    const char *word;
    size_t length;
    while (orl_scan_word(&s, &word, &length))
        if (growth ? word[0] != 'q' && word[0] != 'k' : word[0] != 'w')
            orl_text_add(&t, "%s%.*s", t.length ? " " : "", (int)length, word);
}

static void describe(struct finding *f, const struct run *r)
{
    const struct problem *p = &r->problem;
    *f = finding_of_nothing();
    snprintf(f->problem, sizeof f->problem, "%s", r->text);
    f->queries = p->queries;
    f->span = (double)orl_problem_span(p);
    f->flops = 2.0 * (p->q.channels + p->v.channels) * r->pairs;
    f->bytes = bytes_of(r);
}

/* Tensors on the device, peers that have computed the same, and what memory a
 * call takes. */
static oriel_status prepare(struct bench *b, struct run *r, struct job *j,
                            struct finding *f)
{
    double seconds;
    ORL_TRY(run_inputs(r));
    describe(f, r);
    name_series(f, b->growth);
    snprintf(f->plan, sizeof f->plan, "%s", j->text);
    f->threads = b->device.compute_units;
    f->place = (double)(r - b->problem);
    ORL_TRY(job_upload(j, r));
    ORL_TRY(peers_start(&b->peers, r, f->threads, b->folder));
    run_release(r);
    memory_forget_peak();
    ORL_TRY(job_call(j, &seconds));
    const int64_t memory = memory_peak(0);
    f->memory = memory > 0 ? (double)memory : NAN;
    return ORIEL_OK;
}

/* Shares of the peaks, of whatever took its turns with them. */
static void share(struct finding *f, const struct bench *b,
                  const struct burst *sum, const struct entrant *of,
                  const struct entrant *who)
{
    const struct sample *taken = &who->seconds;
    f->calls = (int64_t)who->calls;
    f->turns = (int64_t)taken->count;
    f->seconds_median = sample_median(taken);
    f->seconds_min = sample_least(taken);
    if (!b->burst.kernel)
        return;
    f->peak_flops_per_second =
        b->burst.flops / sample_median(&of[BURST].seconds);
    f->share_of_peak =
        f->flops / b->burst.flops * sample_ratio(&of[BURST].seconds, taken);
    f->peak_bytes_per_second = sum->bytes / sample_median(&of[SUM].seconds);
    f->share_of_bandwidth =
        f->bytes / sum->bytes * sample_ratio(&of[SUM].seconds, taken);
}

static oriel_status add_peer(struct bench *b, const struct finding *ours,
                             const struct burst *sum, const struct entrant *of,
                             const struct entrant *taken)
{
    const struct peer *p = taken->state;
    struct finding f = *ours;
    if (taken->out || taken->seconds.count == 0)
        return ORIEL_OK;
    snprintf(f.peer, sizeof f.peer, "%s", p->name);
    snprintf(f.version, sizeof f.version, "%s", p->version);
    f.plan[0] = 0;
    f.threads = p->threads;
    f.memory = p->memory > 0 ? p->memory : NAN;
    f.error = p->error;
    f.build_seconds = f.store_seconds = NAN;
    f.first_seconds = f.warm_seconds = f.growth = NAN;
    f.ratio = sample_ratio(&taken->seconds, &of[OURS].seconds);
    share(&f, b, sum, of, taken);
    f.calls = 1;
    return findings_add(&b->found, &f);
}

static oriel_status conclude(struct bench *b, struct finding *f,
                             const struct burst *sum, const struct entrant *of,
                             size_t peers)
{
    const struct sample *ours = &of[OURS].seconds;
    share(f, b, sum, of, &of[OURS]);
    if (!job_has_peak(of[OURS].state))
        f->share_of_peak = NAN;
    if (b->reference.plan)
        f->growth = sample_ratio(ours, &of[REFERENCE].seconds) *
                    BENCH_REFERENCE / (double)f->queries;
    ORL_TRY(findings_add(&b->found, f));
    for (size_t n = 0; n < peers; n++)
        ORL_TRY(add_peer(b, f, sum, of, &of[PEER + n]));
    return ORIEL_OK;
}

static oriel_status take_turns(struct bench *b, struct job *j,
                               struct finding *f)
{
    struct burst sum = {.kernel = NULL};
    struct entrant of[ENTRANTS] = {
        [BURST] = {.run = burst_run,
                   .state = &b->burst,
                   .out = !b->burst.kernel},
        [SUM] = {.run = burst_run, .state = &sum, .out = !b->burst.kernel},
        [REFERENCE] = {.run = job_calls,
                       .state = &b->reference,
                       .out = !b->reference.plan},
        [OURS] = {.run = job_calls, .state = j},
    };
    const struct machine *m = &b->machine;
    const struct device *d = &b->device;
    const double most =
        d->allocation_bytes > 0 ? (double)d->allocation_bytes / 2 : INFINITY;
    if (b->burst.kernel)
        ORL_TRY(burst_open_sum(&sum, m->opencl, b->id, d, m->queue,
                               fmin(f->bytes, most)));
    const size_t peers = peers_entrants(&b->peers, &of[PEER]);
    struct series limits = peers ? with_peers : usual;
    limits.together = burst_turn_seconds(d);
    oriel_status status = series_run(of, PEER + peers, &limits);
    if (status == ORIEL_OK && !interrupted())
        status = conclude(b, f, &sum, of, peers);
    series_free(of, ENTRANTS);
    burst_close(&sum);
    return status;
}

static oriel_status measure(struct bench *b, struct run *r, struct job *j)
{
    struct finding f, start = finding_of_nothing();
    ORL_TRY(job_open(j, &b->machine, &r->problem, NULL));
    if (b->machine.held.used > 0)
        progress_clear();
    device_tell(&b->machine.held);
    b->machine.held = (struct held) {.used = 0};
    if (b->named && !b->growth) {
        start.place = (double)(r - b->problem);
        snprintf(start.problem, sizeof start.problem, "%s", r->text);
        snprintf(start.plan, sizeof start.plan, "%s", j->text);
        bench_startup(b, &start);
    }
    if (interrupted())
        return ORIEL_OK;
    ORL_TRY(prepare(b, r, j, &f));
    f.build_seconds = start.build_seconds;
    f.store_seconds = start.store_seconds;
    f.first_seconds = start.first_seconds;
    f.warm_seconds = start.warm_seconds;
    return interrupted() ? ORIEL_OK : take_turns(b, j, &f);
}

/* The job of 4096 queries stays, for those that are longer or shorter. */
static oriel_status open_reference(struct bench *b)
{
    struct run *r = NULL;
    for (size_t n = 0; n < b->problems && !r; n++)
        if (b->problem[n].problem.queries == BENCH_REFERENCE)
            r = &b->problem[n];
    if (!r)
        return ORIEL_OK;
    ORL_TRY(job_open(&b->reference, &b->machine, &r->problem, NULL));
    ORL_TRY(run_inputs(r));
    const oriel_status status = job_upload(&b->reference, r);
    run_release(r);
    return status;
}

oriel_status bench_measure(struct bench *b, struct run *r)
{
    struct job j = {.plan = NULL};
    if (b->growth && !b->reference.plan)
        ORL_TRY(open_reference(b));
    const oriel_status status = measure(b, r, &j);
    peers_end(&b->peers);
    job_close(&j);
    run_release(r);
    return status;
}
