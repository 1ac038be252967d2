/* window.c: geometry of a band of keys. Pure integer functions. */
#include "model/window.h"

#include "base/arith.h"

#include <oriel/types.h>

#include <assert.h>

static_assert(2 * ORL_MAX_LENGTH < INT32_MAX,
              "INT32_MAX must be longer than any distance");
static_assert(2 * ORL_MAX_LENGTH <= INT64_MAX / (2 * ORL_MAX_LENGTH + 1),
              "triangle() must not overflow for queries + keys");

int64_t orl_window_reach(int64_t reach)
{
    return reach >= INT32_MAX ? ORIEL_UNBOUNDED : orl_max(reach, -INT32_MAX);
}

struct window orl_window_at(int64_t queries, int64_t keys, int64_t left,
                            int64_t right, int64_t query_position,
                            int64_t key_position)
{
    assert(queries > 0 && queries <= ORL_MAX_LENGTH);
    assert(keys > 0 && keys <= ORL_MAX_LENGTH);
    assert(query_position >= -ORL_MAX_LENGTH);
    assert(query_position <= ORL_MAX_LENGTH);
    assert(key_position >= -ORL_MAX_LENGTH && key_position <= ORL_MAX_LENGTH);

    /* Clamped first: shift - left must not overflow for INT64_MAX. */
    const int64_t reach_left = orl_clamp(left, -INT32_MAX, INT32_MAX);
    const int64_t reach_right = orl_clamp(right, -INT32_MAX, INT32_MAX);
    assert(reach_left + reach_right >= 0);

    const int64_t shift = query_position - key_position;
    const bool fixed = orl_window_reach(left) == ORIEL_UNBOUNDED;

    /* Diagonals outside [-queries, keys] miss the matrix altogether, so
     * moving them to the border changes no pair. */
    return (struct window) {
        .queries = queries,
        .keys = keys,
        .live = {0, keys},
        .lo = orl_clamp(shift - reach_left, -queries, keys),
        .hi = orl_clamp(shift + reach_right, -queries, keys),
        .position = query_position,
        .anchor = fixed ? -key_position : shift - reach_left,
        .fixed = fixed,
    };
}

struct window orl_window(int64_t queries, int64_t keys, int64_t left,
                         int64_t right, int64_t shift)
{
    return orl_window_at(queries, keys, left, right, shift, 0);
}

static struct span clip(const struct window *w, int64_t begin, int64_t end)
{
    struct span s = {.begin = orl_clamp(begin, w->live.begin, w->live.end)};
    s.end = orl_clamp(end, s.begin, w->live.end);
    return s;
}

/* The rows of [q0, q0 + rows) that are there. */
static struct span rows_of(const struct window *w, int64_t q0, int64_t rows)
{
    const struct span s = {orl_max(q0, 0), orl_min(q0 + rows, w->queries)};
    assert(s.begin < s.end);
    return s;
}

struct span orl_window_any(const struct window *w, int64_t q0, int64_t rows)
{
    const struct span s = rows_of(w, q0, rows);
    return clip(w, s.begin + w->lo, s.end + w->hi);
}

struct span orl_window_all(const struct window *w, int64_t q0, int64_t rows)
{
    const struct span s = rows_of(w, q0, rows);
    return clip(w, s.end - 1 + w->lo, s.begin + w->hi + 1);
}

/* Quotient and rest rounded down, for negative a as well. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t modulo(int64_t a, int64_t b)
{
    return a - b * floor_div(a, b);
}

int64_t orl_window_blocks(const struct window *w, int64_t block_rows)
{
    assert(block_rows > 0);
    return orl_ceil_div(w->queries + modulo(w->position, block_rows),
                        block_rows);
}

int64_t orl_window_block_begin(const struct window *w, int64_t block,
                               int64_t block_rows)
{
    assert(block >= 0 && block < orl_window_blocks(w, block_rows));
    return block * block_rows - modulo(w->position, block_rows);
}

struct tiles orl_window_tiles(const struct window *w, int64_t q0, int64_t rows,
                              int64_t tile_keys)
{
    assert(tile_keys > 0);
    const struct span any = orl_window_any(w, q0, rows);
    const struct span all = orl_window_all(w, q0, rows);

    if (any.begin == any.end)
        return (struct tiles) {0};

    const int64_t origin = w->fixed ? w->anchor : w->anchor + q0;
    struct tiles t = {
        .first = floor_div(any.begin - origin, tile_keys),
        .end = -floor_div(origin - any.end, tile_keys),
        .origin = origin,
    };
    const int64_t full = -floor_div(origin - all.begin, tile_keys);
    t.full = orl_clamp(full, t.first, t.end);
    t.edge = orl_clamp(floor_div(all.end - origin, tile_keys), t.full, t.end);
    return t;
}

/* 1 + 2 + ... + n, and 0 for n <= 0. */
static int64_t triangle(int64_t n)
{
    return n > 0 ? n * (n + 1) / 2 : 0;
}

/* Sum over the rows i of i + d + 1, where that is positive: the pairs on or
 * below diagonal d, were there columns without end. */
static int64_t ramp(const struct window *w, int64_t d)
{
    return triangle(d + w->queries) - triangle(d);
}

/* Those with a live column: a ramp from the first, less one from the end. */
static int64_t pairs_below(const struct window *w, int64_t d)
{
    return ramp(w, d - w->live.begin) - ramp(w, d - w->live.end);
}

int64_t orl_window_pairs(const struct window *w)
{
    return pairs_below(w, w->hi) - pairs_below(w, w->lo - 1);
}

int64_t orl_window_span(const struct window *w)
{
    /* Moving down the rows, the count of live keys in a band of fixed height
     * grows, stays, and shrinks. It stays from the first row at which the band
     * has entered or covers the live keys. */
    const int64_t top = orl_min(w->live.begin - w->lo, w->live.end - 1 - w->hi);
    const struct span best =
        orl_window_any(w, orl_clamp(top, 0, w->queries - 1), 1);
    return best.end - best.begin;
}
