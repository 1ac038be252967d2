/* tensor.h: how one of q, k, v, out lies in memory. A checked tensor neither
 * overlaps itself nor overflows. */
#ifndef ORL_MODEL_TENSOR_H
#define ORL_MODEL_TENSOR_H

#include <oriel/types.h>

#include <stdbool.h>

/* Strides in elements; 0 along batch or head repeats an input. */
struct tensor {
    int64_t batch, head, row, dim;
    uint32_t type; /* oriel_type */
    int32_t channels;
};

/* What a tensor is made from. Sizes and type have been checked. */
struct tensor_form {
    const char *name; /* "k", for messages */
    int64_t batch, heads, rows, channels;
    oriel_strides strides; /* all 0: packed; else dim 0 is 1 */
    uint32_t type;
    bool output; /* must not repeat */
};

/* ORIEL_E_ARGUMENT names the stride. */
oriel_status orl_tensor_check(struct tensor *out, const struct tensor_form *in);

/* Strides of [batch][head][row][dim] and of [batch][row][head][dim]; INT64_MAX
 * where they would overflow. */
oriel_strides orl_tensor_packed(int64_t heads, int64_t rows, int64_t channels);
oriel_strides orl_tensor_packed_by_row(int64_t heads, int64_t rows,
                                       int64_t channels);

/* Elements from the first to one past the last of so many rows, given the
 * batch entries and heads of the tensor; 0 rows: 0. Never overflows for a
 * checked tensor with no more of each than were checked. */
int64_t orl_tensor_extent(const struct tensor *t, int64_t batch, int64_t heads,
                          int64_t rows);

oriel_strides orl_tensor_strides(const struct tensor *t);
bool orl_strides_equal(oriel_strides a, oriel_strides b);
bool orl_tensor_equal(const struct tensor *a, const struct tensor *b);

#endif /* ORL_MODEL_TENSOR_H */
