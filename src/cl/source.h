/* source.h: plan -> kernel text and build options. */
#ifndef ORL_CL_SOURCE_H
#define ORL_CL_SOURCE_H

#include "plan/family.h"

enum { ORL_OPTIONS_TEXT = 1024 }; /* room for any options */

/* Text of kernels/<name>.cl; there is one for every family. */
const char *orl_source_text(const char *name, size_t *length);

/* "-cl-std=CL1.2 -w -DHEAD_DIM=64 ...": never an option that relaxes
 * arithmetic. Without warnings, whose count PoCL prints on standard error; the
 * lint suite sees them. */
void orl_source_options(const struct plan *plan, const struct device *d,
                        char options[ORL_OPTIONS_TEXT]);

#endif /* ORL_CL_SOURCE_H */
