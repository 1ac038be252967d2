/* enqueue.c: a call on the caller's queue and buffers. */
#include "api/call.h"
#include "cl/check.h"

#include <inttypes.h>

/* Where a buffer really lies: bytes [begin, end) of root. */
struct place {
    cl_mem root;
    uint64_t begin, end;
};

static oriel_status check_queue(const oriel_plan *plan, cl_command_queue queue)
{
    const struct engine *engine = &plan->context->engine;
    cl_context context = NULL;
    cl_device_id id = NULL;
    if (!queue)
        return orl_fail(ORIEL_E_ARGUMENT, "queue is NULL");
    ORL_TRY_CL(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context,
                                     &context, NULL));
    ORL_TRY_CL(
        clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof id, &id, NULL));
    if (context != engine->context)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "queue belongs to another cl_context than the plan");
    if (id != engine->id)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "queue belongs to another device than the plan");
    return ORIEL_OK;
}

static oriel_status check_memory(struct place *out, const oriel_plan *plan,
                                 const struct need *b)
{
    const cl_mem mem = b->buffer.mem;
    cl_mem_object_type type = 0;
    cl_context context = NULL;
    cl_mem root = NULL;
    size_t size = 0, offset = 0;
    ORL_TRY_CL(clGetMemObjectInfo(mem, CL_MEM_TYPE, sizeof type, &type, NULL));
    ORL_TRY_CL(clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof context, &context,
                                  NULL));
    ORL_TRY_CL(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof size, &size, NULL));
    ORL_TRY_CL(clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof root,
                                  &root, NULL));
    if (root)
        ORL_TRY_CL(clGetMemObjectInfo(mem, CL_MEM_OFFSET, sizeof offset,
                                      &offset, NULL));
    if (type != CL_MEM_OBJECT_BUFFER)
        return orl_fail(ORIEL_E_ARGUMENT, "%s.mem is no buffer", b->name);
    if (context != plan->context->engine.context)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s.mem belongs to another cl_context than the plan",
                        b->name);
    if (b->buffer.offset > size || b->bytes > size - b->buffer.offset)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s.mem has %zu bytes; offset %" PRIu64 " and %" PRIu64
                        " bytes of rows need more",
                        b->name, size, b->buffer.offset, b->bytes);
    const uint64_t begin = offset + b->buffer.offset;
    *out = (struct place) {root ? root : mem, begin, begin + b->bytes};
    return ORIEL_OK;
}

static oriel_status check_overlap(const struct checked *call,
                                  const struct place place[CALL_STRUCT])
{
    for (int w = 0; w < CALL_STRUCT; w++) {
        if (!call->need[w].given || !call->need[w].written)
            continue;
        for (int n = 0; n < CALL_STRUCT; n++)
            if (n != w && call->need[n].given &&
                place[n].root == place[w].root &&
                place[n].begin < place[w].end && place[w].begin < place[n].end)
                return orl_fail(ORIEL_E_ARGUMENT, "%s overlaps %s",
                                call->need[w].name, call->need[n].name);
    }
    return ORIEL_OK;
}

oriel_status oriel_enqueue(const oriel_plan *plan, cl_command_queue queue,
                           const oriel_call *call, cl_uint wait_count,
                           const cl_event *wait, cl_event *done)
{
    struct checked checked;
    struct place place[CALL_STRUCT];
    cl_mem memory[CALL_STRUCT] = {NULL};
    uint64_t at[CALL_STRUCT] = {0};
    if (!plan)
        return orl_fail(ORIEL_E_ARGUMENT, "plan is NULL");
    if ((wait_count == 0) != (wait == NULL))
        return orl_fail(ORIEL_E_ARGUMENT, "wait is %s, but wait_count is %u",
                        wait ? "given" : "NULL", (unsigned)wait_count);
    ORL_TRY(check_queue(plan, queue));
    ORL_TRY(orl_call_check(&checked, plan, call, false));
    for (int n = 0; n < CALL_STRUCT; n++) {
        if (!checked.need[n].given)
            continue;
        ORL_TRY(check_memory(&place[n], plan, &checked.need[n]));
        memory[n] = checked.need[n].buffer.mem;
        at[n] = checked.need[n].buffer.offset;
    }
    ORL_TRY(check_overlap(&checked, place));
    const struct job job = orl_call_job(plan, &checked, memory, at);
    return orl_call_launch(plan, queue, &job, wait_count, wait, done);
}
