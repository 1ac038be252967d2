/* progress.h: one line on a terminal that says how far things are. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* "17 of 93: h8 q8192 ..., 4 min left"; where standard error is no terminal,
 * nothing. begin: when number 0 began, by clock_now(). */
void progress_show(size_t number, size_t of, const char *text, double begin);

/* Wipes it out, before anything else is written there. */
void progress_clear(void);

#endif /* PROGRESS_H */
