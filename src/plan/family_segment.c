/* family_segment.c: few queries over many keys where a group of work-items
 * shares each segment of them, kernels/segment.cl. For GPUs; it runs wherever
 * its local memory fits. */
#include "plan/family_list.h"

#include "base/arith.h"
#include "model/elem.h"
#include "plan/cost.h"
#include "plan/occupancy.h"
#include "plan/segment_shape.h"

#include <math.h>

enum {
    HEAD_TILE,
    QUERY_TILE,
    GROUP,
    KEY_TILE,
    CHANNEL_CHUNK,
    SEGMENT,
    ALIGNED
};

static const struct word words[] = {
    [HEAD_TILE] = {"h", "HEAD_TILE", WORD_NUMBER, 1, 16},
    [QUERY_TILE] = {"q", "QUERY_TILE", WORD_NUMBER, 1, 16},
    [GROUP] = {"g", "GROUP", WORD_NUMBER, 8, 1024},
    [KEY_TILE] = {"k", "KEY_TILE", WORD_NUMBER, 8, 512},
    [CHANNEL_CHUNK] = {"chunk", "CHANNEL_CHUNK", WORD_NUMBER, 8, 512},
    [SEGMENT] = {"s", "SEGMENT", WORD_NUMBER, 8, 4096},
    [ALIGNED] = {"aligned", "ALIGNED", WORD_FLAG, 0, 1},
    {0},
};

static const char *const kernels[] = {"attend_segment", "attend_merge", NULL};

enum { PART = ORL_SEGMENT_PART };

/* Most rows of a group: a work-item holds PART sums of each, and more than 64
 * would spill. Most queries: keys are read again for every tile of them. */
enum { ROWS = 16, QUERIES = 64 };

/* Most rows on what is no GPU. The compiler of Intel's CPU runtime 2026 ends
 * with SIGSEGV on 6 and 7 (d 16, f32); 1 to 5 it builds. */
enum { CPU_ROWS = 4 };

/* Work-items of a group, or twice as many, and keys of a tile. */
enum { ITEMS = 64, KEYS = 64 };

/* As many waves where they have more work-items: 64, or 32, which Intel's
 * compiler makes of sub-groups where the least ones have 16. Of waves of 32,
 * four: twice as many keys at a time take 1 to 15 % less (NVIDIA H200, driver
 * 580.159.04, four problems of 1 and 4 rows; 16 rows take 45 % more). */
static int64_t group_items(const struct problem *p, int32_t rows,
                           const struct device *d)
{
    const int64_t parts = orl_ceil_div(p->v.channels, PART);
    const bool four = d->kind == DEVICE_GPU && d->wave_items == 32;
    const int64_t items = parts > ITEMS || rows > 4 || four ? 2 * ITEMS : ITEMS;
    const bool wide = d->wave_items == 64 || d->sub_groups == 16;
    return d->kind == DEVICE_GPU && wide ? 2 * items : items;
}

/* Keys of a tile, such that work-items which share one have PART rows each. */
static int64_t group_keys(int64_t items, int32_t rows, const struct device *d)
{
    int64_t keys = KEYS;
    while (d->kind == DEVICE_GPU && 2 * keys <= items &&
           items / (2 * keys) * PART >= rows)
        keys *= 2;
    return keys;
}

/* A work-item holds a part of each row: a device that has few registers for it
 * takes fewer rows. Of 16, Intel's compiler for DG2 keeps 400 bytes in memory.
 */
static int64_t most_rows(const struct device *d)
{
    const int64_t registers = orl_item_registers(d);
    if (d->kind != DEVICE_GPU)
        return CPU_ROWS;
    return registers > 0 && registers <= 128 ? ROWS / 2 : ROWS;
}

static struct segment_shape shape_of(const struct plan *plan)
{
    const int32_t *word = plan->word;
    return (struct segment_shape) {
        .head_dim = plan->variant.head_dim,
        .v_dim = plan->variant.v_dim,
        .rows = word[HEAD_TILE] * word[QUERY_TILE],
        .group = word[GROUP],
        .key_tile = word[KEY_TILE],
        .channel_chunk = word[CHANNEL_CHUNK],
        .segment = word[SEGMENT],
    };
}

static bool has_room(const struct plan *plan, const struct device *d)
{
    const struct segment_shape s = shape_of(plan);
    return orl_family_has_room(s.group, orl_segment_local_bytes(&s), d);
}

/* ---- Candidates --------------------------------------------------------- */

/* Heads and queries that a group takes: as many as share a key, up to most. */
static void choose_rows(int32_t *word, const struct problem *p, int64_t most)
{
    const int64_t group = p->heads / p->kv_heads;
    int64_t heads = orl_min(group, most);
    while (group % heads != 0)
        heads--;
    const int64_t tiles = orl_ceil_div(p->queries, most / heads);
    word[HEAD_TILE] = (int32_t)heads;
    word[QUERY_TILE] = (int32_t)orl_ceil_div(p->queries, tiles);
}

/* A line of 128 bytes of a key at a time, or as much as work-items ask for
 * before they wait: asking twice for a whole line takes up to 30 % longer than
 * once for half of one (NVIDIA H200, driver 580.159.04, f16, d 128). */
static struct plan first_plan(const struct problem *p, const struct device *d)
{
    struct plan plan = {.family = &orl_family_segment,
                        .variant = orl_variant(p)};
    int32_t *word = plan.word;
    choose_rows(word, p, most_rows(d));
    const int32_t rows = word[HEAD_TILE] * word[QUERY_TILE];
    const int64_t items = group_items(p, rows, d);
    word[GROUP] = (int32_t)items;
    word[KEY_TILE] = (int32_t)group_keys(items, rows, d);
    word[CHANNEL_CHUNK] = p->k.type == ORIEL_F32 ? 32 : 64;
    if (p->q.channels <= 32 ||
        (d->kind == DEVICE_GPU && word[KEY_TILE] * 2 > items))
        word[CHANNEL_CHUNK] = 32;
    word[SEGMENT] = word[KEY_TILE];
    /* A CPU reads vectors wherever they lie. */
    word[ALIGNED] = d->kind == DEVICE_GPU && orl_family_aligned(p, PART);
    return plan;
}

/* Smaller and smaller until the device has room for it. */
static bool shrink(struct plan *plan)
{
    int32_t *word = plan->word;
    if (word[CHANNEL_CHUNK] > 16)
        word[CHANNEL_CHUNK] /= 2;
    else if (word[QUERY_TILE] > 1)
        word[QUERY_TILE] = (word[QUERY_TILE] + 1) / 2;
    else
        return false;
    return true;
}

static bool find_plan(struct plan *out, const struct problem *p,
                      const struct device *d)
{
    *out = first_plan(p, d);
    while (!has_room(out, d))
        if (!shrink(out))
            return false;
    return true;
}

static const char *rejects(const struct problem *p, const struct device *d)
{
    const char *barrier = orl_family_barrier(&orl_family_segment, d);
    if (barrier)
        return barrier;
    if (d->loop_limit > 0)
        return "the device ends work-items after a number of loop iterations";
    if (p->queries > QUERIES)
        return "it is for at most 64 queries";
    if (orl_family_strided(p))
        return "a stride along dim is not 1";
    struct plan plan;
    if (!find_plan(&plan, p, d))
        return "no segment fits the local memory, registers and groups of the "
               "device";
    return NULL;
}

/* Longer segments leave fewer sums to add up, shorter ones more groups. Powers
 * of two, so that few programs do for all lengths. */
static void add_segments(struct plan_list *list, struct plan plan, int64_t span,
                         const struct device *d)
{
    enum { MOST = 512 };
    for (bool more = true; more; plan.word[SEGMENT] *= 2) {
        list->plan[list->count++] = plan;
        struct plan next = plan;
        next.word[SEGMENT] *= 2;
        more = plan.word[SEGMENT] < MOST && plan.word[SEGMENT] < span &&
               has_room(&next, d);
    }
}

/* Fewer channels at a time leave room for more groups. */
static void candidates(const struct problem *p, const struct device *d,
                       struct plan_list *list)
{
    const int64_t span = orl_problem_span(p);
    struct plan plan;
    if (!find_plan(&plan, p, d))
        return;
    do {
        add_segments(list, plan, span, d);
        plan.word[CHANNEL_CHUNK] /= 2;
    } while (d->kind == DEVICE_GPU && plan.word[CHANNEL_CHUNK] >= 16);
}

static const char *objects(const struct plan *plan, const struct problem *p,
                           const struct device *d)
{
    const int32_t *word = plan->word;
    const int32_t rows = word[HEAD_TILE] * word[QUERY_TILE];
    if (p->heads / p->kv_heads % word[HEAD_TILE] != 0)
        return "h must divide the query heads of a key head";
    if (rows > ROWS || rows > word[GROUP])
        return "h times q must not exceed 16, nor g";
    if (word[GROUP] % word[KEY_TILE] != 0 ||
        word[SEGMENT] % word[KEY_TILE] != 0)
        return "g and s must be multiples of k";
    if (word[CHANNEL_CHUNK] % 8 != 0)
        return "chunk must be a multiple of 8";
    if (word[KEY_TILE] * word[CHANNEL_CHUNK] > 64 * word[GROUP])
        return "k times chunk must not exceed 64 times g";
    if (orl_ceil_div(plan->variant.v_dim, PART) > word[GROUP])
        return "g must not be less than a quarter of the channels of a value";
    if (word[ALIGNED] && !orl_family_aligned(p, PART))
        return "aligned needs strides of q, k and v that are multiples of 4 "
               "elements, and offsets that are";
    if (!has_room(plan, d))
        return "the device does not have so much local memory or so many "
               "registers, or does not allow so many work-items in a group";
    return NULL;
}

/* ---- Calls -------------------------------------------------------------- */

/* Segments that the keys of a group can touch, wherever they lie. A shorter
 * call never has more, so that the workspace of the largest one serves all. */
static int64_t segment_count(const struct plan *plan, const struct extent *e)
{
    const int64_t keys = orl_min(e->span + plan->word[QUERY_TILE] - 1, e->keys);
    return orl_ceil_div(keys - 1, plan->word[SEGMENT]) + 1;
}

static int64_t workspace(const struct plan *plan, const struct extent *e)
{
    return orl_family_parts(e, segment_count(plan, e), plan->variant.v_dim);
}

static void launches(const struct plan *plan, const struct extent *e,
                     struct launch_list *list)
{
    const int64_t segments = segment_count(plan, e);
    const int64_t tiles = orl_ceil_div(e->queries, plan->word[QUERY_TILE]);
    list->count = 2;
    list->launch[0] = (struct launch) {
        .kernel = 0,
        .groups = {tiles * segments, e->heads / plan->word[HEAD_TILE],
                   e->batch},
        .local = {plan->word[GROUP], 1, 1},
        .passes = 1,
        .segments = segments,
    };
    list->launch[1] = (struct launch) {
        .kernel = 1,
        .groups = {e->queries, e->heads, e->batch},
        .local = {plan->word[GROUP], 1, 1},
        .passes = 1,
        .segments = segments,
    };
}

/* How long memory takes to answer, what a group waits besides, and what a
 * segment adds to the merge of a row, which reads one after the other. With
 * these, costs are within 15 % (root mean square) of 134 timings of 6 problems
 * (NVIDIA H200, driver 580.159.04). */
static const double answer = 0.6e-6, begin = 2e-6, merged = 0.25e-6;

/* Groups of a core hide each other's waits, as far as there is room for several
 * of them; where there are few groups, a segment takes as long as its own
 * steps, one after the other. */
static double gpu_seconds(const struct plan *plan, double groups, double memory,
                          const struct device *d)
{
    const struct segment_shape s = shape_of(plan);
    const struct group_needs needs = {
        .items = s.group,
        .registers = orl_segment_registers(&s),
        .local_bytes = orl_segment_local_bytes(&s),
    };
    const struct item_work work = orl_segment_work(&s);
    const double clock = orl_cost_clock(d);
    const double rounds =
        ceil(ceil(groups / orl_cores(d)) / orl_core_groups(&needs, d));
    const double alone = orl_core_clocks(&needs, &work, 1.0, d) / clock;
    const double waited = memory * orl_core_wait(&needs, d);
    const double steps =
        rounds * (begin + orl_segment_waits(&s) * answer + alone);
    const double all =
        fmax(steps, orl_core_clocks(&needs, &work, groups, d) / clock);
    return fmax(all, waited) + 0.3 * fmin(all, waited);
}

/* A CPU reaches 0.025 of its peak, as with tile: an instruction is two
 * operations. */
static double cpu_seconds(const struct plan *plan, double groups, double memory,
                          const struct device *d)
{
    const struct segment_shape s = shape_of(plan);
    const double flops =
        2.0 * groups * s.group * orl_segment_work(&s).instructions;
    return fmax(flops / (orl_cost_peak_flops(d) * 0.025) *
                    orl_cost_idle(groups, d),
                memory * orl_cost_idle_readers(groups, d));
}

/* Memory brings 64 bytes at least: of f16, chunks of 16 channels on a GPU take
 * a quarter longer (NVIDIA H200, driver 580.159.04, "b32 h32/8 q1 k4096 d128
 * w4095,0 f16"). */
static double key_bytes(const struct plan *plan, const struct problem *p)
{
    const double size = (double)orl_elem_bytes(p->k.type);
    const double piece = plan->word[CHANNEL_CHUNK] * size;
    return (double)p->k.channels * size * (piece < 64.0 ? 1.5 : 1.0);
}

static double cost(const struct plan *plan, const struct problem *p,
                   const struct device *d)
{
    const int32_t *word = plan->word;
    const struct extent all = {p->batch, p->heads, p->queries, p->keys,
                               orl_problem_span(p)};
    const double tasks = (double)p->batch * (double)p->heads / word[HEAD_TILE] *
                         (double)orl_ceil_div(p->queries, word[QUERY_TILE]);
    const double keys =
        fmin((double)all.span + word[QUERY_TILE] - 1.0, (double)p->keys);
    const double groups = tasks * ceil(keys / word[SEGMENT]);

    /* What several groups read comes from a cache, 4 times as fast, and so do
     * sums, which are written and read again. */
    const double bytes =
        key_bytes(plan, p) +
        (double)p->v.channels * (double)orl_elem_bytes(p->v.type);
    const double visible = (double)p->batch * (double)p->kv_heads * keys;
    const double moved =
        orl_cost_bytes(p) + 0.5 * (double)workspace(plan, &all);
    const double memory =
        fmax(fmax(moved, visible * bytes), tasks * keys * bytes / 4.0) /
        orl_cost_bandwidth(d);
    if (d->kind != DEVICE_GPU)
        return orl_cost_launched(cpu_seconds(plan, groups, memory, d), 2.0,
                                 groups, d);
    const double merge = merged * (double)segment_count(plan, &all);
    return orl_cost_launched(gpu_seconds(plan, groups, memory, d) + merge, 2.0,
                             groups, d);
}

static const char *unfit(const struct plan *plan, const struct built *built,
                         const struct device *d)
{
    return orl_family_unfit(built, plan->word[GROUP], d);
}

const struct family orl_family_segment = {
    .name = "segment",
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
