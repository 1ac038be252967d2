/* report_table.c: rows -> a line or a table for a person, on standard output.
 */
#include "report_field.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL = REPORT_CELL, COLUMNS = 12 };

/* Counts keep all their digits. */
static bool is_whole(double number)
{
    return fabs(number) < 1e15 && number == floor(number);
}

oriel_status report_print_line(const struct report *r)
{
    ORL_TRY(report_check(r));
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

/* Short enough to read: three digits that count. */
static void cell(const struct field *f, char text[CELL])
{
    switch (f->kind) {
    case FIELD_TEXT:
        snprintf(text, CELL, "%s", f->text);
        break;
    case FIELD_NUMBER:
        /* The program never calls setlocale(): a point is a point. */
        snprintf(text, CELL,
                 fabs(f->number) >= 999.5 && fabs(f->number) < 1e9 ? "%.0f"
                                                                   : "%.3g",
                 f->number);
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

static void put_cells(const struct report *r, size_t begin,
                      const int width[COLUMNS], bool names, FILE *out,
                      const char *before)
{
    fputs(before, out);
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
            fprintf(out, "%*s%s", blanks, "", shown);
            blanks = 0;
        }
        blanks += width[column++] - (int)strlen(shown) + 2;
    }
    putc('\n', out);
}

oriel_status report_put_table(const struct report *r, FILE *out,
                              const char *before)
{
    ORL_TRY(report_check(r));
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
        put_cells(r, 1, width, true, out, before);
    for (size_t i = 0; i < r->count; i++)
        if (r->field[i].kind == FIELD_ROW)
            put_cells(r, i + 1, width, false, out, before);
    return ORIEL_OK;
}

oriel_status report_print_table(const struct report *r)
{
    return report_put_table(r, stdout, "");
}
