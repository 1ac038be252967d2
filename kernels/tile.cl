/* tile.cl: banded attention, one work-group of QUERY_TILE / ITEM_ROWS *
 * KEY_TILE / ITEM_KEYS * TEAM work-items per block of QUERY_TILE rows.
 *
 * A row is a query of one head. A block holds GROUP_PACK heads that share a
 * head of keys, and BLOCK_QUERIES positions of each: the more heads, the
 * narrower the band of the block. Tile by tile of KEY_TILE keys,
 *
 *     score_keys   q . k, from chunks of CHANNEL_CHUNK channels
 *     weigh_keys   the peak of each row, weights 2^(score - peak), their sum
 *     add_values   weight * value, from chunks of KEY_CHUNK keys
 *
 * The long loops of the first and the last are in lib/steps_local.clh. Chunks
 * and weights go through local memory; scores and sums stay in the registers of
 * their work-item, which owns
 *
 *     rows      y + r * ROW_ITEMS                  r < ITEM_ROWS
 *     keys      x + n * KEY_ITEMS                  n < ITEM_KEYS
 *     channels  (w + n * TEAM_ITEMS) * SUM_LANES   n < ITEM_SUMS
 *
 * where w is x, but in a team, below.
 *
 * Interleaved like this, and with rows of an odd number of 16-byte units,
 * neighbours read from all banks of local memory. Sums of values start anew in
 * each tile: added one by one, 4096 values of about the same weight would be
 * off by up to 6e-5.
 *
 * ALIGNED: every row of q, k and v begins at a multiple of LANES elements, also
 * of LANES * sizeof(element) bytes. PAIRED: products have two partial sums, for
 * devices that multiply and add two floats at once. BROADCAST: work-items that
 * share rows are a sub-group, and only keys and values go through local memory
 * (lib/steps_broadcast.clh). TEAM: how many sub-groups own the same rows and
 * keys, each a part of the channels, for devices whose registers hold all
 * channels of too few rows; 1 without BROADCAST.
 *
 * Best on devices with many registers and a local memory of their own. Local
 * memory, in bytes:
 *
 *     4 * max((QUERY_TILE + KEY_TILE) * (CHANNEL_CHUNK + 4),
 *             QUERY_TILE * (KEY_TILE + 4))
 *   + 4 * max(KEY_CHUNK * VALUE_ROW, QUERY_TILE * KEY_ITEMS) + 16
 *
 * with VALUE_ROW = V_DIM up to a multiple of TEAM_ITEMS * SUM_LANES; with
 * BROADCAST
 *
 *     4 * KEY_TILE * (CHANNEL_CHUNK + 4)
 *   + 4 * KEY_TILE * max(VALUE_ROW, TEAM > 1 ? TEAM * QUERY_TILE : 0) + 16 */
#if !defined(HEAD_DIM) || !defined(V_DIM) || !defined(SOFTCAP)
#    error "the plan must define HEAD_DIM, V_DIM and SOFTCAP"
#elif !defined(Q_TYPE) || !defined(K_TYPE) || !defined(V_TYPE)
#    error "the plan must define Q_TYPE, K_TYPE and V_TYPE"
#elif !defined(OUT_TYPE) || !defined(ALIGNED) || !defined(PAIRED)
#    error "the plan must define OUT_TYPE, ALIGNED and PAIRED"
#elif !defined(QUERY_TILE) || !defined(KEY_TILE) || !defined(GROUP_PACK)
#    error "the plan must define QUERY_TILE, KEY_TILE and GROUP_PACK"
#elif !defined(ITEM_ROWS) || !defined(ITEM_KEYS)
#    error "the plan must define ITEM_ROWS and ITEM_KEYS"
#elif !defined(CHANNEL_CHUNK) || !defined(KEY_CHUNK) || !defined(SUM_LANES)
#    error "the plan must define CHANNEL_CHUNK, KEY_CHUNK and SUM_LANES"
#elif !defined(BROADCAST) || !defined(TEAM)
#    error "the plan must define BROADCAST and TEAM"
#endif
#define LANES      4 /* channels that move together; 16 bytes as floats */
#define LOOK_AHEAD 0
#define STRIDED    0 /* channels lie side by side */
#include "lib/args.clh"
#include "lib/block.clh"
#include "lib/chunk.clh"
#include "lib/exp2.clh"
#include "lib/item.clh"
#include "lib/score.clh"
#include "lib/vec.clh"
#include "lib/waves.clh"

#if BROADCAST
#    include "lib/steps_broadcast.clh"
#else
#    include "lib/steps_local.clh"
#endif

FLAT void open_item(struct item *me, local struct shared *s)
{
    find_place(me);
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
        me->peak[r] = -FLT_MAX; /* finite: peak - peak is not NaN */
        me->mass[r] = 0.0f;
#pragma unroll
        for (int n = 0; n < ITEM_SUMS; n++)
            me->sum[r][n] = (vs)(0.0f);
    }
    if (me->t == 0)
        s->outliers = 0;
}

FLAT void score_keys(struct item *me, local struct shared *s,
                     global const q_elem *q, global const k_elem *k,
                     const struct block *b, int j, const struct call *call)
{
    product sum[ITEM_ROWS][ITEM_KEYS];
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
#pragma unroll
        for (int n = 0; n < ITEM_KEYS; n++)
            sum[r][n] = (product)(0.0f);
    }

#pragma unroll 1
    for (int c = 0; c < HEAD_DIM; c += CHANNEL_CHUNK)
        add_products(me, s, q, k, b, j, c, call, sum);
    tell_products(me, s, sum);

    const float scale = query_scale(call);
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
#pragma unroll
        for (int n = 0; n < ITEM_PARTS * LANES; n++)
            me->score[r].key[n] =
                n < ITEM_KEYS ? product_told(me, s, r, n, sum[r][n]) : 0.0f;
#pragma unroll
        for (int p = 0; p < ITEM_PARTS; p++)
            me->score[r].part[p] =
                shape_score(me->score[r].part[p] * scale, call);
    }
}

/* Scores of keys that a row does not see become -inf. */
FLAT void hide_keys(struct item *me, const struct block *b, int j)
{
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
        const int row = row_of(me, r);
#pragma unroll
        for (int n = 0; n < ITEM_KEYS; n++)
            if (!row_sees(b, row, j + me->x + n * KEY_ITEMS))
                me->score[r].key[n] = -INFINITY;
    }
}

/* Scores become weights, which are told to the others. shrink: what earlier
 * sums must be multiplied by. */
FLAT void weigh_keys(struct item *me, local struct shared *s,
                     float shrink[ITEM_ROWS])
{
    float highest[ITEM_ROWS];
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
        highest[r] = me->score[r].key[0];
#pragma unroll
        for (int n = 1; n < ITEM_KEYS; n++)
            highest[r] = fmax(highest[r], me->score[r].key[n]);
    }
    tell_rows(me, s, highest);

#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
        const float peak = highest_told(me, s, r, highest[r], me->peak[r]);
        union each weight;
        shrink[r] = exp2_neg((vf)(me->peak[r] - peak)).s0;
#pragma unroll
        for (int p = 0; p < ITEM_PARTS; p++)
            weight.part[p] = exp2_neg(me->score[r].part[p] - peak);
        float mass = 0.0f;
#pragma unroll
        for (int n = 0; n < ITEM_KEYS; n++) {
            tell_weight(me, s, r, n, weight.key[n]);
            mass += weight.key[n];
        }
        me->peak[r] = peak;
        me->mass[r] = FMA(me->mass[r], shrink[r], mass);
    }
}

/* out, lse: of the block's first head. A row without keys has no mass, 0 for a
 * result, and -inf for the natural logarithm of its sum. */
FLAT void close_block(const struct item *me, local struct shared *s,
                      const struct block *b, global out_elem *out,
                      global float *lse, const struct call *call)
{
    barrier(CLK_LOCAL_MEM_FENCE); /* values: read */
    float mine[ITEM_ROWS];
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++)
        mine[r] = me->mass[r];
    tell_rows(me, s, mine);

    /* No continue: with the kernel's early return, PoCL 3.1 then stores nothing
     * of a block that has no keys and misses its first rows. */
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
        const int row = row_of(me, r);
        const int i = row_query(b, row), head = row_head(row);
        const float mass = sum_told(me, s, r, mine[r]);
        const float norm = mass == 0.0f ? 0.0f : 1.0f / mass;
        const int there = i >= b->queries.begin && i < b->queries.end;
        global out_elem *to = out + head * call->out.head + i * call->out.row;
#pragma unroll
        for (int n = 0; n < ITEM_SUMS; n++) {
            const int c = column_of(me, n) * SUM_LANES;
            float column[SUM_LANES];
            JOIN(vstore, SUM_LANES)(me->sum[r][n] * norm, 0, column);
#pragma unroll
            for (int e = 0; e < SUM_LANES; e++)
                if (there && c + e < V_DIM)
                    store_one(column[e], to + c + e);
        }
        if (lse && there && me->w == 0)
            lse[head * call->lse.head + i] =
                mass == 0.0f ? -INFINITY : (me->peak[r] + log2(mass)) * M_LN2_F;
    }
}

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
TWO_WAVES SUB_GROUP void
attend_tile(global const q_elem *restrict q, global const k_elem *restrict k,
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

    q += layout_at(call.q, entry, head) + b.queries.begin * call.q.row;
    k += layout_at(call.k, entry, head / call.group);
    v += layout_at(call.v, entry, head / call.group);
    struct item me;
    open_item(&me, &shared);

    for (int j = first_tile(&b, &call); j < b.seen.end; j += KEY_TILE) {
        find_place_again(&me);
        score_keys(&me, &shared, q, k, &b, j, &call);
        if (tile_cut(&b, j))
            hide_keys(&me, &b, j);
        float shrink[ITEM_ROWS];
        weigh_keys(&me, &shared, shrink);
        add_values(&me, &shared, v, &b, j, shrink, &call);
    }

    out += layout_at(call.out, entry, head);
    lse = lse ? lse + layout_at(call.lse, entry, head) : lse;
    close_block(&me, &shared, &b, out, lse, &call);
    /* After an early return PoCL 7.1 lets one work-item decide for its group
     * what is done behind the last barrier; so that is nothing. */
    barrier(CLK_LOCAL_MEM_FENCE);
}
