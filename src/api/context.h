/* context.h: the objects behind the public handles. */
#ifndef ORL_API_CONTEXT_H
#define ORL_API_CONTEXT_H

#include "cl/engine.h"
#include "cl/launch.h"
#include "plan/planner.h"

#include <stdatomic.h>

struct oriel_context {
    struct engine engine;
    atomic_int owners; /* the caller, until it destroys, and each plan */
    void (*line)(void *user, oriel_log_level level, const char *text);
    void *user;
};

/* Frees the context when its last owner gives it up; NULL does nothing. */
void orl_context_give(oriel_context *context);
oriel_context *orl_context_share(oriel_context *context);

/* Immutable but for the arguments of its kernels. */
struct oriel_plan {
    oriel_context *context;
    struct problem problem;
    struct plan plan;
    size_t workspace;
    orl_lock lock; /* from a call's first argument to its last launch */
    cl_kernel kernels[ORL_KERNELS];
};

/* What may be done for this problem under these options, best first: the plan
 * of options->plan_text alone, or the planner's ranking with what exceeds the
 * limit of workspace behind the others. */
oriel_status orl_context_rank(struct ranking *out, oriel_context *context,
                              const struct problem *problem,
                              const oriel_plan_options *options);

/* Scratch of the largest call. */
int64_t orl_plan_scratch(const struct plan *plan, const struct problem *p);

#endif /* ORL_API_CONTEXT_H */
