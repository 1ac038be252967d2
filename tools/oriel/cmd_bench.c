/* cmd_bench.c: `oriel bench`: time and throughput, as shares of peaks that are
 * measured in the same process. */
#define _XOPEN_SOURCE 700
#include "bench.h"
#include "bench_grid.h"
#include "bench_plot.h"
#include "clock.h"
#include "commands.h"
#include "device_pick.h"
#include "interrupt.h"
#include "output_file.h"
#include "progress.h"

#include "base/error.h"
#include "base/text.h"
#include "cl/probe.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"threads", "N", "compute units to use of a CPU (default: all)"},
    {"csv", "F", "write the same rows, with all fields"},
    {"plot", "F.svg|F.png", "draw them, by gnuplot"},
    {"growth", NULL, "one window, sequences of 2048 to 1048576"},
    {"peers", NULL, "run the peers that are installed in turn with us"},
    {"device", "TEXT", "part of a name, or a number of oriel devices"},
    {"json", NULL, "print a JSON list"},
    {NULL, NULL, NULL},
};

/* ---- Problems ------------------------------------------------------------ */

static oriel_status add_problem(struct bench *b, const char *text)
{
    struct run *r = &b->problem[b->problems];
    oriel_problem p;
    ORL_TRY(orl_problem_parse(&p, text));
    ORL_TRY(orl_problem_check(&r->problem, &p));
    orl_problem_print(&r->problem, r->text, sizeof r->text);
    b->problems++;
    return ORIEL_OK;
}

static oriel_status read_problems(struct bench *b)
{
    if (b->growth && b->a->words > 1)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--growth lets one PROBLEM grow, not %d", b->a->words);
    if (b->growth)
        return bench_growth(b, b->a->words ? b->a->word[0] : NULL);
    char text[ORL_PROBLEM_TEXT];
    size_t count = (size_t)b->a->words;
    b->named = count > 0;
    while (!b->named && bench_grid(count, text))
        count++;
    b->problem = calloc(count, sizeof *b->problem);
    if (!b->problem)
        return orl_fail(ORIEL_E_MEMORY, "no memory for %zu problems", count);
    for (size_t n = 0; n < count; n++)
        ORL_TRY(add_problem(b, b->named ? b->a->word[n] : bench_grid(n, text)));
    return ORIEL_OK;
}

/* Inputs and what is summed beside them are there at the same time. */
static oriel_status fits(const struct bench *b, struct run *r)
{
    const struct device *d = &b->device;
    r->device = *d;
    ORL_TRY(run_fits(r));
    const double bytes = 2 * run_bytes(r);
    if (d->global_bytes == 0 || bytes <= (double)d->global_bytes)
        return ORIEL_OK;
    return orl_fail(ORIEL_E_UNSUPPORTED,
                    "\"%s\": its tensors and as many bytes to hold them "
                    "against are %.0f; this device (%.60s) has %lld",
                    r->text, bytes, d->name, (long long)d->global_bytes);
}

/* A problem that was named is refused; one of the grid, or a length, is left
 * out. */
static oriel_status check_problems(struct bench *b)
{
    size_t kept = 0;
    for (size_t n = 0; n < b->problems; n++) {
        const oriel_status status = fits(b, &b->problem[n]);
        if (status != ORIEL_OK && b->named)
            return status;
        if (status != ORIEL_OK)
            fprintf(stderr, "oriel: warning: left out: %s\n",
                    oriel_last_error()->message);
        else
            b->problem[kept++] = b->problem[n];
    }
    b->problems = kept;
    return kept ? ORIEL_OK
                : orl_fail(ORIEL_E_UNSUPPORTED,
                           "this device has memory for none of the problems");
}

/* ---- Opening and closing ------------------------------------------------- */

/* As one would type it; what needs quotes has some. */
static void print_command(struct bench *b)
{
    struct text t = orl_text(b->command, sizeof b->command);
    orl_text_add(&t, "oriel");
    for (const char *const *word = b->a->line + 1; *word; word++)
        orl_text_add(&t, strpbrk(*word, " '$*?;&|<>()") ? " \"%s\"" : " %s",
                     *word);
}

static oriel_status make_folder(struct bench *b)
{
    const char *base = getenv("TMPDIR");
    const int length = snprintf(b->folder, sizeof b->folder, "%s/oriel-XXXXXX",
                                base && base[0] ? base : "/tmp");
    if (length < (int)sizeof b->folder && mkdtemp(b->folder))
        return ORIEL_OK;
    const int code = length < (int)sizeof b->folder ? errno : ENAMETOOLONG;
    b->folder[0] = 0;
    return orl_fail(ORIEL_E_IO, "no folder for temporary files in %.200s: %s",
                    base && base[0] ? base : "/tmp", strerror(code));
}

static int remove_one(const char *path, const struct stat *found, int kind,
                      struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

static oriel_status open_device(struct bench *b)
{
    const char *threads = argument(b->a, "threads");
    int64_t count = 0;
    if (threads)
        ORL_TRY(option_int64("threads", threads, 1, INT32_MAX, &count));
    b->device_name = argument(b->a, "device");
    bench_pin();
    ORL_TRY(device_pick(&b->id, b->device_name));
    orl_probe(&b->device, b->id);
    return threads ? bench_threads(b, count) : ORIEL_OK;
}

static oriel_status open_machine(struct bench *b)
{
    struct machine *m = &b->machine;
    ORL_TRY(machine_open(m, b->id, NULL));
    if (burst_open(&b->burst, m->opencl, b->id, &b->device, m->queue) !=
        ORIEL_OK)
        device_log(NULL, ORIEL_LOG_WARNING, oriel_last_error()->message);
    return ORIEL_OK;
}

static void close_all(struct bench *b)
{
    job_close(&b->reference);
    burst_close(&b->burst);
    machine_close(&b->machine);
    for (size_t n = 0; n < b->problems; n++)
        run_free(&b->problem[n]);
    free(b->problem);
    findings_free(&b->found);
    if (b->folder[0])
        nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- Measuring ----------------------------------------------------------- */

/* A problem that fails is told, and the others are measured. */
static size_t measure_all(struct bench *b)
{
    size_t failures = 0;
    b->begin = clock_now();
    for (size_t n = 0; n < b->problems && !interrupted(); n++) {
        progress_show(n, b->problems, b->problem[n].text, b->begin);
        const oriel_status status = bench_measure(b, &b->problem[n]);
        progress_clear();
        if (status == ORIEL_OK) {
            bench_save(b);
        } else {
            fprintf(stderr, "oriel: warning: \"%s\" is not measured: %s\n",
                    b->problem[n].text, oriel_last_error()->message);
            failures++;
        }
    }
    return failures;
}

static oriel_status steps(struct bench *b)
{
    const struct arguments *a = b->a;
    b->growth = b->peers.growth = argument(a, "growth") != NULL;
    print_command(b);
    ORL_TRY(read_problems(b));
    ORL_TRY(output_possible("csv", argument(a, "csv")));
    ORL_TRY(bench_plot_possible(argument(a, "plot")));
    if (argument(a, "peers"))
        ORL_TRY(peers_find(&b->peers));
    ORL_TRY(open_device(b));
    ORL_TRY(check_problems(b));
    ORL_TRY(make_folder(b));
    interrupt_note();
    ORL_TRY(open_machine(b));
    const size_t failures = measure_all(b);
    if (b->found.count > 0)
        ORL_TRY(bench_report(b));
    if (failures > 0)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "%zu of %zu problems could not be measured", failures,
                        b->problems);
    return ORIEL_OK;
}

static oriel_status run(const struct arguments *a, bool *failed)
{
    struct bench b = {.a = a};
    const oriel_status status = steps(&b);
    (void)failed;
    close_all(&b);
    return status;
}

const struct command command_bench = {
    .name = "bench",
    .words = "[PROBLEM...]",
    .many = true,
    .summary = "Time and throughput, as shares of peaks measured beside them; "
               "without a PROBLEM, of a standing grid.",
    .options = options,
    .run = run,
};
