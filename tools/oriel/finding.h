/* finding.h: what one problem was found to take, by us or by a peer. */
#ifndef FINDING_H
#define FINDING_H

#include "model/problem_text.h"
#include "plan/plan.h"

#include <stdbool.h>

enum { FINDING_NAME = 128 };

/* Numbers are NAN where they were not measured. */
struct finding {
    char problem[ORL_PROBLEM_TEXT], plan[ORL_PLAN_TEXT];
    char peer[FINDING_NAME], version[FINDING_NAME]; /* peer "": Oriel */
    char series[ORL_PROBLEM_TEXT]; /* what a line in a picture stands for */
    int64_t queries, threads;
    int64_t turns; /* that were timed */
    int64_t calls; /* of a turn, back to back */
    double span;   /* most keys that a query sees */
    double place;  /* number of the problem, for pictures */
    double memory; /* most that the process had, in bytes */

    double seconds_median, seconds_min;
    double flops, bytes; /* useful ones, of a run */
    double peak_flops_per_second, share_of_peak;
    double peak_bytes_per_second, share_of_bandwidth;

    double build_seconds, store_seconds; /* of a program; keeping it on disk */
    double first_seconds, warm_seconds;  /* to the first result; with the
                                            program on disk */
    double growth; /* seconds a query, times those of 4096 queries */
    double ratio;  /* times as long as Oriel, run by run */
    double error;  /* largest, of the rows compared with the oracle */
};

/* A list that grows. Zero-initialise. */
struct findings {
    struct finding *at;
    size_t count, room;
};

struct finding finding_of_nothing(void);
oriel_status findings_add(struct findings *all, const struct finding *f);
void findings_free(struct findings *all);

#endif /* FINDING_H */
