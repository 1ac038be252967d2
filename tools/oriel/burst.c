/* burst.c: the peaks of arithmetic and of reading. */
#include "burst.h"

#include "clock.h"

#include "base/error.h"
#include "cl/check.h"
#include "cl/embedded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Iterations of a group: below 65535, after which Mesa's llvmpipe ends a
 * work-item. */
enum { CHAINS = 12, COUNT = 60000 };

/* Groups for each compute unit, at most: by then every clock has moved. */
enum { ROUNDS_MOST = 1 << 16 };

/* Long enough for a clock of microseconds and for all threads to begin, short
 * enough that the next run meets the same clock frequency. */
static const double least_seconds = 0.01;

/* The sum: groups for each compute unit, so that one that began late leaves its
 * share to others; vectors that a group adds in one iteration. */
enum { SUM_ROUNDS = 4, SUM_VECTORS = 8 };

static const char *text_of_peak(void)
{
    const struct embedded *e = orl_embedded;
    while (e->name && strcmp(e->name, "peak") != 0)
        e++;
    return e->text;
}

oriel_status burst_run(void *state, double *seconds)
{
    const struct burst *b = state;
    const size_t one = 1;
    const double begin = clock_now();
    ORL_TRY_CL(clEnqueueNDRangeKernel(b->queue, b->kernel, 1, NULL, &b->groups,
                                      &one, 0, NULL, NULL));
    ORL_TRY_CL(clFinish(b->queue));
    *seconds = clock_since(begin);
    return ORIEL_OK;
}

static size_t units(const struct device *d)
{
    return d->compute_units > 0 ? (size_t)d->compute_units : 1;
}

static size_t lanes(const struct device *d)
{
    return d->vector_floats > 0 ? (size_t)d->vector_floats : 1;
}

static oriel_status check_device(const struct device *d)
{
    if (d->kind == DEVICE_GPU)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no peak is measured on a GPU: the burst has one "
                        "work-item for each compute unit");
    if (d->emulated_fma)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no peak is measured on a device that emulates the "
                        "fused multiply-add");
    return ORIEL_OK;
}

static oriel_status build(struct burst *b, cl_context context, cl_device_id id,
                          const struct device *d, const char *name,
                          size_t bytes)
{
    cl_int code = CL_SUCCESS;
    const char *text = text_of_peak();
    char options[32];
    snprintf(options, sizeof options, "-DLANES=%d", (int)lanes(d));
    b->program = clCreateProgramWithSource(context, 1, &text, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateProgramWithSource"));
    ORL_TRY_CL(clBuildProgram(b->program, 1, &id, options, NULL, NULL));
    b->kernel = clCreateKernel(b->program, name, &code);
    ORL_TRY(orl_cl_check(code, "clCreateKernel"));
    b->memory = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
    return ORL_CL(clSetKernelArg(b->kernel, 0, sizeof b->memory, &b->memory));
}

static oriel_status calibrate(struct burst *b, const struct device *d)
{
    double seconds = 0;
    /* The first launch of PoCL compiles. */
    b->groups = units(d);
    ORL_TRY(burst_run(b, &seconds));
    for (size_t rounds = 1; rounds <= ROUNDS_MOST; rounds *= 2) {
        b->groups = rounds * units(d);
        ORL_TRY(burst_run(b, &seconds));
        ORL_TRY(clock_check(seconds));
        if (seconds >= least_seconds)
            break;
    }
    b->flops = 2.0 * CHAINS * COUNT * (double)lanes(d) * (double)b->groups;
    return ORIEL_OK;
}

static oriel_status open_burst(struct burst *b, cl_context context,
                               cl_device_id id, const struct device *d)
{
    const cl_float m = 0.999f, c = 0.001f;
    const cl_int count = COUNT;
    ORL_TRY(build(b, context, id, d, "burst",
                  units(d) * ROUNDS_MOST * sizeof(float)));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 1, sizeof count, &count));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 2, sizeof m, &m));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 3, sizeof c, &c));
    return calibrate(b, d);
}

static oriel_status open_sum(struct burst *b, cl_context context,
                             cl_device_id id, const struct device *d,
                             double bytes)
{
    /* A group reads at most COUNT iterations. */
    const double step = SUM_VECTORS * (double)lanes(d) * sizeof(float);
    const double least = (double)(SUM_ROUNDS * units(d));
    const double groups = fmax(least, ceil(bytes / (step * COUNT)));
    const cl_int steps = (cl_int)fmax(1, round(bytes / (step * groups)));
    const size_t size = (size_t)(groups * steps * step);
    const cl_float one = 1.0f;
    b->groups = (size_t)groups;
    b->bytes = (double)size;
    /* A result of each group behind what is summed. */
    ORL_TRY(
        build(b, context, id, d, "total", size + b->groups * sizeof(cl_float)));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 1, sizeof steps, &steps));
    ORL_TRY_CL(clEnqueueFillBuffer(b->queue, b->memory, &one, sizeof one, 0,
                                   size, 0, NULL, NULL));
    return ORL_CL(clFinish(b->queue));
}

oriel_status burst_open(struct burst *out, cl_context context, cl_device_id id,
                        const struct device *d, cl_command_queue queue)
{
    struct burst b = {.queue = queue};
    ORL_TRY(check_device(d));
    const oriel_status status = open_burst(&b, context, id, d);
    if (status == ORIEL_OK)
        *out = b;
    else
        burst_close(&b);
    return status;
}

oriel_status burst_open_sum(struct burst *out, cl_context context,
                            cl_device_id id, const struct device *d,
                            cl_command_queue queue, double bytes)
{
    struct burst b = {.queue = queue};
    ORL_TRY(check_device(d));
    const oriel_status status = open_sum(&b, context, id, d, bytes);
    if (status == ORIEL_OK)
        *out = b;
    else
        burst_close(&b);
    return status;
}

void burst_close(struct burst *b)
{
    if (b->memory)
        clReleaseMemObject(b->memory);
    if (b->kernel)
        clReleaseKernel(b->kernel);
    if (b->program)
        clReleaseProgram(b->program);
    *b = (struct burst) {.kernel = NULL};
}
