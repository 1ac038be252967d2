/* wait.c: commands of a queue that threads share, waited for. */
#include "cl/wait.h"

#include "cl/check.h"

oriel_status orl_wait_for_end(cl_command_queue queue, cl_event done,
                              cl_int *ended)
{
    *ended = CL_COMPLETE;
    const cl_int code = clWaitForEvents(1, &done);
    if (code != CL_SUCCESS)
        clFinish(queue);
    clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof *ended,
                   ended, NULL);
    clReleaseEvent(done);
    if (*ended < 0)
        return ORIEL_OK;
    *ended = CL_COMPLETE;
    return orl_cl_check(code, "clWaitForEvents");
}

oriel_status orl_wait(cl_command_queue queue, cl_event done, const char *call)
{
    cl_int ended;
    ORL_TRY(orl_wait_for_end(queue, done, &ended));
    return orl_cl_check(ended, call);
}

oriel_status orl_read(cl_command_queue queue, cl_mem memory, size_t bytes,
                      void *into)
{
    cl_event done = NULL;
    ORL_TRY_CL(clEnqueueReadBuffer(queue, memory, CL_FALSE, 0, bytes, into, 0,
                                   NULL, &done));
    return orl_wait(queue, done, "clEnqueueReadBuffer");
}

oriel_status orl_show(cl_command_queue queue, cl_mem memory, size_t bytes)
{
    cl_int code;
    cl_event mapped = NULL, unmapped = NULL;
    void *const at = clEnqueueMapBuffer(queue, memory, CL_FALSE, CL_MAP_READ, 0,
                                        bytes, 0, NULL, &mapped, &code);
    ORL_TRY(orl_cl_check(code, "clEnqueueMapBuffer"));
    const oriel_status status = orl_wait(queue, mapped, "clEnqueueMapBuffer");
    if (status != ORIEL_OK) {
        clEnqueueUnmapMemObject(queue, memory, at, 0, NULL, NULL);
        return status;
    }
    ORL_TRY_CL(clEnqueueUnmapMemObject(queue, memory, at, 0, NULL, &unmapped));
    return orl_wait(queue, unmapped, "clEnqueueUnmapMemObject");
}
