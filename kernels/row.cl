/* row.cl: banded attention, one query per work-item: right everywhere, fast
 * nowhere. No local memory, no barrier, no alignment beyond an element's, any
 * strides.
 *
 * Block by block of KEY_BLOCK keys, counted from the first one that the query
 * sees,
 *
 *     score_keys   lanes are channels: the product with each key
 *     weigh_keys   lanes are keys: weights 2^(score - peak), their sum
 *     add_values   lanes are channels: weight * value
 *
 * so the bits of a query depend on its own keys and on nothing else. Sums start
 * anew in each block: added one by one, 4096 keys of about the same weight
 * would be off by more than 2e-6.
 *
 * KEY_CHUNK: a launch takes so many keys of each query, the chunk number
 * call.pass, and keeps peak, mass and sums in workspace for the next one; 0
 * takes all. Multiples of KEY_BLOCK give the same bits as 0. It is for devices
 * that end a work-item after some number of loop iterations, all loops counted
 * together. With q and v the parts (16 channels) of a row of q and of v, and
 * one more for each loop, because the test that ends it counts too on Mesa's
 * llvmpipe, a launch makes at most
 *
 *     blocks * (KEY_BLOCK * (2 + q + v) + 2 * v + 13) + q + 19 * v + 4
 *
 * of them. (llvmpipe stops at 65535: at 512 channels this allows 960 keys, and
 * 972 is the most that came out right.)
 *
 * STRIDED: neighbours in a row are layout.dim elements apart, in any tensor; 0:
 * they lie side by side. */
#if !defined(HEAD_DIM) || !defined(V_DIM) || !defined(SOFTCAP)
#    error "the plan must define HEAD_DIM, V_DIM and SOFTCAP"
#elif !defined(Q_TYPE) || !defined(K_TYPE) || !defined(V_TYPE)
#    error "the plan must define Q_TYPE, K_TYPE and V_TYPE"
#elif !defined(OUT_TYPE) || !defined(GROUP)
#    error "the plan must define OUT_TYPE and GROUP"
#elif !defined(KEY_CHUNK) || !defined(STRIDED)
#    error "the plan must define KEY_CHUNK and STRIDED"
#endif
#define LANES      16
#define LOOK_AHEAD 0
#include "lib/args.clh"
#include "lib/band.clh"
#include "lib/elem.clh"
#include "lib/exp2.clh"
#include "lib/score.clh"
#include "lib/vec.clh"

#define KEY_BLOCK 64
#define Q_PARTS   CEIL_DIV(HEAD_DIM, LANES)
#define V_PARTS   CEIL_DIV(V_DIM, LANES)
#define STATE     (V_DIM + 2) /* floats of workspace per query */

/* One number for each key of a block. */
union each {
    vf vec[KEY_BLOCK / LANES];
    float key[KEY_BLOCK];
};

/* What a query remembers between two blocks of keys. */
struct state {
    float peak;      /* highest score so far */
    float mass;      /* sum of weights so far */
    vf sum[V_PARTS]; /* of weight * value */
};

static inline float add_lanes(vf x)
{
    const float8 a = x.lo + x.hi;
    const float4 b = a.lo + a.hi;
    const float2 c = b.lo + b.hi;
    return c.lo + c.hi;
}

static inline float highest_lane(vf x)
{
    const float8 a = fmax(x.lo, x.hi);
    const float4 b = fmax(a.lo, a.hi);
    const float2 c = fmax(b.lo, b.hi);
    return fmax(c.lo, c.hi);
}

/* Part n without the channels that part n - 1 has: 0 in both factors, as one of
 * them may be infinite. */
static inline vf once_each(vf x, int n)
{
    const int c = part_begin(n, LANES, HEAD_DIM);
    return HEAD_DIM % LANES == 0
               ? x
               : select((vf)(0.0f), x, LANE_INDEX + c >= n * LANES);
}

static void open_query(vf query[Q_PARTS], global const q_elem *q,
                       const struct call *call)
{
    for (int n = 0; n < Q_PARTS; n++) {
        const vf x = q_load(q, part_begin(n, LANES, HEAD_DIM), call->q.dim);
        query[n] = once_each(x * query_scale(call), n);
    }
}

/* Scores of the first count keys of a block; the rest of the last vector is
 * 0. */
static void score_keys(const vf query[Q_PARTS], global const k_elem *k,
                       int count, union each *score, const struct call *call)
{
    score->vec[(count - 1) / LANES] = (vf)(0.0f);
    for (int j = 0; j < count; j++) {
        vf sum = (vf)(0.0f);
        for (int n = 0; n < Q_PARTS; n++) {
            const vf x = k_load(k, part_begin(n, LANES, HEAD_DIM), call->k.dim);
            sum = FMA(query[n], once_each(x, n), sum);
        }
        score->key[j] = add_lanes(sum);
        k += call->k.row;
    }
}

/* Scores become weights. Returns what earlier sums must be multiplied by. */
static float weigh_keys(struct state *s, int count, union each *weight,
                        const struct call *call)
{
    vf highest = (vf)(s->peak), mass = (vf)(0.0f);
    for (int n = 0; n < CEIL_DIV(count, LANES); n++) {
        const vf score = shape_score(weight->vec[n], call);
        weight->vec[n] =
            select((vf)(-INFINITY), score, LANE_INDEX + n * LANES < count);
        highest = vmax(weight->vec[n], highest);
    }
    const float old = s->peak;
    s->peak = highest_lane(highest);
    for (int n = 0; n < CEIL_DIV(count, LANES); n++) {
        weight->vec[n] = exp2_neg(weight->vec[n] - s->peak);
        mass += weight->vec[n];
    }
    const float shrink = exp2_neg((vf)(old - s->peak)).s0;
    s->mass = FMA(s->mass, shrink, add_lanes(mass));
    return shrink;
}

static void add_values(struct state *s, global const v_elem *v, int count,
                       const union each *weight, float shrink,
                       const struct call *call)
{
    for (int n = 0; n < V_PARTS; n++) {
        const int c = part_begin(n, LANES, V_DIM);
        global const v_elem *row = v;
        vf sum = (vf)(0.0f);
        for (int j = 0; j < count; j++) {
            sum = FMA((vf)(weight->key[j]), v_load(row, c, call->v.dim), sum);
            row += call->v.row;
        }
        s->sum[n] = FMA(s->sum[n], (vf)(shrink), sum);
    }
}

/* Where the state of a query lies between two passes. */
static inline global float *state_at(global float *workspace, int entry,
                                     int head, int i, const struct call *call)
{
    const long row = ((long)entry * call->heads + head) * call->queries + i;
    return workspace + call->workspace_at + row * STATE;
}

#define TENSOR kept
#define TYPE   F32
#define DIM    V_DIM
#include "lib/load_tmpl.clh"

/* kept: NULL before the first pass. */
static void open_state(struct state *s, global const float *kept)
{
    s->peak = kept ? kept[0] : -FLT_MAX; /* finite: peak - peak is not NaN */
    s->mass = kept ? kept[1] : 0.0f;
    for (int n = 0; n < V_PARTS; n++) {
        const int c = part_begin(n, LANES, V_DIM);
        s->sum[n] = kept ? kept_load(kept + 2, c, 1) : (vf)(0.0f);
    }
}

static void keep_state(const struct state *s, global float *kept)
{
    kept[0] = s->peak;
    kept[1] = s->mass;
    for (int n = 0; n < V_PARTS; n++) {
        const int c = part_begin(n, LANES, V_DIM);
        float column[LANES];
        VSTORE(s->sum[n], 0, column);
        for (int x = 0; x < min(LANES, V_DIM); x++)
            kept[2 + c + x] = column[x];
    }
}

/* Adds key rows keys, all seen, to the state. */
static void absorb(struct state *s, const vf query[Q_PARTS],
                   global const k_elem *k, global const v_elem *v,
                   struct span keys, const struct call *call)
{
    for (int j = keys.begin; j < keys.end; j += KEY_BLOCK) {
        const int count = min(KEY_BLOCK, keys.end - j);
        union each weight;
        score_keys(query, k + j * call->k.row, count, &weight, call);
        const float shrink = weigh_keys(s, count, &weight, call);
        add_values(s, v + j * call->v.row, count, &weight, shrink, call);
    }
}

/* Queries without a key have no mass, and 0 for a result. */
static void close_query(const struct state *s, global out_elem *out,
                        global float *lse, const struct call *call)
{
    const float norm = s->mass == 0.0f ? 0.0f : 1.0f / s->mass;
    for (int n = 0; n < V_PARTS; n++) {
        const int c = part_begin(n, LANES, V_DIM);
        store_row(s->sum[n] * norm, out + c * call->out.dim, call->out.dim);
    }
    if (lse)
        *lse =
            s->mass == 0.0f ? -INFINITY : (s->peak + log2(s->mass)) * M_LN2_F;
}

/* The keys of this pass, of all that a query sees. */
static struct span chunk_of(struct span seen, int pass)
{
    if (KEY_CHUNK == 0)
        return seen;
    const long begin = seen.begin + (long)pass * KEY_CHUNK;
    struct span s;
    s.begin = (int)min(begin, (long)seen.end);
    s.end = (int)min(begin + KEY_CHUNK, (long)seen.end);
    return s;
}

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
attend_row(global const q_elem *restrict q, global const k_elem *restrict k,
           global const v_elem *restrict v, global out_elem *restrict out,
           global float *restrict lse, global const int *restrict key_begin,
           global const int *restrict key_end, global float *restrict workspace,
           const struct call call)
{
    const int i =
        ((int)get_group_id(0) + call.block) * GROUP + (int)get_local_id(0);
    const int head = (int)get_group_id(1) + call.head;
    const int entry = (int)get_group_id(2) + call.entry;
    if (i >= call.queries) /* as when a plan is warmed up */
        return;

    const struct span row = {i, i + 1};
    const struct span seen =
        band_span(band_of(&call, entry, key_begin, key_end), row);
    const struct span keys = chunk_of(seen, call.pass);
    const int first = KEY_CHUNK == 0 || call.pass == 0;
    const int last = KEY_CHUNK == 0 || call.pass == call.passes - 1;

    q += layout_at(call.q, entry, head) + i * call.q.row;
    k += layout_at(call.k, entry, head / call.group);
    v += layout_at(call.v, entry, head / call.group);
    out += layout_at(call.out, entry, head) + i * call.out.row;
    if (lse)
        lse += layout_at(call.lse, entry, head) + i;
    global float *kept = state_at(workspace, entry, head, i, &call);
    vf query[Q_PARTS];
    struct state state;
    open_query(query, q, &call);
    open_state(&state, first ? 0 : kept);
    absorb(&state, query, k, v, keys, &call);
    if (last)
        close_query(&state, out, lse, &call);
    else
        keep_state(&state, kept);
}
