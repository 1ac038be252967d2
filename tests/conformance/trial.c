/* trial.c: fills, marks and judges the memory of one call. */
#include "trial.h"

#include "model/elem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What memory holds before a call may write it. */
enum { MARK = 0xA5 };

int64_t draw(uint64_t *seed, int64_t low, int64_t high)
{
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t x = *seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return low + (int64_t)(x % (uint64_t)(high - low + 1));
}

static float draw_number(uint64_t *seed)
{
    return (float)draw(seed, -1500000, 1500000) * 1e-6F;
}

size_t trial_row_at(const struct tensor *t, int64_t entry, int64_t head,
                    int64_t i)
{
    return (size_t)(entry * t->batch + head * t->head + i * t->row) *
           orl_elem_bytes(t->type);
}

static size_t extent_bytes(const struct tensor *t, int64_t batch, int64_t heads,
                           int64_t rows)
{
    return (size_t)orl_tensor_extent(t, batch, heads, rows) *
           orl_elem_bytes(t->type);
}

static void *filled_with_nan(size_t bytes, uint32_t type)
{
    void *memory = malloc(bytes);
    for (size_t n = 0; n < bytes / orl_elem_bytes(type); n++)
        orl_elem_store(memory, n, type, NAN);
    return memory;
}

static void fill_row(void *memory, const struct tensor *t, int64_t entry,
                     int64_t head, int64_t i, uint64_t *seed)
{
    const int64_t at = entry * t->batch + head * t->head + i * t->row;
    for (int64_t c = 0; c < t->channels; c++)
        orl_elem_store(memory, (size_t)(at + c * t->dim), t->type,
                       draw_number(seed));
}

/* Limits of all kinds: everything, a part, nothing, beyond the rows. */
static void draw_limits(struct trial *t, uint64_t *seed)
{
    const int64_t batch = t->problem.batch;
    t->key_begin = calloc((size_t)batch, sizeof *t->key_begin);
    t->key_end = calloc((size_t)batch, sizeof *t->key_end);
    for (int64_t entry = 0; entry < batch; entry++) {
        int64_t begin = draw(seed, 0, t->keys / 2);
        int64_t end = draw(seed, t->keys / 2, t->keys);
        switch (draw(seed, 0, 5)) {
        case 0:
            begin = -3;
            break;
        case 1:
            end = t->keys + 5;
            break;
        case 2:
            begin = end;
            break;
        default:
            break;
        }
        t->key_begin[entry] = (int32_t)begin;
        t->key_end[entry] = (int32_t)end;
    }
}

static bool is_seen(const struct oracle *o, int64_t entry, int64_t j)
{
    bool seen = false;
    for (int64_t i = 0; i < o->queries && !seen; i++)
        seen = oracle_sees(o, entry, i, j);
    return seen;
}

static void fill(struct trial *t, uint64_t *seed)
{
    const struct problem *p = &t->problem;
    const struct oracle oracle = trial_oracle(t);
    for (int64_t entry = 0; entry < p->batch; entry++) {
        for (int64_t head = 0; head < p->heads; head++)
            for (int64_t i = 0; i < t->queries; i++)
                fill_row(t->q, &p->q, entry, head, i, seed);
        for (int64_t j = 0; j < t->keys; j++) {
            const bool seen = is_seen(&oracle, entry, j);
            for (int64_t head = 0; head < p->kv_heads && seen; head++) {
                fill_row(t->k, &p->k, entry, head, j, seed);
                fill_row(t->v, &p->v, entry, head, j, seed);
            }
        }
    }
}

static size_t lse_bytes(const struct problem *p)
{
    return (size_t)(p->batch * p->heads * p->queries) * sizeof(float);
}

void trial_open_part(struct trial *t, const struct problem *p, uint64_t seed,
                     int64_t queries, int64_t keys, int64_t query_origin,
                     int64_t key_origin)
{
    *t = (struct trial) {
        .problem = *p,
        .queries = queries,
        .keys = keys,
        .query_origin = query_origin,
        .key_origin = key_origin,
    };
    orl_problem_print(p, t->text, sizeof t->text);
    t->q = filled_with_nan(extent_bytes(&p->q, p->batch, p->heads, queries),
                           p->q.type);
    t->k = filled_with_nan(extent_bytes(&p->k, p->batch, p->kv_heads, keys),
                           p->k.type);
    t->v = filled_with_nan(extent_bytes(&p->v, p->batch, p->kv_heads, keys),
                           p->v.type);
    t->out_bytes = extent_bytes(&p->out, p->batch, p->heads, queries);
    t->out = malloc(t->out_bytes);
    if (p->extras & ORIEL_EXTRA_LSE)
        t->lse = malloc(lse_bytes(p));
    if (p->extras & ORIEL_EXTRA_KEY_RANGE)
        draw_limits(t, &seed);
    fill(t, &seed);
    trial_mark(t);
}

void trial_open(struct trial *t, const struct problem *p, uint64_t seed)
{
    trial_open_part(t, p, seed, p->queries, p->keys, 0, 0);
}

void trial_close(struct trial *t)
{
    free(t->q);
    free(t->k);
    free(t->v);
    free(t->out);
    free(t->lse);
    free(t->key_begin);
    free(t->key_end);
}

void trial_mark(struct trial *t)
{
    memset(t->out, MARK, t->out_bytes);
    if (t->lse)
        memset(t->lse, MARK, lse_bytes(&t->problem));
}

struct oracle trial_oracle(const struct trial *t)
{
    return (struct oracle) {
        .problem = &t->problem,
        .queries = t->queries,
        .keys = t->keys,
        .query_origin = t->query_origin,
        .key_origin = t->key_origin,
        .q = t->q,
        .k = t->k,
        .v = t->v,
        .key_begin = t->key_begin,
        .key_end = t->key_end,
        .weight_type = t->weight_type,
    };
}

oriel_call trial_call(const struct trial *t)
{
    return (oriel_call) {
        .size = sizeof(oriel_call),
        .queries = t->queries,
        .keys = t->keys,
        .query_origin = t->query_origin,
        .key_origin = t->key_origin,
        .q.pointer = t->q,
        .k.pointer = t->k,
        .v.pointer = t->v,
        .out.pointer = t->out,
        .lse.pointer = t->lse,
        .key_begin.pointer = t->key_begin,
        .key_end.pointer = t->key_end,
    };
}

/* Bytes of memory that still hold the mark although they belong to no row: all
 * must. */
static bool is_marked(const unsigned char *memory, const unsigned char *owned,
                      size_t bytes)
{
    bool marked = true;
    for (size_t n = 0; n < bytes; n++)
        marked &= owned[n] || memory[n] == MARK;
    return marked;
}

static bool out_is_kept(const struct trial *t)
{
    const struct problem *p = &t->problem;
    const size_t element = orl_elem_bytes(p->out.type);
    unsigned char *owned = calloc(t->out_bytes + 1, 1);
    for (int64_t entry = 0; entry < p->batch; entry++)
        for (int64_t head = 0; head < p->heads; head++)
            for (int64_t i = 0; i < t->queries; i++) {
                const size_t at = trial_row_at(&p->out, entry, head, i);
                for (int64_t c = 0; c < p->out.channels; c++)
                    memset(owned + at + (size_t)(c * p->out.dim) * element, 1,
                           element);
            }
    const bool kept = is_marked(t->out, owned, t->out_bytes);
    free(owned);
    return kept;
}

static bool lse_is_kept(const struct trial *t)
{
    const struct problem *p = &t->problem;
    const size_t bytes = lse_bytes(p);
    unsigned char *owned = calloc(bytes + 1, 1);
    for (int64_t head = 0; head < p->batch * p->heads; head++)
        memset(owned + (size_t)(head * p->queries) * sizeof(float), 1,
               (size_t)t->queries * sizeof(float));
    const bool kept = is_marked((const unsigned char *)t->lse, owned, bytes);
    free(owned);
    return kept;
}

bool trial_is_right(const struct trial *t, char why[TRIAL_WHY])
{
    const struct oracle oracle = trial_oracle(t);
    const struct oracle_verdict v = oracle_check(&oracle, t->out, t->lse);
    if (!v.right) {
        snprintf(why, TRIAL_WHY,
                 "batch entry %" PRId64 ", head %" PRId64 ", row %" PRId64
                 " is off by %.3g, its bound is %.3g",
                 v.entry, v.head, v.row, v.error, v.bound);
        return false;
    }
    if (!out_is_kept(t)) {
        snprintf(why, TRIAL_WHY, "bytes of out between its rows were written");
        return false;
    }
    if (t->lse && !lse_is_kept(t)) {
        snprintf(why, TRIAL_WHY, "lse of rows not in the call was written");
        return false;
    }
    return true;
}
