/* fixture.c: a device, a context, and how to say what a call should do. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cl_device_id fixture_pick(void)
{
    enum { MOST = 16 };
    const char *wanted = getenv("ORIEL_DEVICE");
    cl_platform_id platforms[MOST];
    cl_uint count = 0;
    clGetPlatformIDs(MOST, platforms, &count);
    for (cl_uint n = 0; n < count; n++) {
        cl_device_id ids[MOST];
        cl_uint found = 0;
        if (clGetDeviceIDs(platforms[n], CL_DEVICE_TYPE_ALL, MOST, ids,
                           &found) != CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < found && d < MOST; d++) {
            char name[256] = "", platform[256] = "";
            clGetDeviceInfo(ids[d], CL_DEVICE_NAME, sizeof name, name, NULL);
            clGetPlatformInfo(platforms[n], CL_PLATFORM_NAME, sizeof platform,
                              platform, NULL);
            if (!wanted || strstr(name, wanted) || strstr(platform, wanted))
                return ids[d];
        }
    }
    fprintf(stderr, "no OpenCL device was found\n");
    exit(EXIT_FAILURE);
}

const struct fixture *fixture(void)
{
    static struct fixture f;
    if (f.oriel)
        return &f;
    f.id = fixture_pick();
    f.cl = clCreateContext(NULL, 1, &f.id, NULL, NULL, NULL);
    f.queue = clCreateCommandQueue(f.cl, f.id, 0, NULL);
    must(oriel_context_create(
        &f.oriel, ORIEL_CONTEXT_DESC(.context = f.cl, .cache_dir = "")));
    return &f;
}

bool is_on(const char *platform)
{
    char name[256] = "";
    cl_platform_id id = NULL;
    clGetDeviceInfo(fixture_pick(), CL_DEVICE_PLATFORM, sizeof id, &id, NULL);
    clGetPlatformInfo(id, CL_PLATFORM_NAME, sizeof name, name, NULL);
    return strstr(name, platform) != NULL;
}

bool left_out_on(const char *platform, const char *why)
{
    if (!is_on(platform))
        return false;
    printf("left out on %s: %s\n", platform, why);
    return true;
}

bool left_out_off(const char *platform, const char *why)
{
    if (is_on(platform))
        return false;
    printf("left out but on %s: %s\n", platform, why);
    return true;
}

/* ---- Statuses ----------------------------------------------------------- */

void fixture_must(oriel_status status, const char *call)
{
    ck_assert_msg(status == ORIEL_OK, "%s: %s, %s", call,
                  oriel_status_name(status), oriel_last_error()->message);
}

void fixture_refused(oriel_status got, oriel_status wanted, const char *words,
                     const char *call)
{
    const oriel_error *last = oriel_last_error();
    ck_assert_msg(got == wanted, "%s: %s instead of %s, %s", call,
                  oriel_status_name(got), oriel_status_name(wanted),
                  got == ORIEL_OK ? "" : last->message);
    ck_assert_msg(last->status == wanted, "%s: the last error says %s", call,
                  oriel_status_name(last->status));
    ck_assert_msg(strstr(last->message, words) != NULL,
                  "%s: \"%s\" does not speak of \"%s\"", call, last->message,
                  words);
}

/* ---- Plans and calls ---------------------------------------------------- */

oriel_plan *plan_of(const oriel_problem *problem, const char *text)
{
    oriel_plan *plan = NULL;
    must(oriel_plan_create(&plan, fixture()->oriel, problem,
                           ORIEL_PLAN_OPTIONS(.plan_text = text)));
    ck_assert_ptr_nonnull(plan);
    return plan;
}

cl_mem buffer_of(const void *bytes, size_t size)
{
    cl_int code;
    cl_mem mem =
        clCreateBuffer(fixture()->cl, CL_MEM_READ_WRITE, size, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    if (bytes)
        code = clEnqueueWriteBuffer(fixture()->queue, mem, CL_TRUE, 0, size,
                                    bytes, 0, NULL, NULL);
    ck_assert_int_eq(code, CL_SUCCESS);
    /* Without this, what was uploaded last overwrote a result of another queue
     * in 9 of 67 runs on Intel's CPU runtime, though its write was blocking. */
    if (bytes)
        ck_assert_int_eq(clFinish(fixture()->queue), CL_SUCCESS);
    return mem;
}

/* The buffers of a call by enum sample_array. */
static void point(oriel_call *call, const cl_mem mem[SAMPLE_ARRAYS])
{
    oriel_buffer *const buffer[SAMPLE_ARRAYS] = {
        &call->q,   &call->k,         &call->v,      &call->out,
        &call->lse, &call->key_begin, &call->key_end};
    for (int n = 0; n < SAMPLE_ARRAYS; n++)
        *buffer[n] = (oriel_buffer) {.mem = mem[n]};
}

struct uploaded upload(const struct sample *s)
{
    struct uploaded u = {.call = s->call};
    for (int n = 0; n < SAMPLE_ARRAYS; n++)
        if (s->array[n].at)
            u.mem[n] = buffer_of(s->array[n].at, s->array[n].bytes);
    point(&u.call, u.mem);
    return u;
}

void release(struct uploaded *u)
{
    for (int n = 0; n < SAMPLE_ARRAYS; n++)
        if (u->mem[n])
            clReleaseMemObject(u->mem[n]);
}

void download(struct sample *s, const struct uploaded *u,
              cl_command_queue queue)
{
    for (int n = SAMPLE_OUT; n <= SAMPLE_LSE; n++)
        if (s->array[n].at)
            ck_assert_int_eq(clEnqueueReadBuffer(queue, u->mem[n], CL_TRUE, 0,
                                                 s->array[n].bytes,
                                                 s->array[n].at, 0, NULL, NULL),
                             CL_SUCCESS);
}

bool is_right(struct sample *s, const oriel_plan *plan)
{
    char text[256];
    oriel_plan_text(plan, text, sizeof text);
    sample_by(s, text);
    return sample_is_right(s);
}

void attend_rightly(struct sample *s, const oriel_plan *plan)
{
    sample_mark(s);
    must(oriel_attend(plan, &s->call));
    ck_assert_msg(is_right(s, plan), "%s", s->why);
}

int run_tests(TCase *tests, const char *name)
{
    setenv("CK_FORK", "no", 0);
    /* A line as each test ends: a driver that crashes takes what is printed at
     * the end with it. */
    setenv("CK_LOG_FILE_NAME", "-", 0);
    return suite_run(tests, name);
}
