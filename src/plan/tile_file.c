/* tile_file.c: which tiles need them, and who has them. */
#include "plan/tile_file.h"

#include "model/matrix.h"

/* Sums that 128 registers hold, and 256: of 3 rows of 512 channels 96 of each
 * lane (ocloc 22.43, Ponte Vecchio). */
enum { SUMS = 64, LARGE_SUMS = 96 };

bool orl_tile_large(const struct tile_preset *t, int32_t v_dim)
{
    return orl_tile_broadcasts(t) &&
           t->item_rows * orl_tile_sums(t, v_dim) > SUMS;
}

/* All of Intel's GPUs that have a matrix unit, and half as many threads then.
 */
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
