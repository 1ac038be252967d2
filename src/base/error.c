/* error.c: the last error of each thread. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local oriel_error last;

static oriel_status fail(oriel_error error, const char *format, va_list args)
{
    vsnprintf(error.message, sizeof error.message, format, args);
    last = error;
    return error.status;
}

oriel_status orl_fail(oriel_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail((oriel_error) {.status = status}, format, args);
    va_end(args);
    return status;
}

oriel_status orl_fail_cl(int32_t cl_code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail((oriel_error) {.status = ORIEL_E_OPENCL, .cl_code = cl_code}, format,
         args);
    va_end(args);
    return ORIEL_E_OPENCL;
}

oriel_status orl_fail_again(const oriel_error *error)
{
    last = *error;
    return last.status;
}

const oriel_error *oriel_last_error(void)
{
    return &last;
}

const char *oriel_status_name(oriel_status status)
{
    static const char *const names[] = {
        [-ORIEL_OK] = "ORIEL_OK",
        [-ORIEL_E_ARGUMENT] = "ORIEL_E_ARGUMENT",
        [-ORIEL_E_UNSUPPORTED] = "ORIEL_E_UNSUPPORTED",
        [-ORIEL_E_MEMORY] = "ORIEL_E_MEMORY",
        [-ORIEL_E_OPENCL] = "ORIEL_E_OPENCL",
        [-ORIEL_E_BUILD] = "ORIEL_E_BUILD",
        [-ORIEL_E_TOO_NEW] = "ORIEL_E_TOO_NEW",
        [-ORIEL_E_IO] = "ORIEL_E_IO",
    };
    const int count = (int)(sizeof names / sizeof names[0]);
    if (status > 0 || status <= -count)
        return "unknown status";
    return names[-(int)status];
}
