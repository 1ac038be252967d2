/* broadcast_trial.h: whether sub-groups of a device can be used. */
#ifndef ORL_CL_BROADCAST_TRIAL_H
#define ORL_CL_BROADCAST_TRIAL_H

#include "cl/trial.h"

/* What a device claims: the sum of those sizes, of 8 and 16, that kernels can
 * ask for. */
int64_t orl_broadcast_guess(struct engine *engine);

/* How the trial of sub-groups of one of those sizes ends: they hear each other,
 * by kernels/broadcast_probe.cl. */
enum trial_verdict orl_broadcast_try(const struct engine *engine, int64_t size);

/* The sum of the sizes that do; the log has the others. */
int64_t orl_trial_sub_groups(struct engine *engine);

#endif /* ORL_CL_BROADCAST_TRIAL_H */
