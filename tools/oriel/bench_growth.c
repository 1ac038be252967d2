/* bench_growth.c: one window, ever longer sequences. */
#include "bench.h"

#include "base/error.h"

#include <stdlib.h>

enum { LENGTHS = 10, SHORTEST = 2048 };

static const char standing[] = "h1 q2048 d64 w127,0";

oriel_status bench_growth(struct bench *b, const char *base)
{
    oriel_problem p;
    ORL_TRY(orl_problem_parse(&p, base ? base : standing));
    b->problem = calloc(LENGTHS, sizeof *b->problem);
    if (!b->problem)
        return orl_fail(ORIEL_E_MEMORY, "no memory for %d problems", LENGTHS);
    for (int n = 0; n < LENGTHS; n++) {
        struct run *r = &b->problem[b->problems];
        p.queries = p.keys = (int64_t)SHORTEST << n;
        ORL_TRY(orl_problem_check(&r->problem, &p));
        orl_problem_print(&r->problem, r->text, sizeof r->text);
        b->problems++;
    }
    return ORIEL_OK;
}
