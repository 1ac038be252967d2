/* presets.h: shapes of tiles that were measured to be good, by class of device
 * and shape of problem. */
#ifndef ORL_PLAN_PRESETS_H
#define ORL_PLAN_PRESETS_H

#include <stdbool.h>
#include <stdint.h>

/* Tiles of kernels/lane.cl. */
struct lane_preset {
    int32_t lanes;    /* floats of a vector */
    bool staged;      /* k or v is converted, a tile at a time */
    int32_t head_dim; /* up to this one */
    int32_t qk_keys, qk_vecs;
    int32_t pv_rows, pv_vecs;
    int32_t strips;    /* of qk_vecs vectors of queries, in a block */
    int32_t key_tile;  /* where the keys of a block need several */
    int32_t once_keys; /* most keys of a block to take at once */
};

/* The row for a problem. lanes: 4, 8 or 16. */
const struct lane_preset *orl_lane_preset(int32_t lanes, bool staged,
                                          int32_t head_dim);

/* Shapes of kernels/decode.cl in registers. */
struct decode_preset {
    int32_t lanes;   /* floats of a vector */
    int32_t rows;    /* at a time */
    int32_t qk_keys; /* multiplied at a time */
    int32_t pv_vecs; /* of a value, added at a time */

    /* Cycles that so many rows and a key take from the innermost cache at d 128
     * with 8 lanes: where k and v are f32, and where one is not. */
    int32_t cycles, converted_cycles;
};

/* The first row for a number of lanes, 4, 8 or 16; those of other numbers of
 * rows follow it, with rows rising from 1. */
const struct decode_preset *orl_decode_preset(int32_t lanes);
enum { ORL_DECODE_ROWS = 6 }; /* how many there are for each */

#endif /* ORL_PLAN_PRESETS_H */
