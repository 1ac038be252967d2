/* report.c: rows of named fields. */
#include "report_field.h"

#include "base/error.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void report_free(struct report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->field[i].name);
        free(r->field[i].text);
        if (r->field[i].rows)
            report_free(r->field[i].rows);
        free(r->field[i].rows);
    }
    free(r->field);
    *r = (struct report) {0};
}

static char *copy(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *own = malloc(size);
    return own ? memcpy(own, text, size) : NULL;
}

/* NULL where memory ran out. */
static struct field *add(struct report *r, enum field_kind kind,
                         const char *name)
{
    if (r->count == r->room) {
        const size_t room = r->room ? 2 * r->room : 16;
        struct field *larger = realloc(r->field, room * sizeof *larger);
        if (!larger) {
            r->lost = true;
            return NULL;
        }
        r->field = larger;
        r->room = room;
    }
    char *own = name ? copy(name) : NULL;
    if (name && !own) {
        r->lost = true;
        return NULL;
    }
    r->field[r->count] = (struct field) {.kind = kind, .name = own};
    return &r->field[r->count++];
}

void report_row(struct report *r)
{
    add(r, FIELD_ROW, NULL);
}

void report_text(struct report *r, const char *name, const char *text)
{
    char *own = copy(text);
    struct field *f = own ? add(r, FIELD_TEXT, name) : NULL;
    if (!f) {
        r->lost = true;
        free(own);
        return;
    }
    f->text = own;
}

void report_text_or_null(struct report *r, const char *name, const char *text)
{
    if (text[0])
        report_text(r, name, text);
    else
        report_number(r, name, NAN);
}

void report_number(struct report *r, const char *name, double value)
{
    struct field *f = add(r, FIELD_NUMBER, name);
    if (f)
        f->number = value;
}

void report_count(struct report *r, const char *name, int64_t value)
{
    struct field *f = add(r, FIELD_COUNT, name);
    if (f)
        f->count = value;
}

void report_truth(struct report *r, const char *name, bool value)
{
    struct field *f = add(r, FIELD_TRUTH, name);
    if (f)
        f->count = value;
}

static struct report *add_rows(struct report *r, enum field_kind kind,
                               const char *name)
{
    /* Fields of a lost list go nowhere, and the report says so when it is
     * written. */
    static _Thread_local struct report nowhere;
    struct report *rows = calloc(1, sizeof *rows);
    struct field *f = rows ? add(r, kind, name) : NULL;
    if (!f) {
        r->lost = true;
        free(rows);
        report_free(&nowhere);
        return &nowhere;
    }
    f->rows = rows;
    return rows;
}

struct report *report_list(struct report *r, const char *name)
{
    return add_rows(r, FIELD_LIST, name);
}

struct report *report_object(struct report *r, const char *name)
{
    struct report *rows = add_rows(r, FIELD_OBJECT, name);
    report_row(rows);
    return rows;
}

static bool complete(const struct report *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->field[i].rows && !complete(r->field[i].rows))
            return false;
    return !r->lost;
}

oriel_status report_check(const struct report *r)
{
    return complete(r) ? ORIEL_OK
                       : orl_fail(ORIEL_E_MEMORY, "no memory for the report");
}

void report_number_text(double value, char text[REPORT_CELL])
{
    struct text t = orl_text(text, REPORT_CELL);
    orl_text_add_double(&t, value);
}
