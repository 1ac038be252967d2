/* tile_shape.h: what a group of kernels/tile.cl needs and does. */
#ifndef ORL_PLAN_TILE_SHAPE_H
#define ORL_PLAN_TILE_SHAPE_H

#include "plan/presets.h"
#include "plan/work.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether its work-items exchange rows by broadcasts. */
bool orl_tile_broadcasts(const struct tile_preset *t);

/* Work-items of a group, sums of values that each of them holds for one of its
 * rows, and bytes of local memory: as kernels/tile.cl says. */
int32_t orl_tile_group(const struct tile_preset *t);
int32_t orl_tile_sums(const struct tile_preset *t, int32_t v_dim);
int64_t orl_tile_local_bytes(const struct tile_preset *t, int32_t v_dim);

/* About how many registers compilers take for a work-item. */
double orl_tile_registers(const struct tile_preset *t, int32_t v_dim);

/* What a work-item does for one tile. paired: two multiply-adds are one. */
struct item_work orl_tile_work(const struct tile_preset *t, int32_t head_dim,
                               int32_t v_dim, bool paired);

#endif /* ORL_PLAN_TILE_SHAPE_H */
