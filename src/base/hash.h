/* hash.h: a 128-bit content hash (FNV-1a), for names of cache entries and for
 * finding damage. Not a defence against someone who wants a collision. */
#ifndef ORL_BASE_HASH_H
#define ORL_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
    uint64_t high, low;
};

enum { ORL_HASH_TEXT = 33 }; /* 32 hexadecimal digits and the final 0 */

struct hash orl_hash_begin(void);
struct hash orl_hash_bytes(struct hash h, const void *bytes, size_t size);

/* A string with its end, so that "ab", "c" and "a", "bc" differ. */
struct hash orl_hash_string(struct hash h, const char *string);

bool orl_hash_equal(struct hash a, struct hash b);
void orl_hash_text(struct hash h, char text[ORL_HASH_TEXT]);

#endif /* ORL_BASE_HASH_H */
