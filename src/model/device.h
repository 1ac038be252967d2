/* device.h: every fact about a device that a decision may use. Decisions take
 * facts, never an OpenCL handle, so they can be made, and tested, for a device
 * that is not here. 0 or "" is: not known. */
#ifndef ORL_MODEL_DEVICE_H
#define ORL_MODEL_DEVICE_H

#include "model/matrix.h"

#include <stdbool.h>
#include <stdint.h>

enum device_kind { DEVICE_CPU = 1, DEVICE_GPU, DEVICE_ACCELERATOR };

enum { ORL_DEVICE_NAME = 128 };

/* More than there are families. */
enum { ORL_IN_SUB_GROUPS = 32 };

struct device {
    char name[ORL_DEVICE_NAME];
    char vendor[ORL_DEVICE_NAME];
    char version[ORL_DEVICE_NAME]; /* CL_DEVICE_VERSION */
    char driver[ORL_DEVICE_NAME];  /* CL_DRIVER_VERSION */
    char platform[ORL_DEVICE_NAME];
    char platform_version[ORL_DEVICE_NAME];

    int64_t kind; /* enum device_kind */
    int64_t compute_units;
    int64_t clock_mhz;
    int64_t vector_floats;   /* native vector width of float */
    int64_t group_limit;     /* most work-items of a group */
    int64_t axis_limit;      /* most work-items of a group along axis 0 */
    int64_t local_bytes;     /* local memory of a group */
    int64_t local_dedicated; /* 1: a memory of its own, not cached global */
    int64_t global_bytes;
    int64_t allocation_bytes; /* largest buffer */
    int64_t cache_bytes;      /* of global memory */
    int64_t cache_line_bytes;
    int64_t argument_bytes;   /* largest sum of kernel arguments */
    int64_t base_align_bytes; /* CL_DEVICE_MEM_BASE_ADDR_ALIGN / 8 */
    int64_t address_bits;
    int64_t unified_memory; /* 1: shares memory with the host */
    int64_t full_profile;   /* 1: FULL_PROFILE, or an embedded profile that has
                               what kernels use of it: 64-bit integers */
    int64_t little_endian;  /* 1: as the host */
    int64_t compiler;       /* 1: builds kernels from source */
    int64_t fp16, fp64;     /* 1: has the extension */
    int64_t prefetch;       /* 1: clang's __builtin_prefetch may be used */
    int64_t emulated_fma;   /* 1: fma() is computed in integers, slowly */
    int64_t matrix;         /* enum matrix_engine, found by a trial */
    int64_t sub_groups;     /* sum of the sizes, of 8 and 16, of sub-groups that
                               a kernel can ask for and that hear each other,
                               found by a trial */

    /* Of a core, the part of a GPU that runs a group: a compute unit, or the
     * execution units of Intel that share a local memory. */
    int64_t core_units;       /* compute units of a core */
    int64_t core_lanes;       /* multiply-adds of f32 that it does per clock */
    int64_t core_registers;   /* of 32 bits, for all its work-items */
    int64_t core_local_bytes; /* local memory, for all its groups */
    int64_t core_local_rate;  /* bytes of it that move per clock */
    int64_t core_local_sizes; /* it is given out in powers of two of 1 KB: 1;
                                 from 16 KB on also halfway between them: 2 */
    int64_t item_registers;   /* most that a work-item can have */
    int64_t wave_items;       /* work-items that run in step */

    /* A work-item silently ends after so many iterations of all its loops;
     * 0: no limit was met. Mesa's llvmpipe stops at 65535. */
    int64_t loop_limit;

    /* Bit n: family number n of the list in plan/families.c failed its
     * self-test on this device; bit n + ORL_IN_SUB_GROUPS: those plans of it
     * whose work-items broadcast in sub-groups, and no others. */
    int64_t quarantine;
};

#endif /* ORL_MODEL_DEVICE_H */
