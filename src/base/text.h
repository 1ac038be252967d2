/* text.h: building and scanning short lines of text, the same in every locale:
 * a decimal point is always '.'. */
#ifndef ORL_BASE_TEXT_H
#define ORL_BASE_TEXT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line under construction in the caller's memory, with the contract of
 * snprintf: what does not fit is counted, and the text always ends in 0 if
 * capacity > 0. */
struct text {
    char *at; /* NULL only if capacity is 0 */
    size_t capacity, length;
};

struct text orl_text(char *at, size_t capacity);

/* Without %f, %e, %g: they follow the locale. */
void orl_text_add(struct text *t, const char *format, ...) ORL_PRINTF(2, 3);

/* The shortest decimal that reads back as the same number; inf, -inf, nan. */
void orl_text_add_float(struct text *t, float value);
void orl_text_add_double(struct text *t, double value);

/* Where reading stands in a line. */
struct scan {
    const char *begin, *at;
};

struct scan orl_scan(const char *line);

/* Each moves s->at past what it read and returns true, or leaves both. */
bool orl_scan_literal(struct scan *s, const char *literal);
bool orl_scan_int64(struct scan *s, int64_t *out); /* [+-]digits, in range */

/* [+-]digits[.digits][e[+-]digits], inf, nan; too large reads as inf. */
bool orl_scan_double(struct scan *s, double *out);

/* The next word: bytes up to a blank or the end, after skipping blanks (space,
 * tab, ends of line). False at the end of the text. *word points into the line
 * and is not terminated. */
bool orl_scan_word(struct scan *s, const char **word, size_t *length);

/* Column of a place in the line, counted from 1. */
int orl_scan_column(const struct scan *s, const char *at);

/* ORIEL_E_ARGUMENT: "x9" at column 12: and what is wrong with that word. */
oriel_status orl_scan_fail(const struct scan *s, const char *word,
                           size_t length, const char *format, ...)
    ORL_PRINTF(4, 5);

/* Names in one text, a blank between them: the number, from 1 on, of the one
 * that is these bytes, or 0; and where the one of a number begins, or NULL,
 * with its length. */
int orl_names_find(const char *names, const char *at, size_t length);
const char *orl_names_at(const char *names, int number, size_t *length);

#endif /* ORL_BASE_TEXT_H */
