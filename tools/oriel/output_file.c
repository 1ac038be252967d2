/* output_file.c: files that a command will write. */
#define _POSIX_C_SOURCE 200809L
#include "output_file.h"

#include "array.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool path_ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), end = strlen(ending);
    return length >= end && !strcmp(path + length - end, ending);
}

oriel_status output_possible(const char *option, const char *path)
{
    if (!path)
        return ORIEL_OK;
    /* The file is made beside path and then takes its place. */
    const char *slash = strrchr(path, '/');
    char *folder = malloc(strlen(path) + 2);
    if (!folder)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a file name");
    const size_t end = slash ? (size_t)(slash - path) + 1 : 0;
    memcpy(folder, path, end);
    strcpy(folder + end, ".");
    const int code = access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    free(folder);
    return code == 0 ? ORIEL_OK
                     : orl_fail(ORIEL_E_IO, "--%s %s: %s", option,
                                array_file_name(path), strerror(code));
}
