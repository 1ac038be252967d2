/* matrix.cl: banded attention by the matrix unit of a GPU, one work-group per
 * block of QUERY_TILE rows.
 *
 * A row is a query of one head, as in tile.cl: a block holds GROUP_PACK heads
 * that share a head of keys. It is cut among waves, each of ROW_TILES times the
 * rows that the unit multiplies at once. Tile by tile of KEY_TILE keys, which
 * the group brings to local memory as they are stored,
 *
 *     score_keys   q . k
 *     weigh_keys   the peak of each row, weights 2^(score - peak), their sum
 *     add_values   weight * value
 *
 * Queries, scores, weights and sums stay in the registers of a wave, where the
 * unit puts them (lib/layout.clh): the scores of a product are, rounded to the
 * type of v, the operand of the next one. Sums are floats, and start anew in
 * each tile.
 *
 * Which work-item holds what is a matter of ENGINE; with PORTABLE 1 any device
 * does the same in plain OpenCL C, slowly: a way to test these layouts, not to
 * compute. Local memory, in bytes, PORTABLE's own left out: 64 of MMA for the
 * block where HEAD_DIM + V_DIM > 256, and STAGES times, up to a multiple of 16
 * each,
 *
 *     4 + max(size * KEY_TILE * (K + 16 / size), 4 * (QUERY_TILE + V))
 *   + size * V * (KEY_TILE + 16 / size), or KEY_TILE * (V + 16 / size) for MMA
 *
 * with K, V: HEAD_DIM and V_DIM up to multiples of 16; size: of an element.
 * With TURNS values take the place of the keys of their tile: 4 and the larger
 * of both, not their sum. */
#if !defined(HEAD_DIM) || !defined(V_DIM) || !defined(SOFTCAP)
#    error "the plan must define HEAD_DIM, V_DIM and SOFTCAP"
#elif !defined(Q_TYPE) || !defined(K_TYPE) || !defined(V_TYPE)
#    error "the plan must define Q_TYPE, K_TYPE and V_TYPE"
#elif !defined(OUT_TYPE) || !defined(ENGINE) || !defined(PORTABLE)
#    error "the plan must define OUT_TYPE, ENGINE and PORTABLE"
#elif !defined(QUERY_TILE) || !defined(KEY_TILE) || !defined(GROUP_PACK)
#    error "the plan must define QUERY_TILE, KEY_TILE and GROUP_PACK"
#elif !defined(ROW_TILES) || !defined(ALIGNED) || !defined(TURNS)
#    error "the plan must define ROW_TILES, ALIGNED and TURNS"
#endif
#define LANES      4
#define LOOK_AHEAD 0
#define STRIDED    0 /* channels lie side by side */
#include "lib/args.clh"
#include "lib/block.clh"
#include "lib/bring.clh"
#include "lib/engine.clh"
#include "lib/late.clh"
#include "lib/outlier.clh"
#include "lib/score.clh"
#include "lib/waves.clh"

/* Weights are multiples of 2^LIFT: f16 has few numbers near 0, and gfx90a takes
 * those below 2^-14 for 0. */
#define LIFT (V_TYPE == F16 ? 12.0f : 0.0f)

/* q: of the block's first query that is there, and its first head. */
FLAT void open_item(struct item *me, local struct shared *s,
                    global const q_elem *q, const struct block *b,
                    const struct call *call)
{
    const int t = (int)get_local_id(0);
    const struct wave w = WAVE_OF(t, s);
    me->wave = w;
    me->row = wave_number(t / WAVE * WAVE_ROWS);
#pragma unroll UNROLL
    for (int u = 0; u < ROW_TILES; u++) {
        load_queries(w.lane, me->query[u], q, b, me->row + u * TILE_ROWS, call);
#pragma unroll UNROLL
        for (int r = 0; r < STATS; r++) {
            me->peak[u][r] = -FLT_MAX; /* finite: peak - peak is not NaN */
            me->mass[u][r] = 0.0f;
        }
#pragma unroll UNROLL
        for (int n = 0; n < V_TILES; n++) {
#pragma unroll
            for (int e = 0; e < SUMS; e++)
                me->sum[u][n].at[e] = 0.0f;
        }
    }
    if (t == 0) {
        keep_block(s, b);
#pragma unroll UNROLL
        for (int n = 0; n < STAGES; n++)
            s->tile[n].outliers = 0;
    }
}

FLAT void score_keys(const struct item *me, local const struct tile *tile,
                     union sums score[ROW_TILES][KEY_TILES])
{
#pragma unroll UNROLL
    for (int u = 0; u < ROW_TILES; u++) {
#pragma unroll UNROLL
        for (int n = 0; n < KEY_TILES; n++) {
#pragma unroll
            for (int e = 0; e < SUMS; e++)
                score[u][n].at[e] = 0.0f;
        }
    }
#pragma unroll UNROLL
    for (int n = 0; n < KEY_STEPS; n++) {
#pragma unroll UNROLL
        for (int c = 0; c < HEAD_STEPS; c++) {
            struct key_operand key[STEP_TILES];
            load_keys(me->wave, key, tile, n, c);
#pragma unroll UNROLL
            for (int i = 0; i < STEP_TILES; i++) {
#pragma unroll UNROLL
                for (int u = 0; u < ROW_TILES; u++)
                    multiply_keys(me->wave, &score[u][n * STEP_TILES + i],
                                  &me->query[u][c], &key[i]);
            }
        }
    }
}

/* Scores of keys that a row does not see become -inf. */
FLAT void hide_keys(const struct item *me, local const struct shared *s,
                    const struct block *b, int j,
                    union sums score[ROW_TILES][KEY_TILES])
{
    struct block kept;
    kept_block(&kept, s, b);
    const int lane = me->wave.lane;
    j += sum_column(lane, 0);
#pragma unroll UNROLL
    for (int u = 0; u < ROW_TILES; u++) {
#pragma unroll UNROLL
        for (int n = 0; n < KEY_TILES; n++) {
#pragma unroll
            for (int e = 0; e < SUMS; e++) {
                const int row = me->row + u * TILE_ROWS + sum_row(lane, e);
                const int key = j + n * TILE_WIDTH + sum_column(lane, e) -
                                sum_column(lane, 0);
                if (!row_sees(&kept, row, key))
                    score[u][n].at[e] = -INFINITY;
            }
        }
    }
}

/* Where weights are not rounded, a row that sees one key must get its value as
 * it is: a difference of two equal scores is 0, of a product and itself rounded
 * it is not. */
#if SOFTCAP || V_TYPE == F32
/* Scores as they count, and what is left to multiply them by. */
FLAT void shape_scores(union sums *score, const struct call *call)
{
#    pragma unroll
    for (int p = 0; p < SUMS / LANES; p++)
        score->part[p] = shape_score(score->part[p] * query_scale(call), call);
}
static inline float score_scale(const struct call *call)
{
    (void)call;
    return 1.0f;
}
#else
FLAT void shape_scores(union sums *score, const struct call *call)
{
    (void)score;
    (void)call;
}
static inline float score_scale(const struct call *call)
{
    return query_scale(call);
}
#endif

/* The highest score so far of each row of a tile; fmax drops a score that is
 * NaN; its weight will be NaN all the same. */
FLAT void raise_peaks(struct wave w, float *peak, float scale,
                      const union sums score[KEY_TILES])
{
#pragma unroll UNROLL
    for (int r = 0; r < STATS; r++) {
        float highest = score[0].at[r * STAT_SUMS];
#pragma unroll UNROLL
        for (int n = 0; n < KEY_TILES; n++) {
#pragma unroll
            for (int e = 0; e < STAT_SUMS; e++)
                highest = fmax(highest, score[n].at[r * STAT_SUMS + e]);
        }
        peak[r] = fmax(peak[r], share_max(w, highest) * scale);
    }
}

/* Scores become weights, rounded to operands. shrink: what earlier sums must be
 * multiplied by. */
FLAT void weigh_keys(struct item *me, union sums score[KEY_TILES], int u,
                     struct row_operand weight[KEY_STEPS], float shrink[STATS],
                     const struct call *call)
{
    const float scale = score_scale(call);
    float before[STATS], mass[STATS];
#pragma unroll UNROLL
    for (int r = 0; r < STATS; r++) {
        before[r] = me->peak[u][r];
        mass[r] = 0.0f;
    }
    raise_peaks(me->wave, me->peak[u], scale, score);
#pragma unroll UNROLL
    for (int n = 0; n < KEY_TILES; n++) {
#pragma unroll
        for (int e = 0; e < SUMS; e++)
            score[n].at[e] =
                FMA(score[n].at[e], scale, LIFT - me->peak[u][e / STAT_SUMS]);
#pragma unroll
        for (int p = 0; p < SUMS / LANES; p++)
            score[n].part[p] = exp2_fast(score[n].part[p]);
#pragma unroll
        for (int e = 0; e < SUMS; e++)
            mass[e / STAT_SUMS] += score[n].at[e];
    }
#pragma unroll UNROLL
    for (int r = 0; r < STATS; r++) {
        shrink[r] = exp2_fast((vf)(before[r] - me->peak[u][r])).s0;
        me->mass[u][r] = FMA(me->mass[u][r], shrink[r], mass[r]);
    }
#pragma unroll UNROLL
    for (int c = 0; c < KEY_STEPS; c++)
        gather_weights(me->wave, &weight[c], score + c * STEP_TILES);
}

FLAT void add_values(struct item *me, local const struct tile *tile,
                     const struct row_operand weight[ROW_TILES][KEY_STEPS],
                     const float shrink[ROW_TILES][STATS])
{
#pragma unroll UNROLL
    for (int n = 0; n < V_STEPS; n++) {
        union sums sum[ROW_TILES][STEP_TILES];
#pragma unroll UNROLL
        for (int u = 0; u < ROW_TILES; u++) {
#pragma unroll
            for (int e = 0; e < STEP_TILES * SUMS; e++)
                sum[u][e / SUMS].at[e % SUMS] = 0.0f;
        }
#pragma unroll UNROLL
        for (int c = 0; c < KEY_STEPS; c++) {
            struct key_operand value[STEP_TILES];
            load_values(me->wave, value, tile, c, n);
#pragma unroll UNROLL
            for (int i = 0; i < STEP_TILES; i++) {
#pragma unroll UNROLL
                for (int u = 0; u < ROW_TILES; u++)
                    multiply_values(me->wave, &sum[u][i], &weight[u][c],
                                    &value[i]);
            }
        }
#pragma unroll UNROLL
        for (int u = 0; u < ROW_TILES; u++) {
#pragma unroll
            for (int i = 0; i < STEP_TILES; i++) {
#pragma unroll
                for (int e = 0; e < SUMS; e++) {
                    float *all = &me->sum[u][n * STEP_TILES + i].at[e];
                    *all = FMA(*all, shrink[u][e / STAT_SUMS], sum[u][i].at[e]);
                }
            }
        }
    }
}

/* out, lse: of the block's first head. A row without keys has no mass, 0 for a
 * result, and -inf for the natural logarithm of its sum. */
FLAT void close_block(const struct item *me, const struct block *b,
                      global out_elem *out, global float *lse,
                      const struct call *call)
{
#pragma unroll UNROLL
    for (int u = 0; u < ROW_TILES; u++) {
#pragma unroll UNROLL
        for (int r = 0; r < STATS; r++) {
            const int row = row_of(me, u, r * STAT_SUMS);
            const int i = row_query(b, row), head = row_head(row);
            const float mass = share_sum(me->wave, me->mass[u][r]);
            const float norm = mass == 0.0f ? 0.0f : 1.0f / mass;
            const int there = i >= b->queries.begin && i < b->queries.end;
            global out_elem *to =
                out + head * call->out.head + i * call->out.row;
#pragma unroll UNROLL
            for (int n = 0; n < V_TILES; n++) {
#pragma unroll
                for (int e = 0; e < STAT_SUMS; e++) {
                    const int at = r * STAT_SUMS + e;
                    const int c =
                        n * TILE_WIDTH + sum_column(me->wave.lane, at);
                    if (there && c < V_DIM)
                        store_one(me->sum[u][n].at[at] * norm, to + c);
                }
            }
            if (lse && there && is_first_of_row(me->wave))
                lse[head * call->lse.head + i] =
                    mass == 0.0f
                        ? -INFINITY
                        : (me->peak[u][r] + log2(mass * exp2(-LIFT))) * M_LN2_F;
        }
    }
}

kernel WAVE_ATTRIBUTE TWO_WAVES __attribute__((reqd_work_group_size(GROUP, 1,
                                                                    1))) void
attend_matrix(global const q_elem *restrict q, global const k_elem *restrict k,
              global const v_elem *restrict v, global out_elem *restrict out,
              global float *restrict lse, global const int *restrict key_begin,
              global const int *restrict key_end,
              global float *restrict workspace, const struct call call)
{
    (void)workspace;
    local struct shared shared;
    const int number = (int)get_group_id(0) + call.block;
    const int head = ((int)get_group_id(1) + call.head) * GROUP_PACK;
    const int entry = (int)get_group_id(2) + call.entry;
    const struct block b = block_of(&call, number, entry, key_begin, key_end);
    if (b.queries.begin >= b.queries.end) /* as when a plan is warmed up */
        return;

    const int t = (int)get_local_id(0);
    q += layout_at(call.q, entry, head) + b.queries.begin * call.q.row;
    k += layout_at(call.k, entry, head / call.group);
    v += layout_at(call.v, entry, head / call.group);
    struct item me;
    struct copies sent;
    const int first = first_tile(&b, &call);
    /* Before tiles are sent for: else their addresses wait in registers. */
    open_item(&me, &shared, q, &b, &call);
    begin_tiles(t, &sent, &shared, k, v, &b, first, &call);
    if (STAGES == 2 || KEEPS)
        barrier(CLK_LOCAL_MEM_FENCE); /* no outliers so far; the block kept */

    for (int j = first, n = 0; j < b.seen.end; j += KEY_TILE, n++) {
        if (KEEPS)
            me.wave.lane = late(me.wave.lane);
        struct block kept;
        kept_block(&kept, &shared, &b);
        const int cut = tile_cut(&kept, j);
        union sums score[ROW_TILES][KEY_TILES];
        struct row_operand weight[ROW_TILES][KEY_STEPS];
        float shrink[ROW_TILES][STATS];
        local struct tile *tile = take_tile(
            CROWDED ? late(t) : t, &sent, &shared, n, k, v, &b, j, cut, &call);
        score_keys(&me, tile, score);
#pragma unroll UNROLL
        for (int u = 0; u < ROW_TILES; u++) {
#pragma unroll UNROLL
            for (int n = 0; n < KEY_TILES; n++)
                shape_scores(&score[u][n], &call);
        }
        if (cut)
            hide_keys(&me, &shared, &b, j, score);
#pragma unroll UNROLL
        for (int u = 0; u < ROW_TILES; u++)
            weigh_keys(&me, score[u], u, weight[u], shrink[u], &call);
        take_values(t, &sent, tile, v, &b, j, cut, &call);
        add_values(&me, tile, weight, shrink);
        if (cut && tile->outliers)
            add_outliers(&me, &shared, tile, v, &b, j, weight, &call);
    }

    out += layout_at(call.out, entry, head);
    lse = lse ? lse + layout_at(call.lse, entry, head) : lse;
    struct block last;
    kept_block(&last, &shared, &b);
    close_block(&me, &last, out, lse, &call);
}
