/* decode_rows.h: by which preset kernels/decode.cl computes the rows of a
 * task. */
#ifndef ORL_PLAN_DECODE_ROWS_H
#define ORL_PLAN_DECODE_ROWS_H

#include "model/device.h"
#include "model/problem.h"
#include "plan/presets.h"

/* Largest of 4, 8, 16 that a vector of the device holds. */
int32_t orl_decode_lanes(const struct device *d);

/* Whether k or v has 16 bits. */
bool orl_decode_converts(const struct problem *p);

/* Cycles of a core for a key and the rows of a preset. */
double orl_decode_key_cycles(const struct decode_preset *preset,
                             const struct problem *p);

/* That by which so many rows that share keys take the least time, in vectors of
 * at most so many lanes, 4, 8 or 16; but full steps, where the device has 16
 * and they pay. */
const struct decode_preset *orl_decode_rows(const struct problem *p,
                                            const struct device *d,
                                            int64_t rows, int32_t lanes);

#endif /* ORL_PLAN_DECODE_ROWS_H */
