/* test_objects.c: OpenCL objects are released, each once, however often
 * contexts come and go and in whatever order. */
#include "attempt.h"
#include "layer.h"

#include <pthread.h>

enum { ROUNDS = 20 };

START_TEST(contexts_come_and_go_without_growth)
{
    const bool named = _i;
    layer_reset();
    const long before = layer_live();
    for (int n = 0; n < ROUNDS; n++) {
        const struct attempt a = attempt("", ROW, named);
        ck_assert_msg(a.status == ORIEL_OK && a.right, "round %d: %s", n,
                      a.error.message);
        ck_assert_msg(layer_live() == before, "round %d: %s", n,
                      layer_live_text());
    }
    ck_assert_int_ge(layer_count("clBuildProgram"), ROUNDS);
    ck_assert_int_ge(layer_count("clEnqueueNDRangeKernel"), ROUNDS);
}
END_TEST

/* The OpenCL context is destroyed and made again, often at the same address. */
START_TEST(a_new_context_at_an_old_address_has_its_own_programs)
{
    const long before = layer_live();
    cl_context last = NULL;
    int reused = 0;
    for (int n = 0; n < ROUNDS; n++) {
        cl_context cl =
            clCreateContext(NULL, 1, &fixture()->id, NULL, NULL, NULL);
        reused += cl == last;
        last = cl;
        oriel_context *context = NULL;
        oriel_plan *plan = NULL;
        struct sample s = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
        must(oriel_context_create(
            &context, ORIEL_CONTEXT_DESC(.context = cl, .cache_dir = "")));
        clReleaseContext(cl);
        must(oriel_plan_create(&plan, context, &s.problem,
                               ORIEL_PLAN_OPTIONS(.plan_text = ROW)));
        oriel_context_destroy(context); /* before its plan */
        attend_rightly(&s, plan);
        oriel_plan_destroy(plan);
        sample_close(&s);
        ck_assert_msg(layer_live() == before, "round %d: %s", n,
                      layer_live_text());
    }
    (void)reused; /* up to the allocator */
}
END_TEST

START_TEST(plans_of_one_program_share_no_kernel)
{
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1", 1);
    oriel_plan *plan[4];
    plan[0] = plan_of(&s.problem, ROW);
    const long before = layer_live();
    layer_reset();
    for (int n = 1; n < 4; n++)
        plan[n] = plan_of(&s.problem, ROW);
    ck_assert_int_eq(layer_count("clBuildProgram"), 0);
    ck_assert_int_eq(layer_count("clCreateKernel"), 3);
    ck_assert_int_eq(layer_live(), before + 3);
    for (int n = 1; n < 4; n++)
        oriel_plan_destroy(plan[n]);
    ck_assert_int_eq(layer_live(), before);
    oriel_plan_destroy(plan[0]);
    sample_close(&s);
}
END_TEST

struct planner {
    pthread_t thread;
    oriel_context *context;
    const oriel_problem *problem;
    oriel_plan *plan;
    oriel_status status;
};

static void *make_plan(void *user)
{
    struct planner *p = user;
    p->status = oriel_plan_create(&p->plan, p->context, p->problem,
                                  ORIEL_PLAN_OPTIONS(.plan_text = ROW));
    return NULL;
}

START_TEST(threads_that_want_one_program_build_it_once)
{
    enum { THREADS = 8 };
    struct planner planner[THREADS];
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1", 1);
    oriel_context *context = NULL;
    must(oriel_context_create(
        &context,
        ORIEL_CONTEXT_DESC(.context = fixture()->cl, .cache_dir = "")));
    layer_reset();
    for (int n = 0; n < THREADS; n++) {
        planner[n] =
            (struct planner) {.context = context, .problem = &s.problem};
        pthread_create(&planner[n].thread, NULL, make_plan, &planner[n]);
    }
    for (int n = 0; n < THREADS; n++)
        pthread_join(planner[n].thread, NULL);
    ck_assert_int_eq(layer_count("clBuildProgram"), 1);
    for (int n = 0; n < THREADS; n++) {
        ck_assert_int_eq(planner[n].status, ORIEL_OK);
        oriel_plan_destroy(planner[n].plan);
    }
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

START_TEST(calls_leave_no_object)
{
    struct sample s = sample_open("h2 q9 k200 d8 w150,0 lse ranges", 1);
    oriel_plan *plan = plan_of(&s.problem, "row g16 k64");
    struct uploaded u = upload(&s);
    u.call.workspace.mem = buffer_of(NULL, oriel_plan_workspace(plan));
    cl_command_queue queue =
        clCreateCommandQueue(fixture()->cl, fixture()->id,
                             CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, NULL);
    const long before = layer_live();
    for (int n = 0; n < 3; n++) {
        cl_event done = NULL;
        attend_rightly(&s, plan);
        must(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, &done));
        if (queue)
            must(oriel_enqueue(plan, queue, &u.call, 1, &done, NULL));
        clFinish(queue ? queue : fixture()->queue);
        ck_assert_int_eq(layer_live(), before + 1);
        clReleaseEvent(done);
    }
    ck_assert_int_eq(layer_live(), before);
    if (queue)
        clReleaseCommandQueue(queue);
    clReleaseMemObject(u.call.workspace.mem);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

int main(void)
{
    layer_open();
    TCase *tc = tcase_create("objects");
    tcase_add_unchecked_fixture(tc, attempt_open, attempt_close);
    tcase_add_loop_test(tc, contexts_come_and_go_without_growth, 0, 2);
    tcase_add_test(tc, a_new_context_at_an_old_address_has_its_own_programs);
    tcase_add_test(tc, plans_of_one_program_share_no_kernel);
    tcase_add_test(tc, threads_that_want_one_program_build_it_once);
    tcase_add_test(tc, calls_leave_no_object);
    return run_tests(tc, "fault/objects");
}
