/* program.h: plan -> built program. A program is built, warmed up and tested
 * once per engine, whatever number of plans and threads want it. */
#ifndef ORL_CL_PROGRAM_H
#define ORL_CL_PROGRAM_H

#include "cl/engine.h"

/* A program of the engine's table, ready to run; valid until the engine is
 * closed. ORIEL_E_BUILD: it does not compile, the log has the compiler's text.
 * ORIEL_E_UNSUPPORTED: it does not fit the device, or its self-test failed. A
 * failure is remembered: the next caller gets the same. */
oriel_status orl_program_get(const struct program **out, struct engine *engine,
                             const struct plan *plan);

/* Kernels of one plan's own, one for each of family->kernels; released by
 * orl_kernels_release, which accepts NULLs. On failure none is left. */
oriel_status orl_kernels_create(cl_kernel *kernels,
                                const struct program *program,
                                const struct plan *plan);
void orl_kernels_release(cl_kernel *kernels);

/* Builds a text without table or cache: for trials. The caller releases it. */
oriel_status orl_program_build(cl_program *out, struct engine *engine,
                               const char *name, const char *options);

void orl_programs_free(struct program *first);

#endif /* ORL_CL_PROGRAM_H */
