/* segment_shape.h: what a group of kernels/segment.cl needs and does. */
#ifndef ORL_PLAN_SEGMENT_SHAPE_H
#define ORL_PLAN_SEGMENT_SHAPE_H

#include "plan/work.h"

#include <stdint.h>

/* Channels that the kernel reads together, its LANES. */
enum { ORL_SEGMENT_PART = 4 };

struct segment_shape {
    int32_t head_dim, v_dim;
    int32_t rows;          /* heads times queries */
    int32_t group;         /* work-items */
    int32_t key_tile;      /* keys that are multiplied at a time */
    int32_t channel_chunk; /* and channels of them */
    int32_t segment;       /* keys of a group */
};

/* As kernels/segment.cl says. */
int64_t orl_segment_local_bytes(const struct segment_shape *s);

/* About how many registers compilers take for a work-item. */
double orl_segment_registers(const struct segment_shape *s);

/* What a work-item does for a segment. */
struct item_work orl_segment_work(const struct segment_shape *s);

/* How often a group waits for memory: for each chunk of keys, and for values.
 */
double orl_segment_waits(const struct segment_shape *s);

#endif /* ORL_PLAN_SEGMENT_SHAPE_H */
