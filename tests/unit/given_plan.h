/* given_plan.h: what a family says, for tests of it. */
#ifndef GIVEN_PLAN_H
#define GIVEN_PLAN_H

#include "given.h"
#include "plan/family_list.h"
#include "plan/plan_text.h"

#include <check.h>

static inline struct plan_list given_plans(const struct family *family,
                                           const struct problem *p,
                                           const struct device *d)
{
    struct plan_list list = {0};
    ck_assert_ptr_null(family->rejects(p, d));
    family->candidates(p, d, &list);
    return list;
}

/* The plan of a line of text; the test fails if it is none. */
static inline struct plan given_plan(const char *text, const struct problem *p)
{
    const struct variant variant = orl_variant(p);
    struct plan plan;
    ck_assert_msg(orl_plan_parse(&plan, text, &variant) == ORIEL_OK, "%s",
                  oriel_last_error()->message);
    return plan;
}

/* What its family has against a plan on four cores with AVX2; NULL: nothing. */
static inline const char *given_objection(const char *text, const char *problem)
{
    const struct problem p = given_problem(problem);
    const struct device d = given_cpu();
    const struct plan plan = given_plan(text, &p);
    return plan.family->objects(&plan, &p, &d);
}

/* Why it refuses a problem; "": it does not. */
static inline const char *given_rejection(const struct family *family,
                                          const char *problem,
                                          const struct device *d)
{
    const struct problem p = given_problem(problem);
    const char *reason = family->rejects(&p, d);
    return reason ? reason : "";
}

#endif /* GIVEN_PLAN_H */
