/* peers.h: other implementations of attention, as programs that run in turn
 * with us. A peer is an executable file in a folder; it is started as
 *
 *     PEER THREADS PROBLEM IN.npz OUT.npy
 *
 * IN.npz has q, k, v: f4 [batch, head, row, dim], rounded to the types of the
 * problem. It says one line, "ready NAME, VERSION, N threads", "unsupported
 * SENTENCE" or "missing SENTENCE"; answers each line "run" with "seconds X", a
 * line "write" with "written" when OUT.npy has the result, f4; and ends at the
 * end of its input. */
#ifndef PEERS_H
#define PEERS_H

#include "child.h"
#include "finding.h"
#include "run.h"
#include "series.h"

enum { PEERS_MOST = 16, PEERS_PATH = 512 };

struct peer {
    char path[PEERS_PATH];
    const char *file; /* the end of path */
    bool over;        /* it is not asked again: missing, or too slow */
    bool growth;      /* as of struct peers */

    /* Of one problem. */
    struct child child; /* pid 0: it takes no part */
    char name[FINDING_NAME], version[FINDING_NAME];
    int64_t threads;
    double error;        /* largest of the rows that were compared */
    double patience;     /* seconds for a run */
    double memory_limit; /* bytes; 0: none */
    double memory;
};

/* Zero-initialise. */
struct peers {
    struct peer at[PEERS_MOST];
    size_t count;
    bool growth; /* one that takes 30 s or 8 GB is asked no more */
};

/* Every executable file in $ORIEL_PEERS or where Oriel is installed, by name.
 * ORIEL_E_ARGUMENT if there is none. */
oriel_status peers_find(struct peers *all);

/* Starts them on a problem with its inputs, and compares what they compute with
 * the oracle. Who does not take part is told on standard error. folder is for
 * files. */
oriel_status peers_start(struct peers *all, const struct run *r,
                         int64_t threads, const char *folder);

/* An entrant for each that takes part; room for PEERS_MOST. */
size_t peers_entrants(struct peers *all, struct entrant *of);

/* Ends them; what they took of memory is known then. */
void peers_end(struct peers *all);

/* ---- peers_check.c ------------------------------------------------------- */

/* Inputs as a peer reads them. */
oriel_status peers_write_inputs(const struct run *r, const char *path);

/* The largest error of some rows, relative to the largest |v| that they see;
 * *most: what is let pass. */
oriel_status peers_check(const struct run *r, const char *path, double *error,
                         double *most);

#endif /* PEERS_H */
