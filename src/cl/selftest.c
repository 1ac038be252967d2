/* selftest.c: whether a program computes on this device what it should. */
#include "cl/selftest.h"

#include "base/arith.h"
#include "cl/check.h"
#include "cl/launch.h"
#include "cl/wait.h"
#include "model/elem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 2, QUERIES = 7, MOST_KEYS = 512 };

/* One test: a problem, its inputs, and what came out. Entry 1 has fewer keys;
 * those beyond hold NaN, which must not get out. */
struct trial {
    struct problem problem;
    int32_t key_begin[ENTRIES], key_end[ENTRIES];
    void *q, *k, *v, *out; /* as stored, of the sizes of bytes_of */
    float *lse;
};

/* Windows to try: the first that the plan's words allow. */
struct geometry {
    int64_t left, right, keys;
};

static const struct geometry narrow[] = {
    {3, 2, 11}, {2, 0, 11}, {1, 0, 11}, {0, 0, 11}};

/* Each query sees a whole tile of keys and parts of others. */
static struct geometry wide(const struct plan *plan)
{
    const int64_t tile = orl_plan_word(plan, "KEY_TILE");
    return (struct geometry) {3, 2 * tile + 16, 2 * tile + 40};
}

static oriel_strides channels_outermost(int64_t heads, int64_t rows,
                                        int64_t channels)
{
    return (oriel_strides) {.batch = heads * rows * channels,
                            .head = rows * channels,
                            .row = 1,
                            .dim = rows};
}

/* Rows of q, k and v that begin at multiples of 8 elements. */
static oriel_strides rows_apart(int64_t heads, int64_t rows, int64_t channels)
{
    const int64_t row = orl_ceil_div(channels, 8) * 8;
    return (oriel_strides) {
        .batch = heads * rows * row, .head = rows * row, .row = row, .dim = 1};
}

static oriel_status problem_of(struct problem *out, const struct plan *plan,
                               const struct geometry *g)
{
    const struct variant *v = &plan->variant;
    const int64_t keys = g->keys;
    /* All of them share a head of keys, in packs or tiles of so many. */
    const int64_t heads = orl_max(orl_max(orl_plan_word(plan, "GROUP_PACK"),
                                          orl_plan_word(plan, "HEAD_TILE")),
                                  2);
    /* The border between two blocks of queries falls among the rows, and that
     * between two segments, which count from position 0 where left is
     * unbounded. */
    const int64_t segment = orl_plan_word(plan, "SEGMENT");
    const int64_t block =
        orl_max(orl_max(orl_plan_word(plan, "QUERY_TILE"), segment), 1);
    oriel_problem p = {.size = sizeof p,
                       .extras = ORIEL_EXTRA_LSE | ORIEL_EXTRA_KEY_RANGE,
                       .batch = ENTRIES,
                       .heads = heads,
                       .kv_heads = 1,
                       .queries = QUERIES,
                       .keys = keys,
                       .head_dim = v->head_dim,
                       .v_dim = v->v_dim,
                       .left = segment > 0 ? ORIEL_UNBOUNDED : g->left,
                       .right = g->right,
                       .query_origin = 4 * block - 3,
                       .key_origin = 4 * block - 5,
                       .type = v->q_type,
                       .k_type = v->k_type,
                       .v_type = v->v_type,
                       .out_type = v->out_type,
                       .align = ORIEL_ALIGN_START,
                       .softcap = v->softcap ? 2.5f : 0.0f};
    if (orl_plan_word(plan, "STRIDED")) {
        p.q = channels_outermost(heads, QUERIES, v->head_dim);
        p.k = channels_outermost(1, keys, v->head_dim);
        p.v = channels_outermost(1, keys, v->v_dim);
        p.out = channels_outermost(heads, QUERIES, v->v_dim);
    } else if (orl_plan_word(plan, "ALIGNED")) {
        p.q = rows_apart(heads, QUERIES, v->head_dim);
        p.k = rows_apart(1, keys, v->head_dim);
        p.v = rows_apart(1, keys, v->v_dim);
    }
    return orl_problem_check(out, &p);
}

/* The widest window that goes with the plan. */
static oriel_status problem_for(struct problem *out, const struct plan *plan,
                                const struct device *facts)
{
    const struct geometry first = wide(plan);
    if (orl_plan_word(plan, "KEY_TILE") && first.keys <= MOST_KEYS) {
        ORL_TRY(problem_of(out, plan, &first));
        if (!plan->family->objects(plan, out, facts))
            return ORIEL_OK;
    }
    size_t n = 0;
    do
        ORL_TRY(problem_of(out, plan, &narrow[n]));
    while (plan->family->objects(plan, out, facts) &&
           ++n < sizeof narrow / sizeof narrow[0]);
    return ORIEL_OK;
}

static size_t index_of(const struct tensor *t, int64_t entry, int64_t head,
                       int64_t row, int64_t channel)
{
    return (size_t)(entry * t->batch + head * t->head + row * t->row +
                    channel * t->dim);
}

static size_t lse_bytes(const struct problem *p)
{
    return sizeof(float) * ENTRIES * QUERIES * (size_t)p->heads;
}

static size_t bytes_of(const struct tensor *t, int64_t heads, int64_t rows)
{
    return (size_t)orl_tensor_extent(t, ENTRIES, heads, rows) *
           orl_elem_bytes(t->type);
}

/* Numbers in [-1, 1) in no order a kernel could get right by chance. */
static void fill(void *data, const struct tensor *t, int64_t heads,
                 int64_t rows, uint32_t seed)
{
    for (int64_t b = 0; b < ENTRIES; b++)
        for (int64_t h = 0; h < heads; h++)
            for (int64_t i = 0; i < rows; i++)
                for (int32_t c = 0; c < t->channels; c++) {
                    seed = seed * 1664525u + 1013904223u;
                    orl_elem_store(data, index_of(t, b, h, i, c), t->type,
                                   (float)(seed >> 8) * 0x1p-23f - 1.0f);
                }
}

static void poison(const struct trial *t, void *data, const struct tensor *x)
{
    for (int64_t b = 0; b < ENTRIES; b++)
        for (int64_t j = 0; j < t->problem.keys; j++)
            for (int32_t c = 0; c < x->channels; c++)
                if (j < t->key_begin[b] || j >= t->key_end[b])
                    orl_elem_store(data, index_of(x, b, 0, j, c), x->type, NAN);
}

/* ---- The definition ----------------------------------------------------- */

struct answer {
    double out[ORL_MAX_DIM];
    double lse;
    double terms;  /* largest over keys of scale * sum of |q_c k_c| */
    double values; /* largest |v| seen */
};

static bool sees(const struct trial *t, int64_t entry, int64_t i, int64_t j)
{
    const struct problem *p = &t->problem;
    const int64_t distance = p->key_origin + j - (p->query_origin + i);
    return j >= t->key_begin[entry] && j < t->key_end[entry] &&
           distance >= -p->left && distance <= p->right;
}

static double score_of(const struct trial *t, int64_t entry, int64_t head,
                       int64_t i, int64_t j, double *terms)
{
    const struct problem *p = &t->problem;
    double sum = 0.0, size = 0.0;
    for (int32_t c = 0; c < p->q.channels; c++) {
        const double x =
            (double)orl_elem_load(t->q, index_of(&p->q, entry, head, i, c),
                                  p->q.type) *
            (double)orl_elem_load(t->k, index_of(&p->k, entry, 0, j, c),
                                  p->k.type);
        sum += x;
        size += fabs(x);
    }
    *terms = fmax(*terms, size * (double)p->scale);
    sum *= (double)p->scale;
    const double cap = (double)p->softcap;
    return cap > 0.0 ? cap * tanh(sum / cap) : sum;
}

static void answer(const struct trial *t, int64_t entry, int64_t head,
                   int64_t i, struct answer *a)
{
    const struct problem *p = &t->problem;
    double score[MOST_KEYS], peak = -INFINITY, mass = 0.0;
    *a = (struct answer) {.lse = -INFINITY};
    for (int64_t j = 0; j < p->keys; j++) {
        score[j] = -INFINITY;
        if (sees(t, entry, i, j))
            score[j] = score_of(t, entry, head, i, j, &a->terms);
        peak = fmax(peak, score[j]);
    }
    for (int64_t j = 0; j < p->keys; j++) {
        if (!sees(t, entry, i, j))
            continue;
        const double weight = exp(score[j] - peak);
        mass += weight;
        for (int32_t c = 0; c < p->v.channels; c++) {
            const double v = (double)orl_elem_load(
                t->v, index_of(&p->v, entry, 0, j, c), p->v.type);
            a->out[c] += weight * v;
            a->values = fmax(a->values, fabs(v));
        }
    }
    for (int32_t c = 0; c < p->v.channels && mass > 0.0; c++)
        a->out[c] /= mass;
    if (mass > 0.0)
        a->lse = peak + log(mass);
}

/* Whether a result is near enough. Four times the bound that users are
 * promised: a wrong kernel is far beyond it, a coarse exponential is not. */
static bool near(double got, double want, const struct answer *a, uint32_t type,
                 uint32_t weight_type)
{
    static const double unit[] = {
        [ORIEL_F32] = 0.0, [ORIEL_F16] = 0x1p-11, [ORIEL_BF16] = 0x1p-8};
    const double bound =
        8e-6 * (1.0 + a->terms / 16.0) + 2.0 * unit[weight_type];
    return got == want ||
           fabs(got - want) <= bound * a->values + unit[type] * fabs(want);
}

/* ORIEL_E_UNSUPPORTED names the first element that is wrong. */
static oriel_status compare(const struct trial *t, const struct engine *engine,
                            const struct plan *plan)
{
    const struct problem *p = &t->problem;
    for (int64_t n = 0; n < ENTRIES * p->heads * QUERIES; n++) {
        const int64_t b = n / (p->heads * QUERIES), h = n / QUERIES % p->heads;
        const int64_t i = n % QUERIES;
        struct answer a;
        answer(t, b, h, i, &a);
        const double lse = (double)t->lse[n];
        if (lse != a.lse && !(fabs(lse - a.lse) <= 8e-6 * (1.0 + a.terms)))
            return orl_fail(ORIEL_E_UNSUPPORTED,
                            "%s.cl fails its self-test on %s: a wrong "
                            "log-sum-exp in row %d",
                            plan->family->name, engine->device.name, (int)i);
        for (int32_t c = 0; c < p->v.channels; c++) {
            const double got = (double)orl_elem_load(
                t->out, index_of(&p->out, b, h, i, c), p->out.type);
            if (!near(got, a.out[c], &a, p->out.type,
                      orl_plan_weight_type(plan)))
                return orl_fail(ORIEL_E_UNSUPPORTED,
                                "%s.cl fails its self-test on %s: a wrong "
                                "result in row %d, channel %d",
                                plan->family->name, engine->device.name, (int)i,
                                (int)c);
        }
    }
    return ORIEL_OK;
}

/* ---- On the device ------------------------------------------------------ */

static oriel_status upload(cl_mem *out, const struct engine *engine, void *data,
                           size_t size)
{
    cl_int code;
    *out = clCreateBuffer(engine->context,
                          CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size, data,
                          &code);
    return orl_cl_check(code, "clCreateBuffer");
}

static oriel_status upload_all(struct job *job, const struct engine *engine,
                               const struct plan *plan, struct trial *t)
{
    const struct problem *p = &t->problem;
    cl_mem *m = job->memory;
    ORL_TRY(
        upload(&m[CALL_Q], engine, t->q, bytes_of(&p->q, p->heads, QUERIES)));
    ORL_TRY(upload(&m[CALL_K], engine, t->k, bytes_of(&p->k, 1, p->keys)));
    ORL_TRY(upload(&m[CALL_V], engine, t->v, bytes_of(&p->v, 1, p->keys)));
    ORL_TRY(upload(&m[CALL_OUT], engine, t->out,
                   bytes_of(&p->out, p->heads, QUERIES)));
    ORL_TRY(upload(&m[CALL_LSE], engine, t->lse, lse_bytes(p)));
    ORL_TRY(
        upload(&m[CALL_KEY_BEGIN], engine, t->key_begin, sizeof t->key_begin));
    ORL_TRY(upload(&m[CALL_KEY_END], engine, t->key_end, sizeof t->key_end));

    const int64_t scratch = plan->family->workspace(plan, &job->extent);
    if (scratch == 0)
        return ORIEL_OK;
    cl_int code;
    m[CALL_WORKSPACE] = clCreateBuffer(engine->context, CL_MEM_READ_WRITE,
                                       (size_t)scratch, NULL, &code);
    return orl_cl_check(code, "clCreateBuffer");
}

static oriel_status run(struct engine *engine, const struct plan *plan,
                        const cl_kernel *kernels, struct trial *t)
{
    const struct problem *p = &t->problem;
    const struct part whole = {p->queries, p->keys, p->query_origin,
                               p->key_origin};
    struct job job = orl_job(p, &whole);
    const size_t out_bytes = bytes_of(&p->out, p->heads, QUERIES);
    oriel_status status = upload_all(&job, engine, plan, t);
    if (status == ORIEL_OK)
        status = orl_launch(plan, kernels, engine->queue, &job, 0, NULL, NULL);
    if (status == ORIEL_OK)
        status =
            orl_read(engine->queue, job.memory[CALL_OUT], out_bytes, t->out);
    if (status == ORIEL_OK)
        status =
            orl_read(engine->queue, job.memory[CALL_LSE], lse_bytes(p), t->lse);
    for (int n = 0; n < CALL_STRUCT; n++)
        if (job.memory[n])
            clReleaseMemObject(job.memory[n]);
    return status;
}

oriel_status orl_selftest(struct engine *engine, const struct plan *plan,
                          const cl_kernel *kernels)
{
    struct trial t = {0};
    const struct device facts = orl_engine_facts(engine);
    ORL_TRY(problem_for(&t.problem, plan, &facts));
    const struct problem *p = &t.problem;
    for (int b = 0; b < ENTRIES; b++) {
        t.key_begin[b] = 2 * b;
        t.key_end[b] = (int32_t)p->keys - 3 * b;
    }
    oriel_status status = ORIEL_OK;
    const size_t out_bytes = bytes_of(&p->out, p->heads, QUERIES);
    t.q = malloc(bytes_of(&p->q, p->heads, QUERIES));
    t.k = malloc(bytes_of(&p->k, 1, p->keys));
    t.v = malloc(bytes_of(&p->v, 1, p->keys));
    t.out = malloc(out_bytes);
    t.lse = malloc(lse_bytes(p));
    if (!t.q || !t.k || !t.v || !t.out || !t.lse) {
        status = orl_fail(ORIEL_E_MEMORY, "no memory for a self-test");
        goto done;
    }
    fill(t.q, &p->q, p->heads, QUERIES, 1);
    fill(t.k, &p->k, 1, p->keys, 2);
    fill(t.v, &p->v, 1, p->keys, 3);
    poison(&t, t.k, &p->k);
    poison(&t, t.v, &p->v);
    memset(t.out, 0xff, out_bytes); /* NaN in every type: rows not written */
    memset(t.lse, 0xff, lse_bytes(p));
    status = run(engine, plan, kernels, &t);
    if (status == ORIEL_OK)
        status = compare(&t, engine, plan);

done:
    free(t.q);
    free(t.k);
    free(t.v);
    free(t.out);
    free(t.lse);
    return status;
}
