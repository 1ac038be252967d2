/* test_enqueue.c: calls on the caller's queue: events, queues of both kinds,
 * offsets, sub-buffers, parts of a plan. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cl_command_queue queue_of(cl_command_queue_properties properties)
{
    cl_int code;
    cl_command_queue queue =
        clCreateCommandQueue(fixture()->cl, fixture()->id, properties, &code);
    return code == CL_SUCCESS ? queue : NULL;
}

static cl_int status_of(cl_event event)
{
    cl_int status = 1;
    ck_assert_int_eq(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS,
                                    sizeof status, &status, NULL),
                     CL_SUCCESS);
    return status;
}

/* Runs one call of a sample on a queue and asserts that it is right. workspace
 * is brought where the plan wants it. */
static void enqueue_rightly(struct sample *s, const oriel_plan *plan,
                            cl_command_queue queue)
{
    sample_mark(s);
    struct uploaded u = upload(s);
    const size_t bytes = oriel_plan_workspace(plan);
    if (bytes > 0)
        u.call.workspace.mem = buffer_of(NULL, bytes);
    must(oriel_enqueue(plan, queue, &u.call, 0, NULL, NULL));
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    download(s, &u, fixture()->queue);
    ck_assert_msg(is_right(s, plan), "%s", s->why);
    if (bytes > 0)
        clReleaseMemObject(u.call.workspace.mem);
    release(&u);
}

/* ---- Queues and events -------------------------------------------------- */

/* More than 65535 groups along an axis: several launches, which have an order
 * among themselves only by the queue or by events. */
#define LONG_GRID "b3 h1 q70000 k3 d1 w1,0"

START_TEST(both_kinds_of_queue_work)
{
    static const char *const cases[][2] = {
        {"h2/1 q9 k20 d8 w5,1 lse", ROW},
        {"h2 q9 k200 d8 w150,0 lse", "row g16 k64"},
        {LONG_GRID, "row g1 k0"},
    };
    if (_i == 2 && left_out_on(INTERPRETER, TOO_MANY))
        return;
    struct sample s = sample_open(cases[_i][0], 1);
    oriel_plan *plan = plan_of(&s.problem, cases[_i][1]);
    enqueue_rightly(&s, plan, fixture()->queue);

    cl_command_queue queue = queue_of(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    if (queue) {
        enqueue_rightly(&s, plan, queue);
        clReleaseCommandQueue(queue);
    }
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* The event is that of the last launch: when it has come, all is there. */
START_TEST(done_comes_after_the_last_launch)
{
    if (_i == 1 && left_out_on(INTERPRETER, TOO_MANY))
        return;
    cl_command_queue queue = queue_of(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    struct sample s = sample_open(_i ? LONG_GRID : "h2 q9 k200 d8 w150,0", 1);
    oriel_plan *plan = plan_of(&s.problem, _i ? "row g1 k0" : "row g16 k64");
    struct uploaded u = upload(&s);
    const size_t bytes = oriel_plan_workspace(plan);
    if (bytes > 0)
        u.call.workspace.mem = buffer_of(NULL, bytes);
    cl_event done = NULL;
    must(oriel_enqueue(plan, queue ? queue : fixture()->queue, &u.call, 0, NULL,
                       &done));
    ck_assert_ptr_nonnull(done);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    ck_assert_int_eq(status_of(done), CL_COMPLETE);
    download(&s, &u, fixture()->queue);
    ck_assert_msg(is_right(&s, plan), "%s", s.why);
    clReleaseEvent(done);
    if (bytes > 0)
        clReleaseMemObject(u.call.workspace.mem);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
    if (queue)
        clReleaseCommandQueue(queue);
}
END_TEST

/* The inputs arrive only when the caller lets the first event come. */
START_TEST(a_call_waits_for_its_list)
{
    cl_command_queue queue = queue_of(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    cl_int code;
    cl_event gate = clCreateUserEvent(fixture()->cl, &code);
    if (!queue || code != CL_SUCCESS)
        return;
    struct sample s = sample_open("h2 q9 k200 d8 w150,0", 1);
    oriel_plan *plan = plan_of(&s.problem, "row g16 k64");
    struct uploaded u = upload(&s);
    u.call.workspace.mem = buffer_of(NULL, oriel_plan_workspace(plan));
    const int32_t nan = -1; /* the bits of one */
    cl_event wait[SAMPLE_OUT] = {NULL};
    for (int n = 0; n < SAMPLE_OUT; n++) {
        ck_assert_int_eq(clEnqueueFillBuffer(fixture()->queue, u.mem[n], &nan,
                                             4, 0, s.array[n].bytes, 0, NULL,
                                             NULL),
                         CL_SUCCESS);
        clFinish(fixture()->queue);
        ck_assert_int_eq(clEnqueueWriteBuffer(queue, u.mem[n], CL_FALSE, 0,
                                              s.array[n].bytes, s.array[n].at,
                                              1, &gate, &wait[n]),
                         CL_SUCCESS);
    }
    cl_event done = NULL;
    must(oriel_enqueue(plan, queue, &u.call, SAMPLE_OUT, wait, &done));
    if (!is_on(INTERPRETER)) /* which waits there, for ever */
        clFlush(queue);
    ck_assert_int_ne(status_of(done), CL_COMPLETE);

    clSetUserEventStatus(gate, CL_COMPLETE);
    clWaitForEvents(1, &done);
    download(&s, &u, fixture()->queue);
    ck_assert_msg(is_right(&s, plan), "%s", s.why);
    for (int n = 0; n < SAMPLE_OUT; n++)
        clReleaseEvent(wait[n]);
    clReleaseEvent(gate);
    clReleaseEvent(done);
    clReleaseMemObject(u.call.workspace.mem);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
    clReleaseCommandQueue(queue);
}
END_TEST

START_TEST(a_plan_may_be_destroyed_before_its_call_runs)
{
    struct sample s =
        sample_open(is_on(INTERPRETER) ? "h2/1 q30 k30 d8 w15,1"
                                       : "h2/1 q900 k900 d8 w500,1",
                    1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    struct uploaded u = upload(&s);
    must(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, NULL));
    oriel_plan_destroy(plan);
    clFinish(fixture()->queue);
    download(&s, &u, fixture()->queue);
    ck_assert_msg(sample_is_right(&s), "%s", s.why);
    release(&u);
    sample_close(&s);
}
END_TEST

START_TEST(a_wrong_queue_or_list_is_refused)
{
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    struct uploaded u = upload(&s);
    cl_event done = NULL, event = NULL;
    clEnqueueMarkerWithWaitList(fixture()->queue, 0, NULL, &event);

    refused(oriel_enqueue(NULL, fixture()->queue, &u.call, 0, NULL, &done),
            ORIEL_E_ARGUMENT, "plan is NULL");
    refused(oriel_attend(NULL, &s.call), ORIEL_E_ARGUMENT, "plan is NULL");
    refused(oriel_enqueue(plan, NULL, &u.call, 0, NULL, &done),
            ORIEL_E_ARGUMENT, "queue is NULL");
    refused(oriel_enqueue(plan, fixture()->queue, &u.call, 1, NULL, &done),
            ORIEL_E_ARGUMENT, "wait is NULL");
    refused(oriel_enqueue(plan, fixture()->queue, &u.call, 0, &event, &done),
            ORIEL_E_ARGUMENT, "wait_count is 0");

    cl_context other =
        clCreateContext(NULL, 1, &fixture()->id, NULL, NULL, NULL);
    cl_command_queue foreign =
        clCreateCommandQueue(other, fixture()->id, 0, NULL);
    refused(oriel_enqueue(plan, foreign, &u.call, 0, NULL, &done),
            ORIEL_E_ARGUMENT, "queue belongs to another cl_context");
    cl_mem mem = clCreateBuffer(other, CL_MEM_READ_WRITE, 65536, NULL, NULL);
    u.call.k.mem = mem;
    refused(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, &done),
            ORIEL_E_ARGUMENT, "k.mem belongs to another cl_context");
    u.call.k.mem = u.mem[SAMPLE_K];
    ck_assert_ptr_null(done);

    clReleaseMemObject(mem);
    clReleaseCommandQueue(foreign);
    clReleaseContext(other);
    clReleaseEvent(event);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

START_TEST(an_image_is_no_buffer)
{
    const cl_image_format format = {CL_RGBA, CL_FLOAT};
    const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D,
                                .image_width = 64,
                                .image_height = 64};
    cl_int code;
    cl_mem image = clCreateImage(fixture()->cl, CL_MEM_READ_WRITE, &format,
                                 &desc, NULL, &code);
    if (code != CL_SUCCESS)
        return; /* a device without images */
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    struct uploaded u = upload(&s);
    u.call.v.mem = image;
    refused(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, NULL),
            ORIEL_E_ARGUMENT, "v.mem is no buffer");
    clReleaseMemObject(image);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* ---- Where buffers lie -------------------------------------------------- */

/* All arrays in one buffer, each so many bytes behind a multiple of 8192. */
static void run_at_offset(struct sample *s, const oriel_plan *plan,
                          uint64_t offset)
{
    enum { ROOM = 8192 };
    const size_t room = ROOM * SAMPLE_ARRAYS;
    unsigned char *before = malloc(room), *after = malloc(room);
    sample_mark(s);
    memset(before, 0xff, room); /* NaN */
    oriel_call call = s->call;
    oriel_buffer *const buffer[SAMPLE_ARRAYS] = {
        &call.q,   &call.k,         &call.v,      &call.out,
        &call.lse, &call.key_begin, &call.key_end};
    for (int n = 0; n < SAMPLE_ARRAYS; n++) {
        *buffer[n] = (oriel_buffer) {.offset = (uint64_t)n * ROOM + offset};
        ck_assert_uint_lt(s->array[n].bytes + offset, ROOM);
        memcpy(before + buffer[n]->offset, s->array[n].at, s->array[n].bytes);
    }
    cl_mem mem = buffer_of(before, room);
    for (int n = 0; n < SAMPLE_ARRAYS; n++)
        buffer[n]->mem = mem;
    must(oriel_enqueue(plan, fixture()->queue, &call, 0, NULL, NULL));
    clEnqueueReadBuffer(fixture()->queue, mem, CL_TRUE, 0, room, after, 0, NULL,
                        NULL);
    for (int n = SAMPLE_OUT; n <= SAMPLE_LSE; n++) {
        memcpy(s->array[n].at, after + buffer[n]->offset, s->array[n].bytes);
        memcpy(after + buffer[n]->offset, before + buffer[n]->offset,
               s->array[n].bytes);
    }
    ck_assert_msg(is_right(s, plan), "offset %d: %s", (int)offset, s->why);
    ck_assert_mem_eq(before, after, room); /* nothing else was written */
    clReleaseMemObject(mem);
    free(before);
    free(after);
}

START_TEST(a_buffer_may_begin_anywhere)
{
    static const struct {
        const char *problem, *plan;
        uint64_t least;
    } cases[] = {
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges off4", ROW, 4},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges off4", NULL, 4},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges f16 off2", ROW, 4},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges", ROW, 16},
    };
    static const uint64_t offsets[] = {0, 4, 64, 128, 4096, 4100, 16};
    struct sample s = sample_open(cases[_i].problem, 1);
    oriel_plan *plan = plan_of(&s.problem, cases[_i].plan);
    for (size_t n = 0; n < sizeof offsets / sizeof offsets[0]; n++)
        if (offsets[n] % cases[_i].least == 0)
            run_at_offset(&s, plan, offsets[n]);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

START_TEST(gaps_between_rows_of_out_are_kept)
{
    /* The sample marks them before the call and looks at them afterwards. */
    static const char *const problems[] = {
        "b2 h2 q9 d8 w3,0 os:500,200,17,1 lse",
        "b2 h2 q9 d8 w3,0 os:16,500,40,1",
        "b2 h2 q9 d8 w3,0 os:2000,500,1,50",
    };
    static const char *const plans[] = {ROW, ROW, ROW " strided"};
    struct sample s = sample_open(problems[_i], 1);
    oriel_plan *plan = plan_of(&s.problem, plans[_i]);
    enqueue_rightly(&s, plan, fixture()->queue);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* ---- Parts of a plan ---------------------------------------------------- */

START_TEST(a_call_may_bring_fewer_rows_at_other_positions)
{
    static const int64_t parts[][4] = {
        {9, 40, 0, 0},       {1, 40, 0, 0},       {1, 1, 0, 0},   {5, 17, 0, 0},
        {9, 40, 1000, 1003}, {7, 33, -500, -480}, {9, 2, 0, 100},
    };
    static const char *const problems[] = {
        "b2 h2/1 q9 k40 d8 w12,3 lse",
        "b2 h2/1 q9 k40 d8 w12,3 start lse",
        "b2 h2/1 q9 k40 d8 w12,3 lse ranges at 30,4",
    };
    oriel_plan *plan = NULL;
    for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
        const int64_t *part = parts[n];
        struct sample s = sample_open_part(problems[_i], 1 + n, part[0],
                                           part[1], part[2], part[3]);
        if (!plan)
            plan = plan_of(&s.problem, ROW);
        enqueue_rightly(&s, plan, fixture()->queue);
        sample_close(&s);
    }
    oriel_plan_destroy(plan);
}
END_TEST

/* Of the last rows nothing lies behind the end of a buffer. */
START_TEST(the_last_rows_need_no_more_memory_than_there_is)
{
    struct sample s = sample_open("b2 h2/1 q9 k40 d8 w12,3 lse", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    struct uploaded u = upload(&s);
    enum { FIRST = 6, ROW_BYTES = 8 * 4 };
    oriel_call c = u.call;
    c.queries = 9 - FIRST;
    c.q.offset = c.out.offset = FIRST * ROW_BYTES;
    c.lse.offset = FIRST * 4;
    must(oriel_enqueue(plan, fixture()->queue, &c, 0, NULL, NULL));
    c.lse.offset += 4;
    refused(oriel_enqueue(plan, fixture()->queue, &c, 0, NULL, NULL),
            ORIEL_E_ARGUMENT, "lse.mem");
    c.lse.offset -= 4;
    c.q.offset += ROW_BYTES;
    refused(oriel_enqueue(plan, fixture()->queue, &c, 0, NULL, NULL),
            ORIEL_E_ARGUMENT, "q.mem");
    clFinish(fixture()->queue);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* begin without mem is 0, end without mem is keys. */
START_TEST(one_key_limit_alone_is_enough)
{
    struct sample s = sample_open("b3 h2/1 q9 k40 d8 w12,3 lse ranges", 4);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    void *const end = s.call.key_end.pointer;

    s.call.key_end.pointer = NULL;
    attend_rightly(&s, plan);
    s.call.key_end.pointer = end;
    s.call.key_begin.pointer = NULL;
    attend_rightly(&s, plan);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("enqueue");
    tcase_add_loop_test(tc, both_kinds_of_queue_work, 0, 3);
    tcase_add_loop_test(tc, done_comes_after_the_last_launch, 0, 2);
    tcase_add_test(tc, a_call_waits_for_its_list);
    tcase_add_test(tc, a_plan_may_be_destroyed_before_its_call_runs);
    tcase_add_test(tc, a_wrong_queue_or_list_is_refused);
    tcase_add_test(tc, an_image_is_no_buffer);
    tcase_add_loop_test(tc, a_buffer_may_begin_anywhere, 0, 4);
    tcase_add_loop_test(tc, gaps_between_rows_of_out_are_kept, 0, 3);
    tcase_add_loop_test(tc, a_call_may_bring_fewer_rows_at_other_positions, 0,
                        3);
    tcase_add_test(tc, the_last_rows_need_no_more_memory_than_there_is);
    tcase_add_test(tc, one_key_limit_alone_is_enough);
    return run_tests(tc, "api/enqueue");
}
