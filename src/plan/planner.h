/* planner.h: problem x device -> plans, the cheapest first, and why each other
 * one lost. Pure; takes less than 50 us, or `meson test -C BUILD --benchmark
 * planning -v` fails, which shows these: 4 to 6 us on average over recorded
 * devices, 9 to 13 at most (Zen 4, other programs beside it). */
#ifndef ORL_PLAN_PLANNER_H
#define ORL_PLAN_PLANNER_H

#include "plan/family.h"

enum { ORL_RANKED = 64, ORL_REASON = 120 };

/* A plan that could run, with its cost; or, where a family rejects the
 * problem, the family alone (words 0) with seconds 0 and its reason. */
struct candidate {
    struct plan plan;
    double seconds;
    bool fits;
    char reason[ORL_REASON]; /* "" for the first; else why it lost */
};

struct ranking {
    int count;
    struct candidate at[ORL_RANKED]; /* those that fit first, cheapest first */
};

void orl_planner_rank(struct ranking *out, const struct problem *p,
                      const struct device *d);

/* A plan from text, checked against problem and device:
 * ORIEL_E_ARGUMENT for text that is no plan or breaks a rule of its family,
 * ORIEL_E_UNSUPPORTED where the family rejects problem or device. */
oriel_status orl_planner_force(struct plan *out, const char *text,
                               const struct problem *p, const struct device *d);

/* Whether any plan fits: ORIEL_OK, or ORIEL_E_UNSUPPORTED with the reason of
 * the last family. */
oriel_status orl_planner_verdict(const struct ranking *r);

#endif /* ORL_PLAN_PLANNER_H */
