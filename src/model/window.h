/* window.h: which keys a query may see.
 *
 * Scores form a matrix with one row per query and one column per key. A
 * sliding window keeps a band of it, so the whole geometry is two diagonals:
 *
 *     query i sees key j   <=>   i + lo <= j <= i + hi  and  j is live
 *
 * Causal, one-sided, full, sliced and cached attention differ only in lo and
 * hi; limits of a batch entry make fewer keys live.
 *
 * Kernels visit the band block by block. Blocks of queries begin at positions
 * that are multiples of their length, the tiles of keys of a block at the
 * first key its first query sees, whether those rows are there or not. So the
 * tiles of a query follow from its position and its window alone, and no split
 * of the queries over calls changes a bit. kernels/lib/band.clh says the same
 * in int.
 */
#ifndef ORL_MODEL_WINDOW_H
#define ORL_MODEL_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Half-open range [begin, end); empty when begin == end. */
struct span {
    int64_t begin, end;
};

struct window {
    int64_t queries;  /* rows,    in [1, ORL_MAX_LENGTH] */
    int64_t keys;     /* columns, in [1, ORL_MAX_LENGTH] */
    struct span live; /* columns that exist; within [0, keys] */
    int64_t lo, hi;   /* lo <= hi, both in [-queries, keys] */

    /* For blocks and tiles. */
    int64_t position; /* of query 0, in the whole sequence */
    int64_t anchor;   /* a column where a tile of query 0 begins; may be < 0 */
    bool fixed;       /* left is unbounded: anchor is that of every query */
};

/* The key tiles of one block of queries, in visiting order: tile n is keys
 * [origin + n * tile_keys, origin + (n + 1) * tile_keys), as far as they are
 * live. Tiles in [first, full) and [edge, end) cross a diagonal or a limit and
 * need a mask; tiles in [full, edge) are visible to every query of the block
 * and need none. */
struct tiles {
    int64_t first, full, edge, end;
    int64_t origin; /* may be < 0, and so may first */
};

/* A reach as kernels know it. Positions are at most 2 * ORL_MAX_LENGTH apart,
 * so INT32_MAX is longer than any sequence: ORIEL_UNBOUNDED for a reach of that
 * or more, else one that is no less than -INT32_MAX and makes the same band. */
int64_t orl_window_reach(int64_t reach);

/* left, right: reach of the window, left + right >= 0. A negative one moves
 * the band off the diagonal; one longer than the sequence is unbounded.
 * shift: position of query 0 minus position of key 0, which is 0 here. */
struct window orl_window(int64_t queries, int64_t keys, int64_t left,
                         int64_t right, int64_t shift);

/* The same with both positions, each in [-ORL_MAX_LENGTH, ORL_MAX_LENGTH]. */
struct window orl_window_at(int64_t queries, int64_t keys, int64_t left,
                            int64_t right, int64_t query_position,
                            int64_t key_position);

/* Keys that at least one, or every one, of queries [q0, q0 + rows) sees; q0 may
 * be that of a block, before row 0, but one of the rows must be there. */
struct span orl_window_any(const struct window *w, int64_t q0, int64_t rows);
struct span orl_window_all(const struct window *w, int64_t q0, int64_t rows);

/* Blocks of block_rows queries that cover the rows, and where one begins: the
 * first of them in (-block_rows, 0]. */
int64_t orl_window_blocks(const struct window *w, int64_t block_rows);
int64_t orl_window_block_begin(const struct window *w, int64_t block,
                               int64_t block_rows);

/* Tiles of the block that begins at q0; all zero if it sees no key. */
struct tiles orl_window_tiles(const struct window *w, int64_t q0, int64_t rows,
                              int64_t tile_keys);

/* Number of (query, key) pairs in the band: the useful work of the problem. */
int64_t orl_window_pairs(const struct window *w);

/* Most keys that one query sees. */
int64_t orl_window_span(const struct window *w);

#endif /* ORL_MODEL_WINDOW_H */
