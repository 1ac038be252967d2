/* wait.h: commands of a queue that threads share, waited for.
 *
 * Nothing relies on the flag of a command, nor on clFinish: Mesa's rusticl 22.3
 * returns early from both where another thread flushes the queue in between (of
 * 24000 blocking reads of 8 threads 678 had nothing yet, of as many maps 144
 * could not be unmapped). For an event it waits. */
#ifndef ORL_CL_WAIT_H
#define ORL_CL_WAIT_H

#include <oriel/oriel.h>

#include <stddef.h>

/* Waits for a command of the queue, and releases its event. ended: CL_COMPLETE,
 * or the error that the command ended with. Fails where waiting does; the
 * command has ended even then, as far as clFinish can tell. */
oriel_status orl_wait_for_end(cl_command_queue queue, cl_event done,
                              cl_int *ended);

/* The same; a command that failed is named by the call that enqueued it. */
oriel_status orl_wait(cl_command_queue queue, cl_event done, const char *call);

/* The first bytes of a buffer, once all that was enqueued before is done. */
oriel_status orl_read(cl_command_queue queue, cl_mem memory, size_t bytes,
                      void *into);

/* What the device wrote into a buffer that uses the caller's memory is visible
 * there, once all that was enqueued before is done. */
oriel_status orl_show(cl_command_queue queue, cl_mem memory, size_t bytes);

#endif /* ORL_CL_WAIT_H */
