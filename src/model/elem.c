/* elem.c: conversions on the bits, so that no compiler flag or rounding mode
 * has a say. */
#include "model/elem.h"

#include <assert.h>
#include <string.h>

bool orl_elem_known(uint32_t type)
{
    return type == ORIEL_F32 || type == ORIEL_F16 || type == ORIEL_BF16;
}

size_t orl_elem_bytes(uint32_t type)
{
    assert(orl_elem_known(type));
    return type == ORIEL_F32 ? 4 : 2;
}

const char *orl_elem_name(uint32_t type)
{
    assert(orl_elem_known(type));
    return type == ORIEL_F32 ? "f32" : type == ORIEL_F16 ? "f16" : "bf16";
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float value_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* bits >> shift to the nearest, ties to even; shift in [1, 31]. */
static uint32_t shift_to_nearest(uint32_t bits, uint32_t shift)
{
    const uint32_t half = UINT32_C(1) << (shift - 1);
    const uint32_t odd = bits >> shift & 1;
    return (bits + half - 1 + odd) >> shift;
}

/* Magnitudes of float, as bits. */
#define F32_INFINITY     0x7f800000u
#define F16_OVERFLOW     0x477ff000u /* 65520, halfway past the largest half */
#define F16_LEAST_NORMAL 0x38800000u /* 2^-14 */
#define F16_REBIAS       0x38000000u /* exponent 127 becomes 15 */

static uint16_t half_of(float value)
{
    const uint32_t sign = bits_of(value) >> 16 & 0x8000;
    const uint32_t magnitude = bits_of(value) & 0x7fffffff;
    uint32_t half;
    if (magnitude > F32_INFINITY)
        half = 0x7e00;
    else if (magnitude >= F16_OVERFLOW)
        half = 0x7c00;
    else if (magnitude >= F16_LEAST_NORMAL)
        half = shift_to_nearest(magnitude - F16_REBIAS, 13);
    else if (magnitude < 0x33000000) /* below 2^-25, half the least half */
        half = 0;
    else /* in units of 2^-24; a carry makes the least normal number */
        half = shift_to_nearest((magnitude & 0x7fffff) | 0x800000,
                                126 - (magnitude >> 23));
    return (uint16_t)(sign | half);
}

static float half_value(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
    if (exponent == 0)
        return value_of(sign | bits_of((float)mantissa * 0x1p-24f));
    if (exponent == 31)
        return value_of(sign | F32_INFINITY | mantissa << 13);
    return value_of(sign | (exponent + 112) << 23 | mantissa << 13);
}

static uint16_t bf16_of(float value)
{
    const uint32_t bits = bits_of(value);
    /* Made quiet: the payload may lie in the half that is cut off. */
    if ((bits & 0x7fffffff) > F32_INFINITY)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)shift_to_nearest(bits, 16);
}

/* An element may lie at any address: a file's content, for one. */
float orl_elem_load(const void *array, size_t index, uint32_t type)
{
    const size_t bytes = orl_elem_bytes(type);
    const unsigned char *at = (const unsigned char *)array + index * bytes;
    float value;
    uint16_t raw;
    if (type == ORIEL_F32) {
        memcpy(&value, at, sizeof value);
        return value;
    }
    memcpy(&raw, at, sizeof raw);
    return type == ORIEL_F16 ? half_value(raw) : value_of((uint32_t)raw << 16);
}

void orl_elem_store(void *array, size_t index, uint32_t type, float value)
{
    const size_t bytes = orl_elem_bytes(type);
    unsigned char *at = (unsigned char *)array + index * bytes;
    if (type == ORIEL_F32) {
        memcpy(at, &value, sizeof value);
        return;
    }
    const uint16_t raw = type == ORIEL_F16 ? half_of(value) : bf16_of(value);
    memcpy(at, &raw, sizeof raw);
}
