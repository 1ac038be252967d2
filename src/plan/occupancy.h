/* occupancy.h: how long a GPU takes for equal groups of a kernel: how many of
 * them a core holds at a time, and how many rounds that makes. */
#ifndef ORL_PLAN_OCCUPANCY_H
#define ORL_PLAN_OCCUPANCY_H

#include "model/device.h"

struct group_needs {
    int32_t items;       /* work-items */
    double registers;    /* of a work-item */
    int64_t local_bytes; /* of the group */
};

/* Cores of the device. */
double orl_cores(const struct device *d);

/* Multiply-adds of f32 that a core does per clock. */
double orl_core_lanes(const struct device *d);

/* Groups that a core holds at a time, at least 1. */
int orl_core_groups(const struct group_needs *g, const struct device *d);

/* Clocks until the last of `groups` groups ends, each of whose work-items takes
 * so many instructions. */
double orl_core_clocks(const struct group_needs *g, double instructions,
                       double groups, const struct device *d);

#endif /* ORL_PLAN_OCCUPANCY_H */
