/* crew.h: threads that share the numbered parts of a piece of work, and sleep
 * between two pieces. */
#ifndef PEERS_CREW_H
#define PEERS_CREW_H

#include <oriel/types.h>

#include <stdint.h>

struct crew;

/* threads counts the caller, who works too. */
oriel_status crew_open(struct crew **out, int threads);
void crew_close(struct crew *c); /* NULL: nothing happens */

/* Calls part(user, thread, n) once for each n in [0, count), on whichever
 * thread, numbered from 0, is free; returns when all are done. */
void crew_run(struct crew *c, int64_t count,
              void (*part)(void *user, int thread, int64_t n), void *user);

#endif /* PEERS_CREW_H */
