/* tile_file.h: tiles of kernels/tile.cl by the register file of a thread: which
 * ask for 256 registers. */
#ifndef ORL_PLAN_TILE_FILE_H
#define ORL_PLAN_TILE_FILE_H

#include "model/device.h"
#include "plan/presets.h"

/* Whether the sums of a work-item that broadcasts take more registers than a
 * thread of Intel's has unless it asks for twice as many, 128. */
bool orl_tile_large(const struct tile_preset *t, int32_t v_dim);

/* The device as threads of such a tile have it. */
struct device orl_tile_device(const struct tile_preset *t, int32_t v_dim,
                              const struct device *d);

/* Most sums of a work-item. */
int32_t orl_tile_most_sums(const struct tile_preset *t, const struct device *d);

#endif /* ORL_PLAN_TILE_FILE_H */
