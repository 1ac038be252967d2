/* child.h: another program, whose standard input and output are ours. */
#ifndef CHILD_H
#define CHILD_H

#include <oriel/types.h>

#include <stdbool.h>
#include <sys/types.h>

enum { CHILD_LINE = 512 };

/* Zero-initialise. */
struct child {
    pid_t pid;  /* 0: none */
    int input;  /* we write to it */
    int output; /* we read from it */
    char *held; /* what was read and not yet asked for */
    size_t used, room;
};

/* Finds argv[0] in PATH. environment: "NAME=VALUE", in place of ours or beside
 * them; NULL: none. The child is its own process group: Ctrl-C is ours to
 * answer. quiet: its standard error goes nowhere. ORIEL_E_IO. */
oriel_status child_start(struct child *c, const char *const *argv,
                         const char *const *environment, bool quiet);

oriel_status child_say(struct child *c, const char *line);

enum child_answer { CHILD_SAID, CHILD_ENDED, CHILD_LATE };

/* The next line, without its end; cut where it is too long. */
enum child_answer child_line(struct child *c, char line[CHILD_LINE],
                             double seconds);

/* Everything it says until it ends: memory that the caller frees, with a 0
 * behind it. */
enum child_answer child_all(struct child *c, char **bytes, size_t *size,
                            double seconds);

/* Closes its input, and if it has not ended after so long, ends it. Its exit
 * status, or -1. c is zero again. */
int child_end(struct child *c, double seconds);

#endif /* CHILD_H */
