/* safetensors.h: a file of named tensors: the length of a JSON header, the
 * header, then the values without a gap. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "array.h"

#include <oriel/types.h>

/* The whole file is checked, not only the tensor asked for. A name that is not
 * there is answered with those that are. */
oriel_status safetensors_read(struct array *out, const char *path,
                              const char *member);

#endif /* SAFETENSORS_H */
