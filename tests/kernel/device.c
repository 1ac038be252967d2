/* device.c: opens a device, builds kernels, shares host memory. */
#include "device.h"

#include "cl/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct device device;

void device_check(cl_int code, const char *call, const char *file, int line)
{
    if (code == CL_SUCCESS)
        return;
    fprintf(stderr, "%s:%d: %s: %d\n", file, line, call, code);
    exit(1);
}

int setting(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

/* The second of so many: with 3 those have every number of lanes, teams, a
 * softcap, and blocks of several heads. */
bool plan_is_asked(int number)
{
    const int step = setting("KERNEL_STEP", 1);
    return number % step == 1 % step;
}

void device_open(void)
{
    const char *wanted = getenv("KERNEL_PLATFORM");
    cl_platform_id platforms[8];
    cl_uint count;
    cl_int err;
    device.id = NULL;
    OK(clGetPlatformIDs(8, platforms, &count));
    for (cl_uint i = 0; i < count && i < 8 && !device.id; i++) {
        char name[128] = "";
        clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name,
                          NULL);
        if (!wanted || strstr(name, wanted))
            clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device.id,
                           NULL);
    }
    device.context = clCreateContext(NULL, 1, &device.id, NULL, NULL, &err);
    OK(err);
    device.queue = clCreateCommandQueue(device.context, device.id, 0, &err);
    OK(err);
}

void device_close(void)
{
    OK(clReleaseCommandQueue(device.queue));
    OK(clReleaseContext(device.context));
}

static const char *kernel_text(const char *file)
{
    for (const struct embedded *e = orl_embedded; e->name; e++)
        if (strcmp(e->name, file) == 0)
            return e->text;
    fprintf(stderr, "no kernel %s is embedded\n", file);
    exit(1);
}

cl_kernel device_build(const char *file, const char *options, const char *name,
                       const char *more)
{
    const char *const text[2] = {kernel_text(file), more};
    cl_int err;
    cl_program program = clCreateProgramWithSource(
        device.context, more ? 2 : 1, (const char **)text, NULL, &err);
    OK(err);
    err = clBuildProgram(program, 1, &device.id, options, NULL, NULL);
    if (err != CL_SUCCESS) {
        static char log[1 << 16];
        clGetProgramBuildInfo(program, device.id, CL_PROGRAM_BUILD_LOG,
                              sizeof log, log, NULL);
        fprintf(stderr, "%s\n%s\n", options, log);
    }
    OK(err);
    cl_kernel kernel = clCreateKernel(program, name, &err);
    OK(err);
    OK(clReleaseProgram(program));
    return kernel;
}

static long long told_local_bytes(cl_kernel kernel)
{
    cl_ulong bytes;
    OK(clGetKernelWorkGroupInfo(kernel, device.id, CL_KERNEL_LOCAL_MEM_SIZE,
                                sizeof bytes, &bytes, NULL));
    return (long long)bytes;
}

enum { KNOWN_BYTES = 1024 };

/* What the driver says of a kernel that declares KNOWN_BYTES, in the vectors of
 * 16 bytes of which ours are made. */
static long long known_local_bytes(void)
{
    static const char *text =
        "kernel void known(global int4 *x)\n"
        "{\n"
        "    local int4 shared[64];\n"
        "    shared[get_local_id(0)] = x[get_local_id(0)];\n"
        "    barrier(CLK_LOCAL_MEM_FENCE);\n"
        "    x[get_local_id(0)] = shared[x[0].x & 63];\n"
        "}\n";
    cl_int err;
    cl_program program =
        clCreateProgramWithSource(device.context, 1, &text, NULL, &err);
    OK(err);
    OK(clBuildProgram(program, 1, &device.id, "", NULL, NULL));
    cl_kernel kernel = clCreateKernel(program, "known", &err);
    OK(err);
    const long long told = told_local_bytes(kernel);
    OK(clReleaseKernel(kernel));
    OK(clReleaseProgram(program));
    if (told == 0)
        printf("this device tells no local memory: it is not compared\n");
    return told;
}

static long long known_told(void)
{
    static long long told = -1;
    if (told < 0)
        told = known_local_bytes();
    return told;
}

bool device_tells_local_bytes(void)
{
    return known_told() > 0;
}

long long device_local_bytes(cl_kernel kernel)
{
    const long long kept = known_told() - KNOWN_BYTES;
    return told_local_bytes(kernel) - kept;
}

cl_mem device_share(void *host, size_t bytes)
{
    const cl_mem_flags how =
        setting("KERNEL_COPY", 0) ? CL_MEM_COPY_HOST_PTR : CL_MEM_USE_HOST_PTR;
    cl_int err;
    cl_mem mem = clCreateBuffer(device.context, how, bytes, host, &err);
    OK(err);
    return mem;
}

void device_fetch(cl_mem mem, void *host, size_t bytes)
{
    cl_int err;
    void *mapped = clEnqueueMapBuffer(device.queue, mem, CL_TRUE, CL_MAP_READ,
                                      0, bytes, 0, NULL, NULL, &err);
    OK(err);
    if (mapped != host)
        memcpy(host, mapped, bytes);
    OK(clEnqueueUnmapMemObject(device.queue, mem, mapped, 0, NULL, NULL));
    OK(clFinish(device.queue));
}
