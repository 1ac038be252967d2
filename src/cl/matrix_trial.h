/* matrix_trial.h: the matrix unit of a device, found by
 * kernels/matrix_probe.cl. No query tells of most of them. */
#ifndef ORL_CL_MATRIX_TRIAL_H
#define ORL_CL_MATRIX_TRIAL_H

#include "cl/trial.h"

/* What a device may have, by its queries alone: up to two of enum
 * matrix_engine, the newest first, then 0. */
struct matrix_guess {
    int engine[3];
    bool sure; /* it has one of them, say its queries; else it may have none */
};
struct matrix_guess orl_matrix_guess(const struct engine *engine);

/* Multiplies numbers that are all distinct, with every type that the unit has.
 * portable: by the emulation, for tests. */
enum trial_verdict orl_matrix_try(struct engine *engine, int number,
                                  bool portable);

/* The first guess that is right, or one of enum trial_outcome. The log has what
 * failed, but not that there is nothing where no query promised a unit. */
int64_t orl_trial_matrix(struct engine *engine);

#endif /* ORL_CL_MATRIX_TRIAL_H */
