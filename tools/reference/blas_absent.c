/* blas_absent.c: stands in for blas.c where CLBlast was not there at build. */
#include "reference/blas.h"

#include "base/error.h"

bool blas_built(void)
{
    return false;
}

oriel_status blas_attend(const struct oracle *call, cl_context context,
                         cl_command_queue queue, float *out)
{
    (void)call;
    (void)context;
    (void)queue;
    (void)out;
    return orl_fail(ORIEL_E_UNSUPPORTED,
                    "this program was built without CLBlast, which computes "
                    "the reference: install libclblast-dev and build again");
}

void blas_forget(void)
{
}
