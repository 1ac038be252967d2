/* run_check.c: a result against attention in double by definition, against
 * CLBlast, and against a file from elsewhere. */
#include "run.h"
#include "tensor_file.h"

#include "base/error.h"
#include "base/text.h"
#include "model/elem.h"
#include "plan/family.h"
#include "plan/plan_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A place in the result. */
struct place {
    int64_t entry, head, row;
};

/* What the plan of a run rounds weights to; f32 before there is one. */
static uint32_t weight_type(const struct run *r)
{
    const struct variant v = orl_variant(&r->problem);
    struct plan plan;
    return r->plan[0] && orl_plan_parse(&plan, r->plan, &v) == ORIEL_OK
               ? orl_plan_weight_type(&plan)
               : ORIEL_F32;
}

struct oracle run_oracle(const struct run *r)
{
    const void *first[3];
    for (int n = RUN_Q; n <= RUN_V; n++)
        first[n] = r->tensor[n].bytes + r->tensor[n].offset;
    struct oracle o =
        oracle_of(&r->problem, first[RUN_Q], first[RUN_K], first[RUN_V]);
    o.key_begin = r->key_begin;
    o.key_end = r->key_end;
    o.weight_type = weight_type(r);
    return o;
}

static double out_at(const struct run *r, struct place at, int64_t channel)
{
    const struct tensor *t = &r->problem.out;
    const struct storage *s = &r->tensor[RUN_OUT];
    return (double)orl_elem_load(
        s->bytes + s->offset, run_index(t, at.entry, at.head, at.row, channel),
        t->type);
}

static void tell(const char *what, double error, double bound, struct place at)
{
    char numbers[2][40];
    struct text t = orl_text(numbers[0], sizeof numbers[0]);
    orl_text_add_double(&t, error);
    t = orl_text(numbers[1], sizeof numbers[1]);
    orl_text_add_double(&t, bound);
    fprintf(stderr,
            "oriel: %s: error %s is above the bound %s in batch entry %lld, "
            "head %lld, row %lld\n",
            what, numbers[0], numbers[1], (long long)at.entry,
            (long long)at.head, (long long)at.row);
}

/* ---- --check ------------------------------------------------------------- */

/* Bytes of out that belong to no element must be as they were: all ones. */
static oriel_status check_gaps(struct run *r)
{
    const struct problem *p = &r->problem;
    const struct tensor *t = &p->out;
    const struct storage *s = &r->tensor[RUN_OUT];
    const size_t bytes = orl_elem_bytes(t->type);
    unsigned char *seen = calloc((s->size - s->offset) / bytes, 1);
    if (!seen)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the check");
    for (int64_t b = 0; b < p->batch; b++)
        for (int64_t h = 0; h < p->heads; h++)
            for (int64_t i = 0; i < p->queries; i++)
                for (int64_t c = 0; c < t->channels; c++)
                    seen[run_index(t, b, h, i, c)] = 1;
    bool kept = true;
    for (size_t n = 0; n < s->size; n++) {
        const bool gap = n < s->offset || !seen[(n - s->offset) / bytes];
        kept = kept && (!gap || s->bytes[n] == 0xff);
    }
    free(seen);
    if (!kept) {
        fputs("oriel: check: bytes of out between its rows were changed\n",
              stderr);
        r->failed = true;
    }
    return ORIEL_OK;
}

static oriel_status check_oracle(struct run *r)
{
    const struct oracle o = run_oracle(r);
    const struct storage *out = &r->tensor[RUN_OUT];
    r->verdict = oracle_check(&o, out->bytes + out->offset, r->lse);
    if (!r->verdict.right) {
        tell(
            "check", r->verdict.error, r->verdict.bound,
            (struct place) {r->verdict.entry, r->verdict.head, r->verdict.row});
        r->failed = true;
    }
    return check_gaps(r);
}

/* ---- Comparison with another result ---------------------------------------
 */

/* Error of an element, 0 where both are the same infinity or both NaN. */
static double distance(double a, double b)
{
    if (isnan(a) && isnan(b))
        return 0;
    if (isnan(a) || isnan(b))
        return INFINITY;
    return a == b ? 0 : fabs(a - b);
}

/* Another result, by place. */
typedef double element(const void *other, const struct run *r, struct place at,
                       int64_t channel);

struct row_error {
    double error, bound; /* relative to the largest |v| that the row sees */
};

static struct row_error compare_row(const struct run *r, const struct oracle *o,
                                    struct place at, element *other,
                                    const void *of, double *row)
{
    const struct oracle_row facts =
        oracle_row(o, at.entry, at.head, at.row, row);
    double error = 0, out = 0;
    for (int64_t c = 0; c < r->problem.out.channels; c++) {
        const double theirs = other(of, r, at, c);
        error = fmax(error, distance(out_at(r, at, c), theirs));
        if (isfinite(theirs))
            out = fmax(out, fabs(theirs));
    }
    return (struct row_error) {
        .error = error == 0 || facts.values == 0 ? error : error / facts.values,
        .bound = oracle_bound(&facts, out, r->problem.out.type, o->weight_type),
    };
}

/* The row nearest to its bound. tolerance > 0 is the bound of every row. */
static oriel_status compare(struct run *r, const char *what, element *other,
                            const void *of, double tolerance,
                            struct row_error *worst)
{
    const struct problem *p = &r->problem;
    const struct oracle o = run_oracle(r);
    double *row = malloc((size_t)p->v.channels * sizeof *row);
    if (!row)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the check");
    *worst = (struct row_error) {0, tolerance};
    double worst_ratio = -1;
    struct place where = {0, 0, 0}, at;
    for (at.entry = 0; at.entry < p->batch; at.entry++)
        for (at.head = 0; at.head < p->heads; at.head++)
            for (at.row = 0; at.row < p->queries; at.row++) {
                struct row_error e = compare_row(r, &o, at, other, of, row);
                if (tolerance > 0)
                    e.bound = tolerance;
                if (e.error / e.bound > worst_ratio) {
                    worst_ratio = e.error / e.bound;
                    *worst = e;
                    where = at;
                }
            }
    free(row);
    if (worst_ratio > 1) {
        tell(what, worst->error, worst->bound, where);
        r->failed = true;
    }
    return ORIEL_OK;
}

/* ---- --expect -------------------------------------------------------------
 */

static double expected_at(const void *other, const struct run *r,
                          struct place at, int64_t channel)
{
    const struct array *a = other;
    const struct problem *p = &r->problem;
    const int64_t outer = r->rows_first ? at.row : at.head;
    const int64_t inner = r->rows_first ? at.head : at.row;
    const int64_t outers = r->rows_first ? p->queries : p->heads;
    const int64_t inners = r->rows_first ? p->heads : p->queries;
    const int64_t index =
        ((at.entry * outers + outer) * inners + inner) * p->v.channels +
        channel;
    return (double)((const float *)a->values)[index];
}

oriel_status run_expectation(struct run *r)
{
    const char *place = argument(r->a, "expect");
    const char *text = argument(r->a, "tolerance");
    if (text && !place)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--tolerance belongs to --expect, which is missing");
    if (text)
        ORL_TRY(option_positive("tolerance", text, &r->tolerance));
    if (!place)
        return ORIEL_OK;
    ORL_TRY(tensor_file_read(&r->expect, place, NULL));
    const struct array *a = &r->expect;
    struct array own = {.rank = 0};
    run_out_shape(r, &own);
    if (a->type == ARRAY_F4 && a->rank == own.rank &&
        !memcmp(a->shape, own.shape, (size_t)a->rank * sizeof *a->shape))
        return ORIEL_OK;
    char found[ARRAY_SHAPE_TEXT], wanted[ARRAY_SHAPE_TEXT];
    array_shape_text(a, found);
    array_shape_text(&own, wanted);
    return orl_fail(ORIEL_E_ARGUMENT,
                    "--expect has dtype %s and shape %s; f4 and %s are "
                    "expected",
                    array_type_name(a->type), found, wanted);
}

/* ---- --reference -----------------------------------------------------------
 */

static double reference_at(const void *other, const struct run *r,
                           struct place at, int64_t channel)
{
    const struct problem *p = &r->problem;
    const int64_t row = (at.entry * p->heads + at.head) * p->queries + at.row;
    return (double)((const float *)other)[row * p->v.channels + channel];
}

oriel_status run_check(struct run *r)
{
    if (argument(r->a, "check"))
        ORL_TRY(check_oracle(r));
    if (r->reference) {
        struct row_error worst = {0};
        ORL_TRY(compare(r, "reference", reference_at, r->reference, 0, &worst));
        r->reference_error = worst.error;
    }
    if (r->expect.values) {
        struct row_error worst = {0};
        ORL_TRY(compare(r, "expect", expected_at, &r->expect, r->tolerance,
                        &worst));
        r->expect_error = worst.error;
        r->expect_bound = worst.bound;
    }
    return ORIEL_OK;
}
