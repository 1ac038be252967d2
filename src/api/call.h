/* call.h: what a call must bring, checked once for oriel_enqueue and
 * oriel_attend. */
#ifndef ORL_API_CALL_H
#define ORL_API_CALL_H

#include "api/context.h"

/* One buffer of a call. */
struct need {
    const char *name; /* "q", for messages */
    oriel_buffer buffer;
    bool given;
    bool written;     /* by the device */
    uint64_t bytes;   /* from its offset on */
    uint32_t align;   /* its offset is a multiple */
    uint32_t element; /* bytes of one */
};

/* A call that keeps every rule that does not concern its memory. */
struct checked {
    struct part part;
    struct need need[CALL_STRUCT]; /* by enum call_argument */
};

/* host: memory is given by pointers, else by cl_mem. */
oriel_status orl_call_check(struct checked *out, const oriel_plan *plan,
                            const oriel_call *call, bool host);

/* The job of a call whose buffers begin at memory[n] + bytes at[n]. */
struct job orl_call_job(const oriel_plan *plan, const struct checked *call,
                        const cl_mem memory[CALL_STRUCT],
                        const uint64_t at[CALL_STRUCT]);

/* Launches it, holding the plan's lock no longer than that takes. */
oriel_status orl_call_launch(const oriel_plan *plan, cl_command_queue queue,
                             const struct job *job, cl_uint wait_count,
                             const cl_event *wait, cl_event *done);

#endif /* ORL_API_CALL_H */
