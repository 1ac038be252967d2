/* occupancy.c: a model of the cores of a GPU. */
#include "plan/occupancy.h"

#include "base/arith.h"

#include <math.h>

/* What a core has where nothing is known: registers as of NVIDIA since Kepler
 * and of GCN, half the lanes of NVIDIA, and groups as of NVIDIA's Turing, which
 * holds the fewest ("Compute Capabilities" in the CUDA C++ Programming
 * Guide). */
enum { REGISTERS = 65536, LANES = 64, WAVE = 32, GROUPS = 16 };

/* Waves of each scheduler that hide how long memory takes: 2 waves of a SIMD on
 * AMD, 8 of the 4 schedulers on NVIDIA. A rule of thumb: no plan that was timed
 * has fewer. */
enum { WAVES = 2, SIMDS = 4 };

/* Bytes that local memory moves per clock: 32 banks of 4. */
enum { LOCAL_RATE = 128 };

/* Waves of each scheduler that keep it busy: a group of tile, matrix or segment
 * that has a core of its own takes 1.25 to 1.8 times as long as its share of a
 * core with 2 waves of each, and one of those 1.5 (NVIDIA H200, driver
 * 580.159.04, decode and "h8 q256 d64 w64,0"). */
static const double busy_waves = 1.5;

/* Arithmetic and local memory overlap the better the more clocks it takes to
 * issue an instruction of each wave: what remains of the shorter of the two
 * where these are 2, as with 2 waves of 32 for each 32 lanes. By the square of
 * them, costs of tile are within 12 % (root mean square) of 183 timings (NVIDIA
 * H200, driver 580.159.04): of 2 clocks 0.5 to 0.8 remains, of 3 or 4 0.15 to
 * 0.3. */
enum { OVERLAP_CLOCKS = 2 };
static const double not_overlapped = 0.65;

static double known(int64_t fact, double otherwise)
{
    return fact > 0 ? (double)fact : otherwise;
}

double orl_cores(const struct device *d)
{
    const double units = known(d->compute_units, 1.0);
    return fmax(floor(units / known(d->core_units, 1.0)), 1.0);
}

double orl_core_lanes(const struct device *d)
{
    return known(d->core_lanes, LANES);
}

/* AMD and NVIDIA have 4 in a core, Intel one in each execution unit. */
static double schedulers(const struct device *d)
{
    return d->core_units > 1 ? (double)d->core_units : SIMDS;
}

static double wave_of(const struct group_needs *g, const struct device *d)
{
    return g->wave_items > 0 ? g->wave_items : known(d->wave_items, WAVE);
}

static double group_waves(const struct group_needs *g, const struct device *d)
{
    return ceil(g->items / wave_of(g, d));
}

/* What a core gives to a group that wants so much. */
static int64_t local_given(int64_t bytes, const struct device *d)
{
    if (d->core_local_sizes <= 0 || bytes <= 0)
        return bytes;
    int64_t size = 1024;
    while (size < bytes && size <= INT64_MAX / 2)
        size *= 2;
    const int64_t halfway = size / 4 * 3;
    return d->core_local_sizes > 1 && size > 16384 && bytes <= halfway ? halfway
                                                                       : size;
}

int64_t orl_item_registers(const struct device *d)
{
    if (d->item_registers <= 0 || d->core_registers <= 0 || d->wave_items != 64)
        return orl_max(d->item_registers, 0);
    return orl_clamp(d->core_registers / (WAVES * SIMDS * d->wave_items), 1,
                     d->item_registers);
}

int orl_core_groups(const struct group_needs *g, const struct device *d)
{
    const double most = known(orl_item_registers(d), g->registers);
    const double registers =
        group_waves(g, d) * wave_of(g, d) * fmin(g->registers, most);
    double groups =
        fmin(known(d->core_registers, REGISTERS) / fmax(registers, 1.0),
             (double)GROUPS);
    const double local =
        known(d->core_local_bytes, (double)orl_max(d->local_bytes, 0));
    if (g->local_bytes > 0 && local > 0.0)
        groups = fmin(groups, local / (double)local_given(g->local_bytes, d));
    return groups > 1.0 ? (int)groups : 1;
}

double orl_core_wait(const struct group_needs *g, const struct device *d)
{
    const double held = orl_core_groups(g, d) * group_waves(g, d);
    return fmax(WAVES * schedulers(d) / held, 1.0);
}

/* As if every instruction beyond had to wait for a register in memory. */
static double spilling(const struct group_needs *g, const struct device *d)
{
    const double most = known(orl_item_registers(d), g->registers);
    return fmax(g->registers / fmax(most, 1.0), 1.0);
}

/* Clocks of a core that holds so many groups. */
static double held_clocks(const struct group_needs *g,
                          const struct item_work *w, double groups,
                          const struct device *d)
{
    if (groups <= 0.0)
        return 0.0;
    const double waves = groups * group_waves(g, d), wave = wave_of(g, d);
    const double turn =
        wave * fmax(waves, busy_waves * schedulers(d)) / orl_core_lanes(d);
    const double issued = turn * w->instructions * spilling(g, d);
    const double moved =
        wave * waves * w->local_bytes / known(d->core_local_rate, LOCAL_RATE);
    const double few = OVERLAP_CLOCKS / fmax(turn, OVERLAP_CLOCKS);
    return fmax(issued, moved) +
           not_overlapped * few * few * fmin(issued, moved);
}

double orl_core_clocks(const struct group_needs *g, const struct item_work *w,
                       double groups, const struct device *d)
{
    const double held = orl_core_groups(g, d);
    const double mine = ceil(groups / orl_cores(d));
    const double rounds = floor(mine / held);
    return rounds * held_clocks(g, w, held, d) +
           held_clocks(g, w, mine - rounds * held, d);
}
