/* selftest_file.c: what the owner of a device can send: its facts, its verdicts
 * and a short benchmark, as text. All but the facts are comments of a file of
 * facts, so that decisions about the device can be tried without it. */
#define _POSIX_C_SOURCE 200809L
#include "selftest.h"

#include "burst.h"
#include "machine.h"
#include "report.h"
#include "run.h"
#include "series.h"

#include "base/error.h"
#include "base/file.h"
#include "model/device_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* By rising cost: one that would take longer than its seconds, as the one
 * before it tells, is left out. */
static const char *const timed[] = {
    "h2 q256 d64 w64,64",   "h32/8 q1 k4096 d128 w4095,0 f16",
    "h8 q2048 d64 w64,64",  "h8 q2048 d64 w64,64 f16",
    "h8 q8192 d64 w1023,0", "h32/8 q4096 d128 w1023,0 f16",
};
static const double longest_seconds = 5;

enum { TURNS = 5, FACTS = 4096 };

static oriel_status time_on(const struct machine *m, struct run *r,
                            struct job *j, double *seconds)
{
    struct entrant one = {.run = job_calls, .state = j};
    const struct series turns = {.least = 1,
                                 .most = TURNS,
                                 .seconds = longest_seconds,
                                 .together = burst_turn_seconds(&r->device)};
    ORL_TRY(job_open(j, m, &r->problem, NULL));
    ORL_TRY(run_inputs(r));
    ORL_TRY(job_upload(j, r));
    const oriel_status status = series_run(&one, 1, &turns);
    *seconds = sample_median(&one.seconds);
    series_free(&one, 1);
    return status;
}

/* A problem that the device cannot run is a row with the reason. */
static oriel_status time_one(const struct machine *m, const struct device *d,
                             const char *text, double *rate, struct report *out)
{
    struct run r = {.seed = 1, .device = *d};
    struct job j = {.plan = NULL};
    oriel_problem public;
    double seconds = NAN;
    ORL_TRY(orl_problem_parse(&public, text));
    ORL_TRY(orl_problem_check(&r.problem, &public));
    const double flops = 2.0 * (r.problem.q.channels + r.problem.v.channels) *
                         orl_problem_pairs(&r.problem);
    const bool long_one = *rate > 0 && flops > *rate * longest_seconds;
    const oriel_status status =
        long_one ? ORIEL_OK : time_on(m, &r, &j, &seconds);
    report_row(out);
    report_text(out, "problem", text);
    report_number(out, "ms", seconds * 1e3);
    report_number(out, "GFLOP/s", flops / seconds * 1e-9);
    report_text(out, "plan",
                long_one             ? "left out: it would take too long"
                : status == ORIEL_OK ? j.text
                                     : oriel_last_error()->message);
    if (isfinite(seconds))
        *rate = flops / seconds;
    job_close(&j);
    run_free(&r);
    return status == ORIEL_E_MEMORY ? status : ORIEL_OK;
}

/* What times can be held against; NAN: not measured. */
struct peaks {
    double flops, bytes; /* a second */
    double summed;       /* bytes */
};

static double seconds_of(struct burst *b, const struct device *d)
{
    struct entrant one = {.run = burst_run, .state = b};
    const struct series turns = {.least = 1,
                                 .most = TURNS,
                                 .seconds = longest_seconds,
                                 .together = burst_turn_seconds(d)};
    const double seconds = series_run(&one, 1, &turns) == ORIEL_OK
                               ? sample_median(&one.seconds)
                               : NAN;
    series_free(&one, 1);
    return seconds;
}

/* Of GPUs alone: an emulator could take minutes. The sum is larger than
 * caches. */
static struct peaks find_peaks(const struct machine *m, const struct device *d)
{
    struct peaks p = {NAN, NAN, 0};
    struct burst burst = {.kernel = NULL}, sum = {.kernel = NULL};
    const double most = fmin(1e9, (double)d->allocation_bytes / 4);
    if (d->kind != DEVICE_GPU)
        return p;
    if (burst_open(&burst, m->opencl, m->id, d, m->queue) == ORIEL_OK)
        p.flops = burst.flops / seconds_of(&burst, d);
    if (burst_open_sum(&sum, m->opencl, m->id, d, m->queue, most) == ORIEL_OK)
        p.bytes = sum.bytes / seconds_of(&sum, d);
    p.summed = sum.bytes;
    burst_close(&burst);
    burst_close(&sum);
    return p;
}

static void write_peaks(const struct peaks *p, FILE *to)
{
    if (isfinite(p->flops) && isfinite(p->bytes))
        fprintf(to,
                "#\n# Peaks: %.4g GFLOP/s of fused multiply-adds of f32, %.4g "
                "GB/s by a sum of %.0f MB.\n",
                p->flops * 1e-9, p->bytes * 1e-9, p->summed * 1e-6);
}

static oriel_status time_all(cl_device_id id, const struct device *d,
                             struct peaks *peaks, struct report *out)
{
    struct machine m = {.id = NULL};
    double rate = 0;
    oriel_status status = machine_open(&m, id, NULL);
    const size_t count = sizeof timed / sizeof timed[0];
    if (status == ORIEL_OK)
        *peaks = find_peaks(&m, d);
    for (size_t n = 0; n < count && status == ORIEL_OK; n++)
        status = time_one(&m, d, timed[n], &rate, out);
    machine_close(&m);
    return status;
}

static void write_head(FILE *to)
{
    struct utsname host;
    char day[32] = "";
    const time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        strftime(day, sizeof day, ", %Y-%m-%d", &utc);
    fprintf(to, "# Report of oriel selftest --report: Oriel %s%s\n",
            oriel_version(), day);
    if (uname(&host) >= 0)
        fprintf(to, "# %s %s on %s\n", host.sysname, host.release,
                host.machine);
}

static oriel_status write_all(const struct selftest *s, cl_device_id id,
                              FILE *to)
{
    struct report verdicts = {NULL, 0, 0, false};
    struct report times = {NULL, 0, 0, false};
    const struct device d = selftest_facts(s);
    struct peaks peaks = {NAN, NAN, 0};
    char facts[FACTS];
    orl_device_print(&d, facts, sizeof facts);
    write_head(to);
    fprintf(to,
            "#\n# What the device says of itself; oriel explain --device-facts "
            "reads it here.\n%s",
            facts);

    fprintf(to, "#\n# Does it compute what it should? %s.\n",
            selftest_sound(s) ? "Yes" : "No");
    selftest_rows(s, &verdicts);
    oriel_status status = report_put_table(&verdicts, to, "# ");
    if (status == ORIEL_OK)
        status = time_all(id, &d, &peaks, &times);
    if (status == ORIEL_OK) {
        write_peaks(&peaks, to);
        fprintf(to,
                "#\n# How fast: median of up to %d runs%s; flops of visible "
                "pairs only.\n",
                TURNS,
                d.kind == DEVICE_GPU ? ", each of calls back to back" : "");
        status = report_put_table(&times, to, "# ");
    }
    report_free(&verdicts);
    report_free(&times);
    return status;
}

oriel_status selftest_file(const struct selftest *s, const char *path,
                           cl_device_id id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the report");
    oriel_status status = write_all(s, id, to);
    const bool whole = !ferror(to);
    if (fclose(to) != 0 || !whole)
        status = orl_fail(ORIEL_E_MEMORY, "no memory for the report");
    if (status == ORIEL_OK)
        status = orl_file_replace(path, text, size);
    free(text);
    return status;
}
