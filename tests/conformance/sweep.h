/* sweep.h: random calls, most of them around the borders of tiles. */
#ifndef SWEEP_H
#define SWEEP_H

#include "trial.h"

/* Problem, rows and origins of a random call into shape, the rest of it zero.
 * What a program is compiled for comes from like, everything else is drawn. */
void sweep_draw(struct trial *shape, const struct problem *like, uint64_t *seed,
                int64_t most_rows);

#endif /* SWEEP_H */
