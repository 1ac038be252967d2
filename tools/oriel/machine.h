/* machine.h: a device that is open for work, and problems on it, through the
 * public interface and on buffers and a queue of our own. */
#ifndef MACHINE_H
#define MACHINE_H

#include "device_pick.h"
#include "run.h"

struct machine {
    cl_device_id id;
    cl_context opencl;
    cl_command_queue queue;
    oriel_context *context;
    struct held held; /* what the library warned of; to be told on success */
};

/* cache: folder of compiled programs; NULL: the user's. m stays where it is
 * until it is closed, also after a failure. */
oriel_status machine_open(struct machine *m, cl_device_id id,
                          const char *cache);
void machine_close(struct machine *m);

/* One problem: its plan and its tensors on the device. */
struct job {
    const struct machine *machine;
    oriel_plan *plan;
    char text[ORL_PLAN_TEXT];
    double plan_seconds;
    size_t bytes; /* of all buffers */
    cl_mem tensor[RUN_TENSORS], lse, key_begin, key_end, workspace;
    size_t offset[RUN_TENSORS];
};

/* Makes the plan: the named one, or with NULL the library's choice. Close it
 * also after a failure. */
oriel_status job_open(struct job *j, const struct machine *m,
                      const struct problem *p, const char *plan);
void job_close(struct job *j);

/* Copies of the tensors of r, which may then be freed. */
oriel_status job_upload(struct job *j, const struct run *r);

/* One call, to the end of its work; *seconds is NAN where the clock failed. */
oriel_status job_call(struct job *j, double *seconds);

/* As an entrant of a series: so many of them back to back and one wait, seconds
 * of one. */
oriel_status job_calls(void *job, size_t calls, double *seconds);

/* Whether a burst of multiply-adds is a peak of its plan: not of one by a
 * matrix unit, which is made to exceed it. */
bool job_has_peak(const struct job *j);

/* The result, and lse if r has room for it. */
oriel_status job_download(const struct job *j, struct run *r);

#endif /* MACHINE_H */
