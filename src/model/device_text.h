/* device_text.h: struct device <-> lines of "fact value", for bug reports and
 * for tests of decisions about devices that are not here.
 *
 *     # where the facts come from
 *     name           Adreno (TM) 750
 *     compute_units  6
 *
 * Facts that are not known are left out; '#' begins a comment line. */
#ifndef ORL_MODEL_DEVICE_TEXT_H
#define ORL_MODEL_DEVICE_TEXT_H

#include "model/device.h"

#include <oriel/types.h>

/* Contract of snprintf. */
size_t orl_device_print(const struct device *d, char *buffer, size_t capacity);

/* ORIEL_E_ARGUMENT names the line and the unknown, repeated or malformed
 * fact. */
oriel_status orl_device_parse(struct device *out, const char *text);

#endif /* ORL_MODEL_DEVICE_TEXT_H */
