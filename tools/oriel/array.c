/* array.c: sizes and names of arrays. */
#include "array.h"

#include "base/arith.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    size_t bytes;
    const char *name;
} types[] = {
    [ARRAY_F4] = {4, "f4"}, [ARRAY_F2] = {2, "f2"}, [ARRAY_BF16] = {2, "bf16"},
    [ARRAY_U2] = {2, "u2"}, [ARRAY_I4] = {4, "i4"}, [ARRAY_I8] = {8, "i8"},
};

size_t array_type_bytes(enum array_type type)
{
    return types[type].bytes;
}

const char *array_type_name(enum array_type type)
{
    return types[type].name;
}

void array_free(struct array *a)
{
    free(a->values);
    *a = (struct array) {0};
}

const char *array_measure(struct array *a)
{
    if (a->rank < 1 || a->rank > ARRAY_RANK)
        return "has rank 0 or more than 4";
    size_t count = 1, bytes = 0;
    for (int i = 0; i < a->rank; i++) {
        if (a->shape[i] < 1)
            return "has an axis of length 0";
        if ((uint64_t)a->shape[i] > SIZE_MAX ||
            !orl_mul_size(&count, count, (size_t)a->shape[i]))
            return "has a shape too large for memory";
    }
    if (!orl_mul_size(&bytes, count, array_type_bytes(a->type)))
        return "has a shape too large for memory";
    a->count = count;
    a->bytes = bytes;
    return NULL;
}

void array_shape_text(const struct array *a, char text[ARRAY_SHAPE_TEXT])
{
    struct text t = orl_text(text, ARRAY_SHAPE_TEXT);
    for (int i = 0; i < a->rank; i++)
        orl_text_add(&t, "%s%lld", i ? "," : "[", (long long)a->shape[i]);
    orl_text_add(&t, "]");
}

const char *array_file_name(const char *path)
{
    const size_t room = 90, length = strlen(path);
    return length > room ? path + (length - room) : path;
}
