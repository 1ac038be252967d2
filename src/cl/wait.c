/* wait.c: commands of a queue that threads share, waited for. */
#include "cl/wait.h"

#include "cl/check.h"

oriel_status orl_wait(cl_event done)
{
    const oriel_status status = ORL_CL(clWaitForEvents(1, &done));
    clReleaseEvent(done);
    return status;
}

oriel_status orl_read(cl_command_queue queue, cl_mem memory, size_t bytes,
                      void *into)
{
    cl_event done = NULL;
    ORL_TRY_CL(clEnqueueReadBuffer(queue, memory, CL_FALSE, 0, bytes, into, 0,
                                   NULL, &done));
    return orl_wait(done);
}

oriel_status orl_show(cl_command_queue queue, cl_mem memory, size_t bytes)
{
    cl_int code;
    cl_event mapped = NULL, unmapped = NULL;
    void *const at = clEnqueueMapBuffer(queue, memory, CL_FALSE, CL_MAP_READ, 0,
                                        bytes, 0, NULL, &mapped, &code);
    ORL_TRY(orl_cl_check(code, "clEnqueueMapBuffer"));
    const oriel_status status = orl_wait(mapped);
    ORL_TRY_CL(clEnqueueUnmapMemObject(queue, memory, at, 0, NULL, &unmapped));
    ORL_TRY(orl_wait(unmapped));
    return status;
}
