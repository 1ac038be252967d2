/* plan.c: from a problem to kernels that are ready to run. */
#include "api/context.h"
#include "api/descriptor.h"
#include "cl/program.h"
#include "plan/plan_text.h"

#include <stdlib.h>

/* Why a candidate is out of the question, by what is known at this moment. */
static const char *rejection(const oriel_plan *plan,
                             const struct plan *candidate)
{
    const struct family *family = candidate->family;
    const struct device facts = orl_engine_facts(&plan->context->engine);
    const char *why = family->rejects(&plan->problem, &facts);
    return why ? why : orl_plan_barrier(candidate, &facts);
}

static oriel_status try_candidate(oriel_plan *plan,
                                  const struct plan *candidate)
{
    const struct program *program = NULL;
    const char *why = rejection(plan, candidate);
    if (why)
        return orl_fail(ORIEL_E_UNSUPPORTED, "%s: %s", candidate->family->name,
                        why);
    ORL_TRY(orl_program_get(&program, &plan->context->engine, candidate));
    ORL_TRY(orl_kernels_create(plan->kernels, program, candidate));
    plan->plan = *candidate;
    return ORIEL_OK;
}

/* Takes the first candidate that builds, fits and passes its self-test. */
static oriel_status settle(oriel_plan *plan, const struct ranking *ranking)
{
    oriel_status status = ORIEL_E_UNSUPPORTED;
    for (int n = 0; n < ranking->count && ranking->at[n].fits; n++) {
        const struct plan *candidate = &ranking->at[n].plan;
        status = try_candidate(plan, candidate);
        if (status == ORIEL_OK || status == ORIEL_E_MEMORY)
            return status;
        /* What is rejected now failed its self-test, which was said when it
         * did. */
        if (rejection(plan, candidate))
            continue;
        char text[ORL_PLAN_TEXT];
        orl_plan_print(candidate, text, sizeof text);
        orl_log(&plan->context->engine.log, LOG_WARNING,
                "plan \"%s\" is passed over: %s", text,
                oriel_last_error()->message);
    }
    return status;
}

static oriel_status open_plan(oriel_plan *plan, const oriel_problem *problem,
                              const oriel_plan_options *options)
{
    struct ranking ranking;
    ORL_TRY(orl_problem_check(&plan->problem, problem));
    ORL_TRY(orl_context_rank(&ranking, plan->context, &plan->problem, options));
    ORL_TRY(settle(plan, &ranking));
    plan->workspace = (size_t)orl_plan_scratch(&plan->plan, &plan->problem);
    return ORIEL_OK;
}

oriel_status oriel_plan_create(oriel_plan **out, oriel_context *context,
                               const oriel_problem *problem,
                               const oriel_plan_options *options)
{
    oriel_problem p;
    oriel_plan_options o;
    if (!out || !context)
        return orl_fail(ORIEL_E_ARGUMENT, "%s is NULL",
                        out ? "context" : "out");
    ORL_TRY(orl_descriptor_read(&p, sizeof p, problem, 0, "oriel_problem"));
    ORL_TRY(
        orl_descriptor_read(&o, sizeof o, options, 1, "oriel_plan_options"));
    if (o.flags != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "oriel_plan_options.flags is %u; it must be 0",
                        (unsigned)o.flags);

    oriel_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a plan");
    plan->context = orl_context_share(context);
    orl_lock_open(&plan->lock);
    const oriel_status status = open_plan(plan, &p, &o);
    if (status == ORIEL_OK)
        *out = plan;
    else
        oriel_plan_destroy(plan);
    return status;
}

void oriel_plan_destroy(oriel_plan *plan)
{
    if (!plan)
        return;
    orl_kernels_release(plan->kernels);
    orl_lock_close(&plan->lock);
    orl_context_give(plan->context);
    free(plan);
}

size_t oriel_plan_workspace(const oriel_plan *plan)
{
    return plan ? plan->workspace : 0;
}

size_t oriel_plan_text(const oriel_plan *plan, char *buffer, size_t capacity)
{
    if (plan)
        return orl_plan_print(&plan->plan, buffer, capacity);
    if (capacity > 0)
        buffer[0] = 0;
    return 0;
}
