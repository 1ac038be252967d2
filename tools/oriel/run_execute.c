/* run_execute.c: the problem on the device, through the public interface, on
 * buffers and a queue of our own. */
#include "burst.h"
#include "device_pick.h"
#include "run.h"

#include "base/error.h"
#include "cl/check.h"
#include "reference/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything of OpenCL that a run owns. */
struct machine {
    cl_context opencl;
    cl_command_queue queue;
    oriel_context *context;
    oriel_plan *plan;
    cl_mem tensor[RUN_TENSORS], lse, key_begin, key_end, workspace;
    struct burst burst;
};

static void close_machine(struct machine *m)
{
    cl_mem *const memory[] = {&m->tensor[RUN_Q], &m->tensor[RUN_K],
                              &m->tensor[RUN_V], &m->tensor[RUN_OUT],
                              &m->lse,           &m->key_begin,
                              &m->key_end,       &m->workspace};
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++)
        if (*memory[i])
            clReleaseMemObject(*memory[i]);
    burst_close(&m->burst);
    oriel_plan_destroy(m->plan);
    oriel_context_destroy(m->context);
    if (m->queue)
        clReleaseCommandQueue(m->queue);
    if (m->opencl)
        clReleaseContext(m->opencl);
}

static oriel_status open_machine(struct machine *m, const struct run *r,
                                 struct held *held)
{
    cl_int code = CL_SUCCESS;
    ORL_TRY(device_context(&m->opencl, r->id));
    m->queue = clCreateCommandQueue(m->opencl, r->id, 0, &code);
    ORL_TRY(orl_cl_check(code, "clCreateCommandQueue"));
    ORL_TRY(oriel_context_create(
        &m->context, ORIEL_CONTEXT_DESC(.context = m->opencl, .device = r->id,
                                        .log = device_hold, .user = held)));
    const oriel_problem problem = orl_problem_public(&r->problem);
    return oriel_plan_create(
        &m->plan, m->context, &problem,
        ORIEL_PLAN_OPTIONS(.plan_text = argument(r->a, "plan")));
}

/* A buffer with a copy of host memory; none for NULL. */
static oriel_status upload(cl_mem *out, const struct machine *m,
                           const void *bytes, size_t size)
{
    cl_int code = CL_SUCCESS;
    if (!bytes || size == 0)
        return ORIEL_OK;
    *out = clCreateBuffer(m->opencl, CL_MEM_READ_WRITE, size, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
    return ORL_CL(clEnqueueWriteBuffer(m->queue, *out, CL_TRUE, 0, size, bytes,
                                       0, NULL, NULL));
}

static size_t lse_bytes(const struct problem *p)
{
    return (size_t)(p->batch * p->heads * p->queries) * sizeof(float);
}

static oriel_status upload_all(struct machine *m, const struct run *r)
{
    const struct problem *p = &r->problem;
    const size_t limits = (size_t)p->batch * sizeof(int32_t);
    for (int n = 0; n < RUN_TENSORS; n++)
        ORL_TRY(
            upload(&m->tensor[n], m, r->tensor[n].bytes, r->tensor[n].size));
    ORL_TRY(upload(&m->lse, m, r->lse, lse_bytes(p)));
    ORL_TRY(upload(&m->key_begin, m, r->key_begin, limits));
    ORL_TRY(upload(&m->key_end, m, r->key_end, limits));

    const size_t bytes = oriel_plan_workspace(m->plan);
    cl_int code = CL_SUCCESS;
    if (bytes > 0)
        m->workspace =
            clCreateBuffer(m->opencl, CL_MEM_READ_WRITE, bytes, NULL, &code);
    return orl_cl_check(code, "clCreateBuffer");
}

static oriel_status download(const struct machine *m, struct run *r)
{
    const struct storage *out = &r->tensor[RUN_OUT];
    ORL_TRY_CL(clEnqueueReadBuffer(m->queue, m->tensor[RUN_OUT], CL_TRUE, 0,
                                   out->size, out->bytes, 0, NULL, NULL));
    if (!r->lse)
        return ORIEL_OK;
    return ORL_CL(clEnqueueReadBuffer(m->queue, m->lse, CL_TRUE, 0,
                                      lse_bytes(&r->problem), r->lse, 0, NULL,
                                      NULL));
}

/* A driver that loses a launch tells it through the event alone. */
static oriel_status wait_for(cl_event done, const struct run *r)
{
    const cl_int waited = clWaitForEvents(1, &done);
    cl_int ended = CL_COMPLETE;
    clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof ended,
                   &ended, NULL);
    if (ended < 0)
        return orl_fail_cl(ended,
                           "the launch of plan \"%s\" ended with %s (%d)",
                           r->plan, orl_cl_name(ended), (int)ended);
    return orl_cl_check(waited, "clWaitForEvents");
}

static oriel_status call_once(const struct machine *m, const struct run *r,
                              double *seconds)
{
    const oriel_call call = {
        .size = sizeof call,
        .q = {.mem = m->tensor[RUN_Q], .offset = r->tensor[RUN_Q].offset},
        .k = {.mem = m->tensor[RUN_K], .offset = r->tensor[RUN_K].offset},
        .v = {.mem = m->tensor[RUN_V], .offset = r->tensor[RUN_V].offset},
        .out = {.mem = m->tensor[RUN_OUT], .offset = r->tensor[RUN_OUT].offset},
        .workspace = {.mem = m->workspace},
        .lse = {.mem = m->lse},
        .key_begin = {.mem = m->key_begin},
        .key_end = {.mem = m->key_end},
    };
    cl_event done = NULL;
    const double begin = burst_clock();
    ORL_TRY(oriel_enqueue(m->plan, m->queue, &call, 0, NULL, &done));
    const oriel_status status = wait_for(done, r);
    *seconds = fmax(burst_clock() - begin, 1e-9);
    clReleaseEvent(done);
    return status;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *of, size_t count)
{
    qsort(of, count, sizeof *of, ascending);
    return count % 2 ? of[count / 2]
                     : 0.5 * (of[count / 2 - 1] + of[count / 2]);
}

static oriel_status repeat(struct machine *m, struct run *r, size_t times)
{
    const double flops =
        2.0 * (r->problem.q.channels + r->problem.v.channels) * r->pairs;
    oriel_status status = ORIEL_OK;
    double *seconds = calloc(3 * times, sizeof *seconds);
    double *peak = seconds + times, *share = peak + times;
    if (!seconds)
        return orl_fail(ORIEL_E_MEMORY, "no memory for %zu times", times);

    const bool burst = burst_open(&m->burst, m->opencl, r->id, &r->device,
                                  m->queue) == ORIEL_OK;
    if (!burst)
        device_log(NULL, ORIEL_LOG_WARNING, oriel_last_error()->message);
    for (size_t n = 0; n < times && status == ORIEL_OK; n++) {
        if (burst)
            status = burst_run(&m->burst, m->queue, &peak[n]);
        if (status == ORIEL_OK)
            status = call_once(m, r, &seconds[n]);
        share[n] = burst ? flops / seconds[n] * 1e-9 / peak[n] : 0;
    }
    if (status == ORIEL_OK) {
        r->seconds = median(seconds, times);
        r->peak_gflops = burst ? median(peak, times) : NAN;
        r->share_of_peak = burst ? median(share, times) : NAN;
    }
    free(seconds);
    return status;
}

/* The same problem by CLBlast, for --reference. */
static oriel_status refer(const struct machine *m, struct run *r)
{
    const struct problem *p = &r->problem;
    const struct oracle call = run_oracle(r);
    r->reference = calloc((size_t)(p->batch * p->heads * p->queries) *
                              (size_t)p->v.channels,
                          sizeof *r->reference);
    if (!r->reference)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the reference");
    const oriel_status status =
        blas_attend(&call, m->opencl, m->queue, r->reference);
    blas_forget();
    return status;
}

oriel_status run_execute(struct run *r)
{
    int64_t times = 1;
    const char *text = argument(r->a, "repeat");
    if (text)
        ORL_TRY(option_int64("repeat", text, 1, 1000000, &times));
    r->peak_gflops = r->share_of_peak = NAN;

    struct machine m = {.opencl = NULL};
    struct held held = {.used = 0};
    oriel_status status = open_machine(&m, r, &held);
    if (status == ORIEL_OK) {
        device_tell(&held);
        oriel_plan_text(m.plan, r->plan, sizeof r->plan);
        status = upload_all(&m, r);
    }
    if (status == ORIEL_OK)
        status =
            text ? repeat(&m, r, (size_t)times) : call_once(&m, r, &r->seconds);
    if (status == ORIEL_OK)
        status = download(&m, r);
    if (status == ORIEL_OK && argument(r->a, "reference"))
        status = refer(&m, r);
    close_machine(&m);
    return status;
}
