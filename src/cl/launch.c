/* launch.c: arguments, grids and the chain of events of one call. */
#include "cl/launch.h"

#include "base/arith.h"
#include "cl/check.h"
#include "cl/wait.h"

#include <assert.h>
#include <stdbool.h>

static_assert(sizeof(struct call) % 8 == 0, "no padding at the end");

/* Rows have positions within +-ORL_MAX_LENGTH, so this reach is already longer
 * than any distance. */
static int32_t reach_of(int64_t reach)
{
    return (int32_t)orl_clamp(reach, -CALL_UNBOUNDED, CALL_UNBOUNDED);
}

static struct layout layout_of(const struct tensor *t)
{
    return (struct layout) {
        .batch = t->batch, .head = t->head, .row = t->row, .dim = t->dim};
}

struct job orl_job(const struct problem *p, const struct part *part)
{
    struct job job = {
        .extent = {.batch = p->batch,
                   .heads = p->heads,
                   .queries = part->queries,
                   .keys = part->keys,
                   .span = orl_min(orl_problem_span(p), part->keys)},
        .call = {.q = layout_of(&p->q),
                 .k = layout_of(&p->k),
                 .v = layout_of(&p->v),
                 .out = layout_of(&p->out),
                 .lse = {.batch = p->heads * p->queries,
                         .head = p->queries,
                         .row = 1},
                 .queries = (int32_t)part->queries,
                 .keys = (int32_t)part->keys,
                 .group = (int32_t)(p->heads / p->kv_heads),
                 .left = reach_of(p->left),
                 .right = reach_of(p->right),
                 .query_origin = (int32_t)part->query_origin,
                 .key_origin = (int32_t)part->key_origin,
                 .align_end = p->align == ORIEL_ALIGN_END,
                 .heads = (int32_t)p->heads,
                 .entries = (int32_t)p->batch,
                 .scale = p->scale,
                 .softcap = p->softcap},
    };
    return job;
}

static oriel_status set_memory(cl_kernel kernel, const cl_mem *memory)
{
    for (cl_uint n = 0; n < CALL_STRUCT; n++)
        ORL_TRY_CL(clSetKernelArg(kernel, n, sizeof memory[n],
                                  memory[n] ? (const void *)&memory[n] : NULL));
    return ORIEL_OK;
}

static oriel_status enqueue(cl_kernel kernel, cl_command_queue queue,
                            const struct launch *l, const struct call *call,
                            const size_t groups[3], cl_uint wait_count,
                            const cl_event *wait, cl_event *done)
{
    size_t global[3], local[3];
    for (int a = 0; a < 3; a++) {
        local[a] = (size_t)l->local[a];
        global[a] = groups[a] * local[a];
    }
    ORL_TRY_CL(clSetKernelArg(kernel, CALL_STRUCT, sizeof *call, call));
    return ORL_CL(clEnqueueNDRangeKernel(queue, kernel, 3, NULL, global, local,
                                         wait_count, wait, done));
}

/* How many launches it takes to cover the grid, once. */
static int64_t parts_of(const struct launch *l)
{
    int64_t parts = 1;
    for (int a = 0; a < 3; a++)
        parts *= orl_ceil_div(l->groups[a], ORL_GRID_LIMIT);
    return parts;
}

/* Groups of part number n of the grid; where it begins goes into call. */
static void part_of(const struct launch *l, int64_t n, struct call *call,
                    size_t groups[3])
{
    int32_t *const origin[3] = {&call->block, &call->head, &call->entry};
    for (int a = 0; a < 3; a++) {
        const int64_t parts = orl_ceil_div(l->groups[a], ORL_GRID_LIMIT);
        const int64_t begin = n % parts * ORL_GRID_LIMIT;
        *origin[a] = (int32_t)begin;
        groups[a] = (size_t)orl_min(ORL_GRID_LIMIT, l->groups[a] - begin);
        n /= parts;
    }
}

static bool in_order(cl_command_queue queue)
{
    cl_command_queue_properties properties = 0;
    return clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties,
                                 &properties, NULL) == CL_SUCCESS &&
           !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
}

/* The events between the launches of one call. On an in-order queue the queue
 * is the chain; else each launch waits for the one before. */
struct chain {
    bool by_events;
    cl_uint wait_count; /* the next launch waits for these */
    const cl_event *wait;
    cl_event before; /* held while a launch may wait for it */
    int64_t left;    /* launches still to come */
};

static oriel_status link_launch(struct chain *c, cl_kernel kernel,
                                cl_command_queue queue, const struct launch *l,
                                const struct call *call, const size_t groups[3],
                                cl_event *done)
{
    cl_event event = NULL;
    c->left--;
    cl_event *const out = c->left == 0 ? done : c->by_events ? &event : NULL;
    ORL_TRY(
        enqueue(kernel, queue, l, call, groups, c->wait_count, c->wait, out));
    if (c->before)
        clReleaseEvent(c->before);
    c->before = event;
    c->wait_count = event ? 1 : 0;
    c->wait = event ? &c->before : NULL;
    return ORIEL_OK;
}

oriel_status orl_launch(const struct plan *plan, const cl_kernel *kernels,
                        cl_command_queue queue, const struct job *job,
                        cl_uint wait_count, const cl_event *wait,
                        cl_event *done)
{
    struct launch_list list = {0};
    plan->family->launches(plan, &job->extent, &list);

    struct chain chain = {.wait_count = wait_count, .wait = wait};
    for (int n = 0; n < list.count; n++)
        chain.left += parts_of(&list.launch[n]) * list.launch[n].passes;
    chain.by_events = chain.left > 1 && !in_order(queue);

    oriel_status status = ORIEL_OK;
    struct call call = job->call;
    for (int n = 0; n < list.count && status == ORIEL_OK; n++) {
        const struct launch *l = &list.launch[n];
        const cl_kernel kernel = kernels[l->kernel];
        status = set_memory(kernel, job->memory);
        call.passes = (int32_t)l->passes;
        call.segments = (int32_t)l->segments;
        for (int64_t part = 0; part < parts_of(l); part++) {
            size_t groups[3];
            part_of(l, part, &call, groups);
            for (call.pass = 0; call.pass < call.passes && status == ORIEL_OK;
                 call.pass++)
                status =
                    link_launch(&chain, kernel, queue, l, &call, groups, done);
        }
    }
    if (chain.before)
        clReleaseEvent(chain.before);
    return status;
}

/* One group of each kernel, with no buffer or with the same one everywhere. */
static oriel_status launch_nothing(const struct plan *plan,
                                   const cl_kernel *kernels,
                                   cl_command_queue queue, cl_mem memory)
{
    const struct extent one = {1, 1, 1, 1, 1};
    const size_t groups[3] = {1, 1, 1};
    struct launch_list list = {0};
    plan->family->launches(plan, &one, &list);

    const struct call none = {
        .group = 1, .heads = 1, .entries = 1, .passes = 1};
    cl_mem all[CALL_STRUCT];
    for (int n = 0; n < CALL_STRUCT; n++)
        all[n] = memory;
    for (int n = 0; n < list.count; n++) {
        const struct launch *l = &list.launch[n];
        ORL_TRY(set_memory(kernels[l->kernel], all));
        cl_event done = NULL;
        ORL_TRY(enqueue(kernels[l->kernel], queue, l, &none, groups, 0, NULL,
                        &done));
        ORL_TRY(orl_wait(queue, done, "clEnqueueNDRangeKernel"));
    }
    return ORIEL_OK;
}

oriel_status orl_launch_empty(const struct plan *plan, const cl_kernel *kernels,
                              cl_context context, cl_command_queue queue)
{
    if (launch_nothing(plan, kernels, queue, NULL) == ORIEL_OK)
        return ORIEL_OK;

    /* Some device may refuse a kernel without buffers. */
    cl_int code;
    const cl_mem dummy =
        clCreateBuffer(context, CL_MEM_READ_WRITE, 64, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
    const oriel_status status = launch_nothing(plan, kernels, queue, dummy);
    clReleaseMemObject(dummy);
    return status;
}
