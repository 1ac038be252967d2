/* plan.h: a decision: which family of kernels, and one number for each of its
 * words. Together with what the problem fixes at compile time (struct variant)
 * it names one program; a window, a length or a stride never does. */
#ifndef ORL_PLAN_PLAN_H
#define ORL_PLAN_PLAN_H

#include "model/problem.h"

struct family;

enum {
    ORL_PLAN_WORDS = 12, /* most words of a family */
    ORL_PLAN_TEXT = 160  /* room for any printed plan */
};

/* What a program is compiled for besides the words of its plan. */
struct variant {
    int32_t head_dim, v_dim;
    uint32_t q_type, k_type, v_type, out_type; /* oriel_type */
    int32_t softcap;                           /* 1: scores are capped */
};

struct plan {
    const struct family *family;
    int32_t word[ORL_PLAN_WORDS]; /* in the order of family->words */
    struct variant variant;
};

struct variant orl_variant(const struct problem *p);
bool orl_plan_equal(const struct plan *a, const struct plan *b);

#endif /* ORL_PLAN_PLAN_H */
