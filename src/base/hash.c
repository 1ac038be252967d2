/* hash.c: FNV-1a with 128 bits. */
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

/* The prime is 2^88 + PRIME_LOW. */
#define PRIME_LOW UINT64_C(0x13b)

static struct hash times_prime(struct hash h)
{
    /* PRIME_LOW has 9 bits, so neither half of the product overflows. */
    const uint64_t bottom = (h.low & 0xffffffff) * PRIME_LOW;
    const uint64_t top = (h.low >> 32) * PRIME_LOW + (bottom >> 32);
    return (struct hash) {
        .high = h.high * PRIME_LOW + (top >> 32) + (h.low << 24),
        .low = top << 32 | (bottom & 0xffffffff),
    };
}

struct hash orl_hash_begin(void)
{
    return (struct hash) {
        .high = UINT64_C(0x6c62272e07bb0142),
        .low = UINT64_C(0x62b821756295c58d),
    };
}

struct hash orl_hash_bytes(struct hash h, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        h.low ^= byte[i];
        h = times_prime(h);
    }
    return h;
}

struct hash orl_hash_string(struct hash h, const char *string)
{
    return orl_hash_bytes(h, string, strlen(string) + 1);
}

bool orl_hash_equal(struct hash a, struct hash b)
{
    return a.high == b.high && a.low == b.low;
}

void orl_hash_text(struct hash h, char text[ORL_HASH_TEXT])
{
    snprintf(text, ORL_HASH_TEXT, "%016llx%016llx", (unsigned long long)h.high,
             (unsigned long long)h.low);
}
