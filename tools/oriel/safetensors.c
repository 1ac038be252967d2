/* safetensors.c: only the header and the tensor asked for are read into
 * memory: the rest may be a model of many gigabytes. */
#define _POSIX_C_SOURCE 200809L
#include "safetensors.h"

#include "base/error.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 8, NAMES_ROOM = 100 };

/* The format's own limit, so that a damaged length is not believed. */
static const uint64_t header_most = 100000000;

static const struct dtype {
    const char *name;
    int bytes;
    int type; /* enum array_type; 0: not read */
} dtypes[] = {
    {"F32", 4, ARRAY_F4}, {"F16", 2, ARRAY_F2}, {"BF16", 2, ARRAY_BF16},
    {"I32", 4, ARRAY_I4}, {"I64", 8, ARRAY_I8}, {"U16", 2, ARRAY_U2},
    {"F64", 8, 0},        {"U64", 8, 0},        {"U32", 4, 0},
    {"I16", 2, 0},        {"I8", 1, 0},         {"U8", 1, 0},
    {"BOOL", 1, 0},
};

struct entry {
    const char *name;
    uint64_t begin, end; /* of the values, counted from the header's end */
    const cJSON *shape;
    const struct dtype *dtype; /* NULL: not known to us */
};

struct index {
    struct entry *at;
    size_t count;
};

/* A count that a double holds exactly. */
static bool whole(const cJSON *number, uint64_t *out)
{
    if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0) ||
        number->valuedouble > 9007199254740992.0 ||
        floor(number->valuedouble) != number->valuedouble)
        return false;
    *out = (uint64_t)number->valuedouble;
    return true;
}

/* NULL, or what is wrong: a clause. */
static const char *read_entry(const cJSON *tensor, struct entry *e)
{
    if (!cJSON_IsObject(tensor))
        return "is described by no object";
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(tensor, "dtype");
    const cJSON *offsets =
        cJSON_GetObjectItemCaseSensitive(tensor, "data_offsets");
    e->name = tensor->string;
    e->shape = cJSON_GetObjectItemCaseSensitive(tensor, "shape");
    if (!cJSON_IsString(dtype))
        return "has no dtype";
    if (!cJSON_IsArray(e->shape))
        return "has no shape";
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !whole(cJSON_GetArrayItem(offsets, 0), &e->begin) ||
        !whole(cJSON_GetArrayItem(offsets, 1), &e->end) || e->begin > e->end)
        return "has no data_offsets [begin, end]";

    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (!strcmp(dtype->valuestring, dtypes[i].name))
            e->dtype = &dtypes[i];
    uint64_t bytes = e->dtype ? (uint64_t)e->dtype->bytes : 1;
    const cJSON *axis = NULL;
    cJSON_ArrayForEach(axis, e->shape)
    {
        uint64_t length = 0;
        if (!whole(axis, &length))
            return "has a malformed shape";
        if (length != 0 && bytes > UINT64_MAX / length)
            return "has a shape too large for memory";
        bytes *= length;
    }
    if (e->dtype && bytes != e->end - e->begin)
        return "has data_offsets that do not fit its dtype and shape";
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name,
                  ((const struct entry *)b)->name);
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static oriel_status read_index(struct index *out, const cJSON *root,
                               uint64_t values, const char *file)
{
    const cJSON *tensor = NULL;
    cJSON_ArrayForEach(tensor, root)
    {
        if (!strcmp(tensor->string, "__metadata__"))
            continue;
        struct entry *e = &out->at[out->count++];
        const char *fault = read_entry(tensor, e);
        if (fault)
            return orl_fail(ORIEL_E_ARGUMENT, "%s: tensor %.40s %s", file,
                            tensor->string, fault);
    }
    qsort(out->at, out->count, sizeof *out->at, by_place);
    uint64_t end = 0;
    for (size_t i = 0; i < out->count; end = out->at[i++].end)
        if (out->at[i].begin != end)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s: tensor %.40s begins at byte %llu of the "
                            "values, the one before ends at %llu",
                            file, out->at[i].name,
                            (unsigned long long)out->at[i].begin,
                            (unsigned long long)end);
    if (end != values)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: %s: %llu bytes of values expected, %llu found",
                        file, values < end ? "cut short" : "trailing bytes",
                        (unsigned long long)end, (unsigned long long)values);
    qsort(out->at, out->count, sizeof *out->at, by_name);
    for (size_t i = 1; i < out->count; i++)
        if (!strcmp(out->at[i - 1].name, out->at[i].name))
            return orl_fail(ORIEL_E_ARGUMENT, "%s: tensor %.40s is there twice",
                            file, out->at[i].name);
    return ORIEL_OK;
}

static oriel_status find_entry(const struct index *index, const char *member,
                               const char *file, const struct entry **out)
{
    char names[NAMES_ROOM];
    struct text t = orl_text(names, sizeof names - 4);
    for (size_t i = 0; i < index->count; i++) {
        if (!strcmp(index->at[i].name, member)) {
            *out = &index->at[i];
            return ORIEL_OK;
        }
        orl_text_add(&t, "%s%s", i ? ", " : "", index->at[i].name);
    }
    if (t.length >= sizeof names - 4)
        strcat(names, "...");
    return orl_fail(ORIEL_E_ARGUMENT, "%s: no tensor %.40s; there are: %s",
                    file, member, names);
}

static oriel_status read_values(struct array *out, FILE *stream,
                                const struct entry *e, uint64_t start,
                                const char *file)
{
    if (!e->dtype || !e->dtype->type)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: tensor %.40s: dtype %.20s is not read; accepted "
                        "are F32, F16, BF16, U16 (bf16), I32, I64",
                        file, e->name,
                        e->dtype ? e->dtype->name : "of an unknown name");
    struct array a = {.type = (enum array_type)e->dtype->type,
                      .rank = cJSON_GetArraySize(e->shape)};
    for (int i = 0; i < a.rank && i < ARRAY_RANK; i++)
        a.shape[i] = (int64_t)cJSON_GetArrayItem(e->shape, i)->valuedouble;
    const char *fault = array_measure(&a);
    if (fault)
        return orl_fail(ORIEL_E_ARGUMENT, "%s: tensor %.40s %s", file, e->name,
                        fault);
    a.values = malloc(a.bytes);
    if (!a.values)
        return orl_fail(ORIEL_E_MEMORY, "%s: no memory for %zu bytes", file,
                        a.bytes);
    if (fseeko(stream, (off_t)(start + e->begin), SEEK_SET) != 0 ||
        fread(a.values, 1, a.bytes, stream) != a.bytes) {
        array_free(&a);
        return orl_fail(ORIEL_E_IO, "%s: %s", file, strerror(errno));
    }
    *out = a;
    return ORIEL_OK;
}

/* The length of the file, and of the header that it announces. */
static oriel_status read_lengths(FILE *stream, const char *file, uint64_t *size,
                                 uint64_t *header)
{
    unsigned char bytes[PREFIX] = {0};
    const size_t got = fread(bytes, 1, sizeof bytes, stream);
    *header = 0;
    for (int i = PREFIX; i-- > 0;)
        *header = *header << 8 | bytes[i];
    if (fseeko(stream, 0, SEEK_END) != 0)
        return orl_fail(ORIEL_E_IO, "%s: %s", file, strerror(errno));
    *size = (uint64_t)ftello(stream);
    if (got < sizeof bytes)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: cut short: 8 bytes of length expected, %zu found",
                        file, got);
    if (*header > header_most)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: a header of %llu bytes; at most %llu are read",
                        file, (unsigned long long)*header,
                        (unsigned long long)header_most);
    if (*header > *size - PREFIX)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: cut short in its header: %llu bytes expected, "
                        "%llu found",
                        file, (unsigned long long)*header,
                        (unsigned long long)(*size - PREFIX));
    return ORIEL_OK;
}

static oriel_status parse_header(cJSON **out, const char *text, size_t length,
                                 const char *file)
{
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    /* Writers pad the header with spaces. */
    while (root && end < text + length && *end == ' ')
        end++;
    if (!cJSON_IsObject(root) || end != text + length) {
        cJSON_Delete(root);
        return orl_fail(ORIEL_E_ARGUMENT, "%s: the header is no JSON object",
                        file);
    }
    *out = root;
    return ORIEL_OK;
}

static oriel_status read_from(struct array *out, FILE *stream, const char *file,
                              const char *member)
{
    uint64_t size = 0, length = 0;
    ORL_TRY(read_lengths(stream, file, &size, &length));

    oriel_status status = ORIEL_OK;
    char *text = NULL;
    cJSON *root = NULL;
    struct index index = {NULL, 0};
    const struct entry *entry = NULL;

    text = malloc((size_t)length + 1);
    if (!text) {
        status = orl_fail(ORIEL_E_MEMORY, "%s: no memory for its header", file);
        goto done;
    }
    if (fseeko(stream, PREFIX, SEEK_SET) != 0 ||
        fread(text, 1, (size_t)length, stream) != length) {
        status = orl_fail(ORIEL_E_IO, "%s: %s", file, strerror(errno));
        goto done;
    }
    status = parse_header(&root, text, (size_t)length, file);
    if (status != ORIEL_OK)
        goto done;
    index.at = calloc((size_t)cJSON_GetArraySize(root) + 1, sizeof *index.at);
    if (!index.at) {
        status = orl_fail(ORIEL_E_MEMORY, "%s: no memory for its index", file);
        goto done;
    }
    status = read_index(&index, root, size - PREFIX - length, file);
    if (status == ORIEL_OK)
        status = find_entry(&index, member, file, &entry);
    if (status == ORIEL_OK)
        status = read_values(out, stream, entry, PREFIX + length, file);

done:
    free(index.at);
    cJSON_Delete(root);
    free(text);
    return status;
}

oriel_status safetensors_read(struct array *out, const char *path,
                              const char *member)
{
    const char *file = array_file_name(path);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return orl_fail(ORIEL_E_IO, "%s: %s", file, strerror(errno));
    const oriel_status status = read_from(out, stream, file, member);
    fclose(stream);
    return status;
}
