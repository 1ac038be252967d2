/* broadcast_trial.c: the sub-groups of a device. */
#include "cl/broadcast_trial.h"

#include "cl/check.h"
#include "cl/probe.h"
#include "cl/wait.h"

#include <stdio.h>

/* CL_DEVICE_SUB_GROUP_SIZES_INTEL, which not every header knows. */
enum { SUB_GROUP_SIZES_INTEL = 0x4108 };

/* As in the kernel. */
enum { LEAST = 8, MOST = 16, TAIL = 6, NUMBERS = 2 * MOST * (MOST + TAIL) };

/* PoCL 7 has thousands of sizes, so the answer is asked how long it is. */
int64_t orl_broadcast_guess(struct engine *engine)
{
    size_t sizes[8192], bytes = 0;
    int64_t sum = 0;
    if (!engine->device.compiler ||
        !orl_probe_extension(engine->id, "cl_intel_subgroups") ||
        !orl_probe_extension(engine->id, "cl_intel_required_subgroup_size") ||
        clGetDeviceInfo(engine->id, SUB_GROUP_SIZES_INTEL, sizeof sizes, sizes,
                        &bytes) != CL_SUCCESS)
        return 0;
    for (size_t n = 0; n < bytes / sizeof *sizes; n++)
        if (sizes[n] == LEAST || sizes[n] == MOST)
            sum |= (int64_t)sizes[n];
    return sum;
}

/* Of lane x of sub-group y, as the kernel writes them. */
static bool hears(const float *heard, int size, int y, int x)
{
    const float first = (float)(100 * y + 1);
    for (int n = 0; n < size; n++)
        if (heard[n] != first + (float)n)
            return false;
    for (int n = 0; n < TAIL - 2; n++)
        if (heard[size + n] != first + (float)(x ^ (1 << n) % size))
            return false;
    return heard[size + TAIL - 2] == first + (float)((x + 1) % size) &&
           heard[size + TAIL - 1] == (float)y;
}

static oriel_status listen(float numbers[NUMBERS], const struct engine *engine,
                           cl_kernel kernel, size_t size)
{
    const size_t items = 2 * size;
    cl_int code;
    cl_mem memory = clCreateBuffer(engine->context,
                                   CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                   sizeof *numbers * NUMBERS, numbers, &code);
    ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
    oriel_status status =
        ORL_CL(clSetKernelArg(kernel, 0, sizeof memory, &memory));
    if (status == ORIEL_OK)
        status = ORL_CL(clEnqueueNDRangeKernel(engine->queue, kernel, 1, NULL,
                                               &items, &items, 0, NULL, NULL));
    if (status == ORIEL_OK)
        status =
            orl_read(engine->queue, memory, sizeof *numbers * NUMBERS, numbers);
    clReleaseMemObject(memory);
    return status;
}

static enum trial_verdict run(const struct engine *engine, cl_kernel kernel,
                              int size)
{
    float numbers[NUMBERS];
    bool right = true;
    for (int n = 0; n < NUMBERS; n++)
        numbers[n] = -1.0f;
    if (listen(numbers, engine, kernel, (size_t)size) != ORIEL_OK)
        return TRIAL_NOT_RUN;
    for (int n = 0; n < 2 * size; n++)
        right = right &&
                hears(numbers + n * (size + TAIL), size, n / size, n % size);
    return right ? TRIAL_RIGHT : TRIAL_WRONG;
}

enum trial_verdict orl_broadcast_try(const struct engine *engine, int64_t size)
{
    char options[64];
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    snprintf(options, sizeof options, "-cl-std=CL1.2 -w -DSIZE=%d", (int)size);
    enum trial_verdict verdict =
        orl_trial_build(&program, &kernel, engine, "broadcast_probe", options,
                        "probe_broadcast");
    if (verdict == TRIAL_RIGHT)
        verdict = run(engine, kernel, (int)size);
    if (kernel)
        clReleaseKernel(kernel);
    if (program)
        clReleaseProgram(program);
    return verdict;
}

int64_t orl_trial_sub_groups(struct engine *engine)
{
    const int64_t guess = orl_broadcast_guess(engine);
    int64_t sum = 0;
    for (int64_t size = LEAST; size <= MOST; size *= 2) {
        if (!(guess & size))
            continue;
        const enum trial_verdict verdict = orl_broadcast_try(engine, size);
        if (verdict == TRIAL_RIGHT)
            sum |= size;
        else
            orl_log(&engine->log, LOG_WARNING,
                    "sub-groups of %d work-items of %s are not used: their "
                    "trial %s",
                    (int)size, engine->device.name, orl_trial_fault(verdict));
    }
    return sum;
}
