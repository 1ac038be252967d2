/* rows.h: what the BLAS does not do for attention, on vectors of the machine
 * this is compiled for: the softmax of a row within its band, conversion of
 * stored numbers. */
#ifndef PEERS_ROWS_H
#define PEERS_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Floats of a vector; rows begin at multiples of it and have room for one. */
#ifdef __AVX512F__
enum { ROWS_LANES = 16 };
#else
enum { ROWS_LANES = 8 };
#endif

/* Scores times log2(e) to weights, in place: 2^(score - largest) in columns
 * [begin, end), 0 in the others below width. Returns the sum. The row has room
 * for width rounded up to ROWS_LANES. */
float rows_soften(float *row, int64_t width, int64_t begin, int64_t end);

/* factor 0: zeros, whatever stands there. */
void rows_scale(float *to, const float *from, int64_t width, float factor);

/* type: an oriel_type. */
void rows_widen(float *to, const void *from, size_t count, uint32_t type);

#endif /* PEERS_ROWS_H */
