/* probe.cl: kernels that ask a device about itself; they compute nothing.
 *
 *     probe_loop   how many iterations a work-item may make
 *     probe_wave   how many of its work-items run in step
 *     probe_call   where the compiler puts the fields of struct call */
#include "lib/args.clh"

/* One work-item loops until it has counted `count` iterations and writes how
 * many it made: fewer where the device ends loops. out[0] must hold 0. What is
 * added is always 1, which no compiler can know (the numbers of a xorshift
 * generator are never 0), so the loop cannot be folded, nor unrolled. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
probe_loop(global int *out, int count)
{
    uint random = (uint)count | 1;
    int made = 0;
    while (made < count) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        made += random != 0;
    }
    out[0] = made;
}

/* With groups of any size, since a compiler may choose waves by it. Never run:
 * the host asks for CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE. */
kernel void probe_wave(global int *out)
{
    out[get_global_id(0)] += 1;
}

/* Writes sizeof(struct call), then offset and value of each field in the order
 * of the struct; a float as its bits. */
#define OFFSET(field)                                                          \
    ((long)((private const char *)&call.field - (private const char *)&call))
#define ECHO(field)                                                            \
    do {                                                                       \
        *out++ = OFFSET(field);                                                \
        *out++ = call.field;                                                   \
    } while (0)
#define ECHO_FLOAT(field)                                                      \
    do {                                                                       \
        *out++ = OFFSET(field);                                                \
        *out++ = as_int(call.field);                                           \
    } while (0)
#define ECHO_LAYOUT(field)                                                     \
    do {                                                                       \
        ECHO(field.start);                                                     \
        ECHO(field.batch);                                                     \
        ECHO(field.head);                                                      \
        ECHO(field.row);                                                       \
        ECHO(field.dim);                                                       \
    } while (0)

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
probe_call(global long *out, const struct call call)
{
    *out++ = (long)sizeof(struct call);
    ECHO_LAYOUT(q);
    ECHO_LAYOUT(k);
    ECHO_LAYOUT(v);
    ECHO_LAYOUT(out);
    ECHO_LAYOUT(lse);
    ECHO(key_begin_at);
    ECHO(key_end_at);
    ECHO(workspace_at);
    ECHO(queries);
    ECHO(keys);
    ECHO(group);
    ECHO(left);
    ECHO(right);
    ECHO(query_origin);
    ECHO(key_origin);
    ECHO(align_end);
    ECHO(block);
    ECHO(head);
    ECHO(entry);
    ECHO(heads);
    ECHO(entries);
    ECHO(pass);
    ECHO(passes);
    ECHO_FLOAT(scale);
    ECHO_FLOAT(softcap);
    ECHO(segments);
}
