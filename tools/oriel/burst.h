/* burst.h: how fast a device can multiply and add, and read memory, right now,
 * by kernels/peak.cl, of a GPU peak_group.cl, on all of its compute units: what
 * shares are shares of. */
#ifndef BURST_H
#define BURST_H

#include "model/device.h"

#include <oriel/oriel.h>

/* Fused multiply-adds in registers, or a plain sum over a buffer. */
struct burst {
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem memory;        /* results; what is summed */
    size_t groups, group; /* of so many work-items */
    double flops, bytes;  /* of a run */
};

/* Builds the kernel and finds how much of it takes long enough to be timed.
 * ORIEL_E_UNSUPPORTED where fused multiply-add is emulated. The queue must
 * outlive it. */
oriel_status burst_open(struct burst *out, cl_context context, cl_device_id id,
                        const struct device *d, cl_command_queue queue);

/* A sum over so many bytes, rounded to whole steps of every group: b->bytes.
 * ORIEL_E_UNSUPPORTED as for burst_open. */
oriel_status burst_open_sum(struct burst *out, cl_context context,
                            cl_device_id id, const struct device *d,
                            cl_command_queue queue, double bytes);

/* So many runs of one burst back to back, and one wait; *seconds: of one, NAN
 * where the clock failed. */
oriel_status burst_run(void *state, size_t calls, double *seconds);

/* How long the calls of a turn should take together, for struct series: a GPU
 * takes the next launch while it runs one, so that most of what one launch and
 * its wait take is not its work. 0: every call is timed alone. */
double burst_turn_seconds(const struct device *d);

/* Of a zeroed or opened burst. */
void burst_close(struct burst *b);

#endif /* BURST_H */
