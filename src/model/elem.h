/* elem.h: numbers as tensors store them: f32, f16, bf16. */
#ifndef ORL_MODEL_ELEM_H
#define ORL_MODEL_ELEM_H

#include <oriel/types.h>

#include <stdbool.h>

/* type: an oriel_type, valid. */
size_t orl_elem_bytes(uint32_t type);
const char *orl_elem_name(uint32_t type); /* "f32", "f16", "bf16" */
bool orl_elem_known(uint32_t type);

/* Element number index of an array. Stores round to nearest, ties to even;
 * what is too large becomes infinite, NaN stays NaN. */
float orl_elem_load(const void *array, size_t index, uint32_t type);
void orl_elem_store(void *array, size_t index, uint32_t type, float value);

#endif /* ORL_MODEL_ELEM_H */
