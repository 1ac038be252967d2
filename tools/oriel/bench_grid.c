/* bench_grid.c: the problems that `oriel bench` measures when none is named. */
#include "bench_grid.h"

#include <stdio.h>

static const char *const types[] = {"f32", "f16", "bf16"};
static const char *const windows[] = {"64,64", "128,0",  "256,256",
                                      "511,0", "1024,0", "4096,0"};
static const int dims[] = {32, 64, 128, 256};

/* Few queries and many keys: one row and several, for as many heads of keys as
 * of queries and for fewer, one sequence and a batch. */
static const char *const decodes[] = {
    "h32/32 q1 k4096 d128 w4095,0",   "h32/8 q1 k4096 d64 w4095,0",
    "h32/8 q1 k4096 d128 w4095,0",    "h32/8 q1 k4096 d256 w4095,0",
    "b8 h32/8 q1 k4096 d128 w1023,0", "h32/8 q4 k4096 d128 w4095,0",
    "h32/8 q16 k4096 d128 w4095,0",
};

enum {
    TYPES = sizeof types / sizeof types[0],
    WINDOWS = sizeof windows / sizeof windows[0],
    DIMS = sizeof dims / sizeof dims[0],
    DECODES = sizeof decodes / sizeof decodes[0],
    PREFILLS = TYPES * DIMS * WINDOWS
};

const char *bench_grid(size_t n, char text[ORL_PROBLEM_TEXT])
{
    if (n < PREFILLS) {
        snprintf(text, ORL_PROBLEM_TEXT, "h8 q8192 d%d w%s %s",
                 dims[n / WINDOWS % DIMS], windows[n % WINDOWS],
                 types[n / (WINDOWS * DIMS)]);
        return text;
    }
    n -= PREFILLS;
    if (n >= DECODES * TYPES)
        return NULL;
    snprintf(text, ORL_PROBLEM_TEXT, "%s %s", decodes[n % DECODES],
             types[n / DECODES]);
    return text;
}
