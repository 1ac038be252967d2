/* trial.c: facts that no query tells. */
#include "cl/trial.h"

#include "cl/check.h"
#include "cl/probe.h"
#include "cl/program.h"
#include "cl/source.h"
#include "cl/wait.h"

/* Past the known limit of 65535, and still no second under Oclgrind. */
enum { TRIAL_ITERATIONS = 70000 };

struct hash orl_trial_text(struct hash key, const char *name)
{
    size_t length = 0;
    const char *text = orl_source_text(name, &length);
    return orl_hash_bytes(key, text, length);
}

static oriel_status count_iterations(cl_int *count, struct engine *engine,
                                     cl_kernel kernel, cl_mem memory)
{
    static const size_t one = 1;
    const cl_int wanted = TRIAL_ITERATIONS;
    ORL_TRY_CL(clSetKernelArg(kernel, 0, sizeof memory, &memory));
    ORL_TRY_CL(clSetKernelArg(kernel, 1, sizeof wanted, &wanted));
    ORL_TRY_CL(clEnqueueNDRangeKernel(engine->queue, kernel, 1, NULL, &one,
                                      &one, 0, NULL, NULL));
    return orl_read(engine->queue, memory, sizeof *count, count);
}

const char *orl_trial_fault(enum trial_verdict verdict)
{
    static const char *const faults[] = {
        [TRIAL_UNBUILT] = "does not build",
        [TRIAL_NO_KERNEL] = "has no kernel",
        [TRIAL_OTHER_WAVE] = "has waves of another width",
        [TRIAL_NOT_RUN] = "cannot be run",
        [TRIAL_WRONG] = "computes wrongly",
    };
    return faults[verdict];
}

enum trial_verdict orl_trial_build(cl_program *program, cl_kernel *kernel,
                                   const struct engine *engine,
                                   const char *name, const char *options,
                                   const char *function)
{
    cl_int code;
    size_t length = 0;
    const char *text = orl_source_text(name, &length);
    *kernel = NULL;
    *program =
        clCreateProgramWithSource(engine->context, 1, &text, &length, &code);
    if (code != CL_SUCCESS || clBuildProgram(*program, 1, &engine->id, options,
                                             NULL, NULL) != CL_SUCCESS)
        return TRIAL_UNBUILT;
    *kernel = clCreateKernel(*program, function, &code);
    return code == CL_SUCCESS ? TRIAL_RIGHT : TRIAL_NO_KERNEL;
}

/* Compilers for Intel's GPUs choose it for each kernel. */
static int64_t wave_of(cl_program program, cl_device_id id)
{
    cl_int code;
    size_t wave = 0;
    if (orl_probe_extension(id, "cl_intel_subgroups"))
        return 0;
    cl_kernel kernel = clCreateKernel(program, "probe_wave", &code);
    if (code != CL_SUCCESS)
        return 0;
    code = clGetKernelWorkGroupInfo(
        kernel, id, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, sizeof wave,
        &wave, NULL);
    clReleaseKernel(kernel);
    return code == CL_SUCCESS ? (int64_t)wave : 0;
}

oriel_status orl_trial_probe(struct probed *out, struct engine *engine)
{
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    cl_mem memory = NULL;
    cl_int code, count = 0;

    oriel_status status =
        orl_program_build(&program, engine, "probe", "-cl-std=CL1.2 -w");
    if (status != ORIEL_OK)
        goto done;
    kernel = clCreateKernel(program, "probe_loop", &code);
    status = orl_cl_check(code, "clCreateKernel");
    if (status != ORIEL_OK)
        goto done;
    memory = clCreateBuffer(engine->context, CL_MEM_READ_WRITE, sizeof count,
                            NULL, &code);
    status = orl_cl_check(code, "clCreateBuffer");
    if (status != ORIEL_OK)
        goto done;
    status = count_iterations(&count, engine, kernel, memory);
    if (status == ORIEL_OK)
        *out = (struct probed) {
            .loop_limit = count >= TRIAL_ITERATIONS ? 0 : count,
            .wave_items = wave_of(program, engine->id),
        };

done:
    if (memory)
        clReleaseMemObject(memory);
    if (kernel)
        clReleaseKernel(kernel);
    if (program)
        clReleaseProgram(program);
    return status;
}
