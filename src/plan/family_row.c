/* family_row.c: one query per work-item, kernels/row.cl. The simplest thing
 * that is right everywhere: it must fit wherever any family does. */
#include "plan/family_list.h"

#include "base/arith.h"
#include "model/elem.h"
#include "plan/cost.h"
#include "plan/occupancy.h"

#include <math.h>

enum { GROUP, KEY_CHUNK, STRIDED };

static const struct word words[] = {
    [GROUP] = {"g", "GROUP", WORD_NUMBER, 1, 1024},
    [KEY_CHUNK] = {"k", "KEY_CHUNK", WORD_NUMBER, 0, ORL_MAX_LENGTH},
    [STRIDED] = {"strided", "STRIDED", WORD_FLAG, 0, 1},
    {0},
};

static const char *const kernels[] = {"attend_row", NULL};

static const char *rejects(const struct problem *p, const struct device *d)
{
    (void)p;
    return orl_family_barrier(&orl_family_row, d);
}

/* Keys of a block of kernels/row.cl. Passes of whole blocks give the same bits
 * as one pass. */
enum { KEY_BLOCK = 64 };

static int64_t parts(int64_t channels)
{
    return orl_ceil_div(channels, 16);
}

/* Loop iterations of a work-item, nested loops counted together, for each block
 * of keys and besides: as kernels/row.cl says. */
static int64_t block_loops(const struct problem *p)
{
    const int64_t q = parts(p->q.channels), v = parts(p->v.channels);
    return KEY_BLOCK * (1 + q + v) + v + 9;
}

static int64_t other_loops(const struct problem *p)
{
    return parts(p->q.channels) + 18 * parts(p->v.channels);
}

/* Most keys of one pass that keep a work-item below half of the iterations a
 * device allows it, since a compiler may count in its own way; 0: no limit. */
static int64_t chunk_limit(const struct problem *p, const struct device *d)
{
    if (d->loop_limit <= 0)
        return 0;
    const int64_t room = d->loop_limit / 2 - other_loops(p);
    return KEY_BLOCK * orl_max(room / block_loops(p), 1);
}

/* Work-items of a group, best first. The last one is always allowed. */
static const int32_t cpu_groups[] = {16, 64, 1};
static const int32_t gpu_groups[] = {64, 32, 16, 1};

static bool allows_group(const struct device *d, int32_t group)
{
    return (d->group_limit <= 0 || group <= d->group_limit) &&
           (d->axis_limit <= 0 || group <= d->axis_limit);
}

static void candidates(const struct problem *p, const struct device *d,
                       struct plan_list *list)
{
    const bool gpu = d->kind == DEVICE_GPU;
    const int32_t *groups = gpu ? gpu_groups : cpu_groups;
    const int64_t limit = chunk_limit(p, d);
    const int64_t chunk = limit > 0 && orl_problem_span(p) > limit ? limit : 0;

    for (bool last = false; !last; groups++) {
        last = *groups == 1;
        if (!allows_group(d, *groups))
            continue;
        struct plan *plan = &list->plan[list->count++];
        *plan = (struct plan) {.family = &orl_family_row,
                               .variant = orl_variant(p)};
        plan->word[GROUP] = *groups;
        plan->word[KEY_CHUNK] = (int32_t)chunk;
        plan->word[STRIDED] = orl_family_strided(p);
    }
}

static const char *objects(const struct plan *plan, const struct problem *p,
                           const struct device *d)
{
    if (!allows_group(d, plan->word[GROUP]))
        return "the device does not allow so many work-items in a group";
    if (orl_family_strided(p) && !plan->word[STRIDED])
        return "a stride along dim is not 1, which needs the word strided";
    const int64_t limit = chunk_limit(p, d), chunk = plan->word[KEY_CHUNK];
    if (chunk % KEY_BLOCK != 0)
        return "k must be a multiple of 64";
    const int64_t keys = chunk > 0 ? chunk : orl_problem_span(p);
    if (limit > 0 && keys > limit)
        return "a pass over so many keys exceeds the loop iterations that the "
               "device allows a work-item";
    return NULL;
}

static int64_t pass_count(const struct plan *plan, int64_t span)
{
    const int64_t chunk = plan->word[KEY_CHUNK];
    return chunk > 0 ? orl_max(orl_ceil_div(span, chunk), 1) : 1;
}

/* Lanes that work in a group: a device without vectors of its own runs
 * work-items side by side. Mesa's llvmpipe: g1 takes 5 times as long as g16. */
static double lanes_used(const struct plan *plan, const struct problem *p,
                         const struct device *d)
{
    const double group = plan->word[GROUP];
    if (d->vector_floats >= 4)
        return 1.0;
    const double lanes = 8.0;
    const double blocks = ceil((double)p->queries / group);
    return (double)p->queries / (blocks * ceil(group / lanes) * lanes);
}

/* Lines of memory that a work-item has to itself for each number that it reads
 * of a row of k or v: those of a wave read neighbouring rows, number by number,
 * as rows may begin anywhere. */
static double lines(const struct tensor *t, const struct device *d)
{
    const double line =
        d->cache_line_bytes > 0 ? (double)d->cache_line_bytes : 128.0;
    const double pitch = fabs((double)t->row) * (double)orl_elem_bytes(t->type);
    return (double)t->channels * fmin(pitch / line, 1.0);
}

/* A core looks up a line per clock, and a work-item that has one to itself
 * waits 20 clocks for each number: NVIDIA H200, driver 580.159.04, takes 0.27
 * ns for a key of each query at d 32, 0.52 at d 64, 1.06 at d 128 and 2.14 at d
 * 256, and a query alone 3 us for a key at d 128. Registers as docs/isa.md
 * tells of head dims up to 80, those of larger ones beyond 256 in memory. */
static double gpu_seconds(const struct plan *plan, const struct problem *p,
                          double flops, double blocks, const struct device *d)
{
    const double rows =
        (double)p->batch * (double)p->heads * (double)p->queries;
    const double keys = orl_problem_pairs(p) / rows;
    const struct group_needs needs = {
        .items = plan->word[GROUP],
        .registers = fmin(100.0 + 2.0 * (double)p->q.channels, 256.0),
    };
    /* Every work-item of a group takes as long as one that has a query. */
    const struct item_work work = {.instructions = flops / rows / 2.0};
    const double channels = (double)p->q.channels + (double)p->v.channels;
    const double core = ceil(blocks / orl_cores(d)) * rows / blocks;
    /* A key more: the query is read so, and the result written. */
    const double reads =
        (keys + 1.0) *
        fmax(core * (lines(&p->k, d) + lines(&p->v, d)), channels * 20.0);
    return (orl_core_clocks(&needs, &work, blocks, d) + reads) /
           orl_cost_clock(d);
}

/* Zen 2, PoCL 3.1: 20 to 22 % of a core's peak for d 64 to 256. */
static double cost(const struct plan *plan, const struct problem *p,
                   const struct device *d)
{
    const double heads = (double)p->batch * (double)p->heads;
    const double rows = heads * (double)p->queries;
    const double blocks =
        heads * (double)orl_ceil_div(p->queries, plan->word[GROUP]);
    const double channels =
        16.0 * (double)(parts(p->q.channels) + parts(p->v.channels));
    const double flops =
        orl_problem_pairs(p) * (9.4 * channels + 60.0) + rows * 3000.0;

    const double passes = (double)pass_count(plan, orl_problem_span(p));
    const double peak = orl_cost_peak_flops(d) * lanes_used(plan, p, d);
    const double compute = d->kind == DEVICE_GPU
                               ? gpu_seconds(plan, p, flops, blocks, d)
                               : flops / peak * orl_cost_idle(blocks, d);
    const double memory = orl_cost_bytes(p) / orl_cost_bandwidth(d);
    /* The work-items of a GPU hide each other's reads. A CPU waits: 32 heads of
     * 1 query over 4096 keys, d 128, take 1.1 to 1.5 times as long as decode
     * (Zen 2, PoCL 3.1). */
    const double seconds =
        d->kind == DEVICE_GPU ? fmax(compute, memory) : compute + memory;
    return orl_cost_launched(seconds, passes, passes * blocks, d);
}

static const char *unfit(const struct plan *plan, const struct built *built,
                         const struct device *d)
{
    (void)d;
    if (built->group_limit > 0 && plan->word[GROUP] > built->group_limit)
        return "the built kernel allows fewer work-items in a group";
    return NULL;
}

/* What a query carries from one pass to the next: its highest score, its sum
 * of weights, and its sums of values, as floats. */
static int64_t workspace(const struct plan *plan, const struct extent *e)
{
    if (plan->word[KEY_CHUNK] == 0)
        return 0;
    const double rows =
        (double)e->batch * (double)e->heads * (double)e->queries;
    const int64_t row_bytes = 4 * ((int64_t)plan->variant.v_dim + 2);
    if (rows * (double)row_bytes > 0x1p62)
        return INT64_MAX;
    return e->batch * e->heads * e->queries * row_bytes;
}

static void launches(const struct plan *plan, const struct extent *e,
                     struct launch_list *list)
{
    list->count = 1;
    list->launch[0] = (struct launch) {
        .groups = {orl_ceil_div(e->queries, plan->word[GROUP]), e->heads,
                   e->batch},
        .local = {plan->word[GROUP], 1, 1},
        .passes = pass_count(plan, e->span),
    };
}

const struct family orl_family_row = {
    .name = "row",
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
