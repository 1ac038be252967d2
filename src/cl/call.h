/* call.h: kernels/lib/args.clh as the host sees it: what one launch tells a
 * kernel, besides its buffers. A kernel that echoes the struct is a test. */
#ifndef ORL_CL_CALL_H
#define ORL_CL_CALL_H

#include <stdint.h>

enum { CALL_UNBOUNDED = INT32_MAX };

/* Arguments of every kernel, in this order; optional buffers are NULL. */
enum call_argument {
    CALL_Q,
    CALL_K,
    CALL_V,
    CALL_OUT,
    CALL_LSE,       /* float; optional */
    CALL_KEY_BEGIN, /* int per batch entry; optional */
    CALL_KEY_END,   /* int per batch entry; optional */
    CALL_WORKSPACE, /* float; NULL where the plan needs none */
    CALL_STRUCT,    /* struct call, by value */
    CALL_ARGUMENTS
};

/* In elements: from the beginning of the buffer to row 0 of head 0, then from
 * one neighbour to the next. */
struct layout {
    int64_t start, batch, head, row, dim;
};

struct call {
    struct layout q, k, v, out;
    struct layout lse;                /* floats; row 1, dim 0 */
    int64_t key_begin_at, key_end_at; /* where entry 0 lies in its buffer */
    int64_t workspace_at;
    int32_t queries, keys;
    int32_t group;       /* query heads of a key head */
    int32_t left, right; /* reach, or CALL_UNBOUNDED */
    int32_t query_origin, key_origin;
    int32_t align_end;          /* 1: query_origin counts from the last key */
    int32_t block, head, entry; /* of the first group of this launch */
    int32_t heads, entries;     /* of the whole call, for workspace */
    int32_t pass, passes;       /* this launch is one of so many */
    float scale;                /* > 0 */
    float softcap;              /* > 0; read only where SOFTCAP is 1 */
    int32_t segments; /* that the keys of a query are cut into; 0: not cut */
};

#endif /* ORL_CL_CALL_H */
