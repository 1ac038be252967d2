/* series.h: runs that take turns: A B C A B C ..., so that whatever the
 * computer does meanwhile, it does to all of them. */
#ifndef SERIES_H
#define SERIES_H

#include "sample.h"

#include <stdbool.h>

/* Something that is run and timed. */
struct entrant {
    /* So many calls, back to back if there are several. *seconds: how long one
     * took, NAN where the clock failed. */
    oriel_status (*run)(void *state, size_t calls, double *seconds);
    void *state;
    size_t calls;  /* of a turn */
    bool may_fail; /* then it is out, and the others go on; else all end */
    bool out;
    struct sample seconds; /* one for each turn it had; empty if it is out */
};

struct series {
    size_t least, most; /* turns */
    double seconds;     /* no new turn after so long, once there were enough */
    double together;    /* calls of a turn take about so long; 0: one call */
};

enum { SERIES_CALLS = 50 }; /* of a turn, at most */

/* Everyone runs once without being timed, twice where calls are counted by how
 * long one takes; then in turns until there were enough, or until
 * interrupted(), which is asked after each turn. */
oriel_status series_run(struct entrant *of, size_t count,
                        const struct series *limits);

void series_free(struct entrant *of, size_t count);

#endif /* SERIES_H */
