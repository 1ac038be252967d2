/* wait.h: commands of a queue that threads share, waited for.
 *
 * Nothing blocks by the flag of a command, nor by clFinish: Mesa's rusticl 22.3
 * returns early from both where another thread flushes the queue in between (of
 * 24000 blocking reads of 8 threads 678 had nothing yet, of as many maps 144
 * could not be unmapped). For an event it waits. */
#ifndef ORL_CL_WAIT_H
#define ORL_CL_WAIT_H

#include <oriel/oriel.h>

#include <stddef.h>

/* Waits for the command, and releases the event. */
oriel_status orl_wait(cl_event done);

/* The first bytes of a buffer, once all that was enqueued before is done. */
oriel_status orl_read(cl_command_queue queue, cl_mem memory, size_t bytes,
                      void *into);

/* What the device wrote into a buffer that uses the caller's memory is visible
 * there, once all that was enqueued before is done. */
oriel_status orl_show(cl_command_queue queue, cl_mem memory, size_t bytes);

#endif /* ORL_CL_WAIT_H */
