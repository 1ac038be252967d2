/* family_tile.c: a group of work-items shares tiles of keys in local memory,
 * kernels/tile.cl. For GPUs; it runs wherever its local memory fits. */
#include "plan/family_list.h"

#include "base/arith.h"
#include "model/elem.h"
#include "plan/cost.h"
#include "plan/occupancy.h"
#include "plan/tile_shape.h"

#include <math.h>
#include <string.h>

enum {
    QUERY_TILE,
    KEY_TILE,
    ITEM_ROWS,
    ITEM_KEYS,
    CHANNEL_CHUNK,
    KEY_CHUNK,
    SUM_LANES,
    GROUP_PACK,
    ALIGNED,
    PAIRED,
    BROADCAST,
    TEAM
};

static const struct word words[] = {
    [QUERY_TILE] = {"q", "QUERY_TILE", WORD_NUMBER, 1, 512},
    [KEY_TILE] = {"k", "KEY_TILE", WORD_NUMBER, 8, 512},
    [ITEM_ROWS] = {"own", "ITEM_ROWS", WORD_NUMBER, 1, 16},
    [ITEM_KEYS] = {"x", "ITEM_KEYS", WORD_TIMES, 1, 16},
    [CHANNEL_CHUNK] = {"chunk", "CHANNEL_CHUNK", WORD_NUMBER, 8, 512},
    [KEY_CHUNK] = {"x", "KEY_CHUNK", WORD_TIMES, 4, 512},
    [SUM_LANES] = {"sums", "SUM_LANES", WORD_NUMBER, 2, 4},
    [GROUP_PACK] = {"pack", "GROUP_PACK", WORD_NUMBER, 1, 64},
    [ALIGNED] = {"aligned", "ALIGNED", WORD_FLAG, 0, 1},
    [PAIRED] = {"paired", "PAIRED", WORD_FLAG, 0, 1},
    [BROADCAST] = {"broadcast", "BROADCAST", WORD_FLAG, 0, 1},
    [TEAM] = {"team", "TEAM", WORD_MORE, 2, 8},
    {0},
};

static const char *const kernels[] = {"attend_tile", NULL};

/* Channels that the kernel reads together, its LANES. */
enum { PART = 4 };

/* Most scores, whole vectors of a row counted, and sums of values that code is
 * unrolled for: more sums would spill on most GPUs, and PoCL 3.1 crashes while
 * it compiles 128, or on a CPU 16 vectors of scores with a softcap. */
enum { ITEM_SCORES = 64, OTHER_SCORES = 32, ITEM_SUMS = 64 };

static struct tile_preset shape_of(const struct plan *plan)
{
    const int32_t *word = plan->word;
    return (struct tile_preset) {
        .of = word[BROADCAST] ? TILE_LANES8 : TILE_CPU,
        .query_tile = word[QUERY_TILE],
        .key_tile = word[KEY_TILE],
        .item_rows = word[ITEM_ROWS],
        .item_keys = word[ITEM_KEYS],
        .channel_chunk = word[CHANNEL_CHUNK],
        .key_chunk = word[KEY_CHUNK],
        .sum_lanes = word[SUM_LANES],
        .team = word[TEAM],
    };
}

static bool has_room(const struct tile_preset *t, int32_t v_dim,
                     const struct device *d)
{
    return orl_family_has_room(orl_tile_group(t),
                               orl_tile_local_bytes(t, v_dim), d);
}

static enum tile_class class_of(const struct device *d)
{
    if (d->kind != DEVICE_GPU)
        return TILE_CPU;
    const int64_t sub_groups = orl_family_sub_groups(&orl_family_tile, d);
    if (sub_groups & 8)
        return TILE_LANES8;
    if (sub_groups & 16)
        return TILE_LANES16;
    if (strstr(d->name, "gfx90a") || strstr(d->name, "gfx94") ||
        strstr(d->name, "gfx95"))
        return TILE_PAIRED;
    const int64_t registers = orl_item_registers(d);
    if (registers >= 255)
        return TILE_WIDE;
    if (registers >= 128 && d->wave_items == 64)
        return TILE_WAVE64;
    return TILE_MODEST;
}

static int32_t larger_dim(const struct problem *p)
{
    return (int32_t)orl_max(p->q.channels, p->v.channels);
}

/* The tiles of a class that the device has room for; whether there are any. */
static bool find_fitting(const struct tile_preset *fitting[ORL_CANDIDATES],
                         int *count, enum tile_class of,
                         const struct problem *p, const struct device *d)
{
    int most = 0;
    const struct tile_preset *t = orl_tile_presets(of, larger_dim(p), &most);
    for (int n = 0; n < most && *count < ORL_CANDIDATES; n++)
        if (has_room(&t[n], p->v.channels, d))
            fitting[(*count)++] = &t[n];
    return *count > 0;
}

/* One for devices with fewer registers, or less room, than the presets of this
 * dim were made for: the next of a larger dim, which hold less in a work-item.
 */
static void find_smaller(const struct tile_preset *fitting[ORL_CANDIDATES],
                         int *count, const struct problem *p,
                         const struct device *d)
{
    const int32_t v_dim = p->v.channels;
    const double enough =
        *count > 0 ? 0.8 * orl_tile_registers(fitting[*count - 1], v_dim)
                   : INFINITY;
    const struct tile_preset *t = NULL;
    for (int32_t dim = larger_dim(p); dim <= ORL_MAX_DIM; dim = t->dim + 1) {
        int most = 0;
        t = orl_tile_presets(TILE_MODEST, dim, &most);
        if (has_room(t, v_dim, d) && orl_tile_registers(t, v_dim) < enough) {
            fitting[(*count)++] = t;
            return;
        }
    }
}

static int all_fitting(const struct tile_preset *fitting[ORL_CANDIDATES],
                       const struct problem *p, const struct device *d)
{
    const enum tile_class of = class_of(d);
    int count = 0;
    find_fitting(fitting, &count, of, p, d);
    if (of == TILE_WAVE64 && count > 0) /* those were made for as many */
        return count;
    if (of != TILE_MODEST && of != TILE_CPU)
        find_fitting(fitting, &count, TILE_MODEST, p, d);
    if (of != TILE_WIDE && of != TILE_PAIRED && of != TILE_CPU)
        find_smaller(fitting, &count, p, d);
    return count;
}

static const char *rejects(const struct problem *p, const struct device *d)
{
    const char *barrier = orl_family_barrier(&orl_family_tile, d);
    if (barrier)
        return barrier;
    if (d->loop_limit > 0)
        return "the device ends work-items after a number of loop iterations";
    if (orl_family_strided(p))
        return "a stride along dim is not 1";
    if (p->q.row > INT32_MAX || p->k.row > INT32_MAX || p->v.row > INT32_MAX)
        return "rows of q, k or v lie 2^31 elements or more apart";
    const struct tile_preset *fitting[ORL_CANDIDATES];
    if (all_fitting(fitting, p, d) == 0)
        return "no tile fits the local memory, registers and groups of the "
               "device";
    return NULL;
}

/* Rules of the words alone, as kernels/tile.cl has them. */
static const char *breaks(const int32_t *word, const struct device *d)
{
    const int32_t key_items = word[KEY_TILE] / word[ITEM_KEYS];
    if (word[QUERY_TILE] % word[ITEM_ROWS] != 0)
        return "q must be a multiple of the first number of own";
    if (word[QUERY_TILE] % word[GROUP_PACK] != 0)
        return "q must be a multiple of pack";
    if (word[KEY_TILE] % 8 != 0)
        return "k must be a multiple of 8";
    if (word[KEY_TILE] % word[ITEM_KEYS] != 0 || key_items % 4 != 0)
        return "k must be a multiple of 4 times the second number of own";
    if (word[CHANNEL_CHUNK] % 8 != 0)
        return "the first number of chunk must be a multiple of 8";
    if (word[KEY_CHUNK] % 4 != 0 || word[KEY_TILE] % word[KEY_CHUNK] != 0)
        return "the second number of chunk must be a multiple of 4 and divide "
               "k";
    if (word[SUM_LANES] == 3)
        return "sums must be 2 or 4";
    const int64_t vectors = orl_ceil_div(word[ITEM_KEYS], PART);
    const int64_t scores = word[ITEM_ROWS] * PART * vectors;
    if (scores > ITEM_SCORES)
        return "the numbers of own, the second up to a multiple of 4, must not "
               "multiply to more than 64";
    if (scores > OTHER_SCORES && d->kind != DEVICE_GPU)
        return "the numbers of own, the second up to a multiple of 4, must not "
               "multiply to more than 32 but on a GPU";
    if (word[BROADCAST] && word[KEY_CHUNK] != word[KEY_TILE])
        return "with broadcast the second number of chunk must be k";
    if (word[BROADCAST] && word[CHANNEL_CHUNK] % (key_items * word[TEAM]) != 0)
        return "with broadcast the first number of chunk must be a multiple of "
               "k by the second number of own, times team";
    return word[TEAM] > 1 && !word[BROADCAST] ? "team needs broadcast" : NULL;
}

static const char *objects(const struct plan *plan, const struct problem *p,
                           const struct device *d)
{
    const int32_t *word = plan->word;
    const char *broken = breaks(word, d);
    if (broken)
        return broken;
    const struct tile_preset t = shape_of(plan);
    const int32_t v_dim = plan->variant.v_dim;
    if (t.item_rows * orl_tile_sums(&t, v_dim) > ITEM_SUMS)
        return "a work-item would hold more than 64 sums of values";
    if (p->heads / p->kv_heads % word[GROUP_PACK] != 0)
        return "pack must divide the number of heads that share keys";
    if (word[ALIGNED] && !orl_family_aligned(p, PART))
        return "aligned needs strides of q, k and v that are multiples of 4 "
               "elements, and offsets that are";
    const int32_t lanes = word[KEY_TILE] / word[ITEM_KEYS];
    if (word[BROADCAST] &&
        ((lanes != 8 && lanes != 16) ||
         !(orl_family_sub_groups(&orl_family_tile, d) & lanes)))
        return "broadcast needs sub-groups of k by the second number of own "
               "work-items, and the device has none that kernels can ask for";
    if (!has_room(&t, v_dim, d))
        return "the device does not have so much local memory or so many "
               "registers, or does not allow so many work-items in a group";
    return NULL;
}

/* Most heads that may share a block: at least 6 queries of each stay. */
static int32_t most_pack(const struct tile_preset *t, const struct problem *p)
{
    const int64_t group = p->heads / p->kv_heads;
    for (int32_t pack = t->query_tile / 6; pack > 1; pack--)
        if (group % pack == 0 && t->query_tile % pack == 0)
            return pack;
    return 1;
}

static void add(struct plan_list *list, const struct tile_preset *t,
                int32_t pack, const struct problem *p, const struct device *d)
{
    struct plan plan = {.family = &orl_family_tile, .variant = orl_variant(p)};
    plan.word[QUERY_TILE] = t->query_tile;
    plan.word[KEY_TILE] = t->key_tile;
    plan.word[ITEM_ROWS] = t->item_rows;
    plan.word[ITEM_KEYS] = t->item_keys;
    plan.word[CHANNEL_CHUNK] = t->channel_chunk;
    plan.word[KEY_CHUNK] = t->key_chunk;
    plan.word[SUM_LANES] = t->sum_lanes;
    plan.word[GROUP_PACK] = pack;
    /* A CPU reads vectors wherever they lie. */
    plan.word[ALIGNED] = d->kind == DEVICE_GPU && orl_family_aligned(p, PART);
    plan.word[PAIRED] = t->of == TILE_PAIRED;
    plan.word[BROADCAST] = orl_tile_broadcasts(t);
    plan.word[TEAM] = t->team;
    if (list->count < ORL_CANDIDATES)
        list->plan[list->count++] = plan;
}

static void candidates(const struct problem *p, const struct device *d,
                       struct plan_list *list)
{
    const struct tile_preset *fitting[ORL_CANDIDATES];
    const int count = all_fitting(fitting, p, d);
    for (int n = 0; n < count; n++) {
        /* Not on CPUs, which have faster families: a program for each number
         * of heads would only cost the time to compile it. */
        const int32_t pack = most_pack(fitting[n], p);
        if (pack > 1 && fitting[n]->of != TILE_CPU)
            add(list, fitting[n], pack, p, d);
        add(list, fitting[n], 1, p, d);
    }
}

/* Instructions of the plain form on Intel's GPUs, by what was counted for
 * others: multiply-adds are 40 to 75 % of its long loops there, docs/isa.md,
 * where they are 59 to 91 % of those on AMD's. With sub-groups of 16 alone its
 * programs keep 8 to 32 KB of a group in memory there. */
static double plain_times(const struct device *d)
{
    if (d->kind != DEVICE_GPU || d->sub_groups == 0)
        return 1.0;
    return d->sub_groups == 16 ? 4.0 : 1.5;
}

/* Rows of several heads take 5 to 8 % longer (NVIDIA H200, five problems). */
static const double pack_times = 1.06;

/* Instructions for each channel of its rows of q and of the result, which a
 * group reads and writes alone: 3 tiles take 3 to 8 % longer each than 16 or 32
 * (NVIDIA H200, driver 580.159.04, d 64). */
static const double open_instructions = 30.0;

static struct item_work work_of(const struct plan *plan, double tiles,
                                const struct device *d)
{
    const struct tile_preset t = shape_of(plan);
    const struct variant *v = &plan->variant;
    const double times =
        tiles * (plan->word[GROUP_PACK] > 1 ? pack_times : 1.0);
    const double form = plan->word[BROADCAST] ? 1.0 : plain_times(d);
    struct item_work w = orl_tile_work(&t, plan->variant.head_dim,
                                       plan->variant.v_dim, plan->word[PAIRED]);
    w.instructions *= times * form;
    w.instructions += open_instructions * t.query_tile *
                      ((double)v->head_dim + (double)v->v_dim) /
                      orl_tile_group(&t);
    w.local_bytes *= times;
    return w;
}

/* Seconds for groups of so many tiles each. An instruction is two operations
 * where it is a multiply-add, and 16 bytes of local memory take 8. A CPU
 * reaches 0.025 of its peak by this kernel,
 * such that it costs twice what `row` costs (PoCL 3.1, Zen 2: 1.2 to 3
 * times). */
static double cpu_seconds(const struct plan *plan, double tiles, double groups,
                          const struct device *d)
{
    const struct tile_preset t = shape_of(plan);
    const struct item_work w = work_of(plan, tiles, d);
    const double flops = 2.0 * groups * orl_tile_group(&t) *
                         fmax(w.instructions, w.local_bytes / 2.0);
    return flops / (orl_cost_peak_flops(d) * 0.025) * orl_cost_idle(groups, d);
}

static double gpu_seconds(const struct plan *plan, double tiles, double groups,
                          const struct device *d)
{
    const struct tile_preset t = shape_of(plan);
    const int32_t v_dim = plan->variant.v_dim;
    const struct group_needs needs = {
        .items = orl_tile_group(&t),
        .registers = orl_tile_registers(&t, v_dim),
        .local_bytes = orl_tile_local_bytes(&t, v_dim),
        .wave_items = orl_tile_broadcasts(&t) ? t.key_tile / t.item_keys : 0,
    };
    const struct item_work work = work_of(plan, tiles, d);
    return orl_core_clocks(&needs, &work, groups, d) / orl_cost_clock(d);
}

static double cost(const struct plan *plan, const struct problem *p,
                   const struct device *d)
{
    const struct tile_preset t = shape_of(plan);
    const struct window w = orl_problem_window(p);
    const int32_t pack = plan->word[GROUP_PACK];
    const int64_t rows = t.query_tile / pack;
    const int64_t blocks = orl_window_blocks(&w, rows);
    const double groups =
        (double)blocks * (double)(p->heads / pack) * (double)p->batch;
    const double mean = orl_family_mean_tiles(&w, rows, t.key_tile);
    const double tiles = groups * mean;
    const double compute = d->kind == DEVICE_GPU
                               ? gpu_seconds(plan, mean, groups, d)
                               : cpu_seconds(plan, mean, groups, d);

    /* Every tile of keys comes from a cache, 4 times as fast as memory. */
    const double row_bytes =
        (double)p->k.channels * (double)orl_elem_bytes(p->k.type) +
        (double)p->v.channels * (double)orl_elem_bytes(p->v.type);
    const double memory =
        fmax(orl_cost_bytes(p), tiles * t.key_tile * row_bytes / 4.0) /
        orl_cost_bandwidth(d);
    return orl_cost_launched(fmax(compute, memory), 1.0, groups, d);
}

static const char *unfit(const struct plan *plan, const struct built *built,
                         const struct device *d)
{
    const struct tile_preset t = shape_of(plan);
    return orl_family_unfit(built, orl_tile_group(&t), d);
}

static void launches(const struct plan *plan, const struct extent *e,
                     struct launch_list *list)
{
    const struct tile_preset t = shape_of(plan);
    orl_family_blocks(list, e, t.query_tile, plan->word[GROUP_PACK],
                      orl_tile_group(&t));
}

const struct family orl_family_tile = {
    .name = "tile",
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
