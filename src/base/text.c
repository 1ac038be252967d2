/* text.c: building and scanning lines.
 *
 * The C library's decimal point follows the locale, and another thread may
 * change the locale at any moment. So numbers pass through the library only as
 * digits with an exponent, "314159e-5", a form without a point. */
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text orl_text(char *at, size_t capacity)
{
    if (capacity > 0)
        at[0] = 0;
    return (struct text) {.at = at, .capacity = capacity};
}

void orl_text_add(struct text *t, const char *format, ...)
{
    const bool room = t->length < t->capacity;
    va_list args;
    va_start(args, format);
    const int length =
        vsnprintf(room ? t->at + t->length : NULL,
                  room ? t->capacity - t->length : 0, format, args);
    va_end(args);
    if (length > 0)
        t->length += (size_t)length;
}

/* ---- Decimals ------------------------------------------------------------ */

enum {
    DOUBLE_DIGITS = 17, /* tell any two doubles apart */
    FLOAT_DIGITS = 9,
    /* A double lies halfway between two others at no more digits than that, so
     * what follows them matters only by being there. */
    READ_DIGITS = 780
};

/* 0.d1d2d3... * 10^exponent: digits without a point. */
struct decimal {
    char digits[READ_DIGITS + 2];
    int count;
    int exponent;
};

static double decimal_value(const struct decimal *d)
{
    char text[READ_DIGITS + 32];
    snprintf(text, sizeof text, "%.*se%d", d->count, d->digits,
             d->exponent - d->count);
    return strtod(text, NULL);
}

static float decimal_float(const struct decimal *d)
{
    char text[READ_DIGITS + 32];
    snprintf(text, sizeof text, "%.*se%d", d->count, d->digits,
             d->exponent - d->count);
    return strtof(text, NULL);
}

/* value > 0, finite. Whatever stands between the first digit and the second is
 * the point of some locale. */
static struct decimal decimal_of(double value, int precision)
{
    char text[DOUBLE_DIGITS + 32];
    snprintf(text, sizeof text, "%.*e", precision - 1, value);

    struct decimal d = {.count = 0};
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            d.digits[d.count++] = *at;
    d.exponent = atoi(at + 1) + 1;
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    return d;
}

/* As %g would: plain where that is short, else with an exponent. */
static void add_decimal(struct text *t, const struct decimal *d)
{
    const int point = d->exponent;
    if (point > -4 && point <= 0)
        orl_text_add(t, "0.%.*s%.*s", -point, "000", d->count, d->digits);
    else if (point > 0 && point <= DOUBLE_DIGITS && d->count <= point)
        orl_text_add(t, "%.*s%.*s", d->count, d->digits, point - d->count,
                     "0000000000000000");
    else if (point > 0 && point <= DOUBLE_DIGITS)
        orl_text_add(t, "%.*s.%.*s", point, d->digits, d->count - point,
                     d->digits + point);
    else if (d->count == 1)
        orl_text_add(t, "%ce%d", d->digits[0], point - 1);
    else
        orl_text_add(t, "%c.%.*se%d", d->digits[0], d->count - 1, d->digits + 1,
                     point - 1);
}

/* True if there was nothing left but digits: value has become positive. */
static bool add_special(struct text *t, double *value)
{
    if (isnan(*value)) {
        orl_text_add(t, "nan");
        return true;
    }
    if (signbit(*value)) {
        orl_text_add(t, "-");
        *value = -*value;
    }
    if (isinf(*value) || *value == 0) {
        orl_text_add(t, isinf(*value) ? "inf" : "0");
        return true;
    }
    return false;
}

void orl_text_add_double(struct text *t, double value)
{
    if (add_special(t, &value))
        return;
    struct decimal d;
    for (int precision = 1; precision <= DOUBLE_DIGITS; precision++) {
        d = decimal_of(value, precision);
        if (decimal_value(&d) == value)
            break;
    }
    add_decimal(t, &d);
}

void orl_text_add_float(struct text *t, float value)
{
    double positive = value;
    if (add_special(t, &positive))
        return;
    struct decimal d;
    for (int precision = 1; precision <= FLOAT_DIGITS; precision++) {
        d = decimal_of(positive, precision);
        /* Both for readers that go through a double and for those that do
         * not: rounding twice may differ from rounding once. */
        if ((double)(float)decimal_value(&d) == positive &&
            (double)decimal_float(&d) == positive)
            break;
    }
    add_decimal(t, &d);
}

/* ---- Scanning ------------------------------------------------------------ */

struct scan orl_scan(const char *line)
{
    return (struct scan) {.begin = line, .at = line};
}

bool orl_scan_literal(struct scan *s, const char *literal)
{
    const size_t length = strlen(literal);
    if (strncmp(s->at, literal, length) != 0)
        return false;
    s->at += length;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Past one sign, if there is one. */
static const char *skip_sign(const char *at, bool *minus)
{
    *minus = *at == '-';
    return at + (*at == '-' || *at == '+');
}

bool orl_scan_int64(struct scan *s, int64_t *out)
{
    bool minus;
    const char *at = skip_sign(s->at, &minus);
    if (!is_digit(*at))
        return false;

    /* Downwards, because INT64_MIN has no positive counterpart. */
    int64_t value = 0;
    for (; is_digit(*at); at++) {
        const int digit = *at - '0';
        if (value < (INT64_MIN + digit) / 10)
            return false;
        value = value * 10 - digit;
    }
    if (!minus && value == INT64_MIN)
        return false;
    s->at = at;
    *out = minus ? value : -value;
    return true;
}

/* The exponent of "e-12"; at stays if there is none. Beyond any double it is
 * cut, so that it can still be added to. */
static const char *scan_exponent(const char *at, int *exponent)
{
    enum { BEYOND = 1000000 };
    *exponent = 0;
    if (*at != 'e' && *at != 'E')
        return at;
    bool minus;
    const char *digit = skip_sign(at + 1, &minus);
    if (!is_digit(*digit))
        return at;
    for (; is_digit(*digit); digit++)
        if (*exponent < BEYOND)
            *exponent = *exponent * 10 + (*digit - '0');
    if (minus)
        *exponent = -*exponent;
    return digit;
}

/* Digits with at most one point. False if there is no digit. */
static bool scan_digits(const char **at, struct decimal *d)
{
    bool any = false, point = false, more = false;
    for (;; ++*at) {
        if (**at == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(**at))
            break;
        any = true;
        const bool leading = d->count == 0 && **at == '0';
        if (!leading && d->count < READ_DIGITS)
            d->digits[d->count++] = **at;
        else if (!leading)
            more |= **at != '0';
        d->exponent += leading ? -point : !point;
    }
    if (more)
        d->digits[d->count++] = '1';
    return any;
}

bool orl_scan_double(struct scan *s, double *out)
{
    bool minus;
    struct scan rest = {s->begin, skip_sign(s->at, &minus)};
    double value;
    if (orl_scan_literal(&rest, "inf")) {
        value = (double)INFINITY;
    } else if (orl_scan_literal(&rest, "nan")) {
        value = (double)NAN;
    } else {
        struct decimal d = {.count = 0};
        int exponent;
        if (!scan_digits(&rest.at, &d))
            return false;
        rest.at = scan_exponent(rest.at, &exponent);
        d.exponent += exponent;
        value = d.count == 0 ? 0 : decimal_value(&d);
    }
    s->at = rest.at;
    *out = minus ? -value : value;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool orl_scan_word(struct scan *s, const char **word, size_t *length)
{
    const char *at = s->at;
    while (is_blank(*at))
        at++;
    const char *end = at;
    while (*end && !is_blank(*end))
        end++;
    if (at == end)
        return false;
    s->at = end;
    *word = at;
    *length = (size_t)(end - at);
    return true;
}

int orl_scan_column(const struct scan *s, const char *at)
{
    return (int)(at - s->begin) + 1;
}

oriel_status orl_scan_fail(const struct scan *s, const char *word,
                           size_t length, const char *format, ...)
{
    enum { SHOWN = 40 };
    char shown[SHOWN + 1], reason[200];

    /* Not in the middle of a UTF-8 character; control bytes not at all. */
    size_t count = length < SHOWN ? length : SHOWN;
    if (count < length)
        while (count > 0 && ((unsigned char)word[count] & 0xc0) == 0x80)
            count--;
    for (size_t i = 0; i < count; i++) {
        const unsigned char byte = (unsigned char)word[i];
        shown[i] = byte < 32 || byte == 127 ? '?' : word[i];
    }
    shown[count] = 0;

    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return orl_fail(ORIEL_E_ARGUMENT, "\"%s%s\" at column %d: %s", shown,
                    count < length ? "..." : "", orl_scan_column(s, word),
                    reason);
}

/* ---- Names --------------------------------------------------------------- */

const char *orl_names_at(const char *names, int number, size_t *length)
{
    for (int n = 1; *names; n++) {
        *length = strcspn(names, " ");
        if (n == number)
            return names;
        names += *length;
        names += *names == ' ';
    }
    return NULL;
}

int orl_names_find(const char *names, const char *at, size_t length)
{
    size_t known = 0;
    const char *name;
    for (int n = 1; (name = orl_names_at(names, n, &known)) != NULL; n++)
        if (known == length && memcmp(name, at, length) == 0)
            return n;
    return 0;
}
