/* subject.h: a kernel under test, built with the words of some plan, and how
 * one call of it is launched. */
#ifndef KERNEL_SUBJECT_H
#define KERNEL_SUBJECT_H

#include "device.h"

#include "cl/call.h"

#include <oriel/types.h>

enum { F32 = ORIEL_F32, F16 = ORIEL_F16, BF16 = ORIEL_BF16 };

struct subject {
    char name[96];    /* what it is called when it fails */
    const char *file; /* kernels/<file>.cl, function attend_<file> */
    char options[400];
    int head_dim, v_dim;
    int q_type, k_type, v_type, out_type;
    int softcap;
    int strided;   /* channels may be apart */
    int rows;      /* queries of a group */
    int pack;      /* heads of a group, which share keys; 0: 1 */
    int aligned;   /* rows begin at multiples of so many elements, and of 16
                      bytes; 0: anywhere */
    int weights;   /* the type that weights are rounded to; 0: f32 */
    int anchored;  /* groups begin at multiples of rows in the sequence */
    int local;     /* work-items of a group */
    int heads;     /* of a group, that share a key head; 0: 1 */
    int segment;   /* keys of a segment that a group owns; 0: all keys */
    int reach;     /* most of left + right; 0: any */
    int key_chunk; /* keys of a pass; 0: all */
    cl_kernel kernel;
    int merge_local; /* work-items of a group of merge; 0: 1 */
    cl_kernel merge; /* launched after it, row by row; NULL: none */
};

/* What every plan of every family needs: dimensions, types, softcap; written
 * to the options, to be followed by the words of the family. */
struct subject subject(const char *file, int head_dim, int v_dim,
                       const int type[4], int softcap);

/* Appends "-DNAME=value". */
void subject_word(struct subject *s, const char *name, int value);
void subject_build(struct subject *s);
void subject_release(const struct subject *s);

/* Segments that the keys of a group can touch; 0 where they are not cut. */
int subject_segments(const struct subject *s, const struct call *call);

/* Groups along axis 0 that hold so many queries, wherever they begin, and along
 * axis 1 that hold so many heads. */
int subject_groups(const struct subject *s, int queries);
int subject_head_groups(const struct subject *s, int heads);

/* Sets the buffers (7 in the order of the arguments, NULL where there is none)
 * and launches pass by pass over groups x heads x entries, each pass cut in
 * two at `cut` of axis `axis` (0: in one piece). */
void subject_launch(const struct subject *s, const cl_mem mem[8],
                    struct call call, int axis, int cut);

#endif /* KERNEL_SUBJECT_H */
