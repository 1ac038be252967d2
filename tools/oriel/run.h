/* run.h: what `oriel run` works on, from the command line to the report. One
 * file for each step, in this order: problem, inputs, execution, check,
 * output. */
#ifndef RUN_H
#define RUN_H

#include "array.h"
#include "options.h"

#include "model/device.h"
#include "model/problem_text.h"
#include "oracle/oracle.h"
#include "plan/plan.h"

#include <oriel/oriel.h>

/* One of q, k, v, out as the device stores it. */
struct storage {
    unsigned char *bytes;
    size_t size;   /* with offset */
    size_t offset; /* bytes before the first element */
};

enum { RUN_Q, RUN_K, RUN_V, RUN_OUT, RUN_TENSORS };

struct run {
    const struct arguments *a;
    struct problem problem;
    char text[ORL_PROBLEM_TEXT];
    struct array file[3];       /* q, k, v; values NULL without files */
    int rank;                   /* of q's file; 4 without files */
    bool rows_first;            /* layout bshd */
    struct array limit_file[2]; /* key_begin, key_end */
    uint64_t seed;

    cl_device_id id;
    struct device device;

    struct storage tensor[RUN_TENSORS];
    float *lse;                   /* NULL: not wanted */
    int32_t *key_begin, *key_end; /* per batch entry; NULL: not given */
    double pairs;                 /* visible, of all heads and entries */

    char plan[ORL_PLAN_TEXT];
    double seconds, plan_seconds;
    double peak_gflops, share_of_peak; /* NAN: not measured */
    float *reference;                  /* packed; NULL: not wanted */

    struct oracle_verdict verdict; /* of --check */
    double reference_error;

    struct array expect;               /* values NULL: nothing is expected */
    double tolerance;                  /* 0: the bound of --check */
    double expect_error, expect_bound; /* of the row nearest to its bound */
    bool failed;
};

void run_free(struct run *r);

/* ---- The steps ----------------------------------------------------------- */

/* Options and the shapes of files -> problem. Reads the files. */
oriel_status run_problem(struct run *r);

/* Refuses what the device has no memory for, before any is asked for. */
oriel_status run_fits(const struct run *r);

double run_bytes(const struct run *r); /* of q, k, v, out, lse */

/* Files or seeded random numbers -> storage. */
oriel_status run_inputs(struct run *r);

oriel_status run_execute(struct run *r);

/* The file of --expect, and whether it has the right shape. */
oriel_status run_expectation(struct run *r);

/* --check, --reference, --expect: sets failed, and says so on standard
 * error. */
oriel_status run_check(struct run *r);

/* Shape of the result: that of q with the dim of v. */
void run_out_shape(const struct run *r, struct array *a);

/* --out, --lse. Whether they can be written is asked before the work. */
oriel_status run_outputs_possible(const struct run *r);
oriel_status run_outputs(const struct run *r);

oriel_status run_report(const struct run *r);

/* ---- Shared with selftest and bench -------------------------------------- */

/* Random inputs and space for results of run.problem. */
oriel_status run_storage(struct run *r);
void run_random(struct run *r);
void run_release(struct run *r); /* that storage; key ranges stay */

/* Inputs as the oracle wants them. */
struct oracle run_oracle(const struct run *r);

/* Element number of a place in a tensor. */
size_t run_index(const struct tensor *t, int64_t entry, int64_t head,
                 int64_t row, int64_t channel);

#endif /* RUN_H */
