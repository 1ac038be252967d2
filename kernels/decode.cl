/* decode.cl: banded attention for few queries over many keys.
 *
 * One work-item owns QUERY_TILE queries of HEAD_TILE heads that share a key
 * head, and reads the keys and values they see once for all of them: bytes are
 * the cost, so memory must be kept busy while it computes. Tile by tile of
 * KEY_TILE keys, and ROWS rows (queries of a head) at a time,
 *
 *     multiply_keys  lanes are channels: products with QK_KEYS keys at a time
 *     weigh_keys     lanes are keys, or rows and keys: scores, weights
 *                    2^(score - peak), their sum
 *     add_values     lanes are channels: weight * value
 *
 * so rows of k and v are read as they lie. Where rows are as many as lanes
 * (ROW_LANES), they are the lanes of the first two steps: no sum over lanes is
 * left, k and v are converted once for all of them, and while the keys of a
 * tile are multiplied its values are asked for, while those are added the next
 * keys. For CPUs.
 *
 * Tiles and segments of SEGMENT keys lie on a grid that follows from a query's
 * position (see open_task). The sums of a segment begin with nothing, those of
 * a tile too, and segments are merged in their order. So the bits of a query
 * depend neither on what is computed with it nor on SPLIT: 0, a work-item walks
 * all segments of its rows; 1, it owns one and leaves its sums in workspace,
 * where attend_merge finds them. */
#if !defined(LANES) || !defined(HEAD_DIM) || !defined(V_DIM)
#    error "the plan must define LANES, HEAD_DIM and V_DIM"
#elif !defined(Q_TYPE) || !defined(K_TYPE) || !defined(V_TYPE)
#    error "the plan must define Q_TYPE, K_TYPE and V_TYPE"
#elif !defined(OUT_TYPE) || !defined(SOFTCAP) || !defined(SPLIT)
#    error "the plan must define OUT_TYPE, SOFTCAP and SPLIT"
#elif !defined(HEAD_TILE) || !defined(QUERY_TILE) || !defined(KEY_TILE)
#    error "the plan must define HEAD_TILE, QUERY_TILE and KEY_TILE"
#elif !defined(ROWS) || !defined(SEGMENT) || !defined(QK_KEYS)
#    error "the plan must define ROWS, SEGMENT and QK_KEYS"
#elif !defined(PV_VECS) || !defined(ROW_LANES) || !defined(LOOK_AHEAD)
#    error "the plan must define PV_VECS, ROW_LANES and LOOK_AHEAD"
#endif
#define STRIDED          0 /* channels lie side by side */
#define CONVERTS_BETWEEN 1
#include "lib/absorb.clh"
#include "lib/absorb_rows.clh"
#include "lib/args.clh"
#include "lib/band.clh"
#include "lib/elem.clh"
#include "lib/merge.clh"
#include "lib/task.clh"
#include "lib/vec.clh"

/* Sums over segment number n of the grid. */
static void sum_segment(struct sums part[BLOCKS], const struct task *task,
                        long n, global const k_elem *k, global const v_elem *v,
                        const struct call *call)
{
    const long begin = task->origin + n * SEGMENT;
    for (int b = 0; b < task->blocks; b++)
        open_sums(part + b);
    for (long j = begin; j < begin + SEGMENT; j += KEY_TILE) {
        struct tile t;
        t.any = clip(task->any, j);
        if (t.any.begin >= t.any.end)
            continue;
        t.all.begin = clamp(clip(task->all, j).begin, t.any.begin, t.any.end);
        t.all.end = clamp(clip(task->all, j).end, t.all.begin, t.any.end);
        t.k = k + (j + t.any.begin) * call->k.row;
        t.v = v + (j + t.any.begin) * call->v.row;
        /* after the last tile, the first one of the next key head */
        const int more = j + KEY_TILE < task->any.end;
        const long next = more ? j + KEY_TILE : task->any.begin;
        t.next = k + next * call->k.row + (more ? 0 : call->k.head);
        t.next_keys = (int)min(task->any.end - next, (long)KEY_TILE);
        absorb(part, task, t, j, call);
    }
}

/* What a row has become after some segments. */
struct total {
    vf sum[SLOTS];
    float mass, peak;
};

static void merge_sums(struct total *total, const struct sums *part, int r)
{
    const float mass = row_mass(part, r);
    if (mass == 0.0f)
        return;
    const struct scales f =
        merge_mass(&total->peak, &total->mass, row_peak(part, r), mass);
    for (int n = 0; n < SLOTS; n++)
        total->sum[n] = merge(total->sum[n], part->sum[slot_at(n, r)], f);
}

/* Where a row of the task is. */
struct place {
    int entry, head, i;
};

static inline struct place place_of(struct place first, int row)
{
    first.head += row % HEAD_TILE;
    first.i += row / HEAD_TILE;
    return first;
}

static void close_row(const struct total *total, struct place at,
                      global out_elem *out, global float *lse,
                      const struct call *call)
{
    const float norm = inverse(total->mass);
    out += layout_at(call->out, at.entry, at.head) + at.i * call->out.row;
    for (int n = 0; n < SLOTS; n++)
        store_row(total->sum[n] * norm, out + slot_begin(n), 1);
    if (lse)
        lse[layout_at(call->lse, at.entry, at.head) + at.i] =
            lse_of(total->peak, total->mass);
}

static void keep_row(const struct sums *part, int r, global float *kept)
{
    kept[0] = row_peak(part, r);
    kept[1] = row_mass(part, r);
    for (int n = 0; n < SLOTS; n++)
        VSTORE(part->sum[slot_at(n, r)], 0, kept + 2 + slot_begin(n));
}

/* One segment of the task, for attend_merge. */
static void keep_segment(const struct task *task, int segment,
                         struct place first, global const k_elem *k,
                         global const v_elem *v, global float *workspace,
                         const struct call *call)
{
    struct sums part[BLOCKS];
    const long zero = grid_number(task->origin, task->any.begin);
    sum_segment(part, task, zero + segment, k, v, call);
    for (int n = 0; n < task->rows; n++) {
        const struct place at = place_of(first, n);
        keep_row(part + n / ROWS, n % ROWS,
                 part_at(workspace, at.entry, at.head, at.i, segment, call));
    }
}

/* All segments of the task. */
static void attend_all(const struct task *task, struct place first,
                       global const k_elem *k, global const v_elem *v,
                       global out_elem *out, global float *lse,
                       const struct call *call)
{
    struct total total[BLOCKS * ROWS];
    struct sums part[BLOCKS];
    for (int n = 0; n < task->rows; n++) {
        for (int i = 0; i < SLOTS; i++)
            total[n].sum[i] = (vf)(0.0f);
        total[n].mass = 0.0f;
        total[n].peak = -FLT_MAX;
    }
    long s = grid_number(task->origin, task->any.begin);
    for (; task->origin + s * SEGMENT < task->any.end; s++) {
        sum_segment(part, task, s, k, v, call);
        for (int n = 0; n < task->rows; n++)
            merge_sums(total + n, part + n / ROWS, n % ROWS);
    }
    for (int n = 0; n < task->rows; n++)
        close_row(total + n, place_of(first, n), out, lse, call);
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
attend_decode(global const q_elem *restrict q, global const k_elem *restrict k,
              global const v_elem *restrict v, global out_elem *restrict out,
              global float *restrict lse, global const int *restrict key_begin,
              global const int *restrict key_end,
              global float *restrict workspace, const struct call call)
{
    const int number = (int)get_group_id(0) + call.block;
    const int segments = SPLIT ? max(call.segments, 1) : 1;
    struct place first;
    first.entry = (int)get_group_id(2) + call.entry;
    first.head = ((int)get_group_id(1) + call.head) * HEAD_TILE;
    first.i = number / segments * QUERY_TILE;
    if (first.i >= call.queries) /* as when a plan is warmed up */
        return;

    const int key_head = first.head / call.group;
    q += layout_at(call.q, first.entry, first.head);
    k += layout_at(call.k, first.entry, key_head);
    v += layout_at(call.v, first.entry, key_head);
    struct task task;
    open_task(&task, q, first.i,
              band_of(&call, first.entry, key_begin, key_end), &call);
    if (SPLIT)
        keep_segment(&task, number % segments, first, k, v, workspace, &call);
    else
        attend_all(&task, first, k, v, out, lse, &call);
}

#define TENSOR kept
#define TYPE   F32
#define DIM    V_DIM
#include "lib/load_tmpl.clh"

/* One work-item merges the segments of one row. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
attend_merge(global const q_elem *restrict q, global const k_elem *restrict k,
             global const v_elem *restrict v, global out_elem *restrict out,
             global float *restrict lse, global const int *restrict key_begin,
             global const int *restrict key_end,
             global float *restrict workspace, const struct call call)
{
    (void)q, (void)k, (void)v, (void)key_begin, (void)key_end;
    struct place at;
    at.entry = (int)get_group_id(2) + call.entry;
    at.head = (int)get_group_id(1) + call.head;
    at.i = (int)get_group_id(0) + call.block;
    if (at.i >= call.queries)
        return;

    struct total total;
    total.mass = 0.0f;
    total.peak = -FLT_MAX;
    for (int n = 0; n < SLOTS; n++)
        total.sum[n] = (vf)(0.0f);
    for (int s = 0; s < call.segments; s++) {
        global const float *kept =
            part_at(workspace, at.entry, at.head, at.i, s, &call);
        if (kept[1] == 0.0f)
            continue;
        const struct scales f =
            merge_mass(&total.peak, &total.mass, kept[0], kept[1]);
        for (int n = 0; n < SLOTS; n++)
            total.sum[n] =
                merge(total.sum[n], kept_load(kept + 2, slot_begin(n), 1), f);
    }
    close_row(&total, at, out, lse, &call);
}
