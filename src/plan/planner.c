/* planner.c: asks every family, and puts what they offer in order. */
#include "plan/planner.h"

#include "base/error.h"
#include "base/text.h"
#include "plan/plan_text.h"

#include <stdio.h>
#include <string.h>

/* Seconds with three digits, in a unit that keeps them readable. */
static void add_seconds(struct text *t, double seconds)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    double value = seconds * 1e9;
    int unit = 0;
    for (; unit < 3 && value >= 999.5; unit++)
        value /= 1000.0;
    const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    const int scale = digits == 2 ? 100 : digits == 1 ? 10 : 1;
    const long long n = (long long)(value * scale + 0.5);
    orl_text_add(t, "%lld", n / scale);
    if (digits > 0)
        orl_text_add(t, ".%0*d", digits, (int)(n % scale));
    orl_text_add(t, " %s", units[unit]);
}

/* Behind every plan that costs as much or less, so that the order of families
 * and of their candidates decides between equals. */
static void insert(struct ranking *r, const struct plan *plan, double seconds)
{
    if (r->count == ORL_RANKED)
        return;
    int n = r->count++;
    for (; n > 0 && r->at[n - 1].seconds > seconds; n--)
        r->at[n] = r->at[n - 1];
    r->at[n] =
        (struct candidate) {.plan = *plan, .seconds = seconds, .fits = true};
}

static void reject(struct ranking *r, const struct family *family,
                   const struct problem *p, const char *reason)
{
    if (r->count == ORL_RANKED)
        return;
    struct candidate *c = &r->at[r->count++];
    *c = (struct candidate) {
        .plan = {.family = family, .variant = orl_variant(p)}};
    snprintf(c->reason, sizeof c->reason, "%s", reason);
}

static void explain_losers(struct ranking *r)
{
    for (int n = 1; n < r->count && r->at[n].fits; n++) {
        struct candidate *c = &r->at[n];
        struct text t = orl_text(c->reason, sizeof c->reason);
        add_seconds(&t, c->seconds);
        orl_text_add(&t, ", the first takes ");
        add_seconds(&t, r->at[0].seconds);
    }
}

void orl_planner_rank(struct ranking *out, const struct problem *p,
                      const struct device *d)
{
    out->count = 0;
    for (int n = 0; orl_families[n]; n++) {
        const struct family *family = orl_families[n];
        if (family->rejects(p, d))
            continue;
        struct plan_list list = {0};
        family->candidates(p, d, &list);
        for (int i = 0; i < list.count; i++)
            insert(out, &list.plan[i], family->cost(&list.plan[i], p, d));
    }
    explain_losers(out);

    for (int n = 0; orl_families[n]; n++) {
        const char *reason = orl_families[n]->rejects(p, d);
        if (reason)
            reject(out, orl_families[n], p, reason);
    }
}

oriel_status orl_planner_force(struct plan *out, const char *text,
                               const struct problem *p, const struct device *d)
{
    const struct variant variant = orl_variant(p);
    struct plan plan;
    ORL_TRY(orl_plan_parse(&plan, text, &variant));
    const char *reason = plan.family->rejects(p, d);
    if (reason)
        return orl_fail(ORIEL_E_UNSUPPORTED, "plan \"%s\" cannot be taken: %s",
                        text, reason);
    reason = plan.family->objects(&plan, p, d);
    if (reason)
        return orl_fail(ORIEL_E_ARGUMENT, "plan \"%s\" breaks a rule: %s", text,
                        reason);
    *out = plan;
    return ORIEL_OK;
}

oriel_status orl_planner_verdict(const struct ranking *r)
{
    if (r->at[0].fits)
        return ORIEL_OK;
    return orl_fail(ORIEL_E_UNSUPPORTED,
                    "no family of kernels can run this here: %s",
                    r->at[r->count - 1].reason);
}
