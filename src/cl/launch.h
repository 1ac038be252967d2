/* launch.h: arguments, grids and the chain of events of one call. */
#ifndef ORL_CL_LAUNCH_H
#define ORL_CL_LAUNCH_H

#include "cl/call.h"
#include "plan/family.h"

#include <oriel/oriel.h>

enum {
    ORL_KERNELS = 4,       /* most kernels of a family */
    ORL_GRID_LIMIT = 65535 /* groups along an axis: NVIDIA refuses more along
                              two of them, PoCL compiles another variant */
};

/* One call of a plan: its buffers, its numbers, and how much of the plan it
 * uses. */
struct job {
    cl_mem memory[CALL_STRUCT]; /* by enum call_argument; NULL: none */
    struct call call;
    struct extent extent;
};

/* A job for these rows of p, without buffers. */
struct job orl_job(const struct problem *p, const struct part *part);

/* Enqueues the launches of a job. Waits for nothing, allocates nothing. The
 * caller owns the kernels for the time of the call. */
oriel_status orl_launch(const struct plan *plan, const cl_kernel *kernels,
                        cl_command_queue queue, const struct job *job,
                        cl_uint wait_count, const cl_event *wait,
                        cl_event *done);

/* Launches every kernel once on no rows and waits: what a driver compiles at a
 * first launch it compiles now, and what it refuses it refuses now. */
oriel_status orl_launch_empty(const struct plan *plan, const cl_kernel *kernels,
                              cl_context context, cl_command_queue queue);

#endif /* ORL_CL_LAUNCH_H */
