/* family_lane.c: lanes of vectors are queries, kernels/lane.cl. One work-item
 * computes a block of queries out of private scratch that must stay in the
 * cache of a core: for CPUs. */
#include "plan/family_list.h"

#include "base/arith.h"
#include "plan/cost.h"
#include "plan/presets.h"

#include <math.h>

enum {
    LANES,
    HEAD_TILE,
    QUERY_TILE,
    KEY_TILE,
    QK_KEYS,
    QK_VECS,
    PV_ROWS,
    PV_VECS,
    ONCE,
    LOOK_AHEAD
};

static const struct word words[] = {
    [LANES] = {"x", "LANES", WORD_NUMBER, 4, 16},
    [HEAD_TILE] = {"h", "HEAD_TILE", WORD_NUMBER, 1, 64},
    [QUERY_TILE] = {"q", "QUERY_TILE", WORD_NUMBER, 4, 1024},
    [KEY_TILE] = {"k", "KEY_TILE", WORD_NUMBER, 8, 4096},
    [QK_KEYS] = {"qk", "QK_KEYS", WORD_NUMBER, 1, 16},
    [QK_VECS] = {"x", "QK_VECS", WORD_TIMES, 1, 4},
    [PV_ROWS] = {"pv", "PV_ROWS", WORD_NUMBER, 1, 16},
    [PV_VECS] = {"x", "PV_VECS", WORD_TIMES, 1, 8},
    [ONCE] = {"once", "ONCE", WORD_FLAG, 0, 1},
    [LOOK_AHEAD] = {"ahead", "LOOK_AHEAD", WORD_FLAG, 0, 1},
    {0},
};

static const char *const kernels[] = {"attend_lane", NULL};

/* Most private scratch of a work-item: a thread of an OpenCL runtime has a
 * stack of a few MB. */
enum { SCRATCH_BYTES = 1 << 20 };

/* Most sums that code is unrolled for: PoCL 3.1 crashes while it compiles 32
 * scores with a softcap. */
enum { QK_SUMS = 16, PV_SUMS = 32 };

static const char *rejects(const struct problem *p, const struct device *d)
{
    const char *barrier = orl_family_barrier(&orl_family_lane, d);
    if (barrier)
        return barrier;
    if (d->kind == DEVICE_GPU)
        return "one work-item per block of queries leaves a GPU idle";
    if (d->vector_floats > 0 && d->vector_floats < 4)
        return "the vectors of the device hold less than 4 floats";
    if (d->loop_limit > 0)
        return "the device ends work-items after a number of loop iterations";
    if (orl_family_strided(p))
        return "a stride along dim is not 1";
    return NULL;
}

static bool is_staged(const struct problem *p)
{
    return p->k.type != ORIEL_F32 || p->v.type != ORIEL_F32;
}

/* Keys that the rows of a block see at most, for any origin and key limits;
 * INT64_MAX where a side has no end to count from. */
static int64_t block_keys(const struct problem *p, int64_t rows)
{
    const int64_t far = 4 * ORL_MAX_LENGTH;
    const bool bounded =
        p->left > -far && p->left < far && p->right > -far && p->right < far;
    return bounded ? rows + p->left + p->right : INT64_MAX;
}

static bool sees_far(const struct problem *p)
{
    return orl_min(block_keys(p, 1), p->keys) >= ORL_LANE_FAR;
}

static int64_t whole(int64_t channels, int64_t lanes)
{
    return orl_ceil_div(channels, lanes) * lanes;
}

/* As STAGED_PITCH of kernels/lib/stage.clh. */
static int64_t staged_pitch(int64_t channels, int64_t lanes)
{
    const int64_t floats = whole(channels, lanes);
    return floats % 64 == 0 ? floats + lanes : floats;
}

/* Bytes of private scratch, as the structs of kernels/lane.cl. */
static int64_t scratch_bytes(const struct plan *plan)
{
    const int32_t *word = plan->word;
    const struct variant *v = &plan->variant;
    const int64_t lanes = word[LANES], strip = lanes * word[QK_VECS];
    const int64_t strips = word[HEAD_TILE] * (word[QUERY_TILE] / strip);
    const int64_t slots = whole(v->v_dim, lanes * (int64_t)word[PV_VECS]);
    const int64_t per_strip = strip * (2 + whole(v->head_dim, lanes) + slots);
    const int64_t scores = strip * (word[KEY_TILE] + orl_max(8, word[QK_KEYS]));
    const bool k_staged = v->k_type != ORIEL_F32;
    const bool v_staged = v->v_type != ORIEL_F32 || v->v_dim < lanes;
    const int64_t tile =
        word[KEY_TILE] * ((k_staged ? staged_pitch(v->head_dim, lanes) : 0) +
                          (v_staged ? staged_pitch(v->v_dim, lanes) : 0));
    return 4 * (strips * per_strip + scores + tile);
}

static const char *objects(const struct plan *plan, const struct problem *p,
                           const struct device *d)
{
    const int32_t *word = plan->word;
    const int32_t lanes = word[LANES], strip = lanes * word[QK_VECS];
    if (lanes != 4 && lanes != 8 && lanes != 16)
        return "x must be 4, 8 or 16";
    if (p->heads / p->kv_heads % word[HEAD_TILE] != 0)
        return "h must divide the query heads of a key head";
    if (word[QUERY_TILE] % strip != 0)
        return "q must be a multiple of x times the second number of qk";
    if (strip % word[PV_ROWS] != 0)
        return "the first number of pv must divide x times the second number "
               "of qk";
    if (word[PV_VECS] > 1 && word[PV_VECS] * lanes > plan->variant.v_dim)
        return "x times the second number of pv must not exceed the values of "
               "a row";
    if (word[QK_KEYS] * word[QK_VECS] > QK_SUMS)
        return "the numbers of qk must not multiply to more than 16";
    if (word[PV_ROWS] * word[PV_VECS] > PV_SUMS)
        return "the numbers of pv must not multiply to more than 32";
    if (word[ONCE] && block_keys(p, word[QUERY_TILE]) > word[KEY_TILE])
        return "once needs a bounded window with left + right + q at most k";
    if (word[LOOK_AHEAD] && !d->prefetch)
        return "ahead needs a compiler that knows __builtin_prefetch";
    if (scratch_bytes(plan) > SCRATCH_BYTES)
        return "a block would need more than 1 MB of private scratch";
    return NULL;
}

/* Largest of 4, 8, 16 that a vector of the device holds. */
static int32_t native_lanes(const struct device *d)
{
    if (d->vector_floats >= 16)
        return 16;
    return d->vector_floats >= 8 ? 8 : 4;
}

/* Programs are compiled for few sizes only, whatever the windows. */
static int32_t round_once(int64_t keys)
{
    return (int32_t)orl_ceil_div(keys, 64) * 64;
}

/* How a candidate differs from its preset. */
struct block {
    int32_t heads, strips, vecs; /* strips of each head, vectors of a strip */
    bool once;
};

/* Whether parts of so many vectors do not fit a row of values, or, of four,
 * cover it with more channels twice than parts half as wide would. */
static bool is_too_wide(int32_t vecs, int32_t lanes, int64_t channels)
{
    const int64_t width = (int64_t)vecs * lanes;
    if (vecs > 1 && width > channels)
        return true;
    return vecs > 2 && whole(channels, width) > whole(channels, width / 2);
}

/* Adds the plan if its words go together. */
static void add(struct plan_list *list, const struct lane_preset *preset,
                struct block b, const struct problem *p, const struct device *d)
{
    if (list->count == ORL_CANDIDATES)
        return;
    const int32_t lanes = preset->lanes, vecs = b.vecs, strip = lanes * vecs;
    const int32_t queries = strip * b.strips;
    const int64_t seen = block_keys(p, queries);
    if (b.once && seen > preset->once_keys)
        return;

    struct plan plan = {.family = &orl_family_lane, .variant = orl_variant(p)};
    plan.word[LANES] = lanes;
    plan.word[HEAD_TILE] = b.heads;
    plan.word[QUERY_TILE] = queries;
    plan.word[KEY_TILE] = b.once ? round_once(seen) : preset->key_tile;
    plan.word[QK_KEYS] = vecs == preset->qk_vecs ? preset->qk_keys
                         : vecs == 2             ? 6
                                                 : 8;
    plan.word[QK_VECS] = vecs;
    plan.word[PV_ROWS] = strip % preset->pv_rows == 0 ? preset->pv_rows : 4;
    plan.word[PV_VECS] = preset->pv_vecs;
    while (is_too_wide(plan.word[PV_VECS], lanes, p->v.channels)) {
        plan.word[PV_VECS] /= 2;
        plan.word[PV_ROWS] *= 2;
    }
    plan.word[ONCE] = b.once;
    plan.word[LOOK_AHEAD] = d->prefetch != 0;
    if (!objects(&plan, p, d))
        list->plan[list->count++] = plan;
}

/* Heads of a group, and strips of each, that share a tile of keys: twice as
 * many strips as of one head, as far as they fit the caches of a core. Zen 2,
 * PoCL 3.1, 4:1 heads: f16 takes 2 to 4 % less time ((64,64) to (511,0), d 64
 * to 256), 8:1 3 %; f32 0 to 2 %. */
static struct block packed(const struct problem *p,
                           const struct lane_preset *preset, int32_t strips,
                           int32_t vecs, bool once)
{
    const int32_t queries = preset->lanes * vecs;
    const int64_t bytes =
        4 * queries * ((int64_t)p->q.channels + p->v.channels);
    const int32_t most = (int32_t)orl_clamp((512 << 10) / bytes, 1, 2 * strips);
    const int32_t group = (int32_t)(p->heads / p->kv_heads);
    int32_t heads = (int32_t)orl_min(group, 8);
    while (group % heads != 0)
        heads--;
    return (struct block) {heads, (int32_t)orl_max(most / heads, 1), vecs,
                           once};
}

static void candidates(const struct problem *p, const struct device *d,
                       struct plan_list *list)
{
    const int32_t widest = native_lanes(d);
    /* Converted values take room beside the keys. */
    const int64_t values = is_staged(p) ? p->v.channels : 0;
    const int64_t channels = orl_max(p->q.channels, values);
    for (int32_t lanes = widest; lanes >= 4 && 2 * lanes >= widest;
         lanes /= 2) {
        const struct lane_preset *preset =
            orl_lane_preset(lanes, is_staged(p), (int32_t)channels);
        for (int once = 1; once >= 0; once--) {
            const int32_t vecs = once ? preset->once_vecs : preset->qk_vecs;
            const int32_t strips =
                (sees_far(p) ? preset->far : preset->strips) * preset->qk_vecs /
                vecs;
            add(list, preset, (struct block) {1, strips, vecs, once}, p, d);
            const struct block heads = packed(p, preset, strips, vecs, once);
            if (lanes == widest && heads.heads > 1)
                add(list, preset, heads, p, d);
            if (strips > 1)
                add(list, preset, (struct block) {1, 1, vecs, once}, p, d);
            /* For few queries, which leave less of it empty: b256 q64 w64,64 of
             * d 64 takes 5 % less time, of d 128 8 %, q32 12 % (Zen 2). */
            if (lanes == widest && vecs > 2)
                add(list, preset,
                    (struct block) {1, is_staged(p) ? 4 : 1, 2, once}, p, d);
            if (vecs > 1)
                add(list, preset, (struct block) {1, 1, 1, once}, p, d);
        }
    }
}

/* Share of its peak that a loop over rows x vecs sums reaches at best: it loads
 * rows broadcasts and vecs vectors beside as many multiply-adds, and each sum
 * waits 4 or 5 steps of 2 for the one before it. With vectors of 16 broadcasts
 * are operands of multiply-adds, and sums wait 4 steps of at most 2. */
static double loop_share(int32_t lanes, double rows, double vecs)
{
    const double sums = rows * vecs;
    if (lanes == 16)
        return sums / fmax(sums, 8.0);
    return sums / fmax(fmax(sums, rows + vecs), 10.0);
}

/* Rows of the first block that come before the first query, as positions tell
 * without key limits. */
static int64_t rows_before(const struct problem *p, int64_t rows)
{
    const int64_t end =
        p->align == ORIEL_ALIGN_END ? p->key_origin + p->keys - p->queries : 0;
    const int64_t rest = (p->query_origin + end) % rows;
    return rest < 0 ? rest + rows : rest;
}

/* Rows [before, before + queries) of a head in whole pieces of so many rows. */
static double pieces(const struct problem *p, int64_t before, int64_t rows)
{
    const int64_t end = orl_ceil_div(before + p->queries, rows);
    return (double)((end - before / rows) * rows);
}

/* Rows of a head whose vectors are scored one by one, in strips that begin
 * before the queries or end behind them. Each costs twice as much there (Zen 2:
 * q64 and q49, d 64, by strips of 16 and 24). */
static double rows_alone(const struct plan *plan, const struct problem *p,
                         int64_t before)
{
    const int64_t lanes = plan->word[LANES], vecs = plan->word[QK_VECS];
    const int64_t first = before / lanes;
    const int64_t end = orl_ceil_div(before + p->queries, lanes);
    const int64_t whole = end / vecs - orl_ceil_div(first, vecs);
    return (double)((end - first - orl_max(whole, 0) * vecs) * lanes);
}

/* What a head takes, in multiplications and additions of one lane, fitted to
 * Zen 2 with PoCL 3.1 (d 3 to 512, windows of 16 to 1024): measured over
 * predicted time then differs by 10 to 40 % between the plans of a problem of
 * many queries. */
static double head_flops(const struct plan *plan, const struct problem *p,
                         double seen, double block_seen)
{
    const int32_t *word = plan->word;
    const int64_t before = rows_before(p, word[QUERY_TILE]);
    const double dim = p->q.channels, v_dim = p->v.channels;
    const double rows = pieces(p, before, word[LANES]);
    const double scored = fmin(seen + word[LANES] - 1.0, (double)p->keys);
    const double qk = 2.16 * dim * scored /
                      loop_share(word[LANES], word[QK_KEYS], word[QK_VECS]);
    const double pv = 2.16 * v_dim * seen /
                      loop_share(word[LANES], word[PV_ROWS], word[PV_VECS]);
    const double weights = 60.0 * scored;
    const double queries = 60.0 * dim;
    const double tiles = word[ONCE] ? 0.0 : 1.0 + block_seen / word[KEY_TILE];
    return (rows + rows_alone(plan, p, before)) * qk +
           pieces(p, before, word[PV_ROWS]) * pv +
           rows * (weights + queries + 20.0 * v_dim * tiles);
}

static double cost(const struct plan *plan, const struct problem *p,
                   const struct device *d)
{
    const int32_t *word = plan->word;
    const int64_t tile = word[QUERY_TILE];
    const int64_t reach = p->queries + rows_before(p, tile);
    const double heads = (double)p->batch * (double)p->heads;
    const double blocks =
        heads / word[HEAD_TILE] * (double)orl_ceil_div(reach, tile);

    const double seen =
        orl_problem_pairs(p) / (heads * (double)p->queries); /* by a query */
    const double block_seen = fmin(seen + (double)tile - 1.0, (double)p->keys);

    /* A converted number costs 7 (Zen 3), once for all strips of a block. */
    const double numbers =
        (p->k.type != ORIEL_F32 ? (double)p->k.channels : 0.0) +
        (p->v.type != ORIEL_F32 ? (double)p->v.channels : 0.0);
    /* Read from outer caches by each block: 4 to 5 % of a block of 24 rows that
     * see 4096 keys, d 64 and 128; about 1 % where few keys are seen (Zen 2).
     */
    const double fetched =
        (sees_far(p) ? 2.0 : 0.5) * (double)(p->k.channels + p->v.channels);
    const double flops = heads * head_flops(plan, p, seen, block_seen) +
                         blocks * block_seen * (numbers * 7.0 + fetched);

    const double peak =
        orl_cost_peak_flops(d) * word[LANES] / (double)native_lanes(d);
    const double compute = flops / peak * orl_cost_idle(blocks, d);
    const double memory = orl_cost_bytes(p) / orl_cost_bandwidth(d);
    return orl_cost_launched(orl_cost_overlapped(compute, memory), 1.0, blocks,
                             d);
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

/* Blocks begin at absolute positions, which key limits may move: the first one
 * may hold a single row of this call. */
static void launches(const struct plan *plan, const struct extent *e,
                     struct launch_list *list)
{
    const int64_t rows = plan->word[QUERY_TILE];
    list->count = 1;
    list->launch[0] = (struct launch) {
        .groups = {orl_ceil_div(e->queries + rows - 1, rows),
                   e->heads / plan->word[HEAD_TILE], e->batch},
        .local = {1, 1, 1},
        .passes = 1,
    };
}

const struct family orl_family_lane = {
    .name = "lane",
    .words = words,
    .kernels = kernels,
    .rejects = rejects,
    .candidates = candidates,
    .objects = objects,
    .cost = cost,
    .unfit = unfit,
    .workspace = orl_family_no_workspace,
    .launches = launches,
};
