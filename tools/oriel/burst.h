/* burst.h: how fast a device can multiply and add right now, by kernels/peak.cl
 * on all of its compute units: what a share of peak is a share of. */
#ifndef BURST_H
#define BURST_H

#include "model/device.h"

#include <oriel/oriel.h>

struct burst {
    cl_program program;
    cl_kernel kernel;
    cl_mem out;
    size_t groups;
    int64_t lanes;
};

/* Builds the kernel and finds how many groups take long enough to be timed.
 * ORIEL_E_UNSUPPORTED on a GPU, whose units one work-item does not fill, and
 * where fused multiply-add is emulated. */
oriel_status burst_open(struct burst *out, cl_context context, cl_device_id id,
                        const struct device *d, cl_command_queue queue);

oriel_status burst_run(const struct burst *b, cl_command_queue queue,
                       double *gflops);

/* Of a zeroed or opened burst. */
void burst_close(struct burst *b);

/* Seconds of a clock that never goes back. */
double burst_clock(void);

#endif /* BURST_H */
