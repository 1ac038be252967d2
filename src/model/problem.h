/* problem.h: a problem whose every rule has been checked and every default
 * filled in. Whoever holds a struct problem need not check anything again:
 * lengths are in [1, ORL_MAX_LENGTH], kv_heads divides heads, left + right >= 0
 * and strides neither overlap nor overflow. */
#ifndef ORL_MODEL_PROBLEM_H
#define ORL_MODEL_PROBLEM_H

#include "model/tensor.h"
#include "model/window.h"

#include <oriel/types.h>

#include <stdbool.h>

/* Largest head_dim and v_dim. */
enum { ORL_MAX_DIM = 512 };

struct problem {
    int64_t batch, heads, kv_heads, queries, keys;
    int64_t left, right; /* as given: ORIEL_UNBOUNDED, or any int64 */
    int64_t query_origin, key_origin;
    struct tensor q, k, v, out;
    uint32_t extras;       /* oriel_extra bits */
    uint32_t align;        /* oriel_align */
    uint32_t offset_align; /* bytes */
    float scale;           /* > 0 */
    float softcap;         /* 0: none */
};

/* in->size must be sizeof *in. ORIEL_E_ARGUMENT names the field and says what
 * would be right. */
oriel_status orl_problem_check(struct problem *out, const oriel_problem *in);

/* The public form with everything written out; check() of it gives p back. */
oriel_problem orl_problem_public(const struct problem *p);

/* Where scale is 0: 1 / sqrt(head_dim). */
float orl_problem_default_scale(int64_t head_dim);

bool orl_problem_equal(const struct problem *a, const struct problem *b);

/* Geometry of one head and one batch entry without key limits. */
struct window orl_problem_window(const struct problem *p);

/* What one call uses of a problem: the rows that are there, and the origins of
 * problem and call together. */
struct part {
    int64_t queries, keys, query_origin, key_origin;
};

/* queries, keys: 0 is as planned; origins: those of the call alone.
 * ORIEL_E_ARGUMENT for more rows than planned, and for a row whose position
 * would leave [-ORL_MAX_LENGTH, ORL_MAX_LENGTH], under any key limits if the
 * problem announces some. */
oriel_status orl_problem_part(struct part *out, const struct problem *p,
                              int64_t queries, int64_t keys,
                              int64_t query_origin, int64_t key_origin);

/* Geometry of one head of one batch entry of a call, with its key limits, which
 * are clamped to the keys there are: 0 and part->keys where none are given. */
struct window orl_problem_entry_window(const struct problem *p,
                                       const struct part *part,
                                       int64_t key_begin, int64_t key_end);

/* Most keys that a query of any call can see: left + right + 1, at most keys.
 * It does not depend on origins, because a call may bring others: a plan for
 * rows at the beginning of a sequence must serve rows in its middle. */
int64_t orl_problem_span(const struct problem *p);

/* Visible (query, key) pairs and useful FLOPs, 2 (d + d_v) a pair, of all heads
 * and batch entries; without key limits. In double: they may exceed int64. */
double orl_problem_pairs(const struct problem *p);
double orl_problem_flops(const struct problem *p);

#endif /* ORL_MODEL_PROBLEM_H */
