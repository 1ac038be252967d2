/* layer_state.h: what the parts of the layer share. */
#ifndef LAYER_STATE_H
#define LAYER_STATE_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_0_APIS
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_USE_DEPRECATED_OPENCL_2_0_APIS
#define CL_USE_DEPRECATED_OPENCL_2_1_APIS
#define CL_USE_DEPRECATED_OPENCL_2_2_APIS
#include <CL/cl_layer.h>

#include <stdbool.h>

enum live_kind { CONTEXT, QUEUE, MEM, PROGRAM, KERNEL, EVENT, LIVE_KINDS };

/* The driver, or the layer below this one. */
extern const cl_icd_dispatch *layer_next;

/* Counts a call; true: it must fail with *code. */
bool layer_note(const char *function, cl_int *code);
void layer_note_object(enum live_kind kind, long change);

/* Puts the wrappers into a dispatch table. */
void layer_wrap(cl_icd_dispatch *mine);
void layer_wrap_tricks(cl_icd_dispatch *mine);

/* What the tricks want to know of launches and arguments. */
void layer_argument_set(cl_kernel kernel, cl_uint index, size_t size,
                        const void *value);
void layer_launched(cl_command_queue queue, cl_kernel kernel);
void layer_forget_kernel(cl_kernel kernel);
void layer_tricks_off(void);

/* True: *code and the answer are a lie that a test asked for. */
bool layer_lie(cl_int *code, cl_device_id device, cl_device_info name,
               size_t size, void *value, size_t *size_ret);
bool layer_lie_of_kernel(cl_int *code, cl_kernel kernel,
                         cl_kernel_work_group_info name, size_t size,
                         void *value, size_t *size_ret);
const char *layer_options(const char *own);
void layer_lies_off(void);

/* Which buffers use the caller's memory. */
void layer_host_created(cl_mem mem, cl_mem_flags flags, const void *host,
                        size_t size);
void layer_host_released(cl_mem mem);
void layer_host_reset(void);

#endif /* LAYER_STATE_H */
