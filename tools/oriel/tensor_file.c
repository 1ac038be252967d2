/* tensor_file.c: the kind of a file is what its first bytes say; safetensors
 * has no mark of its own and goes by its name. */
#include "tensor_file.h"

#include "npy.h"
#include "npz.h"
#include "safetensors.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum file_kind { FILE_OTHER, FILE_NPY, FILE_ZIP, FILE_SAFETENSORS };

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

static oriel_status find_kind(const char *path, enum file_kind *kind)
{
    unsigned char head[6] = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return orl_fail(ORIEL_E_IO, "%s: %s", array_file_name(path),
                        strerror(errno));
    errno = 0;
    fread(head, 1, sizeof head, file);
    const int code = ferror(file) ? errno : 0;
    fclose(file);
    if (code)
        return orl_fail(ORIEL_E_IO, "%s: %s", array_file_name(path),
                        strerror(code));
    if (!memcmp(head, "\x93NUMPY", 6))
        *kind = FILE_NPY;
    else if (!memcmp(head, "PK\3\4", 4) || !memcmp(head, "PK\5\6", 4))
        *kind = FILE_ZIP;
    else if (ends_with(path, ".safetensors"))
        *kind = FILE_SAFETENSORS;
    else
        *kind = FILE_OTHER;
    return ORIEL_OK;
}

static oriel_status read_from(struct array *out, const char *path,
                              const char *member)
{
    enum file_kind kind = FILE_OTHER;
    ORL_TRY(find_kind(path, &kind));
    const char *file = array_file_name(path);
    if (kind == FILE_OTHER)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s: not a .npy, .npz or .safetensors file", file);
    if (kind == FILE_NPY) {
        if (member)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s: a .npy file has no members (%.40s was asked "
                            "for)",
                            file, member);
        void *bytes = NULL;
        size_t size = 0;
        ORL_TRY(orl_file_read(path, &bytes, &size));
        return npy_parse(out, path, bytes, size);
    }
    if (!member)
        return orl_fail(ORIEL_E_ARGUMENT, "%s: which member? Write %s:NAME",
                        file, array_file_name(path));
    return kind == FILE_ZIP ? npz_read(out, path, member)
                            : safetensors_read(out, path, member);
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

oriel_status tensor_file_read(struct array *out, const char *place,
                              const char *member)
{
    /* A file whose own name has a colon is taken at its word. */
    const char *colon = strrchr(place, ':');
    if (member || !colon || exists(place))
        return read_from(out, place, member);

    const size_t length = (size_t)(colon - place);
    char *path = malloc(length + 1);
    if (!path)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a file name");
    memcpy(path, place, length);
    path[length] = 0;
    const oriel_status status = read_from(out, path, colon + 1);
    free(path);
    return status;
}
