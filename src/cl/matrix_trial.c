/* matrix_trial.c: the matrix unit of a device. */
#include "cl/matrix_trial.h"

#include "base/text.h"
#include "cl/check.h"
#include "cl/probe.h"
#include "cl/wait.h"

#include <stdio.h>
#include <string.h>

/* ---- Guessing ----------------------------------------------------------- */

/* Of extensions that not every header of OpenCL knows. */
enum {
    COMPUTE_CAPABILITY_MAJOR_NV = 0x4000,
    COMPUTE_CAPABILITY_MINOR_NV = 0x4001,
    WAVEFRONT_WIDTH_AMD = 0x4043,
    SUB_GROUP_SIZES_INTEL = 0x4108
};

static const struct matrix_guess none = {{0}, false};

static struct matrix_guess guess_nvidia(cl_device_id id)
{
    const int64_t capability =
        10 * orl_probe_number(id, COMPUTE_CAPABILITY_MAJOR_NV) +
        orl_probe_number(id, COMPUTE_CAPABILITY_MINOR_NV);
    if (capability >= 80)
        return (struct matrix_guess) {{ENGINE_MMA}, true};
    if (capability >= 75)
        return (struct matrix_guess) {{ENGINE_MMA8}, true};
    return none;
}

/* Whether AMD's devices of this name have a unit; others may have one. */
static bool has_unit(const char *name)
{
    static const char *const names[] = {"gfx908", "gfx90a", "gfx94",
                                        "gfx95",  "gfx11",  "gfx12"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        if (strncmp(name, names[n], strlen(names[n])) == 0)
            return true;
    return false;
}

/* By the width of a wave: clang did not always refuse the builtins of another
 * one. */
static struct matrix_guess guess_amd(const struct engine *engine)
{
    const bool sure = has_unit(engine->device.name);
    switch (orl_probe_number(engine->id, WAVEFRONT_WIDTH_AMD)) {
    case 32:
        return (struct matrix_guess) {{ENGINE_WMMA12, ENGINE_WMMA11}, sure};
    case 64:
        return (struct matrix_guess) {{ENGINE_MFMA, ENGINE_MFMA8}, sure};
    default:
        return none;
    }
}

/* Its products are made for the smallest sub-groups a device has. */
static struct matrix_guess guess_intel(cl_device_id id)
{
    size_t sizes[16] = {0}, bytes = 0, least = SIZE_MAX;
    if (clGetDeviceInfo(id, SUB_GROUP_SIZES_INTEL, sizeof sizes, sizes,
                        &bytes) != CL_SUCCESS)
        return none;
    for (size_t n = 0; n < bytes / sizeof sizes[0]; n++)
        least = sizes[n] < least ? sizes[n] : least;
    if (least == 16)
        return (struct matrix_guess) {{ENGINE_DPAS16}, true};
    if (least == 8)
        return (struct matrix_guess) {{ENGINE_DPAS8}, true};
    return none;
}

/* Only of GPUs: PoCL 3.1 on a CPU takes some PTX, and ends the process when it
 * is launched. */
struct matrix_guess orl_matrix_guess(const struct engine *engine)
{
    const cl_device_id id = engine->id;
    if (engine->device.kind != DEVICE_GPU || !engine->device.compiler)
        return none;
    if (orl_probe_extension(id, "cl_nv_device_attribute_query"))
        return guess_nvidia(id);
    if (orl_probe_extension(id, "cl_amd_device_attribute_query"))
        return guess_amd(engine);
    if (orl_probe_extension(id,
                            "cl_intel_subgroup_matrix_multiply_accumulate") &&
        orl_probe_extension(id, "cl_intel_required_subgroup_size") &&
        orl_probe_extension(id, "cl_khr_fp16"))
        return guess_intel(id);
    return none;
}

/* ---- Trying ------------------------------------------------------------- */

enum { SIDE = 16, CELLS = SIDE * SIDE, MOST_WAVE = 64, HEARD = 8 };

/* Work-items that the kernel was written for, or 0 if those that the device
 * runs together are others. */
static size_t wave_of(const struct engine *engine, cl_kernel kernel, int number,
                      bool portable)
{
    size_t wave[3] = {0}, together = 0;
    clGetKernelWorkGroupInfo(kernel, engine->id,
                             CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof wave,
                             wave, NULL);
    const bool amd = number >= ENGINE_WMMA11 && number <= ENGINE_MFMA8;
    if (amd && !portable &&
        (clGetKernelWorkGroupInfo(
             kernel, engine->id, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
             sizeof together, &together, NULL) != CL_SUCCESS ||
         together != wave[0]))
        return 0;
    return wave[0] <= MOST_WAVE ? wave[0] : 0;
}

/* All whole numbers that f16 and bf16 have, and so are their products' sums in
 * f32; no two results are the same. */
struct numbers {
    float a[CELLS], b[CELLS], c[CELLS], d[CELLS], heard[MOST_WAVE * HEARD];
};

static void fill(struct numbers *n)
{
    for (int x = 0; x < CELLS; x++) {
        n->a[x] = (float)((37 * x + 11) % 256);
        n->b[x] = (float)((91 * x + 5) % 251);
        n->c[x] = (float)(1000 + 3 * x);
        n->d[x] = -1.0f;
    }
    for (int x = 0; x < MOST_WAVE * HEARD; x++)
        n->heard[x] = -1.0f;
}

static bool is_product(const struct numbers *n)
{
    for (int x = 0; x < CELLS; x++) {
        float sum = n->c[x];
        for (int k = 0; k < SIDE; k++)
            sum += n->a[x / SIDE * SIDE + k] * n->b[k * SIDE + x % SIDE];
        if (n->d[x] != sum)
            return false;
    }
    return true;
}

/* Each lane hears lanes whose numbers differ from its own in one bit, the same
 * bits for all. */
static bool hears(const struct numbers *n, size_t wave)
{
    for (size_t lane = 0; lane < wave; lane++)
        for (int x = 0; x < HEARD; x++) {
            const int bit = (int)n->heard[x];
            if (bit <= 0 ||
                n->heard[lane * HEARD + (size_t)x] != (float)((int)lane ^ bit))
                return false;
        }
    return true;
}

static oriel_status launch(const struct engine *engine, cl_kernel kernel,
                           size_t wave, struct numbers *n, cl_mem memory[5])
{
    float *const part[5] = {n->a, n->b, n->c, n->d, n->heard};
    for (int i = 0; i < 5; i++) {
        cl_int code;
        const size_t bytes = i < 4 ? sizeof n->a : sizeof n->heard;
        memory[i] = clCreateBuffer(engine->context,
                                   CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                   bytes, part[i], &code);
        ORL_TRY(orl_cl_check(code, "clCreateBuffer"));
        ORL_TRY_CL(
            clSetKernelArg(kernel, (cl_uint)i, sizeof memory[i], &memory[i]));
    }
    ORL_TRY_CL(clEnqueueNDRangeKernel(engine->queue, kernel, 1, NULL, &wave,
                                      &wave, 0, NULL, NULL));
    ORL_TRY(orl_read(engine->queue, memory[3], sizeof n->d, n->d));
    return orl_read(engine->queue, memory[4], sizeof n->heard, n->heard);
}

static enum trial_verdict run(const struct engine *engine, cl_kernel kernel,
                              size_t wave)
{
    struct numbers n;
    cl_mem memory[5] = {NULL};
    fill(&n);
    const oriel_status status = launch(engine, kernel, wave, &n, memory);
    for (int i = 0; i < 5; i++)
        if (memory[i])
            clReleaseMemObject(memory[i]);
    if (status != ORIEL_OK)
        return TRIAL_NOT_RUN;
    return is_product(&n) && hears(&n, wave) ? TRIAL_RIGHT : TRIAL_WRONG;
}

static enum trial_verdict try_type(const struct engine *engine, int number,
                                   uint32_t type, bool portable)
{
    char options[128];
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    snprintf(options, sizeof options,
             "-cl-std=CL1.2 -w -DENGINE=%d -DPORTABLE=%d -DK_TYPE=%u", number,
             (int)portable, (unsigned)type);
    enum trial_verdict verdict = orl_trial_build(
        &program, &kernel, engine, "matrix_probe", options, "probe_matrix");
    if (verdict == TRIAL_RIGHT) {
        const size_t wave = wave_of(engine, kernel, number, portable);
        verdict = wave > 0 ? run(engine, kernel, wave) : TRIAL_OTHER_WAVE;
    }
    if (kernel)
        clReleaseKernel(kernel);
    if (program)
        clReleaseProgram(program);
    return verdict;
}

enum trial_verdict orl_matrix_try(struct engine *engine, int number,
                                  bool portable)
{
    enum trial_verdict verdict = try_type(engine, number, ORIEL_F16, portable);
    if (verdict == TRIAL_RIGHT && number != ENGINE_MMA8)
        verdict = try_type(engine, number, ORIEL_BF16, portable);
    if (verdict == TRIAL_RIGHT &&
        (number == ENGINE_MFMA || number == ENGINE_MFMA8))
        verdict = try_type(engine, number, ORIEL_F32, portable);
    return verdict;
}

static void add_fault(struct text *faults, int number,
                      enum trial_verdict verdict)
{
    size_t length = 0;
    const char *name = orl_names_at(ORL_ENGINE_NAMES, number, &length);
    orl_text_add(faults, "%sthe trial of %.*s %s", faults->length ? "; " : "",
                 (int)length, name, orl_trial_fault(verdict));
}

int64_t orl_trial_matrix(struct engine *engine)
{
    const struct matrix_guess guess = orl_matrix_guess(engine);
    char line[256];
    struct text faults = orl_text(line, sizeof line);
    bool built = false;
    const int *number = guess.engine;
    for (; *number; number++) {
        const enum trial_verdict verdict =
            orl_matrix_try(engine, *number, false);
        if (verdict == TRIAL_RIGHT)
            break;
        built |= verdict > TRIAL_NO_KERNEL;
        add_fault(&faults, *number, verdict);
    }
    if (!built && (*number || !guess.sure))
        return *number ? *number : TRIAL_ABSENT;
    orl_log(&engine->log, LOG_WARNING, "the matrix unit of %s is %s: %s",
            engine->device.name, *number ? "used otherwise" : "not used", line);
    return *number ? *number : TRIAL_FAILED;
}
