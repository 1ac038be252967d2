/* journal.h: what a context logs, kept for tests. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <oriel/oriel.h>

struct journal {
    int lines;       /* of the text; debugging is left out */
    int warnings;    /* and errors, among them */
    char text[8192]; /* each ends with a newline */
};

/* An empty journal, and a context on the fixture's OpenCL context that writes
 * it. cache: the folder, or "". */
oriel_context *journal_open(struct journal *j, const char *cache);

#endif /* JOURNAL_H */
