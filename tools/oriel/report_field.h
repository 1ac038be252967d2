/* report_field.h: the fields of a report, for those who write it out. */
#ifndef REPORT_FIELD_H
#define REPORT_FIELD_H

#include "report.h"

#include <stdio.h>

enum field_kind {
    FIELD_ROW, /* begins a row */
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_COUNT,
    FIELD_TRUTH,
    FIELD_LIST,
    FIELD_OBJECT
};

struct field {
    enum field_kind kind;
    char *name;
    char *text;
    double number;
    int64_t count;
    struct report *rows;
};

/* A number or a text is at most so long in a table. */
enum { REPORT_CELL = 72 };

/* ORIEL_E_MEMORY if something was lost, also of a list within. */
oriel_status report_check(const struct report *r);

/* The shortest decimal that reads back the same. */
void report_number_text(double value, char text[REPORT_CELL]);

#endif /* REPORT_FIELD_H */
