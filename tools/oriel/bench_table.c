/* bench_table.c: findings as a table, as JSON. */
#include "bench.h"

#include "clock.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* JSON and CSV. */
static void add_fields(const struct bench *b, const struct finding *f,
                       struct report *out)
{
    report_row(out);
    report_text(out, "problem", f->problem);
    report_text(out, "device", b->device.name);
    report_text(out, "plan", f->plan);
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
    report_number(out, "store_seconds", f->store_seconds);
    report_number(out, "first_seconds", f->first_seconds);
    report_number(out, "warm_seconds", f->warm_seconds);
    report_number(out, "memory_bytes", f->memory);
    report_count(out, "turns", f->turns);
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
    report_number(out, "ms", f->seconds_median * 1e3);
    report_number(out, "GFLOP/s", f->flops / f->seconds_median * 1e-9);
    report_number(out, "% of peak", f->share_of_peak * 1e2);
    report_number(out, "GB/s", f->bytes / f->seconds_median * 1e-9);
    report_number(out, "% of sum", f->share_of_bandwidth * 1e2);
    if (b->named) {
        report_number(out, "build s", f->build_seconds);
        report_number(out, "store s", f->store_seconds);
        report_number(out, "warm ms", f->warm_seconds * 1e3);
    }
    report_number(out, "MB", f->memory * 1e-6);
    report_text(out, "plan", f->plan);
}

static oriel_status print_table(const struct bench *b)
{
    struct report r = {NULL, 0, 0, false};
    const struct device *d = &b->device;
    printf("# %s\n# oriel %s, %s, %s %s, threads %lld\n", b->command,
           oriel_version(), d->name, d->platform, d->driver,
           (long long)d->compute_units);
    for (size_t n = 0; n < b->found.count; n++)
        add_columns(b, &b->found.at[n], &r);
    const oriel_status status = report_print_table(&r);
    report_free(&r);
    return status;
}

static oriel_status print_json(const struct bench *b)
{
    struct report r = {NULL, 0, 0, false};
    for (size_t n = 0; n < b->found.count; n++)
        add_fields(b, &b->found.at[n], &r);
    const oriel_status status = report_print_list(&r);
    report_free(&r);
    return status;
}

oriel_status bench_report(const struct bench *b)
{
    return argument(b->a, "json") ? print_json(b) : print_table(b);
}

void bench_progress(const struct bench *b, size_t done, size_t of,
                    const char *text)
{
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (!text)
        return;
    fprintf(stderr, "%zu of %zu: %.48s", done + 1, of, text);
    if (done > 0) {
        const double left =
            (clock_now() - b->begin) / (double)done * (double)(of - done);
        fprintf(stderr, left < 90 ? ", %.0f s left" : ", %.0f min left",
                left < 90 ? left : left / 60);
    }
    fflush(stderr);
}
