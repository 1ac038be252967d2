/* core_facts.h: the facts about a core that makers of GPUs do not let OpenCL
 * ask for, from those that they do. What is not known stays 0. */
#ifndef ORL_MODEL_CORE_FACTS_H
#define ORL_MODEL_CORE_FACTS_H

#include "model/device.h"

/* Answers of cl_nv_device_attribute_query. */
struct nvidia_answers {
    int64_t major, minor; /* compute capability */
    int64_t warp_items, block_registers;
};

/* Answers of cl_amd_device_attribute_query. */
struct amd_answers {
    int64_t
        major; /* of the graphics IP: 9 is GCN 5 and CDNA, 10 and more RDNA */
    int64_t simds, simd_lanes; /* of a compute unit */
    int64_t wave_items, unit_local_bytes;
};

/* Answers of cl_intel_device_attribute_query and of
 * CL_DEVICE_SUB_GROUP_SIZES_INTEL. */
struct intel_answers {
    int64_t subslice_units, unit_threads;
    int64_t least_sub_group, most_sub_group;
};

void orl_core_facts_nvidia(struct device *d, const struct nvidia_answers *a);

/* d->name is what the driver calls the device: gfx90a:sramecc+:xnack-. */
void orl_core_facts_amd(struct device *d, const struct amd_answers *a);

void orl_core_facts_intel(struct device *d, const struct intel_answers *a);

#endif /* ORL_MODEL_CORE_FACTS_H */
