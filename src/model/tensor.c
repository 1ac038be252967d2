/* tensor.c: the strides of one tensor: defaults filled in, overlap and overflow
 * refused. */
#include "model/tensor.h"

#include "base/arith.h"
#include "base/error.h"
#include "model/elem.h"

#include <inttypes.h>

enum { AXES = 4 };

struct axis {
    const char *name;
    int64_t length, stride;
};

/* a * b, or INT64_MAX if that is too large. Requires a, b >= 0. */
static int64_t times(int64_t a, int64_t b)
{
    return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

oriel_strides orl_tensor_packed(int64_t heads, int64_t rows, int64_t channels)
{
    oriel_strides s = {.dim = 1, .row = channels};
    s.head = times(rows, s.row);
    s.batch = times(heads, s.head);
    return s;
}

oriel_strides orl_tensor_packed_by_row(int64_t heads, int64_t rows,
                                       int64_t channels)
{
    oriel_strides s = {.dim = 1, .head = channels};
    s.row = times(heads, s.head);
    s.batch = times(rows, s.row);
    return s;
}

/* Axes of one element, and those that repeat, take no room. */
static bool takes_room(const struct axis *a)
{
    return a->length > 1 && a->stride > 0;
}

static void sort_by_stride(struct axis *axis)
{
    for (int i = 1; i < AXES; i++)
        for (int j = i; j > 0 && axis[j].stride < axis[j - 1].stride; j--) {
            const struct axis other = axis[j];
            axis[j] = axis[j - 1];
            axis[j - 1] = other;
        }
}

/* Elements from the first to one past the last into *extent. Each axis must
 * step over all that lies inside it, so that no two elements share a place. */
static oriel_status measure(int64_t *extent, const char *tensor,
                            struct axis *axis, int64_t bytes)
{
    sort_by_stride(axis);
    *extent = 1;
    for (int i = 0; i < AXES; i++) {
        if (!takes_room(&axis[i]))
            continue;
        if (axis[i].stride < *extent)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s.%s is %" PRId64 ", so that elements overlap: "
                            "the axes inside it take %" PRId64 " elements",
                            tensor, axis[i].name, axis[i].stride, *extent);
        const int64_t more = times(axis[i].length - 1, axis[i].stride);
        if (more > INT64_MAX - *extent)
            *extent = INT64_MAX;
        else
            *extent += more;
    }
    const uint64_t most = SIZE_MAX < INT64_MAX ? SIZE_MAX : INT64_MAX;
    if ((uint64_t)*extent > most / (uint64_t)bytes)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s is too large: its bytes must be counted by an "
                        "int64_t and a size_t",
                        tensor);
    return ORIEL_OK;
}

oriel_status orl_tensor_check(struct tensor *out, const struct tensor_form *in)
{
    oriel_strides s = in->strides;
    if (s.batch == 0 && s.head == 0 && s.row == 0 && s.dim == 0)
        s = orl_tensor_packed(in->heads, in->rows, in->channels);
    if (s.dim == 0)
        s.dim = 1;

    struct axis axis[AXES] = {
        {"batch", in->batch, s.batch},
        {"head", in->heads, s.head},
        {"row", in->rows, s.row},
        {"dim", in->channels, s.dim},
    };
    for (int i = 0; i < AXES; i++) {
        const struct axis *a = &axis[i];
        const bool repeatable = !in->output && i < 2;
        if (a->stride < 0)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s.%s is %" PRId64 "; strides are not negative",
                            in->name, a->name, a->stride);
        if (a->stride == 0 && a->length > 1 && !repeatable)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s.%s is 0, so that elements overlap: only batch "
                            "and head of an input may repeat",
                            in->name, a->name);
    }
    int64_t extent;
    ORL_TRY(
        measure(&extent, in->name, axis, (int64_t)orl_elem_bytes(in->type)));

    *out = (struct tensor) {
        .batch = s.batch,
        .head = s.head,
        .row = s.row,
        .dim = s.dim,
        .type = in->type,
        .channels = (int32_t)in->channels,
    };
    return ORIEL_OK;
}

int64_t orl_tensor_extent(const struct tensor *t, int64_t batch, int64_t heads,
                          int64_t rows)
{
    if (rows == 0)
        return 0;
    return 1 + (batch - 1) * t->batch + (heads - 1) * t->head +
           (rows - 1) * t->row + (t->channels - 1) * t->dim;
}

oriel_strides orl_tensor_strides(const struct tensor *t)
{
    return (oriel_strides) {t->batch, t->head, t->row, t->dim};
}

bool orl_strides_equal(oriel_strides a, oriel_strides b)
{
    return a.batch == b.batch && a.head == b.head && a.row == b.row &&
           a.dim == b.dim;
}

bool orl_tensor_equal(const struct tensor *a, const struct tensor *b)
{
    return orl_strides_equal(orl_tensor_strides(a), orl_tensor_strides(b)) &&
           a->type == b->type && a->channels == b->channels;
}
