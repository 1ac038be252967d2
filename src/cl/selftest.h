/* selftest.h: whether a program computes on this device what it should. */
#ifndef ORL_CL_SELFTEST_H
#define ORL_CL_SELFTEST_H

#include "cl/engine.h"

/* Runs a small problem of the plan's variant, with every rule that kernels
 * share in it, and compares with the definition in double precision.
 * ORIEL_E_UNSUPPORTED: the device computes something else. */
oriel_status orl_selftest(struct engine *engine, const struct plan *plan,
                          const cl_kernel *kernels);

#endif /* ORL_CL_SELFTEST_H */
