/* fixture.h: what every test of the interface needs around it: a device, an
 * OpenCL context and queue, and one Oriel context without a disk cache. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "sample.h"

#include <check.h>
#include <stdbool.h>

struct fixture {
    cl_device_id id; /* fixture_pick() */
    cl_context cl;
    cl_command_queue queue; /* in order */
    oriel_context *oriel;
};

/* Opened at the first call, never closed. */
const struct fixture *fixture(void);

/* The first device that $ORIEL_DEVICE names, or the first at all. */
cl_device_id fixture_pick(void);

/* Whether the device is of this platform, a part of its name; and the same
 * where a test must then, or on all others, be left out, which is said, and
 * why. */
bool is_on(const char *platform);
bool left_out_on(const char *platform, const char *why);
bool left_out_off(const char *platform, const char *why);

/* Its CPUs have sub-groups of 8 and of 16. */
#define INTELS        "Intel(R) OpenCL"
#define NO_SUB_GROUPS "kernels cannot ask for sub-groups of 8 or 16"

/* It runs a few thousand work-items a second. */
#define INTERPRETER "Oclgrind"
#define TOO_MANY    "so many work-items would take minutes"

/* What main() returns where all of a program is left out: Meson's skip. */
enum { ALL_LEFT_OUT = 77 };

/* ---- Statuses ----------------------------------------------------------- */

/* must(call): it succeeds. refused(call, status, words): it fails with this
 * status and a sentence that contains words. */
#define must(call) fixture_must((call), #call)
#define refused(call, status, words)                                           \
    fixture_refused((call), status, words, #call)

void fixture_must(oriel_status status, const char *call);
void fixture_refused(oriel_status got, oriel_status wanted, const char *words,
                     const char *call);

/* ---- Plans and calls ---------------------------------------------------- */

/* The plan that most tests run: it costs the least to compile. */
#define ROW "row g16 k0"

/* text NULL: the planner's choice. */
oriel_plan *plan_of(const oriel_problem *problem, const char *text);

/* A sample in buffers of the fixture's context. */
struct uploaded {
    cl_mem mem[SAMPLE_ARRAYS];
    oriel_call call; /* for oriel_enqueue */
};

struct uploaded upload(const struct sample *s);
void release(struct uploaded *u);

/* out and lse, back into the sample. */
void download(struct sample *s, const struct uploaded *u,
              cl_command_queue queue);

cl_mem buffer_of(const void *bytes, size_t size);

/* sample_is_right() of what this plan computed. */
bool is_right(struct sample *s, const oriel_plan *plan);

/* Runs the sample through oriel_attend and asserts that it is right. */
void attend_rightly(struct sample *s, const oriel_plan *plan);

/* Runs the tests in this process, because they share one fixture; returns what
 * main() returns. */
int run_tests(TCase *tests, const char *name);

#endif /* FIXTURE_H */
