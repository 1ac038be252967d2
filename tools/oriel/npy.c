/* npy.c: the header is a line of Python: a dictionary with three keys. */
#include "npy.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTED "accepted are <f4, <f2, <u2 (bf16), <i4, <i8"

enum { PREFIX = 8, LINE_MOST = 65536, DTYPE_ROOM = 24 };

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

struct header {
    char dtype[DTYPE_ROOM];
    bool fortran_order;
    bool has_dtype, has_order, has_shape;
};

static void skip_space(struct scan *s)
{
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\n')
        s->at++;
}

static bool literal(struct scan *s, const char *text)
{
    skip_space(s);
    return orl_scan_literal(s, text);
}

/* A string in either kind of quotes; longer ones are cut. */
static bool quoted(struct scan *s, char *out, size_t room)
{
    skip_space(s);
    const char quote = *s->at;
    if (quote != '\'' && quote != '"')
        return false;
    const char *begin = s->at + 1, *end = strchr(begin, quote);
    if (!end)
        return false;
    snprintf(out, room, "%.*s", (int)(end - begin), begin);
    s->at = end + 1;
    return true;
}

/* "(3, 4)", "(3,)", "()"; Python 2 wrote "(3L, 4L)". rank counts every axis,
 * also those that do not fit. */
static bool tuple(struct scan *s, struct array *a)
{
    if (!literal(s, "("))
        return false;
    for (a->rank = 0; !literal(s, ")"); a->rank++) {
        int64_t length = 0;
        skip_space(s);
        if (!orl_scan_int64(s, &length) || length < 0)
            return false;
        orl_scan_literal(s, "L");
        if (a->rank < ARRAY_RANK)
            a->shape[a->rank] = length;
        if (!literal(s, ",")) {
            a->rank++;
            return literal(s, ")");
        }
    }
    return true;
}

/* NULL, or which part is not as it should be. */
static const char *read_entry(struct scan *s, struct header *h,
                              struct array *out)
{
    char key[DTYPE_ROOM];
    if (!quoted(s, key, sizeof key) || !literal(s, ":"))
        return "is no dictionary";
    bool *seen = !strcmp(key, "descr")           ? &h->has_dtype
                 : !strcmp(key, "fortran_order") ? &h->has_order
                 : !strcmp(key, "shape")         ? &h->has_shape
                                                 : NULL;
    if (!seen)
        return "has a key that is none of descr, fortran_order, shape";
    if (*seen)
        return "has a key twice";
    *seen = true;
    if (seen == &h->has_dtype) {
        skip_space(s);
        if (*s->at == '[')
            return "has a structured dtype; " ACCEPTED;
        return quoted(s, h->dtype, sizeof h->dtype) ? NULL
                                                    : "has a malformed descr";
    }
    if (seen == &h->has_order) {
        h->fortran_order = literal(s, "True");
        return h->fortran_order || literal(s, "False")
                   ? NULL
                   : "has a fortran_order that is neither True nor False";
    }
    return tuple(s, out) ? NULL : "has a malformed shape";
}

static const char *read_header(const char *line, struct header *h,
                               struct array *out)
{
    struct scan s = {line, line};
    if (!literal(&s, "{"))
        return "is no dictionary";
    while (!literal(&s, "}")) {
        const char *fault = read_entry(&s, h, out);
        if (fault)
            return fault;
        if (!literal(&s, ",")) {
            if (!literal(&s, "}"))
                return "is no dictionary";
            break;
        }
    }
    skip_space(&s);
    if (*s.at)
        return "goes on after its dictionary";
    if (!h->has_dtype || !h->has_order || !h->has_shape)
        return "lacks one of descr, fortran_order, shape";
    return NULL;
}

static oriel_status read_dtype(struct array *out, const char *dtype,
                               const char *name)
{
    static const struct {
        const char *text;
        enum array_type type;
    } known[] = {{"<f4", ARRAY_F4},
                 {"<f2", ARRAY_F2},
                 {"<u2", ARRAY_U2},
                 {"<i4", ARRAY_I4},
                 {"<i8", ARRAY_I8}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(dtype, known[i].text)) {
            out->type = known[i].type;
            return ORIEL_OK;
        }
    return orl_fail(ORIEL_E_ARGUMENT, "%s: dtype %s%s; " ACCEPTED, name, dtype,
                    dtype[0] == '>' ? " is big-endian" : " is not read");
}

/* Values in Fortran order have their first axis fastest. */
static void *in_c_order(const struct array *a, const unsigned char *values)
{
    const size_t element = array_type_bytes(a->type);
    unsigned char *copy = malloc(a->bytes);
    if (!copy)
        return NULL;
    int64_t at[ARRAY_RANK] = {0};
    for (size_t from = 0; from < a->count; from++) {
        size_t to = 0;
        for (int i = 0; i < a->rank; i++)
            to = to * (size_t)a->shape[i] + (size_t)at[i];
        memcpy(copy + to * element, values + from * element, element);
        for (int i = 0; i < a->rank && ++at[i] == a->shape[i]; i++)
            at[i] = 0;
    }
    return copy;
}

/* Where the header line begins and ends, from the fixed part before it. */
static oriel_status find_line(const char *name, const unsigned char *bytes,
                              size_t size, size_t *begin, size_t *end)
{
    if (size < PREFIX || memcmp(bytes, magic, sizeof magic) != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: not a .npy file: it does not begin with "
                        "\\x93NUMPY",
                        name);
    const int version = bytes[6];
    if (version < 1 || version > 3 || bytes[7] != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: .npy version %d.%d; 1.0, 2.0 and 3.0 are read",
                        name, version, bytes[7]);
    *begin = version == 1 ? PREFIX + 2 : PREFIX + 4;
    size_t length = 0;
    for (size_t i = *begin; i-- > PREFIX && size >= *begin;)
        length = length << 8 | bytes[i];
    *end = *begin + length;
    if (size < *end)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: cut short in its header: %zu bytes expected, %zu "
                        "found",
                        name, *end, size);
    if (length > LINE_MOST)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: a header of %zu bytes; at most %d are read", name,
                        length, (int)LINE_MOST);
    return ORIEL_OK;
}

static oriel_status parse(struct array *out, const char *name, void *bytes,
                          size_t size, size_t *begin, bool *fortran_order)
{
    size_t line = 0, end = 0;
    ORL_TRY(find_line(name, bytes, size, &line, &end));
    *begin = end;

    char *text = malloc(end - line + 1);
    if (!text)
        return orl_fail(ORIEL_E_MEMORY, "%s: no memory for its header", name);
    memcpy(text, (const char *)bytes + line, end - line);
    text[end - line] = 0;
    struct header h = {.has_dtype = false};
    const char *fault = strlen(text) == end - line ? read_header(text, &h, out)
                                                   : "holds a zero byte";
    free(text);
    if (fault)
        return orl_fail(ORIEL_E_ARGUMENT, "%s: the .npy header %s", name,
                        fault);
    ORL_TRY(read_dtype(out, h.dtype, name));
    fault = array_measure(out);
    if (fault)
        return orl_fail(ORIEL_E_ARGUMENT, "%s: %s", name, fault);
    if (size - end < out->bytes)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: cut short: %zu bytes of values expected, %zu "
                        "found",
                        name, out->bytes, size - end);
    if (size - end > out->bytes)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: trailing bytes: %zu bytes of values expected, %zu "
                        "found",
                        name, out->bytes, size - end);
    *fortran_order = h.fortran_order;
    return ORIEL_OK;
}

oriel_status npy_parse(struct array *out, const char *name, void *bytes,
                       size_t size)
{
    oriel_status status = ORIEL_OK;
    struct array a = {0};
    size_t begin = 0;
    bool fortran_order = false;
    name = array_file_name(name);

    status = parse(&a, name, bytes, size, &begin, &fortran_order);
    if (status != ORIEL_OK)
        goto done;
    if (fortran_order && a.rank > 1) {
        a.values = in_c_order(&a, (unsigned char *)bytes + begin);
        if (!a.values)
            status = orl_fail(ORIEL_E_MEMORY, "%s: no memory for %zu bytes",
                              name, a.bytes);
    } else {
        /* In place: whatever the length of the header was, the values are then
         * as aligned as malloc makes them. */
        memmove(bytes, (unsigned char *)bytes + begin, a.bytes);
        a.values = bytes;
        bytes = NULL;
    }

done:
    free(bytes);
    if (status == ORIEL_OK)
        *out = a;
    return status;
}

oriel_status npy_bytes(void **bytes, size_t *size, const struct array *a)
{
    /* Magic, version, length and line together fill a multiple of 64 bytes, as
     * NumPy does it, so that the values can be mapped. */
    enum { HEADER = 192 };
    const char *dtype =
        array_type_name(a->type == ARRAY_BF16 ? ARRAY_U2 : a->type);
    char head[HEADER + 1];
    struct text t = orl_text(head + PREFIX + 2, sizeof head - PREFIX - 2);
    orl_text_add(&t, "{'descr': '<%s', 'fortran_order': False, 'shape': (",
                 dtype);
    for (int i = 0; i < a->rank; i++)
        orl_text_add(&t, "%s%lld", i ? ", " : "", (long long)a->shape[i]);
    orl_text_add(&t, "%s), }", a->rank == 1 ? "," : "");

    const size_t whole = (PREFIX + 2 + t.length + 1 + 63) / 64 * 64;
    memset(head + PREFIX + 2 + t.length, ' ', whole - PREFIX - 2 - t.length);
    head[whole - 1] = '\n';
    memcpy(head, magic, sizeof magic);
    head[6] = 1;
    head[7] = 0;
    head[PREFIX] = (char)(whole - PREFIX - 2);
    head[PREFIX + 1] = 0;

    unsigned char *file = malloc(whole + a->bytes);
    if (!file)
        return orl_fail(ORIEL_E_MEMORY, "no memory for %zu bytes",
                        whole + a->bytes);
    memcpy(file, head, whole);
    memcpy(file + whole, a->values, a->bytes);
    *bytes = file;
    *size = whole + a->bytes;
    return ORIEL_OK;
}

oriel_status npy_write(const char *path, const struct array *a)
{
    void *bytes = NULL;
    size_t size = 0;
    ORL_TRY(npy_bytes(&bytes, &size, a));
    const oriel_status status = orl_file_replace(path, bytes, size);
    free(bytes);
    return status;
}
