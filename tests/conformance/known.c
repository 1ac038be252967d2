/* known.c: reads known.txt and compares with it. */
#include "known.h"

#include "model/elem.h"
#include "model/problem_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 8192 };

static void give_up(const char *what, const char *line)
{
    fprintf(stderr, "known.txt: %s: %s\n", what, line);
    exit(EXIT_FAILURE);
}

/* The next line that is no comment, with its continuations; "" at a blank line
 * that ends a case; false at the end of the file. */
static bool read_line(FILE *file, char *line)
{
    size_t length = 0;
    for (;;) {
        if (!fgets(line + length, (int)(LINE - length), file)) {
            line[length] = 0;
            return length > 0;
        }
        if (length == 0 && line[0] == '#')
            continue;
        length = strcspn(line, "\n");
        line[length] = 0;
        const int next = getc(file);
        if (next != EOF)
            ungetc(next, file);
        if (next != ' ')
            return true;
    }
}

/* Reads "3 4*0 nan" into count doubles. */
static double *read_numbers(const char *line, int64_t count)
{
    double *number = calloc((size_t)count + 1, sizeof *number);
    int64_t filled = 0;
    const char *at = line + strcspn(line, " ");
    for (;;) {
        char *end;
        double value = strtod(at, &end);
        if (end == at)
            break;
        int64_t times = 1;
        if (*end == '*') {
            times = (int64_t)value;
            value = strtod(end + 1, &end);
        }
        for (; times > 0 && filled <= count; times--)
            number[filled++] = value;
        at = end;
    }
    if (filled != count)
        give_up("another number of values than the problem has", line);
    return number;
}

static void *read_elements(const char *line, int64_t count, uint32_t type)
{
    double *number = read_numbers(line, count);
    void *element = calloc((size_t)count, orl_elem_bytes(type));
    for (int64_t n = 0; n < count; n++)
        orl_elem_store(element, (size_t)n, type, (float)number[n]);
    free(number);
    return element;
}

static int32_t *read_limits(const char *line, int64_t count)
{
    double *number = read_numbers(line, count);
    int32_t *limit = calloc((size_t)count, sizeof *limit);
    for (int64_t n = 0; n < count; n++)
        limit[n] = (int32_t)number[n];
    free(number);
    return limit;
}

static void read_problem(struct known *known, const char *text)
{
    oriel_problem public;
    snprintf(known->text, sizeof known->text, "%.*s", KNOWN_TEXT - 1, text);
    if (orl_problem_parse(&public, text) != ORIEL_OK ||
        orl_problem_check(&known->problem, &public) != ORIEL_OK)
        give_up(oriel_last_error()->message, text);
}

static bool begins(const char *line, const char *word)
{
    const size_t length = strlen(word);
    return strncmp(line, word, length) == 0 && line[length] == ' ';
}

static void read_values(struct known *known, const char *line)
{
    const struct problem *p = &known->problem;
    const int64_t keys = p->batch * p->kv_heads * p->keys;
    const int64_t rows = p->batch * p->heads * p->queries;
    if (begins(line, "q"))
        known->q = read_elements(line, rows * p->q.channels, p->q.type);
    else if (begins(line, "k"))
        known->k = read_elements(line, keys * p->k.channels, p->k.type);
    else if (begins(line, "v"))
        known->v = read_elements(line, keys * p->v.channels, p->v.type);
    else if (begins(line, "key_begin"))
        known->key_begin = read_limits(line, p->batch);
    else if (begins(line, "key_end"))
        known->key_end = read_limits(line, p->batch);
    else if (begins(line, "out"))
        known->out = read_numbers(line, rows * p->out.channels);
    else if (begins(line, "lse"))
        known->lse = read_numbers(line, rows);
    else
        give_up("an unknown word", line);
}

bool known_next(FILE *file, struct known *known)
{
    static char line[LINE];
    *known = (struct known) {0};
    while (read_line(file, line) && (line[0] || !known->text[0])) {
        if (begins(line, "problem"))
            read_problem(known, line + strlen("problem "));
        else if (begins(line, "within"))
            sscanf(line, "within %lf %lf %lf", &known->within, &known->relative,
                   &known->absolute);
        else if (line[0])
            read_values(known, line);
    }
    if (!known->text[0])
        return false;
    if (!known->q || !known->k || !known->v || !known->out || !known->lse)
        give_up("q, k, v, out or lse is missing", known->text);
    return true;
}

void known_release(struct known *known)
{
    free(known->q);
    free(known->k);
    free(known->v);
    free(known->key_begin);
    free(known->key_end);
    free(known->out);
    free(known->lse);
}

static bool is_near(double want, double got, double within)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    return want == got || fabs(want - got) <= within;
}

bool known_is(const struct known *known, const void *out, const float *lse)
{
    const struct problem *p = &known->problem;
    const int64_t rows = p->batch * p->heads * p->queries;
    bool right = true;
    for (int64_t row = 0; row < rows; row++) {
        const double want = known->lse[row];
        const double within = known->absolute + known->relative * fabs(want);
        right &= !lse || is_near(want, lse[row], isinf(want) ? 0 : within);
        for (int64_t c = 0; c < p->out.channels; c++) {
            const size_t at = (size_t)(row * p->out.channels + c);
            right &=
                is_near(known->out[at], orl_elem_load(out, at, p->out.type),
                        isinf(want) ? 0 : known->within);
        }
    }
    return right;
}
