/* array.h: a tensor in host memory, as a file brought it or will hold it. */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>
#include <stdint.h>

enum array_type {
    ARRAY_F4 = 1,
    ARRAY_F2,
    ARRAY_BF16, /* named as such by its file */
    ARRAY_U2,   /* bf16 where the command says so */
    ARRAY_I4,
    ARRAY_I8
};

enum { ARRAY_RANK = 4 };

struct array {
    enum array_type type;
    int rank;                  /* 1 to ARRAY_RANK */
    int64_t shape[ARRAY_RANK]; /* each at least 1 */
    size_t count, bytes;       /* elements; bytes of them */
    void *values;              /* last axis fastest, little-endian */
};

size_t array_type_bytes(enum array_type type);
const char *array_type_name(enum array_type type); /* "f4", "bf16" */

void array_free(struct array *a);

/* Fills count and bytes from type and shape. NULL, or what is wrong with the
 * shape: a clause for "FILE: ...". */
const char *array_measure(struct array *a);

/* "[4,6,8]" in text. */
enum { ARRAY_SHAPE_TEXT = 96 };
void array_shape_text(const struct array *a, char text[ARRAY_SHAPE_TEXT]);

/* The end of a path, short enough to leave room for the rest of a message. */
const char *array_file_name(const char *path);

#endif /* ARRAY_H */
