/* machine.c: problems on a device, through the public interface. */
#include "machine.h"

#include "clock.h"

#include "base/error.h"
#include "cl/check.h"

#include <string.h>

oriel_status machine_open(struct machine *m, cl_device_id id, const char *cache)
{
    cl_int code = CL_SUCCESS;
    m->id = id;
    ORL_TRY(device_context(&m->opencl, id));
    m->queue = clCreateCommandQueue(m->opencl, id, 0, &code);
    ORL_TRY(orl_cl_check(code, "clCreateCommandQueue"));
    return oriel_context_create(
        &m->context, ORIEL_CONTEXT_DESC(.context = m->opencl, .device = id,
                                        .cache_dir = cache, .log = device_hold,
                                        .user = &m->held));
}

void machine_close(struct machine *m)
{
    oriel_context_destroy(m->context);
    if (m->queue)
        clReleaseCommandQueue(m->queue);
    if (m->opencl)
        clReleaseContext(m->opencl);
    *m = (struct machine) {.opencl = NULL};
}

oriel_status job_open(struct job *j, const struct machine *m,
                      const struct problem *p, const char *plan)
{
    const oriel_problem problem = orl_problem_public(p);
    j->machine = m;
    const double begin = clock_now();
    ORL_TRY(oriel_plan_create(&j->plan, m->context, &problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = plan)));
    j->plan_seconds = clock_since(begin);
    oriel_plan_text(j->plan, j->text, sizeof j->text);
    return ORIEL_OK;
}

void job_close(struct job *j)
{
    cl_mem *const memory[] = {&j->tensor[RUN_Q], &j->tensor[RUN_K],
                              &j->tensor[RUN_V], &j->tensor[RUN_OUT],
                              &j->lse,           &j->key_begin,
                              &j->key_end,       &j->workspace};
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++)
        if (*memory[i])
            clReleaseMemObject(*memory[i]);
    oriel_plan_destroy(j->plan);
    *j = (struct job) {.plan = NULL};
}

/* A buffer; with a copy of host memory where there is some. */
static oriel_status allocate(struct job *j, cl_mem *out, const void *bytes,
                             size_t size)
{
    cl_int code = CL_SUCCESS;
    *out = clCreateBuffer(j->machine->opencl, CL_MEM_READ_WRITE, size, NULL,
                          &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
    j->bytes += size;
    if (!bytes)
        return ORIEL_OK;
    return ORL_CL(clEnqueueWriteBuffer(j->machine->queue, *out, CL_TRUE, 0,
                                       size, bytes, 0, NULL, NULL));
}

/* None for NULL. */
static oriel_status upload(struct job *j, cl_mem *out, const void *bytes,
                           size_t size)
{
    return bytes && size > 0 ? allocate(j, out, bytes, size) : ORIEL_OK;
}

static size_t lse_bytes(const struct problem *p)
{
    return (size_t)(p->batch * p->heads * p->queries) * sizeof(float);
}

oriel_status job_upload(struct job *j, const struct run *r)
{
    const struct problem *p = &r->problem;
    const size_t limits = (size_t)p->batch * sizeof(int32_t);
    for (int n = 0; n < RUN_TENSORS; n++) {
        const struct storage *s = &r->tensor[n];
        ORL_TRY(upload(j, &j->tensor[n], s->bytes, s->size));
        j->offset[n] = s->offset;
    }
    ORL_TRY(upload(j, &j->lse, r->lse, lse_bytes(p)));
    ORL_TRY(upload(j, &j->key_begin, r->key_begin, limits));
    ORL_TRY(upload(j, &j->key_end, r->key_end, limits));
    const size_t scratch = oriel_plan_workspace(j->plan);
    return scratch > 0 ? allocate(j, &j->workspace, NULL, scratch) : ORIEL_OK;
}

/* A driver that loses a launch tells it through the event alone. */
static oriel_status wait_for(cl_event done, const char *plan)
{
    const cl_int waited = clWaitForEvents(1, &done);
    cl_int ended = CL_COMPLETE;
    clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof ended,
                   &ended, NULL);
    if (ended < 0)
        return orl_fail_cl(ended,
                           "the launch of plan \"%s\" ended with %s (%d)", plan,
                           orl_cl_name(ended), (int)ended);
    return orl_cl_check(waited, "clWaitForEvents");
}

static oriel_call call_of(const struct job *j)
{
    return (oriel_call) {
        .size = sizeof(oriel_call),
        .q = {.mem = j->tensor[RUN_Q], .offset = j->offset[RUN_Q]},
        .k = {.mem = j->tensor[RUN_K], .offset = j->offset[RUN_K]},
        .v = {.mem = j->tensor[RUN_V], .offset = j->offset[RUN_V]},
        .out = {.mem = j->tensor[RUN_OUT], .offset = j->offset[RUN_OUT]},
        .workspace = {.mem = j->workspace},
        .lse = {.mem = j->lse},
        .key_begin = {.mem = j->key_begin},
        .key_end = {.mem = j->key_end},
    };
}

oriel_status job_calls(void *job, size_t calls, double *seconds)
{
    const struct job *j = job;
    const oriel_call call = call_of(j);
    const cl_command_queue queue = j->machine->queue;
    cl_event done = NULL;
    const double begin = clock_now();
    for (size_t n = 1; n < calls; n++)
        ORL_TRY(oriel_enqueue(j->plan, queue, &call, 0, NULL, NULL));
    ORL_TRY(oriel_enqueue(j->plan, queue, &call, 0, NULL, &done));
    const oriel_status status = wait_for(done, j->text);
    *seconds = clock_since(begin) / (double)calls;
    clReleaseEvent(done);
    return status;
}

oriel_status job_call(struct job *j, double *seconds)
{
    return job_calls(j, 1, seconds);
}

bool job_has_peak(const struct job *j)
{
    return strncmp(j->text, "matrix ", strlen("matrix ")) != 0;
}

oriel_status job_download(const struct job *j, struct run *r)
{
    const struct storage *out = &r->tensor[RUN_OUT];
    const cl_command_queue queue = j->machine->queue;
    ORL_TRY_CL(clEnqueueReadBuffer(queue, j->tensor[RUN_OUT], CL_TRUE, 0,
                                   out->size, out->bytes, 0, NULL, NULL));
    if (!r->lse)
        return ORIEL_OK;
    return ORL_CL(clEnqueueReadBuffer(queue, j->lse, CL_TRUE, 0,
                                      lse_bytes(&r->problem), r->lse, 0, NULL,
                                      NULL));
}
