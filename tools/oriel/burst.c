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
enum { COUNT = 60000 };

/* Groups for each compute unit, at most: by then every clock has moved. */
enum { ROUNDS_MOST = 1 << 16 };

/* Long enough for a clock of microseconds and for all threads to begin, short
 * enough that the next run meets the same clock frequency. */
static const double least_seconds = 0.01;

/* Groups of a compute unit: of a CPU's sum, so that one that began late leaves
 * its share to others; of a GPU, more than it holds at a time. */
enum { CPU_ROUNDS = 4, GPU_ROUNDS = 32 };

/* One of the two kernel files, and what its kernels do in an iteration. */
struct form {
    const char *text;
    char options[32];
    size_t units, group;  /* compute units, work-items of a group */
    double flops, stride; /* of a group: burst; bytes, sum */
};

static const char *text_of(const char *name)
{
    const struct embedded *e = orl_embedded;
    while (e->name && strcmp(e->name, name) != 0)
        e++;
    return e->text;
}

static size_t lanes(const struct device *d)
{
    return d->vector_floats > 0 ? (size_t)d->vector_floats : 1;
}

static struct form cpu_form(const struct device *d)
{
    enum { CHAINS = 12, SUM_VECTORS = 8 };
    struct form f = {.text = text_of("peak"), .group = 1};
    f.flops = 2.0 * CHAINS * (double)lanes(d);
    f.stride = SUM_VECTORS * (double)lanes(d) * sizeof(float);
    snprintf(f.options, sizeof f.options, "-DLANES=%d", (int)lanes(d));
    return f;
}

static struct form gpu_form(const struct device *d)
{
    enum { PAIRS = 8, AGAIN = 16, LOADS = 4 };
    struct form f = {.text = text_of("peak_group"), .group = 256};
    while ((d->group_limit > 0 && f.group > (size_t)d->group_limit) ||
           (d->axis_limit > 0 && f.group > (size_t)d->axis_limit))
        f.group /= 2;
    f.flops = 2.0 * 2 * PAIRS * AGAIN * (double)f.group;
    f.stride = LOADS * (double)f.group * sizeof(cl_float4);
    snprintf(f.options, sizeof f.options, "-DGROUP=%d", (int)f.group);
    return f;
}

static bool is_gpu(const struct device *d)
{
    return d->kind == DEVICE_GPU;
}

static struct form form_of(const struct device *d)
{
    struct form f = is_gpu(d) ? gpu_form(d) : cpu_form(d);
    f.units = d->compute_units > 0 ? (size_t)d->compute_units : 1;
    return f;
}

double burst_turn_seconds(const struct device *d)
{
    return is_gpu(d) ? 1e-3 : 0;
}

oriel_status burst_run(void *state, size_t calls, double *seconds)
{
    const struct burst *b = state;
    const size_t items = b->groups * b->group;
    const double begin = clock_now();
    for (size_t n = 0; n < calls; n++)
        ORL_TRY_CL(clEnqueueNDRangeKernel(b->queue, b->kernel, 1, NULL, &items,
                                          &b->group, 0, NULL, NULL));
    ORL_TRY_CL(clFinish(b->queue));
    *seconds = clock_since(begin) / (double)calls;
    return ORIEL_OK;
}

static oriel_status check_device(const struct device *d)
{
    if (d->emulated_fma)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no peak is measured on a device that emulates the "
                        "fused multiply-add");
    return ORIEL_OK;
}

static oriel_status build(struct burst *b, cl_context context, cl_device_id id,
                          const struct form *f, const char *name, size_t bytes)
{
    cl_int code = CL_SUCCESS;
    const char *text = f->text;
    b->group = f->group;
    b->program = clCreateProgramWithSource(context, 1, &text, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateProgramWithSource"));
    ORL_TRY_CL(clBuildProgram(b->program, 1, &id, f->options, NULL, NULL));
    b->kernel = clCreateKernel(b->program, name, &code);
    ORL_TRY(orl_cl_check(code, "clCreateKernel"));
    b->memory = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
    return ORL_CL(clSetKernelArg(b->kernel, 0, sizeof b->memory, &b->memory));
}

/* A burst of so many iterations of all its groups. */
static oriel_status try_burst(struct burst *b, const struct form *f,
                              cl_int count, double *seconds)
{
    b->flops = f->flops * count * (double)b->groups;
    ORL_TRY_CL(clSetKernelArg(b->kernel, 1, sizeof count, &count));
    ORL_TRY(burst_run(b, 1, seconds));
    return clock_check(*seconds);
}

/* A CPU gets more groups, until they take long enough. */
static oriel_status lengthen_cpu(struct burst *b, const struct form *f)
{
    double seconds = 0;
    for (size_t rounds = 1; seconds < least_seconds && rounds <= ROUNDS_MOST;
         rounds *= 2) {
        b->groups = rounds * f->units;
        ORL_TRY(try_burst(b, f, COUNT, &seconds));
    }
    return ORIEL_OK;
}

/* A GPU, more iterations: each group leaves as many results as it has
 * work-items. */
static oriel_status lengthen_gpu(struct burst *b, const struct form *f)
{
    double seconds = 0;
    for (cl_int count = 1; seconds < least_seconds && count <= COUNT;
         count *= 2)
        ORL_TRY(try_burst(b, f, count, &seconds));
    return ORIEL_OK;
}

static oriel_status open_burst(struct burst *b, cl_context context,
                               cl_device_id id, const struct device *d)
{
    const cl_float m = 0.999f, c = 0.001f;
    const struct form f = form_of(d);
    const size_t most = is_gpu(d) ? GPU_ROUNDS : ROUNDS_MOST;
    double seconds = 0;
    b->groups = is_gpu(d) ? f.units * GPU_ROUNDS : f.units;
    ORL_TRY(build(b, context, id, &f, "burst",
                  f.units * most * f.group * sizeof(float)));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 2, sizeof m, &m));
    ORL_TRY_CL(clSetKernelArg(b->kernel, 3, sizeof c, &c));
    /* The first launch of PoCL compiles. */
    ORL_TRY(try_burst(b, &f, is_gpu(d) ? 1 : COUNT, &seconds));
    return is_gpu(d) ? lengthen_gpu(b, &f) : lengthen_cpu(b, &f);
}

/* Groups, and iterations of each. */
struct cut {
    double groups, steps;
};

/* At least some groups for each unit, at most COUNT iterations. */
static struct cut cut_for_cpu(const struct form *f, double bytes)
{
    const double least = (double)(CPU_ROUNDS * f->units);
    const double groups = fmax(least, ceil(bytes / (f->stride * COUNT)));
    return (struct cut) {groups, fmax(1, round(bytes / (f->stride * groups)))};
}

/* No more groups than keep it busy, and those of few bytes short rather than
 * few. */
static struct cut cut_for_gpu(const struct form *f, double bytes)
{
    const double most = (double)(GPU_ROUNDS * f->units);
    const double steps = fmax(1, ceil(bytes / (f->stride * most)));
    return (struct cut) {fmax(1, round(bytes / (f->stride * steps))), steps};
}

static oriel_status open_sum(struct burst *b, cl_context context,
                             cl_device_id id, const struct device *d,
                             double bytes)
{
    const struct form f = form_of(d);
    const struct cut cut =
        is_gpu(d) ? cut_for_gpu(&f, bytes) : cut_for_cpu(&f, bytes);
    const size_t size = (size_t)(cut.groups * cut.steps * f.stride);
    const cl_int steps = (cl_int)cut.steps;
    const cl_float one = 1.0f;
    b->groups = (size_t)cut.groups;
    b->bytes = (double)size;
    /* A result of each group behind what is summed. */
    ORL_TRY(build(b, context, id, &f, "total",
                  size + b->groups * sizeof(cl_float)));
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
