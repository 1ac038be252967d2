/* oracle.h: attention in double precision, written from its definition: the
 * answer that kernels are held against. Shares no code with the library but
 * its problem and how numbers are stored; slow on purpose. */
#ifndef ORACLE_H
#define ORACLE_H

#include "model/problem.h"

/* One call on host memory. */
struct oracle {
    const struct problem *problem;
    int64_t queries, keys;              /* rows of this call */
    int64_t query_origin, key_origin;   /* added to those of the problem */
    const void *q, *k, *v;              /* first elements, as stored */
    const int32_t *key_begin, *key_end; /* per batch entry; NULL: none given */
    uint32_t weight_type; /* that the plan rounds weights to; 0: f32 */
};

/* A call of the planned size, on packed or strided host memory. */
struct oracle oracle_of(const struct problem *p, const void *q, const void *k,
                        const void *v);

/* Whether query row i of a batch entry sees key row j: the definition. */
bool oracle_sees(const struct oracle *o, int64_t entry, int64_t i, int64_t j);

/* What there is to say about one row besides its output. */
struct oracle_row {
    int64_t keys;  /* that it sees */
    double lse;    /* -INFINITY if no key counts */
    double terms;  /* largest finite scale * sum of |q_c k_c| of its keys */
    double values; /* largest finite |v| that it sees */
};

/* out: v_dim doubles. Whether a row sees a key is asked key by key. */
struct oracle_row oracle_row(const struct oracle *o, int64_t entry,
                             int64_t head, int64_t i, double *out);

/* How far a row may be off, relative to row->values:
 *     2e-6 (1 + terms / 16) + u |out| / values + w
 * u = 0, 2^-11, 2^-8 for an f32, f16, bf16 result, w the same for the type that
 * weights are rounded to; and what storage loses below its smallest normal
 * number. */
double oracle_bound(const struct oracle_row *row, double out, uint32_t type,
                    uint32_t weight_type);

/* The row nearest to its bound, or the worst one beyond it. */
struct oracle_verdict {
    bool right;          /* every element of every row, and lse if given */
    double error, bound; /* of that row, relative to the largest |v| it sees */
    int64_t entry, head, row;
    double largest, largest_bound; /* the largest error, and its bound */
};

/* Compares a result, out with the strides of the problem; lse NULL or
 * [batch][heads][planned queries]. NaN and infinities must be met exactly, but
 * an infinity may come as NaN; a row without keys must be 0 and -INFINITY. */
struct oracle_verdict oracle_check(const struct oracle *o, const void *out,
                                   const float *lse);

#endif /* ORACLE_H */
