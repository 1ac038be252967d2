/* problem.c: the one place where what a user asks for is checked. */
#include "model/problem.h"

#include "base/arith.h"
#include "base/error.h"
#include "model/elem.h"

#include <inttypes.h>
#include <math.h>

static const uint32_t known_extras = ORIEL_EXTRA_LSE | ORIEL_EXTRA_KEY_RANGE;

/* value, or its default where it is 0, into *out; from 1 to most. */
static oriel_status check_size(int64_t *out, const char *name, int64_t value,
                               int64_t fallback, int64_t most)
{
    *out = value == 0 ? fallback : value;
    if (*out < 1 || *out > most)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is %" PRId64 "; it must be from 1 to %" PRId64,
                        name, *out, most);
    return ORIEL_OK;
}

struct dims {
    int64_t head_dim, v_dim;
};

static oriel_status check_sizes(struct problem *p, struct dims *d,
                                const oriel_problem *in)
{
    const int64_t most = ORL_MAX_LENGTH;
    ORL_TRY(check_size(&p->batch, "batch", in->batch, 1, most));
    ORL_TRY(check_size(&p->heads, "heads", in->heads, 0, most));
    ORL_TRY(check_size(&p->kv_heads, "kv_heads", in->kv_heads, p->heads, most));
    ORL_TRY(check_size(&p->queries, "queries", in->queries, 0, most));
    ORL_TRY(check_size(&p->keys, "keys", in->keys, p->queries, most));
    ORL_TRY(check_size(&d->head_dim, "head_dim", in->head_dim, 0, ORL_MAX_DIM));
    ORL_TRY(
        check_size(&d->v_dim, "v_dim", in->v_dim, d->head_dim, ORL_MAX_DIM));
    if (p->heads % p->kv_heads != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "kv_heads is %" PRId64
                        ", which does not divide heads, %" PRId64,
                        p->kv_heads, p->heads);
    return ORIEL_OK;
}

static oriel_status check_reach(struct problem *p, const oriel_problem *in)
{
    /* A sum of two numbers of one sign may overflow, but then its sign is
     * clear. */
    const bool both_negative = in->left < 0 && in->right < 0;
    const bool mixed = (in->left < 0) != (in->right < 0);
    if (both_negative || (mixed && in->left + in->right < 0))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "left is %" PRId64 " and right is %" PRId64
                        "; their sum must not be negative",
                        in->left, in->right);
    p->left = in->left;
    p->right = in->right;
    return ORIEL_OK;
}

static oriel_status check_extras(struct problem *p, const oriel_problem *in)
{
    if (in->extras & ~known_extras)
        return orl_fail(ORIEL_E_ARGUMENT, "extras has unknown bits: 0x%" PRIx32,
                        in->extras & ~known_extras);
    if (in->align != ORIEL_ALIGN_END && in->align != ORIEL_ALIGN_START)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "align is %" PRIu32 "; it must be an oriel_align",
                        in->align);
    p->extras = in->extras;
    p->align = in->align;
    return ORIEL_OK;
}

static bool is_position(int64_t x)
{
    return x >= -ORL_MAX_LENGTH && x <= ORL_MAX_LENGTH;
}

/* Position of query row 0, where keys before row key_end are there. */
static int64_t query_position(const struct problem *p, const struct part *part,
                              int64_t key_end)
{
    return p->align == ORIEL_ALIGN_START
               ? part->query_origin
               : part->query_origin + part->key_origin + key_end -
                     part->queries;
}

/* Every row at a position within ORL_MAX_LENGTH, for every key_end there may
 * be. Origins are within a few ORL_MAX_LENGTH, so nothing overflows. */
static oriel_status check_positions(const struct problem *p,
                                    const struct part *part)
{
    if (!is_position(part->key_origin) ||
        !is_position(part->key_origin + part->keys - 1))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "key_origin is %" PRId64 ", so that a key of %" PRId64
                        " has a position beyond %" PRId64,
                        part->key_origin, part->keys, ORL_MAX_LENGTH);

    const bool limited = (p->extras & ORIEL_EXTRA_KEY_RANGE) != 0;
    const int64_t first = query_position(p, part, limited ? 0 : part->keys);
    const int64_t last =
        query_position(p, part, part->keys) + part->queries - 1;
    if (!is_position(first) || !is_position(last))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "query_origin is %" PRId64
                        ", so that a query has position %" PRId64
                        ", beyond %" PRId64,
                        part->query_origin, is_position(first) ? last : first,
                        ORL_MAX_LENGTH);
    return ORIEL_OK;
}

/* No origin further away can be made good by the rows there are: under END the
 * keys may lie ORL_MAX_LENGTH away and be as many again. */
static oriel_status check_origin(const char *name, int64_t origin)
{
    const int64_t most = 4 * ORL_MAX_LENGTH;
    if (origin < -most || origin > most)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is %" PRId64 "; no row may have a position beyond "
                        "%" PRId64,
                        name, origin, ORL_MAX_LENGTH);
    return ORIEL_OK;
}

static oriel_status check_origins(struct problem *p, const oriel_problem *in)
{
    p->query_origin = in->query_origin;
    p->key_origin = in->key_origin;
    ORL_TRY(check_origin("query_origin", p->query_origin));
    ORL_TRY(check_origin("key_origin", p->key_origin));
    const struct part whole = {p->queries, p->keys, p->query_origin,
                               p->key_origin};
    return check_positions(p, &whole);
}

static oriel_status check_type(uint32_t *out, const char *name, uint32_t type,
                               uint32_t fallback)
{
    *out = type == 0 ? fallback : type;
    if (!orl_elem_known(*out))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is %" PRIu32 "; it must be an oriel_type", name,
                        type);
    return ORIEL_OK;
}

static oriel_status check_tensors(struct problem *p, const struct dims *d,
                                  const oriel_problem *in)
{
    struct tensor_form q = {"q",         p->batch, p->heads, p->queries,
                            d->head_dim, in->q,    0,        false};
    struct tensor_form k = {"k",         p->batch, p->kv_heads, p->keys,
                            d->head_dim, in->k,    0,           false};
    struct tensor_form v = {"v",      p->batch, p->kv_heads, p->keys,
                            d->v_dim, in->v,    0,           false};
    struct tensor_form out = {"out",    p->batch, p->heads, p->queries,
                              d->v_dim, in->out,  0,        true};
    ORL_TRY(check_type(&q.type, "type", in->type, ORIEL_F32));
    ORL_TRY(check_type(&k.type, "k_type", in->k_type, q.type));
    ORL_TRY(check_type(&v.type, "v_type", in->v_type, q.type));
    ORL_TRY(check_type(&out.type, "out_type", in->out_type, q.type));
    ORL_TRY(orl_tensor_check(&p->q, &q));
    ORL_TRY(orl_tensor_check(&p->k, &k));
    ORL_TRY(orl_tensor_check(&p->v, &v));
    ORL_TRY(orl_tensor_check(&p->out, &out));

    /* lse has a float for every row of out, which may be narrower. */
    if ((p->extras & ORIEL_EXTRA_LSE) &&
        (uint64_t)p->batch * (uint64_t)p->heads >
            (SIZE_MAX < INT64_MAX ? SIZE_MAX : INT64_MAX) / sizeof(float) /
                (uint64_t)p->queries)
        return orl_fail(ORIEL_E_ARGUMENT, "lse is too large: its bytes must "
                                          "be counted by a size_t");
    return ORIEL_OK;
}

static oriel_status check_offset_align(struct problem *p,
                                       const oriel_problem *in)
{
    size_t least = 2;
    const struct tensor *all[] = {&p->q, &p->k, &p->v, &p->out};
    for (int i = 0; i < 4; i++)
        if (orl_elem_bytes(all[i]->type) > least)
            least = orl_elem_bytes(all[i]->type);

    p->offset_align = in->offset_align == 0 ? 16 : in->offset_align;
    const uint32_t n = p->offset_align;
    if ((n != 2 && n != 4 && n != 8 && n != 16) || n < least)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "offset_align is %" PRIu32 "; it must be %s4, 8 or 16",
                        n, least == 2 ? "2, " : "");
    return ORIEL_OK;
}

static oriel_status check_factor(const char *name, float value)
{
    if (!isfinite(value) || value < 0) {
        /* %f would follow the locale. */
        const char *kind = isnan(value)   ? "NaN"
                           : isinf(value) ? "infinite"
                                          : "negative";
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is %s; it must be positive and finite, or 0 for "
                        "its default",
                        name, kind);
    }
    return ORIEL_OK;
}

float orl_problem_default_scale(int64_t head_dim)
{
    return (float)(1 / sqrt((double)head_dim));
}

oriel_status orl_problem_check(struct problem *out, const oriel_problem *in)
{
    struct problem p = {.batch = 0};
    struct dims d;
    if (in->size != sizeof *in)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "size is %" PRIu32 "; it must be sizeof(oriel_problem)"
                        ", %zu",
                        in->size, sizeof *in);
    ORL_TRY(check_sizes(&p, &d, in));
    ORL_TRY(check_reach(&p, in));
    ORL_TRY(check_extras(&p, in));
    ORL_TRY(check_origins(&p, in));
    ORL_TRY(check_tensors(&p, &d, in));
    ORL_TRY(check_offset_align(&p, in));
    ORL_TRY(check_factor("scale", in->scale));
    ORL_TRY(check_factor("softcap", in->softcap));
    p.scale = in->scale > 0 ? in->scale : orl_problem_default_scale(d.head_dim);
    p.softcap = in->softcap > 0 ? in->softcap : 0;
    *out = p;
    return ORIEL_OK;
}

oriel_problem orl_problem_public(const struct problem *p)
{
    return (oriel_problem) {
        .size = sizeof(oriel_problem),
        .extras = p->extras,
        .batch = p->batch,
        .heads = p->heads,
        .kv_heads = p->kv_heads,
        .queries = p->queries,
        .keys = p->keys,
        .head_dim = p->q.channels,
        .v_dim = p->v.channels,
        .left = p->left,
        .right = p->right,
        .query_origin = p->query_origin,
        .key_origin = p->key_origin,
        .q = orl_tensor_strides(&p->q),
        .k = orl_tensor_strides(&p->k),
        .v = orl_tensor_strides(&p->v),
        .out = orl_tensor_strides(&p->out),
        .type = p->q.type,
        .k_type = p->k.type,
        .v_type = p->v.type,
        .out_type = p->out.type,
        .align = p->align,
        .offset_align = p->offset_align,
        .scale = p->scale,
        .softcap = p->softcap,
    };
}

bool orl_problem_equal(const struct problem *a, const struct problem *b)
{
    return a->batch == b->batch && a->heads == b->heads &&
           a->kv_heads == b->kv_heads && a->queries == b->queries &&
           a->keys == b->keys && a->left == b->left && a->right == b->right &&
           a->query_origin == b->query_origin &&
           a->key_origin == b->key_origin && orl_tensor_equal(&a->q, &b->q) &&
           orl_tensor_equal(&a->k, &b->k) && orl_tensor_equal(&a->v, &b->v) &&
           orl_tensor_equal(&a->out, &b->out) && a->extras == b->extras &&
           a->align == b->align && a->offset_align == b->offset_align &&
           a->scale == b->scale && a->softcap == b->softcap;
}

/* ---- Geometry ------------------------------------------------------------ */

/* rows of a call into *out; 0 is as planned. */
static oriel_status check_rows(int64_t *out, const char *name, int64_t rows,
                               int64_t planned)
{
    *out = rows == 0 ? planned : rows;
    if (*out < 1 || *out > planned)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is %" PRId64 "; the plan is for 1 to %" PRId64,
                        name, *out, planned);
    return ORIEL_OK;
}

oriel_status orl_problem_part(struct part *out, const struct problem *p,
                              int64_t queries, int64_t keys,
                              int64_t query_origin, int64_t key_origin)
{
    struct part part;
    ORL_TRY(check_rows(&part.queries, "queries", queries, p->queries));
    ORL_TRY(check_rows(&part.keys, "keys", keys, p->keys));
    ORL_TRY(check_origin("query_origin", query_origin));
    ORL_TRY(check_origin("key_origin", key_origin));
    part.query_origin = p->query_origin + query_origin;
    part.key_origin = p->key_origin + key_origin;
    ORL_TRY(check_positions(p, &part));
    *out = part;
    return ORIEL_OK;
}

struct window orl_problem_entry_window(const struct problem *p,
                                       const struct part *part,
                                       int64_t key_begin, int64_t key_end)
{
    const int64_t end = orl_clamp(key_end, 0, part->keys);
    struct window w =
        orl_window_at(part->queries, part->keys, p->left, p->right,
                      query_position(p, part, end), part->key_origin);
    w.live = (struct span) {orl_clamp(key_begin, 0, end), end};
    return w;
}

struct window orl_problem_window(const struct problem *p)
{
    const struct part whole = {p->queries, p->keys, p->query_origin,
                               p->key_origin};
    return orl_problem_entry_window(p, &whole, 0, p->keys);
}

int64_t orl_problem_span(const struct problem *p)
{
    /* Clamped first, so that the sum fits; a distance is never longer. */
    const int64_t most = 4 * ORL_MAX_LENGTH;
    const int64_t reach =
        orl_clamp(p->left, -most, most) + orl_clamp(p->right, -most, most);
    return orl_min(reach + 1, p->keys);
}

double orl_problem_pairs(const struct problem *p)
{
    const struct window w = orl_problem_window(p);
    return (double)orl_window_pairs(&w) * (double)p->heads * (double)p->batch;
}

double orl_problem_flops(const struct problem *p)
{
    return 2.0 * (double)(p->q.channels + p->v.channels) * orl_problem_pairs(p);
}
