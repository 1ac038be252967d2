"""Waves that the cores of a target hold at a time, by what a program uses.

What a core has is in the facts of a device of that kind (core_registers,
core_local_bytes, core_units, wave_items; tests/golden/devices, each with its
source). What is added here, because no decision needs it:

AMD     granule of registers, most waves of a SIMD, most groups: LLVM's
        getVGPRAllocGranule, getMaxWavesPerEU, getMaxWorkGroupsPerCU in
        lib/Target/AMDGPU/Utils/AMDGPUBaseInfo.cpp; granule of local memory:
        "granulated_lds_size" in its "User Guide for AMDGPU Backend". Of gfx908
        the accumulation registers are a file of their own, as large again.
NVIDIA  most warps and groups of an SM: "Technical Specifications per Compute
        Capability" of the CUDA C++ Programming Guide, which also says of 8.0
        and above that each group takes 1 KB of shared memory more. A warp's
        registers are given out by 256 and lie in one of 4 parts of the file:
        CUDA's occupancy calculator.
Intel   sizes of local memory: computeSlmValues and
        SHARED_LOCAL_MEMORY_SIZE of intel/compute-runtime, shared/source. A
        register has 32 bytes, of Xe-HPC 64; a thread has 128 of them, or
        half as many threads have 256: "Intel Xe GPU Architecture" of the
        oneAPI GPU Optimization Guide.
"""
import math

AMD = {  # registers of a lane of a SIMD, granule, most waves of a SIMD, groups
    "gfx906": (256, 4, 10, 16), "gfx908": (256, 4, 10, 16),
    "gfx90a": (512, 8, 8, 16), "gfx942": (512, 8, 8, 16),
    "gfx1030": (1024, 16, 16, 32), "gfx1100": (1536, 24, 16, 32),
    "gfx1201": (1536, 24, 16, 32),
}
NVIDIA = {  # most warps and groups, granule of shared memory, taken by a group
    "sm_75": (32, 16, 256, 0), "sm_80": (64, 32, 128, 1024),
    "sm_89": (48, 24, 128, 1024), "sm_90": (64, 32, 128, 1024),
    "sm_100": (64, 32, 128, 1024), "sm_120": (48, 24, 128, 1024),
}
POWERS = [2 ** n for n in range(10, 17)]
INTEL = {  # floats of a register, sizes that local memory is given out in
    "tgllp": (8, POWERS), "dg2": (8, POWERS),
    "pvc": (16, sorted(POWERS + [24 << 10, 48 << 10, 96 << 10, 128 << 10])),
}

LEAST = 2  # waves of a scheduler: 2 of a SIMD, 8 warps of an SM


def up(value, granule):
    return math.ceil(value / granule) * granule


def schedulers(facts):
    """As src/plan/occupancy.c has them."""
    units = facts.get("core_units", 1)
    return units if units > 1 else 4


def by_local(facts, bytes_of_group):
    core = facts.get("core_local_bytes", facts.get("local_bytes", 0))
    return core // bytes_of_group if bytes_of_group else math.inf


def amd(target, facts, used, waves):
    registers, granule, most, barriers = AMD[target]
    held = registers // up(max(used["registers"], 1), granule)
    held = min(held, most) * schedulers(facts)
    groups = most * schedulers(facts) if waves == 1 else barriers
    return min(held // waves, groups, by_local(facts, up(used["local"], 512)))


def nvidia(target, facts, used, waves):
    most, barriers, granule, taken = NVIDIA[target]
    parts = schedulers(facts)
    part = facts["core_registers"] // parts
    held = part // up(max(used["registers"], 1) * 32, 256) * parts
    local = up(used["local"] + taken, granule)
    return min(min(held, most) // waves, barriers, by_local(facts, local))


def intel(target, facts, used, waves):
    floats, sizes = INTEL[target]
    threads = facts["core_registers"] // (used["registers"] * floats)
    local = next((size for size in sizes if size >= used["local"]),
                 used["local"]) if used["local"] else 0
    return min(threads // waves, by_local(facts, local))


def waves(target, facts, used, items):
    """Of each scheduler, if there are groups enough. items: of a group."""
    wave = used.get("wave") or facts["wave_items"]
    of_group = math.ceil(items / wave)
    count = amd if target in AMD else nvidia if target in NVIDIA else intel
    groups = count(target, facts, used, of_group)
    return groups * of_group / schedulers(facts)
