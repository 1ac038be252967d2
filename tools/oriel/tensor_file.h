/* tensor_file.h: an array from whatever file holds it. */
#ifndef TENSOR_FILE_H
#define TENSOR_FILE_H

#include "array.h"

#include <oriel/types.h>

/* place: "F.npy", "F.npz:member", "F.safetensors:member"; with member not
 * NULL, place is an archive and member the name in it. */
oriel_status tensor_file_read(struct array *out, const char *place,
                              const char *member);

#endif /* TENSOR_FILE_H */
