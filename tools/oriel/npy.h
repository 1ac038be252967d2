/* npy.h: NumPy's file of one array. */
#ifndef NPY_H
#define NPY_H

#include "array.h"

#include <oriel/types.h>

/* Takes over bytes, from malloc, also when it fails. Versions 1.0, 2.0, 3.0;
 * C and Fortran order; f4 f2 u2 i4 i8, little-endian. name is for messages. */
oriel_status npy_parse(struct array *out, const char *name, void *bytes,
                       size_t size);

/* The file as it would be written, in memory that the caller frees. */
oriel_status npy_bytes(void **bytes, size_t *size, const struct array *a);

/* The whole file, or on failure what was there before. */
oriel_status npy_write(const char *path, const struct array *a);

#endif /* NPY_H */
