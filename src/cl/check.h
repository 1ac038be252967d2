/* check.h: cl_int -> oriel_status, naming the call that failed. */
#ifndef ORL_CL_CHECK_H
#define ORL_CL_CHECK_H

#include "base/error.h"

#include <oriel/oriel.h>

/* "clEnqueueNDRangeKernel failed: CL_OUT_OF_RESOURCES (-5)"; call may go on
 * with its arguments, only its name is printed. CL_SUCCESS becomes ORIEL_OK,
 * want of host memory ORIEL_E_MEMORY, everything else ORIEL_E_OPENCL. */
oriel_status orl_cl_check(cl_int code, const char *call);

/* Name of an OpenCL error, "CL_OUT_OF_RESOURCES"; "unknown error" if it has
 * none. */
const char *orl_cl_name(cl_int code);

/* An OpenCL call that returns its code, as a status. */
#define ORL_CL(call)     orl_cl_check((call), #call)
#define ORL_TRY_CL(call) ORL_TRY(ORL_CL(call))

#endif /* ORL_CL_CHECK_H */
