/* bench_table.c: findings as a table, as JSON, as CSV. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include "bench_plot.h"
#include "report.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON and CSV: every row has the same fields, null where they say nothing. */
static void add_fields(const struct bench *b, const struct finding *f,
                       struct report *out)
{
    report_row(out);
    report_text(out, "problem", f->problem);
    report_text(out, "device", b->device.name);
    report_text_or_null(out, "plan", f->plan);
    report_count(out, "threads", f->threads);
    report_number(out, "seconds_median", f->seconds_median);
    report_number(out, "seconds_min", f->seconds_min);
    report_number(out, "gflops", f->flops / f->seconds_median * 1e-9);
    report_number(out, "peak_gflops", f->peak_flops_per_second * 1e-9);
    report_number(out, "share_of_peak", f->share_of_peak);
    report_number(out, "bytes_per_second", f->bytes / f->seconds_median);
    report_number(out, "peak_bytes_per_second", f->peak_bytes_per_second);
    report_number(out, "share_of_bandwidth", f->share_of_bandwidth);
    report_number(out, "build_seconds", f->build_seconds);
    report_number(out, "first_seconds", f->first_seconds);
    report_number(out, "store_seconds", f->store_seconds);
    report_number(out, "warm_seconds", f->warm_seconds);
    report_number(out, "memory_bytes", f->memory);
    report_count(out, "turns", f->turns);
    report_count(out, "calls", f->calls);
    if (b->growth) {
        report_count(out, "queries", f->queries);
        report_number(out, "seconds_per_query",
                      f->seconds_median / (double)f->queries);
        report_number(out, "growth", f->growth);
    }
    if (b->peers.count) {
        report_text_or_null(out, "peer", f->peer);
        report_text_or_null(out, "peer_version", f->version);
        report_number(out, "ratio", f->ratio);
        report_number(out, "max_error", f->error);
    }
    report_text(out, "version", oriel_version());
    report_text(out, "driver", b->device.driver);
    report_text(out, "command", b->command);
}

/* What a person compares; shares in percent. */
static void add_columns(const struct bench *b, const struct finding *f,
                        struct report *out)
{
    report_row(out);
    report_text(out, "problem", f->problem);
    if (b->peers.count)
        report_text(out, "by", f->peer[0] ? f->peer : "oriel");
    report_number(out, "ms", f->seconds_median * 1e3);
    if (b->growth) {
        report_number(out, "us per query",
                      f->seconds_median / (double)f->queries * 1e6);
        report_number(out, "of that at 4096", f->growth);
    }
    report_number(out, "GFLOP/s", f->flops / f->seconds_median * 1e-9);
    report_number(out, "% of peak", f->share_of_peak * 1e2);
    if (!b->growth && !b->peers.count) {
        report_number(out, "GB/s", f->bytes / f->seconds_median * 1e-9);
        report_number(out, "% of sum", f->share_of_bandwidth * 1e2);
    }
    if (b->peers.count) {
        report_count(out, "threads", f->threads);
        report_number(out, "theirs / ours", f->ratio);
        report_number(out, "error", f->error);
    } else if (b->named && !b->growth) {
        report_number(out, "build s", f->build_seconds);
        report_number(out, "store s", f->store_seconds);
        report_number(out, "warm ms", f->warm_seconds * 1e3);
    }
    report_number(out, "MB", f->memory * 1e-6);
    report_text(out, b->peers.count ? "plan or version" : "plan",
                f->peer[0] ? f->version : f->plan);
}

/* What the numbers belong to, as comments. */
static void put_header(const struct bench *b, FILE *out)
{
    const struct device *d = &b->device;
    fprintf(out,
            "# %s\n# oriel %s; %s; %s, driver %s; compute units used: %lld\n",
            b->command, oriel_version(), d->name, d->platform, d->driver,
            (long long)d->compute_units);
}

static oriel_status print_table(const struct bench *b)
{
    struct report r = {NULL, 0, 0, false};
    put_header(b, stdout);
    if (b->growth)
        puts(b->device.kind == DEVICE_GPU
                 ? "# before each turn comes one of 4096 queries; short calls "
                   "find caches as the one before left them"
                 : "# before each run comes one of 4096 queries, which finds "
                   "caches as a long run leaves them");
    for (size_t n = 0; n < b->found.count; n++)
        add_columns(b, &b->found.at[n], &r);
    oriel_status status = report_print_table(&r);
    report_free(&r);
    /* Not lost where a driver crashes as it is closed. */
    if (fflush(stdout) != 0 && status == ORIEL_OK)
        status = orl_fail(ORIEL_E_IO, "standard output: %s", strerror(errno));
    return status;
}

static oriel_status write_csv(const struct bench *b, const struct report *r,
                              const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (!out)
        return orl_fail(ORIEL_E_MEMORY, "no memory for --csv");
    put_header(b, out);
    oriel_status status = report_put_csv(r, out);
    const bool complete = !ferror(out);
    if ((fclose(out) != 0 || !complete) && status == ORIEL_OK)
        status = orl_fail(ORIEL_E_MEMORY, "no memory for --csv");
    if (status == ORIEL_OK)
        status = orl_file_replace(path, bytes, size);
    free(bytes);
    return status;
}

/* A table is printed first: a disk that is full by now must not lose it. A
 * document stands for success, so it is last. */
static oriel_status put_all(const struct bench *b, const struct report *r)
{
    const char *csv = argument(b->a, "csv"), *plot = argument(b->a, "plot");
    const bool json = argument(b->a, "json") != NULL;
    if (!json)
        ORL_TRY(print_table(b));
    if (csv)
        ORL_TRY(write_csv(b, r, csv));
    if (plot)
        ORL_TRY(bench_plot(b, plot));
    return json ? report_print_list(r) : ORIEL_OK;
}

static void add_all(const struct bench *b, struct report *r)
{
    for (size_t n = 0; n < b->found.count; n++)
        add_fields(b, &b->found.at[n], r);
}

oriel_status bench_report(const struct bench *b)
{
    struct report r = {NULL, 0, 0, false};
    add_all(b, &r);
    const oriel_status status = put_all(b, &r);
    report_free(&r);
    return status;
}

void bench_save(const struct bench *b)
{
    struct report r = {NULL, 0, 0, false};
    const char *csv = argument(b->a, "csv");
    if (!csv || b->found.count == 0)
        return;
    add_all(b, &r);
    (void)write_csv(b, &r, csv);
    report_free(&r);
}
