/* explain.c: why a plan was chosen. */
#include "api/context.h"
#include "api/descriptor.h"
#include "base/text.h"
#include "plan/plan_text.h"

#include <stdio.h>

enum { LINE = ORL_PLAN_TEXT + ORL_REASON + 64 };

/* "lane x8 h1 q24 k152 ...: 0.31 ms, chosen" */
static void describe(const struct candidate *c, bool first, char line[LINE])
{
    char plan[ORL_PLAN_TEXT];
    struct text t = orl_text(line, LINE);
    orl_plan_print(&c->plan, plan, sizeof plan);
    orl_text_add(&t, "%s: ", c->seconds > 0.0 ? plan : c->plan.family->name);
    if (c->seconds > 0.0) {
        /* In tenths of microseconds, as integers: %f follows the locale. */
        const double tenths = c->seconds * 1e7 + 0.5;
        const uint64_t whole = tenths < 1e18 ? (uint64_t)tenths : 0;
        orl_text_add(&t, "%llu.%llu us, ", (unsigned long long)(whole / 10),
                     (unsigned long long)(whole % 10));
    }
    orl_text_add(&t, "%s", first ? "chosen" : c->reason);
}

oriel_status oriel_explain(oriel_context *context, const oriel_problem *problem,
                           const oriel_plan_options *options,
                           void (*line)(void *user, const char *text),
                           void *user)
{
    oriel_problem public;
    oriel_plan_options o;
    struct problem p;
    struct ranking ranking = {0};
    if (!context)
        return orl_fail(ORIEL_E_ARGUMENT, "context is NULL");
    ORL_TRY(orl_descriptor_read(&public, sizeof public, problem, 0,
                                "oriel_problem"));
    ORL_TRY(
        orl_descriptor_read(&o, sizeof o, options, 1, "oriel_plan_options"));
    if (o.flags != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "oriel_plan_options.flags is %u; it must be 0",
                        (unsigned)o.flags);
    ORL_TRY(orl_problem_check(&p, &public));
    const oriel_status status = orl_context_rank(&ranking, context, &p, &o);
    if (o.plan_text && status != ORIEL_OK)
        return status;
    for (int n = 0; line && n < ranking.count; n++) {
        char text[LINE];
        describe(&ranking.at[n], n == 0 && ranking.at[n].fits, text);
        line(user, text);
    }
    return status;
}
