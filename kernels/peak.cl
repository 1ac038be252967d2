/* peak.cl: what a device can do at its best, to hold other times against.
 *
 * burst: arithmetic. A work-item runs 12 independent chains of fused
 * multiply-adds, enough to hide the latency of one (4 or 5 cycles, two a
 * cycle), on vectors of LANES floats. LANES should be the native vector width
 * of the device: twice that does not fit the registers. Useful flops of a
 * work-item:
 *
 *     2 * 12 * LANES * count
 *
 * Give every compute unit at least one group of one work-item, and multipliers
 * such as m 0.999 and c 0.001, which keep the numbers near 1. */
#if !defined(LANES)
#    error "LANES must be defined"
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#if LANES == 1
typedef float vf;
#else
typedef JOIN(float, LANES) vf;
#endif

static float sum_of(vf v)
{
    union {
        vf vec;
        float lane[LANES];
    } all;
    all.vec = v;
    float sum = 0.0f;
    for (int x = 0; x < LANES; x++)
        sum += all.lane[x];
    return sum;
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
burst(global float *out, int count, float m, float c)
{
    const vf times = (vf)(m), plus = (vf)(c);
    vf a0 = times, a1 = a0 + 1.0f, a2 = a0 + 2.0f, a3 = a0 + 3.0f;
    vf a4 = a0 + 4.0f, a5 = a0 + 5.0f, a6 = a0 + 6.0f, a7 = a0 + 7.0f;
    vf a8 = a0 + 8.0f, a9 = a0 + 9.0f, b0 = a0 - 1.0f, b1 = a0 - 2.0f;
    for (int i = 0; i < count; i++) {
        a0 = fma(a0, times, plus), a1 = fma(a1, times, plus);
        a2 = fma(a2, times, plus), a3 = fma(a3, times, plus);
        a4 = fma(a4, times, plus), a5 = fma(a5, times, plus);
        a6 = fma(a6, times, plus), a7 = fma(a7, times, plus);
        a8 = fma(a8, times, plus), a9 = fma(a9, times, plus);
        b0 = fma(b0, times, plus), b1 = fma(b1, times, plus);
    }
    out[get_group_id(0)] =
        sum_of(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + b0 + b1);
}

/* A plain sum over memory: group g adds 8 * steps vectors of LANES floats, from
 * vector 8 * steps * g on, and leaves its sum behind what all groups add. It
 * reads four streams at once: a core asks for more lines ahead when it sees
 * several of them (Zen 2, 134 MB, one thread: 16 GB/s by one stream, 24 by
 * four). */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
total(global vf *memory, int steps)
{
    const long stream = 2L * steps, all = 4L * stream;
    global const vf *a = memory + all * (long)get_group_id(0);
    global const vf *b = a + stream, *c = b + stream, *d = c + stream;
    vf a0 = (vf)(0.0f), a1 = a0, b0 = a0, b1 = a0;
    vf c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    for (int i = 0; i < 2 * steps; i += 2) {
        a0 += a[i], a1 += a[i + 1];
        b0 += b[i], b1 += b[i + 1];
        c0 += c[i], c1 += c[i + 1];
        d0 += d[i], d1 += d[i + 1];
    }
    global float *sums =
        (global float *)(memory + all * (long)get_num_groups(0));
    sums[get_group_id(0)] =
        sum_of(((a0 + a1) + (b0 + b1)) + ((c0 + c1) + (d0 + d1)));
}
