/* layer_lies.c: devices and kernels that say of themselves what is not so, and
 * programs that are built with options of the test's choice. */
#include "layer.h"
#include "layer_state.h"

#include <stdio.h>
#include <string.h>

enum { LIES = 16, OPTIONS = 4096 };

static struct {
    struct {
        cl_device_info name;
        const char *text; /* NULL: the number */
        uint64_t number;
    } device[LIES];
    int count;
    struct {
        const char *function;
        cl_kernel_work_group_info query;
        uint64_t answer;
        int times;
    } kernel[LIES];
    int kernel_count;
    const char *options;
} state;

static void add(cl_device_info name, const char *text, uint64_t number)
{
    int n = 0;
    while (n < state.count && state.device[n].name != name)
        n++;
    if (n == LIES)
        return;
    state.device[n].name = name;
    state.device[n].text = text;
    state.device[n].number = number;
    state.count += n == state.count;
}

void layer_tell(cl_device_info name, uint64_t value)
{
    add(name, NULL, value);
}

void layer_tell_text(cl_device_info name, const char *text)
{
    add(name, text, 0);
}

void layer_tell_kernel(const char *kernel, cl_kernel_work_group_info name,
                       uint64_t value, int times)
{
    if (state.kernel_count == LIES)
        return;
    const int n = state.kernel_count++;
    state.kernel[n].function = kernel;
    state.kernel[n].query = name;
    state.kernel[n].answer = value;
    state.kernel[n].times = times;
}

void layer_build_with(const char *options)
{
    state.options = options;
}

void layer_lies_off(void)
{
    state.count = state.kernel_count = 0;
    state.options = NULL;
}

static cl_int answer_bytes(const void *bytes, size_t length, size_t size,
                           void *value, size_t *size_ret)
{
    if (value && size < length)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, bytes, length);
    if (size_ret)
        *size_ret = length;
    return CL_SUCCESS;
}

/* The low bytes of the number in each element of the true answer, of which the
 * lengths of axes have three; without a true one, as a cl_ulong. */
static cl_int answer_number(uint64_t number, cl_device_id device,
                            cl_device_info name, size_t size, void *value,
                            size_t *size_ret)
{
    uint64_t all[8];
    size_t length = 0;
    const cl_int code =
        layer_next->clGetDeviceInfo(device, name, 0, NULL, &length);
    if (code != CL_SUCCESS)
        length = sizeof(cl_ulong);
    if (length > sizeof all)
        return code;
    for (int n = 0; n < 8; n++)
        all[n] = number;
    return answer_bytes(all, length, size, value, size_ret);
}

bool layer_lie(cl_int *code, cl_device_id device, cl_device_info name,
               size_t size, void *value, size_t *size_ret)
{
    int n = 0;
    while (n < state.count && state.device[n].name != name)
        n++;
    if (n == state.count)
        return false;
    const char *text = state.device[n].text;
    *code = text ? answer_bytes(text, strlen(text) + 1, size, value, size_ret)
                 : answer_number(state.device[n].number, device, name, size,
                                 value, size_ret);
    return true;
}

bool layer_lie_of_kernel(cl_int *code, cl_kernel kernel,
                         cl_kernel_work_group_info name, size_t size,
                         void *value, size_t *size_ret)
{
    char function[128] = "";
    int n = state.kernel_count - 1;
    layer_next->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME,
                                sizeof function - 1, function, NULL);
    while (n >= 0 &&
           (state.kernel[n].query != name || state.kernel[n].times == 0 ||
            strcmp(state.kernel[n].function, function) != 0))
        n--;
    if (n < 0)
        return false;
    state.kernel[n].times--;
    *code = answer_bytes(&state.kernel[n].answer, sizeof(uint64_t), size, value,
                         size_ret);
    return true;
}

const char *layer_options(const char *own)
{
    static char all[OPTIONS];
    if (!state.options)
        return own;
    snprintf(all, sizeof all, "%s %s", own ? own : "", state.options);
    return all;
}
