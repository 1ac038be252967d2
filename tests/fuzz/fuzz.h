/* fuzz.h: the frame of a libFuzzer target. Whoever includes it defines fuzz();
 * any bytes without a 0 among them are its text. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What must hold for every text that was accepted. */
static inline void require(int holds)
{
    if (!holds)
        abort();
}

static void fuzz(const char *text);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    require(text != NULL);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = 0;
    fuzz(text);
    free(text);
    return 0;
}

#endif /* FUZZ_H */
