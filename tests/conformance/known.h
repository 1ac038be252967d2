/* known.h: problems with answers worked out by hand, as known.txt keeps them.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include "model/problem.h"

#include <stdbool.h>
#include <stdio.h>

enum { KNOWN_TEXT = 160 };

struct known {
    char text[KNOWN_TEXT];
    struct problem problem;
    void *q, *k, *v;                   /* as the problem stores them, packed */
    int32_t *key_begin, *key_end;      /* NULL: not given */
    double *out, *lse;                 /* packed in the order of the problem */
    double within, relative, absolute; /* of out; of lse */
};

/* The next case of the file, to be released; false at its end. A line that
 * cannot be read ends the process: the table is part of the test. */
bool known_next(FILE *file, struct known *known);
void known_release(struct known *known);

/* Whether a result, as the problem stores it, is the known one. lse may be
 * NULL; else [batch][heads][queries]. */
bool known_is(const struct known *known, const void *out, const float *lse);

#endif /* KNOWN_H */
