/* clock.h: the clock that everything is timed with. */
#ifndef CLOCK_H
#define CLOCK_H

#include <oriel/types.h>

/* Seconds since some moment, by a clock that nobody sets. */
double clock_now(void);

/* Seconds since begin; NAN where the clock stood still or ran back, so that
 * nothing is computed from a duration that was none. */
double clock_since(double begin);

/* What to say about a NAN: ORIEL_E_UNSUPPORTED. */
oriel_status clock_check(double seconds);

#endif /* CLOCK_H */
