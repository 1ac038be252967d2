/* broadcast_probe.cl: whether sub-groups of a size that a kernel asks for do
 * what lib/steps_broadcast.clh counts on.
 *
 *     probe_broadcast   what each work-item of two sub-groups hears: of every
 *                       lane, of lanes one bit away, of the next lane, and
 *                       which sub-group the last lane says it is
 *
 * SIZE: of a sub-group, 8 or 16. */
#ifndef SIZE
#    error "SIZE must be defined"
#endif

#define GROUP (2 * SIZE)

/* Numbers that a work-item writes. */
#define HEARD (SIZE + 6)

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
__attribute__((intel_reqd_sub_group_size(SIZE))) void
probe_broadcast(global float *heard)
{
    const int lane = (int)get_sub_group_local_id();
    const int number = (int)get_sub_group_id();
    const float mine = (float)(100 * number + lane + 1);
    const int place = number * SIZE + lane;
    if (place < 0 || place >= GROUP)
        return;
    heard += place * HEARD;
#pragma unroll
    for (int n = 0; n < SIZE; n++)
        heard[n] = sub_group_broadcast(mine, (uint)n);
#pragma unroll
    for (int n = 0; n < 4; n++)
        heard[SIZE + n] =
            intel_sub_group_shuffle_xor(mine, (uint)((1 << n) % SIZE));
    heard[SIZE + 4] = intel_sub_group_shuffle(mine, (uint)((lane + 1) % SIZE));
    heard[SIZE + 5] =
        (float)sub_group_broadcast(get_sub_group_id(), (uint)(SIZE - 1));
}
