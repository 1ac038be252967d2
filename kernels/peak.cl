/* peak.cl: the arithmetic peak of a device, to hold other times against.
 *
 * A work-item runs 12 independent chains of fused multiply-adds, enough to hide
 * the latency of one (4 or 5 cycles, two a cycle), on vectors of LANES floats.
 * LANES should be the native vector width of the device: twice that does not
 * fit the registers. Useful flops of a work-item:
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
    union {
        vf vec;
        float lane[LANES];
    } sum;
    sum.vec = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + b0 + b1;
    float all = 0.0f;
    for (int x = 0; x < LANES; x++)
        all += sum.lane[x];
    out[get_group_id(0)] = all;
}
