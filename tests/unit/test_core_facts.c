/* test_core_facts.c: what queries of vendors tell of a core, compared with what
 * manuals say of devices that are recorded in ../golden/devices. */
#include "model/core_facts.h"

#include "given.h"
#include "suite.h"

#include <string.h>

static void assert_core(const struct device *d, int64_t units, int64_t lanes,
                        int64_t registers, int64_t local_kib, int64_t most,
                        int64_t wave)
{
    ck_assert_int_eq(d->core_units, units);
    ck_assert_int_eq(d->core_lanes, lanes);
    ck_assert_int_eq(d->core_registers, registers);
    ck_assert_int_eq(d->core_local_bytes, local_kib << 10);
    ck_assert_int_eq(d->item_registers, most);
    ck_assert_int_eq(d->wave_items, wave);
}

static struct device of_nvidia(int64_t major, int64_t minor)
{
    struct device d = given_device(DEVICE_GPU);
    const struct nvidia_answers a = {major, minor, 32, 65536};
    orl_core_facts_nvidia(&d, &a);
    return d;
}

START_TEST(nvidia_is_known_by_its_compute_capability)
{
    struct device d = of_nvidia(7, 5);
    assert_core(&d, 1, 64, 65536, 64, 255, 32);
    d = of_nvidia(8, 0);
    assert_core(&d, 1, 64, 65536, 164, 255, 32);
    d = of_nvidia(9, 0);
    assert_core(&d, 1, 128, 65536, 228, 255, 32);
    ck_assert_int_eq(d.core_local_rate, 128);
}
END_TEST

START_TEST(a_capability_of_later_times_leaves_unknown_what_it_does_not_tell)
{
    const struct device d = of_nvidia(99, 0);
    assert_core(&d, 1, 0, 65536, 0, 255, 32);
}
END_TEST

static struct device of_amd(const char *name, int64_t major, int64_t lanes,
                            int64_t wave)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.name, name);
    const struct amd_answers a = {major, 4, lanes, wave, 64 << 10};
    orl_core_facts_amd(&d, &a);
    return d;
}

START_TEST(amd_is_known_by_its_graphics_ip)
{
    struct device d = of_amd("Ellesmere", 8, 16, 64);
    assert_core(&d, 1, 64, 65536, 64, 256, 64);
    d = of_amd("gfx906:sramecc+:xnack-", 9, 16, 64);
    assert_core(&d, 1, 64, 65536, 64, 256, 64);
    d = of_amd("gfx90a:sramecc+:xnack-", 9, 16, 64);
    assert_core(&d, 1, 64, 131072, 64, 512, 64);
    d = of_amd("gfx942:sramecc+:xnack-", 9, 16, 64);
    assert_core(&d, 1, 64, 131072, 64, 512, 64);
    ck_assert_int_eq(d.core_local_rate, 128);
    d = of_amd("gfx1032", 10, 32, 32);
    ck_assert_int_eq(d.core_local_rate, 256); /* two compute units */
    assert_core(&d, 1, 128, 131072, 128, 256, 32);
    d = of_amd("gfx1100", 11, 32, 32);
    assert_core(&d, 1, 128, 196608, 128, 256, 32);
    d = of_amd("gfx1102", 11, 32, 32);
    assert_core(&d, 1, 128, 131072, 128, 256, 32);
    d = of_amd("gfx1150", 11, 32, 32);
    assert_core(&d, 1, 128, 131072, 128, 256, 32);
    d = of_amd("gfx1151", 11, 32, 32);
    assert_core(&d, 1, 128, 196608, 128, 256, 32);
    d = of_amd("gfx1201", 12, 32, 32);
    assert_core(&d, 1, 128, 196608, 128, 256, 32);
}
END_TEST

static struct device of_intel(int64_t units, int64_t threads, int64_t least,
                              int64_t local_kib)
{
    struct device d = given_device(DEVICE_GPU);
    d.local_bytes = local_kib << 10;
    const struct intel_answers a = {units, threads, least, 32};
    orl_core_facts_intel(&d, &a);
    return d;
}

START_TEST(intel_is_known_by_its_subslices)
{
    struct device d = of_intel(8, 7, 8, 64); /* Gen9 */
    assert_core(&d, 8, 64, 57344, 64, 128, 16);
    ck_assert_int_eq(d.core_local_sizes, 1);
    d = of_intel(16, 8, 8, 64); /* Xe-HPG */
    assert_core(&d, 16, 128, 131072, 64, 128, 16);
    d = of_intel(8, 8, 16, 128); /* Xe-HPC */
    assert_core(&d, 8, 128, 131072, 128, 128, 16);
    ck_assert_int_eq(d.core_local_sizes, 2);
}
END_TEST

START_TEST(no_answers_are_no_facts)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.name, "gfx900");
    orl_core_facts_amd(&d, &(struct amd_answers) {0});
    assert_core(&d, 1, 0, 0, 0, 0, 0);
    ck_assert_int_eq(d.core_local_rate, 0);
    orl_core_facts_intel(&d, &(struct intel_answers) {0});
    assert_core(&d, 0, 0, 0, 0, 0, 0);
    ck_assert_int_eq(d.core_local_sizes, 0);
    orl_core_facts_nvidia(&d, &(struct nvidia_answers) {0});
    assert_core(&d, 1, 0, 0, 0, 0, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("core_facts");
    tcase_add_test(tc, nvidia_is_known_by_its_compute_capability);
    tcase_add_test(
        tc, a_capability_of_later_times_leaves_unknown_what_it_does_not_tell);
    tcase_add_test(tc, amd_is_known_by_its_graphics_ip);
    tcase_add_test(tc, intel_is_known_by_its_subslices);
    tcase_add_test(tc, no_answers_are_no_facts);
    return suite_run(tc, "model/core_facts");
}
