/* decode_rows.c: by which preset kernels/decode.cl computes the rows of a
 * task. */
#include "plan/decode_rows.h"

#include "base/arith.h"
#include "plan/cost.h"

#include <math.h>

int32_t orl_decode_lanes(const struct device *d)
{
    if (d->vector_floats >= 16)
        return 16;
    return d->vector_floats >= 8 ? 8 : 4;
}

bool orl_decode_converts(const struct problem *p)
{
    return p->k.type != ORIEL_F32 || p->v.type != ORIEL_F32;
}

double orl_decode_key_cycles(const struct decode_preset *preset,
                             const struct problem *p)
{
    const int64_t channels = p->q.channels + p->v.channels;
    return orl_decode_cycles(preset, orl_decode_converts(p), channels) * 8.0 /
           preset->lanes;
}

/* A core that executes half as many instructions looks further ahead in memory.
 * Zen 4, two threads: 2 to 8 rows of f32 take 3 to 19 % less time (d 32 to
 * 256), 4 of 16 bits 3 to 10 (d 128 and 256; as long at d 64), 8 of those 7 to
 * 12 (d 64 to 256), 7 as long, 5 up to 20 more. From caches 4, 7 and 8 rows
 * take as long, others more (docs/cpu-decode.md). */
static bool takes_full_steps(const struct problem *p, const struct device *d,
                             int64_t rows)
{
    const bool converts = orl_decode_converts(p);
    const int64_t channels = orl_min(p->q.channels, p->v.channels);
    if (orl_decode_lanes(d) < 16 || channels < 32)
        return false;
    if (converts)
        return (rows == 4 && channels >= 128) || (rows == 8 && channels >= 64);
    return rows == 4 || rows == 8 ||
           (rows > 1 && rows < 8 && orl_cost_bytes(p) > (double)d->cache_bytes);
}

const struct decode_preset *orl_decode_rows(const struct problem *p,
                                            const struct device *d,
                                            int64_t rows, int32_t lanes)
{
    const struct decode_preset *first = orl_decode_preset(lanes);
    const struct decode_preset *best = first;
    double least = INFINITY;
    if (takes_full_steps(p, d, rows))
        return orl_decode_full_steps();
    for (int n = 0; n < ORL_DECODE_ROWS; n++) {
        const double blocks = (double)orl_ceil_div(rows, first[n].rows);
        const double cycles = blocks * orl_decode_key_cycles(&first[n], p);
        best = cycles < least ? &first[n] : best;
        least = fmin(cycles, least);
    }
    return best;
}
