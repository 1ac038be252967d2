/* tile_shape.c: local memory, registers and work of tiles of kernels/tile.cl.
 */
#include "plan/tile_shape.h"

#include "base/arith.h"

#include <math.h>

bool orl_tile_broadcasts(const struct tile_preset *t)
{
    return t->of == TILE_LANES8 || t->of == TILE_LANES16;
}

int32_t orl_tile_group(const struct tile_preset *t)
{
    return t->query_tile / t->item_rows * (t->key_tile / t->item_keys) *
           t->team;
}

int32_t orl_tile_sums(const struct tile_preset *t, int32_t v_dim)
{
    const int32_t across = t->key_tile / t->item_keys * t->team * t->sum_lanes;
    return (int32_t)orl_ceil_div(v_dim, across) * t->sum_lanes;
}

int64_t orl_tile_local_bytes(const struct tile_preset *t, int32_t v_dim)
{
    const int64_t rows = t->query_tile, keys = t->key_tile;
    const int64_t key_items = keys / t->item_keys;
    const int64_t value_row = orl_tile_sums(t, v_dim) * key_items * t->team;
    const int64_t products_of_key = t->team > 1 ? t->team * rows : 0;
    if (orl_tile_broadcasts(t))
        return 4 * keys * (t->channel_chunk + 4) +
               4 * keys * orl_max(value_row, products_of_key) + 16;
    const int64_t chunks = (rows + keys) * (t->channel_chunk + 4);
    const int64_t weights = rows * (keys + 4);
    return 4 * orl_max(chunks, weights) +
           4 * orl_max(t->key_chunk * value_row, rows * key_items) + 16;
}

/* The line through all targets of docs/isa.md, AMD within 60 of it and NVIDIA
 * within 45; scores are in vectors of 4. Of more than 64 scores and sums fewer
 * other numbers are kept: 96 take 252 to 255 and 128 spill. */
double orl_tile_registers(const struct tile_preset *t, int32_t v_dim)
{
    if (orl_tile_broadcasts(t))
        return 128.0; /* used or not */
    const int32_t scores = (int32_t)orl_ceil_div(t->item_keys, 4) * 4;
    const double held = t->item_rows * (scores + orl_tile_sums(t, v_dim));
    return 60.0 + 2.67 * fmin(held, 64.0) + 0.75 * fmax(held - 64.0, 0.0);
}

/* As kernels/lib/steps_local.clh has them for all targets. */
static double unrolled_channels(const struct tile_preset *t, int32_t head_dim)
{
    const int32_t chunk = t->channel_chunk;
    if (head_dim % chunk != 0)
        return 1.0;
    if (t->item_rows * t->item_keys <= 12 && chunk > 16)
        return 4.0;
    return head_dim > chunk && chunk > 8 ? 2.0 : 1.0;
}

static double unrolled_keys(const struct tile_preset *t, double sums)
{
    return t->item_rows * sums <= 2.0 * t->sum_lanes && t->key_chunk > 8 ? 2.0
                                                                         : 1.0;
}

/* Within 6 points of what counts in the machine code of the presets: q is read
 * again and again, but neither it nor the weights go through local memory;
 * products do in a team. */
static double broadcast_instructions(const struct tile_preset *t,
                                     int32_t head_dim, int32_t v_dim)
{
    const double rows = t->item_rows, keys = t->item_keys, team = t->team;
    const double sums = orl_tile_sums(t, v_dim);
    const double lanes = t->key_tile / keys;
    const double group = orl_tile_group(t);
    const double load = 16.0, barrier = 20.0;

    const double parts = t->channel_chunk / 4;
    const double chunks = (double)orl_ceil_div(head_dim, t->channel_chunk);
    const double qk =
        chunks * (parts *
                      (4.0 * rows * keys + 2.0 * keys +
                       (2.5 * rows + 3.0) * 4.0 / lanes) /
                      team +
                  t->key_tile * parts / group * load + 2.0 * barrier);

    const double weights =
        14.0 * rows * keys + rows * (2.0 * log2(lanes) + 30.0);
    const double told =
        team > 1.0 ? rows * keys * (2.0 + 2.0 * team) + barrier : 0.0;
    const double values = t->key_tile * sums / 4.0 * lanes * team / group;
    const double pv = t->key_tile * (rows * sums + 2.0 * sums / t->sum_lanes) +
                      values * load + 2.0 * barrier;
    return qk + told + weights + pv + 2.0 * rows * sums;
}

/* Instructions of a turn of one of the two long loops, of which so many steps
 * are unrolled. */
static double step(double fused, double reads, double unrolled)
{
    return fused + reads + 5.0 / unrolled;
}

/* Within 3 points of what counts in the machine code of the presets (clang 19
 * for gfx1030, ptxas 13 for sm_80). */
static double local_instructions(const struct tile_preset *t, int32_t head_dim,
                                 int32_t v_dim, bool paired)
{
    const double rows = t->item_rows, keys = t->item_keys;
    const double sums = orl_tile_sums(t, v_dim);
    const double group = orl_tile_group(t);
    const double fused = paired ? 0.5 : 1.0;
    /* To bring 4 numbers to local memory, and to wait for a barrier. */
    const double load = 12.0, barrier = 20.0;

    const double parts = t->channel_chunk / 4;
    const double chunks = (double)orl_ceil_div(head_dim, t->channel_chunk);
    const double staged = (t->query_tile + t->key_tile) * parts / group;
    const double qk =
        chunks * (parts * step(4 * rows * keys * fused, rows + keys,
                               unrolled_channels(t, head_dim)) +
                  staged * load + 2.0 * barrier);

    const double weights =
        14.0 * rows * keys + rows * (t->key_tile / keys + 30);

    const double steps = t->key_chunk / 4.0;
    const double values =
        t->key_chunk * sums / 4 * (t->key_tile / keys) / group;
    const double pv = t->key_tile / (double)t->key_chunk *
                      (steps * step(4.0 * rows * sums * fused,
                                    rows + 4.0 * sums / t->sum_lanes,
                                    unrolled_keys(t, sums)) +
                       values * load + 2.0 * barrier);
    return qk + weights + pv + 2.0 * rows * sums;
}

/* Bytes to and from local memory. Work-items of a wave that read the same 16
 * bytes take as long as if they were others: of own2x2 and own1x2 little else
 * remains of the time (NVIDIA H200, driver 580.159.04). */
static double local_traffic(const struct tile_preset *t, int32_t head_dim,
                            int32_t v_dim)
{
    const double rows = t->item_rows, keys = t->item_keys;
    const double sums = orl_tile_sums(t, v_dim);
    const double group = orl_tile_group(t), key_items = t->key_tile / keys;
    const double parts = t->channel_chunk / 4;
    const double chunks = (double)orl_ceil_div(head_dim, t->channel_chunk);
    const double staged = (t->query_tile + t->key_tile) * parts / group;
    const double qk = chunks * (parts * (rows + keys) + staged) * 16.0;
    const double weights = rows * 4.0 * (1.0 + key_items + keys);
    const double pv = t->key_tile * (rows * 4.0 + sums * 4.0 +
                                     sums * key_items / group * 4.0);
    return qk + weights + pv;
}

/* Not known of broadcasts. */
struct item_work orl_tile_work(const struct tile_preset *t, int32_t head_dim,
                               int32_t v_dim, bool paired)
{
    if (orl_tile_broadcasts(t))
        return (struct item_work) {
            .instructions = broadcast_instructions(t, head_dim, v_dim)};
    return (struct item_work) {
        .instructions = local_instructions(t, head_dim, v_dim, paired),
        .local_bytes = local_traffic(t, head_dim, v_dim),
    };
}
