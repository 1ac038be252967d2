/* report.h: results as rows of named fields. The same rows make a table for a
 * person and a JSON document, so that the two cannot disagree. Numbers are
 * written with a decimal point in every locale; what JSON cannot say (NaN,
 * infinities) is null. */
#ifndef REPORT_H
#define REPORT_H

#include <oriel/types.h>

#include <stdbool.h>
#include <stdio.h>

/* Zero-initialise. Memory that runs out is remembered, and told when the
 * report is written. */
struct report {
    struct field *field;
    size_t count, room;
    bool lost;
};

void report_free(struct report *r);

/* Opens a row; the fields added next belong to it. */
void report_row(struct report *r);

/* name and text are copied. */
void report_text(struct report *r, const char *name, const char *text);
void report_text_or_null(struct report *r, const char *name,
                         const char *text); /* null for "" */
void report_number(struct report *r, const char *name, double value);
void report_count(struct report *r, const char *name, int64_t value);
void report_truth(struct report *r, const char *name, bool value);

/* A field that is itself a list of rows, or one row, in JSON; it has no place
 * in a table. Valid until the next field is added. */
struct report *report_list(struct report *r, const char *name);
struct report *report_object(struct report *r, const char *name);

/* One JSON document: a list of all rows, or the only row. */
oriel_status report_print_list(const struct report *r);
oriel_status report_print_object(const struct report *r);

/* The only row on one line, for a person: text as it is, numbers with their
 * names. */
oriel_status report_print_line(const struct report *r);

/* Columns with the names of the first row's fields above. */
oriel_status report_print_table(const struct report *r);

/* The same anywhere, each line after this text. */
oriel_status report_put_table(const struct report *r, FILE *out,
                              const char *before);

/* Comma-separated: the names of the first row's fields, then the rows. A number
 * that JSON cannot say is empty. */
oriel_status report_put_csv(const struct report *r, FILE *out);

#endif /* REPORT_H */
