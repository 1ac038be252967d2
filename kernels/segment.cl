/* segment.cl: banded attention for few queries over many keys, one work-group
 * per segment of SEGMENT keys.
 *
 * A group has ROWS rows: QUERY_TILE queries of HEAD_TILE heads that share a key
 * head, so that keys and values are read once for all of them. It
 *
 *     score_keys    stages KEY_TILE keys by CHANNEL_CHUNK channels in local
 *                   memory; a work-item owns a key, and SHARES of them share
 *                   its rows
 *     weigh_keys    ROW_ITEMS work-items to a row: its peak, 2^(score - peak),
 *                   their sum
 *     add_values    a work-item owns 4 channels of every row and one key of
 *                   KEY_STEP, read straight from global memory
 *     keep_segment  adds those up and leaves them in workspace
 *
 * and attend_merge adds up the segments of each row in their order. Neighbours
 * read neighbouring channels, of keys and of values. Only segments of the live
 * window are launched.
 *
 * Segments lie on a grid that follows from a query's position (lib/merge.clh),
 * and each of them starts from nothing. What a row does not see is never added:
 * so its bits do not depend on what is computed with it.
 *
 * ALIGNED: every row of q, k and v begins at a multiple of LANES elements, also
 * of LANES * sizeof(element) bytes. For GPUs. Local memory, in bytes, up to a
 * multiple of 16:
 *
 *     4 * (QUERY_ROWS * QUERY_ROW + WHOLE_ROWS * SEGMENT + 2 * ROWS)
 *   + 4 * max(KEY_TILE * (CHANNEL_CHUNK + 4), 4 * GROUP * KEEP_ROWS)
 *
 * with WHOLE_ROWS = ROWS up to a multiple of 4 * SHARES, QUERY_ROWS the same,
 * or ROWS where SHARES is 1, QUERY_ROW = HEAD_DIM up to a multiple of
 * CHANNEL_CHUNK, and KEEP_ROWS = min(ROWS, max(256 / GROUP, 1)). */
#if !defined(HEAD_DIM) || !defined(V_DIM) || !defined(SOFTCAP)
#    error "the plan must define HEAD_DIM, V_DIM and SOFTCAP"
#elif !defined(Q_TYPE) || !defined(K_TYPE) || !defined(V_TYPE)
#    error "the plan must define Q_TYPE, K_TYPE and V_TYPE"
#elif !defined(OUT_TYPE) || !defined(ALIGNED)
#    error "the plan must define OUT_TYPE and ALIGNED"
#elif !defined(HEAD_TILE) || !defined(QUERY_TILE) || !defined(GROUP)
#    error "the plan must define HEAD_TILE, QUERY_TILE and GROUP"
#elif !defined(KEY_TILE) || !defined(CHANNEL_CHUNK) || !defined(SEGMENT)
#    error "the plan must define KEY_TILE, CHANNEL_CHUNK and SEGMENT"
#endif
#define LANES      4 /* channels that move together; 16 bytes as floats */
#define LOOK_AHEAD 0
#define STRIDED    0 /* channels lie side by side */
#include "lib/args.clh"
#include "lib/band.clh"
#include "lib/elem.clh"
#include "lib/exp2.clh"
#include "lib/late.clh"
#include "lib/merge.clh"
#include "lib/score.clh"
#include "lib/segment.clh"
#include "lib/vec.clh"
#include "lib/waves.clh"

/* Rows that are not there repeat the last one: computed, never stored. */
FLAT void stage_queries(int t, local struct shared *s, global const q_elem *q,
                        const struct part *part, const struct call *call)
{
    const float scale = query_scale(call);
    for (int e = t; e < QUERY_ROWS * QUERY_PARTS; e += GROUP) {
        const int row = min(e / QUERY_PARTS, ROWS - 1);
        const int i = row_query(part, row, call);
        global const q_elem *at =
            q + layout_at(call->q, part->entry, part->head + row % HEAD_TILE);
        s->query[e] =
            q_part(at + i * call->q.row, e % QUERY_PARTS * LANES) * scale;
    }
}

/* Channels [c, c + CHANNEL_CHUNK) of the keys j, j + 1, ... Those that no row
 * sees repeat the nearest one that is seen: read, never added. Loads of AHEAD
 * parts come before the first of them is waited for. */
FLAT void stage_keys(int t, local struct shared *s, global const k_elem *k,
                     const struct part *part, int j, int c, long pitch)
{
#pragma unroll
    for (int first = 0; first < KEY_SHARE; first += AHEAD) {
        vf x[AHEAD];
#pragma unroll
        for (int n = 0; n < AHEAD; n++) {
            const int e = t + (first + n) * GROUP;
            const int key =
                clamp(j + e / CHUNK_PARTS, part->any.begin, part->any.end - 1);
            if (first + n < KEY_SHARE)
                x[n] = k_part(k + key * pitch, c + e % CHUNK_PARTS * LANES);
        }
#pragma unroll
        for (int n = 0; n < AHEAD; n++) {
            const int e = t + (first + n) * GROUP, row = e / CHUNK_PARTS;
            if (first + n < KEY_SHARE && row < KEY_TILE)
                s->early.key[row * CHUNK_PITCH + e % CHUNK_PARTS] = x[n];
        }
    }
}

/* Scores of the keys of the segment, tile by tile. */
FLAT void score_keys(int t, local struct shared *s, global const k_elem *k,
                     const struct part *part, const struct call *call)
{
    const int key = t % KEY_TILE, first = t / KEY_TILE * ITEM_PARTS * LANES;
    for (int j = part->any.begin / KEY_TILE * KEY_TILE; j < part->any.end;
         j += KEY_TILE) {
        union {
            vf part[ITEM_PARTS];
            float row[ITEM_PARTS * LANES];
        } sum;
#pragma unroll
        for (int n = 0; n < ITEM_PARTS; n++)
            sum.part[n] = (vf)(0.0f);
#pragma unroll 1
        for (int c = 0; c < QUERY_PARTS; c += CHUNK_PARTS) {
            barrier(CLK_LOCAL_MEM_FENCE); /* queries, or the chunk before */
            stage_keys(late(t), s, k, part, j, c * LANES, call->k.row);
            barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll 4
            for (int p = 0; p < CHUNK_PARTS; p++) {
                const vf x = s->early.key[key * CHUNK_PITCH + p];
#pragma unroll
                for (int r = 0; r < ITEM_ROWS; r++) {
                    const vf y = s->query[(first + r) * QUERY_PARTS + c + p];
                    sum.row[r] = FMA(x.s0, y.s0, sum.row[r]);
                    sum.row[r] = FMA(x.s1, y.s1, sum.row[r]);
                    sum.row[r] = FMA(x.s2, y.s2, sum.row[r]);
                    sum.row[r] = FMA(x.s3, y.s3, sum.row[r]);
                }
            }
        }
#pragma unroll
        for (int n = 0; n < ITEM_PARTS; n++)
            s->late.weight[((j + key) * WHOLE_ROWS + first) / LANES + n] =
                shape_score(sum.part[n], call);
    }
}

/* Scores become weights. Each work-item of a row takes every ROW_ITEMS-th key,
 * counted from the first one of the segment. */
FLAT void weigh_keys(int t, local struct shared *s, const struct part *part,
                     const struct call *call)
{
    const int row = t / ROW_ITEMS, x = t % ROW_ITEMS;
    const int mine = row < ROWS;
    struct span seen = {0, 0};
    if (mine)
        seen = row_sees(part, row, call);
    local float *at = s->late.weight_at + row;
    const int begin = part->any.begin / ROW_ITEMS * ROW_ITEMS + x;
    float peak = -FLT_MAX;        /* finite: peak - peak is not NaN */
    barrier(CLK_LOCAL_MEM_FENCE); /* scores */
    for (int j = begin; mine && j < seen.end; j += ROW_ITEMS)
        if (j >= seen.begin)
            peak = LARGER(at[j * WHOLE_ROWS], peak);
    s->early.row[t] = peak;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int n = 0; mine && n < ROW_ITEMS; n++)
        peak = LARGER(s->early.row[row * ROW_ITEMS + n], peak);
    barrier(CLK_LOCAL_MEM_FENCE);

    float mass = 0.0f;
    for (int j = begin; mine && j < seen.end; j += LANES * ROW_ITEMS) {
        vf w;
#define WEIGHT(n)                                                              \
    (j + n * ROW_ITEMS >= seen.begin && j + n * ROW_ITEMS < seen.end           \
         ? at[(j + n * ROW_ITEMS) * WHOLE_ROWS] - peak                         \
         : -INFINITY)
        w = exp2_neg((vf)(EACH_LANE(WEIGHT)));
#undef WEIGHT
        mass = mass + w.s0 + w.s1 + w.s2 + w.s3;
#define KEEP(n, part)                                                          \
    if (j + n * ROW_ITEMS < seen.end)                                          \
        at[(j + n * ROW_ITEMS) * WHOLE_ROWS] = part;
        KEEP(0, w.s0)
        KEEP(1, w.s1)
        KEEP(2, w.s2)
        KEEP(3, w.s3)
#undef KEEP
    }
    s->early.row[t] = mass;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (mine && x == 0) {
        for (int n = 1; n < ROW_ITEMS; n++)
            mass += s->early.row[t + n];
        s->peak[row] = peak;
        s->mass[row] = mass;
    }
}

/* The keys j, j + KEY_STEP, ... of the segment; cut: each row those it sees. By
 * diagonals, as all of these keys are there: row_sees takes more registers, and
 * 6 or 7 queries of it crash the compiler of Intel's CPU runtime of 2026.
 * Selected: with a branch for each row the one for its GPUs gives up unrolling
 * (ocloc 22.43, pvc, 8 rows), and arrays stay in memory. */
FLAT void add_keys(vf sum[ROWS], local const struct shared *s,
                   global const v_elem *v, const struct part *part, int j,
                   int cut, const struct call *call)
{
    const long pitch = call->v.row;
    const int lo = part->band.lo, hi = part->band.hi;
    for (; j < part->any.end; j += KEY_STEP * AHEAD) {
        vf x[AHEAD];
#pragma unroll
        for (int n = 0; n < AHEAD; n++) {
            const int key = min(j + n * KEY_STEP, part->any.end - 1);
            x[n] = v_part(v + max(key, part->any.begin) * pitch,
                          (int)get_local_id(0) % VALUE_PARTS * LANES);
        }
#pragma unroll
        for (int n = 0; n < AHEAD; n++) {
            const int key = j + n * KEY_STEP;
            if (key >= part->any.begin && key < part->any.end) {
#pragma unroll
                for (int r = 0; r < ROWS; r++) {
                    const float w = s->late.weight_at[key * WHOLE_ROWS + r];
                    const vf more = FMA((vf)(w), x[n], sum[r]);
                    const int from =
                        (int)part->begin + key - part->i - r / HEAD_TILE;
                    const int seen = from >= lo && from <= hi;
                    sum[r] = !cut || seen ? more : sum[r];
                }
            }
        }
    }
}

FLAT void add_values(int t, vf sum[ROWS], local const struct shared *s,
                     global const v_elem *v, const struct part *part,
                     const struct call *call)
{
#pragma unroll
    for (int r = 0; r < ROWS; r++)
        sum[r] = (vf)(0.0f);
    const int step = t / VALUE_PARTS;
    const int j = part->any.begin / KEY_STEP * KEY_STEP + step;
    if (step < KEY_STEP && part->cut)
        add_keys(sum, s, v, part, j, 1, call);
    else if (step < KEY_STEP)
        add_keys(sum, s, v, part, j, 0, call);
}

static inline void store_part(vf x, int c, global float *to)
{
    if (c + LANES <= V_DIM) {
        VSTORE(x, 0, to + c);
    } else {
        to[c] = x.s0;
        if (c + 1 < V_DIM)
            to[c + 1] = x.s1;
        if (c + 2 < V_DIM)
            to[c + 2] = x.s2;
    }
}

/* Adds up what work-items have of the values, KEEP_ROWS rows at a time. A row
 * is found by comparing with a known number: the compiler for Intel's GPUs
 * unrolls this loop 4 times and no more (ocloc 22.43), and kept what it could
 * not number, the sums of 8 rows and of 16, in memory. */
FLAT void keep_segment(int t, local struct shared *s, const vf sum[ROWS],
                       const struct part *part, global float *workspace,
                       const struct call *call)
{
#pragma unroll
    for (int r0 = 0; r0 < ROWS; r0 += KEEP_ROWS) {
        barrier(CLK_LOCAL_MEM_FENCE); /* the rows, or masses, before: read */
#pragma unroll
        for (int r = 0; r < ROWS; r++)
            if (r / KEEP_ROWS * KEEP_ROWS == r0)
                s->early.sum[r % KEEP_ROWS * GROUP + t] = sum[r];
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int e = t; e < KEEP_ROWS * VALUE_PARTS; e += GROUP) {
            const int n = e / VALUE_PARTS, c = e % VALUE_PARTS, row = r0 + n;
            const int i = part->i + row / HEAD_TILE;
            if (row < ROWS && i < call->queries) {
                global float *kept = part_at(workspace, part->entry,
                                             part->head + row % HEAD_TILE, i,
                                             part->segment, call);
                vf all = s->early.sum[n * GROUP + c];
                for (int step = 1; step < KEY_STEP; step++)
                    all += s->early.sum[n * GROUP + step * VALUE_PARTS + c];
                store_part(all, c * LANES, kept + 2);
                if (c == 0) {
                    kept[0] = s->peak[row];
                    kept[1] = s->mass[row];
                }
            }
        }
    }
}

/* Where sub-groups are of 16 work-items or more (Intel's Ponte Vecchio) its
 * compiler takes 32, and keeps arrays in memory for want of registers. */
#ifdef LEAST_SUB_GROUP
#    define SUB_GROUP                                                          \
        __attribute__((intel_reqd_sub_group_size(LEAST_SUB_GROUP)))
#else
#    define SUB_GROUP
#endif

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
TWO_WAVES SUB_GROUP void
attend_segment(global const q_elem *restrict q, global const k_elem *restrict k,
               global const v_elem *restrict v, global out_elem *restrict out,
               global float *restrict lse, global const int *restrict key_begin,
               global const int *restrict key_end,
               global float *restrict workspace, const struct call call)
{
    (void)out, (void)lse;
    local struct shared s;
    const int t = (int)get_local_id(0);
    const struct part part = part_of(&call, key_begin, key_end);
    if (part.i >= call.queries) /* as when a plan is warmed up */
        return;
    const int key_head = part.head / call.group;
    k += layout_at(call.k, part.entry, key_head) + part.begin * call.k.row;
    v += layout_at(call.v, part.entry, key_head) + part.begin * call.v.row;
    vf sum[ROWS];
    stage_queries(t, &s, q, &part, &call);
    score_keys(t, &s, k, &part, &call);
    weigh_keys(t, &s, &part, &call);
    add_values(t, sum, &s, v, &part, &call);
    keep_segment(t, &s, sum, &part, workspace, &call);
}

/* One group merges the segments of one row; a work-item owns LANES channels. */
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
attend_merge(global const q_elem *restrict q, global const k_elem *restrict k,
             global const v_elem *restrict v, global out_elem *restrict out,
             global float *restrict lse, global const int *restrict key_begin,
             global const int *restrict key_end,
             global float *restrict workspace, const struct call call)
{
    (void)q, (void)k, (void)v, (void)key_begin, (void)key_end;
    const int entry = (int)get_group_id(2) + call.entry;
    const int head = (int)get_group_id(1) + call.head;
    const int i = (int)get_group_id(0) + call.block;
    const int t = (int)get_local_id(0), c = part_begin(t, LANES, V_DIM);
    const int fresh = t * LANES - c; /* lanes before are of the part before */
    if (i >= call.queries || t >= VALUE_PARTS)
        return;

    float mass = 0.0f, peak = -FLT_MAX;
    vf sum = (vf)(0.0f);
    for (int n = 0; n < call.segments; n++) {
        global const float *kept = part_at(workspace, entry, head, i, n, &call);
        if (kept[1] != 0.0f) {
            const struct scales f = merge_mass(&peak, &mass, kept[0], kept[1]);
            sum = merge(sum, kept_load(kept + 2, c, 1), f);
        }
    }
    out += layout_at(call.out, entry, head) + i * call.out.row;
    sum *= inverse(mass);
    if (fresh == 0)
        store_row(sum, out + c, 1);
    if (fresh > 0 && fresh <= 1)
        store_one(sum.s1, out + c + 1);
    if (fresh > 0 && fresh <= 2)
        store_one(sum.s2, out + c + 2);
    if (fresh > 0)
        store_one(sum.s3, out + c + 3);
    if (lse && t == 0)
        lse[layout_at(call.lse, entry, head) + i] = lse_of(peak, mass);
}
