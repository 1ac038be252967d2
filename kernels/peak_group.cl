/* peak_group.cl: what a GPU can do at its best, as peak.cl asks a CPU: by
 * groups of GROUP work-items, neighbours of which read neighbours.
 *
 * burst: arithmetic. A work-item adds products to 16 independent sums, AGAIN of
 * them to each in an iteration, so that the loop itself costs little: 256 of
 * its 259 instructions on sm_90 (clang 19, ptxas 13) multiply and add. Sums are
 * pairs, since some GPUs have one instruction for two multiply-adds (MI200);
 * the pair has its factors in two orders, since others (RDNA 3) issue two that
 * read different banks of registers. Factors differ from one work-item to the
 * next, so that they are in such registers. Useful flops of a work-item:
 *
 *     2 * 2 * PAIRS * AGAIN * count
 *
 * Factors such as m 0.999 and c 0.001 keep the sums below 1000. */
#if !defined(GROUP)
#    error "GROUP must be defined"
#endif

enum { PAIRS = 8, AGAIN = 16, LOADS = 4 };

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
burst(global float *out, int count, float m, float c)
{
    const float near = 1.0f + (float)get_local_id(0) * (1.0f / 65536.0f);
    const float2 one = (float2)(m, c) * near, other = (float2)(c, m) * near;
    float2 a[PAIRS];
#pragma unroll
    for (int n = 0; n < PAIRS; n++)
        a[n] = (float2)(0.0f, 0.5f) + (float)n;
    for (int i = 0; i < count; i++) {
#pragma unroll
        for (int step = 0; step < AGAIN; step++)
#pragma unroll
            for (int n = 0; n < PAIRS; n++)
                a[n] = fma(one, other, a[n]);
    }
    float2 sum = (float2)(0.0f);
#pragma unroll
    for (int n = 0; n < PAIRS; n++)
        sum += a[n];
    out[get_global_id(0)] = sum.x + sum.y;
}

/* A plain sum over memory: group g adds LOADS * GROUP * steps vectors of 4
 * floats, from vector LOADS * GROUP * steps * g on, and leaves its sum behind
 * what all groups add. Four loads of a work-item are under way at a time. */
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
total(global float4 *memory, int steps)
{
    local float sums[GROUP];
    const int t = (int)get_local_id(0);
    const long all = (long)(LOADS * GROUP) * steps;
    global const float4 *at = memory + all * (long)get_group_id(0) + t;
    float4 a[LOADS];
#pragma unroll
    for (int n = 0; n < LOADS; n++)
        a[n] = (float4)(0.0f);
    for (int i = 0; i < steps; i++, at += LOADS * GROUP) {
#pragma unroll
        for (int n = 0; n < LOADS; n++)
            a[n] += at[n * GROUP];
    }
    const float4 sum = (a[0] + a[1]) + (a[2] + a[3]);
    sums[t] = (sum.x + sum.y) + (sum.z + sum.w);
    for (int apart = GROUP / 2; apart > 0; apart /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (t < apart)
            sums[t] += sums[t + apart];
    }
    global float *found =
        (global float *)(memory + all * (long)get_num_groups(0));
    if (t == 0)
        found[get_group_id(0)] = sums[0];
}
