/* matrix_trial.h: the matrix unit of a device, found by
 * kernels/matrix_probe.cl. No query tells of most of them. */
#ifndef ORL_CL_MATRIX_TRIAL_H
#define ORL_CL_MATRIX_TRIAL_H

#include "cl/engine.h"

/* What a device may have, by its queries alone: up to two of enum
 * matrix_engine, the newest first, then 0. */
struct matrix_guess {
    int engine[3];
};
struct matrix_guess orl_matrix_guess(const struct engine *engine);

enum matrix_verdict {
    MATRIX_ABSENT, /* its program does not build */
    MATRIX_WRONG,  /* its products, or what its lanes hear, are not right */
    MATRIX_RIGHT
};

/* Multiplies numbers that are all distinct, with every type that the unit has.
 * portable: by the emulation, for tests. */
enum matrix_verdict orl_matrix_try(struct engine *engine, int number,
                                   bool portable);

/* The first guess that is right, or 0; one that is wrong is logged. */
int64_t orl_trial_matrix(struct engine *engine);

#endif /* ORL_CL_MATRIX_TRIAL_H */
