/* descriptor.h: reading public structs of any version. */
#ifndef ORL_API_DESCRIPTOR_H
#define ORL_API_DESCRIPTOR_H

#include "base/error.h"

#include <stddef.h>

/* Copies the descriptor at in, which says its own size first, into the known
 * bytes at out: a shorter one is continued with zeros, a longer one accepted
 * if what this library does not know is zero, else ORIEL_E_TOO_NEW. NULL is
 * all zeros where optional, else ORIEL_E_ARGUMENT; so is a size that no version
 * has. name: "oriel_problem". */
oriel_status orl_descriptor_read(void *out, size_t known, const void *in,
                                 int optional, const char *name);

#endif /* ORL_API_DESCRIPTOR_H */
