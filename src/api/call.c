/* call.c: what a call must bring. */
#include "api/call.h"

#include "api/descriptor.h"
#include "base/arith.h"
#include "model/elem.h"

#include <inttypes.h>

static struct need need_tensor(const char *name, oriel_buffer buffer,
                               const struct tensor *t, const struct problem *p,
                               int64_t heads, int64_t rows)
{
    const uint32_t element = (uint32_t)orl_elem_bytes(t->type);
    const int64_t extent = orl_tensor_extent(t, p->batch, heads, rows);
    return (struct need) {.name = name,
                          .buffer = buffer,
                          .given = true,
                          .bytes = (uint64_t)extent * element,
                          .align = p->offset_align,
                          .element = element};
}

static struct need need_array(const char *name, oriel_buffer buffer, bool given,
                              int64_t count)
{
    return (struct need) {.name = name,
                          .buffer = buffer,
                          .given = given,
                          .bytes = (uint64_t)count * 4,
                          .align = 4,
                          .element = 4};
}

static bool brought(const oriel_buffer *b)
{
    return b->mem || b->pointer;
}

static void list_needs(struct need need[CALL_STRUCT], const oriel_plan *plan,
                       const oriel_call *call, const struct part *part)
{
    const struct problem *p = &plan->problem;
    const int64_t rows = p->batch * p->heads;
    need[CALL_Q] = need_tensor("q", call->q, &p->q, p, p->heads, part->queries);
    need[CALL_K] = need_tensor("k", call->k, &p->k, p, p->kv_heads, part->keys);
    need[CALL_V] = need_tensor("v", call->v, &p->v, p, p->kv_heads, part->keys);
    need[CALL_OUT] =
        need_tensor("out", call->out, &p->out, p, p->heads, part->queries);
    need[CALL_OUT].written = true;
    need[CALL_LSE] = need_array("lse", call->lse, p->extras & ORIEL_EXTRA_LSE,
                                (rows - 1) * p->queries + part->queries);
    need[CALL_LSE].written = true;
    need[CALL_KEY_BEGIN] = need_array("key_begin", call->key_begin,
                                      brought(&call->key_begin), p->batch);
    need[CALL_KEY_END] =
        need_array("key_end", call->key_end, brought(&call->key_end), p->batch);
    need[CALL_WORKSPACE] =
        need_array("workspace", call->workspace, plan->workspace > 0, 0);
    need[CALL_WORKSPACE].bytes = plan->workspace;
    need[CALL_WORKSPACE].align = 16;
    need[CALL_WORKSPACE].written = true;
}

/* Extras and buffers announce each other. */
static oriel_status check_presence(const struct problem *p,
                                   const struct need need[CALL_STRUCT],
                                   bool host)
{
    const bool ranges = p->extras & ORIEL_EXTRA_KEY_RANGE;
    const bool limited = need[CALL_KEY_BEGIN].given || need[CALL_KEY_END].given;
    if (ranges && !limited)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "key_begin and key_end are missing: the problem "
                        "announces ORIEL_EXTRA_KEY_RANGE");
    if (!ranges && limited)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is given, but the problem does not announce "
                        "ORIEL_EXTRA_KEY_RANGE",
                        need[CALL_KEY_BEGIN].given ? "key_begin" : "key_end");
    if (!need[CALL_LSE].given && brought(&need[CALL_LSE].buffer))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "lse is given, but the problem does not announce "
                        "ORIEL_EXTRA_LSE");
    for (int n = 0; n < CALL_STRUCT; n++) {
        const struct need *b = &need[n];
        const bool own = host && n == CALL_WORKSPACE;
        if (b->given && !own && !brought(&b->buffer))
            return orl_fail(ORIEL_E_ARGUMENT, "%s is missing: its %s is NULL",
                            b->name, host ? "pointer" : "mem");
    }
    return ORIEL_OK;
}

static oriel_status check_place(const struct need *b, bool host)
{
    if (host ? b->buffer.mem != NULL : b->buffer.pointer != NULL)
        return orl_fail(ORIEL_E_ARGUMENT,
                        host ? "%s.mem is set: oriel_attend takes %s.pointer"
                             : "%s.pointer is set: oriel_enqueue takes %s.mem",
                        b->name, b->name);
    if (b->buffer.offset % b->align != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s.offset is %" PRIu64 ", which is no multiple of %u",
                        b->name, b->buffer.offset, (unsigned)b->align);
    return ORIEL_OK;
}

oriel_status orl_call_check(struct checked *out, const oriel_plan *plan,
                            const oriel_call *call, bool host)
{
    oriel_call c;
    ORL_TRY(orl_descriptor_read(&c, sizeof c, call, 0, "oriel_call"));
    if (c.flags != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "oriel_call.flags is %u; it must be 0",
                        (unsigned)c.flags);
    ORL_TRY(orl_problem_part(&out->part, &plan->problem, c.queries, c.keys,
                             c.query_origin, c.key_origin));
    list_needs(out->need, plan, &c, &out->part);
    ORL_TRY(check_presence(&plan->problem, out->need, host));
    for (int n = 0; n < CALL_STRUCT; n++)
        if (out->need[n].given)
            ORL_TRY(check_place(&out->need[n], host));
    return ORIEL_OK;
}

struct job orl_call_job(const oriel_plan *plan, const struct checked *call,
                        const cl_mem memory[CALL_STRUCT],
                        const uint64_t at[CALL_STRUCT])
{
    struct job job = orl_job(&plan->problem, &call->part);
    int64_t *const start[CALL_STRUCT] = {
        [CALL_Q] = &job.call.q.start,
        [CALL_K] = &job.call.k.start,
        [CALL_V] = &job.call.v.start,
        [CALL_OUT] = &job.call.out.start,
        [CALL_LSE] = &job.call.lse.start,
        [CALL_KEY_BEGIN] = &job.call.key_begin_at,
        [CALL_KEY_END] = &job.call.key_end_at,
        [CALL_WORKSPACE] = &job.call.workspace_at,
    };
    for (int n = 0; n < CALL_STRUCT; n++) {
        if (!call->need[n].given)
            continue;
        job.memory[n] = memory[n];
        *start[n] = (int64_t)(at[n] / call->need[n].element);
    }
    return job;
}

oriel_status orl_call_launch(const oriel_plan *plan, cl_command_queue queue,
                             const struct job *job, cl_uint wait_count,
                             const cl_event *wait, cl_event *done)
{
    orl_lock *const lock = (orl_lock *)&plan->lock;
    orl_lock_take(lock);
    const oriel_status status = orl_launch(&plan->plan, plan->kernels, queue,
                                           job, wait_count, wait, done);
    orl_lock_give(lock);
    return status;
}
