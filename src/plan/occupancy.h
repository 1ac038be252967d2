/* occupancy.h: how long a GPU takes for equal groups of a kernel: how many of
 * them a core holds at a time, and how many rounds that makes. */
#ifndef ORL_PLAN_OCCUPANCY_H
#define ORL_PLAN_OCCUPANCY_H

#include "model/device.h"
#include "plan/work.h"

struct group_needs {
    int32_t items;       /* work-items */
    double registers;    /* of a work-item */
    int64_t local_bytes; /* of the group */
    int32_t wave_items;  /* that run in step; 0: as many as the device has */
};

/* Cores of the device. */
double orl_cores(const struct device *d);

/* Multiply-adds of f32 that a core does per clock. */
double orl_core_lanes(const struct device *d);

/* Most registers that a work-item gets; 0: not known. Of waves of 64 those of
 * half a scheduler's file: kernels/lib/waves.clh asks AMD's compiler for that.
 */
int64_t orl_item_registers(const struct device *d);

/* How many times as long memory takes because a core holds fewer waves than
 * hide its answers: 1 where there are enough. */
double orl_core_wait(const struct group_needs *g, const struct device *d);

/* Groups that a core holds at a time, at least 1. */
int orl_core_groups(const struct group_needs *g, const struct device *d);

/* Clocks until the last of `groups` groups ends. */
double orl_core_clocks(const struct group_needs *g, const struct item_work *w,
                       double groups, const struct device *d);

#endif /* ORL_PLAN_OCCUPANCY_H */
