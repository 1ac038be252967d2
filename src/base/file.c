/* file.c: whole files and folders over POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 }; /* Linux refuses longer paths */

static oriel_status fail(const char *path)
{
    return orl_fail(ORIEL_E_IO, "%s: %s", path, strerror(errno));
}

/* A new file beside path, made under the caller's umask as mkstemp() would not;
 * its name goes into temporary. -1, and errno, if there can be none. */
static int open_beside(const char *path, char temporary[PATH_ROOM])
{
    for (int tries = 0; tries < 100; tries++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        const int length =
            snprintf(temporary, PATH_ROOM, "%s.%lx-%lx.new", path,
                     (unsigned long)getpid(), (unsigned long)now.tv_nsec);
        if (length < 0 || length >= PATH_ROOM) {
            errno = ENAMETOOLONG;
            return -1;
        }
        const int fd =
            open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* A device or a pipe is written to: to put a file in its place would be to
 * delete /dev/null. */
static bool is_stream(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && !S_ISREG(found.st_mode) &&
           !S_ISDIR(found.st_mode);
}

oriel_status orl_file_replace(const char *path, const void *bytes, size_t size)
{
    /* In the directory of path: rename() is atomic within one file system. */
    char temporary[PATH_ROOM];
    const bool stream = is_stream(path);
    oriel_status status = ORIEL_OK;
    FILE *file = NULL;
    int fd = -1;

    fd = stream ? open(path, O_WRONLY | O_CLOEXEC)
                : open_beside(path, temporary);
    if (fd < 0) {
        status = fail(path);
        goto done;
    }
    file = fdopen(fd, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fflush(file) != 0 ||
        (!stream && (fsync(fd) != 0 || rename(temporary, path) != 0)))
        status = fail(path);

done:
    if (fd >= 0 && !stream && status != ORIEL_OK)
        unlink(temporary);
    if (file)
        fclose(file); /* closes fd as well */
    else if (fd >= 0)
        close(fd);
    return status;
}

oriel_status orl_file_read(const char *path, void **bytes, size_t *size)
{
    oriel_status status = ORIEL_OK;
    FILE *file = NULL;
    char *content = NULL;
    size_t length = 0, room = 4096;

    file = fopen(path, "rb");
    if (!file) {
        status = fail(path);
        goto done;
    }
    /* Grows as it reads: a size asked for first would not hold for a pipe, nor
     * for a file that another process is writing. */
    for (;;) {
        char *more = realloc(content, room);
        if (!more) {
            status = orl_fail(ORIEL_E_MEMORY, "%s: no memory for %zu bytes",
                              path, room);
            goto done;
        }
        content = more;
        length += fread(content + length, 1, room - length - 1, file);
        if (length < room - 1)
            break;
        if (room > SIZE_MAX / 2) {
            status = orl_fail(ORIEL_E_MEMORY, "%s: the file is too long", path);
            goto done;
        }
        room *= 2;
    }
    if (ferror(file)) {
        status = fail(path); /* a folder, for example */
        goto done;
    }
    content[length] = 0;
    *bytes = content;
    *size = length;
    content = NULL;

done:
    free(content);
    if (file)
        fclose(file);
    return status;
}

/* One folder; that it is there already is as good. */
static oriel_status make_one(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return ORIEL_OK;
    /* Other errors than EEXIST come from folders that are there as well: "/"
     * of a read-only system, or an automounter's. */
    const int reason = errno;
    struct stat found;
    if (stat(path, &found) == 0) {
        if (S_ISDIR(found.st_mode))
            return ORIEL_OK;
        return orl_fail(ORIEL_E_IO, "%s: not a folder", path);
    }
    errno = reason;
    return fail(path);
}

oriel_status orl_file_make_folder(const char *path)
{
    char part[PATH_ROOM];
    const size_t length = strlen(path);
    if (length == 0)
        return orl_fail(ORIEL_E_IO, "the path of a folder is empty");
    if (length >= sizeof part)
        return orl_fail(ORIEL_E_IO, "the path is too long: %s", path);
    memcpy(part, path, length + 1);

    for (size_t i = 1; i < length; i++) {
        if (part[i] != '/')
            continue;
        part[i] = 0;
        ORL_TRY(make_one(part));
        part[i] = '/';
    }
    return make_one(part);
}
