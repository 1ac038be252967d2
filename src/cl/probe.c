/* probe.c: which devices there are, and their facts. */
#include "cl/probe.h"

#include "cl/check.h"
#include "cl/probe_core.h"
#include "plan/family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLATFORMS = 64, DEVICES = 256 };

static void query_text(char text[ORL_DEVICE_NAME], cl_device_id id,
                       cl_device_info name)
{
    /* Longer answers are an error to OpenCL, not a cut text. */
    char whole[16 * ORL_DEVICE_NAME] = "";
    if (clGetDeviceInfo(id, name, sizeof whole - 1, whole, NULL) != CL_SUCCESS)
        whole[0] = 0;
    snprintf(text, ORL_DEVICE_NAME, "%.*s", ORL_DEVICE_NAME - 1, whole);
}

static void query_platform(char text[ORL_DEVICE_NAME], cl_platform_id platform,
                           cl_platform_info name)
{
    char whole[16 * ORL_DEVICE_NAME] = "";
    if (clGetPlatformInfo(platform, name, sizeof whole - 1, whole, NULL) !=
        CL_SUCCESS)
        whole[0] = 0;
    snprintf(text, ORL_DEVICE_NAME, "%.*s", ORL_DEVICE_NAME - 1, whole);
}

int64_t orl_probe_number(cl_device_id id, cl_device_info name)
{
    union {
        cl_uint narrow;
        cl_ulong wide;
    } value = {.wide = 0};
    size_t size = 0;
    if (clGetDeviceInfo(id, name, sizeof value, &value, &size) != CL_SUCCESS)
        return 0;
    if (size == sizeof value.narrow)
        return (int64_t)value.narrow;
    return value.wide > INT64_MAX ? INT64_MAX : (int64_t)value.wide;
}

bool orl_probe_extension(cl_device_id id, const char *name)
{
    size_t size = 0;
    if (clGetDeviceInfo(id, CL_DEVICE_EXTENSIONS, 0, NULL, &size) != CL_SUCCESS)
        return false;
    char some[8192]; /* so that hardly any device is judged by what memory there
                        is: of an embedded profile one extension is needed */
    char *const all = size < sizeof some ? some : malloc(size + 1);
    bool found = false;
    if (all && clGetDeviceInfo(id, CL_DEVICE_EXTENSIONS, size, all, NULL) ==
                   CL_SUCCESS) {
        all[size] = 0;
        const size_t length = strlen(name);
        for (const char *at = strstr(all, name); at && !found;
             at = strstr(at + 1, name))
            found = (at == all || at[-1] == ' ') &&
                    (at[length] == ' ' || at[length] == 0);
    }
    if (all != some)
        free(all);
    return found;
}

static int64_t kind_of(cl_device_id id)
{
    cl_device_type type = 0;
    clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (type & CL_DEVICE_TYPE_CPU)
        return DEVICE_CPU;
    return type & CL_DEVICE_TYPE_GPU ? DEVICE_GPU : DEVICE_ACCELERATOR;
}

static int64_t axis_limit(cl_device_id id)
{
    size_t limit[8] = {0};
    if (clGetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof limit, limit,
                        NULL) != CL_SUCCESS)
        return 0;
    return limit[0] > INT64_MAX ? INT64_MAX : (int64_t)limit[0];
}

/* Clang's builtin cannot be tried: Mesa ends the process on it, Oclgrind
 * refuses the program. So only implementations on which it was seen to work
 * are named. */
static bool knows_prefetch(const struct device *d)
{
    return d->kind == DEVICE_CPU &&
           (strcmp(d->platform, "Portable Computing Language") == 0 ||
            strcmp(d->platform, "Intel(R) OpenCL") == 0);
}

/* Mesa's llvmpipe. Without CL_FP_FMA alone nothing is known: Intel's CPU
 * runtime does not announce it, and uses the instruction. */
static bool emulates_fma(cl_device_id id, const struct device *d)
{
    cl_device_fp_config config = 0;
    return strcmp(d->platform, "rusticl") == 0 &&
           clGetDeviceInfo(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config,
                           &config, NULL) == CL_SUCCESS &&
           !(config & CL_FP_FMA);
}

void orl_probe(struct device *out, cl_device_id id)
{
    cl_platform_id platform = NULL;
    char profile[ORL_DEVICE_NAME];
    struct device d = {.kind = kind_of(id)};

    query_text(d.name, id, CL_DEVICE_NAME);
    query_text(d.vendor, id, CL_DEVICE_VENDOR);
    query_text(d.version, id, CL_DEVICE_VERSION);
    query_text(d.driver, id, CL_DRIVER_VERSION);
    if (clGetDeviceInfo(id, CL_DEVICE_PLATFORM, sizeof platform, &platform,
                        NULL) == CL_SUCCESS) {
        query_platform(d.platform, platform, CL_PLATFORM_NAME);
        query_platform(d.platform_version, platform, CL_PLATFORM_VERSION);
    }

    d.compute_units = orl_probe_number(id, CL_DEVICE_MAX_COMPUTE_UNITS);
    d.clock_mhz = orl_probe_number(id, CL_DEVICE_MAX_CLOCK_FREQUENCY);
    d.vector_floats = orl_probe_number(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
    d.group_limit = orl_probe_number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE);
    d.axis_limit = axis_limit(id);
    d.local_bytes = orl_probe_number(id, CL_DEVICE_LOCAL_MEM_SIZE);
    d.local_dedicated =
        orl_probe_number(id, CL_DEVICE_LOCAL_MEM_TYPE) == CL_LOCAL;
    d.global_bytes = orl_probe_number(id, CL_DEVICE_GLOBAL_MEM_SIZE);
    d.allocation_bytes = orl_probe_number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    d.cache_bytes = orl_probe_number(id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE);
    d.cache_line_bytes =
        orl_probe_number(id, CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE);
    d.argument_bytes = orl_probe_number(id, CL_DEVICE_MAX_PARAMETER_SIZE);
    d.base_align_bytes =
        orl_probe_number(id, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    d.address_bits = orl_probe_number(id, CL_DEVICE_ADDRESS_BITS);
    d.unified_memory = orl_probe_number(id, CL_DEVICE_HOST_UNIFIED_MEMORY);
    d.little_endian = orl_probe_number(id, CL_DEVICE_ENDIAN_LITTLE);
    d.compiler = orl_probe_number(id, CL_DEVICE_COMPILER_AVAILABLE);
    query_text(profile, id, CL_DEVICE_PROFILE);
    d.full_profile = strcmp(profile, "FULL_PROFILE") == 0 ||
                     orl_probe_extension(id, "cles_khr_int64");
    d.fp16 = orl_probe_extension(id, "cl_khr_fp16");
    d.fp64 = orl_probe_extension(id, "cl_khr_fp64");
    d.prefetch = knows_prefetch(&d);
    d.emulated_fma = emulates_fma(id, &d);
    if (d.kind == DEVICE_GPU)
        orl_probe_core(&d, id);
    *out = d;
}

/* ---- Which devices there are -------------------------------------------- */

oriel_status orl_probe_list(struct listed **list, size_t *count)
{
    cl_platform_id platforms[PLATFORMS];
    cl_uint platform_count = 0;
    const cl_int code = clGetPlatformIDs(PLATFORMS, platforms, &platform_count);
    if (code != CL_SUCCESS || platform_count == 0)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no OpenCL platform was found: install the driver of a "
                        "device, or pocl-opencl-icd for this computer's CPU");

    struct listed *all = NULL;
    size_t used = 0;
    for (cl_uint n = 0; n < platform_count && n < PLATFORMS; n++) {
        cl_device_id ids[DEVICES];
        cl_uint found = 0;
        const cl_int error = clGetDeviceIDs(platforms[n], CL_DEVICE_TYPE_ALL,
                                            DEVICES, ids, &found);
        if (error != CL_SUCCESS)
            found = 0;
        const cl_uint entries = found == 0        ? 1
                                : found < DEVICES ? found
                                                  : DEVICES;
        struct listed *more = realloc(all, (used + entries) * sizeof *all);
        if (!more) {
            free(all);
            return orl_fail(ORIEL_E_MEMORY, "no memory for a list of devices");
        }
        all = more;
        for (cl_uint d = 0; d < entries; d++)
            all[used++] = (struct listed) {
                .platform = platforms[n],
                .id = found == 0 ? NULL : ids[d],
                .error = found == 0 && error == CL_SUCCESS ? CL_DEVICE_NOT_FOUND
                                                           : error,
            };
    }
    *list = all;
    *count = used;
    return ORIEL_OK;
}

/* A problem any device should carry: what it rejects is the device. */
static bool accepts_row(const struct device *d)
{
    const oriel_problem smallest = {
        .size = sizeof smallest, .heads = 1, .queries = 1, .head_dim = 1};
    struct problem p;
    return orl_problem_check(&p, &smallest) == ORIEL_OK &&
           !orl_family_named("row", 3)->rejects(&p, d);
}

static bool is_number(const char *text)
{
    return text[0] != 0 && strspn(text, "0123456789") == strlen(text);
}

/* A device that is switched off or in use elsewhere. */
static bool is_away(cl_device_id id)
{
    cl_bool available = CL_TRUE;
    return clGetDeviceInfo(id, CL_DEVICE_AVAILABLE, sizeof available,
                           &available, NULL) == CL_SUCCESS &&
           !available;
}

/* How good a choice a device is: 0 if it is none, else the more the better. */
static int rank_of(const struct device *d, const char *wanted, size_t number)
{
    static const int rank[] = {
        [DEVICE_CPU] = 1, [DEVICE_ACCELERATOR] = 2, [DEVICE_GPU] = 3};
    if (wanted && is_number(wanted))
        return strtoul(wanted, NULL, 10) == number;
    if (wanted && wanted[0])
        return strstr(d->name, wanted) || strstr(d->platform, wanted);
    return accepts_row(d) ? rank[d->kind] : 0;
}

oriel_status orl_probe_pick(cl_device_id *out, const char *wanted)
{
    struct listed *list = NULL;
    size_t count = 0;
    ORL_TRY(orl_probe_list(&list, &count));

    cl_device_id best = NULL;
    int best_rank = 0;
    size_t number = 0, away = 0;
    for (size_t n = 0; n < count; n++) {
        struct device d;
        if (!list[n].id)
            continue;
        orl_probe(&d, list[n].id);
        const int rank = rank_of(&d, wanted, number++);
        if (rank > 0 && is_away(list[n].id)) {
            away++;
        } else if (rank > best_rank) {
            best = list[n].id;
            best_rank = rank;
        }
    }
    free(list);
    if (!best && away > 0)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "the OpenCL device %s%.60s%sis not available now, says "
                        "its driver",
                        wanted && wanted[0] ? "\"" : "", wanted ? wanted : "",
                        wanted && wanted[0] ? "\" " : "");
    if (!best && wanted && wanted[0])
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "no OpenCL device is named like \"%.60s\"", wanted);
    if (!best)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "none of the OpenCL devices here can be used");
    *out = best;
    return ORIEL_OK;
}
