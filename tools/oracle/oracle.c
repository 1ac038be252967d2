/* oracle.c: attention as it is defined, in double. No loop here is bounded by
 * the window: every key is asked for by its position, so that nothing that the
 * library derives from a window can be wrong here too. */
#include "oracle/oracle.h"

#include "model/elem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows whose keys are turned into doubles together, only to save time: f16 is
 * slow to read, and a key is seen by many rows. */
enum { BLOCK_ROWS = 64 };

/* Rows [first, first + rows) of one batch entry, the keys from the first to the
 * last that any of them sees, and which row sees which: seen[row * keys + j].
 * k, v: those keys of one key head; largest: the largest finite |v| of each. */
struct block {
    const struct oracle *call;
    int64_t entry, first, rows, begin, end;
    unsigned char *seen;
    double *k, *v, *largest, *score;
};

/* Memory for count numbers; the tools that ask an oracle have no use for a
 * result without it. */
static void *room(int64_t count, size_t size)
{
    void *memory = calloc((size_t)count + 1, size);
    if (memory)
        return memory;
    fprintf(stderr, "not enough memory for a check in double precision\n");
    exit(3);
}

struct oracle oracle_of(const struct problem *p, const void *q, const void *k,
                        const void *v)
{
    return (struct oracle) {
        .problem = p,
        .queries = p->queries,
        .keys = p->keys,
        .q = q,
        .k = k,
        .v = v,
    };
}

/* The first key that exists for a batch entry, and the first that no longer
 * does, before both are clamped to [0, keys]. */
static int64_t key_begin(const struct oracle *o, int64_t entry)
{
    return o->key_begin ? o->key_begin[entry] : 0;
}

static int64_t key_end(const struct oracle *o, int64_t entry)
{
    const int64_t end = o->key_end ? o->key_end[entry] : o->keys;
    if (end < 0)
        return 0;
    return end > o->keys ? o->keys : end;
}

static int64_t query_position(const struct oracle *o, int64_t entry, int64_t i)
{
    const struct problem *p = o->problem;
    const int64_t origin = p->query_origin + o->query_origin;
    if (p->align == ORIEL_ALIGN_START)
        return origin + i;
    return origin + i + p->key_origin + o->key_origin + key_end(o, entry) -
           o->queries;
}

/* Whether a query at a position sees key row j. */
static inline bool sees_from(const struct oracle *o, int64_t position,
                             int64_t begin, int64_t end, int64_t j)
{
    const struct problem *p = o->problem;
    if (j < begin || j >= end)
        return false;
    const int64_t distance = p->key_origin + o->key_origin + j - position;
    const bool left = p->left == ORIEL_UNBOUNDED || distance >= -p->left;
    const bool right = p->right == ORIEL_UNBOUNDED || distance <= p->right;
    return left && right;
}

bool oracle_sees(const struct oracle *o, int64_t entry, int64_t i, int64_t j)
{
    return sees_from(o, query_position(o, entry, i), key_begin(o, entry),
                     key_end(o, entry), j);
}

/* Row number row of one head of a tensor, as doubles. */
static void load(double *to, const struct tensor *t, const void *from,
                 int64_t entry, int64_t head, int64_t row)
{
    const int64_t at = entry * t->batch + head * t->head + row * t->row;
    for (int64_t c = 0; c < t->channels; c++)
        to[c] = orl_elem_load(from, (size_t)(at + c * t->dim), t->type);
}

static struct block open_block(const struct oracle *o, int64_t entry,
                               int64_t first, int64_t rows)
{
    const struct problem *p = o->problem;
    struct block b = {.call = o, .entry = entry, .first = first, .rows = rows};
    b.seen = room(rows * o->keys, 1);
    b.begin = o->keys;
    const int64_t begin = key_begin(o, entry), end = key_end(o, entry);
    for (int64_t r = 0; r < rows; r++) {
        const int64_t position = query_position(o, entry, first + r);
        for (int64_t j = 0; j < o->keys; j++) {
            if (!sees_from(o, position, begin, end, j))
                continue;
            b.seen[r * o->keys + j] = 1;
            b.begin = j < b.begin ? j : b.begin;
            b.end = j >= b.end ? j + 1 : b.end;
        }
    }
    const int64_t keys = b.end > b.begin ? b.end - b.begin : 0;
    b.k = room(keys * p->k.channels, sizeof *b.k);
    b.v = room(keys * p->v.channels, sizeof *b.v);
    b.largest = room(keys, sizeof *b.largest);
    b.score = room(keys, sizeof *b.score);
    return b;
}

static void load_keys(struct block *b, int64_t kv_head)
{
    const struct oracle *o = b->call;
    const struct problem *p = o->problem;
    for (int64_t j = b->begin; j < b->end; j++) {
        const int64_t at = j - b->begin;
        load(b->k + at * p->k.channels, &p->k, o->k, b->entry, kv_head, j);
        double *v = b->v + at * p->v.channels;
        load(v, &p->v, o->v, b->entry, kv_head, j);
        b->largest[at] = 0;
        for (int64_t c = 0; c < p->v.channels; c++)
            if (isfinite(v[c]) && fabs(v[c]) > b->largest[at])
                b->largest[at] = fabs(v[c]);
    }
}

static void close_block(struct block *b)
{
    free(b->score);
    free(b->largest);
    free(b->v);
    free(b->k);
    free(b->seen);
}

/* q . k into *sum and the sum of |q_c k_c| into *size. Four sums at a time: one
 * alone waits for each addition. */
static void multiply(const double *q, const double *k, int64_t channels,
                     double *sum, double *size)
{
    double part[4] = {0}, part_size[4] = {0};
    int64_t c = 0;
    for (; c + 4 <= channels; c += 4)
        for (int n = 0; n < 4; n++) {
            const double term = q[c + n] * k[c + n];
            part[n] += term;
            part_size[n] += fabs(term);
        }
    for (; c < channels; c++) {
        part[0] += q[c] * k[c];
        part_size[0] += fabs(q[c] * k[c]);
    }
    *sum = part[0] + part[1] + part[2] + part[3];
    *size = part_size[0] + part_size[1] + part_size[2] + part_size[3];
}

/* Scores of the keys of one row, the largest of them in *peak; NaN if any
 * is. */
static void score_row(struct block *b, const double *q,
                      const unsigned char *seen, struct oracle_row *row,
                      double *peak)
{
    const struct problem *p = b->call->problem;
    const int64_t channels = p->k.channels;
    *peak = -INFINITY;
    for (int64_t j = b->begin; j < b->end; j++) {
        if (!seen[j])
            continue;
        double s, terms;
        multiply(q, b->k + (j - b->begin) * channels, channels, &s, &terms);
        s *= p->scale;
        terms *= p->scale;
        if (p->softcap > 0)
            s = p->softcap * tanh(s / p->softcap);
        b->score[j - b->begin] = s;
        row->keys++;
        if (isfinite(terms) && terms > row->terms)
            row->terms = terms;
        *peak = isnan(s) || s > *peak ? s : *peak;
    }
}

/* One row of one head, whose keys are loaded. */
static struct oracle_row answer(struct block *b, int64_t r, int64_t head,
                                double *out)
{
    const struct oracle *o = b->call;
    const struct problem *p = o->problem;
    const unsigned char *seen = b->seen + r * o->keys;
    const int64_t channels = p->v.channels;
    struct oracle_row row = {.lse = -INFINITY};
    double q[ORL_MAX_DIM], peak, mass = 0;

    load(q, &p->q, o->q, b->entry, head, b->first + r);
    score_row(b, q, seen, &row, &peak);
    for (int64_t c = 0; c < channels; c++)
        out[c] = 0;
    for (int64_t j = b->begin; j < b->end; j++) {
        if (!seen[j])
            continue;
        const double *v = b->v + (j - b->begin) * channels;
        /* A row whose scores are all -inf is a row without keys. */
        const double weight =
            peak == -INFINITY ? 0 : exp(b->score[j - b->begin] - peak);
        mass += weight;
        for (int64_t c = 0; c < channels; c++)
            out[c] += weight * v[c];
        if (b->largest[j - b->begin] > row.values)
            row.values = b->largest[j - b->begin];
    }
    if (peak == -INFINITY) {
        memset(out, 0, (size_t)channels * sizeof *out);
        return row;
    }
    row.lse = peak + log(mass);
    for (int64_t c = 0; c < channels; c++)
        out[c] /= mass;
    return row;
}

struct oracle_row oracle_row(const struct oracle *o, int64_t entry,
                             int64_t head, int64_t i, double *out)
{
    const struct problem *p = o->problem;
    struct block b = open_block(o, entry, i, 1);
    load_keys(&b, head / (p->heads / p->kv_heads));
    const struct oracle_row row = answer(&b, 0, head, out);
    close_block(&b);
    return row;
}

/* Half of the last place of a number of that type, relative to it. */
static double unit_of(uint32_t type)
{
    return type == ORIEL_F16 ? 0x1p-11 : type == ORIEL_BF16 ? 0x1p-8 : 0;
}

double oracle_bound(const struct oracle_row *row, double out, uint32_t type,
                    uint32_t weight_type)
{
    const double sums = 2e-6 * (1 + row->terms / 16) + unit_of(weight_type);
    if (row->values <= 0)
        return sums;
    /* Below the smallest normal number, what is lost is no longer relative:
     * half a step of f16; all of it where a device flushes to zero. */
    const double floor = type == ORIEL_F16 ? 0x1p-25 : FLT_MIN;
    return sums + (unit_of(type) * fabs(out) + floor) / row->values;
}

/* Where the answer, as the type stores it, is no finite number, only that
 * counts; an infinity may come as NaN, which is what it makes of a weight that
 * underflowed to 0. */
static bool met_without_bound(double want, double got, uint32_t type,
                              double slack, bool *met)
{
    float stored = 0;
    if (isnan(want)) {
        *met = isnan(got);
        return true;
    }
    if (isinf(want)) {
        *met = isnan(got) || got == want;
        return true;
    }
    orl_elem_store(&stored, 0, type, (float)(want + copysign(slack, want)));
    if (isinf(got) && isinf(orl_elem_load(&stored, 0, type))) {
        *met = (got > 0) == (want > 0);
        return true;
    }
    *met = false;
    return !isfinite(got);
}

static bool lse_is_right(const struct oracle_row *row, float got)
{
    if (isnan(row->lse)) /* +inf - +inf: its own logarithm is +inf */
        return isnan(got) || got == INFINITY;
    if (isinf(row->lse))
        return (double)got == row->lse;
    const double allowed = 2e-6 * (1 + row->terms / 16) + 1e-6 * fabs(row->lse);
    return fabs(got - row->lse) <= allowed;
}

/* Rows without keys, which have no bound to be near to, come last. */
static double nearness(double error, double bound)
{
    if (bound > 0)
        return error / bound;
    return error > 0 ? INFINITY : -1;
}

/* Takes up one number of a row: how far off, and how far it may be. */
static void take(struct oracle_verdict *verdict, const struct oracle_row *row,
                 double want, double got, const struct oracle *o, int64_t entry,
                 int64_t head, int64_t i)
{
    const uint32_t type = o->problem->out.type;
    const bool empty = row->lse == -INFINITY;
    const double size = isfinite(want) ? want : 0;
    const double bound =
        empty ? 0 : oracle_bound(row, size, type, o->weight_type);
    double error = 0;
    bool met;
    if (met_without_bound(want, got, type, bound * row->values, &met))
        error = met ? 0 : INFINITY;
    else if (got != want)
        error = row->values > 0 && !empty ? fabs(got - want) / row->values
                                          : INFINITY;

    verdict->right &= error <= bound;
    if (verdict->entry < 0 || error > verdict->largest) {
        verdict->largest = error;
        verdict->largest_bound = bound;
    }
    if (verdict->entry < 0 ||
        nearness(error, bound) > nearness(verdict->error, verdict->bound)) {
        verdict->error = error;
        verdict->bound = bound;
        verdict->entry = entry;
        verdict->head = head;
        verdict->row = i;
    }
}

static void check_row(struct oracle_verdict *verdict, struct block *b,
                      int64_t r, int64_t head, const void *out,
                      const float *lse)
{
    const struct problem *p = b->call->problem;
    const int64_t i = b->first + r;
    double want[ORL_MAX_DIM];
    const struct oracle_row row = answer(b, r, head, want);
    const int64_t at =
        b->entry * p->out.batch + head * p->out.head + i * p->out.row;
    for (int64_t c = 0; c < p->out.channels; c++) {
        const double got =
            orl_elem_load(out, (size_t)(at + c * p->out.dim), p->out.type);
        take(verdict, &row, want[c], got, b->call, b->entry, head, i);
    }
    if (!lse)
        return;
    const float got = lse[(b->entry * p->heads + head) * p->queries + i];
    if (!lse_is_right(&row, got)) {
        const double bound =
            oracle_bound(&row, 0, p->out.type, b->call->weight_type);
        *verdict = (struct oracle_verdict) {
            .error = INFINITY,
            .bound = bound,
            .largest = INFINITY,
            .largest_bound = bound,
            .entry = b->entry,
            .head = head,
            .row = i,
        };
    }
}

struct oracle_verdict oracle_check(const struct oracle *o, const void *out,
                                   const float *lse)
{
    const struct problem *p = o->problem;
    const int64_t group = p->heads / p->kv_heads;
    struct oracle_verdict verdict = {.right = true, .entry = -1};

    for (int64_t entry = 0; entry < p->batch; entry++)
        for (int64_t i = 0; i < o->queries; i += BLOCK_ROWS) {
            const int64_t rows =
                o->queries - i < BLOCK_ROWS ? o->queries - i : BLOCK_ROWS;
            struct block b = open_block(o, entry, i, rows);
            for (int64_t head = 0; head < p->heads; head++) {
                if (head % group == 0)
                    load_keys(&b, head / group);
                for (int64_t r = 0; r < rows; r++)
                    check_row(&verdict, &b, r, head, out, lse);
            }
            close_block(&b);
        }
    return verdict;
}
