/* family_list.h: the families by name, for the files of the families and for
 * families.c, which lists them. */
#ifndef ORL_PLAN_FAMILY_LIST_H
#define ORL_PLAN_FAMILY_LIST_H

#include "plan/family.h"

extern const struct family orl_family_decode;
extern const struct family orl_family_lane;
extern const struct family orl_family_matrix;
extern const struct family orl_family_tile;
extern const struct family orl_family_row;

/* NULL, or why no kernel of this family, whatever it is, runs on the device. */
const char *orl_family_barrier(const struct family *family,
                               const struct device *d);

/* Whether channels of some tensor do not lie side by side. */
bool orl_family_strided(const struct problem *p);

#endif /* ORL_PLAN_FAMILY_LIST_H */
