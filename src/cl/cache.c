/* cache.c: what planning learned, on disk. */
#define _POSIX_C_SOURCE 200809L
#include "cl/cache.h"

#include "base/file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An entry is this, then its bytes. The key inside finds a file that was
 * renamed, the sum one that was damaged. */
struct header {
    char magic[8];
    struct hash key, sum;
    uint64_t size;
};

static const char magic[8] = "ORIEL 1";

void orl_cache_open(struct cache *cache, const char *folder,
                    const struct log *log)
{
    cache->log = log;
    cache->folder[0] = 0;

    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = 0;
    if (folder)
        length = snprintf(cache->folder, sizeof cache->folder, "%s", folder);
    else if (base && base[0] == '/')
        length =
            snprintf(cache->folder, sizeof cache->folder, "%s/oriel", base);
    else if (home && home[0] == '/')
        length = snprintf(cache->folder, sizeof cache->folder,
                          "%s/.cache/oriel", home);
    else
        orl_log(log, LOG_WARNING,
                "cache: neither XDG_CACHE_HOME nor HOME is set; nothing is "
                "kept on disk");
    if (length >= (int)sizeof cache->folder - ORL_HASH_TEXT) {
        orl_log(log, LOG_WARNING, "cache: the name of the folder is too long");
        cache->folder[0] = 0;
    }
}

void orl_cache_path(const struct cache *cache, struct hash key,
                    char path[ORL_CACHE_PATH])
{
    char name[ORL_HASH_TEXT];
    orl_hash_text(key, name);
    const size_t length = strlen(cache->folder);
    memcpy(path, cache->folder, length);
    snprintf(path + length, ORL_CACHE_PATH - length, "/%s", name);
}

static struct hash sum_of(const void *bytes, size_t size)
{
    return orl_hash_bytes(orl_hash_begin(), bytes, size);
}

static const char *fault_of(const struct header *h, struct hash key,
                            const void *bytes, size_t size)
{
    if (memcmp(h->magic, magic, sizeof magic) != 0)
        return "is not an entry of this version";
    if (!orl_hash_equal(h->key, key))
        return "belongs to another key";
    if (h->size != size)
        return "is cut short or too long";
    if (!orl_hash_equal(h->sum, sum_of(bytes, size)))
        return "is damaged";
    return NULL;
}

bool orl_cache_load(const struct cache *cache, struct hash key, void **bytes,
                    size_t *size)
{
    char path[ORL_CACHE_PATH];
    void *file = NULL;
    size_t file_size = 0;
    struct header h = {.size = 0};

    if (!cache->folder[0])
        return false;
    orl_cache_path(cache, key, path);
    if (access(path, F_OK) != 0)
        return false;
    if (orl_file_read(path, &file, &file_size) != ORIEL_OK) {
        orl_log(cache->log, LOG_WARNING, "cache: %s",
                oriel_last_error()->message);
        return false;
    }

    const char *fault = "is shorter than its header";
    if (file_size >= sizeof h) {
        memcpy(&h, file, sizeof h);
        file_size -= sizeof h;
        memmove(file, (char *)file + sizeof h, file_size);
        fault = fault_of(&h, key, file, file_size);
    }
    if (fault) {
        orl_log(cache->log, LOG_WARNING, "cache: %s %s; it is made anew", path,
                fault);
        free(file);
        return false;
    }
    *bytes = file;
    *size = file_size;
    return true;
}

void orl_cache_store(const struct cache *cache, struct hash key,
                     const void *bytes, size_t size)
{
    char path[ORL_CACHE_PATH];
    if (!cache->folder[0])
        return;

    struct header h = {.key = key, .sum = sum_of(bytes, size), .size = size};
    memcpy(h.magic, magic, sizeof magic);
    char *file = malloc(sizeof h + size);
    if (!file) {
        orl_log(cache->log, LOG_WARNING, "cache: no memory to write an entry");
        return;
    }
    memcpy(file, &h, sizeof h);
    memcpy(file + sizeof h, bytes, size);
    orl_cache_path(cache, key, path);
    if (orl_file_make_folder(cache->folder) != ORIEL_OK ||
        orl_file_replace(path, file, sizeof h + size) != ORIEL_OK)
        orl_log(cache->log, LOG_WARNING, "cache: %s",
                oriel_last_error()->message);
    free(file);
}
