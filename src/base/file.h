/* file.h: whole files and folders, for the disk cache and for tools. */
#ifndef ORL_BASE_FILE_H
#define ORL_BASE_FILE_H

#include <oriel/types.h>

/* Replaces path by size bytes: readers see the old file or the new one, never
 * a part, and a crash or a full disk leaves the old one. A device or a pipe is
 * written to. */
oriel_status orl_file_replace(const char *path, const void *bytes, size_t size);

/* Reads a whole file into memory that the caller frees; *bytes is never NULL
 * on success and has a 0 after the last byte. */
oriel_status orl_file_read(const char *path, void **bytes, size_t *size);

/* Makes a directory of mode 0700 and, where missing, those above it. */
oriel_status orl_file_make_folder(const char *path);

#endif /* ORL_BASE_FILE_H */
