/* matrix_shape.c: the table, and what follows from a shape. */
#include "plan/matrix_shape.h"

#include "base/arith.h"
#include "model/elem.h"

#include <oriel/types.h>

/* Those of one engine and dimension together, by rising dimension: the largest
 * that spill no register and leave room for 2 waves of a scheduler,
 * docs/isa.md; of more channels, mma8, wmma and dpas spill. Only mma was timed.
 */
static const struct matrix_shape shapes[] = {
    /* NVIDIA H200, driver 580.159.04, q8192, before outliers took fewer
     * registers: k32 takes 8 to 14 % less time than k64 at d 64 and 80, 9 %
     * more than k16 at d 128 (1023,0), 18 % less where 32 entries decode; of d
     * 256, `tile` takes 8 times as long. */
    {ENGINE_MMA, false, 128, 64, 32, 1, false},
    {ENGINE_MMA, false, 256, 64, 16, 1, false},

    {ENGINE_MMA8, false, 80, 64, 64, 1, false},
    {ENGINE_MMA8, false, 96, 64, 32, 1, false},
    {ENGINE_MMA8, false, 128, 64, 16, 1, false},

    {ENGINE_WMMA11, false, 64, 64, 64, 1, false},
    {ENGINE_WMMA11, false, 96, 64, 32, 1, false},
    {ENGINE_WMMA11, false, 128, 64, 16, 1, false},

    {ENGINE_WMMA12, false, 64, 64, 64, 1, false},
    {ENGINE_WMMA12, false, 128, 64, 32, 1, false},

    {ENGINE_MFMA, false, 64, 128, 64, 2, false},
    {ENGINE_MFMA, false, 64, 64, 64, 1, false},
    {ENGINE_MFMA, false, 128, 128, 32, 2, false},
    {ENGINE_MFMA, false, 128, 64, 32, 1, false},
    {ENGINE_MFMA, false, 256, 64, 16, 1, false},
    {ENGINE_MFMA, true, 32, 64, 64, 1, false},
    {ENGINE_MFMA, true, 96, 64, 32, 1, false},
    {ENGINE_MFMA, true, 128, 64, 16, 1, false},
    {ENGINE_MFMA, true, 256, 128, 16, 1, false},
    {ENGINE_MFMA, true, 256, 64, 16, 1, true},

    {ENGINE_MFMA8, false, 64, 64, 64, 1, false},
    {ENGINE_MFMA8, false, 128, 64, 32, 1, false},
    {ENGINE_MFMA8, false, 256, 64, 16, 1, false},
    {ENGINE_MFMA8, true, 32, 64, 64, 1, false},
    {ENGINE_MFMA8, true, 96, 64, 32, 1, false},
    {ENGINE_MFMA8, true, 128, 64, 16, 1, false},
    {ENGINE_MFMA8, true, 256, 128, 16, 1, false},
    {ENGINE_MFMA8, true, 256, 64, 16, 1, true},

    {ENGINE_DPAS16, false, 64, 64, 32, 1, false},
    {ENGINE_DPAS16, false, 128, 64, 32, 1, false},

    {ENGINE_DPAS8, false, 64, 64, 16, 1, false},
};

const struct matrix_shape *orl_matrix_shapes(int64_t engine, bool single,
                                             int32_t dim, int *count)
{
    const struct matrix_shape *end = shapes + sizeof shapes / sizeof *shapes;
    const struct matrix_shape *first = shapes;
    while (first < end && (first->engine != engine || first->single != single ||
                           first->dim < dim))
        first++;
    *count = 0;
    while (first + *count < end && first[*count].engine == engine &&
           first[*count].single == single && first[*count].dim == first->dim)
        ++*count;
    return first;
}

/* As kernels/lib/layout.clh says. */
struct layout {
    int32_t wave, a_rows, b_columns;
    int32_t copies;
    bool rows_in_a;
    int32_t row_regs, sums;
};

static const struct layout layouts[ORL_ENGINES] = {
    [ENGINE_MMA] = {32, 16, 8, 1, true, 4, 4},
    [ENGINE_MMA8] = {32, 16, 8, 1, true, 4, 4},
    [ENGINE_WMMA11] = {32, 16, 16, 2, false, 8, 8},
    [ENGINE_WMMA12] = {32, 16, 16, 1, false, 4, 8},
    [ENGINE_MFMA] = {64, 16, 16, 1, false, 2, 4},
    [ENGINE_MFMA8] = {64, 16, 16, 1, false, 2, 4},
    [ENGINE_DPAS16] = {16, 8, 16, 1, true, 8, 8},
    [ENGINE_DPAS8] = {8, 8, 8, 1, true, 8, 8},
};

enum { DEPTH = 16 };

/* lib/block.clh: struct block. */
enum { BLOCK_BYTES = 64 };

static int64_t whole(int32_t dim)
{
    return orl_ceil_div(dim, DEPTH) * DEPTH;
}

int32_t orl_matrix_wave_rows(const struct matrix_shape *m)
{
    const struct layout *l = &layouts[m->engine];
    return m->row_tiles * (l->rows_in_a ? l->a_rows : l->b_columns);
}

int32_t orl_matrix_group(const struct matrix_shape *m)
{
    return m->query_tile / orl_matrix_wave_rows(m) * layouts[m->engine].wave;
}

/* lib/layout.clh: STAGES. */
static int64_t stages(const struct matrix_shape *m, bool aligned)
{
    return m->engine == ENGINE_MMA && aligned && !m->turns ? 2 : 1;
}

int64_t orl_matrix_local_bytes(const struct matrix_shape *m, int32_t head_dim,
                               int32_t v_dim, uint32_t type, bool portable,
                               bool aligned)
{
    const struct layout *l = &layouts[m->engine];
    const int64_t size = (int64_t)orl_elem_bytes(type), gap = 16 / size;
    const int64_t keys = m->key_tile, v = whole(v_dim);
    const bool across = m->engine != ENGINE_MMA && m->engine != ENGINE_MMA8;
    const int64_t values = across ? v * (keys + gap) : keys * (v + gap);
    const int64_t waves = m->query_tile / orl_matrix_wave_rows(m);
    const int64_t scratch =
        l->copies * DEPTH * (l->a_rows + l->b_columns) + l->wave;
    const int64_t outlier = orl_ceil_div(m->query_tile + v, 4) * 16;
    const int64_t first =
        orl_max(size * keys * (whole(head_dim) + gap), outlier);
    const int64_t rows =
        m->turns ? orl_max(first, size * values) : first + size * values;
    const int64_t tile = orl_ceil_div(rows + 4, 16) * 16;
    const bool keeps = m->engine == ENGINE_MMA && head_dim + v_dim > 256;
    const int64_t kept = keeps ? BLOCK_BYTES : 0;
    const int64_t bytes =
        stages(m, aligned) * tile + kept + (portable ? 4 * waves * scratch : 0);
    return orl_ceil_div(bytes, 16) * 16;
}

int32_t orl_matrix_registers(const struct matrix_shape *m, int32_t head_dim,
                             int32_t v_dim)
{
    const struct layout *l = &layouts[m->engine];
    const int64_t width = l->rows_in_a ? l->b_columns : l->a_rows;
    const int64_t query = whole(head_dim) / DEPTH * l->row_regs;
    const int64_t sums = (m->key_tile + whole(v_dim)) / width * l->sums;
    return (int32_t)(m->row_tiles * (query * (m->single ? 2 : 1) + sums));
}
