/* bad_icd.c: an OpenCL driver whose only platform fails when it is asked for
 * its devices, as drivers do whose hardware is gone. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl_icd.h>
#include <string.h>

struct _cl_platform_id {
    const cl_icd_dispatch *dispatch;
};

static cl_int CL_API_CALL bad_platform_info(cl_platform_id platform,
                                            cl_platform_info name, size_t size,
                                            void *value, size_t *used)
{
    const char *text = name == CL_PLATFORM_NAME             ? "Broken"
                       : name == CL_PLATFORM_VERSION        ? "OpenCL 1.2 none"
                       : name == CL_PLATFORM_PROFILE        ? "FULL_PROFILE"
                       : name == CL_PLATFORM_VENDOR         ? "Nobody"
                       : name == CL_PLATFORM_ICD_SUFFIX_KHR ? "BAD"
                       : name == CL_PLATFORM_EXTENSIONS     ? "cl_khr_icd"
                                                            : NULL;
    (void)platform;
    if (!text || (value && size < strlen(text) + 1))
        return CL_INVALID_VALUE;
    if (value)
        strcpy(value, text);
    if (used)
        *used = strlen(text) + 1;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL bad_device_ids(cl_platform_id platform,
                                         cl_device_type type, cl_uint room,
                                         cl_device_id *devices, cl_uint *count)
{
    (void)platform, (void)type, (void)room, (void)devices, (void)count;
    return CL_OUT_OF_RESOURCES;
}

static const cl_icd_dispatch dispatch = {
    .clGetPlatformInfo = bad_platform_info,
    .clGetDeviceIDs = bad_device_ids,
};

static struct _cl_platform_id platform = {&dispatch};

static cl_int CL_API_CALL bad_platform_ids(cl_uint room,
                                           cl_platform_id *platforms,
                                           cl_uint *count)
{
    if (platforms && room > 0)
        *platforms = &platform;
    if (count)
        *count = 1;
    return CL_SUCCESS;
}

/* The one symbol that the loader looks for. ISO C has no conversion between
 * pointers to functions and to objects. */
__attribute__((visibility("default"))) CL_API_ENTRY void *CL_API_CALL
clGetExtensionFunctionAddress(const char *name)
{
    union {
        cl_int(CL_API_CALL *ids)(cl_uint, cl_platform_id *, cl_uint *);
        cl_int(CL_API_CALL *info)(cl_platform_id, cl_platform_info, size_t,
                                  void *, size_t *);
        void *address;
    } found = {.address = NULL};
    if (!strcmp(name, "clIcdGetPlatformIDsKHR"))
        found.ids = bad_platform_ids;
    else if (!strcmp(name, "clGetPlatformInfo"))
        found.info = bad_platform_info;
    return found.address;
}
