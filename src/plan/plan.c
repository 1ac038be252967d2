/* plan.c: what a plan is made of. */
#include "plan/plan.h"

#include <assert.h>
#include <string.h>

struct variant orl_variant(const struct problem *p)
{
    return (struct variant) {
        .head_dim = p->q.channels,
        .v_dim = p->v.channels,
        .q_type = p->q.type,
        .k_type = p->k.type,
        .v_type = p->v.type,
        .out_type = p->out.type,
        .softcap = p->softcap > 0.0f,
    };
}

/* Seven members of four bytes leave no padding to compare. */
static_assert(sizeof(struct variant) == 7 * sizeof(int32_t),
              "struct variant must have no padding");

bool orl_plan_equal(const struct plan *a, const struct plan *b)
{
    return a->family == b->family &&
           memcmp(a->word, b->word, sizeof a->word) == 0 &&
           memcmp(&a->variant, &b->variant, sizeof a->variant) == 0;
}
