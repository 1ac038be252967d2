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
    int32_t far;       /* the same where a query sees ORL_LANE_FAR keys */
    int32_t key_tile;  /* where the keys of a block need several */
    int32_t once_keys; /* most keys of a block to take at once, */
    int32_t once_vecs; /* by as many queries, but strips of such vectors */
};

/* Keys and values of so many rows do not stay in a core's own caches, so that
 * fewer and larger blocks read them less often. */
enum { ORL_LANE_FAR = 1024 };

/* The row for a problem. lanes: 4, 8 or 16. */
const struct lane_preset *orl_lane_preset(int32_t lanes, bool staged,
                                          int32_t head_dim);

/* Shapes of kernels/decode.cl in registers. */
struct decode_preset {
    int32_t lanes;   /* floats of a vector */
    int32_t rows;    /* at a time */
    bool row_lanes;  /* they are lanes while keys are multiplied */
    int32_t qk_keys; /* multiplied at a time */
    int32_t pv_vecs; /* of a value, added at a time */

    /* Cycles that so many rows and a key take from the innermost cache at d
     * 128, if a core has 8 lanes: where k and v are f32, and where one is not.
     */
    int32_t cycles, converted_cycles;
};

/* The first for a device of so many lanes, 4, 8 or 16; the others follow it. */
const struct decode_preset *orl_decode_preset(int32_t lanes);
enum { ORL_DECODE_ROWS = 8 }; /* how many there are for each */

/* Vectors of 16 by which 4 rows and keys are multiplied at a time, so that
 * their scores fill one (FULL_STEPS of kernels/lib/absorb.clh). */
const struct decode_preset *orl_decode_full_steps(void);

/* The one of such a device for as many rows, or the nearest one of its kind. */
const struct decode_preset *orl_decode_preset_near(int32_t lanes, int32_t rows,
                                                   bool row_lanes);

/* Cycles of one core with 8 lanes for a key and the rows of a preset, from its
 * innermost cache: products scale with the channels of a key and a value, the
 * weights do not. */
double orl_decode_cycles(const struct decode_preset *preset, bool converted,
                         int64_t channels);

/* What tiles of kernels/tile.cl depend on. */
enum tile_class {
    TILE_CPU,    /* local memory is cache, work-items are loop iterations */
    TILE_MODEST, /* 32 KB of local memory, 128 registers */
    TILE_WIDE,   /* 48 KB, 255 registers: NVIDIA, AMD's RDNA */
    TILE_WAVE64, /* waves of 64, 8 KB and 128 registers for each: AMD's GCN */
    TILE_PAIRED, /* 256 registers, and two multiply-adds at once: AMD's CDNA */
    TILE_LANES8, /* sub-groups of 8 that broadcast, 64 KB, 128 registers */
    TILE_LANES16 /* the same of 16 */
};

/* Tiles of kernels/tile.cl. */
struct tile_preset {
    enum tile_class of;
    int32_t dim; /* up to this head_dim and v_dim */
    int32_t query_tile, key_tile;
    int32_t item_rows, item_keys;
    int32_t channel_chunk, key_chunk;
    int32_t sum_lanes;
    int32_t team; /* sub-groups that own the same rows; 1 but in broadcasts */
};

/* The rows for a problem, best first, and how many there are. */
const struct tile_preset *orl_tile_presets(enum tile_class of, int32_t dim,
                                           int *count);

#endif /* ORL_PLAN_PRESETS_H */
