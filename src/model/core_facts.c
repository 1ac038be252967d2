/* core_facts.c: tables of vendors' manuals. They only order plans: a wrong
 * entry costs time, no result. */
#include "model/core_facts.h"

#include <string.h>

/* CUDA C++ Programming Guide, "Compute Capabilities": FP32 cores for
 * arithmetic operations and largest shared memory of a multiprocessor. */
static const struct {
    int64_t major, minor, lanes, local_kib;
} capabilities[] = {
    {5, 0, 128, 64},   {5, 2, 128, 96},  {6, 0, 64, 64},    {6, 1, 128, 96},
    {7, 0, 64, 96},    {7, 5, 64, 64},   {8, 0, 64, 164},   {8, 6, 128, 100},
    {8, 9, 128, 100},  {9, 0, 128, 228}, {10, 0, 128, 228}, {10, 3, 128, 228},
    {12, 0, 128, 100},
};

/* Bytes that a local memory moves per clock, 32 banks of 4: "Shared Memory" of
 * the same guide for 5.x and later; "CDNA 3" and "RDNA" white papers of AMD for
 * a compute unit. */
enum { LOCAL_RATE = 128 };

/* A block may take all registers of a multiprocessor, and a work-item 255. */
void orl_core_facts_nvidia(struct device *d, const struct nvidia_answers *a)
{
    const int count = (int)(sizeof capabilities / sizeof *capabilities);
    for (int n = 0; n < count; n++)
        if (capabilities[n].major == a->major &&
            capabilities[n].minor == a->minor) {
            d->core_lanes = capabilities[n].lanes;
            d->core_local_bytes = capabilities[n].local_kib << 10;
        }
    d->core_units = 1;
    d->core_local_rate = a->major >= 5 ? LOCAL_RATE : 0;
    d->core_registers = a->block_registers;
    d->item_registers = a->major >= 5 ? 255 : 0;
    d->wave_items = a->warp_items;
}

static bool begins(const char *text, const char *part)
{
    return strncmp(text, part, strlen(part)) == 0;
}

/* "GPU hardware specifications" of ROCm's documentation: VGPR file of a compute
 * unit, or of a pair of them where the driver counts pairs, as registers.
 * LLVM's FeatureISAVersion11_5_1, with Feature1_5xVGPRs, adds gfx1151. */
static int64_t amd_registers(const char *name, const struct amd_answers *a)
{
    if (a->major >= 12 || begins(name, "gfx1100") || begins(name, "gfx1101") ||
        begins(name, "gfx1151"))
        return 768 << 8;
    if (a->major >= 10)
        return 512 << 8;
    if (begins(name, "gfx90a") || begins(name, "gfx94") ||
        begins(name, "gfx95"))
        return 512 << 8;
    return a->major >= 8 ? 256 << 8 : 0;
}

void orl_core_facts_amd(struct device *d, const struct amd_answers *a)
{
    d->core_units = 1;
    d->core_lanes = a->simds * a->simd_lanes;
    d->core_registers = amd_registers(d->name, a);
    /* Of RDNA the driver tells what one compute unit of a pair has. */
    d->core_local_bytes = a->unit_local_bytes * (a->major >= 10 ? 2 : 1);
    d->core_local_rate =
        a->major >= 8 ? LOCAL_RATE * (a->major >= 10 ? 2 : 1) : 0;
    const bool unified = a->major == 9 && d->core_registers == 512 << 8;
    d->item_registers = d->core_registers > 0 ? unified ? 512 : 256 : 0;
    d->wave_items = a->wave_items;
}

/* A thread has 128 registers of as many bytes as the least sub-group has
 * floats (Intel's "GPU Optimization Guide" of oneAPI: 32 bytes, of Xe-HPC 64),
 * and a unit multiplies as many floats per clock. Compilers take narrow
 * sub-groups where a work-item needs more. Sizes of local memory:
 * computeSlmValues in shared/source of
 * https://github.com/intel/compute-runtime. */
void orl_core_facts_intel(struct device *d, const struct intel_answers *a)
{
    const int64_t lanes = a->least_sub_group;
    d->core_units = a->subslice_units;
    d->core_lanes = a->subslice_units * lanes;
    d->core_registers = a->subslice_units * a->unit_threads * 128 * lanes;
    d->core_local_bytes = d->local_bytes;
    d->core_local_sizes = lanes >= 16 ? 2 : lanes > 0;
    d->item_registers = lanes > 0 ? 128 : 0;
    d->wave_items = a->most_sub_group >= 16 ? 16 : lanes;
}
