/* test_layout.c: where matrix units keep their elements,
 * kernels/lib/layout.clh, against what makers document, told the other way
 * round: which lane and which register hold an element. Emulation alone cannot
 * see a layout that is wrong for both sides. */
#include "device.h"
#include "suites.h"

#include "model/matrix.h"

#include <oriel/types.h>
#include <stdio.h>
#include <string.h>

enum { WAVES = 64, REGS = 8, NUMBERS = 6, MARK = -1 };

/* For each lane and register: a_row, a_step, b_column, b_step, c_row,
 * c_column; then numbers of the engine. */
static const char echo[] =
    "kernel void echo_layout(global int *out, global int *sizes)\n"
    "{\n"
    "    const int lane = (int)get_global_id(0);\n"
    "    for (int r = 0; r < 8; r++) {\n"
    "        global int *to = out + (lane * 8 + r) * 6;\n"
    "        to[0] = r < A_REGS ? a_row(lane, r) : -1;\n"
    "        to[1] = r < A_REGS ? a_step(lane, r) : -1;\n"
    "        to[2] = r < B_REGS ? b_column(lane, r) : -1;\n"
    "        to[3] = r < B_REGS ? b_step(lane, r) : -1;\n"
    "        to[4] = r < SUMS ? c_row(lane, r) : -1;\n"
    "        to[5] = r < SUMS ? c_column(lane, r) : -1;\n"
    "    }\n"
    "    sizes[0] = WAVE, sizes[1] = A_ROWS, sizes[2] = B_COLUMNS;\n"
    "    sizes[3] = A_SLOTS, sizes[4] = B_SLOTS;\n"
    "}\n";

struct echoed {
    int at[WAVES][REGS][NUMBERS];
    int wave, rows, columns, a_slots, b_slots;
};

static struct echoed echo_of(int engine, int type)
{
    static struct echoed e;
    char options[96];
    int sizes[5] = {0};
    memset(&e, 0xff, sizeof e);
    snprintf(options, sizeof options, "-w -DPORTABLE=1 -DENGINE=%d -DK_TYPE=%d",
             engine, type);
    cl_kernel kernel =
        device_build("matrix_probe", options, "echo_layout", echo);
    const cl_mem out = device_share(e.at, sizeof e.at);
    const cl_mem mem = device_share(sizes, sizeof sizes);
    const size_t waves = WAVES, one = 1;
    OK(clSetKernelArg(kernel, 0, sizeof out, &out));
    OK(clSetKernelArg(kernel, 1, sizeof mem, &mem));
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 1, NULL, &waves, &one, 0,
                              NULL, NULL));
    device_fetch(out, e.at, sizeof e.at);
    device_fetch(mem, sizes, sizeof sizes);
    OK(clReleaseMemObject(out));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    e.wave = sizes[0], e.rows = sizes[1], e.columns = sizes[2];
    e.a_slots = sizes[3], e.b_slots = sizes[4];
    return e;
}

/* Where a maker says an element is. */
struct place {
    int lane, reg, slot;
};

/* Along the step the order is free, if A and B agree: WMMA12 takes eight in a
 * row where AMD's calculator takes four and four. */
static int step_of_wmma12(int k)
{
    return k / 8 * 4 % 8 + k % 8 / 4 * 8 + k % 4;
}

/* CUTLASS, SM80_16x8x16: index m + 16 k of lane t0 + 4 t1 and value v0, v1, v2
 * is 32 t0 + t1 + 16 v0 + 8 v1 + 128 v2; of B n + 8 k, 16 t0 + t1 + 8 v0 +
 * 64 v1; of C m + 16 n, 32 t0 + t1 + 16 v0 + 8 v1. */
static struct place mma_a(int m, int k)
{
    return (struct place) {k % 8 / 2 + 4 * (m % 8), m / 8 + 2 * (k / 8), k % 2};
}
static struct place mma_b(int k, int n)
{
    return (struct place) {k % 8 / 2 + 4 * n, k / 8, k % 2};
}
static struct place mma_c(int m, int n)
{
    return (struct place) {n / 2 + 4 * (m % 8), n % 2 + 2 * (m / 8), 0};
}

/* AMD's matrix instruction calculator, by its formulas for lane and GPR. */
static struct place wmma11_ab(int i, int k)
{
    return (struct place) {i, k / 2, k % 2};
}
static struct place wmma11_c(int m, int n)
{
    return (struct place) {n + 16 * (m % 2), m / 2, 0};
}
static struct place wmma12_ab(int i, int k)
{
    const int x = step_of_wmma12(k);
    return (struct place) {i + 16 * (x / 4 % 2), x / 8 * 2 + x % 4 / 2, x % 2};
}
static struct place wmma12_c(int m, int n)
{
    return (struct place) {n + 16 * (m / 8), m % 8, 0};
}
static struct place mfma_ab(int i, int k)
{
    return (struct place) {i + 16 * (k / 4), k % 4 / 2, k % 2};
}
static struct place mfma_ab_f32(int i, int k)
{
    return (struct place) {i + 16 * (k / 4), k % 4, 0};
}
static struct place mfma_c(int m, int n)
{
    return (struct place) {n + 16 * (m / 4), m % 4, 0};
}

/* cl_intel_subgroup_matrix_multiply_accumulate: component m of A is row m, one
 * or two elements a lane; B is packed by pairs. */
static struct place dpas16_a(int m, int k)
{
    return (struct place) {k, m, 0};
}
static struct place dpas8_a(int m, int k)
{
    return (struct place) {k / 2, m, k % 2};
}
static struct place dpas_b(int k, int n)
{
    return (struct place) {n, k / 2, k % 2};
}
static struct place dpas_c(int m, int n)
{
    return (struct place) {n, m, 0};
}

static const struct {
    int engine, type, wave;
    struct place (*a)(int m, int k);
    struct place (*b)(int k, int n); /* NULL: as a, with n for m */
    struct place (*c)(int m, int n);
} engines[] = {
    {ENGINE_MMA, ORIEL_F16, 32, mma_a, mma_b, mma_c},
    {ENGINE_MMA8, ORIEL_F16, 32, mma_a, mma_b, mma_c},
    {ENGINE_WMMA11, ORIEL_F16, 32, wmma11_ab, NULL, wmma11_c},
    {ENGINE_WMMA12, ORIEL_BF16, 32, wmma12_ab, NULL, wmma12_c},
    {ENGINE_MFMA, ORIEL_F16, 64, mfma_ab, NULL, mfma_c},
    {ENGINE_MFMA, ORIEL_F32, 64, mfma_ab_f32, NULL, mfma_c},
    {ENGINE_MFMA8, ORIEL_BF16, 64, mfma_ab, NULL, mfma_c},
    {ENGINE_DPAS16, ORIEL_F16, 16, dpas16_a, dpas_b, dpas_c},
    {ENGINE_DPAS8, ORIEL_BF16, 8, dpas8_a, dpas_b, dpas_c},
};
enum { ENGINES = sizeof engines / sizeof engines[0] };

START_TEST(elements_are_where_makers_say)
{
    const struct echoed e = echo_of(engines[_i].engine, engines[_i].type);
    ck_assert_int_eq(e.wave, engines[_i].wave);
    for (int k = 0; k < 16; k++)
        for (int m = 0; m < e.rows; m++) {
            const struct place p = engines[_i].a(m, k);
            const int *at = e.at[p.lane][p.reg];
            ck_assert_int_eq(at[0], m);
            ck_assert_int_eq(at[1] + p.slot, k);
            ck_assert_int_lt(p.slot, e.a_slots);
        }
    for (int k = 0; k < 16; k++)
        for (int n = 0; n < e.columns; n++) {
            const struct place p =
                engines[_i].b ? engines[_i].b(k, n) : engines[_i].a(n, k);
            const int *at = e.at[p.lane][p.reg];
            ck_assert_int_eq(at[2], n);
            ck_assert_int_eq(at[3] + p.slot, k);
            ck_assert_int_lt(p.slot, e.b_slots);
        }
    for (int m = 0; m < e.rows; m++)
        for (int n = 0; n < e.columns; n++) {
            const struct place p = engines[_i].c(m, n);
            ck_assert_int_eq(e.at[p.lane][p.reg][4], m);
            ck_assert_int_eq(e.at[p.lane][p.reg][5], n);
        }
}
END_TEST

TCase *layout_case(void)
{
    TCase *tc = tcase_create("layout");
    tcase_set_timeout(tc, 900);
    tcase_add_loop_test(tc, elements_are_where_makers_say, 0, ENGINES);
    return tc;
}
