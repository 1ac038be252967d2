/* probe_core.c: questions of extensions that only some GPUs know; those that do
 * not refuse them. NVIDIA's were asked of an H200, the others of no device. */
#include "cl/probe_core.h"

#include "cl/probe.h"
#include "model/core_facts.h"

/* Of cl_nv_device_attribute_query, cl_amd_device_attribute_query,
 * cl_intel_device_attribute_query and cl_intel_required_subgroup_size, which
 * not every header has; and of OpenCL 3.0. */
enum {
    NV_MAJOR = 0x4000,
    NV_MINOR = 0x4001,
    NV_BLOCK_REGISTERS = 0x4002,
    NV_WARP_ITEMS = 0x4003,
    AMD_SIMDS = 0x4040,
    AMD_SIMD_LANES = 0x4041,
    AMD_WAVE_ITEMS = 0x4043,
    AMD_UNIT_LOCAL_BYTES = 0x4047,
    AMD_MAJOR = 0x404A,
    INTEL_SUBSLICE_UNITS = 0x4254,
    INTEL_UNIT_THREADS = 0x4255,
    INTEL_SUB_GROUPS = 0x4108,
    PREFERRED_MULTIPLE = 0x1067
};

static void ask_nvidia(struct device *d, cl_device_id id)
{
    const struct nvidia_answers a = {
        .major = orl_probe_number(id, NV_MAJOR),
        .minor = orl_probe_number(id, NV_MINOR),
        .warp_items = orl_probe_number(id, NV_WARP_ITEMS),
        .block_registers = orl_probe_number(id, NV_BLOCK_REGISTERS),
    };
    orl_core_facts_nvidia(d, &a);
}

static void ask_amd(struct device *d, cl_device_id id)
{
    const struct amd_answers a = {
        .major = orl_probe_number(id, AMD_MAJOR),
        .simds = orl_probe_number(id, AMD_SIMDS),
        .simd_lanes = orl_probe_number(id, AMD_SIMD_LANES),
        .wave_items = orl_probe_number(id, AMD_WAVE_ITEMS),
        .unit_local_bytes = orl_probe_number(id, AMD_UNIT_LOCAL_BYTES),
    };
    orl_core_facts_amd(d, &a);
}

static void ask_intel(struct device *d, cl_device_id id)
{
    size_t sizes[16], bytes = 0;
    if (clGetDeviceInfo(id, INTEL_SUB_GROUPS, sizeof sizes, sizes, &bytes) !=
        CL_SUCCESS)
        bytes = 0;
    struct intel_answers a = {
        .subslice_units = orl_probe_number(id, INTEL_SUBSLICE_UNITS),
        .unit_threads = orl_probe_number(id, INTEL_UNIT_THREADS),
    };
    for (size_t n = 0; n < bytes / sizeof *sizes; n++) {
        const int64_t size = (int64_t)sizes[n];
        if (n == 0 || size < a.least_sub_group)
            a.least_sub_group = size;
        if (size > a.most_sub_group)
            a.most_sub_group = size;
    }
    orl_core_facts_intel(d, &a);
}

void orl_probe_core(struct device *d, cl_device_id id)
{
    if (orl_probe_number(id, NV_MAJOR) > 0)
        ask_nvidia(d, id);
    else if (orl_probe_number(id, AMD_MAJOR) > 0)
        ask_amd(d, id);
    else if (orl_probe_number(id, INTEL_SUBSLICE_UNITS) > 0)
        ask_intel(d, id);
    else
        d->wave_items = orl_probe_number(id, PREFERRED_MULTIPLE);
}
