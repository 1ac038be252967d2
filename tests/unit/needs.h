/* needs.h: what a group takes of a device, by the declarations of kernels/. The
 * planner has formulas of its own, which tests hold against these. */
#ifndef NEEDS_H
#define NEEDS_H

#include "plan/family.h"

/* Ways to share local memory: each has declarations of its own. */
enum form {
    FORM_TILE,
    FORM_BROADCAST, /* tile, by one sub-group for each row */
    FORM_TEAM,      /* tile, by several of them */
    FORM_SEGMENT,
    FORM_MATRIX,   /* by the unit that the device has */
    FORM_PORTABLE, /* matrix without it */
    FORMS,
    FORM_NONE = FORMS /* none: work-items do not know of each other */
};

enum form needs_form(const struct plan *plan);

/* Of "tile", "broadcast", ..., for messages. */
const char *needs_form_name(enum form form);

/* Work-items of a group, and sizeof(struct shared); 0 of FORM_NONE. */
int64_t needs_items(const struct plan *plan);
int64_t needs_local_bytes(const struct plan *plan);

#endif /* NEEDS_H */
