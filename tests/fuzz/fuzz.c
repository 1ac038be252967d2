/* fuzz.c: the frame of a libFuzzer program: bytes become text. */
#include "fuzz.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

void require(int holds)
{
    if (!holds)
        abort();
}

/* On the heap, so that a step past its end is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    require(text != NULL);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = 0;
    fuzz_text(text);
    free(text);
    return 0;
}
