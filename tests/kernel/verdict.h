/* verdict.h: runs trials of a kernel and counts what is wrong with them. */
#ifndef KERNEL_VERDICT_H
#define KERNEL_VERDICT_H

#include "trial.h"

/* How queries [first, first + count) of a trial are launched. */
struct slice {
    int first, count;
    int skip;        /* keys at the front that the launch does not get */
    int axis, cut;   /* as subject_launch() takes them */
    int more_passes; /* than the longest row needs */
};

struct slice slice_whole(const struct trial *t);
void run_slice(const struct subject *s, struct trial *t, struct slice slice);

/* The bits of a trial's results, to be compared and freed. */
void *copy_of_results(const struct trial *t);
bool same_results(const struct trial *t, const void *copy);

/* Runs so many random calls: each must match the definition, leave gaps alone,
 * give the same bits in two launches on slices of the keys and with the grid
 * cut in two, and let one row of NaN or infinities reach only the queries that
 * see it. Returns the number of calls at fault, three at most, and says what is
 * wrong with them; 1 where none was asked for. */
int faulty_calls(const struct subject *s, int count, unsigned long seed);

/* Largest relative error of a mean of thousands of equal values: where they are
 * summed one by one, 4e-5. */
double mean_error(const struct subject *s);

/* The same where the first key, or the last one, is all that counts: the scores
 * of the others are lower by 1000, more than exponents of a float can hold. */
double outlier_error(const struct subject *s, bool at_end);

/* Largest relative error where each key but the first weighs about `weight`,
 * with values of 1, and the first one 1, with values of 0. */
double tail_error(const struct subject *s, double weight);

#endif /* KERNEL_VERDICT_H */
