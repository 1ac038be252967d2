/* run_inputs.c: memory for the tensors of a problem, filled from files or with
 * seeded random numbers.
 *
 * Whatever is not an element of a tensor is NaN: gaps between strided rows,
 * and results before the run. So a kernel that reads or leaves out too much
 * shows up in the checks. */
#include "run.h"

#include "base/arith.h"
#include "base/error.h"
#include "model/elem.h"

#include <stdlib.h>
#include <string.h>

static const struct tensor *tensor_of(const struct problem *p, int n)
{
    return n == RUN_Q   ? &p->q
           : n == RUN_K ? &p->k
           : n == RUN_V ? &p->v
                        : &p->out;
}

static int64_t heads_of(const struct problem *p, int n)
{
    return n == RUN_K || n == RUN_V ? p->kv_heads : p->heads;
}

static int64_t rows_of(const struct problem *p, int n)
{
    return n == RUN_K || n == RUN_V ? p->keys : p->queries;
}

/* False: more than memory can hold. */
static bool size_of(const struct problem *p, int n, struct storage *s)
{
    const struct tensor *t = tensor_of(p, n);
    const int64_t extent =
        orl_tensor_extent(t, p->batch, heads_of(p, n), rows_of(p, n));
    /* Where a problem promises less than 16 bytes, the tool uses it. */
    s->offset = p->offset_align < 16 ? p->offset_align : 0;
    if ((uint64_t)extent > SIZE_MAX ||
        !orl_mul_size(&s->size, (size_t)extent, orl_elem_bytes(t->type)) ||
        s->size > SIZE_MAX - s->offset)
        return false;
    s->size += s->offset;
    return true;
}

static size_t lse_bytes(const struct problem *p)
{
    return p->extras & ORIEL_EXTRA_LSE
               ? (size_t)(p->batch * p->heads * p->queries) * sizeof(float)
               : 0;
}

double run_bytes(const struct run *r)
{
    double total = (double)lse_bytes(&r->problem);
    for (int n = 0; n < RUN_TENSORS; n++) {
        struct storage s;
        total += size_of(&r->problem, n, &s) ? (double)s.size : 1.8e19;
    }
    return total;
}

oriel_status run_fits(const struct run *r)
{
    const struct device *d = &r->device;
    const double total = run_bytes(r);
    static const char *const name[RUN_TENSORS] = {"q", "k", "v", "out"};
    for (int n = 0; n < RUN_TENSORS; n++) {
        struct storage s;
        const bool sized = size_of(&r->problem, n, &s);
        if (!sized ||
            (d->allocation_bytes > 0 && s.size > (uint64_t)d->allocation_bytes))
            return orl_fail(ORIEL_E_UNSUPPORTED,
                            "%s needs a buffer of %.0f bytes; the largest on "
                            "this device (%.60s) is %lld",
                            name[n], sized ? (double)s.size : 1.8e19, d->name,
                            (long long)d->allocation_bytes);
    }
    if (d->global_bytes > 0 && total > (double)d->global_bytes)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "q, k, v and out need %.0f bytes; this device (%.60s) "
                        "has %lld",
                        total, d->name, (long long)d->global_bytes);
    return ORIEL_OK;
}

size_t run_index(const struct tensor *t, int64_t entry, int64_t head,
                 int64_t row, int64_t channel)
{
    return (size_t)(entry * t->batch + head * t->head + row * t->row +
                    channel * t->dim);
}

oriel_status run_storage(struct run *r)
{
    const struct problem *p = &r->problem;
    for (int n = 0; n < RUN_TENSORS; n++) {
        struct storage *s = &r->tensor[n];
        if (size_of(p, n, s))
            s->bytes = malloc(s->size);
        if (!s->bytes)
            return orl_fail(ORIEL_E_MEMORY, "no memory for %zu bytes", s->size);
        memset(s->bytes, 0xff, s->size); /* NaN in all three types */
    }
    if (p->extras & ORIEL_EXTRA_LSE) {
        r->lse = malloc(lse_bytes(p));
        if (!r->lse)
            return orl_fail(ORIEL_E_MEMORY, "no memory for %zu bytes",
                            lse_bytes(p));
        memset(r->lse, 0xff, lse_bytes(p));
    }
    return ORIEL_OK;
}

/* ---- Random -------------------------------------------------------------- */

/* splitmix64 of a counter: the same numbers in whatever order they are asked
 * for, on every machine. */
static uint64_t mixed(uint64_t counter)
{
    uint64_t x = (counter + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Mean 0, variance 1: the sum of four uniform numbers of 16 bits. Never beyond
 * +-3.5. */
static float normal(uint64_t counter)
{
    const uint64_t x = mixed(counter);
    const int64_t sum = (int64_t)(x & 0xffff) + (int64_t)(x >> 16 & 0xffff) +
                        (int64_t)(x >> 32 & 0xffff) + (int64_t)(x >> 48);
    return (float)(sum - 2 * 0xffff) * (1.7320508f / 65536.0f);
}

static void random_tensor(struct run *r, int n)
{
    const struct tensor *t = tensor_of(&r->problem, n);
    unsigned char *first = r->tensor[n].bytes + r->tensor[n].offset;
    uint64_t counter = mixed(r->seed * 4 + (uint64_t)n);
    for (int64_t b = 0; b < r->problem.batch; b++)
        for (int64_t h = 0; h < heads_of(&r->problem, n); h++)
            for (int64_t i = 0; i < rows_of(&r->problem, n); i++)
                for (int64_t c = 0; c < t->channels; c++)
                    orl_elem_store(first, run_index(t, b, h, i, c), t->type,
                                   normal(counter++));
}

/* Each entry loses up to a quarter of its keys at either end. */
static void random_limits(struct run *r)
{
    const uint64_t quarter = (uint64_t)r->problem.keys / 4 + 1;
    const uint64_t counter = mixed(r->seed * 4 + RUN_TENSORS);
    for (int64_t b = 0; b < r->problem.batch; b++) {
        const uint64_t place = counter + 2 * (uint64_t)b;
        r->key_begin[b] = (int32_t)(mixed(place) % quarter);
        r->key_end[b] =
            (int32_t)(r->problem.keys - (int64_t)(mixed(place + 1) % quarter));
    }
}

void run_random(struct run *r)
{
    for (int n = RUN_Q; n <= RUN_V; n++)
        random_tensor(r, n);
    if (r->key_begin && r->key_end)
        random_limits(r);
}

/* ---- Files --------------------------------------------------------------- */

static uint32_t elem_type(enum array_type type)
{
    return type == ARRAY_F4   ? ORIEL_F32
           : type == ARRAY_F2 ? ORIEL_F16
                              : ORIEL_BF16;
}

/* The strides are those of the file, so an element keeps its number. */
static void convert(struct run *r, int n)
{
    const struct array *a = &r->file[n];
    const uint32_t to = tensor_of(&r->problem, n)->type;
    const uint32_t from = elem_type(a->type);
    unsigned char *first = r->tensor[n].bytes + r->tensor[n].offset;
    if (from == to) {
        memcpy(first, a->values, a->bytes);
        return;
    }
    for (size_t i = 0; i < a->count; i++)
        orl_elem_store(first, i, to, orl_elem_load(a->values, i, from));
}

static void convert_limits(const struct array *a, int32_t *out)
{
    for (size_t i = 0; i < a->count; i++) {
        int64_t wide = 0;
        int32_t narrow = 0;
        memcpy(a->type == ARRAY_I8 ? (void *)&wide : (void *)&narrow,
               (const char *)a->values + i * array_type_bytes(a->type),
               array_type_bytes(a->type));
        out[i] = (int32_t)orl_clamp(a->type == ARRAY_I8 ? wide : narrow,
                                    INT32_MIN, INT32_MAX);
    }
}

static oriel_status allocate_limits(struct run *r)
{
    const bool from_file[2] = {r->limit_file[0].values != NULL,
                               r->limit_file[1].values != NULL};
    const bool random = !from_file[0] && !from_file[1];
    int32_t **limit[2] = {&r->key_begin, &r->key_end};
    for (int n = 0; n < 2; n++) {
        if (!random && !from_file[n])
            continue;
        *limit[n] = calloc((size_t)r->problem.batch, sizeof **limit[n]);
        if (!*limit[n])
            return orl_fail(ORIEL_E_MEMORY, "no memory for key ranges");
        if (from_file[n])
            convert_limits(&r->limit_file[n], *limit[n]);
    }
    if (random)
        random_limits(r);
    return ORIEL_OK;
}

/* Visible pairs of one entry that sees rows [begin, end) of k. */
static double pairs_of_entry(const struct problem *p, int64_t begin,
                             int64_t end)
{
    begin = orl_clamp(begin, 0, p->keys);
    end = orl_clamp(end, 0, p->keys);
    if (begin >= end)
        return 0;
    int64_t position = p->query_origin;
    if (p->align == ORIEL_ALIGN_END)
        position += p->key_origin + end - p->queries;
    const struct window w =
        orl_window(p->queries, end - begin, p->left, p->right,
                   position - (p->key_origin + begin));
    return (double)orl_window_pairs(&w) * (double)p->heads;
}

oriel_status run_inputs(struct run *r)
{
    const struct problem *p = &r->problem;
    ORL_TRY(run_storage(r));
    for (int n = RUN_Q; n <= RUN_V; n++) {
        if (!r->file[n].values) {
            random_tensor(r, n);
        } else {
            convert(r, n);
            array_free(&r->file[n]);
        }
    }
    r->pairs = orl_problem_pairs(p);
    if (!(p->extras & ORIEL_EXTRA_KEY_RANGE))
        return ORIEL_OK;
    ORL_TRY(allocate_limits(r));
    r->pairs = 0;
    for (int64_t b = 0; b < p->batch; b++)
        r->pairs += pairs_of_entry(p, r->key_begin ? r->key_begin[b] : 0,
                                   r->key_end ? r->key_end[b] : p->keys);
    return ORIEL_OK;
}

void run_release(struct run *r)
{
    for (int n = 0; n < RUN_TENSORS; n++) {
        free(r->tensor[n].bytes);
        r->tensor[n].bytes = NULL;
    }
    free(r->lse);
    r->lse = NULL;
}

void run_free(struct run *r)
{
    for (int n = 0; n < 3; n++)
        array_free(&r->file[n]);
    for (int n = 0; n < 2; n++)
        array_free(&r->limit_file[n]);
    array_free(&r->expect);
    run_release(r);
    free(r->key_begin);
    free(r->key_end);
    free(r->reference);
    *r = (struct run) {.a = NULL};
}
