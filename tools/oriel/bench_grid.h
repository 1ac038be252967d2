/* bench_grid.h: the problems that `oriel bench` measures when none is named. */
#ifndef BENCH_GRID_H
#define BENCH_GRID_H

#include "model/problem_text.h"

/* Number n, written into text; NULL after the last. */
const char *bench_grid(size_t n, char text[ORL_PROBLEM_TEXT]);

#endif /* BENCH_GRID_H */
