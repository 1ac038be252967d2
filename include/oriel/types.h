/* types.h: the part of Oriel's interface that does not need OpenCL: status
 * codes and the description of a problem. Applications include oriel.h. */
#ifndef ORIEL_TYPES_H
#define ORIEL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifndef ORIEL_API
#    if defined _WIN32 && defined ORIEL_BUILD
#        define ORIEL_API __declspec(dllexport)
#    elif defined _WIN32 && !defined ORIEL_STATIC
#        define ORIEL_API __declspec(dllimport)
#    elif defined __GNUC__
#        define ORIEL_API __attribute__((visibility("default")))
#    else
#        define ORIEL_API
#    endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ------------------------------------------------------------ */

#define ORIEL_VERSION_MAJOR 0
#define ORIEL_VERSION_MINOR 1
#define ORIEL_VERSION_PATCH 0

/* Version of the library actually loaded, e.g. "0.1.0". */
ORIEL_API const char *oriel_version(void);

/* ---- Status ------------------------------------------------------------- */

/* One code per thing a caller can do about it. Values never change. */
typedef enum oriel_status {
    ORIEL_OK = 0,
    ORIEL_E_ARGUMENT = -1,    /* the call breaks a documented rule: fix it */
    ORIEL_E_UNSUPPORTED = -2, /* valid, but not on this device: fall back */
    ORIEL_E_MEMORY = -3,      /* host memory ran out */
    ORIEL_E_OPENCL = -4,      /* an OpenCL call failed: see cl_code */
    ORIEL_E_BUILD = -5,       /* a kernel did not compile: see the log */
    ORIEL_E_TOO_NEW = -6,     /* descriptor uses fields this library lacks */
    ORIEL_E_IO = -7           /* a file the caller named: see the message */
} oriel_status;

typedef struct oriel_error {
    oriel_status status;
    int32_t cl_code;   /* a cl_int; 0 unless status is ORIEL_E_OPENCL */
    char message[240]; /* one English sentence, no newline */
} oriel_error;

/* Name of a status, e.g. "ORIEL_E_BUILD". Never NULL. */
ORIEL_API const char *oriel_status_name(oriel_status status);

/* What the last failing call on this thread had to say. Never NULL; valid
 * until the next Oriel call on the same thread. */
ORIEL_API const oriel_error *oriel_last_error(void);

/* ---- Problem: what to compute ------------------------------------------- */

/* A reach longer than any sequence. */
#define ORIEL_UNBOUNDED INT64_MAX

/* How numbers are stored; sums are always 32-bit. */
typedef enum oriel_type {
    ORIEL_F32 = 1,
    ORIEL_F16 = 2,
    ORIEL_BF16 = 3
} oriel_type;

/* Distance, in elements, between neighbours along each axis. All 0: packed
 * [batch][head][row][dim]; else dim 0 means 1, and a 0 along batch or head of
 * an input repeats it. None is negative. Elements must not overlap: each axis
 * steps over all that lies inside it; axes of length 1 do not count. All bytes
 * of a tensor fit an int64_t and a size_t. Never grows: it lies inside other
 * structs. */
typedef struct oriel_strides {
    int64_t batch, head, row, dim;
} oriel_strides;

/* Which position query rows are counted from. */
typedef enum oriel_align {
    ORIEL_ALIGN_END = 0,  /* the last query on the last key (KV caches) */
    ORIEL_ALIGN_START = 1 /* query row 0 on position 0 */
} oriel_align;

/* Optional buffers, announced here because a plan is chosen, or refused, for
 * them. A call brings exactly what its problem announces. */
typedef enum oriel_extra {
    ORIEL_EXTRA_LSE = 1u << 0,      /* out: log of the sum of each query */
    ORIEL_EXTRA_KEY_RANGE = 1u << 1 /* in: first and last key by batch entry */
} oriel_extra;

/* out[i] = sum over visible j of softmax(scale * q[i] . k[j]) * v[j]
 *
 * Rows have positions in the whole sequence:
 *
 *     position of key row j   = key_origin + j
 *     position of query row i = query_origin + i                       START
 *                             = query_origin + i
 *                               + key_origin + keys - queries          END
 *
 * and a query sees a key iff
 *
 *     -left <= position of key - position of query <= right
 *
 * Both ends are included: left = right = 0 is the key at the query's own
 * position. A negative reach moves the band off the diagonal. A query that
 * sees no key yields zeros.
 *
 * A cache of n earlier keys is END; a slice of a longer sequence is START with
 * its first positions as origins; a stream that looks ahead by r is END with
 * query_origin = -r.
 *
 * queries and keys are the most that any call will bring; a call may bring
 * fewer (oriel_call), so one plan serves every step of a decode. Packed
 * strides are those of the full size.
 *
 * batch, heads, queries and keys are at most 10^9, head_dim and v_dim at most
 * 512; kv_heads divides heads; left + right >= 0. The position of every row is
 * within -10^9 and 10^9: under END with ORIEL_EXTRA_KEY_RANGE for an entry
 * without keys as well. Field order leaves no padding, on 32-bit hosts
 * either. */
typedef struct oriel_problem {
    uint32_t size;                          /* sizeof(oriel_problem) */
    uint32_t extras;                        /* oriel_extra bits */
    int64_t batch, heads, kv_heads;         /* 0: batch 1; kv_heads = heads */
    int64_t queries, keys, head_dim, v_dim; /* 0: keys = queries; v = head */
    int64_t left, right;                    /* or ORIEL_UNBOUNDED */
    int64_t query_origin, key_origin;
    oriel_strides q, k, v, out;
    uint32_t type;                     /* oriel_type of q; 0: ORIEL_F32 */
    uint32_t k_type, v_type, out_type; /* 0: as q */
    uint32_t align;                    /* oriel_align */
    uint32_t offset_align; /* all offsets of q, k, v, out are multiples of so
                              many bytes: 2, 4, 8 or 16, and no less than the
                              widest element; 0: 16. Less costs speed. */
    float scale;           /* > 0, finite; 0: 1 / sqrt(head_dim) */
    float softcap;         /* > 0, finite: softcap * tanh(score / softcap);
                              0: none */
} oriel_problem;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ORIEL_TYPES_H */
