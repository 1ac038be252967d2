/* burst.c: the FMA peak. */
#define _POSIX_C_SOURCE 200809L
#include "burst.h"

#include "base/error.h"
#include "cl/check.h"
#include "cl/embedded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Iterations of a group: below 65535, after which Mesa's llvmpipe ends a
 * work-item. */
enum { CHAINS = 12, COUNT = 60000 };

/* Groups for each compute unit, at most: by then every clock has moved. */
enum { ROUNDS_MOST = 1 << 16 };

/* Long enough for a clock of microseconds and for all threads to begin, short
 * enough that the next run meets the same clock frequency. */
static const double least_seconds = 0.01;

double burst_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *text_of_peak(void)
{
    const struct embedded *e = orl_embedded;
    while (e->name && strcmp(e->name, "peak") != 0)
        e++;
    return e->text;
}

static oriel_status launch(const struct burst *b, cl_command_queue queue,
                           double *seconds)
{
    const size_t one = 1;
    const double begin = burst_clock();
    ORL_TRY_CL(clEnqueueNDRangeKernel(queue, b->kernel, 1, NULL, &b->groups,
                                      &one, 0, NULL, NULL));
    ORL_TRY_CL(clFinish(queue));
    *seconds = fmax(burst_clock() - begin, 1e-9);
    return ORIEL_OK;
}

/* b->groups is the number of compute units. */
static oriel_status calibrate(struct burst *b, cl_command_queue queue)
{
    const size_t units = b->groups;
    double seconds = 0;
    for (size_t rounds = 1; rounds <= ROUNDS_MOST; rounds *= 2) {
        b->groups = rounds * units;
        ORL_TRY(launch(b, queue, &seconds));
        if (seconds >= least_seconds)
            break;
    }
    return ORIEL_OK;
}

static oriel_status build(struct burst *b, cl_context context, cl_device_id id)
{
    cl_int code = CL_SUCCESS;
    const char *text = text_of_peak();
    char options[32];
    snprintf(options, sizeof options, "-DLANES=%d", (int)b->lanes);
    b->program = clCreateProgramWithSource(context, 1, &text, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateProgramWithSource"));
    ORL_TRY_CL(clBuildProgram(b->program, 1, &id, options, NULL, NULL));
    b->kernel = clCreateKernel(b->program, "burst", &code);
    ORL_TRY(orl_cl_check(code, "clCreateKernel"));
    b->out =
        clCreateBuffer(context, CL_MEM_READ_WRITE,
                       b->groups * ROUNDS_MOST * sizeof(float), NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));

    const cl_float m = 0.999f, c = 0.001f;
    const cl_int count = COUNT;
    ORL_TRY_CL(clSetKernelArg(b->kernel, 0, sizeof b->out, &b->out));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 1, sizeof count, &count));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 2, sizeof m, &m));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 3, sizeof c, &c));
    return ORIEL_OK;
}

oriel_status burst_open(struct burst *out, cl_context context, cl_device_id id,
                        const struct device *d, cl_command_queue queue)
{
    if (d->kind == DEVICE_GPU)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no peak is measured on a GPU: the burst has one "
                        "work-item for each compute unit");
    if (d->emulated_fma)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no peak is measured on a device that emulates the "
                        "fused multiply-add");
    struct burst b = {
        .groups = d->compute_units > 0 ? (size_t)d->compute_units : 1,
        .lanes = d->vector_floats > 0 ? d->vector_floats : 1,
    };
    oriel_status status = build(&b, context, id);
    if (status == ORIEL_OK)
        status = calibrate(&b, queue);
    if (status == ORIEL_OK)
        *out = b;
    else
        burst_close(&b);
    return status;
}

oriel_status burst_run(const struct burst *b, cl_command_queue queue,
                       double *gflops)
{
    double seconds = 0;
    ORL_TRY(launch(b, queue, &seconds));
    *gflops = 2.0 * CHAINS * (double)b->lanes * COUNT * (double)b->groups /
              seconds * 1e-9;
    return ORIEL_OK;
}

void burst_close(struct burst *b)
{
    if (b->out)
        clReleaseMemObject(b->out);
    if (b->kernel)
        clReleaseKernel(b->kernel);
    if (b->program)
        clReleaseProgram(b->program);
    *b = (struct burst) {.kernel = NULL};
}
