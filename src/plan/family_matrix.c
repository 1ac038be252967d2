/* family_matrix.c: the matrix unit of a GPU, kernels/matrix.cl; or, where a
 * plan says portable, what it does in plain OpenCL C on any device. */
#include "plan/family_list.h"

#include "base/arith.h"
#include "model/elem.h"
#include "plan/cost.h"
#include "plan/matrix_shape.h"
#include "plan/occupancy.h"

#include <math.h>

enum {
    PORTABLE,
    ENGINE,
    QUERY_TILE,
    KEY_TILE,
    ROW_TILES,
    GROUP_PACK,
    ALIGNED,
    TURNS
};

static const struct word words[] = {
    [PORTABLE] = {"portable", "PORTABLE", WORD_FLAG, 0, 1},
    [ENGINE] = {ORL_ENGINE_NAMES, "ENGINE", WORD_NAME, 1, ORL_ENGINES - 1},
    [QUERY_TILE] = {"q", "QUERY_TILE", WORD_NUMBER, 8, 512},
    [KEY_TILE] = {"k", "KEY_TILE", WORD_NUMBER, 16, 128},
    [ROW_TILES] = {"rows", "ROW_TILES", WORD_NUMBER, 1, 4},
    [GROUP_PACK] = {"pack", "GROUP_PACK", WORD_NUMBER, 1, 64},
    [ALIGNED] = {"aligned", "ALIGNED", WORD_FLAG, 0, 1},
    [TURNS] = {"turns", "TURNS", WORD_FLAG, 0, 1},
    {0},
};

static const char *const kernels[] = {"attend_matrix", NULL};

/* Channels whose queries and sums the registers of no device hold. */
enum { MOST_DIM = 256 };

/* Most registers of a work-item for queries, scores and sums. */
enum { REGISTERS = 384 };

static struct matrix_shape shape_of(const struct plan *plan)
{
    const int32_t *word = plan->word;
    return (struct matrix_shape) {
        .engine = word[ENGINE],
        .single = plan->variant.k_type == ORIEL_F32,
        .query_tile = word[QUERY_TILE],
        .key_tile = word[KEY_TILE],
        .row_tiles = word[ROW_TILES],
        .turns = word[TURNS],
    };
}

/* Whether rows begin at multiples of 16 bytes, in any buffer. */
static bool is_aligned(const struct tensor *t, uint32_t offset_align)
{
    const int64_t unit = 16 / (int64_t)orl_elem_bytes(t->type);
    return t->batch % unit == 0 && t->head % unit == 0 && t->row % unit == 0 &&
           offset_align % 16 == 0;
}

static bool all_aligned(const struct problem *p)
{
    return is_aligned(&p->q, p->offset_align) &&
           is_aligned(&p->k, p->offset_align) &&
           is_aligned(&p->v, p->offset_align);
}

static bool has_room(const struct matrix_shape *m, const struct variant *v,
                     bool portable, bool aligned, const struct device *d)
{
    const int64_t bytes = orl_matrix_local_bytes(m, v->head_dim, v->v_dim,
                                                 v->k_type, portable, aligned);
    return orl_family_has_room(orl_matrix_group(m), bytes, d);
}

static bool multiplies_f32(int64_t engine)
{
    return engine == ENGINE_MFMA || engine == ENGINE_MFMA8;
}

/* Emulated where there is no unit: to test the kernel, never to be fast. */
static const struct matrix_shape portable_shape = {
    .engine = ENGINE_WMMA12, .query_tile = 16, .key_tile = 16, .row_tiles = 1};

static bool needs_bf16(const struct variant *v)
{
    return v->k_type == ORIEL_BF16 || v->v_type == ORIEL_BF16;
}

static const char *rejects(const struct problem *p, const struct device *d)
{
    const struct variant v = orl_variant(p);
    const char *barrier = orl_family_barrier(&orl_family_matrix, d);
    if (barrier)
        return barrier;
    if (d->loop_limit > 0)
        return "the device ends work-items after a number of loop iterations";
    if (orl_family_strided(p))
        return "a stride along dim is not 1";
    if (p->q.row > INT32_MAX || p->k.row > INT32_MAX || p->v.row > INT32_MAX)
        return "rows of q, k or v lie 2^31 elements or more apart";
    if (v.q_type != v.k_type)
        return "q and k are not stored alike";
    if ((v.k_type == ORIEL_F32) != (v.v_type == ORIEL_F32))
        return "only one of k and v is f32";
    if (v.k_type == ORIEL_F32 && !multiplies_f32(d->matrix))
        return d->matrix ? "the matrix unit of the device does not multiply f32"
                         : "the device has no matrix unit that multiplies f32";
    if (needs_bf16(&v) && d->matrix == ENGINE_MMA8)
        return "the matrix unit of the device does not multiply bf16";
    if (orl_max(v.head_dim, v.v_dim) > MOST_DIM)
        return "rows have more than 256 channels";
    if (!has_room(&portable_shape, &v, true, false, d))
        return "no tile fits the local memory, registers and groups of the "
               "device";
    return NULL;
}

static const char *objects(const struct plan *plan, const struct problem *p,
                           const struct device *d)
{
    const int32_t *word = plan->word;
    const struct variant *v = &plan->variant;
    const struct matrix_shape m = shape_of(plan);
    if (!word[PORTABLE] && word[ENGINE] != d->matrix)
        return "the device does not have this matrix unit; portable emulates "
               "it";
    if (v->k_type == ORIEL_F32 && !multiplies_f32(word[ENGINE]))
        return "this matrix unit does not multiply f32";
    if (needs_bf16(v) && word[ENGINE] == ENGINE_MMA8)
        return "this matrix unit does not multiply bf16";
    if (word[QUERY_TILE] % orl_matrix_wave_rows(&m) != 0)
        return "q must be a multiple of rows times the rows that the unit "
               "multiplies: 8 for dpas8 and dpas16, else 16";
    if (word[QUERY_TILE] % word[GROUP_PACK] != 0)
        return "q must be a multiple of pack";
    if (word[KEY_TILE] % 16 != 0)
        return "k must be a multiple of 16";
    if (orl_matrix_registers(&m, v->head_dim, v->v_dim) > REGISTERS)
        return "a work-item would hold more than 384 registers of queries, "
               "scores and sums";
    if (p->heads / p->kv_heads % word[GROUP_PACK] != 0)
        return "pack must divide the number of heads that share keys";
    if (word[ALIGNED] && !all_aligned(p))
        return "aligned needs strides and offsets of q, k and v that are "
               "multiples of 16 bytes";
    if (!has_room(&m, v, word[PORTABLE], word[ALIGNED], d))
        return "the device does not have so much local memory or so many "
               "registers, or does not allow so many work-items in a group";
    return NULL;
}

/* Most heads that may share a block: at least 8 queries of each stay. */
static int32_t most_pack(const struct matrix_shape *m, const struct problem *p)
{
    const int64_t group = p->heads / p->kv_heads;
    for (int32_t pack = m->query_tile / 8; pack > 1; pack--)
        if (group % pack == 0 && m->query_tile % pack == 0)
            return pack;
    return 1;
}

static void add(struct plan_list *list, const struct matrix_shape *m,
                int32_t pack, bool portable, const struct problem *p)
{
    struct plan plan = {.family = &orl_family_matrix,
                        .variant = orl_variant(p)};
    plan.word[PORTABLE] = portable;
    plan.word[ENGINE] = m->engine;
    plan.word[QUERY_TILE] = m->query_tile;
    plan.word[KEY_TILE] = m->key_tile;
    plan.word[ROW_TILES] = m->row_tiles;
    plan.word[GROUP_PACK] = pack;
    plan.word[ALIGNED] = !portable && all_aligned(p);
    plan.word[TURNS] = m->turns;
    if (list->count < ORL_CANDIDATES)
        list->plan[list->count++] = plan;
}

static void candidates(const struct problem *p, const struct device *d,
                       struct plan_list *list)
{
    const struct variant v = orl_variant(p);
    const int32_t dim = (int32_t)orl_max(v.head_dim, v.v_dim);
    int count = 0;
    const struct matrix_shape *m =
        orl_matrix_shapes(d->matrix, v.k_type == ORIEL_F32, dim, &count);
    for (int n = 0; n < count; n++) {
        if (!has_room(&m[n], &v, false, all_aligned(p), d))
            continue;
        const int32_t pack = most_pack(&m[n], p);
        if (pack > 1)
            add(list, &m[n], pack, false, p);
        add(list, &m[n], 1, false, p);
    }
    if (d->matrix == 0)
        add(list, &portable_shape, 1, true, p);
}

/* How many times as many operations a unit does as the lanes beside it, as
 * makers state them for a whole device: 2 (RTX 4090) to 16 (A100), T4 8; RX
 * 7900 XTX 4, RX 9070 XT 8; MI100, MI250X 8, of f32 2; Max 1100 16, Arc A770 8.
 */
static double unit_times(const struct matrix_shape *m)
{
    static const double times[ORL_ENGINES] = {
        [ENGINE_MMA] = 4.0,     [ENGINE_MMA8] = 8.0,  [ENGINE_WMMA11] = 4.0,
        [ENGINE_WMMA12] = 8.0,  [ENGINE_MFMA] = 8.0,  [ENGINE_MFMA8] = 8.0,
        [ENGINE_DPAS16] = 16.0, [ENGINE_DPAS8] = 8.0,
    };
    return m->single ? 2.0 : times[m->engine];
}

/* To wait twice more for a barrier: as in tile_shape.c. */
static const double barriers = 40.0;

/* Instructions of a work-item for one tile of keys: as many as go by while the
 * unit multiplies, and beside them what happens to each sum, and what is
 * brought to local memory, as counted in the machine code for sm_80 and
 * gfx1100. Of 8 for each score half go by unseen: so, and with 4 times the
 * lanes, costs of mma are within 11 % (root mean square) of 100 timings (NVIDIA
 * H200, driver 580.159.04). */
static double tile_instructions(const struct plan *plan)
{
    const struct matrix_shape m = shape_of(plan);
    const struct variant *v = &plan->variant;
    const double rows = m.query_tile, keys = m.key_tile;
    const double depth = (double)v->head_dim + (double)v->v_dim;
    const double products = rows * keys * depth / unit_times(&m);
    const double vector =
        rows * keys * 4.0 + rows * v->v_dim * 2.0 + keys * depth * 1.5;
    return (products + vector) / orl_matrix_group(&m) +
           (m.turns ? barriers : 0.0);
}

/* What a group does before its first tile and after the last, where memory
 * answers nobody else: of d 64 3 tiles take 1.7 times as long each as 16, of d
 * 128 17 take 1.2 times as long as 97 (NVIDIA H200, driver 580.159.04). */
static double open_instructions(const struct plan *plan)
{
    const struct matrix_shape m = shape_of(plan);
    const struct variant *v = &plan->variant;
    const double depth = (double)v->head_dim + (double)v->v_dim;
    return 2000.0 + 34.0 * m.query_tile * depth / orl_matrix_group(&m);
}

/* Registers beside queries, scores and sums: within 30 of what docs/isa.md has
 * for gfx90a and gfx1100; of mma, 50 to 70 fewer. */
enum { BESIDE = 70 };

static double gpu_seconds(const struct plan *plan, double tiles, double groups,
                          const struct device *d)
{
    const struct matrix_shape m = shape_of(plan);
    const struct variant *v = &plan->variant;
    const struct group_needs needs = {
        .items = orl_matrix_group(&m),
        .registers = BESIDE + orl_matrix_registers(&m, v->head_dim, v->v_dim),
        .local_bytes = orl_matrix_local_bytes(
            &m, v->head_dim, v->v_dim, v->k_type, false, plan->word[ALIGNED]),
    };
    const struct item_work work = {.instructions =
                                       open_instructions(plan) +
                                       tiles * tile_instructions(plan)};
    return orl_core_clocks(&needs, &work, groups, d) / orl_cost_clock(d);
}

/* A portable plan costs so many times what `row` costs, which is always there:
 * never chosen. PoCL 3.1, Zen 2, "h8/2 q777 d64 w100,28 f16": 12 to 20 times.
 */
static const double portable_times = 20.0;

static double portable_cost(const struct problem *p, const struct device *d)
{
    struct plan_list row = {0};
    orl_family_row.candidates(p, d, &row);
    double most = 0.0;
    for (int n = 0; n < row.count; n++)
        most = fmax(most, orl_family_row.cost(&row.plan[n], p, d));
    return portable_times * most;
}

static double cost(const struct plan *plan, const struct problem *p,
                   const struct device *d)
{
    if (plan->word[PORTABLE])
        return portable_cost(p, d);
    const struct window w = orl_problem_window(p);
    const int32_t pack = plan->word[GROUP_PACK];
    const int64_t rows = plan->word[QUERY_TILE] / pack;
    const int64_t blocks = orl_window_blocks(&w, rows);
    const double groups =
        (double)blocks * (double)(p->heads / pack) * (double)p->batch;
    const double mean = orl_family_mean_tiles(&w, rows, plan->word[KEY_TILE]);
    const double tiles = groups * mean;
    const double compute = gpu_seconds(plan, mean, groups, d);

    /* Every tile of keys comes from a cache, 4 times as fast as memory. */
    const double row_bytes =
        (double)p->k.channels * (double)orl_elem_bytes(p->k.type) +
        (double)p->v.channels * (double)orl_elem_bytes(p->v.type);
    const double memory = fmax(orl_cost_bytes(p),
                               tiles * plan->word[KEY_TILE] * row_bytes / 4.0) /
                          orl_cost_bandwidth(d);
    return orl_cost_launched(fmax(compute, memory), 1.0, groups, d);
}

/* An emulation keeps its unit in memory. */
static const char *unfit(const struct plan *plan, const struct built *built,
                         const struct device *d)
{
    const struct matrix_shape m = shape_of(plan);
    struct built b = *built;
    if (plan->word[PORTABLE])
        b.spill_bytes = b.private_bytes = 0;
    return orl_family_unfit(&b, orl_matrix_group(&m), d);
}

static void launches(const struct plan *plan, const struct extent *e,
                     struct launch_list *list)
{
    const struct matrix_shape m = shape_of(plan);
    orl_family_blocks(list, e, m.query_tile, plan->word[GROUP_PACK],
                      orl_matrix_group(&m));
}

const struct family orl_family_matrix = {
    .name = "matrix",
    .rounds_weights = true,
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
