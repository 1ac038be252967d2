/* presets.c: the tables. Each row says where its numbers come from; shares are
 * of the peak of multiply-adds of one core. */
#include "plan/presets.h"

#include "base/arith.h"
#include "model/problem.h"

#include <math.h>
#include <stddef.h>

/* Those of one number of lanes and storage together, by rising head_dim. */
static const struct lane_preset lane_presets[] = {
    /* AVX2: 12 sums, a vector of queries and a broadcast key fill 16 registers.
     * Zen 3, PoCL 3.1, d 64: qk4x3 pv6x2 reach 76 to 82 %, qk4x2 pv4x2 71 to
     * 79 %, pv3x4 (17 registers) 50 to 55 %. Zen 2: k192 gains 1.5 to 2 %
     * over k96. At once at (256,256), d 128: 78 %, in tiles 83 %, so only where
     * the scores of a block stay in 32 KB. Zen 2, d 64 and 128: at (1024,0)
     * four strips gain 1 to 3 % over one, at (4096,0) 4 to 5 %; at (511,0) and
     * (256,256) they lose 2 to 6 %, as more tiles cut an edge of the band. */
    {8, false, 256, 4, 3, 6, 2, 1, 4, 192, 320, 3},
    /* Zen 2, PoCL 3.1, d 512, (255,0): k96 65 %, k192 64 %, at once 62 %. */
    {8, false, ORL_MAX_DIM, 4, 3, 6, 2, 1, 1, 96, 256, 3},
    /* Zen 2, PoCL 3.1, f16: a converted tile must serve many strips: of d 64
     * 3 instead of 6 cost 1 point, Zen 3: 1 instead of 3 cost 4. */
    {8, true, 64, 4, 3, 6, 2, 6, 6, 72, 320, 3},
    /* Zen 2, PoCL 3.1, f16: d 128 71 to 79 %, k96 3 % slower at (256,256). */
    {8, true, 128, 4, 3, 6, 2, 4, 4, 128, 320, 3},
    /* Zen 2, PoCL 3.1, f16, d 256, (511,0): 77 %, k64 and k48 2 and 4 % less.
     */
    {8, true, 256, 4, 3, 6, 2, 4, 4, 96, 320, 3},
    /* Zen 2, PoCL 3.1, f16, d 512, (255,0): 59 %, with 2 strips 55 %, k96 with
     * 2 strips 54 %. */
    {8, true, ORL_MAX_DIM, 4, 3, 6, 2, 4, 4, 48, 256, 3},

    /* AVX-512. Zen 4 (32 KB of L1D, one multiply-add a clock), PoCL 3.1, d 64
     * and 128: pv4x4 instead of pv8x2 gains 8 % at (64,64), 1 to 3 at (511,0);
     * one vector of queries at once as much as two at (1024,0) of d 64, 2 to 5
     * % more at (64,64), 10 to 15 at (128,0) of d 128. In tiles, of 512 keys
     * instead of 128, two gain 0 to 8 %; at d 128 (1024,0) they are 8 % faster
     * than at once (docs/cpu.md). */
    {16, false, 64, 6, 2, 4, 4, 1, 1, 512, 1152, 1},
    {16, false, 128, 6, 2, 4, 4, 1, 1, 512, 640, 1},
    /* Zen 5 (48 KB of L1D), PoCL 3.1, d 64 and 128, where the rows above were
     * not measured: one to four vectors, 4 to 24 keys, tiles
     * of 32 to 176 all within 75 to 84 % at wide windows; this one is never
     * more than 3 % off the best. At once up to 560 keys gains 5 to 10 %. Zen
     * 4, d 256: none of the numbers above gains anything. */
    {16, false, ORL_MAX_DIM, 8, 2, 8, 2, 1, 1, 128, 560, 2},
    /* Zen 4, PoCL 3.1, f16: 128 queries instead of 64, at once 5 to 10 % at
     * (64,64), 3 at (128,0) of d 128, 5 at (256,256); in tiles 2 % at (1024,0).
     */
    {16, true, 128, 6, 2, 4, 4, 4, 4, 256, 640, 1},
    /* Zen 4, d 256, (511,0), 4:1 heads: 89 %, by the numbers above 84 to 87. */
    {16, true, 256, 8, 2, 8, 2, 2, 2, 64, 320, 2},
    {16, true, ORL_MAX_DIM, 8, 2, 8, 2, 2, 2, 32, 256, 2},

    /* SSE, NEON. Zen 2 with xmm registers, PoCL 3.1, d 64, (127,0), of the peak
     * of xmm: qk4x3 pv6x2 69 %, qk4x2 pv4x2 58 %, qk4x4 pv8x2 (which 16
     * registers do not hold) 49 %. NEON has 32 registers; not measured. Other
     * numbers by the reasons above. */
    {4, false, ORL_MAX_DIM, 4, 3, 6, 2, 2, 2, 192, 320, 3},
    {4, true, 64, 4, 3, 6, 2, 12, 12, 72, 320, 3},
    {4, true, 256, 4, 3, 6, 2, 8, 8, 96, 320, 3},
    {4, true, ORL_MAX_DIM, 4, 3, 6, 2, 4, 4, 48, 256, 3},
};

const struct lane_preset *orl_lane_preset(int32_t lanes, bool staged,
                                          int32_t head_dim)
{
    const struct lane_preset *p = lane_presets;
    while (p->lanes != lanes || p->staged != staged || p->head_dim < head_dim)
        p++;
    return p;
}

/* Those for a device of 4, 8 or 16 lanes follow one another, those of one kind
 * by rising rows. */
static const struct decode_preset decode_presets[] = {
    /* NEON: as AVX2; not measured. */
    {4, 1, false, 4, 4, 29, 38},
    {4, 2, false, 4, 4, 47, 69},
    {4, 3, false, 4, 4, 74, 80},
    {4, 4, false, 4, 4, 92, 100},
    {4, 5, false, 4, 4, 116, 122},
    {4, 6, false, 4, 4, 133, 139},
    {4, 8, true, 6, 3, 146, 178},
    {4, 12, true, 4, 3, 223, 250},

    /* Zen 2, PoCL 3.1, d 128: 88 and 86 % of peak, f16 72 and 77 %; blocks of 4
     * rows 67 and 59 %. 8 rows are no faster this way: 12 sums then wait for 13
     * loads. */
    {8, 16, true, 6, 3, 291, 356},
    {8, 24, true, 4, 3, 445, 500},

    /* AVX2: 12 sums, 3 vectors of keys or values and one of another kind fill
     * 16 registers; one sum more is kept in memory, and takes a third longer.
     * Cycles: Zen 2, PoCL 3.1, one thread, all rows of k and of v the same one.
     * Of 4 rows, a multiply-add in every slot would take 64, and f16 85: a
     * conversion costs as much as 1.3 of them; pv3 takes as long as pv2, and
     * f16 11 % longer. bf16 takes from 10 % less (2 rows) to 18 % more (1 row).
     */
    {8, 1, false, 4, 4, 29, 38},
    {8, 2, false, 4, 4, 47, 69},
    {8, 3, false, 3, 3, 74, 80},
    {8, 4, false, 3, 2, 92, 100},
    {8, 5, false, 2, 2, 116, 122},
    {8, 6, false, 2, 2, 133, 139},

    /* AVX-512, rows as lanes: but in full steps, channels are faster in vectors
     * of 8 (docs/cpu-decode.md). Zen 4 takes 310 and 350 cycles for 16 rows,
     * 590 and 628 for 32, and for 16 by vectors of 8 370 and 353, not 291 and
     * 356. Here twice as many, for 16 lanes are two times 8, and a tenth less,
     * so that they are chosen where that is faster: for 16 rows, not for 12. */
    {16, 16, true, 12, 4, 560, 630},
    {16, 32, true, 8, 4, 1060, 1130},
};

const struct decode_preset *orl_decode_preset(int32_t lanes)
{
    const struct decode_preset *p = decode_presets;
    while (p->lanes != orl_min(lanes, 8) || (lanes == 16 && p->row_lanes))
        p++;
    return p;
}

/* Zen 4, PoCL 3.1: twice the cycles of 4 rows by vectors of 8, which take as
 * long from the L2 cache. pv2 takes 1 to 4 % longer (f32, d 64 and 128). */
const struct decode_preset *orl_decode_full_steps(void)
{
    static const struct decode_preset preset = {16, 4, false, 4, 4, 184, 200};
    return &preset;
}

const struct decode_preset *orl_decode_preset_near(int32_t lanes, int32_t rows,
                                                   bool row_lanes)
{
    const struct decode_preset *p = orl_decode_preset(lanes);
    const struct decode_preset *const end = p + ORL_DECODE_ROWS;
    if (lanes == 16 && rows == 4 && !row_lanes)
        return orl_decode_full_steps();
    while (p->row_lanes != row_lanes)
        p++;
    while (p + 1 < end && p->rows < rows && p[1].row_lanes == row_lanes)
        p++;
    return p;
}

double orl_decode_cycles(const struct decode_preset *preset, bool converted,
                         int64_t channels)
{
    const double all = converted ? preset->converted_cycles : preset->cycles;
    const double weights =
        preset->row_lanes ? 1.5 * preset->rows : 3.0 + 3.0 * preset->rows;
    return (all - weights) * (double)channels / 256.0 + weights;
}

/* Those of one class and dimension together, by rising dimension. Registers and
 * shares of multiply-adds are of docs/isa.md; no device named: none timed. */
static const struct tile_preset tile_presets[] = {
    /* Few work-items and short code: they are built to be tested. */
    {TILE_CPU, 128, 32, 32, 2, 4, 32, 32, 4, 1},
    {TILE_CPU, ORL_MAX_DIM, 16, 32, 1, 2, 32, 8, 4, 1},

    {TILE_MODEST, 32, 32, 32, 4, 4, 32, 32, 4, 1},
    {TILE_MODEST, 64, 32, 32, 2, 4, 32, 32, 4, 1},
    {TILE_MODEST, 96, 32, 32, 2, 4, 32, 16, 4, 1},
    {TILE_MODEST, 128, 32, 32, 2, 2, 32, 16, 4, 1},
    {TILE_MODEST, 256, 16, 32, 1, 2, 32, 8, 4, 1},
    {TILE_MODEST, ORL_MAX_DIM, 16, 32, 1, 1, 32, 4, 4, 1},

    /* NVIDIA H200, driver 580.159.04, (128,0): 60.8 us, own8x4 77.6. */
    {TILE_WIDE, 32, 64, 64, 8, 8, 32, 64, 4, 1},
    /* NVIDIA H200, 8 heads, (1024,0): 605 us, tiles of k64 633, own6x8 663,
     * own8x8 651; (64,64): 120, 130, and the second one 118. Groups of 2 warps
     * wait less for each other. */
    {TILE_WIDE, 64, 64, 32, 8, 4, 32, 32, 4, 1},
    {TILE_WIDE, 64, 32, 32, 4, 4, 32, 32, 4, 1},
    {TILE_WIDE, 80, 64, 32, 4, 4, 16, 32, 2, 1},
    /* NVIDIA H200, (512,0): 500 us, q32 k32 own4x4 528, q64 k32 583. */
    {TILE_WIDE, 96, 64, 64, 8, 4, 32, 32, 2, 1},
    /* NVIDIA H200, 16 heads, (1023,0): 2407 us, own4x8 2456, own5x8 2569. */
    {TILE_WIDE, 128, 48, 64, 6, 4, 32, 32, 4, 1},
    /* NVIDIA H200, 8 heads, (511,0): 1575 us, q24 own3x4 1595, q24 k128 own6x4
     * 1658, q48 own3x4 1833. (q32 k128 own8x4: 1524, but gfx1201 spills.) */
    {TILE_WIDE, 256, 32, 64, 4, 4, 32, 8, 4, 1},
    {TILE_WIDE, ORL_MAX_DIM, 24, 64, 3, 2, 32, 4, 4, 1},

    /* Groups of 4 waves, two of which fit 64 KB: 8 waves of 4 SIMDs; and of 2,
     * where there are few rows. */
    {TILE_WAVE64, 32, 64, 64, 4, 4, 16, 16, 4, 1},
    {TILE_WAVE64, 32, 32, 32, 2, 4, 32, 16, 4, 1},
    {TILE_WAVE64, 64, 64, 64, 4, 4, 16, 32, 4, 1},
    {TILE_WAVE64, 64, 32, 32, 2, 4, 32, 16, 4, 1},
    {TILE_WAVE64, 96, 48, 64, 3, 4, 16, 16, 2, 1},
    {TILE_WAVE64, 128, 32, 64, 2, 4, 32, 16, 4, 1},
    {TILE_WAVE64, 256, 32, 128, 2, 4, 16, 8, 4, 1},
    {TILE_WAVE64, 256, 16, 128, 2, 4, 16, 8, 4, 1},
    {TILE_WAVE64, ORL_MAX_DIM, 16, 96, 2, 3, 32, 8, 4, 1},
    {TILE_WAVE64, ORL_MAX_DIM, 16, 64, 2, 2, 32, 8, 4, 1},
    {TILE_WAVE64, ORL_MAX_DIM, 8, 256, 4, 2, 16, 4, 4, 1},
    {TILE_WAVE64, ORL_MAX_DIM, 8, 128, 2, 2, 16, 4, 4, 1},
    {TILE_WAVE64, ORL_MAX_DIM, 8, 64, 1, 2, 16, 4, 4, 1},

    {TILE_PAIRED, 32, 64, 64, 4, 4, 16, 16, 4, 1},
    {TILE_PAIRED, 64, 64, 64, 4, 4, 32, 32, 4, 1},
    {TILE_PAIRED, 96, 64, 64, 4, 4, 32, 16, 4, 1},
    {TILE_PAIRED, 128, 64, 64, 4, 4, 32, 16, 4, 1},
    {TILE_PAIRED, 256, 48, 64, 3, 4, 32, 8, 4, 1},
    {TILE_PAIRED, ORL_MAX_DIM, 24, 64, 3, 2, 32, 4, 4, 1},

    /* Of Intel's compiler (ocloc 22.43): multiply-adds are 74 to 84 % of both
     * long loops, also in teams, where registers have no room for three rows of
     * so many channels; of one row, where a team is unfit, 54 to 62. No spills,
     * but a fourth key at d 128 would, with a softcap. Local memory is given
     * out in powers of two: chunks of 64 cost none. */
    {TILE_LANES8, 32, 64, 32, 4, 4, 32, 32, 4, 1},
    {TILE_LANES8, 32, 32, 32, 4, 4, 32, 32, 4, 1},
    {TILE_LANES8, 64, 64, 32, 4, 4, 32, 32, 4, 1},
    {TILE_LANES8, 64, 48, 32, 3, 4, 32, 32, 4, 1},
    {TILE_LANES8, 80, 96, 32, 3, 4, 16, 32, 2, 1},
    {TILE_LANES8, 96, 96, 32, 3, 4, 32, 32, 4, 1},
    {TILE_LANES8, 128, 96, 24, 3, 3, 32, 24, 4, 1},
    {TILE_LANES8, 256, 96, 24, 3, 3, 64, 24, 4, 2},
    {TILE_LANES8, 256, 48, 24, 3, 3, 64, 24, 4, 2},
    {TILE_LANES8, 256, 32, 24, 1, 3, 64, 24, 4, 1},
    {TILE_LANES8, ORL_MAX_DIM, 48, 24, 3, 3, 64, 24, 4, 4},
    {TILE_LANES8, ORL_MAX_DIM, 24, 24, 3, 3, 64, 24, 4, 4},
    {TILE_LANES8, ORL_MAX_DIM, 32, 8, 1, 1, 64, 8, 4, 1},

    /* The same for Ponte Vecchio, with registers twice as wide: 79 to 84. */
    {TILE_LANES16, 32, 64, 64, 4, 4, 32, 64, 2, 1},
    {TILE_LANES16, 64, 64, 64, 4, 4, 32, 64, 4, 1},
    {TILE_LANES16, 80, 64, 32, 4, 2, 16, 32, 2, 1},
    {TILE_LANES16, 96, 64, 64, 4, 4, 32, 64, 2, 1},
    {TILE_LANES16, 128, 64, 32, 4, 2, 32, 32, 4, 1},
    {TILE_LANES16, 256, 96, 32, 3, 2, 32, 32, 4, 1},
    {TILE_LANES16, ORL_MAX_DIM, 96, 32, 3, 2, 64, 32, 4, 2},
    {TILE_LANES16, ORL_MAX_DIM, 48, 32, 3, 2, 64, 32, 4, 2},
    {TILE_LANES16, ORL_MAX_DIM, 32, 16, 1, 1, 64, 16, 4, 1},
};

const struct tile_preset *orl_tile_presets(enum tile_class of, int32_t dim,
                                           int *count)
{
    const struct tile_preset *first = tile_presets;
    while (first->of != of || first->dim < dim)
        first++;
    const struct tile_preset *end =
        tile_presets + sizeof tile_presets / sizeof *tile_presets;
    *count = 0;
    while (first + *count < end && first[*count].of == of &&
           first[*count].dim == first->dim)
        ++*count;
    return first;
}
