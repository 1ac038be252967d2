/* device.h: the least of OpenCL that kernel tests need. Any error ends the
 * program, naming the call. */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#ifndef CL_TARGET_OPENCL_VERSION
#    define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

struct device {
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
};

/* The device under test; every suite opens it first and closes it last. */
extern struct device device;

#define OK(call) device_check((call), #call, __FILE__, __LINE__)
void device_check(cl_int code, const char *call, const char *file, int line);

/* A number from the environment. */
int setting(const char *name, int otherwise);

/* Whether KERNEL_STEP, see suites.h, leaves it in. */
bool plan_is_asked(int number);

void device_open(void);
void device_close(void);

/* Kernel function `name` of kernels/<file>.cl, followed by the text `more`
 * (NULL: nothing). */
cl_kernel device_build(const char *file, const char *options, const char *name,
                       const char *more);

/* Whether the driver says how much local memory a kernel has: PoCL 5.0 tells 0
 * of any. If not, says so. */
bool device_tells_local_bytes(void);

/* Bytes of local memory that a kernel declares: what the driver says of it
 * without what it keeps for itself in every kernel (NVIDIA's: 16). */
long long device_local_bytes(cl_kernel kernel);

/* Host memory as a buffer: in place, so that guard pages work, or a copy. */
cl_mem device_share(void *host, size_t bytes);

/* Brings the buffer's contents back to the host memory it was made from. */
void device_fetch(cl_mem mem, void *host, size_t bytes);

#endif /* KERNEL_DEVICE_H */
