/* lane.cl: banded attention, one work-item per block of QUERY_TILE queries of
 * each of HEAD_TILE heads that share a key head.
 *
 * A block is made of strips: QK_VECS vectors of LANES queries of a head. Tile
 * by tile of keys, and strip by strip,
 *
 *     score_keys   lanes are queries: the product, its highest score
 *     weigh_keys   lanes are queries: weights 2^(score - peak), their sum
 *     add_values   lanes are channels: weight * value
 *
 * so every sum is vertical: no shuffle, no local memory, no barrier. Scratch
 * is private, 20 to 100 KB that stay near a core, up to 1 MB where tiles are
 * converted. Best on devices
 * with wide vectors and few work-items.
 *
 * Each step visits only keys that its queries see: score_keys those of single
 * vectors, or of half a vector of 16, at the edges of the band, add_values
 * those of PV_ROWS queries.
 *
 * ONCE: the host promises that the keys of any block fit one tile; then sums
 * of values never leave the registers before they are final. */
#if !defined(LANES) || !defined(HEAD_DIM) || !defined(V_DIM)
#    error "the plan must define LANES, HEAD_DIM and V_DIM"
#elif !defined(Q_TYPE) || !defined(K_TYPE) || !defined(V_TYPE)
#    error "the plan must define Q_TYPE, K_TYPE and V_TYPE"
#elif !defined(OUT_TYPE) || !defined(SOFTCAP) || !defined(ONCE)
#    error "the plan must define OUT_TYPE, SOFTCAP and ONCE"
#elif !defined(HEAD_TILE) || !defined(QUERY_TILE) || !defined(KEY_TILE)
#    error "the plan must define HEAD_TILE, QUERY_TILE and KEY_TILE"
#elif !defined(QK_KEYS) || !defined(QK_VECS)
#    error "the plan must define QK_KEYS and QK_VECS"
#elif !defined(PV_ROWS) || !defined(PV_VECS) || !defined(LOOK_AHEAD)
#    error "the plan must define PV_ROWS, PV_VECS and LOOK_AHEAD"
#endif
#define STRIDED 0 /* channels lie side by side */
#include "lib/ahead.clh"
#include "lib/args.clh"
#include "lib/band.clh"
#include "lib/elem.clh"
#include "lib/exp2.clh"
#include "lib/score.clh"
#include "lib/stage.clh"
#include "lib/strip.clh"
#include "lib/tile.clh"
#include "lib/vec.clh"

#if QUERY_TILE % STRIP || STRIP % PV_ROWS
#    error "QUERY_TILE must be whole strips, a strip whole PV_ROWS"
#elif PV_VECS > 1 && PV_VECS * LANES > V_DIM
#    error "PV_VECS vectors must fit a row of values"
#endif

/* Unrolling of the two long loops: 4 gain 1 to 2 points over 2 at HEAD_DIM 128
 * and cost compile time (PoCL 3.1, Zen 3). */
#define UNROLL_CHANNELS 4
#define UNROLL_KEYS     4

/* Keys scored together where a single vector sees them: as many sums as hide
 * the latency of a multiply-add, as far as there are registers for rows. */
#define EDGE_KEYS 8

/* Scores written past those of a tile, by a step that does not end with it. */
#define SLACK  (EDGE_KEYS > QK_KEYS ? EDGE_KEYS : QK_KEYS)

#define NAME   score_full
#define KEYS   QK_KEYS
#define VECS   QK_VECS
#define MASKED 0
#define MEMBER vec
#include "lib/qk_tmpl.clh"

#define NAME   score_part
#define KEYS   QK_KEYS
#define VECS   QK_VECS
#define MASKED 1
#define MEMBER vec
#include "lib/qk_tmpl.clh"

#define NAME   score_vec
#define KEYS   EDGE_KEYS
#define VECS   1
#define MASKED 1
#define MEMBER vec
#include "lib/qk_tmpl.clh"

#define NAME   score_edge
#define KEYS   EDGE_KEYS
#define VECS   1
#define MASKED 1
#define MEMBER edge
#include "lib/qk_tmpl.clh"

/* Scores of a range of keys for vector n of the strip alone. */
STEP void score_edges(struct strip *s, int n, struct k_rows key, struct view w,
                      struct span keys, struct request *next, union each *score,
                      const struct call *call)
{
    const vi lane = LANE_INDEX + n * LANES;
    for (int j = keys.begin; j < keys.end; j += EDGE_KEYS) {
        const struct k_rows row = k_skip(key, j);
        const vi lo = lane + (w.first - j), hi = lane + (w.last - j);
        const struct tensors ahead = next_row(next, call);
        /* lanes that see some of these keys, not all of them there */
        const int begin = j - w.last - n * LANES;
        const int end = j + EDGE_KEYS - w.first - n * LANES;
        const int high = begin >= EDGE_LANES;
        if (EDGES > 1 && (high || end <= EDGE_LANES))
            score_edge(s->query, n * EDGES + high, row, w.count - j, lo, hi,
                       ahead, score + j, &s->peak, call);
        else
            score_vec(s->query, n, row, w.count - j, lo, hi, ahead, score + j,
                      &s->peak, call);
    }
}

/* Key by key, as they lie in memory: first those before what the last
 * EDGE_LANES queries see, then up to what the first EDGE_LANES see, last the
 * others. */
STEP void score_keys(struct strip *s, struct k_rows key, struct view w,
                     struct request *next, union each *score,
                     const struct call *call)
{
    const struct span all = view_all(w, 0, STRIP);
    const int begin = view_any(w, STRIP - EDGE_LANES, EDGE_LANES).begin;
    const int end = view_any(w, 0, EDGE_LANES).end;
    for (int n = 0; n < QK_VECS; n++) {
        struct span left = view_any(w, n * LANES, LANES);
        left.end = min(left.end, begin);
        score_edges(s, n, key, w, left, next, score, call);
    }

    int j = begin;
    for (; j < end; j += QK_KEYS) {
        const struct k_rows row = k_skip(key, j);
        const struct tensors ahead = next_row(next, call);
        if (j >= all.begin && j + QK_KEYS <= all.end)
            score_full(s->query, 0, row, QK_KEYS, (vi)(0), (vi)(0), ahead,
                       score + j, &s->peak, call);
        else
            score_part(s->query, 0, row, w.count - j,
                       LANE_INDEX + (w.first - j), LANE_INDEX + (w.last - j),
                       ahead, score + j, &s->peak, call);
    }

    for (int n = 0; n < QK_VECS; n++) {
        struct span right = view_any(w, n * LANES, LANES);
        right.begin = max(right.begin, j);
        score_edges(s, n, key, w, right, next, score, call);
    }
}

/* Scores of a strip at an end of the queries, of those vectors alone that have
 * some. The others get weights of 0, as values are added for rows of both at
 * once. A batch of 49 queries each takes 7 % less time, of 100 queries 3 %
 * (Zen 2, d 64). */
STEP void score_some(struct strip *s, struct span vecs, struct k_rows key,
                     struct view w, struct request *next, union each *score,
                     union each *factor, const struct call *call)
{
    const struct span any = view_any(w, 0, STRIP);
    for (int n = 0; n < QK_VECS; n++) {
        if (n >= vecs.begin && n < vecs.end) {
            score_edges(s, n, key, w, view_any(w, n * LANES, LANES), next,
                        score, call);
            continue;
        }
        for (int j = any.begin; j < any.end; j++)
            score[j].vec[n] = (vf)(0.0f);
        factor->vec[n] = (vf)(0.0f);
    }
}

/* Scores become weights. vecs: vectors that have a query. factor: what
 * add_values must multiply by, sums of earlier tiles if there are any, else
 * results. */
STEP void weigh_keys(struct strip *s, struct span vecs,
                     const union each *old_peak, struct view w,
                     union each *weight, union each *factor)
{
    for (int n = vecs.begin; n < vecs.end; n++) {
        const struct span any = view_any(w, n * LANES, LANES);
        const vf peak = s->peak.vec[n];
        vf mass = (vf)(0.0f);

#pragma unroll 4
        for (int j = any.begin; j < any.end; j++) {
            const vf x = exp2_neg(weight[j].vec[n] - peak);
            weight[j].vec[n] = x;
            mass += x;
        }

        const vf shrink = exp2_neg(old_peak->vec[n] - peak);
        mass = FMA(s->mass.vec[n], shrink, mass);
        s->mass.vec[n] = mass;
        factor->vec[n] = ONCE ? inverse(mass) : shrink;
    }
}

#define NAME add_rows
#define ROWS PV_ROWS
#include "lib/pv_tmpl.clh"

#define NAME add_row
#define ROWS 1
#include "lib/pv_tmpl.clh"

/* Queries by PV_ROWS; one by one where the tile cuts an edge of the band or the
 * band is too narrow. */
STEP void add_values(struct strip *s, struct v_rows value, struct view w,
                     const union each *weight, const union each *factor,
                     struct place to, struct request *next,
                     const struct call *call)
{
    const int edge = PV_ROWS - 1;
    for (int i = 0; i < STRIP; i += PV_ROWS) {
        if (to.q + i + PV_ROWS <= 0 || to.q + i >= to.queries)
            continue; /* 2 to 3 % of a batch of 64 or 128 queries each */
        const int whole = w.last - w.first >= edge &&
                          !view_cuts(w, w.first + i, edge) &&
                          !view_cuts(w, w.last + i + 1, edge);
        ask_rows(next, PV_ROWS, call);
        for (int g = 0; g < GROUPS; g++) {
            if (whole)
                add_rows(s, i, g, value, w, weight, factor, to);
            for (int r = i; !whole && r < i + PV_ROWS; r++)
                add_row(s, r, g, value, w, weight, factor, to);
        }
    }
}

/* Adds a tile of key rows to every strip that sees some of them. */
static void absorb(struct strip strips[STRIPS], global const k_elem *k,
                   global const v_elem *v, struct span tile, struct band band,
                   struct place first, struct ahead next,
                   const struct call *call)
{
    const int j = tile.begin, count = tile.end - tile.begin;
    float k_scratch[K_SCRATCH], v_scratch[V_SCRATCH];
    const struct k_rows key =
        k_tile(k + j * call->k.row, call->k.row, count, k_scratch);
    const struct v_rows value =
        v_tile(v + j * call->v.row, call->v.row, count, v_scratch);
    for (int n = 0; n < STRIPS; n++) {
        struct strip *s = &strips[n];
        const struct place to = strip_place(first, n, call);
        const struct view w = view_of(band, to.q, j, count);
        const struct span any = view_any(w, 0, STRIP);
        const struct span vecs = vecs_of(to);
        const int idle = !ONCE && any.begin == any.end;
        if (idle || vecs.begin >= vecs.end)
            continue;
        union each weight[KEY_TILE + SLACK], factor;
        const union each old_peak = s->peak;
        struct request rows =
            request_beside(next, n / HEAD_STRIPS, to.q,
                           tile.end + n % HEAD_STRIPS * STRIP, call);
        if (vecs.end - vecs.begin == QK_VECS)
            score_keys(s, key, w, &rows, weight, call);
        else
            score_some(s, vecs, key, w, &rows, weight, &factor, call);
        weigh_keys(s, vecs, &old_peak, w, weight, &factor);
        add_values(s, value, w, weight, &factor, to, &rows, call);
    }
}

/* The last step: what the strips of a block have become. */
static void close_block(const struct strip strips[STRIPS], struct place first,
                        global float *lse, const struct call *call)
{
    for (int n = 0; n < STRIPS; n++) {
        const struct place to = strip_place(first, n, call);
        if (!ONCE)
            close_strip(&strips[n], to);
        if (lse)
            store_lse(&strips[n], lse + n / HEAD_STRIPS * call->lse.head, to.q,
                      to.queries);
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
attend_lane(global const q_elem *restrict q, global const k_elem *restrict k,
            global const v_elem *restrict v, global out_elem *restrict out,
            global float *restrict lse, global const int *restrict key_begin,
            global const int *restrict key_end,
            global float *restrict workspace, const struct call call)
{
    (void)workspace;
    const int block = (int)get_group_id(0) + call.block;
    const int head = ((int)get_group_id(1) + call.head) * HEAD_TILE;
    const int entry = (int)get_group_id(2) + call.entry;
    const struct band band = band_of(&call, entry, key_begin, key_end);
    struct walk walk = walk_begin(band, &call, block);
    if (walk.queries.begin >= walk.queries.end) /* when a plan is warmed up */
        return;

    const struct span first = {0, min(QUERY_TILE, call.queries)};
    struct ahead next;
    next.then = next_head(q, k, v, entry, head, &call);
    next.first = band_span(band, first);
    q += layout_at(call.q, entry, head);
    k += layout_at(call.k, entry, head / call.group);
    v += layout_at(call.v, entry, head / call.group);
    next.here.q = q;
    next.here.k = k;
    next.here.v = v;
    out += layout_at(call.out, entry, head);
    struct place to = {out, call.out.row, walk.q0, call.queries};
    struct strip strips[STRIPS];
    for (int n = 0; n < STRIPS; n++)
        open_strip(&strips[n], q + n / HEAD_STRIPS * call.q.head,
                   strip_place(to, n, &call).q, &call);

    /* At least one tile, even without keys: ONCE, it stores the results. */
    do {
        next.wanted = walk.tile.end == walk.keys.end;
        absorb(strips, k, v, walk.tile, band, to, next, &call);
    } while (walk_on(&walk, band, &call));
    close_block(strips, to, lse ? lse + layout_at(call.lse, entry, head) : lse,
                &call);
}
