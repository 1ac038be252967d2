/* test_elem.c: every 16-bit number, and every midpoint between two of them,
 * against the definition of the format. */
#include "draw.h"
#include "model/elem.h"
#include "suite.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A format of 16 bits: sign, exponent, mantissa. */
struct format {
    uint32_t type;
    int mantissa_bits, bias;
};

static const struct format formats[] = {{ORIEL_F16, 10, 15},
                                        {ORIEL_BF16, 7, 127}};

/* What finite non-negative bits mean, by definition; also for the first bits
 * past the largest number, as if the exponent went on. */
static double meaning(const struct format *f, uint32_t bits)
{
    const int exponent = (int)(bits >> f->mantissa_bits);
    const int mantissa = (int)(bits & ((1u << f->mantissa_bits) - 1));
    return exponent == 0 ? ldexp(mantissa, 1 - f->bias - f->mantissa_bits)
                         : ldexp(mantissa + (1 << f->mantissa_bits),
                                 exponent - f->bias - f->mantissa_bits);
}

static uint32_t infinity_of(const struct format *f)
{
    return 0x7fffu >> f->mantissa_bits << f->mantissa_bits;
}

static float load(const struct format *f, uint32_t bits)
{
    const uint16_t raw = (uint16_t)bits;
    return orl_elem_load(&raw, 0, f->type);
}

static uint32_t store(const struct format *f, float value)
{
    uint16_t raw = 0xdead;
    orl_elem_store(&raw, 0, f->type, value);
    return raw;
}

START_TEST(every_finite_number_has_its_value)
{
    const struct format *f = &formats[_i];
    int wrong = 0;
    for (uint32_t bits = 0; bits < infinity_of(f); bits++) {
        const double value = meaning(f, bits);
        wrong += (double)load(f, bits) != value;
        wrong += (double)load(f, bits | 0x8000) != -value;
        wrong += store(f, (float)value) != bits;
        wrong += store(f, -(float)value) != (bits | 0x8000);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* The last pair is the largest number and infinity. */
START_TEST(midpoints_go_to_even_and_their_neighbours_to_the_nearest)
{
    const struct format *f = &formats[_i];
    int wrong = 0;
    for (uint32_t bits = 0; bits < infinity_of(f); bits++) {
        const float middle =
            (float)((meaning(f, bits) + meaning(f, bits + 1)) / 2);
        const uint32_t even = bits + (bits & 1);
        wrong += store(f, middle) != even;
        wrong += store(f, -middle) != (even | 0x8000);
        wrong += store(f, nextafterf(middle, 0)) != bits;
        wrong += store(f, nextafterf(middle, INFINITY)) != bits + 1;
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(infinity_stays_and_too_large_becomes_it)
{
    const struct format *f = &formats[_i];
    const uint32_t inf = infinity_of(f);
    ck_assert(load(f, inf) == INFINITY);
    ck_assert(load(f, inf | 0x8000) == -INFINITY);
    ck_assert_uint_eq(store(f, INFINITY), inf);
    ck_assert_uint_eq(store(f, -INFINITY), inf | 0x8000);
    ck_assert_uint_eq(store(f, 3.4028235e38f), inf);
    ck_assert_uint_eq(store(f, 1e-45f), 0);
    ck_assert_uint_eq(store(f, -1e-45f), 0x8000);
}
END_TEST

START_TEST(nan_stays_nan_whatever_its_payload)
{
    const struct format *f = &formats[_i];
    int wrong = 0;
    for (uint32_t bits = infinity_of(f) + 1; bits < 0x8000; bits++) {
        wrong += !isnan(load(f, bits));
        wrong += !isnan(load(f, bits | 0x8000));
    }
    for (uint32_t payload = 1; payload < 0x800000; payload <<= 1) {
        const uint32_t bits[] = {0x7f800000 | payload, 0xff800000 | payload};
        for (int i = 0; i < 2; i++) {
            uint16_t raw;
            float value;
            memcpy(&value, &bits[i], sizeof value);
            orl_elem_store(&raw, 0, f->type, value);
            wrong += !isnan(orl_elem_load(&raw, 0, f->type));
        }
    }
    const uint32_t all = 0x7fffffff;
    float value;
    memcpy(&value, &all, sizeof value);
    wrong += !isnan(load(f, store(f, value)));
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* The nearest of the two neighbours, for floats of any kind. */
START_TEST(random_floats_go_to_a_nearest_number)
{
    const struct format *f = &formats[_i];
    uint64_t seed = 7;
    int wrong = 0;
    for (int i = 0; i < 100000; i++) {
        const uint32_t bits = (uint32_t)draw_from(&seed, 0, 0x7f7fffff);
        float value;
        memcpy(&value, &bits, sizeof value);
        const uint32_t got = store(f, value);
        const double error = fabs(meaning(f, got) - (double)value);
        if (got > 0)
            wrong += error > fabs(meaning(f, got - 1) - (double)value);
        if (got < infinity_of(f))
            wrong += error > fabs(meaning(f, got + 1) - (double)value);
        else
            wrong += got != infinity_of(f);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(elements_lie_side_by_side_at_any_address)
{
    unsigned char bytes[32];
    for (uint32_t type = ORIEL_F32; type <= ORIEL_BF16; type++)
        for (size_t shift = 0; shift < 4; shift++) {
            memset(bytes, 0x55, sizeof bytes);
            orl_elem_store(bytes + shift, 2, type, -1.5f);
            orl_elem_store(bytes + shift, 1, type, 0.25f);
            ck_assert(orl_elem_load(bytes + shift, 1, type) == 0.25f);
            ck_assert(orl_elem_load(bytes + shift, 2, type) == -1.5f);
            const size_t size = orl_elem_bytes(type);
            ck_assert_uint_eq(bytes[shift + size - 1], 0x55);
            ck_assert_uint_eq(bytes[shift + 3 * size], 0x55);
        }
}
END_TEST

START_TEST(every_float_is_stored_as_it_is)
{
    const uint32_t bits[] = {0, 0x80000000, 1, 0x7f7fffff, 0xff800000};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        float value;
        uint32_t raw;
        memcpy(&value, &bits[i], sizeof value);
        orl_elem_store(&raw, 0, ORIEL_F32, value);
        ck_assert_uint_eq(raw, bits[i]);
    }
}
END_TEST

START_TEST(types_have_names_and_sizes)
{
    ck_assert(!orl_elem_known(0) && !orl_elem_known(4));
    ck_assert(orl_elem_known(ORIEL_F32) && orl_elem_known(ORIEL_F16) &&
              orl_elem_known(ORIEL_BF16));
    ck_assert_str_eq(orl_elem_name(ORIEL_F32), "f32");
    ck_assert_str_eq(orl_elem_name(ORIEL_F16), "f16");
    ck_assert_str_eq(orl_elem_name(ORIEL_BF16), "bf16");
    ck_assert_uint_eq(orl_elem_bytes(ORIEL_F32), 4);
    ck_assert_uint_eq(orl_elem_bytes(ORIEL_F16), 2);
    ck_assert_uint_eq(orl_elem_bytes(ORIEL_BF16), 2);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("elem");
    tcase_add_loop_test(tc, every_finite_number_has_its_value, 0, 2);
    tcase_add_loop_test(
        tc, midpoints_go_to_even_and_their_neighbours_to_the_nearest, 0, 2);
    tcase_add_loop_test(tc, infinity_stays_and_too_large_becomes_it, 0, 2);
    tcase_add_loop_test(tc, nan_stays_nan_whatever_its_payload, 0, 2);
    tcase_add_loop_test(tc, random_floats_go_to_a_nearest_number, 0, 2);
    tcase_add_test(tc, elements_lie_side_by_side_at_any_address);
    tcase_add_test(tc, every_float_is_stored_as_it_is);
    tcase_add_test(tc, types_have_names_and_sizes);
    return suite_run(tc, "model/elem");
}
