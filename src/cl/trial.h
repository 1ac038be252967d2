/* trial.h: facts that no query tells, found by running kernels/probe.cl; and
 * what all trials have in common. */
#ifndef ORL_CL_TRIAL_H
#define ORL_CL_TRIAL_H

#include "cl/engine.h"

/* loop_limit: iterations after which a work-item silently ends; 0: it went on
 * to the end of the trial, which is past the limit that is known to exist
 * (65535). wave_items: those of a group that run in step, as the driver says of
 * a kernel; 0: it does not. */
struct probed {
    int64_t loop_limit, wave_items;
};

oriel_status orl_trial_probe(struct probed *out, struct engine *engine);

/* A key goes on with the text of kernels/<name>.cl. */
struct hash orl_trial_text(struct hash key, const char *name);

/* How far the trial of what a device may have came. */
enum trial_verdict {
    TRIAL_UNBUILT,    /* its program does not build */
    TRIAL_NO_KERNEL,  /* a driver may miss a builtin as late as here */
    TRIAL_OTHER_WAVE, /* the device runs more or fewer work-items together */
    TRIAL_NOT_RUN,    /* a buffer, the launch or reading its results failed */
    TRIAL_WRONG,      /* its results are not right */
    TRIAL_RIGHT
};

/* What is wrong, after "the trial of ...": "does not build"; not of
 * TRIAL_RIGHT. */
const char *orl_trial_fault(enum trial_verdict verdict);

/* The kernel of kernels/<name>.cl; the log has no text of the compiler. The
 * caller releases both, NULL or not. TRIAL_RIGHT if they are there. */
enum trial_verdict orl_trial_build(cl_program *program, cl_kernel *kernel,
                                   const struct engine *engine,
                                   const char *name, const char *options,
                                   const char *function);

/* What the cache keeps of trials that may end the process, besides a number
 * above 0 that was found. */
enum trial_outcome {
    TRIAL_FAILED = 0,
    TRIAL_BEGUN = -1, /* it has not ended, or it ended the process */
    TRIAL_ABSENT = -2 /* nothing was there, as was to be expected */
};

#endif /* ORL_CL_TRIAL_H */
