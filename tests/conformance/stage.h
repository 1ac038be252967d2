/* stage.h: the device under test, and which of its plans are worth a build.
 *
 * $ORIEL_DEVICE and $OCL_ICD_VENDORS choose the device, as for every program.
 * Compiling takes most of the time of these tests, so a problem is run with the
 * first plan of every family, with every plan whose program another problem
 * has built before, and with one more, another one for each problem. With
 * CONFORMANCE_PLANS=all it is run with every plan. CONFORMANCE_PROGRAMS=n ends
 * the building after n programs of families other than row. */
#ifndef STAGE_H
#define STAGE_H

#include "cl/engine.h"
#include "plan/planner.h"

#include <oriel/oriel.h>

struct stage {
    oriel_context *context;
    struct engine engine; /* for the facts that context decides by */
    struct device device;
    double most_flops;  /* larger problems are left out; 0: none are */
    int64_t most_rows;  /* of a random problem */
    int most_programs;  /* of families other than row; 0: any number */
    int step;           /* one problem in so many is run */
    bool all;           /* every plan */
    struct plan *built; /* programs that were taken, in order */
    int built_count, others;
};

/* Ends the process with a sentence if there is no device. */
void stage_open(struct stage *stage);
void stage_close(struct stage *stage);

/* Whether the problem is small enough for the device. */
bool stage_fits(const struct stage *stage, const struct problem *p);

/* Which plans of a ranking to run: taken[n] for r->at[n]. turn: number of the
 * problem; below 0: no program that is not built yet, if any is. */
void stage_choose(struct stage *stage, const struct ranking *r, int turn,
                  bool taken[ORL_RANKED]);

#endif /* STAGE_H */
