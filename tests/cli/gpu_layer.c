/* gpu_layer.c: a layer of the OpenCL loader through which a device answers some
 * questions as a GPU does. $ANSWERS is a list of QUERY=VALUE:BYTES, the first
 * two in hexadecimal and the values of an array with dots between:
 *
 *     ANSWERS="1000=4:8 4000=8:4 4108=8.10.20:8"
 *
 * Queries of vendors that it has no answer for are refused, so that a GPU can
 * pose as another maker's. */
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#include <CL/cl_layer.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static cl_icd_dispatch ours;
static const cl_icd_dispatch *below;

enum { VALUES = 32 };

struct answer {
    unsigned char bytes[8 * VALUES];
    size_t size;
};

/* Where the answer to a query begins in $ANSWERS, behind its '='. */
static const char *find(cl_device_info name)
{
    const char *at = getenv("ANSWERS");
    while (at && *at) {
        char *end;
        if (strtoul(at, &end, 16) == name && *end == '=')
            return end + 1;
        at = strchr(at, ' ');
        at += at != NULL;
    }
    return NULL;
}

/* The host is little-endian, so that the first bytes of a number are all of a
 * shorter one. */
static bool read_answer(struct answer *a, cl_device_info name)
{
    const char *at = find(name);
    uint64_t value[VALUES];
    int count = 0;
    if (!at)
        return false;
    for (char *end; count < VALUES; at = end + 1) {
        value[count++] = strtoull(at, &end, 16);
        if (*end == ':') {
            at = end + 1;
            break;
        }
    }
    const size_t width = strtoul(at, NULL, 10);
    for (int n = 0; n < count; n++)
        memcpy(a->bytes + (size_t)n * width, &value[n], width);
    a->size = (size_t)count * width;
    return true;
}

/* Of extensions of NVIDIA, AMD and Intel; Khronos ends before. */
static bool is_vendors(cl_device_info name)
{
    return name >= 0x4000 && name < 0x5000;
}

static cl_int give(const struct answer *a, size_t size, void *value,
                   size_t *used)
{
    if (value && size < a->size)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, a->bytes, a->size);
    if (used)
        *used = a->size;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info name,
                                      size_t size, void *value, size_t *used)
{
    struct answer a;
    if (read_answer(&a, name))
        return give(&a, size, value, used);
    if (is_vendors(name))
        return CL_INVALID_VALUE;
    return below->clGetDeviceInfo(device, name, size, value, used);
}

static cl_int CL_API_CALL kernel_info(cl_kernel kernel, cl_device_id device,
                                      cl_kernel_work_group_info name,
                                      size_t size, void *value, size_t *used)
{
    struct answer a;
    if (read_answer(&a, name))
        return give(&a, size, value, used);
    return below->clGetKernelWorkGroupInfo(kernel, device, name, size, value,
                                           used);
}

__attribute__((visibility("default"))) CL_API_ENTRY cl_int CL_API_CALL
clGetLayerInfo(cl_layer_info name, size_t size, void *value, size_t *used)
{
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    if (name != CL_LAYER_API_VERSION || (value && size < sizeof version))
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, &version, sizeof version);
    if (used)
        *used = sizeof version;
    return CL_SUCCESS;
}

__attribute__((visibility("default"))) CL_API_ENTRY cl_int CL_API_CALL
clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *ours_count,
            const cl_icd_dispatch **out)
{
    const size_t all = sizeof ours / sizeof(void *);
    const size_t count = entries < all ? entries : all;
    below = target;
    memcpy((void *)&ours, target, count * sizeof(void *));
    ours.clGetDeviceInfo = device_info;
    ours.clGetKernelWorkGroupInfo = kernel_info;
    *ours_count = (cl_uint)count;
    *out = &ours;
    return CL_SUCCESS;
}
