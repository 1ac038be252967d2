/* matrix_probe.cl: whether a matrix unit does what lib/layout.clh says.
 *
 *     probe_matrix    d = a * b + c, each 16 x 16, row by row, by one wave; and
 *                     the lanes that a lane hears, one after the other
 *
 * K_TYPE: of the elements of a and b, of which all must be numbers that it has.
 * With PORTABLE 1 it is the emulation that is asked. */
#if !defined(ENGINE) || !defined(PORTABLE) || !defined(K_TYPE)
#    error "ENGINE, PORTABLE and K_TYPE must be defined"
#endif
#define HEAD_DIM   16
#define V_DIM      16
#define Q_TYPE     K_TYPE
#define V_TYPE     K_TYPE
#define OUT_TYPE   1
#define LANES      4
#define LOOK_AHEAD 0
#define STRIDED    0
#include "lib/engine.clh"

struct shared {
    int used;
    SCRATCH(1)
};

/* A register of an operand: an element, and if it has room its neighbour, so
 * many elements further. */
FLAT uint operand_register(global const float *first, int step, int slots)
{
    const float second = slots == 2 ? first[step] : 0.0f;
    (void)second; /* of f32 there is only one */
    return WEIGHT_PAIR(first[0], second);
}

FLAT void multiply_tile(struct wave w, global const float *a,
                        global const float *b, global const float *c,
                        global float *d)
{
    uint left[A_REGS], right[B_REGS];
    float sum[SUMS];
#pragma unroll UNROLL
    for (int r = 0; r < A_REGS; r++)
        left[r] = operand_register(
            a + a_row(w.lane, r) * DEPTH + a_step(w.lane, r), 1, A_SLOTS);
#pragma unroll UNROLL
    for (int r = 0; r < B_REGS; r++)
        right[r] = operand_register(
            b + b_step(w.lane, r) * 16 + b_column(w.lane, r), 16, B_SLOTS);
#pragma unroll UNROLL
    for (int e = 0; e < SUMS; e++)
        sum[e] = c[c_row(w.lane, e) * 16 + c_column(w.lane, e)];
    multiply_key_type(w, sum, left, right);
#pragma unroll UNROLL
    for (int e = 0; e < SUMS; e++)
        d[c_row(w.lane, e) * 16 + c_column(w.lane, e)] = sum[e];
}

/* heard: for each lane 8 numbers of lanes, 0 where there are fewer. */
kernel WAVE_ATTRIBUTE __attribute__((reqd_work_group_size(WAVE, 1, 1))) void
probe_matrix(global const float *restrict a, global const float *restrict b,
             global const float *restrict c, global float *restrict d,
             global float *restrict heard)
{
    local struct shared shared;
    const struct wave w = WAVE_OF((int)get_local_id(0), &shared);
    if (w.lane == 0)
        shared.used = 1;
#pragma unroll UNROLL
    for (int row = 0; row < 16; row += A_ROWS) {
#pragma unroll UNROLL
        for (int column = 0; column < 16; column += B_COLUMNS)
            multiply_tile(w, a + row * DEPTH, b + column, c + row * 16 + column,
                          d + row * 16 + column);
    }
    int n = 0;
#pragma unroll UNROLL
    for (int bit = SHARE_FIRST; bit < SHARE_END; bit *= 2) {
        heard[w.lane * 8 + n] = exchange(w, (float)w.lane, bit);
        n++;
    }
    for (; n < 8; n++)
        heard[w.lane * 8 + n] = (float)(w.lane ^ SHARE_FIRST);
}
