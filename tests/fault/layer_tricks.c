/* layer_tricks.c: false answers, spoiled results, launches that fail late. */
#include "layer.h"
#include "layer_state.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    RESULT = 3, /* the argument that every kernel writes its result to */
    KERNELS = 64,
    OPTIONS = 4096
};

static struct {
    pthread_mutex_t lock;
    const char *driver, *platform, *flip;
    cl_int end;
    struct {
        cl_kernel kernel;
        cl_mem result;
    } kernel[KERNELS];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

void layer_answer(const char *driver, const char *platform)
{
    state.driver = driver;
    state.platform = platform;
}

void layer_flip(const char *kernel)
{
    state.flip = kernel;
}

void layer_end_launches(cl_int status)
{
    state.end = status;
}

void layer_tricks_off(void)
{
    layer_answer(NULL, NULL);
    layer_flip(NULL);
    layer_end_launches(0);
    layer_lies_off();
}

/* ---- Results ------------------------------------------------------------ */

/* The entry of a kernel, or a free one. */
static int entry_of(cl_kernel kernel)
{
    int free_entry = KERNELS - 1;
    for (int n = KERNELS - 1; n >= 0; n--) {
        if (state.kernel[n].kernel == kernel)
            return n;
        if (!state.kernel[n].kernel)
            free_entry = n;
    }
    return free_entry;
}

void layer_argument_set(cl_kernel kernel, cl_uint index, size_t size,
                        const void *value)
{
    if (index != RESULT || (value && size != sizeof(cl_mem)))
        return;
    pthread_mutex_lock(&state.lock);
    const int n = entry_of(kernel);
    state.kernel[n].kernel = kernel;
    state.kernel[n].result = NULL;
    if (value)
        memcpy(&state.kernel[n].result, value, sizeof(cl_mem));
    pthread_mutex_unlock(&state.lock);
}

void layer_forget_kernel(cl_kernel kernel)
{
    pthread_mutex_lock(&state.lock);
    state.kernel[entry_of(kernel)].kernel = NULL;
    pthread_mutex_unlock(&state.lock);
}

/* Whether the kernel's program was built with this option, as it is written. */
static bool is_built_with(cl_kernel kernel, const char *option)
{
    cl_program program = NULL;
    cl_device_id device = NULL; /* Oriel's programs have one */
    char options[OPTIONS] = "", all[OPTIONS + 2], wanted[128];
    layer_next->clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof program,
                                &program, NULL);
    layer_next->clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof device,
                                 &device, NULL);
    layer_next->clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_OPTIONS,
                                      sizeof options - 1, options, NULL);
    snprintf(all, sizeof all, " %s ", options);
    snprintf(wanted, sizeof wanted, " %s ", option);
    return strstr(all, wanted) != NULL;
}

static bool is_wanted(cl_kernel kernel)
{
    char name[128] = "";
    if (!state.flip)
        return false;
    const size_t length = strcspn(state.flip, " ");
    const char *option = state.flip + length;
    layer_next->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME,
                                sizeof name - 1, name, NULL);
    const bool named =
        strlen(name) == length && memcmp(state.flip, name, length) == 0;
    return (named || state.flip[0] == '*') &&
           (!*option || is_built_with(kernel, option + 1));
}

/* The highest bit of the exponents of one float or two halves: the result is
 * then far from any that could be right. */
void layer_launched(cl_command_queue queue, cl_kernel kernel)
{
    if (!is_wanted(kernel))
        return;
    pthread_mutex_lock(&state.lock);
    const int n = entry_of(kernel);
    const cl_mem result =
        state.kernel[n].kernel ? state.kernel[n].result : NULL;
    pthread_mutex_unlock(&state.lock);
    if (!result)
        return;
    uint32_t bits = 0;
    layer_next->clFinish(queue);
    layer_next->clEnqueueReadBuffer(queue, result, CL_TRUE, 0, sizeof bits,
                                    &bits, 0, NULL, NULL);
    bits ^= UINT32_C(0x40004000);
    layer_next->clEnqueueWriteBuffer(queue, result, CL_TRUE, 0, sizeof bits,
                                     &bits, 0, NULL, NULL);
}

/* ---- Answers ------------------------------------------------------------ */

static cl_int answer(const char *text, size_t size, void *value,
                     size_t *size_ret)
{
    const size_t length = strlen(text) + 1;
    if (value && size < length)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, text, length);
    if (size_ret)
        *size_ret = length;
    return CL_SUCCESS;
}

static CL_API_ENTRY cl_int CL_API_CALL device_info(cl_device_id device,
                                                   cl_device_info name,
                                                   size_t size, void *value,
                                                   size_t *size_ret)
{
    cl_int code;
    if (layer_note("clGetDeviceInfo", &code))
        return code;
    if (state.driver && name == CL_DRIVER_VERSION)
        return answer(state.driver, size, value, size_ret);
    if (layer_lie(&code, device, name, size, value, size_ret))
        return code;
    return layer_next->clGetDeviceInfo(device, name, size, value, size_ret);
}

static CL_API_ENTRY cl_int CL_API_CALL platform_info(cl_platform_id platform,
                                                     cl_platform_info name,
                                                     size_t size, void *value,
                                                     size_t *size_ret)
{
    cl_int code;
    if (layer_note("clGetPlatformInfo", &code))
        return code;
    if (state.platform && name == CL_PLATFORM_VERSION)
        return answer(state.platform, size, value, size_ret);
    return layer_next->clGetPlatformInfo(platform, name, size, value, size_ret);
}

/* ---- Events ------------------------------------------------------------- */

static bool is_spoiled(cl_event event)
{
    cl_command_type type = 0;
    layer_next->clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type,
                               NULL);
    return state.end < 0 && type == CL_COMMAND_NDRANGE_KERNEL;
}

static CL_API_ENTRY cl_int CL_API_CALL wait_for_events(cl_uint count,
                                                       const cl_event *events)
{
    cl_int code;
    if (layer_note("clWaitForEvents", &code))
        return code;
    code = layer_next->clWaitForEvents(count, events);
    for (cl_uint n = 0; n < count && code == CL_SUCCESS; n++)
        if (is_spoiled(events[n]))
            code = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return code;
}

static CL_API_ENTRY cl_int CL_API_CALL event_info(cl_event event,
                                                  cl_event_info name,
                                                  size_t size, void *value,
                                                  size_t *size_ret)
{
    cl_int code;
    if (layer_note("clGetEventInfo", &code))
        return code;
    code = layer_next->clGetEventInfo(event, name, size, value, size_ret);
    if (code == CL_SUCCESS && name == CL_EVENT_COMMAND_EXECUTION_STATUS &&
        value && is_spoiled(event))
        memcpy(value, &state.end, sizeof state.end);
    return code;
}

void layer_wrap_tricks(cl_icd_dispatch *mine)
{
    mine->clGetDeviceInfo = device_info;
    mine->clGetPlatformInfo = platform_info;
    mine->clWaitForEvents = wait_for_events;
    mine->clGetEventInfo = event_info;
}
