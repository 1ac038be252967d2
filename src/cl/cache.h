/* cache.h: what planning learned, on disk: binaries, facts, verdicts. Losing
 * an entry costs time, never a result: every trouble is a miss and a log line,
 * never an error. */
#ifndef ORL_CL_CACHE_H
#define ORL_CL_CACHE_H

#include "base/hash.h"
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

enum { ORL_CACHE_PATH = 4096 };

struct cache {
    char folder[ORL_CACHE_PATH]; /* "": nothing is kept */
    const struct log *log;
};

/* folder NULL: $XDG_CACHE_HOME/oriel, else ~/.cache/oriel; "": no cache. */
void orl_cache_open(struct cache *cache, const char *folder,
                    const struct log *log);

/* The bytes stored under key, in memory the caller frees; false: a miss. */
bool orl_cache_load(const struct cache *cache, struct hash key, void **bytes,
                    size_t *size);

void orl_cache_store(const struct cache *cache, struct hash key,
                     const void *bytes, size_t size);

/* File that holds the entry of key, for messages. */
void orl_cache_path(const struct cache *cache, struct hash key,
                    char path[ORL_CACHE_PATH]);

#endif /* ORL_CL_CACHE_H */
