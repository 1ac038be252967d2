/* npz.c: members are found through the zip's central directory, by libzip:
 * numpy.savez leaves 0xffffffff as sizes in the headers before the members. */
#include "npz.h"

#include "npy.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { NAMES_ROOM = 100 };

/* Deflate makes at most 1032 bytes of one: more is a lie that would make us
 * ask for memory without end. */
enum { DEFLATE_MOST = 1040 };

static void list_members(zip_t *zip, char names[NAMES_ROOM])
{
    struct text t = orl_text(names, NAMES_ROOM - 4);
    const zip_int64_t count = zip_get_num_entries(zip, 0);
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
        if (name)
            orl_text_add(&t, "%s%s", i ? ", " : "", name);
    }
    if (t.length >= NAMES_ROOM - 4)
        strcat(names, "...");
}

static oriel_status find_member(zip_t *zip, const char *file,
                                const char *member, zip_stat_t *stat)
{
    char name[300];
    struct text t = orl_text(name, sizeof name);
    orl_text_add(&t, "%s.npy", member);
    zip_int64_t at =
        t.length < sizeof name ? zip_name_locate(zip, name, 0) : -1;
    if (at < 0)
        at = zip_name_locate(zip, member, 0);
    if (at < 0) {
        char names[NAMES_ROOM];
        list_members(zip, names);
        return orl_fail(ORIEL_E_ARGUMENT, "%s: no member %.40s; there are: %s",
                        file, member, names);
    }
    if (zip_stat_index(zip, (zip_uint64_t)at, 0, stat) != 0)
        return orl_fail(ORIEL_E_ARGUMENT, "%s: member %.40s: %s", file, member,
                        zip_strerror(zip));
    const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((stat->valid & needed) != needed)
        return orl_fail(ORIEL_E_ARGUMENT, "%s: member %.40s has no size", file,
                        member);
    if (stat->comp_method != ZIP_CM_STORE &&
        stat->comp_method != ZIP_CM_DEFLATE)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: member %.40s is compressed by method %d; stored "
                        "and deflated members are read",
                        file, member, stat->comp_method);
    if (stat->size / DEFLATE_MOST > stat->comp_size)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: member %.40s claims %llu bytes out of %llu", file,
                        member, (unsigned long long)stat->size,
                        (unsigned long long)stat->comp_size);
    return ORIEL_OK;
}

static oriel_status read_member(zip_t *zip, const char *file,
                                const char *member, void **bytes, size_t *size)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    ORL_TRY(find_member(zip, file, member, &stat));

    oriel_status status = ORIEL_OK;
    zip_file_t *stream = NULL;
    char *content = NULL;
    const size_t length = (size_t)stat.size;

    stream = zip_fopen_index(zip, stat.index, 0);
    if (!stream) {
        status = orl_fail(ORIEL_E_ARGUMENT, "%s: member %.40s: %s", file,
                          member, zip_strerror(zip));
        goto done;
    }
    content = malloc(length + 1);
    if (!content) {
        status = orl_fail(ORIEL_E_MEMORY, "%s: no memory for %zu bytes", file,
                          length);
        goto done;
    }
    size_t found = 0;
    zip_int64_t got = 0;
    /* One byte more than there should be: at the end of the stream libzip
     * compares the checksum. */
    while (found <= length &&
           (got = zip_fread(stream, content + found, length + 1 - found)) > 0)
        found += (size_t)got;
    if (got < 0 || found != length) {
        status = orl_fail(ORIEL_E_ARGUMENT,
                          "%s: member %.40s is damaged: %zu bytes expected, "
                          "%zu found%s%s",
                          file, member, length, found, got < 0 ? ", " : "",
                          got < 0 ? zip_file_strerror(stream) : "");
        goto done;
    }
    *bytes = content;
    *size = length;
    content = NULL;

done:
    free(content);
    if (stream)
        zip_fclose(stream);
    return status;
}

oriel_status npz_read(struct array *out, const char *path, const char *member)
{
    const char *file = array_file_name(path);
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    if (!zip) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const oriel_status status = orl_fail(ORIEL_E_ARGUMENT, "%s: %s", file,
                                             zip_error_strerror(&error));
        zip_error_fini(&error);
        return status;
    }
    void *bytes = NULL;
    size_t size = 0;
    const oriel_status status = read_member(zip, file, member, &bytes, &size);
    zip_discard(zip);
    ORL_TRY(status);

    char name[200];
    struct text t = orl_text(name, sizeof name);
    orl_text_add(&t, "%s:%.40s", file, member);
    return npy_parse(out, name, bytes, size);
}
