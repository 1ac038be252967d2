/* report_csv.c: rows -> comma-separated values, as RFC 4180 has them. */
#define _POSIX_C_SOURCE 200809L
#include "report_field.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static void put_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            putc('"', out);
        putc(*at, out);
    }
    putc('"', out);
}

static void put_value(FILE *out, const struct field *f)
{
    char number[REPORT_CELL];
    switch (f->kind) {
    case FIELD_TEXT:
        put_text(out, f->text);
        break;
    case FIELD_NUMBER:
        report_number_text(f->number, number);
        fputs(isfinite(f->number) ? number : "", out);
        break;
    case FIELD_COUNT:
        fprintf(out, "%lld", (long long)f->count);
        break;
    case FIELD_TRUTH:
        fputs(f->count ? "true" : "false", out);
        break;
    default:
        break; /* a list has no place in a table */
    }
}

static void put_row(FILE *out, const struct report *r, size_t begin, bool names)
{
    for (size_t i = begin; i < r->count && r->field[i].kind != FIELD_ROW; i++) {
        if (i > begin)
            putc(',', out);
        if (names)
            put_text(out, r->field[i].name);
        else
            put_value(out, &r->field[i]);
    }
    putc('\n', out);
}

oriel_status report_put_csv(const struct report *r, FILE *out)
{
    ORL_TRY(report_check(r));
    if (r->count)
        put_row(out, r, 1, true);
    for (size_t i = 0; i < r->count; i++)
        if (r->field[i].kind == FIELD_ROW)
            put_row(out, r, i + 1, false);
    return ORIEL_OK;
}
