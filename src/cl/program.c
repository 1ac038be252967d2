/* program.c: plan -> built program. */
#include "cl/program.h"

#include "base/arith.h"
#include "cl/build_log.h"
#include "cl/check.h"
#include "cl/launch.h"
#include "cl/probe.h"
#include "cl/selftest.h"
#include "cl/source.h"
#include "cl/trial.h"

#include <CL/cl_ext.h>
#include <stdlib.h>
#include <string.h>

/* Of cl_intel_required_subgroup_size, for headers that lack it. */
#ifndef CL_KERNEL_SPILL_MEM_SIZE_INTEL
#    define CL_KERNEL_SPILL_MEM_SIZE_INTEL 0x4109
#endif

struct program {
    struct program *next;
    struct hash key; /* of family and options, within one engine */

    orl_lock lock; /* held while the first caller makes what follows */
    bool made;
    cl_program program; /* NULL if making failed */
    oriel_error error;  /* why */
};

/* ---- Building ----------------------------------------------------------- */

/* The line of a build log that says most: the first with "error", else the
 * first at all. */
static const char *telling_line(const char *log, int *length)
{
    const char *line = strstr(log, "error");
    while (line && line > log && line[-1] != '\n')
        line--;
    if (!line)
        line = log + strspn(log, "\n ");
    *length = (int)strcspn(line, "\n");
    return line;
}

static oriel_status report_log(const struct engine *engine, cl_program program,
                               const char *name, cl_int code)
{
    size_t size = 0;
    clGetProgramBuildInfo(program, engine->id, CL_PROGRAM_BUILD_LOG, 0, NULL,
                          &size);
    char *log = calloc(size + 1, 1);
    if (!log)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a build log");
    clGetProgramBuildInfo(program, engine->id, CL_PROGRAM_BUILD_LOG, size, log,
                          NULL);
    char *ours = orl_build_log(log, orl_source_text(name, &size));
    free(log);
    if (!ours)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a build log");
    for (const char *at = ours; *at;) {
        const size_t length = strcspn(at, "\n");
        orl_log(&engine->log, LOG_ERROR, "%.*s", (int)length, at);
        at += length + (at[length] == '\n');
    }
    int length = 0;
    const char *line = telling_line(ours, &length);
    const oriel_status status =
        orl_fail(ORIEL_E_BUILD, "%s.cl does not build on %s (%s)%s%.*s", name,
                 engine->device.name, orl_cl_name(code), length ? ": " : "",
                 length, line);
    free(ours);
    return status;
}

static oriel_status finish_build(struct engine *engine, cl_program program,
                                 const char *name, const char *options)
{
    const cl_int code =
        clBuildProgram(program, 1, &engine->id, options, NULL, NULL);
    if (code == CL_SUCCESS)
        return ORIEL_OK;
    if (code == CL_BUILD_PROGRAM_FAILURE)
        return report_log(engine, program, name, code);
    return orl_cl_check(code, "clBuildProgram");
}

oriel_status orl_program_build(cl_program *out, struct engine *engine,
                               const char *name, const char *options)
{
    cl_int code;
    size_t length = 0;
    const char *text = orl_source_text(name, &length);
    cl_program program =
        clCreateProgramWithSource(engine->context, 1, &text, &length, &code);
    ORL_TRY(orl_cl_check(code, "clCreateProgramWithSource"));
    const oriel_status status = finish_build(engine, program, name, options);
    if (status == ORIEL_OK)
        *out = program;
    else
        clReleaseProgram(program);
    return status;
}

oriel_status orl_kernels_create(cl_kernel *kernels,
                                const struct program *program,
                                const struct plan *plan)
{
    for (int n = 0; n < ORL_KERNELS; n++)
        kernels[n] = NULL;
    for (int n = 0; plan->family->kernels[n]; n++) {
        cl_int code;
        kernels[n] =
            clCreateKernel(program->program, plan->family->kernels[n], &code);
        if (code != CL_SUCCESS) {
            kernels[n] = NULL;
            orl_kernels_release(kernels);
            return orl_cl_check(code, "clCreateKernel");
        }
    }
    return ORIEL_OK;
}

void orl_kernels_release(cl_kernel *kernels)
{
    for (int n = 0; n < ORL_KERNELS; n++) {
        if (kernels[n])
            clReleaseKernel(kernels[n]);
        kernels[n] = NULL;
    }
}

/* ---- Binaries in the cache ---------------------------------------------- */

static oriel_status load_binary(cl_program *out, struct engine *engine,
                                const struct plan *plan, const char *options,
                                const void *bytes, size_t size)
{
    cl_int code, fault;
    const unsigned char *binary = bytes;
    cl_program program = clCreateProgramWithBinary(
        engine->context, 1, &engine->id, &size, &binary, &fault, &code);
    ORL_TRY(orl_cl_check(code, "clCreateProgramWithBinary"));
    const oriel_status status =
        finish_build(engine, program, plan->family->name, options);
    if (status == ORIEL_OK)
        *out = program;
    else
        clReleaseProgram(program);
    return status;
}

static bool from_cache(cl_program *out, struct engine *engine,
                       const struct plan *plan, const char *options,
                       struct hash key)
{
    void *bytes = NULL;
    size_t size = 0;
    if (!orl_cache_load(&engine->cache, key, &bytes, &size))
        return false;
    const oriel_status status =
        load_binary(out, engine, plan, options, bytes, size);
    if (status != ORIEL_OK)
        orl_log(&engine->log, LOG_WARNING,
                "cache: a binary of %s.cl does not load (%s); it is built anew",
                plan->family->name, oriel_last_error()->message);
    free(bytes);
    return status == ORIEL_OK;
}

static void to_cache(const struct engine *engine, cl_program program,
                     struct hash key)
{
    size_t size = 0;
    if (!engine->cache.folder[0] ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size,
                         NULL) != CL_SUCCESS ||
        size == 0)
        return;
    unsigned char *binary = malloc(size);
    if (binary && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary,
                                   &binary, NULL) == CL_SUCCESS)
        orl_cache_store(&engine->cache, key, binary, size);
    free(binary);
}

/* ---- Making a program ready --------------------------------------------- */

static int64_t kernel_bytes(cl_kernel kernel, cl_device_id id,
                            cl_kernel_work_group_info name)
{
    cl_ulong bytes = 0;
    if (clGetKernelWorkGroupInfo(kernel, id, name, sizeof bytes, &bytes,
                                 NULL) != CL_SUCCESS)
        return 0;
    return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

/* Most work-items of a group; 0: not known. A limit below the group that the
 * kernel was compiled for contradicts the build (Mesa 22.3: 32 for kernels of
 * 64, which run): then the launch that follows decides. */
static int64_t kernel_group_limit(cl_kernel kernel, cl_device_id id)
{
    size_t limit = 0, own[3] = {0};
    clGetKernelWorkGroupInfo(kernel, id, CL_KERNEL_WORK_GROUP_SIZE,
                             sizeof limit, &limit, NULL);
    clGetKernelWorkGroupInfo(kernel, id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                             sizeof own, own, NULL);
    const bool contradicts = limit < own[0] * own[1] * own[2];
    return contradicts || limit > INT64_MAX ? 0 : (int64_t)limit;
}

/* An extension that drivers without it need not survive being asked for. */
static const char *const tells_spills = "cl_intel_required_subgroup_size";

static struct built built_of(const cl_kernel *kernels, cl_device_id id)
{
    struct built b = {0};
    const bool spills = orl_probe_extension(id, tells_spills);
    for (int n = 0; n < ORL_KERNELS && kernels[n]; n++) {
        const int64_t group = kernel_group_limit(kernels[n], id);
        if (group > 0 && (b.group_limit == 0 || group < b.group_limit))
            b.group_limit = group;
        if (spills)
            b.spill_bytes = orl_max(
                b.spill_bytes,
                kernel_bytes(kernels[n], id, CL_KERNEL_SPILL_MEM_SIZE_INTEL));
        b.local_bytes =
            orl_max(b.local_bytes,
                    kernel_bytes(kernels[n], id, CL_KERNEL_LOCAL_MEM_SIZE));
        b.private_bytes =
            orl_max(b.private_bytes,
                    kernel_bytes(kernels[n], id, CL_KERNEL_PRIVATE_MEM_SIZE));
    }
    return b;
}

static oriel_status test_program(struct engine *engine, const struct plan *plan,
                                 const cl_kernel *kernels)
{
    const oriel_status status = orl_selftest(engine, plan, kernels);
    if (status != ORIEL_E_UNSUPPORTED)
        return status;
    const oriel_error error = *oriel_last_error();
    const bool in_sub_groups = orl_plan_quarantine(plan) >= ORL_IN_SUB_GROUPS;
    orl_log(&engine->log, LOG_WARNING, "%s; the family is not used any more%s",
            error.message, in_sub_groups ? " in sub-groups" : "");
    orl_engine_quarantine(engine, plan);
    return orl_fail_again(&error);
}

/* tested: the program is as it was when it passed its self-test. */
static oriel_status make_ready(struct engine *engine, const struct plan *plan,
                               const struct program *program, bool tested)
{
    cl_kernel kernels[ORL_KERNELS];
    ORL_TRY(orl_kernels_create(kernels, program, plan));

    const struct device facts = orl_engine_facts(engine);
    const struct built built = built_of(kernels, engine->id);
    const char *why = plan->family->unfit(plan, &built, &facts);
    oriel_status status = ORIEL_OK;
    if (why)
        status = orl_fail(ORIEL_E_UNSUPPORTED, "%s on %s: %s",
                          plan->family->name, facts.name, why);
    if (status == ORIEL_OK)
        status =
            orl_launch_empty(plan, kernels, engine->context, engine->queue);
    if (status == ORIEL_OK && !tested)
        status = test_program(engine, plan, kernels);
    orl_kernels_release(kernels);
    return status;
}

static oriel_status make(struct program *p, struct engine *engine,
                         const struct plan *plan, const char *options)
{
    const struct hash key = orl_hash_string(
        orl_trial_text(orl_engine_key(engine, "program"), plan->family->name),
        options);
    const bool cached = from_cache(&p->program, engine, plan, options, key);
    if (!cached)
        ORL_TRY(orl_program_build(&p->program, engine, plan->family->name,
                                  options));
    const oriel_status status = make_ready(engine, plan, p, cached);
    if (status == ORIEL_OK && !cached)
        to_cache(engine, p->program, key);
    if (status != ORIEL_OK) {
        clReleaseProgram(p->program);
        p->program = NULL;
    }
    return status;
}

static struct program *find_or_add(struct engine *engine, struct hash key)
{
    orl_lock_take(&engine->lock);
    struct program *p = engine->programs;
    while (p && !orl_hash_equal(p->key, key))
        p = p->next;
    if (!p && (p = calloc(1, sizeof *p))) {
        p->key = key;
        orl_lock_open(&p->lock);
        p->next = engine->programs;
        engine->programs = p;
    }
    orl_lock_give(&engine->lock);
    return p;
}

oriel_status orl_program_get(const struct program **out, struct engine *engine,
                             const struct plan *plan)
{
    char options[ORL_OPTIONS_TEXT];
    orl_source_options(plan, &engine->device, options);
    const struct hash key = orl_hash_string(
        orl_hash_string(orl_hash_begin(), plan->family->name), options);

    struct program *p = find_or_add(engine, key);
    if (!p)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a program");
    oriel_status status = ORIEL_OK;
    orl_lock_take(&p->lock);
    if (!p->made) {
        status = make(p, engine, plan, options);
        p->made = status != ORIEL_E_MEMORY;
        if (status != ORIEL_OK)
            p->error = *oriel_last_error();
    } else if (!p->program) {
        status = orl_fail_again(&p->error);
    }
    orl_lock_give(&p->lock);
    *out = p;
    return status;
}

void orl_programs_free(struct program *first)
{
    while (first) {
        struct program *next = first->next;
        if (first->program)
            clReleaseProgram(first->program);
        orl_lock_close(&first->lock);
        free(first);
        first = next;
    }
}
