/* matrix_shape.h: shapes of kernels/matrix.cl, by matrix unit and problem. */
#ifndef ORL_PLAN_MATRIX_SHAPE_H
#define ORL_PLAN_MATRIX_SHAPE_H

#include "model/matrix.h"

#include <stdbool.h>
#include <stdint.h>

struct matrix_shape {
    int32_t engine; /* enum matrix_engine */
    bool single;    /* q, k and v are f32 */
    int32_t dim;    /* up to this head_dim and v_dim */
    int32_t query_tile, key_tile;
    int32_t row_tiles; /* products of rows that a wave owns */
    bool turns;        /* values take the place of keys in local memory */
};

/* Rows of the table for a problem, best first, and how many there are: none
 * where the engine cannot, or its registers do not hold so many channels. */
const struct matrix_shape *orl_matrix_shapes(int64_t engine, bool single,
                                             int32_t dim, int *count);

/* As kernels/matrix.cl has them: rows of a wave; work-items of a group; bytes
 * of local memory, with k of that type, and its words PORTABLE and ALIGNED;
 * registers of a work-item that hold queries, scores and sums. */
int32_t orl_matrix_wave_rows(const struct matrix_shape *m);
int32_t orl_matrix_group(const struct matrix_shape *m);
int64_t orl_matrix_local_bytes(const struct matrix_shape *m, int32_t head_dim,
                               int32_t v_dim, uint32_t type, bool portable,
                               bool aligned);
int32_t orl_matrix_registers(const struct matrix_shape *m, int32_t head_dim,
                             int32_t v_dim);

#endif /* ORL_PLAN_MATRIX_SHAPE_H */
