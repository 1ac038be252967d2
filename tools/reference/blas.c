/* blas.c: attention as two matrix products a block, by CLBlast. */
#include "reference/blas.h"

#include "base/error.h"
#include "model/elem.h"

#include <clblast_c.h>
#include <math.h>
#include <stdlib.h>

enum { BLOCK_ROWS = 64 };

/* Where one call stands: the key head whose rows are on the device, and the
 * block at work, whose rows are those of all query heads of that key head. */
struct work {
    const struct oracle *call;
    cl_context context;
    cl_command_queue queue;
    int64_t entry, kv_head, group;
    int64_t first, rows; /* queries of the block */
    int64_t begin, end;  /* keys that one of them may see */
    float *q, *k, *v;    /* the block's rows; its keys */
    float *score, *out;  /* [group * rows][keys]; [group * rows][v_dim] */
    cl_mem device[5];    /* q, k, v, score, out as above */
};

bool blas_built(void)
{
    return true;
}

void blas_forget(void)
{
    CLBlastClearCache();
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Limits of the keys of the entry, within [0, keys]. */
static int64_t limit(const struct oracle *call, const int32_t *limits,
                     int64_t entry, int64_t otherwise)
{
    return clamp(limits ? limits[entry] : otherwise, 0, call->keys);
}

/* Row of k that stands where query row i does. */
static int64_t diagonal(const struct work *w, int64_t i)
{
    const struct oracle *call = w->call;
    const struct problem *p = call->problem;
    const int64_t query = p->query_origin + call->query_origin + i;
    if (p->align == ORIEL_ALIGN_START)
        return query - p->key_origin - call->key_origin;
    return query + limit(call, call->key_end, w->entry, call->keys) -
           call->queries;
}

static int64_t lowest(const struct work *w, int64_t i)
{
    const struct oracle *call = w->call;
    const int64_t begin = limit(call, call->key_begin, w->entry, 0);
    if (call->problem->left == ORIEL_UNBOUNDED)
        return begin;
    const int64_t reach = diagonal(w, i) - call->problem->left;
    return reach > begin ? reach : begin;
}

static int64_t beyond(const struct work *w, int64_t i)
{
    const struct oracle *call = w->call;
    const int64_t end = limit(call, call->key_end, w->entry, call->keys);
    if (call->problem->right == ORIEL_UNBOUNDED)
        return end;
    const int64_t reach = diagonal(w, i) + call->problem->right + 1;
    return reach < end ? reach : end;
}

/* Rows [begin, end) of one head, as packed floats; false if one is not
 * finite. */
static bool load(float *to, const struct tensor *t, const void *from,
                 int64_t entry, int64_t head, int64_t begin, int64_t end)
{
    bool finite = true;
    for (int64_t row = begin; row < end; row++)
        for (int64_t c = 0; c < t->channels; c++, to++) {
            const int64_t at =
                entry * t->batch + head * t->head + row * t->row + c * t->dim;
            *to = orl_elem_load(from, (size_t)at, t->type);
            finite &= isfinite(*to) != 0;
        }
    return finite;
}

static oriel_status send(struct work *w, int which, const float *from,
                         int64_t count)
{
    const cl_int code =
        clEnqueueWriteBuffer(w->queue, w->device[which], CL_TRUE, 0,
                             (size_t)count * sizeof *from, from, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        return orl_fail(ORIEL_E_OPENCL,
                        "the reference: clEnqueueWriteBuffer failed with %d",
                        code);
    return ORIEL_OK;
}

static oriel_status fetch(struct work *w, int which, float *to, int64_t count)
{
    const cl_int code =
        clEnqueueReadBuffer(w->queue, w->device[which], CL_TRUE, 0,
                            (size_t)count * sizeof *to, to, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        return orl_fail(ORIEL_E_OPENCL,
                        "the reference: clEnqueueReadBuffer failed with %d",
                        code);
    return ORIEL_OK;
}

/* c = scale * a b, or a b^T, all packed by rows. The plain form: the strided
 * one of CLBlast 1.5.3 ignores the offset of b from 2^30 multiplications on. */
static oriel_status multiply(struct work *w, CLBlastTranspose transpose,
                             const int64_t size[3], float scale,
                             const int operand[3])
{
    const size_t m = (size_t)size[0], n = (size_t)size[1], k = (size_t)size[2];
    const size_t b_pitch = transpose == CLBlastTransposeYes ? k : n;
    const CLBlastStatusCode code = CLBlastSgemm(
        CLBlastLayoutRowMajor, CLBlastTransposeNo, transpose, m, n, k, scale,
        w->device[operand[0]], 0, k, w->device[operand[1]], 0, b_pitch, 0,
        w->device[operand[2]], 0, n, &w->queue, NULL);
    if (code != CLBlastSuccess)
        return orl_fail(ORIEL_E_OPENCL,
                        "the reference: CLBlastSgemm failed with %d",
                        (int)code);
    return ORIEL_OK;
}

/* Scores to weights, in place; what the row does not see weighs nothing. */
static void soften(const struct work *w, float *score, int64_t i)
{
    const struct problem *p = w->call->problem;
    const int64_t begin = clamp(lowest(w, i), w->begin, w->end);
    const int64_t end = clamp(beyond(w, i), begin, w->end);
    float *const at = score - w->begin;
    double peak = -INFINITY, mass = 0;

    for (int64_t j = begin; j < end; j++) {
        if (p->softcap > 0)
            at[j] = p->softcap * tanhf(at[j] / p->softcap);
        peak = at[j] > peak ? at[j] : peak;
    }
    for (int64_t j = begin; j < end; j++)
        mass += exp(at[j] - peak);
    for (int64_t j = w->begin; j < w->end; j++)
        at[j] = j < begin || j >= end ? 0 : (float)(exp(at[j] - peak) / mass);
}

static oriel_status attend_block(struct work *w)
{
    const struct problem *p = w->call->problem;
    const int64_t m = w->group * w->rows, n = w->end - w->begin;
    const int64_t d = p->q.channels, dv = p->v.channels;
    bool finite = true;

    for (int64_t g = 0; g < w->group; g++)
        finite &= load(w->q + g * w->rows * d, &p->q, w->call->q, w->entry,
                       w->kv_head * w->group + g, w->first, w->first + w->rows);
    finite &=
        load(w->k, &p->k, w->call->k, w->entry, w->kv_head, w->begin, w->end);
    finite &=
        load(w->v, &p->v, w->call->v, w->entry, w->kv_head, w->begin, w->end);
    if (!finite)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "the reference by matrix products needs finite q, k "
                        "and v; those of batch entry %lld are not",
                        (long long)w->entry);

    ORL_TRY(send(w, 0, w->q, m * d));
    ORL_TRY(send(w, 1, w->k, n * d));
    ORL_TRY(multiply(w, CLBlastTransposeYes, (int64_t[]) {m, n, d}, p->scale,
                     (int[]) {0, 1, 3}));
    ORL_TRY(fetch(w, 3, w->score, m * n));
    for (int64_t row = 0; row < m; row++)
        soften(w, w->score + row * n, w->first + row % w->rows);
    ORL_TRY(send(w, 3, w->score, m * n));
    ORL_TRY(send(w, 2, w->v, n * dv));
    ORL_TRY(multiply(w, CLBlastTransposeNo, (int64_t[]) {m, dv, n}, 1,
                     (int[]) {3, 2, 4}));
    return fetch(w, 4, w->out, m * dv);
}

/* Moves to the block that begins at query row first. */
static void enter_block(struct work *w, int64_t first)
{
    const int64_t left = w->call->queries - first;
    w->first = first;
    w->rows = left < BLOCK_ROWS ? left : BLOCK_ROWS;
    w->begin = clamp(lowest(w, first), 0, w->call->keys);
    w->end = clamp(beyond(w, first + w->rows - 1), w->begin, w->call->keys);
}

static void store_block(const struct work *w, float *out)
{
    const struct problem *p = w->call->problem;
    const int64_t dv = p->v.channels;
    const bool empty = w->begin == w->end;
    for (int64_t g = 0; g < w->group; g++) {
        const int64_t head = w->kv_head * w->group + g;
        float *to =
            out +
            ((w->entry * p->heads + head) * w->call->queries + w->first) * dv;
        const float *from = w->out + g * w->rows * dv;
        for (int64_t n = 0; n < w->rows * dv; n++)
            to[n] = empty ? 0 : from[n];
    }
}

/* Memory for the largest block of the call. */
static oriel_status open_work(struct work *w)
{
    const struct problem *p = w->call->problem;
    int64_t keys = 1;
    for (w->entry = 0; w->entry < p->batch; w->entry++)
        for (int64_t i = 0; i < w->call->queries; i += BLOCK_ROWS) {
            enter_block(w, i);
            keys = w->end - w->begin > keys ? w->end - w->begin : keys;
        }
    const int64_t rows = w->group * BLOCK_ROWS;
    const int64_t count[5] = {rows * p->q.channels, keys * p->k.channels,
                              keys * p->v.channels, rows * keys,
                              rows * p->out.channels};
    float **host[5] = {&w->q, &w->k, &w->v, &w->score, &w->out};
    for (int n = 0; n < 5; n++) {
        const size_t bytes = (size_t)count[n] * sizeof(float);
        cl_int code;
        *host[n] = malloc(bytes);
        if (!*host[n])
            return orl_fail(ORIEL_E_MEMORY,
                            "not enough memory for the reference");
        w->device[n] =
            clCreateBuffer(w->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
        if (code != CL_SUCCESS)
            return orl_fail(ORIEL_E_OPENCL,
                            "the reference: clCreateBuffer failed with %d",
                            code);
    }
    return ORIEL_OK;
}

static void close_work(struct work *w)
{
    for (int n = 0; n < 5; n++)
        if (w->device[n])
            clReleaseMemObject(w->device[n]);
    free(w->q);
    free(w->k);
    free(w->v);
    free(w->score);
    free(w->out);
}

oriel_status blas_attend(const struct oracle *call, cl_context context,
                         cl_command_queue queue, float *out)
{
    const struct problem *p = call->problem;
    struct work w = {
        .call = call,
        .context = context,
        .queue = queue,
        .group = p->heads / p->kv_heads,
    };
    oriel_status status = open_work(&w);
    for (w.entry = 0; w.entry < p->batch; w.entry++)
        for (w.kv_head = 0; w.kv_head < p->kv_heads; w.kv_head++)
            for (int64_t i = 0; i < call->queries && status == ORIEL_OK;
                 i += BLOCK_ROWS) {
                enter_block(&w, i);
                if (w.begin < w.end)
                    status = attend_block(&w);
                if (status == ORIEL_OK)
                    store_block(&w, out);
            }
    close_work(&w);
    return status;
}
