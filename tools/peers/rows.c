/* rows.c: written with vectors of the compiler, so that it is as good as the
 * matrix products around it on every machine that has them. */
#include "peers/rows.h"

#include "model/elem.h"

#include <math.h>
#include <string.h>

#ifdef __F16C__
#    include <immintrin.h>
#endif

enum { L = ROWS_LANES };

typedef float floats __attribute__((vector_size(4 * ROWS_LANES)));
typedef int32_t ints __attribute__((vector_size(4 * ROWS_LANES)));

static floats load(const float *from)
{
    floats x;
    memcpy(&x, from, sizeof x);
    return x;
}

static void store(float *to, floats x)
{
    memcpy(to, &x, sizeof x);
}

static floats choose(ints which, floats a, floats b)
{
    return (floats)(((ints)a & which) | ((ints)b & ~which));
}

static floats larger(floats a, floats b)
{
    return choose(a > b, a, b);
}

/* 2^x for x <= 0, relative error below 2e-7: adding 1.5 * 2^23 leaves the whole
 * part in the low bits, a polynomial does the rest. */
static floats power(floats x)
{
    const floats zero = {0}, shifter = zero + 12582912.0f;
    x = larger(x, zero - 127.0f);
    const floats whole = x + shifter, rest = x - (whole - shifter);
    floats p = rest * 0.0013264726896773736f + 0.009671512660612568f;
    p = p * rest + 0.05550733744254149f;
    p = p * rest + 0.24022242084918244f;
    p = p * rest + 0.6931469775984619f;
    p = p * rest + 1.0f;
    return (floats)((ints)p + ((ints)whole << 23));
}

static float largest_of(floats x)
{
    float most = x[0];
    for (int lane = 1; lane < L; lane++)
        most = x[lane] > most ? x[lane] : most;
    return most;
}

static float sum_of(floats x)
{
    float sum = 0;
    for (int lane = 0; lane < L; lane++)
        sum += x[lane];
    return sum;
}

/* Four vectors at a time hide the latency of a maximum. */
static float largest(const float *row, int64_t begin, int64_t end)
{
    const floats least = (floats) {0} - INFINITY;
    floats m[4] = {least, least, least, least};
    int64_t j = begin;
    for (; j + 4 * L <= end; j += 4 * L)
        for (int n = 0; n < 4; n++)
            m[n] = larger(m[n], load(row + j + n * L));
    for (; j < end; j += L)
        m[0] = larger(m[0], load(row + j));
    return largest_of(larger(larger(m[0], m[1]), larger(m[2], m[3])));
}

static float weigh(float *row, int64_t begin, int64_t end, float peak)
{
    floats s[4] = {{0}};
    int64_t j = begin;
    for (; j + 4 * L <= end; j += 4 * L) {
        floats w[4];
        for (int n = 0; n < 4; n++)
            w[n] = power(load(row + j + n * L) - peak);
        for (int n = 0; n < 4; n++) {
            store(row + j + n * L, w[n]);
            s[n] += w[n];
        }
    }
    for (; j < end; j += L) {
        const floats w = power(load(row + j) - peak);
        store(row + j, w);
        s[0] += w;
    }
    return sum_of((s[0] + s[1]) + (s[2] + s[3]));
}

/* Bits of -INFINITY at the edges become exact zeros. */
float rows_soften(float *row, int64_t width, int64_t begin, int64_t end)
{
    if (begin >= end) {
        memset(row, 0, (size_t)width * sizeof *row);
        return 0;
    }
    const int64_t first = begin / L * L, beyond = (end + L - 1) / L * L;
    for (int64_t j = first; j < begin; j++)
        row[j] = -INFINITY;
    for (int64_t j = end; j < beyond; j++)
        row[j] = -INFINITY;
    const float peak = largest(row, first, beyond);
    const float sum = weigh(row, first, beyond, peak);
    memset(row, 0, (size_t)first * sizeof *row);
    if (beyond < width)
        memset(row + beyond, 0, (size_t)(width - beyond) * sizeof *row);
    return sum;
}

void rows_scale(float *to, const float *from, int64_t width, float factor)
{
    for (int64_t c = 0; c < width; c++)
        to[c] = factor > 0 ? from[c] * factor : 0;
}

static void widen_bf16(float *to, const uint16_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)from[i] << 16;
        memcpy(to + i, &bits, sizeof bits);
    }
}

#ifdef __F16C__
static void widen_f16(float *to, const uint16_t *from, size_t count)
{
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m128i half;
        memcpy(&half, from + i, sizeof half);
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(half));
    }
    for (; i < count; i++)
        to[i] = orl_elem_load(from, i, ORIEL_F16);
}
#else
static void widen_f16(float *to, const uint16_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = orl_elem_load(from, i, ORIEL_F16);
}
#endif

void rows_widen(float *to, const void *from, size_t count, uint32_t type)
{
    if (type == ORIEL_F16)
        widen_f16(to, from, count);
    else if (type == ORIEL_BF16)
        widen_bf16(to, from, count);
    else
        memcpy(to, from, count * sizeof *to);
}
