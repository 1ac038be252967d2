/* layer.h: an OpenCL layer that the program under test controls: it counts
 * calls and objects, makes a call fail, changes what a device says of itself,
 * spoils results, and lets launches fail after they were accepted.
 *
 * The loader puts it between itself and every driver when $OPENCL_LAYERS names
 * this library. Programs link it and call layer_open() before their first
 * OpenCL call; others, like the command line, take $LAYER_FLIP. */
#ifndef LAYER_H
#define LAYER_H

#include <oriel/oriel.h>

#if defined __GNUC__
#    define LAYER_API __attribute__((visibility("default")))
#else
#    define LAYER_API
#endif

/* Sets $OPENCL_LAYERS to this library. A loader without layers ignores it, so a
 * test first asserts that something was counted. */
LAYER_API void layer_open(void);

/* ---- Counting ----------------------------------------------------------- */

/* Counts start again from 0, and every trick below is off; objects that live
 * are not forgotten. */
LAYER_API void layer_reset(void);

/* Calls since then: all, and those of one function, "clSetKernelArg". Releases
 * are not counted: they cannot be made to fail. */
LAYER_API long layer_calls(void);
LAYER_API long layer_count(const char *function);

/* Objects created and retained, less those released, of all kinds. */
LAYER_API long layer_live(void);
LAYER_API const char *layer_live_text(void); /* "2 mem, 1 event" */

/* Buffers that use the caller's memory, made since layer_reset(): all; those
 * over bytes that a living one uses; those at addresses that are no multiple
 * of 16. */
LAYER_API long layer_host_buffers(void);
LAYER_API long layer_host_overlapping(void);
LAYER_API long layer_host_misaligned(void);

/* ---- Tricks ------------------------------------------------------------- */

/* Call number n from now on, counted from 1, fails with code. */
LAYER_API void layer_fail(long n, cl_int code);

/* Every call of one function fails with code; NULL: none does. */
LAYER_API void layer_fail_all(const char *function, cl_int code);

/* The function that failed; NULL: none has yet. */
LAYER_API const char *layer_failed(void);

/* What devices and platforms answer to CL_DRIVER_VERSION, and to
 * CL_PLATFORM_VERSION; NULL: the truth. Texts are not copied. */
LAYER_API void layer_answer(const char *driver, const char *platform);

/* Devices answer a query of this name with this number, whatever its width
 * (that of a cl_ulong, if they do not know the query), or with this text, which
 * is not copied; up to 16 queries. */
LAYER_API void layer_tell(cl_device_info name, uint64_t value);
LAYER_API void layer_tell_text(cl_device_info name, const char *text);

/* The next `times` kernels of this name that are asked answer such a query with
 * this number; those after them, what was told before. The name is not copied.
 * Up to 16 of them. */
LAYER_API void layer_tell_kernel(const char *kernel,
                                 cl_kernel_work_group_info name, uint64_t value,
                                 int times);

/* Every program is built with these options, too; NULL: with its own. */
LAYER_API void layer_build_with(const char *options);

/* After each launch of a kernel of this name, a high bit of the first elements
 * of argument 3, the result of every kernel here, is flipped. "*": of every
 * kernel; NULL: of none. "NAME OPTION": of those whose program is built with
 * this option, too, as "attend_tile -DBROADCAST=1". The text is not copied. */
LAYER_API void layer_flip(const char *kernel);

/* Launches whose event is asked for end with this status, below 0; 0: with
 * their own. */
LAYER_API void layer_end_launches(cl_int status);

#endif /* LAYER_H */
