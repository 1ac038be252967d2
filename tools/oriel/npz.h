/* npz.h: NumPy's zip of .npy files, stored or deflated. */
#ifndef NPZ_H
#define NPZ_H

#include "array.h"

#include <oriel/types.h>

/* member without ".npy". A name that is not there is answered with those that
 * are. */
oriel_status npz_read(struct array *out, const char *path, const char *member);

#endif /* NPZ_H */
