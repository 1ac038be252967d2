/* test_threads.c: threads that share a plan, a context, or nothing but the
 * device. */
#include "fixture.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, CALLS = 200 };

/* Where a call has its out: in a buffer of its own, in the caller's memory, or
 * there but not as aligned as the problem asks of buffers, so in a copy. */
enum memory { DEVICE_MEMORY, HOST_MEMORY, ODD_HOST_MEMORY };

/* What one thread works with, and what became of it. Check's macros are for
 * the main thread alone. */
struct worker {
    pthread_t thread;
    struct sample sample;
    struct uploaded device;
    cl_command_queue queue;
    oriel_plan *plan;
    void *serial; /* out, as one thread alone computes it */
    char *outs;   /* one for each call: a launch with the arguments of another
                     thread leaves one unwritten */
    char *room;   /* where they lie */
    cl_mem out;
    enum memory on;
    int failed, wrong;
    char why[300]; /* the first failure */
};

static size_t out_bytes(const struct worker *w)
{
    return w->sample.array[SAMPLE_OUT].bytes;
}

static void open_worker(struct worker *w, uint64_t seed, oriel_plan *plan)
{
    w->sample = sample_open("b2 h4/2 q33 k50 d8 w11,4", seed);
    w->plan = plan ? plan : plan_of(&w->sample.problem, ROW);
    attend_rightly(&w->sample, w->plan);
    w->serial = malloc(out_bytes(w));
    memcpy(w->serial, w->sample.array[SAMPLE_OUT].at, out_bytes(w));
    w->room = calloc(1, CALLS * out_bytes(w) + 4);
    w->outs = w->room + (w->on == ODD_HOST_MEMORY ? 4 : 0);
    w->out = buffer_of(w->outs, CALLS * out_bytes(w));
    w->device = upload(&w->sample);
    w->device.call.out.mem = w->out;
    w->queue = clCreateCommandQueue(fixture()->cl, fixture()->id, 0, NULL);
}

static void note_status(struct worker *w, oriel_status status)
{
    if (status != ORIEL_OK && w->failed++ == 0)
        snprintf(w->why, sizeof w->why, "%s", oriel_last_error()->message);
}

static void note_out(struct worker *w, size_t n)
{
    w->wrong +=
        memcmp(w->serial, w->outs + n * out_bytes(w), out_bytes(w)) != 0;
}

static void *attend_often(void *user)
{
    struct worker *w = user;
    oriel_call c = w->sample.call;
    for (size_t n = 0; n < CALLS; n++) {
        c.out.pointer = w->outs + n * out_bytes(w);
        note_status(w, oriel_attend(w->plan, &c));
        note_out(w, n); /* at once: what comes late is wrong */
    }
    return NULL;
}

static void *enqueue_often(void *user)
{
    struct worker *w = user;
    oriel_call c = w->device.call;
    for (size_t n = 0; n < CALLS; n++) {
        c.out.offset = n * out_bytes(w);
        note_status(w, oriel_enqueue(w->plan, w->queue, &c, 0, NULL, NULL));
    }
    clEnqueueReadBuffer(w->queue, w->out, CL_TRUE, 0, CALLS * out_bytes(w),
                        w->outs, 0, NULL, NULL);
    for (size_t n = 0; n < CALLS; n++)
        note_out(w, n);
    return NULL;
}

static void run_workers(bool shared, enum memory on)
{
    static struct worker worker[THREADS];
    struct sample s = sample_open("b2 h4/2 q33 k50 d8 w11,4", 1);
    oriel_plan *plan = shared ? plan_of(&s.problem, ROW) : NULL;
    for (int n = 0; n < THREADS; n++) {
        worker[n] = (struct worker) {.on = on};
        open_worker(&worker[n], 100 + (uint64_t)n, plan);
    }
    for (int n = 0; n < THREADS; n++)
        pthread_create(&worker[n].thread, NULL,
                       on == DEVICE_MEMORY ? enqueue_often : attend_often,
                       &worker[n]);
    for (int n = 0; n < THREADS; n++)
        pthread_join(worker[n].thread, NULL);
    for (int n = 0; n < THREADS; n++) {
        struct worker *w = &worker[n];
        ck_assert_msg(w->failed == 0, "%d calls failed: %s", w->failed, w->why);
        ck_assert_msg(w->wrong == 0, "thread %d: %d wrong", n, w->wrong);
        clReleaseCommandQueue(w->queue);
        release(&w->device);
        clReleaseMemObject(w->out);
        free(w->serial);
        free(w->room);
        if (!shared)
            oriel_plan_destroy(w->plan);
        sample_close(&w->sample);
    }
    oriel_plan_destroy(plan);
    sample_close(&s);
}

START_TEST(threads_may_share_a_plan)
{
    run_workers(true, DEVICE_MEMORY);
}
END_TEST

START_TEST(plans_of_one_text_do_not_share_arguments)
{
    run_workers(false, DEVICE_MEMORY);
}
END_TEST

START_TEST(threads_may_attend_through_one_plan)
{
    run_workers(true, HOST_MEMORY);
}
END_TEST

START_TEST(threads_may_attend_into_memory_of_any_alignment)
{
    run_workers(true, ODD_HOST_MEMORY);
}
END_TEST

/* ---- Contexts ----------------------------------------------------------- */

enum { CONTEXTS = 4, ROUNDS = 5 };

struct owner {
    pthread_t thread;
    oriel_context *shared; /* NULL: one of its own */
    struct sample sample;
    char why[300];
};

static void note(struct owner *o, const char *step)
{
    if (!o->why[0])
        snprintf(o->why, sizeof o->why, "%s: %s", step,
                 oriel_last_error()->message);
}

static void *begin_and_end(void *user)
{
    struct owner *o = user;
    oriel_context *context = o->shared;
    oriel_plan *plan = NULL;
    if (!context &&
        oriel_context_create(&context, ORIEL_CONTEXT_DESC(.cache_dir = "")) !=
            ORIEL_OK)
        note(o, "context");
    else if (oriel_plan_create(&plan, context, &o->sample.problem,
                               ORIEL_PLAN_OPTIONS(.plan_text = ROW)) !=
             ORIEL_OK)
        note(o, "plan");
    else if (oriel_attend(plan, &o->sample.call) != ORIEL_OK)
        note(o, "attend");
    oriel_plan_destroy(plan);
    if (!o->shared)
        oriel_context_destroy(context);
    return NULL;
}

static void run_owners(oriel_context *shared)
{
    struct owner owner[CONTEXTS];
    for (int n = 0; n < CONTEXTS; n++) {
        owner[n] = (struct owner) {.shared = shared};
        owner[n].sample = sample_open("h4 q20 d8 w5,0", (uint64_t)n);
    }
    for (int n = 0; n < CONTEXTS; n++)
        pthread_create(&owner[n].thread, NULL, begin_and_end, &owner[n]);
    for (int n = 0; n < CONTEXTS; n++)
        pthread_join(owner[n].thread, NULL);
    for (int n = 0; n < CONTEXTS; n++) {
        ck_assert_msg(owner[n].why[0] == 0, "%s", owner[n].why);
        ck_assert_msg(sample_is_right(&owner[n].sample), "%s",
                      owner[n].sample.why);
        sample_close(&owner[n].sample);
    }
}

START_TEST(every_thread_may_have_a_context)
{
    for (int round = 0; round < ROUNDS; round++)
        run_owners(NULL);
}
END_TEST

START_TEST(threads_may_plan_in_one_context)
{
    for (int round = 0; round < ROUNDS; round++) {
        oriel_context *context = NULL;
        must(oriel_context_create(&context,
                                  ORIEL_CONTEXT_DESC(.cache_dir = "")));
        run_owners(context);
        oriel_context_destroy(context);
    }
}
END_TEST

int main(void)
{
    if (left_out_on(INTERPRETER, "it aborts when two queues run at a time"))
        return ALL_LEFT_OUT;
    TCase *tc = tcase_create("threads");
    tcase_add_test(tc, threads_may_share_a_plan);
    tcase_add_test(tc, plans_of_one_text_do_not_share_arguments);
    tcase_add_test(tc, threads_may_attend_through_one_plan);
    tcase_add_test(tc, threads_may_attend_into_memory_of_any_alignment);
    tcase_add_test(tc, every_thread_may_have_a_context);
    tcase_add_test(tc, threads_may_plan_in_one_context);
    return run_tests(tc, "api/threads");
}
