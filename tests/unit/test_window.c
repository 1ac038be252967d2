/* test_window.c: window.c against its definition, written as a double loop.
 * The oracle uses only the inputs, never a field window.c computed. */
#include "base/arith.h"
#include "model/window.h"
#include "suite.h"

#include <oriel/types.h>

#include <inttypes.h>
#include <stdbool.h>

enum { SMALL = 6 }; /* every shape up to SMALL x SMALL is tried */

/* position, key_position: of query row 0 and of key row 0. */
struct shape {
    int64_t queries, keys, left, right, position, key_position;
    int64_t live_begin, live_end;
};

static struct shape shape_of(int64_t queries, int64_t keys)
{
    return (struct shape) {.queries = queries, .keys = keys, .live_end = keys};
}

static struct window window_of(const struct shape *s)
{
    struct window w = orl_window_at(s->queries, s->keys, s->left, s->right,
                                    s->position, s->key_position);
    w.live = (struct span) {s->live_begin, s->live_end};
    return w;
}

static bool sees(const struct shape *s, int64_t i, int64_t j)
{
    if (i < 0 || i >= s->queries || j < s->live_begin || j >= s->live_end)
        return false;
    const int64_t distance = s->key_position + j - (s->position + i);
    return (s->left == ORIEL_UNBOUNDED || distance >= -s->left) &&
           (s->right == ORIEL_UNBOUNDED || distance <= s->right);
}

/* Number of queries of block [q0, q0 + rows) that see key j. */
static int64_t viewers(const struct shape *s, int64_t q0, int64_t rows,
                       int64_t j)
{
    int64_t count = 0;
    for (int64_t i = q0; i < q0 + rows; i++)
        count += sees(s, i, j);
    return count;
}

/* Rows of the block that are there. */
static int64_t height_of(const struct shape *s, int64_t q0, int64_t rows)
{
    return orl_min(q0 + rows, s->queries) - orl_max(q0, 0);
}

/* Spans, key by key: exactly the keys with a viewer, exactly those all see. */
static bool spans_are_right(const struct shape *s, const struct window *w,
                            int64_t q0, int64_t rows)
{
    const int64_t height = height_of(s, q0, rows);
    const struct span any = orl_window_any(w, q0, rows);
    const struct span all = orl_window_all(w, q0, rows);

    bool right = true;
    for (int64_t j = 0; j < s->keys; j++) {
        const int64_t seen = viewers(s, q0, rows, j);
        right &= (any.begin <= j && j < any.end) == (seen > 0);
        right &= (all.begin <= j && j < all.end) == (seen == height);
    }
    return right;
}

/* A tile begins at the first key the block's first row would see if every key
 * and every row were there; without a left end, at a position that is a
 * multiple of the tile. */
static bool is_anchored(const struct shape *s, int64_t q0, int64_t tile,
                        int64_t key)
{
    const int64_t distance =
        s->left == ORIEL_UNBOUNDED
            ? s->key_position + key
            : s->key_position + key - (s->position + q0 - s->left);
    return distance % tile == 0;
}

/* Tiles, tile by tile: visited iff some pair is in the band, unmasked iff
 * every pair is and no key is missing. */
static bool tiles_are_right(const struct shape *s, const struct window *w,
                            int64_t q0, int64_t rows, int64_t tile)
{
    const int64_t height = height_of(s, q0, rows);
    const struct tiles t = orl_window_tiles(w, q0, rows, tile);
    if (t.first == t.end) {
        const struct span any = orl_window_any(w, q0, rows);
        return any.begin == any.end && t.full == t.end && t.edge == t.end;
    }

    bool right = t.first <= t.full && t.full <= t.edge && t.edge <= t.end;
    right &= is_anchored(s, q0, tile, t.origin);
    for (int64_t at = t.first - 2; at < t.end + 2; at++) {
        const int64_t key = t.origin + at * tile;
        int64_t pairs = 0;
        for (int64_t j = key; j < key + tile; j++)
            pairs += viewers(s, q0, rows, j);
        right &= (t.first <= at && at < t.end) == (pairs > 0);
        right &= (t.full <= at && at < t.edge) == (pairs == height * tile);
    }
    /* Between the first visited tile and the last, every key with a viewer. */
    for (int64_t j = 0; j < s->keys; j++)
        if (viewers(s, q0, rows, j) > 0)
            right &=
                j >= t.origin + t.first * tile && j < t.origin + t.end * tile;
    return right;
}

/* Blocks begin at multiples of their length, each row is in one of them, and
 * each has a row. */
static bool blocks_are_right(const struct shape *s, const struct window *w,
                             int64_t rows)
{
    const int64_t count = orl_window_blocks(w, rows);
    int64_t covered = 0;
    bool right = true;
    for (int64_t block = 0; block < count; block++) {
        const int64_t q0 = orl_window_block_begin(w, block, rows);
        const int64_t height = height_of(s, q0, rows);
        right &= (s->position + q0) % rows == 0 && height > 0;
        covered += height;
    }
    return right && covered == s->queries;
}

static bool totals_are_right(const struct shape *s, const struct window *w)
{
    int64_t pairs = 0, most = 0;
    for (int64_t i = 0; i < s->queries; i++) {
        int64_t seen = 0;
        for (int64_t j = 0; j < s->keys; j++)
            seen += sees(s, i, j);
        pairs += seen;
        most = orl_max(most, seen);
    }
    return orl_window_pairs(w) == pairs && orl_window_span(w) == most;
}

static bool shape_is_right(const struct shape *s, int64_t most)
{
    const struct window w = window_of(s);
    bool right = totals_are_right(s, &w);
    for (int64_t rows = 1; rows <= most; rows++) {
        right &= blocks_are_right(s, &w, rows);
        for (int64_t q0 = 1 - rows; q0 < s->queries; q0++) {
            right &= spans_are_right(s, &w, q0, rows);
            for (int64_t tile = 1; tile <= most; tile++)
                right &= tiles_are_right(s, &w, q0, rows, tile);
        }
    }
    return right;
}

static void expect_right(const struct shape *s, int64_t most)
{
    ck_assert_msg(shape_is_right(s, most),
                  "q%" PRId64 " k%" PRId64 " w%" PRId64 ",%" PRId64
                  " at %" PRId64 ",%" PRId64 " live %" PRId64 "-%" PRId64,
                  s->queries, s->keys, s->left, s->right, s->position,
                  s->key_position, s->live_begin, s->live_end);
}

/* clang-format off */
START_TEST(every_small_shape_matches_the_double_loop)
{
    struct shape s = shape_of(_i, 0);
    for (s.keys = 1; s.keys <= SMALL; s.keys++)
    for (s.left = -SMALL - 1; s.left <= SMALL + 1; s.left++)
    for (s.right = -s.left; s.right <= SMALL + 1; s.right++)
    for (s.position = -SMALL - 1; s.position <= SMALL + 1; s.position++) {
        s.live_end = s.keys;
        expect_right(&s, 2);
    }
}
END_TEST

START_TEST(every_small_shape_with_live_keys_matches)
{
    struct shape s = shape_of(4, 5);
    s.key_position = _i;
    for (s.left = -2; s.left <= 4; s.left++)
    for (s.right = -s.left; s.right <= 4; s.right++)
    for (s.position = -6; s.position <= 6; s.position += 3)
    for (s.live_begin = 0; s.live_begin <= s.keys; s.live_begin++)
    for (s.live_end = s.live_begin; s.live_end <= s.keys; s.live_end++)
        expect_right(&s, 3);
}
END_TEST

START_TEST(an_unbounded_side_matches_and_anchors_at_multiples)
{
    struct shape s = shape_of(5, 6);
    s.key_position = _i;
    for (s.position = -7; s.position <= 7; s.position++)
    for (int64_t reach = -7; reach <= 7; reach++) {
        s.left = ORIEL_UNBOUNDED;
        s.right = reach;
        expect_right(&s, 4);
        s.left = reach;
        s.right = ORIEL_UNBOUNDED;
        expect_right(&s, 4);
    }
    s.left = s.right = ORIEL_UNBOUNDED;
    expect_right(&s, 4);
}
END_TEST
/* clang-format on */

/* Where the tiles of a query begin must not depend on the rows that share its
 * call: one query alone and the same query within a longer call. */
START_TEST(tiles_follow_from_position_and_window_alone)
{
    enum { ROWS = 8, TILE = 5 };
    const struct window whole = orl_window_at(40, 60, 9, 3, 20, 0);
    for (int64_t i = 0; i < 40; i++) {
        const struct window one = orl_window_at(1, 60, 9, 3, 20 + i, 0);
        const int64_t q0 = orl_window_block_begin(&one, 0, ROWS);
        const int64_t block = (20 + i) / ROWS - 20 / ROWS;
        const int64_t p0 = orl_window_block_begin(&whole, block, ROWS);
        ck_assert_int_eq(p0 - i, q0);
        const struct tiles alone = orl_window_tiles(&one, q0, ROWS, TILE);
        const struct tiles among = orl_window_tiles(&whole, p0, ROWS, TILE);
        ck_assert_int_eq(alone.origin, among.origin);
        ck_assert(among.first <= alone.first && alone.end <= among.end);
    }
}
END_TEST

START_TEST(an_enormous_reach_is_unbounded)
{
    const struct window w = orl_window(5, 7, INT64_MAX, INT64_MAX, -3);
    ck_assert_int_eq(orl_window_pairs(&w), 35);
    ck_assert_int_eq(orl_window_span(&w), 7);
}
END_TEST

START_TEST(extreme_reaches_off_the_matrix_see_nothing)
{
    const struct window before =
        orl_window(5, 7, INT64_MAX, -INT64_MAX, ORL_MAX_LENGTH);
    const struct window after =
        orl_window(5, 7, -INT64_MAX, INT64_MAX, -ORL_MAX_LENGTH);
    const struct window at_once = orl_window_at(
        5, 7, -5000000000, 6000000000, -ORL_MAX_LENGTH, -ORL_MAX_LENGTH);
    ck_assert_int_eq(orl_window_pairs(&before), 0);
    ck_assert_int_eq(orl_window_pairs(&after), 0);
    ck_assert_int_eq(orl_window_pairs(&at_once), 0);
    ck_assert_int_eq(orl_window_span(&after), 0);
    const struct tiles none = orl_window_tiles(&after, -3, 5, 4);
    ck_assert(none.first == none.end && none.full == none.edge);
}
END_TEST

START_TEST(a_reach_fits_a_kernel_and_keeps_the_band)
{
    const int64_t n = ORL_MAX_LENGTH;
    ck_assert_int_eq(orl_window_reach(17), 17);
    ck_assert_int_eq(orl_window_reach(-17), -17);
    ck_assert_int_eq(orl_window_reach(INT32_MAX - 1), INT32_MAX - 1);
    ck_assert_int_eq(orl_window_reach(INT32_MAX), ORIEL_UNBOUNDED);
    ck_assert_int_eq(orl_window_reach(ORIEL_UNBOUNDED), ORIEL_UNBOUNDED);
    ck_assert_int_eq(orl_window_reach(-INT32_MAX), -INT32_MAX);
    ck_assert_int_eq(orl_window_reach(INT32_MIN), -INT32_MAX);
    ck_assert_int_eq(orl_window_reach(INT64_MIN), -INT32_MAX);

    /* The furthest two rows can be apart: seen by 2n, not by 2n - 1. */
    const struct window far = orl_window_at(1, 1, 2 * n, 0, n, -n);
    const struct window near = orl_window_at(1, 1, 2 * n - 1, 0, n, -n);
    const struct window beyond = orl_window_at(1, 1, -2 * n, 2 * n, -n, n);
    const struct window none = orl_window_at(1, 1, -2 * n - 1, 3 * n, -n, n);
    const struct window behind = orl_window_at(1, 1, 2 * n, -2 * n, n, -n);
    const struct window past = orl_window_at(1, 1, 3 * n, -2 * n - 1, n, -n);
    ck_assert_int_eq(orl_window_pairs(&behind), 1);
    ck_assert_int_eq(orl_window_pairs(&past), 0);
    ck_assert_int_eq(orl_window_pairs(&far), 1);
    ck_assert_int_eq(orl_window_pairs(&near), 0);
    ck_assert_int_eq(orl_window_pairs(&beyond), 1);
    ck_assert_int_eq(orl_window_pairs(&none), 0);
}
END_TEST

START_TEST(the_longest_axes_do_not_overflow)
{
    const int64_t n = ORL_MAX_LENGTH;
    const struct window full = orl_window(n, n, INT64_MAX, INT64_MAX, 0);
    const struct window causal = orl_window(n, n, INT64_MAX, 0, 0);
    const struct window narrow = orl_window_at(n, n, 4095, 0, -n, -n);
    ck_assert_int_eq(orl_window_pairs(&full), n * n);
    ck_assert_int_eq(orl_window_pairs(&causal), n * (n + 1) / 2);
    ck_assert_int_eq(orl_window_span(&causal), n);
    ck_assert_int_eq(orl_window_pairs(&narrow),
                     4096 * n - INT64_C(4096) * 4095 / 2);
    ck_assert_int_eq(orl_window_span(&narrow), 4096);

    const struct tiles t = orl_window_tiles(&full, n - 1, 64, 64);
    ck_assert_int_eq(t.origin, 0);
    ck_assert_int_eq(t.first, 0);
    ck_assert_int_eq(t.end, orl_ceil_div(n, 64));
}
END_TEST

/* The work of a narrow window grows with the queries, not with the keys. */
START_TEST(visited_tiles_grow_with_queries_not_with_keys)
{
    int64_t visited[2] = {0, 0};
    for (int n = 0; n < 2; n++) {
        const int64_t queries = n == 0 ? 8192 : 65536;
        const struct window w = orl_window(queries, queries, 128, 0, 0);
        for (int64_t b = 0; b < orl_window_blocks(&w, 64); b++) {
            const int64_t q0 = orl_window_block_begin(&w, b, 64);
            const struct tiles t = orl_window_tiles(&w, q0, 64, 64);
            ck_assert_int_le(t.end - t.first, 3);
            visited[n] += t.end - t.first;
        }
    }
    ck_assert_int_le(visited[1], 9 * visited[0]);
    ck_assert_int_ge(visited[1], 7 * visited[0]);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("window");
    tcase_add_loop_test(tc, every_small_shape_matches_the_double_loop, 1,
                        SMALL + 1);
    tcase_add_loop_test(tc, every_small_shape_with_live_keys_matches, -2, 3);
    tcase_add_loop_test(tc, an_unbounded_side_matches_and_anchors_at_multiples,
                        -3, 4);
    tcase_add_test(tc, tiles_follow_from_position_and_window_alone);
    tcase_add_test(tc, an_enormous_reach_is_unbounded);
    tcase_add_test(tc, extreme_reaches_off_the_matrix_see_nothing);
    tcase_add_test(tc, a_reach_fits_a_kernel_and_keeps_the_band);
    tcase_add_test(tc, the_longest_axes_do_not_overflow);
    tcase_add_test(tc, visited_tiles_grow_with_queries_not_with_keys);
    return suite_run(tc, "model/window");
}
