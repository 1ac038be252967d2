/* bench_plot.h: findings as a picture, drawn by gnuplot. */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include "bench.h"

/* Of --plot, asked before anything is measured: NULL, or a path that ends in
 * .svg or .png, which can be written, by a gnuplot that knows how. */
oriel_status bench_plot_possible(const char *path);

oriel_status bench_plot(const struct bench *b, const char *path);

#endif /* BENCH_PLOT_H */
