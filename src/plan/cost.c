/* cost.c: rates of devices and needs of problems. Rough by design: a cost is
 * there to tell plans apart on one device. */
#include "plan/cost.h"

#include "base/arith.h"
#include "model/elem.h"
#include "plan/occupancy.h"

#include <math.h>

static double known(int64_t fact, double otherwise)
{
    return fact > 0 ? (double)fact : otherwise;
}

/* Some drivers tell nothing, or 1, 5 or 95 MHz, the clock of an idle device. */
double orl_cost_clock(const struct device *d)
{
    if (d->clock_mhz >= 100)
        return (double)d->clock_mhz * 1e6;
    return d->kind == DEVICE_GPU ? 1e9 : 2.5e9;
}

double orl_cost_peak_flops(const struct device *d)
{
    const double units = known(d->compute_units, 1.0);
    if (d->kind == DEVICE_GPU)
        return orl_cores(d) * orl_core_lanes(d) * orl_cost_clock(d) * 2.0;
    /* Two multiply-adds of a whole vector per clock, of 16 floats one: Zen 4.
     * Processors that do two of those as well are not told from it. */
    const double floats = fmin(known(d->vector_floats, 4.0), 8.0);
    return units * orl_cost_clock(d) * floats * 4.0;
}

/* CPUs' compute units that reach all of the bandwidth. One sums 12 to 37 GB/s
 * (Zen 2, Zen 3, Zen 5 in virtual machines); memory stops most CPUs at a few
 * times that. Servers with 72 to 288 units read 168 to 391 GB/s, an i7 with 12
 * units 23 (README.md of the OpenCL-Benchmark below). */
static double readers(const struct device *d)
{
    return fmin(known(d->compute_units, 1.0), d->compute_units > 32 ? 12 : 4);
}

/* 16 GPUs from an UHD 630, 20 GB/s, to a B200 read 0.012 to 0.09 bytes in the
 * time of a flop at peak, 10 of them 0.033 to 0.05 (README.md and its history
 * in https://github.com/ProjectPhysX/OpenCL-Benchmark). */
static const double gpu_bytes_per_flop = 0.04;

double orl_cost_bandwidth(const struct device *d)
{
    if (d->kind == DEVICE_GPU)
        return fmax(gpu_bytes_per_flop * orl_cost_peak_flops(d),
                    d->unified_memory ? 20e9 : 100e9);
    return 15e9 * readers(d);
}

double orl_cost_bytes(const struct problem *p)
{
    const double rows =
        (double)p->batch * (double)p->heads * (double)p->queries;
    const double mine =
        rows * ((double)p->q.channels * (double)orl_elem_bytes(p->q.type) +
                (double)p->out.channels * (double)orl_elem_bytes(p->out.type));

    const struct window w = orl_problem_window(p);
    const struct span keys = orl_window_any(&w, 0, w.queries);
    const double visible = (double)p->batch * (double)p->kv_heads *
                           (double)(keys.end - keys.begin);
    return mine +
           visible *
               ((double)p->k.channels * (double)orl_elem_bytes(p->k.type) +
                (double)p->v.channels * (double)orl_elem_bytes(p->v.type));
}

double orl_cost_idle(double groups, const struct device *d)
{
    /* A core of a GPU holds several groups, so only too few leave it idle. */
    const bool gpu = d->kind == DEVICE_GPU;
    const double units = gpu ? orl_cores(d) : known(d->compute_units, 1.0);
    const double rounds =
        gpu ? fmax(groups / units, 1.0) : ceil(groups / units);
    return rounds * units / groups;
}

double orl_cost_idle_readers(double groups, const struct device *d)
{
    const double units = known(d->compute_units, 1.0);
    const double rounds = floor(groups / units), rest = groups - rounds * units;
    const double last = rest > 0.0 ? fmax(rest, readers(d)) : 0.0;
    return (rounds * units + last) / groups;
}

double orl_cost_overlapped(double compute, double memory)
{
    return fmax(compute, memory) + 0.15 * fmin(compute, memory);
}

double orl_cost_launched(double seconds, double launches, double groups,
                         const struct device *d)
{
    /* One launch after another: NVIDIA H200, driver 580.159.04, 11 us with the
     * work of "h8 q256 d64 w64,0", and groups begin in hardware. */
    if (d->kind == DEVICE_GPU)
        return seconds + launches * 4e-6;
    /* PoCL on Zen 5: an empty launch 13 to 39 us, a group of one work-item 10
     * to 12 ns. */
    const double units = known(d->compute_units, 1.0);
    return seconds + launches * 20e-6 + groups * 12e-9 / units;
}
