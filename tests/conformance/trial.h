/* trial.h: one call of one problem on host memory: random numbers where the
 * call looks, NaN where it must not look, a mark where it must not write. */
#ifndef TRIAL_H
#define TRIAL_H

#include "model/problem_text.h"
#include "oracle/oracle.h"

#include <oriel/oriel.h>

struct trial {
    struct problem problem;
    char text[ORL_PROBLEM_TEXT];
    int64_t queries, keys; /* of the call */
    int64_t query_origin, key_origin;
    void *q, *k, *v, *out; /* as the problem stores them */
    size_t out_bytes;
    float *lse;                   /* NULL: not asked for */
    int32_t *key_begin, *key_end; /* NULL: not given */
    uint32_t weight_type;         /* that the plan rounds weights to; 0: f32 */
};

enum { TRIAL_WHY = 256 };

/* A call of the planned size. Rows of k and v that no query sees, and what lies
 * between rows, are NaN. */
void trial_open(struct trial *t, const struct problem *p, uint64_t seed);

/* The same with fewer rows than planned, at other positions. */
void trial_open_part(struct trial *t, const struct problem *p, uint64_t seed,
                     int64_t queries, int64_t keys, int64_t query_origin,
                     int64_t key_origin);
void trial_close(struct trial *t);

struct oracle trial_oracle(const struct trial *t);
oriel_call trial_call(const struct trial *t);

/* Marks all of out and lse, as before a call. */
void trial_mark(struct trial *t);

/* Compares out and lse with the oracle, and every byte that belongs to no row
 * of the call with the mark. False: why says what is wrong. */
bool trial_is_right(const struct trial *t, char why[TRIAL_WHY]);

/* Where row i of a head of a batch entry begins in a tensor, in bytes. */
size_t trial_row_at(const struct tensor *t, int64_t entry, int64_t head,
                    int64_t i);

/* A number in [low, high], the next of a sequence that seed is the state of. */
int64_t draw(uint64_t *seed, int64_t low, int64_t high);

#endif /* TRIAL_H */
