/* family_decode.c: few queries over many keys, kernels/decode.cl. A work-item
 * reads keys and values once for all heads and queries that share them: for
 * CPUs, where memory is the limit. */
#include "plan/family_list.h"

#include "base/arith.h"
#include "model/elem.h"
#include "plan/cost.h"
#include "plan/decode_rows.h"
#include "plan/presets.h"

#include <math.h>

enum {
    LANES,
    HEAD_TILE,
    QUERY_TILE,
    ROWS,
    KEY_TILE,
    SEGMENT,
    QK_KEYS,
    PV_VECS,
    ROW_LANES,
    SPLIT,
    LOOK_AHEAD
};

static const struct word words[] = {
    [LANES] = {"x", "LANES", WORD_NUMBER, 4, 16},
    [HEAD_TILE] = {"h", "HEAD_TILE", WORD_NUMBER, 1, 256},
    [QUERY_TILE] = {"q", "QUERY_TILE", WORD_NUMBER, 1, 64},
    [ROWS] = {"r", "ROWS", WORD_NUMBER, 1, 32},
    [KEY_TILE] = {"k", "KEY_TILE", WORD_NUMBER, 4, 1024},
    [SEGMENT] = {"s", "SEGMENT", WORD_NUMBER, 4, 1 << 20},
    [QK_KEYS] = {"qk", "QK_KEYS", WORD_NUMBER, 1, 16},
    [PV_VECS] = {"pv", "PV_VECS", WORD_NUMBER, 1, 16},
    [ROW_LANES] = {"rowlanes", "ROW_LANES", WORD_FLAG, 0, 1},
    [SPLIT] = {"split", "SPLIT", WORD_FLAG, 0, 1},
    [LOOK_AHEAD] = {"ahead", "LOOK_AHEAD", WORD_FLAG, 0, 1},
    {0},
};

static const char *const kernels[] = {"attend_decode", "attend_merge", NULL};

/* Most private scratch of a work-item: a thread of an OpenCL runtime has a
 * stack of a few MB. Most sums that code is unrolled for. */
enum { SCRATCH_BYTES = 1 << 20, SUMS = 24 };

/* Rows that values are added for at a time where rows are lanes: PV_ROWS of
 * kernels/lib/absorb_rows.clh. */
enum { ROWS_OF_VALUES = 4 };

/* Most queries: keys are read again for every tile of them. */
enum { QUERIES = 64 };

static const char *rejects(const struct problem *p, const struct device *d)
{
    const char *barrier = orl_family_barrier(&orl_family_decode, d);
    if (barrier)
        return barrier;
    if (d->kind == DEVICE_GPU)
        return "one work-item per key head leaves a GPU idle";
    if (d->vector_floats > 0 && d->vector_floats < 4)
        return "the vectors of the device hold less than 4 floats";
    if (d->loop_limit > 0)
        return "the device ends work-items after a number of loop iterations";
    if (p->queries > QUERIES)
        return "it is for at most 64 queries";
    if (p->q.channels < 4 || p->v.channels < 4)
        return "a row of less than 4 channels does not fill a vector";
    if (orl_family_strided(p))
        return "a stride along dim is not 1";
    return NULL;
}

static int64_t whole(int64_t channels, int64_t lanes)
{
    return orl_ceil_div(channels, lanes) * lanes;
}

/* Floats that a row needs for queries, sums of a segment and of all. */
static int64_t row_floats(int64_t head_dim, int64_t v_dim, int64_t lanes,
                          int64_t pv_vecs)
{
    return whole(head_dim, lanes) + 3 * whole(v_dim, lanes * pv_vecs) + lanes;
}

/* Rows of a task, those that only fill its last block too. */
static int64_t task_rows(const int32_t *word)
{
    return whole((int64_t)word[HEAD_TILE] * word[QUERY_TILE], word[ROWS]);
}

/* Bytes of private scratch, as the structs of kernels/lib/task.clh. */
static int64_t scratch_bytes(const struct plan *plan)
{
    const int32_t *word = plan->word;
    const struct variant *v = &plan->variant;
    const int64_t rows = task_rows(word);
    const int64_t keys = word[KEY_TILE] + (int64_t)word[QK_KEYS];
    const int64_t floats =
        row_floats(v->head_dim, v->v_dim, word[LANES], word[PV_VECS]) + keys;
    /* Where rows are lanes, a converted tile; else products. */
    const int64_t channels = orl_max(v->head_dim, v->v_dim);
    const int64_t shared = word[ROW_LANES] ? whole(channels, word[LANES])
                                           : rows * (int64_t)word[LANES];
    return 4 * (rows * floats + keys * shared);
}

/* Sums that a step of keys and one of values hold in registers. */
static int32_t most_sums(const int32_t *word)
{
    if (!word[ROW_LANES])
        return word[ROWS] * (int32_t)orl_max(word[QK_KEYS], word[PV_VECS]);
    return (int32_t)orl_max(word[ROWS] / word[LANES] * word[QK_KEYS],
                            ROWS_OF_VALUES * word[PV_VECS]);
}

static const char *objects(const struct plan *plan, const struct problem *p,
                           const struct device *d)
{
    const int32_t *word = plan->word;
    const int32_t lanes = word[LANES];
    if (lanes != 4 && lanes != 8 && lanes != 16)
        return "x must be 4, 8 or 16";
    if (lanes > plan->variant.head_dim)
        return "x must not exceed the channels of a key";
    if (word[PV_VECS] * lanes > plan->variant.v_dim)
        return "x times pv must not exceed the channels of a value";
    if (p->heads / p->kv_heads % word[HEAD_TILE] != 0)
        return "h must divide the query heads of a key head";
    if (word[KEY_TILE] % lanes != 0)
        return "k must be a multiple of x";
    if (word[SEGMENT] % word[KEY_TILE] != 0)
        return "s must be a multiple of k";
    if (word[ROW_LANES] && word[ROWS] % lanes != 0)
        return "r must be a multiple of x where rows are lanes";
    if (most_sums(word) > SUMS)
        return word[ROW_LANES]
                   ? "r / x times qk and 4 times pv must not exceed 24"
                   : "r times qk and r times pv must not exceed 24";
    if (word[LOOK_AHEAD] && !d->prefetch)
        return "ahead needs a compiler that knows __builtin_prefetch";
    if (scratch_bytes(plan) > SCRATCH_BYTES)
        return "a task would need more than 1 MB of private scratch";
    return NULL;
}

static int64_t key_bytes(const struct problem *p)
{
    return p->k.channels * (int64_t)orl_elem_bytes(p->k.type) +
           p->v.channels * (int64_t)orl_elem_bytes(p->v.type);
}

/* ---- Candidates --------------------------------------------------------- */

/* Heads and queries of a task: as many as share a key, as long as what they
 * need stays near a core. */
static void choose_tiles(struct plan *plan, const struct problem *p)
{
    const int64_t group = p->heads / p->kv_heads;
    const int64_t bytes = 4 * row_floats(p->q.channels, p->v.channels, 4, 1);
    const int64_t most = orl_clamp((128 << 10) / bytes, 1, 128);
    int64_t heads = orl_min(group, most);
    while (group % heads != 0)
        heads--;
    const int64_t tiles = orl_ceil_div(p->queries, orl_max(most / heads, 1));
    plan->word[HEAD_TILE] = (int32_t)heads;
    plan->word[QUERY_TILE] = (int32_t)orl_ceil_div(p->queries, tiles);
}

/* Keys of a segment: few enough that a window of 1024 keeps some cores busy,
 * enough that merging takes no part of the time. */
enum { SEGMENT_KEYS = 512 };

/* Rows that keep a core busy for so long that it asks for too little by itself:
 * of f32 3 take 3, 5 take 7, 6 take 10 % less time with LOOK_AHEAD, 2 take 2 %
 * more; of f16 2 take 6, 3 take 11 % less (Zen 2, two threads, d 128). Full
 * steps ask for the beginnings of strips alone: 4 rows of f32 and of 16 bits
 * take 1 to 4 % less time (Zen 4, d 128; d 256 as long). */
static bool busy(const struct problem *p, const struct decode_preset *preset)
{
    return preset->rows >= (orl_decode_converts(p) ? 2 : 3);
}

/* Keys of a tile of k and one of v, at most. Where rows are lanes, what was
 * read must stay near a core. Else the strips of a tile are streams (see
 * kernels/lib/absorb.clh), the longer the better as long as the products fit 64
 * KB (Zen 2, two threads, d 128, f16: 4 rows take 8 % more time with k256 than
 * with k512, 8 rows 2 % less). Full steps keep no products (Zen 4, f32: 512 KB
 * take 4 % less time than 256, d 128, and 8 rows of d 256 7 %). */
static int64_t most_keys(const struct plan *plan, const struct problem *p,
                         const struct decode_preset *preset)
{
    if (preset->row_lanes)
        return orl_clamp((48 << 10) / key_bytes(p), 1, 96);
    if (preset == orl_decode_full_steps())
        return orl_clamp((512 << 10) / key_bytes(p), 1, SEGMENT_KEYS);
    const int64_t product = 4 * task_rows(plan->word) * plan->word[LANES];
    return orl_clamp((256 << 10) / key_bytes(p), 1,
                     orl_min(SEGMENT_KEYS, (64 << 10) / product));
}

/* Tiles of one length that hold the keys of a query, in whole vectors, or in
 * whole steps where rows are lanes. */
static void choose_key_tile(struct plan *plan, const struct problem *p,
                            const struct decode_preset *preset)
{
    const int32_t *word = plan->word;
    const int64_t keys = most_keys(plan, p, preset);
    const int64_t span = orl_problem_span(p);
    int32_t step = word[LANES];
    while (word[ROW_LANES] && step % word[QK_KEYS] != 0)
        step += word[LANES];
    const int64_t steps = orl_max(keys / step, 1);
    const int64_t tiles = orl_ceil_div(span, steps * step);
    const int64_t each = orl_ceil_div(orl_max(span, 1), orl_max(tiles, 1));
    plan->word[KEY_TILE] = (int32_t)orl_ceil_div(each, step) * step;
}

/* Unless it is there: devices of 16 lanes and of 8 have presets in common. */
static void add(struct plan_list *list, const struct problem *p,
                const struct device *d, int32_t lanes, bool split)
{
    struct plan plan = {.family = &orl_family_decode,
                        .variant = orl_variant(p)};
    int32_t *word = plan.word;
    choose_tiles(&plan, p);
    const struct decode_preset *preset = orl_decode_rows(
        p, d, (int64_t)word[HEAD_TILE] * word[QUERY_TILE], lanes);
    word[LANES] = preset->lanes;
    word[ROWS] = preset->rows;
    word[ROW_LANES] = preset->row_lanes;
    word[QK_KEYS] = preset->qk_keys;
    word[PV_VECS] =
        (int32_t)orl_min(preset->pv_vecs, p->v.channels / preset->lanes);
    choose_key_tile(&plan, p, preset);
    word[SEGMENT] =
        word[KEY_TILE] * (int32_t)orl_max(SEGMENT_KEYS / word[KEY_TILE], 1);
    word[SPLIT] = split;
    word[LOOK_AHEAD] = d->prefetch && busy(p, preset);
    if (!objects(&plan, p, d) &&
        (list->count == 0 || !orl_plan_equal(&list->plan[0], &plan)))
        list->plan[list->count++] = plan;
}

static void candidates(const struct problem *p, const struct device *d,
                       struct plan_list *list)
{
    const int32_t widest = orl_decode_lanes(d);
    const int64_t channels = orl_min(p->q.channels, p->v.channels);
    for (int32_t lanes = widest; lanes >= 4 && 2 * lanes >= widest;
         lanes /= 2) {
        int32_t fitting = lanes;
        while (fitting > channels)
            fitting /= 2;
        if (fitting < lanes && 2 * lanes > widest)
            continue; /* the next turn adds it */
        add(list, p, d, fitting, false);
        if (list->count == 1)
            add(list, p, d, fitting, true);
    }
}

/* ---- Calls -------------------------------------------------------------- */

/* Segments that the keys of a task can touch, wherever they lie. A shorter call
 * never has more, so that the workspace of the largest one serves all. */
static int64_t segment_count(const struct plan *plan, const struct extent *e)
{
    const int64_t keys = orl_min(e->span + plan->word[QUERY_TILE] - 1, e->keys);
    return orl_ceil_div(keys - 1, plan->word[SEGMENT]) + 1;
}

static int64_t workspace(const struct plan *plan, const struct extent *e)
{
    if (!plan->word[SPLIT])
        return 0;
    return orl_family_parts(e, segment_count(plan, e), plan->variant.v_dim);
}

static void launches(const struct plan *plan, const struct extent *e,
                     struct launch_list *list)
{
    const bool split = plan->word[SPLIT];
    const int64_t segments = split ? segment_count(plan, e) : 0;
    const int64_t tiles = orl_ceil_div(e->queries, plan->word[QUERY_TILE]);
    list->count = split ? 2 : 1;
    list->launch[0] = (struct launch) {
        .kernel = 0,
        .groups = {tiles * orl_max(segments, 1),
                   e->heads / plan->word[HEAD_TILE], e->batch},
        .local = {1, 1, 1},
        .passes = 1,
        .segments = segments,
    };
    list->launch[1] = (struct launch) {
        .kernel = 1,
        .groups = {e->queries, e->heads, e->batch},
        .local = {1, 1, 1},
        .passes = 1,
        .segments = segments,
    };
}

static double cost(const struct plan *plan, const struct problem *p,
                   const struct device *d)
{
    const int32_t *word = plan->word;
    const struct decode_preset *preset =
        orl_decode_preset_near(word[LANES], word[ROWS], word[ROW_LANES] != 0);
    const struct extent whole = {p->batch, p->heads, p->queries, p->keys,
                                 orl_problem_span(p)};
    const double rows =
        (double)p->batch * (double)p->heads * (double)p->queries;
    const double tasks = (double)p->batch * (double)p->heads / word[HEAD_TILE] *
                         (double)orl_ceil_div(p->queries, word[QUERY_TILE]);
    const double blocks = (double)orl_ceil_div(
        (int64_t)word[HEAD_TILE] * word[QUERY_TILE], word[ROWS]);
    const double others = word[QUERY_TILE] - 1.0;
    const double seen =
        fmin(orl_problem_pairs(p) / rows + others, (double)p->keys);
    /* Values that only some of the queries see are added row by row. */
    const double edges = fmin(2.0 * others, seen);

    /* A row takes 300 cycles before its first key and after its last. The
     * factor makes costs comparable with those of lane (both: Zen 2, PoCL 3.1,
     * d 16 to 512, 1 to 64 queries). */
    const double cycles =
        0.93 * tasks * blocks *
        ((seen + 0.35 * edges) * orl_decode_key_cycles(preset, p) +
         300.0 * word[ROWS]);
    const double segments =
        word[SPLIT] ? (double)segment_count(plan, &whole) : 1.0;
    const double groups = tasks * segments;
    const double idle = orl_cost_idle(groups, d);
    const double compute = cycles * 4.0 * fmin(orl_decode_lanes(d), 8.0) /
                           orl_cost_peak_flops(d) * idle;
    const double memory = orl_cost_bytes(p) / orl_cost_bandwidth(d) *
                          orl_cost_idle_readers(groups, d);
    const double seconds = orl_cost_overlapped(compute, memory);
    if (!word[SPLIT])
        return orl_cost_launched(seconds, 1.0, groups, d);
    const double moved = 2.0 * (double)workspace(plan, &whole);
    return orl_cost_launched(seconds + moved / orl_cost_bandwidth(d), 2.0,
                             groups + rows, d);
}

static const char *unfit(const struct plan *plan, const struct built *built,
                         const struct device *d)
{
    (void)plan;
    if (d->local_bytes > 0 && built->local_bytes > d->local_bytes)
        return "the built kernel needs more local memory than there is";
    if (built->spill_bytes > 0)
        return "the built kernel keeps registers in memory";
    return NULL;
}

const struct family orl_family_decode = {
    .name = "decode",
    .words = words,
    .kernels = kernels,
    .rejects = rejects,
    .candidates = candidates,
    .objects = objects,
    .cost = cost,
    .unfit = unfit,
    .workspace = workspace,
    .launches = launches,
};
