/* report_json.c: rows -> one JSON document, on standard output. */
#include "report_field.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>

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

static void print_rows(const struct report *r, bool list, int depth);

static void print_value(const struct field *f, int depth)
{
    char text[REPORT_CELL];
    switch (f->kind) {
    case FIELD_ROW:
        break;
    case FIELD_TEXT:
        print_string(f->text);
        break;
    case FIELD_NUMBER:
        report_number_text(f->number, text);
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

static oriel_status print_document(const struct report *r, bool list)
{
    ORL_TRY(report_check(r));
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
