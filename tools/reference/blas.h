/* blas.h: a second opinion by a library that knows nothing of attention: the
 * same problem by general matrix products of CLBlast, on the same device.
 *
 * Queries are taken in blocks of 64 rows; a block multiplies only with the keys
 * that one of its rows may see, so that work grows with length times window.
 * The soft maximum between the two products is done on the host. */
#ifndef REFERENCE_BLAS_H
#define REFERENCE_BLAS_H

#include "oracle/oracle.h"

#include <oriel/oriel.h>

/* Whether this tool was built with CLBlast. */
bool blas_built(void);

/* out: packed floats [batch][heads][queries of this call][v_dim]; the queue
 * belongs to the device and context that shall compute. Products know no mask,
 * so ORIEL_E_UNSUPPORTED if a key or value near the window is not finite, and
 * where blas_built() is false. */
oriel_status blas_attend(const struct oracle *call, cl_context context,
                         cl_command_queue queue, float *out);

/* CLBlast keeps programs by the address of their context: to be called before
 * a context that blas_attend() saw is released. */
void blas_forget(void);

#endif /* REFERENCE_BLAS_H */
