/* report.c: rows -> JSON or a table, on standard output. */
#include "report.h"

#include "base/error.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum { CELL = 72, COLUMNS = 12 };

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

/* ---- JSON ---------------------------------------------------------------- */

/* Bytes of a UTF-8 character at text, or 0 where there is none: a driver's
 * name may be in any encoding, the document must not be. */
static int character(const unsigned char *text)
{
    const unsigned first = text[0];
    const int length = first < 0x80                     ? 1
                       : first >= 0xc2 && first <= 0xdf ? 2
                       : (first & 0xf0) == 0xe0         ? 3
                       : first >= 0xf0 && first <= 0xf4 ? 4
                                                        : 0;
    for (int i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) ||
        (first == 0xed && text[1] > 0x9f) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

static void print_string(const char *text)
{
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        const int length = character(at);
        if (length == 0)
            fputs("\\ufffd", stdout);
        else if (*at == '"' || *at == '\\')
            printf("\\%c", *at);
        else if (*at < 0x20 || *at == 0x7f)
            printf("\\u%04x", *at);
        else
            fwrite(at, 1, (size_t)length, stdout);
        at += length ? length : 1;
    }
    putchar('"');
}

static void number_text(double value, char text[CELL])
{
    struct text t = orl_text(text, CELL);
    orl_text_add_double(&t, value);
}

static void print_rows(const struct report *r, bool list, int depth);

static void print_value(const struct field *f, int depth)
{
    char text[CELL];
    switch (f->kind) {
    case FIELD_ROW:
        break;
    case FIELD_TEXT:
        print_string(f->text);
        break;
    case FIELD_NUMBER:
        number_text(f->number, text);
        fputs(isfinite(f->number) ? text : "null", stdout);
        break;
    case FIELD_COUNT:
        printf("%lld", (long long)f->count);
        break;
    case FIELD_TRUTH:
        fputs(f->count ? "true" : "false", stdout);
        break;
    case FIELD_LIST:
    case FIELD_OBJECT:
        print_rows(f->rows, f->kind == FIELD_LIST, depth + 1);
        break;
    }
}

/* Field number i and those after it, up to the next row. */
static size_t print_row(const struct report *r, size_t i, int depth)
{
    putchar('{');
    for (bool first = true; i < r->count && r->field[i].kind != FIELD_ROW;
         i++, first = false) {
        printf("%s\n%*s", first ? "" : ",", 2 * depth + 2, "");
        print_string(r->field[i].name);
        fputs(": ", stdout);
        print_value(&r->field[i], depth);
    }
    printf("\n%*s}", 2 * depth, "");
    return i;
}

static void print_rows(const struct report *r, bool list, int depth)
{
    if (!list) {
        if (r->count)
            print_row(r, 1, depth);
        else
            fputs("{}", stdout);
        return;
    }
    putchar('[');
    for (size_t i = 0; i < r->count;) {
        printf("%s\n%*s", i ? "," : "", 2 * depth + 2, "");
        i = print_row(r, i + 1, depth + 1);
    }
    if (r->count)
        printf("\n%*s", 2 * depth, "");
    putchar(']');
}

static bool complete(const struct report *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->field[i].rows && !complete(r->field[i].rows))
            return false;
    return !r->lost;
}

static oriel_status print_document(const struct report *r, bool list)
{
    if (!complete(r))
        return orl_fail(ORIEL_E_MEMORY, "no memory for the report");
    print_rows(r, list, 0);
    putchar('\n');
    return ORIEL_OK;
}

oriel_status report_print_list(const struct report *r)
{
    return print_document(r, true);
}

oriel_status report_print_object(const struct report *r)
{
    return print_document(r, false);
}

/* Counts keep all their digits. */
static bool is_whole(double number)
{
    return fabs(number) < 1e15 && number == floor(number);
}

oriel_status report_print_line(const struct report *r)
{
    if (!complete(r))
        return orl_fail(ORIEL_E_MEMORY, "no memory for the report");
    for (size_t i = 1; i < r->count; i++) {
        const struct field *f = &r->field[i];
        if (f->kind == FIELD_TEXT)
            printf("%s%s", i > 1 ? " | " : "", f->text);
        else if (f->kind == FIELD_NUMBER)
            printf(is_whole(f->number) ? " | %s %.0f" : " | %s %.6g", f->name,
                   f->number);
    }
    putchar('\n');
    return ORIEL_OK;
}

/* ---- Table --------------------------------------------------------------- */

/* Short enough to read: three digits that count. */
static void cell(const struct field *f, char text[CELL])
{
    switch (f->kind) {
    case FIELD_TEXT:
        snprintf(text, CELL, "%s", f->text);
        break;
    case FIELD_NUMBER:
        /* The program never calls setlocale(): a point is a point. */
        snprintf(text, CELL, "%.3g", f->number);
        if (isnan(f->number))
            strcpy(text, "-");
        break;
    case FIELD_COUNT:
        snprintf(text, CELL, "%lld", (long long)f->count);
        break;
    case FIELD_TRUTH:
        snprintf(text, CELL, "%s", f->count ? "yes" : "no");
        break;
    default:
        text[0] = 0;
    }
}

static void print_cells(const struct report *r, size_t begin,
                        const int width[COLUMNS], bool names, FILE *to,
                        const char *before)
{
    fputs(before, to);
    int column = 0, blanks = 0;
    for (size_t i = begin; i < r->count && r->field[i].kind != FIELD_ROW; i++) {
        const struct field *f = &r->field[i];
        if (f->kind == FIELD_LIST || f->kind == FIELD_OBJECT ||
            column == COLUMNS)
            continue;
        char text[CELL];
        cell(f, text);
        const bool last =
            i + 1 == r->count || r->field[i + 1].kind == FIELD_ROW;
        /* The last column is as long as it likes. */
        const char *shown = names                           ? f->name
                            : last && f->kind == FIELD_TEXT ? f->text
                                                            : text;
        /* Blanks come before what they set apart: a line ends without. */
        if (*shown) {
            fprintf(to, "%*s%s", blanks, "", shown);
            blanks = 0;
        }
        blanks += width[column++] - (int)strlen(shown) + 2;
    }
    putc('\n', to);
}

oriel_status report_write_table(const struct report *r, FILE *to,
                                const char *before)
{
    if (!complete(r))
        return orl_fail(ORIEL_E_MEMORY, "no memory for the report");
    int width[COLUMNS] = {0};
    for (size_t i = 0, column = 0; i < r->count; i++) {
        const struct field *f = &r->field[i];
        if (f->kind == FIELD_ROW)
            column = 0;
        if (f->kind == FIELD_ROW || f->kind == FIELD_LIST ||
            f->kind == FIELD_OBJECT || column == COLUMNS)
            continue;
        char text[CELL];
        cell(f, text);
        const int length = (int)strlen(text), title = (int)strlen(f->name);
        width[column] = length > width[column] ? length : width[column];
        width[column] = title > width[column] ? title : width[column];
        column++;
    }
    if (r->count)
        print_cells(r, 1, width, true, to, before);
    for (size_t i = 0; i < r->count; i++)
        if (r->field[i].kind == FIELD_ROW)
            print_cells(r, i + 1, width, false, to, before);
    return ORIEL_OK;
}

oriel_status report_print_table(const struct report *r)
{
    return report_write_table(r, stdout, "");
}
