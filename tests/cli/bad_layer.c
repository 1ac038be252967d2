/* bad_layer.c: a layer of the OpenCL loader that makes one thing go wrong.
 *
 *     BAD=event   a launch of several groups ends with CL_OUT_OF_RESOURCES
 *     BAD=bit     results come back with one bit of them changed
 *     BAD=large   so do those of 16 KB and more, which no self-test has
 *     BAD=build   no program builds
 *     BAD=split   no device can be split
 *     BAD=context no context is made
 */
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#include <CL/cl_layer.h>
#include <stdlib.h>
#include <string.h>

static cl_icd_dispatch ours;
static const cl_icd_dispatch *below;

/* Of the last launch of several groups: one group warms a program up. */
static cl_event spoiled;

static cl_int CL_API_CALL enqueue_kernel(cl_command_queue queue,
                                         cl_kernel kernel, cl_uint axes,
                                         const size_t *offset,
                                         const size_t *global,
                                         const size_t *local, cl_uint waits,
                                         const cl_event *wait, cl_event *event)
{
    const cl_int code = below->clEnqueueNDRangeKernel(
        queue, kernel, axes, offset, global, local, waits, wait, event);
    for (cl_uint a = 0; a < axes && local && event; a++)
        if (global[a] > local[a])
            spoiled = *event;
    return code;
}

static cl_int CL_API_CALL wait_for_events(cl_uint count, const cl_event *events)
{
    cl_int code = below->clWaitForEvents(count, events);
    for (cl_uint n = 0; n < count; n++)
        if (events[n] == spoiled)
            code = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return code;
}

static cl_int CL_API_CALL event_info(cl_event event, cl_event_info name,
                                     size_t size, void *value, size_t *used)
{
    const cl_int code = below->clGetEventInfo(event, name, size, value, used);
    if (event == spoiled && name == CL_EVENT_COMMAND_EXECUTION_STATUS && value)
        *(cl_int *)value = CL_OUT_OF_RESOURCES;
    return code;
}

static size_t least_bytes = 8;

/* The second highest bit of the first number, in each of f32, f16, bf16. */
static void change(void *results, size_t bytes)
{
    if (bytes >= least_bytes)
        ((unsigned char *)results)[3] ^= 0x40;
}

static cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem buffer,
                                      cl_bool blocking, size_t offset,
                                      size_t bytes, void *results,
                                      cl_uint waits, const cl_event *wait,
                                      cl_event *event)
{
    const cl_int code = below->clEnqueueReadBuffer(
        queue, buffer, CL_TRUE, offset, bytes, results, waits, wait, event);
    (void)blocking;
    change(results, bytes);
    return code;
}

static void *CL_API_CALL map_buffer(cl_command_queue queue, cl_mem buffer,
                                    cl_bool blocking, cl_map_flags flags,
                                    size_t offset, size_t bytes, cl_uint waits,
                                    const cl_event *wait, cl_event *event,
                                    cl_int *code)
{
    void *results = below->clEnqueueMapBuffer(
        queue, buffer, CL_TRUE, flags, offset, bytes, waits, wait, event, code);
    (void)blocking;
    if (results && flags & CL_MAP_READ)
        change(results, bytes);
    return results;
}

static cl_int CL_API_CALL build_program(
    cl_program program, cl_uint count, const cl_device_id *devices,
    const char *options,
    void(CL_CALLBACK *done)(cl_program program, void *user), void *user)
{
    (void)program, (void)count, (void)devices, (void)options, (void)done;
    (void)user;
    return CL_BUILD_PROGRAM_FAILURE;
}

static cl_int CL_API_CALL
create_sub_devices(cl_device_id device, const cl_device_partition_property *how,
                   cl_uint count, cl_device_id *devices, cl_uint *made)
{
    (void)device, (void)how, (void)count, (void)devices, (void)made;
    return CL_DEVICE_PARTITION_FAILED;
}

static cl_context CL_API_CALL
create_context(const cl_context_properties *properties, cl_uint count,
               const cl_device_id *devices,
               void(CL_CALLBACK *notify)(const char *why, const void *more,
                                         size_t bytes, void *user),
               void *user, cl_int *code)
{
    (void)properties, (void)count, (void)devices, (void)notify, (void)user;
    if (code)
        *code = CL_OUT_OF_RESOURCES;
    return NULL;
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
    const char *bad = getenv("BAD");
    const size_t all = sizeof ours / sizeof(void *);
    const size_t count = entries < all ? entries : all;
    below = target;
    memcpy((void *)&ours, target, count * sizeof(void *));
    if (bad && !strcmp(bad, "event")) {
        ours.clEnqueueNDRangeKernel = enqueue_kernel;
        ours.clWaitForEvents = wait_for_events;
        ours.clGetEventInfo = event_info;
    } else if (bad && (!strcmp(bad, "bit") || !strcmp(bad, "large"))) {
        least_bytes = strcmp(bad, "large") ? 8 : 16 * 1024;
        ours.clEnqueueReadBuffer = read_buffer;
        ours.clEnqueueMapBuffer = map_buffer;
    } else if (bad && !strcmp(bad, "build")) {
        ours.clBuildProgram = build_program;
    } else if (bad && !strcmp(bad, "split")) {
        ours.clCreateSubDevices = create_sub_devices;
    } else if (bad && !strcmp(bad, "context")) {
        ours.clCreateContext = create_context;
    }
    *ours_count = (cl_uint)count;
    *out = &ours;
    return CL_SUCCESS;
}
