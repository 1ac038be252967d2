/* rank.c: the planner's ranking under the caller's options. */
#include "api/context.h"

#include "base/arith.h"

#include <inttypes.h>
#include <stdio.h>

int64_t orl_plan_scratch(const struct plan *plan, const struct problem *p)
{
    const struct extent whole = {.batch = p->batch,
                                 .heads = p->heads,
                                 .queries = p->queries,
                                 .keys = p->keys,
                                 .span = orl_problem_span(p)};
    return plan->family->workspace(plan, &whole);
}

static bool exceeds(const struct candidate *c, const struct problem *p,
                    size_t limit)
{
    return limit != 0 &&
           (uint64_t)orl_plan_scratch(&c->plan, p) > (uint64_t)limit;
}

/* Candidates within the limit keep their order; the others no longer fit. */
static void apply_limit(struct ranking *r, const struct problem *p,
                        size_t limit)
{
    struct ranking sorted = {0};
    for (int n = 0; n < r->count; n++)
        if (r->at[n].fits && !exceeds(&r->at[n], p, limit))
            sorted.at[sorted.count++] = r->at[n];
    for (int n = 0; n < r->count; n++) {
        struct candidate c = r->at[n];
        if (c.fits && !exceeds(&c, p, limit))
            continue;
        if (c.fits)
            snprintf(c.reason, sizeof c.reason,
                     "needs %" PRId64 " bytes of workspace, the limit is %zu",
                     orl_plan_scratch(&c.plan, p), limit);
        c.fits = false;
        sorted.at[sorted.count++] = c;
    }
    *r = sorted;
}

/* What was asked for, without an alternative. */
static oriel_status rank_forced(struct ranking *out, const struct device *facts,
                                const struct problem *p,
                                const oriel_plan_options *options)
{
    struct candidate *c = &out->at[0];
    *out = (struct ranking) {.count = 1};
    ORL_TRY(orl_planner_force(&c->plan, options->plan_text, p, facts));
    c->seconds = c->plan.family->cost(&c->plan, p, facts);
    c->fits = true;
    if (exceeds(c, p, options->workspace_limit))
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "the plan needs %" PRId64
                        " bytes of workspace, workspace_limit is %zu",
                        orl_plan_scratch(&c->plan, p),
                        options->workspace_limit);
    return ORIEL_OK;
}

oriel_status orl_context_rank(struct ranking *out, oriel_context *context,
                              const struct problem *problem,
                              const oriel_plan_options *options)
{
    const struct device facts = orl_engine_facts(&context->engine);
    if (options->plan_text)
        return rank_forced(out, &facts, problem, options);
    orl_planner_rank(out, problem, &facts);
    apply_limit(out, problem, options->workspace_limit);
    return orl_planner_verdict(out);
}
