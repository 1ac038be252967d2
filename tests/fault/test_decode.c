/* test_decode.c: what a call costs: a step of a decode sets arguments and
 * launches, and nothing else: no plan, no build, no object, no allocation. */
#include "fixture.h"
#include "layer.h"

#include <string.h>

enum { STEPS = 200, FIRST_KEYS = 64 };

#define DECODE "h8/2 q1 k264 d16 w100,0 lse"

/* The linker sends every call of malloc and its kin in Oriel's objects and in
 * this file here: tests/fault/meson.build. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

/* One step of a decode: keys more each time, and the last one is the query's.
 */
static oriel_call step_of(const struct uploaded *u, int step)
{
    oriel_call c = u->call;
    c.keys = FIRST_KEYS + step;
    return c;
}

static void expect_launches_only(long launches)
{
    ck_assert_int_eq(layer_count("clEnqueueNDRangeKernel"), launches);
    const long questions = layer_count("clGetCommandQueueInfo") +
                           layer_count("clGetMemObjectInfo");
    const long others =
        layer_calls() - launches - questions - layer_count("clSetKernelArg");
    ck_assert_int_eq(others, 0);
}

static void run_decode(const char *plan_text)
{
    struct sample s = sample_open(DECODE, 1);
    oriel_plan *plan = plan_of(&s.problem, plan_text);
    struct uploaded u = upload(&s);
    oriel_call first = step_of(&u, 0);
    must(oriel_enqueue(plan, fixture()->queue, &first, 0, NULL, NULL));
    clFinish(fixture()->queue);

    const long live = layer_live();
    layer_reset();
    int failed = 0; /* Check's macros allocate */
    allocations = 0;
    for (int step = 1; step <= STEPS; step++) {
        const oriel_call c = step_of(&u, step);
        failed += oriel_enqueue(plan, fixture()->queue, &c, 0, NULL, NULL) !=
                  ORIEL_OK;
    }
    const long ours = allocations;
    ck_assert_int_eq(failed, 0);
    expect_launches_only(STEPS);
    ck_assert_int_eq(layer_live(), live);
    ck_assert_int_eq(ours, 0);
    clFinish(fixture()->queue);

    /* The last step had all the keys there are. */
    ck_assert_int_eq(FIRST_KEYS + STEPS, s.problem.keys);
    download(&s, &u, fixture()->queue);
    ck_assert_msg(is_right(&s, plan), "%s", s.why);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}

START_TEST(two_hundred_steps_make_nothing_but_launches)
{
    if (_i && left_out_on(INTERPRETER, "the planner takes row by itself"))
        return;
    run_decode(_i ? ROW : NULL);
}
END_TEST

START_TEST(the_counters_count)
{
    layer_reset();
    allocations = 0;
    struct sample s = sample_open("h1 q5 d8 w2,0", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    ck_assert_int_ge(allocations, 1);
    ck_assert_int_ge(layer_count("clCreateProgramWithSource"), 1);
    ck_assert_int_ge(layer_count("clBuildProgram"), 1);
    ck_assert_int_ge(layer_count("clEnqueueNDRangeKernel"), 1);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* A window, a length, an origin, a stride, a factor: facts of a launch. */
START_TEST(other_numbers_build_no_program)
{
    static const char *const problems[] = {
        "h1 q5 d8 w2,0",           "b3 h8/2 q50 k70 d8 winf,3 lse",
        "h1 q5 d8 w2,0 scale0.25", "h2 q9 d8 w3,0 at 100,90 ranges",
        "h1 q5 d8 w2,0 start",     "h2 q5 d8 w2,0 bshd",
    };
    struct sample first = sample_open(problems[0], 1);
    oriel_plan *plan = plan_of(&first.problem, ROW);
    layer_reset();
    for (size_t n = 0; n < sizeof problems / sizeof problems[0]; n++) {
        struct sample s = sample_open(problems[n], 1);
        oriel_plan *other = plan_of(&s.problem, ROW);
        attend_rightly(&s, other);
        oriel_plan_destroy(other);
        sample_close(&s);
    }
    ck_assert_int_ge(layer_count("clEnqueueNDRangeKernel"), 6);
    ck_assert_int_eq(layer_count("clBuildProgram"), 0);
    ck_assert_int_eq(layer_count("clCreateProgramWithSource"), 0);
    oriel_plan_destroy(plan);
    sample_close(&first);
}
END_TEST

START_TEST(explain_compiles_and_runs_nothing)
{
    oriel_context *context = NULL;
    struct sample s = sample_open("h8 q4096 d64 w64,64", 1);
    must(oriel_context_create(
        &context,
        ORIEL_CONTEXT_DESC(.context = fixture()->cl, .cache_dir = "")));
    layer_reset();
    must(oriel_explain(context, &s.problem, NULL, NULL, NULL));
    ck_assert_int_eq(layer_count("clBuildProgram"), 0);
    ck_assert_int_eq(layer_count("clEnqueueNDRangeKernel"), 0);
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

int main(void)
{
    layer_open();
    TCase *tc = tcase_create("decode");
    tcase_add_test(tc, the_counters_count);
    tcase_add_loop_test(tc, two_hundred_steps_make_nothing_but_launches, 0, 2);
    tcase_add_test(tc, other_numbers_build_no_program);
    tcase_add_test(tc, explain_compiles_and_runs_nothing);
    return run_tests(tc, "fault/decode");
}
