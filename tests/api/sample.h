/* sample.h: host memory of one call, filled and judged: random numbers where
 * the call looks, NaN where it must not look, a mark where it must not write.
 *
 * The only part of these tests that looks behind the public header. It is a
 * library of its own, which exports nothing but what is declared here, so that
 * the programs that use it know Oriel as an application does. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <oriel/oriel.h>

#if defined __GNUC__
#    define SAMPLE_API __attribute__((visibility("default")))
#else
#    define SAMPLE_API
#endif

enum sample_array {
    SAMPLE_Q,
    SAMPLE_K,
    SAMPLE_V,
    SAMPLE_OUT,
    SAMPLE_LSE,
    SAMPLE_KEY_BEGIN,
    SAMPLE_KEY_END,
    SAMPLE_ARRAYS
};

struct sample {
    oriel_problem problem;
    oriel_call call; /* its rows, origins and pointers, for oriel_attend */
    struct {
        void *at; /* NULL: the problem has no such array */
        size_t bytes;
    } array[SAMPLE_ARRAYS];
    char why[256]; /* what sample_is_right() found */
    void *trial;
};

/* text: a problem as the command line takes it, "h2 q9 k20 d8 w3,0 lse". A text
 * that is no problem ends the process with a sentence. */
SAMPLE_API struct sample sample_open(const char *text, uint64_t seed);

/* A call with fewer rows than planned, at other positions. */
SAMPLE_API struct sample sample_open_part(const char *text, uint64_t seed,
                                          int64_t queries, int64_t keys,
                                          int64_t query_origin,
                                          int64_t key_origin);
SAMPLE_API void sample_close(struct sample *s);

/* Marks all of out and lse, as before a call. */
SAMPLE_API void sample_mark(struct sample *s);

/* The plan, as text, that computes the sample from now on: the bound is larger
 * where it rounds weights to the type of v. Before the first: none does. */
SAMPLE_API void sample_by(struct sample *s, const char *plan);

/* Compares out and lse with attention in double by definition, and all that
 * belongs to no row of the call with the mark. */
SAMPLE_API int sample_is_right(struct sample *s);

#endif /* SAMPLE_H */
