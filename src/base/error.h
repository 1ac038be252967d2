/* error.h: how a failure is reported. Detected once, described once, then
 * passed up unchanged: callers never re-word, re-log or re-number it. */
#ifndef ORL_BASE_ERROR_H
#define ORL_BASE_ERROR_H

#include <oriel/types.h>

#ifdef __GNUC__
#    define ORL_PRINTF(text, args) __attribute__((format(printf, text, args)))
#else
#    define ORL_PRINTF(text, args)
#endif

/* Remembers status and message for oriel_last_error(); returns status, so
 * that a check reads: if (!ok) return orl_fail(ORIEL_E_..., "..."); */
oriel_status orl_fail(oriel_status status, const char *format, ...)
    ORL_PRINTF(2, 3);

/* The same for a failed OpenCL call: ORIEL_E_OPENCL with its code. */
oriel_status orl_fail_cl(int32_t cl_code, const char *format, ...)
    ORL_PRINTF(2, 3);

/* Reports an error that was kept, unchanged. */
oriel_status orl_fail_again(const oriel_error *error);

/* Leaves the function if expr failed. Only where nothing is owned yet: a
 * function that holds resources jumps to its one label, `done`. */
#define ORL_TRY(expr)                                                          \
    do {                                                                       \
        const oriel_status try_status_ = (expr);                               \
        if (try_status_ != ORIEL_OK)                                           \
            return try_status_;                                                \
    } while (0)

#endif /* ORL_BASE_ERROR_H */
