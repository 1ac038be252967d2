/* peers_check.c: what a peer is given, and whether its answer is right. */
#include "npy.h"
#include "peers.h"
#include "tensor_file.h"

#include "base/error.h"
#include "model/elem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* Rows compared: the oracle asks key by key which of them a row sees. */
enum { ROWS = 48 };

/* What is let pass, relative to the largest |v| that a row sees. Peers may sum
 * in any order, and in the type of the problem: a few roundings of it. Whoever
 * sees one key too few of 128 is off by 0.002 to 0.01. */
static double tolerance_of(uint32_t type)
{
    return type == ORIEL_F32 ? 1e-4 : type == ORIEL_F16 ? 4e-3 : 3e-2;
}

/* ---- Inputs -------------------------------------------------------------- */

/* One tensor as f4 [batch, head, row, dim]. */
static oriel_status copy_of(struct array *a, const struct run *r,
                            const struct tensor *t, int number, int64_t heads,
                            int64_t rows)
{
    const struct storage *s = &r->tensor[number];
    const int64_t shape[ARRAY_RANK] = {r->problem.batch, heads, rows,
                                       t->channels};
    *a = (struct array) {.type = ARRAY_F4, .rank = ARRAY_RANK};
    memcpy(a->shape, shape, sizeof shape);
    const char *fault = array_measure(a);
    float *to = fault ? NULL : malloc(a->bytes);
    if (!to)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the inputs of peers");
    a->values = to;
    for (int64_t b = 0; b < shape[0]; b++)
        for (int64_t h = 0; h < heads; h++)
            for (int64_t i = 0; i < rows; i++)
                for (int64_t c = 0; c < t->channels; c++)
                    *to++ = orl_elem_load(s->bytes + s->offset,
                                          run_index(t, b, h, i, c), t->type);
    return ORIEL_OK;
}

static oriel_status add_member(zip_t *zip, const char *name,
                               const struct array *a)
{
    void *bytes = NULL;
    size_t size = 0;
    ORL_TRY(npy_bytes(&bytes, &size, a));
    zip_source_t *source = zip_source_buffer(zip, bytes, size, 1);
    if (!source) {
        free(bytes);
        return orl_fail(ORIEL_E_MEMORY, "no memory for the inputs of peers");
    }
    const zip_int64_t at = zip_file_add(zip, name, source, 0);
    if (at < 0) {
        zip_source_free(source);
        return orl_fail(ORIEL_E_IO, "inputs of peers: %s", zip_strerror(zip));
    }
    zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE, 0);
    return ORIEL_OK;
}

static oriel_status add_all(zip_t *zip, const struct run *r)
{
    const struct problem *p = &r->problem;
    const struct {
        const char *name;
        const struct tensor *tensor;
        int64_t heads, rows;
    } members[3] = {{"q.npy", &p->q, p->heads, p->queries},
                    {"k.npy", &p->k, p->kv_heads, p->keys},
                    {"v.npy", &p->v, p->kv_heads, p->keys}};
    for (int n = 0; n < 3; n++) {
        struct array a;
        ORL_TRY(copy_of(&a, r, members[n].tensor, n, members[n].heads,
                        members[n].rows));
        const oriel_status status = add_member(zip, members[n].name, &a);
        array_free(&a);
        ORL_TRY(status);
    }
    return ORIEL_OK;
}

oriel_status peers_write_inputs(const struct run *r, const char *path)
{
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!zip)
        return orl_fail(ORIEL_E_IO, "%s cannot be written (libzip %d)",
                        array_file_name(path), code);
    const oriel_status status = add_all(zip, r);
    if (status != ORIEL_OK || zip_close(zip) == 0) {
        if (status != ORIEL_OK)
            zip_discard(zip);
        return status;
    }
    const oriel_status failed = orl_fail(
        ORIEL_E_IO, "%s: %s", array_file_name(path), zip_strerror(zip));
    zip_discard(zip);
    return failed;
}

/* ---- Results ------------------------------------------------------------- */

static double error_of_row(const struct oracle *o, const struct array *a,
                           int64_t entry, int64_t head, int64_t row,
                           double *want)
{
    const struct problem *p = o->problem;
    const int64_t channels = p->out.channels;
    const struct oracle_row seen = oracle_row(o, entry, head, row, want);
    const float *got =
        (const float *)a->values +
        ((entry * p->heads + head) * p->queries + row) * channels;
    double error = 0;
    for (int64_t c = 0; c < channels; c++) {
        const double off = fabs((double)got[c] - want[c]);
        error = off <= error ? error : off; /* NAN stays */
    }
    return seen.values > 0 ? error / seen.values : error;
}

static double compare(const struct oracle *o, const struct array *a,
                      double *want)
{
    const struct problem *p = o->problem;
    const uint64_t all = (uint64_t)(p->batch * p->heads * p->queries);
    const uint64_t rows = all < ROWS ? all : ROWS;
    double error = 0;
    for (uint64_t n = 0; n < rows; n++) {
        /* Evenly from the first to the last. */
        const uint64_t at =
            rows > 1
                ? (uint64_t)((double)(all - 1) * (double)n / (double)(rows - 1))
                : 0;
        const int64_t head = (int64_t)(at / (uint64_t)p->queries);
        const double off =
            error_of_row(o, a, head / p->heads, head % p->heads,
                         (int64_t)(at % (uint64_t)p->queries), want);
        error = off <= error ? error : off;
    }
    return error;
}

oriel_status peers_check(const struct run *r, const char *path, double *error,
                         double *most)
{
    const struct problem *p = &r->problem;
    const int64_t shape[ARRAY_RANK] = {p->batch, p->heads, p->queries,
                                       p->out.channels};
    const struct oracle o = run_oracle(r);
    struct array a = {.values = NULL};
    *most = tolerance_of(p->out.type);
    ORL_TRY(tensor_file_read(&a, path, NULL));
    oriel_status status = ORIEL_OK;
    double *want = calloc((size_t)p->out.channels, sizeof *want);
    if (!want)
        status = orl_fail(ORIEL_E_MEMORY, "no memory for a row");
    else if (a.type != ARRAY_F4 || a.rank != ARRAY_RANK ||
             memcmp(a.shape, shape, sizeof shape) != 0)
        status = orl_fail(ORIEL_E_UNSUPPORTED,
                          "its result is not f4 [batch, head, row, dim]");
    else
        *error = compare(&o, &a, want);
    free(want);
    array_free(&a);
    return status;
}
