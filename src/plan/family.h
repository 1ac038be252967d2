/* family.h: what a family of kernels must answer: all that planner, programs
 * and launches know of a kernel. A family is one file plan/family_<name>.c and
 * one kernel text kernels/<name>.cl. Every answer is a pure function. */
#ifndef ORL_PLAN_FAMILY_H
#define ORL_PLAN_FAMILY_H

#include "model/device.h"
#include "plan/plan.h"

/* A word of a plan, its -D option and its place in plan text. */
enum word_kind {
    WORD_NUMBER, /* "q24" for text "q" */
    WORD_TIMES,  /* "x3", written right behind the word before: "qk4x3" */
    WORD_MORE,   /* "team2" for text "team", nothing for 1 */
    WORD_FLAG,   /* "once" for 1, nothing for 0 */
    WORD_NAME    /* "mma" for text "mma wmma11" and 1 */
};

struct word {
    const char *text;   /* NULL ends the list */
    const char *define; /* name in the kernel, "QUERY_TILE" */
    enum word_kind kind;
    int32_t low, high; /* a parsed number outside is refused */
};

/* Room for the candidates of one family. */
enum { ORL_CANDIDATES = 16 };

struct plan_list {
    int count;
    struct plan plan[ORL_CANDIDATES];
};

/* How much of a plan one call uses. span: the most keys that a query of this
 * call can see. */
struct extent {
    int64_t batch, heads, queries, keys, span;
};

/* One kernel over a grid of groups; cl/launch.c cuts grids that are too long
 * for a device into several launches, and repeats the launch for each pass. */
struct launch {
    int kernel;        /* index into family->kernels */
    int64_t groups[3]; /* along blocks of queries, heads, batch entries */
    int32_t local[3];  /* work-items of a group */
    int64_t passes;    /* the kernel runs so often, with call.pass 0, 1, ... */
    int64_t segments;  /* call.segments */
};

enum { ORL_LAUNCHES = 4 };

struct launch_list {
    int count;
    struct launch launch[ORL_LAUNCHES];
};

/* What a device made of a program; 0: not known. */
struct built {
    int64_t group_limit;   /* CL_KERNEL_WORK_GROUP_SIZE, the least of all */
    int64_t local_bytes;   /* CL_KERNEL_LOCAL_MEM_SIZE, the most */
    int64_t private_bytes; /* CL_KERNEL_PRIVATE_MEM_SIZE, the most */
    int64_t spill_bytes;   /* CL_KERNEL_SPILL_MEM_SIZE_INTEL, the most */
};

struct family {
    const char *name;    /* in plan text, and kernels/<name>.cl */
    bool rounds_weights; /* to the type of v, before they multiply it */
    const struct word *words;
    const char *const *kernels; /* names of kernel functions; NULL ends */

    /* NULL: can; else the reason, a clause such as "the device has no
     * compiler". The one predicate: planner, explain, plan_text and enqueue
     * ask it, nobody repeats it. */
    const char *(*rejects)(const struct problem *, const struct device *);

    /* Adds its plans to an empty list, best guess first. Not asked where
     * rejects() has a reason. */
    void (*candidates)(const struct problem *, const struct device *,
                       struct plan_list *);

    /* For a plan that comes as text: NULL, or why these words, each within its
     * bounds, do not go together, or not with this problem or device. */
    const char *(*objects)(const struct plan *, const struct problem *,
                           const struct device *);

    /* Predicted seconds of the whole problem. */
    double (*cost)(const struct plan *, const struct problem *,
                   const struct device *);

    /* After the build: NULL, or why the device cannot run it well. */
    const char *(*unfit)(const struct plan *, const struct built *,
                         const struct device *);

    /* Bytes of scratch for a call; 0 for most families. */
    int64_t (*workspace)(const struct plan *, const struct extent *);

    void (*launches)(const struct plan *, const struct extent *,
                     struct launch_list *);
};

/* Every family, most specific first, NULL at the end. The last one is `row`,
 * which must fit wherever any family does. */
extern const struct family *const orl_families[];

/* NULL if there is none of that name (length bytes, not terminated). */
const struct family *orl_family_named(const char *name, size_t length);

/* Number in orl_families. */
int orl_family_number(const struct family *family);

/* The bit of struct device.quarantine for what a failed self-test of this plan
 * forbids. */
int orl_plan_quarantine(const struct plan *plan);

/* NULL, or that of a family that is not rejected such plans failed their
 * self-test on the device. */
const char *orl_plan_barrier(const struct plan *plan, const struct device *d);

/* Value of the word with this define; 0 if the family has none. */
int32_t orl_plan_word(const struct plan *plan, const char *define);

/* What the weights of a plan are rounded to, as oriel_type; f32: not at all. */
uint32_t orl_plan_weight_type(const struct plan *plan);

#endif /* ORL_PLAN_FAMILY_H */
