/* run_output.c: what is left of a run: files, and one line or one document. */
#include "npy.h"
#include "output_file.h"
#include "report.h"
#include "run.h"

#include "base/error.h"
#include "base/text.h"
#include "model/elem.h"

#include <stdlib.h>
#include <string.h>

/* ---- Files -----------------------------------------------------------------
 */

void run_out_shape(const struct run *r, struct array *a)
{
    const struct problem *p = &r->problem;
    const int64_t rows[ARRAY_RANK] = {p->batch, p->queries, p->heads,
                                      p->v.channels};
    const int64_t heads[ARRAY_RANK] = {p->batch, p->heads, p->queries,
                                       p->v.channels};
    const int64_t *axis = r->rows_first ? rows : heads;
    a->rank = r->rank;
    for (int i = 0; i < r->rank; i++)
        a->shape[i] = axis[ARRAY_RANK - r->rank + i];
    if (r->rank == 2)
        a->shape[0] = p->queries;
}

static oriel_status possible(const char *option, const char *path)
{
    static const char *const archive[] = {".npz", ".safetensors"};
    if (!path)
        return ORIEL_OK;
    for (int i = 0; i < 2; i++)
        if (path_ends_in(path, archive[i]))
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s writes one .npy file, not a %s", option,
                            archive[i]);
    return output_possible(option, path);
}

oriel_status run_outputs_possible(const struct run *r)
{
    const char *out = argument(r->a, "out"), *lse = argument(r->a, "lse");
    if (out && lse && !strcmp(out, lse))
        return orl_fail(ORIEL_E_ARGUMENT, "--out and --lse name the same file");
    ORL_TRY(possible("out", out));
    return possible("lse", lse);
}

static oriel_status write_out(const struct run *r, const char *path)
{
    const struct problem *p = &r->problem;
    const struct tensor *t = &p->out;
    struct array a = {.type = t->type == ORIEL_F32   ? ARRAY_F4
                              : t->type == ORIEL_F16 ? ARRAY_F2
                                                     : ARRAY_BF16};
    run_out_shape(r, &a);
    const char *fault = array_measure(&a);
    a.values = fault ? NULL : malloc(a.bytes);
    if (!a.values)
        return orl_fail(ORIEL_E_MEMORY, "no memory for %s",
                        array_file_name(path));
    const size_t bytes = orl_elem_bytes(t->type);
    const unsigned char *from =
        r->tensor[RUN_OUT].bytes + r->tensor[RUN_OUT].offset;
    unsigned char *to = a.values;
    const int64_t outers = r->rows_first ? p->queries : p->heads;
    const int64_t inners = r->rows_first ? p->heads : p->queries;
    for (int64_t b = 0; b < p->batch; b++)
        for (int64_t x = 0; x < outers; x++)
            for (int64_t y = 0; y < inners; y++)
                for (int64_t c = 0; c < t->channels; c++, to += bytes)
                    memcpy(to,
                           from + bytes * run_index(t, b, r->rows_first ? y : x,
                                                    r->rows_first ? x : y, c),
                           bytes);
    const oriel_status status = npy_write(path, &a);
    array_free(&a);
    return status;
}

static oriel_status write_lse(const struct run *r, const char *path)
{
    const struct problem *p = &r->problem;
    const int64_t axis[3] = {p->batch, p->heads, p->queries};
    struct array a = {.type = ARRAY_F4, .rank = r->rank - 1, .values = r->lse};
    for (int i = 0; i < a.rank; i++)
        a.shape[i] = axis[3 - a.rank + i];
    array_measure(&a);
    return npy_write(path, &a);
}

oriel_status run_outputs(const struct run *r)
{
    const char *out = argument(r->a, "out"), *lse = argument(r->a, "lse");
    if (out)
        ORL_TRY(write_out(r, out));
    if (lse)
        ORL_TRY(write_lse(r, lse));
    return ORIEL_OK;
}

/* ---- Report ----------------------------------------------------------------
 */

static double sum_of_out(const struct run *r)
{
    const struct problem *p = &r->problem;
    const unsigned char *first =
        r->tensor[RUN_OUT].bytes + r->tensor[RUN_OUT].offset;
    double sum = 0;
    for (int64_t b = 0; b < p->batch; b++)
        for (int64_t h = 0; h < p->heads; h++)
            for (int64_t i = 0; i < p->queries; i++)
                for (int64_t c = 0; c < p->out.channels; c++)
                    sum += (double)orl_elem_load(
                        first, run_index(&p->out, b, h, i, c), p->out.type);
    return sum;
}

static void add_fields(const struct run *r, struct report *out)
{
    const double flops =
        2.0 * (r->problem.q.channels + r->problem.v.channels) * r->pairs;
    report_row(out);
    report_text(out, "problem", r->text);
    report_text(out, "device", r->device.name);
    report_text(out, "plan", r->plan);
    report_number(out, "seconds", r->seconds);
    report_number(out, "gflops", flops / r->seconds * 1e-9);
    report_number(out, "pairs", r->pairs);
    report_number(out, "sum", sum_of_out(r));
    if (argument(r->a, "repeat")) {
        report_number(out, "peak_gflops", r->peak_gflops);
        report_number(out, "share_of_peak", r->share_of_peak);
    }
    if (argument(r->a, "timing"))
        report_number(out, "plan_seconds", r->plan_seconds);
    if (argument(r->a, "check")) {
        report_number(out, "max_error", r->verdict.largest);
        report_number(out, "bound", r->verdict.largest_bound);
    }
    if (r->reference)
        report_number(out, "reference_error", r->reference_error);
    if (r->expect.values) {
        report_number(out, "expect_error", r->expect_error);
        report_number(out, "expect_bound", r->expect_bound);
    }
}

oriel_status run_report(const struct run *r)
{
    struct report out = {NULL, 0, 0, false};
    add_fields(r, &out);
    const oriel_status status = argument(r->a, "json")
                                    ? report_print_object(&out)
                                    : report_print_line(&out);
    report_free(&out);
    return status;
}
