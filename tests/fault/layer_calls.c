/* layer_calls.c: one wrapper for every OpenCL call that Oriel makes, and for
 * those it might. Each counts, fails if it is told to, and passes on. */
#include "layer_state.h"

#define WRAP(function, parameters)                                             \
    static CL_API_ENTRY cl_int CL_API_CALL wrap_##function parameters

/* A call that returns its status. */
#define STATUS(function, parameters, arguments)                                \
    WRAP(function, parameters)                                                 \
    {                                                                          \
        cl_int code;                                                           \
        return layer_note(#function, &code) ? code                             \
                                            : layer_next->function arguments;  \
    }

/* One that may create an event as well, as its last argument. */
#define ENQUEUE(function, parameters, arguments)                               \
    WRAP(function, parameters)                                                 \
    {                                                                          \
        cl_int code;                                                           \
        if (layer_note(#function, &code))                                      \
            return code;                                                       \
        code = layer_next->function arguments;                                 \
        if (code == CL_SUCCESS && event)                                       \
            layer_note_object(EVENT, 1);                                       \
        return code;                                                           \
    }

/* One that returns an object, and its status by its last argument. */
#define CREATE(kind, type, function, parameters, arguments)                    \
    static CL_API_ENTRY type CL_API_CALL wrap_##function parameters            \
    {                                                                          \
        cl_int code;                                                           \
        if (layer_note(#function, &code)) {                                    \
            if (code_ret)                                                      \
                *code_ret = code;                                              \
            return NULL;                                                       \
        }                                                                      \
        const type object = layer_next->function arguments;                    \
        if (object)                                                            \
            layer_note_object(kind, 1);                                        \
        return object;                                                         \
    }

#define RETAIN(kind, type, function)                                           \
    WRAP(function, (type object))                                              \
    {                                                                          \
        cl_int code;                                                           \
        if (layer_note(#function, &code))                                      \
            return code;                                                       \
        code = layer_next->function(object);                                   \
        if (code == CL_SUCCESS)                                                \
            layer_note_object(kind, 1);                                        \
        return code;                                                           \
    }

#define RELEASE(kind, type, function)                                          \
    WRAP(function, (type object))                                              \
    {                                                                          \
        const cl_int code = layer_next->function(object);                      \
        if (code == CL_SUCCESS)                                                \
            layer_note_object(kind, -1);                                       \
        return code;                                                           \
    }

/* ---- Platforms, devices, contexts --------------------------------------- */

typedef void(CL_CALLBACK *context_callback)(const char *, const void *, size_t,
                                            void *);
typedef void(CL_CALLBACK *program_callback)(cl_program, void *);

STATUS(clGetDeviceIDs,
       (cl_platform_id p, cl_device_type t, cl_uint n, cl_device_id *d,
        cl_uint *c),
       (p, t, n, d, c))
STATUS(clRetainDevice, (cl_device_id d), (d))
CREATE(CONTEXT, cl_context, clCreateContext,
       (const cl_context_properties *p, cl_uint n, const cl_device_id *d,
        context_callback f, void *u, cl_int *code_ret),
       (p, n, d, f, u, code_ret))
STATUS(clGetContextInfo,
       (cl_context c, cl_context_info i, size_t s, void *v, size_t *r),
       (c, i, s, v, r))
RETAIN(CONTEXT, cl_context, clRetainContext)
RELEASE(CONTEXT, cl_context, clReleaseContext)

CREATE(QUEUE, cl_command_queue, clCreateCommandQueue,
       (cl_context c, cl_device_id d, cl_command_queue_properties p,
        cl_int *code_ret),
       (c, d, p, code_ret))
CREATE(QUEUE, cl_command_queue, clCreateCommandQueueWithProperties,
       (cl_context c, cl_device_id d, const cl_queue_properties *p,
        cl_int *code_ret),
       (c, d, p, code_ret))
STATUS(clGetCommandQueueInfo,
       (cl_command_queue q, cl_command_queue_info i, size_t s, void *v,
        size_t *r),
       (q, i, s, v, r))
RETAIN(QUEUE, cl_command_queue, clRetainCommandQueue)
RELEASE(QUEUE, cl_command_queue, clReleaseCommandQueue)

/* ---- Memory ------------------------------------------------------------- */

static CL_API_ENTRY cl_mem CL_API_CALL wrap_clCreateBuffer(cl_context c,
                                                           cl_mem_flags f,
                                                           size_t s, void *h,
                                                           cl_int *code_ret)
{
    cl_int code;
    if (layer_note("clCreateBuffer", &code)) {
        if (code_ret)
            *code_ret = code;
        return NULL;
    }
    const cl_mem mem = layer_next->clCreateBuffer(c, f, s, h, code_ret);
    if (mem) {
        layer_note_object(MEM, 1);
        layer_host_created(mem, f, h, s);
    }
    return mem;
}

CREATE(MEM, cl_mem, clCreateSubBuffer,
       (cl_mem m, cl_mem_flags f, cl_buffer_create_type t, const void *i,
        cl_int *code_ret),
       (m, f, t, i, code_ret))
STATUS(clGetMemObjectInfo,
       (cl_mem m, cl_mem_info i, size_t s, void *v, size_t *r), (m, i, s, v, r))
RETAIN(MEM, cl_mem, clRetainMemObject)

WRAP(clReleaseMemObject, (cl_mem mem))
{
    layer_host_released(mem);
    layer_note_object(MEM, -1);
    return layer_next->clReleaseMemObject(mem);
}

/* ---- Programs and kernels ----------------------------------------------- */

CREATE(PROGRAM, cl_program, clCreateProgramWithSource,
       (cl_context c, cl_uint n, const char **s, const size_t *l,
        cl_int *code_ret),
       (c, n, s, l, code_ret))
CREATE(PROGRAM, cl_program, clCreateProgramWithBinary,
       (cl_context c, cl_uint n, const cl_device_id *d, const size_t *l,
        const unsigned char **b, cl_int *status, cl_int *code_ret),
       (c, n, d, l, b, status, code_ret))
STATUS(clBuildProgram,
       (cl_program p, cl_uint n, const cl_device_id *d, const char *o,
        program_callback f, void *u),
       (p, n, d, layer_options(o), f, u))
STATUS(clGetProgramInfo,
       (cl_program p, cl_program_info i, size_t s, void *v, size_t *r),
       (p, i, s, v, r))
STATUS(clGetProgramBuildInfo,
       (cl_program p, cl_device_id d, cl_program_build_info i, size_t s,
        void *v, size_t *r),
       (p, d, i, s, v, r))
RETAIN(PROGRAM, cl_program, clRetainProgram)
RELEASE(PROGRAM, cl_program, clReleaseProgram)

CREATE(KERNEL, cl_kernel, clCreateKernel,
       (cl_program p, const char *n, cl_int *code_ret), (p, n, code_ret))
WRAP(clGetKernelWorkGroupInfo,
     (cl_kernel k, cl_device_id d, cl_kernel_work_group_info i, size_t s,
      void *v, size_t *r))
{
    cl_int code;
    if (layer_note("clGetKernelWorkGroupInfo", &code) ||
        layer_lie_of_kernel(&code, k, i, s, v, r))
        return code;
    return layer_next->clGetKernelWorkGroupInfo(k, d, i, s, v, r);
}
RETAIN(KERNEL, cl_kernel, clRetainKernel)

WRAP(clReleaseKernel, (cl_kernel kernel))
{
    layer_forget_kernel(kernel);
    layer_note_object(KERNEL, -1);
    return layer_next->clReleaseKernel(kernel);
}

WRAP(clSetKernelArg, (cl_kernel k, cl_uint i, size_t s, const void *v))
{
    cl_int code;
    if (layer_note("clSetKernelArg", &code))
        return code;
    layer_argument_set(k, i, s, v);
    return layer_next->clSetKernelArg(k, i, s, v);
}

/* ---- Queues ------------------------------------------------------------- */

#define LIST   cl_uint n, const cl_event *w, cl_event *event
#define LISTED n, w, event

STATUS(clFlush, (cl_command_queue q), (q))
STATUS(clFinish, (cl_command_queue q), (q))
ENQUEUE(clEnqueueReadBuffer,
        (cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s, void *p,
         LIST),
        (q, m, b, o, s, p, LISTED))
ENQUEUE(clEnqueueWriteBuffer,
        (cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s,
         const void *p, LIST),
        (q, m, b, o, s, p, LISTED))
ENQUEUE(clEnqueueCopyBuffer,
        (cl_command_queue q, cl_mem a, cl_mem b, size_t x, size_t y, size_t s,
         LIST),
        (q, a, b, x, y, s, LISTED))
ENQUEUE(clEnqueueFillBuffer,
        (cl_command_queue q, cl_mem m, const void *p, size_t z, size_t o,
         size_t s, LIST),
        (q, m, p, z, o, s, LISTED))
ENQUEUE(clEnqueueMarkerWithWaitList, (cl_command_queue q, LIST), (q, LISTED))
ENQUEUE(clEnqueueBarrierWithWaitList, (cl_command_queue q, LIST), (q, LISTED))

WRAP(clEnqueueNDRangeKernel,
     (cl_command_queue q, cl_kernel k, cl_uint d, const size_t *o,
      const size_t *g, const size_t *l, LIST))
{
    cl_int code;
    if (layer_note("clEnqueueNDRangeKernel", &code))
        return code;
    code = layer_next->clEnqueueNDRangeKernel(q, k, d, o, g, l, LISTED);
    if (code == CL_SUCCESS && event)
        layer_note_object(EVENT, 1);
    if (code == CL_SUCCESS)
        layer_launched(q, k);
    return code;
}

static CL_API_ENTRY void *CL_API_CALL
wrap_clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool b, cl_map_flags f,
                        size_t o, size_t s, LIST, cl_int *code_ret)
{
    cl_int code;
    if (layer_note("clEnqueueMapBuffer", &code)) {
        if (code_ret)
            *code_ret = code;
        return NULL;
    }
    void *const at =
        layer_next->clEnqueueMapBuffer(q, m, b, f, o, s, LISTED, code_ret);
    if (at && event)
        layer_note_object(EVENT, 1);
    return at;
}

/* One that is to fail is done all the same: Oclgrind takes memory for mapped
 * until then, whatever buffer has it next, and reports who writes there. */
static CL_API_ENTRY cl_int CL_API_CALL
wrap_clEnqueueUnmapMemObject(cl_command_queue q, cl_mem m, void *p, LIST)
{
    cl_int code;
    if (layer_note("clEnqueueUnmapMemObject", &code)) {
        layer_next->clEnqueueUnmapMemObject(q, m, p, 0, NULL, NULL);
        return code;
    }
    code = layer_next->clEnqueueUnmapMemObject(q, m, p, LISTED);
    if (code == CL_SUCCESS && event)
        layer_note_object(EVENT, 1);
    return code;
}

CREATE(EVENT, cl_event, clCreateUserEvent, (cl_context c, cl_int *code_ret),
       (c, code_ret))
RETAIN(EVENT, cl_event, clRetainEvent)
RELEASE(EVENT, cl_event, clReleaseEvent)

void layer_wrap(cl_icd_dispatch *mine)
{
#define SET(function) mine->function = wrap_##function
    SET(clGetDeviceIDs), SET(clRetainDevice), SET(clCreateContext);
    SET(clGetContextInfo), SET(clRetainContext), SET(clReleaseContext);
    SET(clCreateCommandQueue), SET(clCreateCommandQueueWithProperties);
    SET(clGetCommandQueueInfo), SET(clRetainCommandQueue);
    SET(clReleaseCommandQueue), SET(clCreateBuffer), SET(clCreateSubBuffer);
    SET(clGetMemObjectInfo), SET(clRetainMemObject), SET(clReleaseMemObject);
    SET(clCreateProgramWithSource), SET(clCreateProgramWithBinary);
    SET(clBuildProgram), SET(clGetProgramInfo), SET(clGetProgramBuildInfo);
    SET(clRetainProgram), SET(clReleaseProgram), SET(clCreateKernel);
    SET(clGetKernelWorkGroupInfo), SET(clRetainKernel), SET(clReleaseKernel);
    SET(clSetKernelArg), SET(clFlush), SET(clFinish);
    SET(clEnqueueReadBuffer), SET(clEnqueueWriteBuffer);
    SET(clEnqueueCopyBuffer), SET(clEnqueueFillBuffer);
    SET(clEnqueueUnmapMemObject), SET(clEnqueueMarkerWithWaitList);
    SET(clEnqueueBarrierWithWaitList), SET(clEnqueueNDRangeKernel);
    SET(clEnqueueMapBuffer), SET(clCreateUserEvent), SET(clRetainEvent);
    SET(clReleaseEvent);
#undef SET
}
