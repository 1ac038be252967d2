/* tile_file.c: which tiles need 256 registers, and which devices have them. */
#include "plan/tile_file.h"

#include "model/matrix.h"

/* Most sums of values that code is unrolled for: more would spill on any GPU,
 * and PoCL 3.1 crashes while it compiles 128. 256 registers of Ponte Vecchio
 * hold 96 of each lane, 3 rows of 512 channels (ocloc 22.43). */
enum { SUMS = 64, LARGE_SUMS = 96 };

bool orl_tile_large(const struct tile_preset *t, int32_t v_dim)
{
    return orl_tile_broadcasts(t) &&
           t->item_rows * orl_tile_sums(t, v_dim) > SUMS;
}

/* Intel's GPUs with a matrix unit have them, for half as many threads. */
static bool has_large(const struct device *d)
{
    return d->matrix == ENGINE_DPAS16 || d->matrix == ENGINE_DPAS8;
}

struct device orl_tile_device(const struct tile_preset *t, int32_t v_dim,
                              const struct device *d)
{
    struct device own = *d;
    if (orl_tile_large(t, v_dim))
        own.item_registers *= 2;
    return own;
}

int32_t orl_tile_most_sums(const struct tile_preset *t, const struct device *d)
{
    return orl_tile_broadcasts(t) && has_large(d) ? LARGE_SUMS : SUMS;
}
