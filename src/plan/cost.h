/* cost.h: parts of a cost model that families share. All return seconds or
 * rates derived from struct device; facts that are not known take the value of
 * a modest device of its kind. */
#ifndef ORL_PLAN_COST_H
#define ORL_PLAN_COST_H

#include "model/device.h"
#include "model/problem.h"
#include "plan/family.h"

/* Clocks per second. */
double orl_cost_clock(const struct device *d);

/* Peak single-precision FLOP/s of the whole device. */
double orl_cost_peak_flops(const struct device *d);

/* Bytes per second from global memory. */
double orl_cost_bandwidth(const struct device *d);

/* Bytes a problem must move at least once: q, out, and each visible row of k
 * and v once per key head. */
double orl_cost_bytes(const struct problem *p);

/* How much longer equal groups take than if every compute unit always had one:
 * 1 where they divide evenly, units where there is one group. groups > 0. */
double orl_cost_idle(double groups, const struct device *d);

/* The same of a CPU that reads memory, where some compute units are enough for
 * all of its bandwidth: only fewer groups than that leave some of it unused. */
double orl_cost_idle_readers(double groups, const struct device *d);

/* Seconds of a kernel that reads ahead while it computes: both overlap, but not
 * wholly (decode and lane, few queries, Zen 2, PoCL 3.1). */
double orl_cost_overlapped(double compute, double memory);

/* Seconds of work, and what it takes to begin its launches and groups. */
double orl_cost_launched(double seconds, double launches, double groups,
                         const struct device *d);

#endif /* ORL_PLAN_COST_H */
