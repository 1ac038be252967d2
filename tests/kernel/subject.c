/* subject.c: builds and launches a kernel under test. */
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void subject_word(struct subject *s, const char *name, int value)
{
    const size_t used = strlen(s->options);
    snprintf(s->options + used, sizeof s->options - used, "-D%s=%d ", name,
             value);
}

struct subject subject(const char *file, int head_dim, int v_dim,
                       const int type[4], int softcap)
{
    struct subject s = {.file = file, .head_dim = head_dim, .v_dim = v_dim};
    s.q_type = type[0], s.k_type = type[1];
    s.v_type = type[2], s.out_type = type[3];
    s.softcap = softcap;
    subject_word(&s, "HEAD_DIM", head_dim);
    subject_word(&s, "V_DIM", v_dim);
    subject_word(&s, "Q_TYPE", s.q_type);
    subject_word(&s, "K_TYPE", s.k_type);
    subject_word(&s, "V_TYPE", s.v_type);
    subject_word(&s, "OUT_TYPE", s.out_type);
    subject_word(&s, "SOFTCAP", softcap);
    return s;
}

void subject_build(struct subject *s)
{
    /* -w: without it PoCL reports on standard error that it counted warnings
     * about vectors as arguments */
    char function[32], options[512];
    const char *more = getenv("KERNEL_OPTIONS");
    snprintf(function, sizeof function, "attend_%s", s->file);
    snprintf(options, sizeof options, "-w %s %s", s->options, more ? more : "");
    s->kernel = device_build(s->file, options, function, NULL);
    if (s->segment > 0)
        s->merge = device_build(s->file, options, "attend_merge", NULL);
}

void subject_release(const struct subject *s)
{
    OK(clReleaseKernel(s->kernel));
    if (s->merge)
        OK(clReleaseKernel(s->merge));
}

int subject_segments(const struct subject *s, const struct call *call)
{
    int keys = call->keys;
    const int64_t far = 1 << 29;
    if (s->segment == 0)
        return 0;
    if (call->left < far && call->right < far &&
        call->left + call->right + s->rows < keys)
        keys = call->left + call->right + s->rows;
    return (keys - 1 + s->segment - 1) / s->segment + 1;
}

int subject_groups(const struct subject *s, int queries)
{
    const int before = s->anchored ? s->rows - 1 : 0;
    return (queries + before + s->rows - 1) / s->rows;
}

int subject_head_groups(const struct subject *s, int heads)
{
    if (s->pack > 1)
        return heads / s->pack;
    return s->heads > 0 ? heads / s->heads : heads;
}

static void launch(cl_kernel kernel, int work_items, struct call call,
                   const int begin[3], const int end[3])
{
    size_t local[3] = {(size_t)work_items, 1, 1}, global[3];
    for (int n = 0; n < 3; n++)
        global[n] = (size_t)(end[n] - begin[n]) * local[n];
    call.block = begin[0], call.head = begin[1], call.entry = begin[2];
    OK(clSetKernelArg(kernel, CALL_STRUCT, sizeof call, &call));
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 3, NULL, global, local, 0,
                              NULL, NULL));
}

static void set_memory(cl_kernel kernel, const cl_mem mem[8])
{
    for (cl_uint n = 0; n < CALL_STRUCT; n++)
        OK(clSetKernelArg(kernel, n, sizeof(cl_mem),
                          mem[n] ? (const void *)&mem[n] : NULL));
}

void subject_launch(const struct subject *s, const cl_mem mem[8],
                    struct call call, int axis, int cut)
{
    call.segments = subject_segments(s, &call);
    const int segments = call.segments > 0 ? call.segments : 1;
    const int all[3] = {subject_groups(s, call.queries) * segments,
                        subject_head_groups(s, call.heads), call.entries};
    set_memory(s->kernel, mem);
    for (call.pass = 0; call.pass < call.passes; call.pass++) {
        int begin[3] = {0}, end[3] = {all[0], all[1], all[2]};
        if (cut > 0 && cut < all[axis]) {
            end[axis] = cut;
            launch(s->kernel, s->local, call, begin, end);
            begin[axis] = cut, end[axis] = all[axis];
        }
        launch(s->kernel, s->local, call, begin, end);
    }
    if (!s->merge)
        return;
    const int none[3] = {0}, rows[3] = {call.queries, call.heads, call.entries};
    set_memory(s->merge, mem);
    launch(s->merge, s->merge_local > 0 ? s->merge_local : 1, call, none, rows);
}
