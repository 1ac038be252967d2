/* trial.h: facts that no query tells, found by running kernels/probe.cl. */
#ifndef ORL_CL_TRIAL_H
#define ORL_CL_TRIAL_H

#include "cl/engine.h"

/* Iterations after which a work-item silently ends; 0: it went on to the end
 * of the trial, which is past the limit that is known to exist (65535). */
oriel_status orl_trial_loop_limit(int64_t *out, struct engine *engine);

/* A key goes on with the text of kernels/<name>.cl. */
struct hash orl_trial_text(struct hash key, const char *name);

#endif /* ORL_CL_TRIAL_H */
