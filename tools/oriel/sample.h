/* sample.h: durations of runs that took turns, and what is said about them. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <oriel/types.h>

/* Zero-initialise. */
struct sample {
    double *at;
    size_t count, room;
};

void sample_free(struct sample *s);
oriel_status sample_add(struct sample *s, double value);

/* Each is NAN of no values. */
double sample_median(const struct sample *s);
double sample_least(const struct sample *s);

/* The median of one[n] / other[n], as far as both go: what disturbs both runs
 * of a turn alike does not show in it. */
double sample_ratio(const struct sample *one, const struct sample *other);

#endif /* SAMPLE_H */
