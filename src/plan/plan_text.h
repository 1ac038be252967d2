/* plan_text.h: "lane x8 h1 q24 k192 qk4x3 pv6x2 ahead" <-> plan. The text names
 * family and words; the variant comes from the problem. */
#ifndef ORL_PLAN_PLAN_TEXT_H
#define ORL_PLAN_PLAN_TEXT_H

#include "plan/plan.h"

/* Words in any order after the family; every number must be there. The error
 * shows the word it stumbles over. Whether a device or a problem can carry the
 * plan is not asked here. */
oriel_status orl_plan_parse(struct plan *out, const char *text,
                            const struct variant *variant);

/* Contract of snprintf. */
size_t orl_plan_print(const struct plan *plan, char *buffer, size_t capacity);

#endif /* ORL_PLAN_PLAN_TEXT_H */
