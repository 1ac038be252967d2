/* bench_plot.c: findings as a picture, drawn by gnuplot. */
#define _POSIX_C_SOURCE 200809L
#include "bench_plot.h"
#include "bench.h"

#include "child.h"
#include "output_file.h"
#include "sample.h"

#include "base/error.h"
#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds that gnuplot may take. */
static const double patience = 120;

oriel_status bench_plot_possible(const char *path)
{
    if (!path)
        return ORIEL_OK;
    const bool svg = path_ends_in(path, ".svg");
    if (!svg && !path_ends_in(path, ".png"))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--plot %.60s: a name that ends in .svg or .png is "
                        "expected",
                        path);
    ORL_TRY(output_possible("plot", path));
    const char *const argv[] = {
        "gnuplot", "-e", svg ? "set terminal svg" : "set terminal pngcairo",
        NULL};
    struct child c = {.pid = 0};
    const bool started = child_start(&c, argv, NULL, true) == ORIEL_OK;
    if (started && child_end(&c, patience) == 0)
        return ORIEL_OK;
    return orl_fail(ORIEL_E_ARGUMENT,
                    "--plot needs gnuplot, which %s; Debian has it as "
                    "gnuplot-nox",
                    started ? "has no such format here" : "is not installed");
}

/* ---- The script ---------------------------------------------------------- */

/* A text of gnuplot. */
static void put_quoted(FILE *out, const char *text)
{
    putc('"', out);
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\')
            putc('\\', out);
        putc((unsigned char)*at < ' ' ? ' ' : *at, out);
    }
    putc('"', out);
}

/* Findings of one colour: all of a peer, and ours that differ in their window,
 * or length, alone. */
static bool same_series(const struct finding *a, const struct finding *b)
{
    return !strcmp(a->peer, b->peer) &&
           (a->peer[0] || !strcmp(a->series, b->series));
}

/* The first of its series. */
static bool leads(const struct findings *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (same_series(&all->at[i], &all->at[n]))
            return false;
    return true;
}

static double middle(const struct findings *all,
                     double (*of)(const struct finding *f))
{
    struct sample s = {.at = NULL};
    for (size_t n = 0; n < all->count; n++)
        if (of(&all->at[n]) > 0)
            sample_add(&s, of(&all->at[n]));
    const double median = sample_median(&s);
    sample_free(&s);
    return median;
}

static double flops_peak(const struct finding *f)
{
    return f->peak_flops_per_second * 1e-9;
}

static double bytes_peak(const struct finding *f)
{
    return f->peak_bytes_per_second * 1e-9;
}

/* What the plots draw:
 *     1 span   2 share of peak, %   3 flops per byte   4 GFLOP/s
 * (share times the peak of all, so that points and roof belong to one clock)
 *     5 length   6 microseconds per query   7 MB   8 ratio   9 row */
static void put_point(FILE *out, const struct finding *f, double peak)
{
    const double share = f->share_of_peak;
    const double column[] = {
        f->span,
        100 * share,
        f->flops / f->bytes,
        peak > 0 ? share * peak : f->flops / f->seconds_median * 1e-9,
        (double)f->queries,
        f->seconds_median / (double)f->queries * 1e6,
        f->memory * 1e-6,
        f->ratio,
        f->place,
    };
    for (size_t n = 0; n < sizeof column / sizeof column[0]; n++)
        if (isfinite(column[n]))
            fprintf(out, "%.9g ", column[n]);
        else
            fputs("nan ", out);
    putc('\n', out);
}

/* A data block for each series. */
static void put_data(FILE *out, const struct findings *all)
{
    const double peak = middle(all, flops_peak);
    for (size_t n = 0; n < all->count; n++) {
        if (!leads(all, n))
            continue;
        fprintf(out, "$s%zu << END\n", n);
        for (size_t i = n; i < all->count; i++)
            if (same_series(&all->at[i], &all->at[n]))
                put_point(out, &all->at[i], peak);
        fputs("END\n", out);
    }
}

enum who { OURS = 1, PEERS = 2 };

/* One line a series through two of its columns. */
static void put_plot(FILE *out, const struct findings *all, int x, int y,
                     unsigned who, const char *style, const char *more)
{
    const char *next = "plot ";
    for (size_t n = 0; n < all->count; n++) {
        const struct finding *f = &all->at[n];
        if (!leads(all, n) || !(who & (f->peer[0] ? PEERS : OURS)))
            continue;
        fprintf(out, "%s$s%zu using %d:%d with %s title ", next, n, x, y,
                style);
        put_quoted(out, f->peer[0] ? f->peer : f->series);
        next = ", \\\n    ";
    }
    fprintf(out, "%s\n", more);
}

static void put_shares(FILE *out, const struct findings *all)
{
    const double peak = middle(all, flops_peak), read = middle(all, bytes_peak);
    fputs("set xlabel \"most keys that a query sees\"\n"
          "set logscale x 2\nset key outside right noenhanced\n",
          out);
    if (peak > 0) {
        fputs("set ylabel \"% of the peak measured beside it\"\n"
              "set yrange [0:100]\nset title \"Share of peak by window\"\n",
              out);
        put_plot(out, all, 1, 2, OURS, "linespoints pointtype 7 pointsize 0.7",
                 "");
    } else {
        fputs("set ylabel \"GFLOP/s\"\nset yrange [0:*]\n"
              "set title \"Throughput by window (no peak on this device)\"\n",
              out);
        put_plot(out, all, 1, 4, OURS, "linespoints pointtype 7 pointsize 0.7",
                 "");
    }

    fputs("set title \"Roofline\"\nset xlabel \"useful FLOP per byte\"\n"
          "set ylabel \"GFLOP/s\"\nset logscale xy 10\nset yrange [*:*]\n",
          out);
    char roof[160] = "";
    if (peak > 0 && read > 0)
        snprintf(roof, sizeof roof,
                 ", \\\n    (x * %.6g < %.6g ? x * %.6g : %.6g) with lines "
                 "linecolor black title \"peaks\"",
                 read, peak, read, peak);
    put_plot(out, all, 3, 4, OURS, "points pointtype 7 pointsize 0.7", roof);
    fputs("unset logscale\n", out);
}

static void put_peers(FILE *out, const struct findings *all)
{
    fputs("set title \"Peers: times as long as Oriel\"\nset xlabel \"\"\n"
          "set ylabel \"their time / ours\"\nset logscale y 10\n"
          "set yrange [*:*]\nset xtics rotate by -30 noenhanced (",
          out);
    const char *next = "";
    for (size_t n = 0; n < all->count; n++)
        if (!all->at[n].peer[0]) {
            fputs(next, out);
            put_quoted(out, all->at[n].problem);
            fprintf(out, " %.9g", all->at[n].place);
            next = ", ";
        }
    fputs(")\n", out);
    put_plot(out, all, 9, 8, PEERS, "points pointtype 7",
             ", \\\n    1 with lines linecolor black title \"Oriel\"");
}

static void put_growth(FILE *out, const struct findings *all)
{
    fputs("set key outside right noenhanced\nset logscale x 2\n"
          "set logscale y 10\nset format x \"%.0f\"\nset xtics rotate\n"
          "set title \"Time per query\"\nset xlabel \"sequence\"\n"
          "set ylabel \"microseconds\"\n",
          out);
    put_plot(out, all, 5, 6, OURS | PEERS,
             "linespoints pointtype 7 pointsize 0.7", "");
    fputs("set title \"Peak memory of the process\"\nset ylabel \"MB\"\n", out);
    put_plot(out, all, 5, 7, OURS | PEERS,
             "linespoints pointtype 7 pointsize 0.7", "");
}

static void put_script(FILE *out, const struct bench *b, bool svg)
{
    const struct findings *all = &b->found;
    bool peers = false;
    for (size_t n = 0; n < all->count; n++)
        peers |= all->at[n].peer[0] != 0;
    const int panels = peers && !b->growth ? 3 : 2;
    fprintf(out, "set terminal %s size 1200,%d background rgb \"white\"\n",
            svg ? "svg noenhanced" : "pngcairo noenhanced", 480 * panels + 40);
    put_data(out, all);
    fprintf(out,
            "set datafile missing \"nan\"\nset grid\nset samples 400\n"
            "set offsets graph 0.03, graph 0.03, 0, 0\n"
            "set multiplot layout %d,1 title ",
            panels);
    char title[160 + 3 * ORL_DEVICE_NAME];
    snprintf(title, sizeof title, "%s, driver %s, oriel %s", b->device.name,
             b->device.driver, oriel_version());
    put_quoted(out, title);
    /* The rest of a long command is in the table. */
    const int most = 140, length = (int)strlen(b->command);
    snprintf(title, sizeof title, "%.*s%s", most, b->command,
             length > most ? " ..." : "");
    fputs(" . \"\\n\" . ", out);
    put_quoted(out, title);
    fputs(" font \",10\"\n", out);
    if (b->growth)
        put_growth(out, all);
    else
        put_shares(out, all);
    if (panels == 3)
        put_peers(out, all);
    fputs("unset multiplot\n", out);
}

/* ---- The picture --------------------------------------------------------- */

static oriel_status draw(const char *script, const char *path)
{
    char *picture = NULL;
    size_t size = 0;
    const char *const argv[] = {"gnuplot", script, NULL};
    struct child c = {.pid = 0};
    ORL_TRY(child_start(&c, argv, NULL, true));
    const enum child_answer answer = child_all(&c, &picture, &size, patience);
    const int code = child_end(&c, answer == CHILD_LATE ? 0 : 5);
    const oriel_status status =
        code == 0 && size > 0
            ? orl_file_replace(path, picture, size)
            : orl_fail(ORIEL_E_IO, "--plot: gnuplot ended with status %d",
                       code);
    free(picture);
    return status;
}

oriel_status bench_plot(const struct bench *b, const char *path)
{
    char *script = NULL, name[BENCH_PATH + 16];
    size_t size = 0;
    FILE *out = open_memstream(&script, &size);
    if (!out)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a picture");
    put_script(out, b, path_ends_in(path, ".svg"));
    const bool complete = !ferror(out);
    snprintf(name, sizeof name, "%s/plot.gp", b->folder);
    oriel_status status =
        fclose(out) == 0 && complete
            ? orl_file_replace(name, script, size)
            : orl_fail(ORIEL_E_MEMORY, "no memory for a picture");
    if (status == ORIEL_OK)
        status = draw(name, path);
    free(script);
    return status;
}
