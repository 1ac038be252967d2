/* attend.c: a call on host memory. */
#include "api/call.h"
#include "cl/check.h"
#include "cl/wait.h"

/* Host memory that becomes one cl_mem: ranges that overlap are one, because
 * OpenCL leaves several buffers over the same host memory undefined. */
struct area {
    unsigned char *begin, *end;
    bool shared; /* the device works in the memory itself, not in a copy */
    bool written;
    bool whole; /* written in whole: what is there before does not matter */
    cl_mem mem;
};

/* The areas of a call; area_of[n] is the one argument n lies in. */
struct areas {
    int count;
    struct area area[CALL_STRUCT];
    int area_of[CALL_STRUCT];
    cl_mem workspace;
};

static unsigned char *begin_of(const struct need *b)
{
    return (unsigned char *)b->buffer.pointer + b->buffer.offset;
}

static bool in_memory(const struct checked *call, int n)
{
    return call->need[n].given && n != CALL_WORKSPACE;
}

static bool overlap(const struct need *a, const struct need *b)
{
    return begin_of(a) < begin_of(b) + b->bytes &&
           begin_of(b) < begin_of(a) + a->bytes;
}

static oriel_status check_pointers(const struct checked *call)
{
    for (int n = 0; n < CALL_STRUCT; n++) {
        const struct need *b = &call->need[n];
        if (!in_memory(call, n))
            continue;
        if ((uintptr_t)begin_of(b) % b->element != 0)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s.pointer plus offset is no multiple of %u, the "
                            "size of an element",
                            b->name, (unsigned)b->element);
        for (int other = 0; b->written && other < CALL_STRUCT; other++)
            if (other != n && in_memory(call, other) &&
                overlap(b, &call->need[other]))
                return orl_fail(ORIEL_E_ARGUMENT, "%s overlaps %s", b->name,
                                call->need[other].name);
    }
    return ORIEL_OK;
}

/* ---- Which areas there are ---------------------------------------------- */

/* Puts argument n into an area of its own, or into one it overlaps, where its
 * offset keeps the alignment that kernels rely on. */
static void place(struct areas *a, const struct checked *call, int n,
                  bool device_shares)
{
    const struct need *b = &call->need[n];
    unsigned char *const begin = begin_of(b), *const end = begin + b->bytes;
    for (int i = 0; i < a->count; i++) {
        struct area *old = &a->area[i];
        if (old->written || begin >= old->end || begin < old->begin ||
            (uint64_t)(begin - old->begin) % b->align != 0)
            continue;
        old->end = end > old->end ? end : old->end;
        a->area_of[n] = i;
        return;
    }
    a->area_of[n] = a->count;
    a->area[a->count++] = (struct area) {
        .begin = begin,
        .end = end,
        .shared = device_shares && (uintptr_t)begin % b->align == 0,
        .written = b->written,
    };
}

/* Two areas over the same memory, for want of alignment: copies, both. */
static void separate(struct areas *a)
{
    for (int i = 0; i < a->count; i++)
        for (int n = 0; n < a->count; n++)
            if (i != n && a->area[i].begin < a->area[n].end &&
                a->area[n].begin < a->area[i].end)
                a->area[i].shared = false;
}

/* In the order of their addresses, so that an area begins with its first
 * argument and every other one can join it. */
static int order_of(const struct checked *call, int order[CALL_STRUCT])
{
    int count = 0;
    for (int n = 0; n < CALL_STRUCT; n++) {
        if (!in_memory(call, n))
            continue;
        int at = count++;
        while (at > 0 && begin_of(&call->need[order[at - 1]]) >
                             begin_of(&call->need[n])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = n;
    }
    return count;
}

static bool has_gaps(const struct problem *p, const struct checked *call)
{
    const int64_t elements =
        p->batch * p->heads * call->part.queries * (int64_t)p->out.channels;
    const struct need *out = &call->need[CALL_OUT];
    return out->bytes != (uint64_t)elements * out->element;
}

static struct areas areas_of(const oriel_plan *plan, const struct checked *call)
{
    const struct device *d = &plan->context->engine.device;
    const bool device_shares = d->unified_memory || d->kind == DEVICE_CPU;
    struct areas a = {0};
    int order[CALL_STRUCT];
    const int count = order_of(call, order);
    for (int n = 0; n < count; n++)
        place(&a, call, order[n], device_shares);
    separate(&a);
    a.area[a.area_of[CALL_OUT]].whole = !has_gaps(&plan->problem, call);
    return a;
}

/* ---- On the device ------------------------------------------------------ */

static oriel_status create(cl_mem *out, const struct engine *engine,
                           cl_mem_flags flags, uint64_t bytes, void *host)
{
    cl_int code;
    *out = clCreateBuffer(engine->context, flags, (size_t)bytes, host, &code);
    if (code != CL_SUCCESS)
        *out = NULL;
    return orl_cl_check(code, "clCreateBuffer");
}

static oriel_status create_all(struct areas *a, const struct engine *engine,
                               const oriel_plan *plan)
{
    for (int n = 0; n < a->count; n++) {
        struct area *r = &a->area[n];
        cl_mem_flags flags = r->written ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY;
        const bool filled = r->shared || !r->whole;
        if (filled)
            flags |= r->shared ? CL_MEM_USE_HOST_PTR : CL_MEM_COPY_HOST_PTR;
        ORL_TRY(create(&r->mem, engine, flags, (uint64_t)(r->end - r->begin),
                       filled ? r->begin : NULL));
    }
    if (plan->workspace > 0)
        ORL_TRY(create(&a->workspace, engine, CL_MEM_READ_WRITE,
                       plan->workspace, NULL));
    return ORIEL_OK;
}

static void release_all(const struct areas *a)
{
    for (int n = 0; n < a->count; n++)
        if (a->area[n].mem)
            clReleaseMemObject(a->area[n].mem);
    if (a->workspace)
        clReleaseMemObject(a->workspace);
}

static oriel_status wait_for(cl_event done, const oriel_plan *plan)
{
    const struct engine *engine = &plan->context->engine;
    cl_int ended;
    ORL_TRY(orl_wait_for_end(engine->queue, done, &ended));
    if (ended == CL_COMPLETE)
        return ORIEL_OK;
    return orl_fail_cl(ended, "a launch of %s failed on %s: %s (%d)",
                       plan->plan.family->kernels[0], engine->device.name,
                       orl_cl_name(ended), (int)ended);
}

/* What the device wrote becomes visible in the caller's memory. */
static oriel_status fetch(const struct area *r, cl_command_queue queue)
{
    const size_t bytes = (size_t)(r->end - r->begin);
    return r->shared ? orl_show(queue, r->mem, bytes)
                     : orl_read(queue, r->mem, bytes, r->begin);
}

static oriel_status run(const oriel_plan *plan, const struct checked *call,
                        const struct areas *a)
{
    const struct engine *engine = &plan->context->engine;
    cl_mem memory[CALL_STRUCT] = {[CALL_WORKSPACE] = a->workspace};
    uint64_t at[CALL_STRUCT] = {0};
    for (int n = 0; n < CALL_STRUCT; n++) {
        if (!in_memory(call, n))
            continue;
        const struct area *r = &a->area[a->area_of[n]];
        memory[n] = r->mem;
        at[n] = (uint64_t)(begin_of(&call->need[n]) - r->begin);
    }

    cl_event done = NULL;
    const struct job job = orl_call_job(plan, call, memory, at);
    ORL_TRY(orl_call_launch(plan, engine->queue, &job, 0, NULL, &done));
    oriel_status status = wait_for(done, plan);
    for (int n = 0; n < a->count && status == ORIEL_OK; n++)
        if (a->area[n].written)
            status = fetch(&a->area[n], engine->queue);
    return status;
}

oriel_status oriel_attend(const oriel_plan *plan, const oriel_call *call)
{
    struct checked checked;
    if (!plan)
        return orl_fail(ORIEL_E_ARGUMENT, "plan is NULL");
    ORL_TRY(orl_call_check(&checked, plan, call, true));
    ORL_TRY(check_pointers(&checked));
    struct areas areas = areas_of(plan, &checked);
    oriel_status status = create_all(&areas, &plan->context->engine, plan);
    if (status == ORIEL_OK)
        status = run(plan, &checked, &areas);
    release_all(&areas);
    return status;
}
