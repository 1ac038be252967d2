/* test_band.c: what kernels/lib says of a band in int, compiled for the host,
 * is what window.c says: the same keys, blocks and tiles. So a picture or a
 * count made from window.c is one of what the kernels do. */
#include "base/arith.h"
#include "model/window.h"
#include "suite.h"

#include <oriel/types.h>

#include <assert.h>
#include <inttypes.h>
#include <limits.h>

/* OpenCL C, as far as these files need it. */
#define global
#define clamp(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define min(a, b)           ((a) < (b) ? (a) : (b))
#define max(a, b)           ((a) > (b) ? (a) : (b))
static_assert(sizeof(long) == 8, "as OpenCL's");

static int query_tile, key_tile;
#define QUERY_TILE query_tile
#define KEY_TILE   key_tile
#define span       kernel_span
#include "lib/tile.clh"
#undef span

struct shape {
    int64_t queries, keys, left, right;
    int64_t query_position, key_position;
    int64_t live_begin, live_end;
};

static struct window window_of(const struct shape *s)
{
    struct window w = orl_window_at(s->queries, s->keys, s->left, s->right,
                                    s->query_position, s->key_position);
    w.live = (struct span) {s->live_begin, s->live_end};
    return w;
}

static int reach_of(int64_t reach)
{
    const int64_t short_reach = orl_window_reach(reach);
    return short_reach == ORIEL_UNBOUNDED ? UNBOUNDED : (int)short_reach;
}

/* The call of the same band; under END its origin counts from the last key. */
static struct call call_of(const struct shape *s, int align_end)
{
    struct call call = {
        .queries = (int)s->queries,
        .keys = (int)s->keys,
        .left = reach_of(s->left),
        .right = reach_of(s->right),
        .query_origin = (int)s->query_position,
        .key_origin = (int)s->key_position,
        .align_end = align_end,
    };
    if (align_end)
        call.query_origin -= (int)(s->key_position + s->live_end - s->queries);
    return call;
}

static struct band band_at(const struct shape *s, const struct call *call)
{
    const int begin = (int)s->live_begin, end = (int)s->live_end;
    return band_of(call, 0, &begin, &end);
}

/* One walk, from the first tile to the last. */
static bool walk_is_right(const struct shape *s, const struct window *w,
                          const struct call *call, int block)
{
    const struct band band = band_at(s, call);
    const int64_t q0 = orl_window_block_begin(w, block, query_tile);
    const struct span any = orl_window_any(w, q0, query_tile);
    const struct tiles t = orl_window_tiles(w, q0, query_tile, key_tile);
    struct walk walk = walk_begin(band, call, block);

    bool right = walk.q0 == q0;
    right &= walk.keys.end - walk.keys.begin == any.end - any.begin;
    for (int64_t at = t.first; at < t.end; at++) {
        const int64_t begin = t.origin + at * key_tile;
        right &= walk.tile.begin == orl_max(begin, any.begin);
        right &= walk.tile.end == orl_min(begin + key_tile, any.end);
        right &= walk_on(&walk, band, call) == (at + 1 < t.end);
    }
    return right;
}

static bool shape_is_right(const struct shape *s)
{
    const struct window w = window_of(s);
    bool right = true;
    for (int align_end = 0; align_end < 2; align_end++) {
        const struct call call = call_of(s, align_end);
        for (int64_t i = 0; i < s->queries; i++) {
            const struct kernel_span row = {(int)i, (int)i + 1};
            const struct kernel_span got = band_span(band_at(s, &call), row);
            const struct span keys = orl_window_any(&w, i, 1);
            right &= got.end - got.begin == keys.end - keys.begin;
            right &= keys.begin == keys.end || got.begin == keys.begin;
        }
        const int64_t blocks = orl_window_blocks(&w, query_tile);
        for (int block = 0; block < blocks; block++)
            right &= walk_is_right(s, &w, &call, block);
    }
    return right;
}

static void expect_right(const struct shape *s)
{
    if (!shape_is_right(s))
        ck_abort_msg(
            "q%" PRId64 " k%" PRId64 " w%" PRId64 ",%" PRId64 " at %" PRId64
            ",%" PRId64 " live %" PRId64 "-%" PRId64 " tiles %dx%d",
            s->queries, s->keys, s->left, s->right, s->query_position,
            s->key_position, s->live_begin, s->live_end, query_tile, key_tile);
}

/* Every window of these reaches, over keys that are all live or some. */
static void expect_windows_right(struct shape *s, int64_t limit)
{
    static const int64_t reaches[] = {-9, -2, 0, 1, 4, 7, ORIEL_UNBOUNDED};
    enum { REACHES = sizeof reaches / sizeof reaches[0] };
    for (int n = 0; n < REACHES * REACHES; n++) {
        s->left = reaches[n / REACHES];
        s->right = reaches[n % REACHES];
        const bool unbounded =
            s->left == ORIEL_UNBOUNDED || s->right == ORIEL_UNBOUNDED;
        if (!unbounded && s->left + s->right < 0)
            continue;
        for (s->live_begin = 0; s->live_begin <= limit; s->live_begin++)
            for (int64_t cut = 0; cut <= limit; cut++) {
                s->live_end = orl_max(s->keys - cut, s->live_begin);
                expect_right(s);
            }
    }
}

START_TEST(small_bands_agree)
{
    query_tile = 1 + _i % 4;
    key_tile = 1 + _i / 4;
    struct shape s = {.queries = 5, .keys = 7};
    for (s.key_position = -2; s.key_position <= 3; s.key_position++)
        for (s.query_position = -6; s.query_position <= 9; s.query_position++)
            expect_windows_right(&s, 2);
}
END_TEST

/* Positions as far out as they may be, lengths as long as they may be; a walk
 * over them would take too long, but its ends do not. */
START_TEST(bands_at_the_ends_of_all_ranges_agree)
{
    const int64_t n = ORL_MAX_LENGTH;
    query_tile = 24;
    key_tile = 192;
    const int64_t ends[] = {-n, -n + 7, -1, 0, n - 8};
    for (int i = 0; i < 25; i++) {
        struct shape s = {.queries = 5,
                          .keys = 7,
                          .query_position = ends[i / 5],
                          .key_position = ends[i % 5]};
        expect_windows_right(&s, 1);
        s.live_begin = 0;
        s.live_end = s.keys;
        static const int64_t reaches[] = {
            INT32_MAX, INT32_MAX - 1, INT64_MAX - 1, 2000000000, 1 << 30,
        };
        for (int r = 0; r < 25; r++) {
            s.left = reaches[r / 5];
            s.right = reaches[r % 5];
            expect_right(&s);
            s.right = orl_max(-s.left, -2000000001);
            expect_right(&s);
            s.right = s.left;
            s.left = orl_max(-s.right, -2000000001);
            expect_right(&s);
        }
    }
}
END_TEST

START_TEST(the_longest_bands_agree_at_both_ends)
{
    const int64_t n = ORL_MAX_LENGTH;
    query_tile = 1 + (int)n / 4;
    key_tile = 1 + (int)n / 3;
    struct shape s = {.queries = n, .keys = n, .live_end = n, .left = n - 3};
    for (int i = 0; i < 3; i++) {
        s.query_position = s.key_position = i == 0 ? -n : i == 1 ? 0 : -n / 2;
        const struct window w = window_of(&s);
        const struct call call = call_of(&s, _i);
        for (int b = 0; b < orl_window_blocks(&w, query_tile); b++)
            ck_assert(walk_is_right(&s, &w, &call, b));
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("band");
    tcase_add_loop_test(tc, small_bands_agree, 0, 20);
    tcase_add_test(tc, bands_at_the_ends_of_all_ranges_agree);
    tcase_add_loop_test(tc, the_longest_bands_agree_at_both_ends, 0, 2);
    return suite_run(tc, "model/window and kernels/lib/band");
}
