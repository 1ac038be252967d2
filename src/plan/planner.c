/* planner.c: asks every family, and puts what they offer in order. */
#include "plan/planner.h"

#include "base/error.h"
#include "plan/plan_text.h"

#include <stdio.h>
#include <string.h>

enum { SECONDS_TEXT = 32 };

/* Three digits, in a unit that keeps them readable: "0.31 ms". */
static void print_seconds(char text[SECONDS_TEXT], double seconds)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    double value = seconds * 1e9;
    int unit = 0;
    for (; unit < 3 && value >= 999.5; unit++)
        value /= 1000.0;
    if (value < 9.995) {
        const int n = (int)(value * 100.0 + 0.5);
        snprintf(text, SECONDS_TEXT, "%d.%02d %s", n / 100, n % 100,
                 units[unit]);
    } else if (value < 99.95) {
        const int n = (int)(value * 10.0 + 0.5);
        snprintf(text, SECONDS_TEXT, "%d.%d %s", n / 10, n % 10, units[unit]);
    } else {
        snprintf(text, SECONDS_TEXT, "%.0f %s", value, units[unit]);
    }
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
    char first[SECONDS_TEXT], own[SECONDS_TEXT];
    if (r->count > 1)
        print_seconds(first, r->at[0].seconds);
    for (int n = 1; n < r->count; n++) {
        print_seconds(own, r->at[n].seconds);
        snprintf(r->at[n].reason, sizeof r->at[n].reason,
                 "%s, the first takes %s", own, first);
    }
}

void orl_planner_rank(struct ranking *out, const struct problem *p,
                      const struct device *d)
{
    int64_t offers = 0; /* bit n: family number n has a plan */
    out->count = 0;
    for (int n = 0; orl_families[n]; n++) {
        const struct family *family = orl_families[n];
        if (family->rejects(p, d))
            continue;
        struct plan_list list = {0};
        family->candidates(p, d, &list);
        for (int i = 0; i < list.count; i++)
            insert(out, &list.plan[i], family->cost(&list.plan[i], p, d));
        offers |= (int64_t)(list.count > 0) << n;
    }
    explain_losers(out);

    for (int n = 0; orl_families[n]; n++) {
        const char *reason = orl_families[n]->rejects(p, d);
        if (reason || !(offers >> n & 1))
            reject(out, orl_families[n], p,
                   reason
                       ? reason
                       : "none of its plans fits the problem and the device");
    }
}

oriel_status orl_planner_force(struct plan *out, const char *text,
                               const struct problem *p, const struct device *d)
{
    const struct variant variant = orl_variant(p);
    struct plan plan;
    ORL_TRY(orl_plan_parse(&plan, text, &variant));
    const char *reason = plan.family->rejects(p, d);
    if (!reason)
        reason = orl_plan_barrier(&plan, d);
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
