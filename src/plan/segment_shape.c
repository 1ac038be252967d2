/* segment_shape.c: what follows from a shape. */
#include "plan/segment_shape.h"

#include "base/arith.h"

#include <math.h>

enum { PART = ORL_SEGMENT_PART };

/* Parts of keys or of values that a work-item asks for before it waits: AHEAD
 * of kernels/lib/segment.clh. */
enum { AHEAD = 8 };

static int64_t whole(int64_t count, int64_t unit)
{
    return orl_ceil_div(count, unit) * unit;
}

int64_t orl_segment_local_bytes(const struct segment_shape *s)
{
    const int64_t shares = s->group / s->key_tile;
    const int64_t whole_rows = whole(s->rows, shares * PART);
    const int64_t query = whole(s->head_dim, s->channel_chunk);
    const int64_t query_rows = shares == 1 ? s->rows : whole_rows;
    const int64_t keys = s->key_tile * (s->channel_chunk + (int64_t)PART);
    const int64_t kept = orl_clamp(256 / s->group, 1, s->rows);
    const int64_t sums = PART * (int64_t)s->group * kept;
    const int64_t floats = query_rows * query + whole_rows * s->segment +
                           2 * (int64_t)s->rows + orl_max(keys, sums);
    return 4 * whole(floats, PART);
}

/* 48 to 118 for 1 row, 96 to 186 for 4 and 150 to 211 for 16 (clang 19 for
 * gfx906 to gfx1201, ptxas 13 for sm_75 to sm_90). */
double orl_segment_registers(const struct segment_shape *s)
{
    return 90.0 + 5.0 * s->rows;
}

/* Keys that are added side by side. */
static int64_t key_step(const struct segment_shape *s)
{
    return orl_max(s->group / orl_ceil_div(s->v_dim, PART), 1);
}

/* By the loops of stage_keys, score_keys, weigh_keys, add_keys and
 * keep_segment. */
struct item_work orl_segment_work(const struct segment_shape *s)
{
    const double rows = s->rows, group = s->group, keys = s->segment;
    const double tiles = keys / s->key_tile;
    const double mine = fmin(ceil(rows * s->key_tile / group / PART) * PART,
                             rows); /* rows that it multiplies */
    const double row_items = fmin(group / rows, 16.0);
    const double parts = (double)whole(s->head_dim, s->channel_chunk) / PART;
    const double staged = parts * s->key_tile / group;
    const double steps = keys * s->v_dim / PART / group;
    /* To bring PART numbers to local memory, and to wait for a barrier. */
    const double load = 12.0, barrier = 20.0;

    const double chunks = parts * PART / s->channel_chunk;
    const double qk = tiles * (parts * ((PART + 1.0) * mine + 4.0) +
                               staged * load + chunks * 2.0 * barrier);
    const double weights = 25.0 * keys / row_items + 4.0 * barrier;
    const double pv = steps * ((PART + 0.5) * rows + load);
    return (struct item_work) {
        .instructions = qk + weights + pv + 40.0 * rows + 200.0,
        .local_bytes = 16.0 * tiles * (parts * (1.0 + mine) + staged) +
                       12.0 * keys / row_items +
                       16.0 * steps * ceil(rows / PART) + 32.0 * rows,
    };
}

double orl_segment_waits(const struct segment_shape *s)
{
    const int64_t chunks =
        whole(s->head_dim, s->channel_chunk) / s->channel_chunk;
    const int64_t staged =
        orl_ceil_div((int64_t)s->key_tile * s->channel_chunk / PART, s->group);
    const int64_t tiles = orl_ceil_div(s->segment, s->key_tile);
    return (double)(tiles * chunks * orl_ceil_div(staged, AHEAD) +
                    orl_ceil_div(s->segment, key_step(s) * AHEAD));
}
