/* test_call.c: every rule of a call, broken one at a time, on device buffers
 * and on host memory: refused with a sentence that names the field, and
 * nothing is written. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEM "b2 h2/1 q9 k20 d8 v4 w5,1"

/* A call that is right in both forms, for tests to break. */
struct attempt {
    struct sample sample;
    struct uploaded device;
    oriel_plan *plan;
    oriel_call on_host, on_device;
};

static struct attempt open_attempt(const char *problem, const char *plan)
{
    struct attempt a = {.sample = sample_open(problem, 3)};
    a.plan = plan_of(&a.sample.problem, plan);
    a.device = upload(&a.sample);
    a.on_host = a.sample.call;
    a.on_device = a.device.call;
    return a;
}

static void close_attempt(struct attempt *a)
{
    release(&a->device);
    oriel_plan_destroy(a->plan);
    sample_close(&a->sample);
}

static void expect_host_refusal(struct attempt *a, const char *words)
{
    const size_t bytes = a->sample.array[SAMPLE_OUT].bytes;
    unsigned char *out = a->sample.array[SAMPLE_OUT].at;
    sample_mark(&a->sample);
    refused(oriel_attend(a->plan, &a->on_host), ORIEL_E_ARGUMENT, words);
    size_t written = 0;
    for (size_t n = 1; n < bytes; n++)
        written += out[n] != out[0];
    ck_assert_uint_eq(written, 0);
    a->on_host = a->sample.call;
}

static void expect_device_refusal(struct attempt *a, const char *words)
{
    cl_event *const untouched = (cl_event *)(uintptr_t)0x5a5a;
    cl_event done = (cl_event)untouched;
    refused(
        oriel_enqueue(a->plan, fixture()->queue, &a->on_device, 0, NULL, &done),
        ORIEL_E_ARGUMENT, words);
    ck_assert_ptr_eq(done, untouched);
    a->on_device = a->device.call;
}

/* ---- Rows and origins --------------------------------------------------- */

static const struct {
    size_t at;
    int64_t value;
    const char *words;
} numbers[] = {
    {offsetof(oriel_call, queries), 10, "queries"},
    {offsetof(oriel_call, queries), -1, "queries"},
    {offsetof(oriel_call, queries), INT64_MAX, "queries"},
    {offsetof(oriel_call, keys), 21, "keys"},
    {offsetof(oriel_call, keys), INT64_MIN, "keys"},
    {offsetof(oriel_call, query_origin), 1000000000, "query_origin"},
    {offsetof(oriel_call, query_origin), INT64_MAX, "query_origin"},
    {offsetof(oriel_call, query_origin), INT64_MIN, "query_origin"},
    {offsetof(oriel_call, key_origin), 1000000000, "key_origin"},
    {offsetof(oriel_call, key_origin), INT64_MIN, "key_origin"},
    {offsetof(oriel_call, key_origin), INT64_MAX, "key_origin"},
};

START_TEST(more_rows_than_planned_are_refused)
{
    struct attempt a = open_attempt(PROBLEM, ROW);
    memcpy((char *)&a.on_host + numbers[_i].at, &numbers[_i].value, 8);
    memcpy((char *)&a.on_device + numbers[_i].at, &numbers[_i].value, 8);
    expect_host_refusal(&a, numbers[_i].words);
    expect_device_refusal(&a, numbers[_i].words);
    close_attempt(&a);
}
END_TEST

/* ---- Extras and buffers ------------------------------------------------- */

static const struct {
    const char *name;
    size_t at;
} tensors[] = {
    {"q", offsetof(oriel_call, q)},
    {"k", offsetof(oriel_call, k)},
    {"v", offsetof(oriel_call, v)},
    {"out", offsetof(oriel_call, out)},
};

static oriel_buffer *buffer_at(oriel_call *call, size_t at)
{
    return (oriel_buffer *)(void *)((char *)call + at);
}

START_TEST(a_missing_tensor_is_refused)
{
    struct attempt a = open_attempt(PROBLEM, ROW);
    char words[32];
    snprintf(words, sizeof words, "%s is missing", tensors[_i].name);
    *buffer_at(&a.on_host, tensors[_i].at) = (oriel_buffer) {.offset = 0};
    *buffer_at(&a.on_device, tensors[_i].at) = (oriel_buffer) {.offset = 0};
    expect_host_refusal(&a, words);
    expect_device_refusal(&a, words);
    close_attempt(&a);
}
END_TEST

START_TEST(memory_of_the_other_kind_is_refused)
{
    struct attempt a = open_attempt(PROBLEM, ROW);
    const size_t at = tensors[_i].at;
    char words[32];

    /* Both at once, then the wrong one alone. */
    snprintf(words, sizeof words, "%s.mem", tensors[_i].name);
    buffer_at(&a.on_host, at)->mem = buffer_at(&a.on_device, at)->mem;
    expect_host_refusal(&a, words);
    buffer_at(&a.on_host, at)->mem = buffer_at(&a.on_device, at)->mem;
    buffer_at(&a.on_host, at)->pointer = NULL;
    expect_host_refusal(&a, words);

    snprintf(words, sizeof words, "%s.pointer", tensors[_i].name);
    buffer_at(&a.on_device, at)->pointer = &a;
    expect_device_refusal(&a, words);
    buffer_at(&a.on_device, at)->pointer = &a;
    buffer_at(&a.on_device, at)->mem = NULL;
    expect_device_refusal(&a, words);
    close_attempt(&a);
}
END_TEST

START_TEST(a_buffer_that_was_not_announced_is_refused)
{
    struct attempt a = open_attempt(PROBLEM, ROW);
    int32_t limits[2] = {0, 0};
    float lse[64];
    cl_mem mem = buffer_of(NULL, sizeof lse);

    a.on_host.lse.pointer = lse;
    expect_host_refusal(&a, "lse");
    a.on_host.key_begin.pointer = limits;
    expect_host_refusal(&a, "key_begin");
    a.on_host.key_end.pointer = limits;
    expect_host_refusal(&a, "key_end");

    a.on_device.lse.mem = mem;
    expect_device_refusal(&a, "lse");
    a.on_device.key_begin.mem = mem;
    expect_device_refusal(&a, "key_begin");
    a.on_device.key_end.mem = mem;
    expect_device_refusal(&a, "key_end");
    clReleaseMemObject(mem);
    close_attempt(&a);
}
END_TEST

START_TEST(an_announced_buffer_that_is_missing_is_refused)
{
    struct attempt a = open_attempt(PROBLEM " lse ranges", ROW);
    a.on_host.lse.pointer = NULL;
    expect_host_refusal(&a, "lse");
    a.on_host.key_begin.pointer = a.on_host.key_end.pointer = NULL;
    expect_host_refusal(&a, "key_begin and key_end");
    a.on_device.lse.mem = NULL;
    expect_device_refusal(&a, "lse");
    a.on_device.key_begin.mem = a.on_device.key_end.mem = NULL;
    expect_device_refusal(&a, "key_begin and key_end");
    close_attempt(&a);
}
END_TEST

START_TEST(a_workspace_that_is_missing_or_too_small_is_refused)
{
    struct attempt a = open_attempt("h2 q9 k200 d8 w150,0", "row g16 k64");
    const size_t bytes = oriel_plan_workspace(a.plan);
    cl_mem mem = buffer_of(NULL, bytes + 16);
    cl_mem less = buffer_of(NULL, bytes - 4);
    expect_device_refusal(&a, "workspace");
    a.on_device.workspace.mem = less;
    expect_device_refusal(&a, "workspace");
    a.on_device.workspace.mem = mem;
    a.on_device.workspace.offset = 32;
    expect_device_refusal(&a, "workspace");
    a.on_device.workspace.mem = mem;
    a.on_device.workspace.offset = 8;
    expect_device_refusal(&a, "workspace.offset");
    a.on_device.workspace.mem = a.on_device.out.mem;
    expect_device_refusal(&a, "workspace");

    a.on_device.workspace = (oriel_buffer) {.mem = mem, .offset = 16};
    must(oriel_enqueue(a.plan, fixture()->queue, &a.on_device, 0, NULL, NULL));
    clFinish(fixture()->queue); /* buffers are released next */
    must(oriel_attend(a.plan, &a.on_host));
    clReleaseMemObject(less);
    clReleaseMemObject(mem);
    close_attempt(&a);
}
END_TEST

/* ---- Places ------------------------------------------------------------- */

START_TEST(an_offset_that_is_no_multiple_is_refused)
{
    struct attempt a = open_attempt(PROBLEM, ROW);
    static const uint64_t offsets[] = {1, 4, 8, 15, 17, 24};
    char words[32];
    snprintf(words, sizeof words, "%s.offset", tensors[_i].name);
    for (size_t n = 0; n < sizeof offsets / sizeof offsets[0]; n++) {
        buffer_at(&a.on_host, tensors[_i].at)->offset = offsets[n];
        expect_host_refusal(&a, words);
        buffer_at(&a.on_device, tensors[_i].at)->offset = offsets[n];
        expect_device_refusal(&a, words);
    }
    close_attempt(&a);
}
END_TEST

START_TEST(other_offsets_are_multiples_of_an_element)
{
    struct attempt a = open_attempt(PROBLEM " lse ranges", ROW);
    a.on_host.lse.offset = 2;
    expect_host_refusal(&a, "lse.offset");
    a.on_device.lse.offset = 6;
    expect_device_refusal(&a, "lse.offset");
    a.on_host.key_begin.offset = 1;
    expect_host_refusal(&a, "key_begin.offset");
    a.on_device.key_end.offset = 3;
    expect_device_refusal(&a, "key_end.offset");
    close_attempt(&a);
}
END_TEST

START_TEST(an_odd_address_is_refused)
{
    struct attempt a = open_attempt(PROBLEM " lse ranges", ROW);
    unsigned char *odd = malloc(65536);
    memset(odd, 0, 65536);
    a.on_host.q.pointer = odd + 1;
    expect_host_refusal(&a, "q.pointer");
    a.on_host.out.pointer = odd + 2;
    expect_host_refusal(&a, "out.pointer");
    a.on_host.lse.pointer = odd + 3;
    expect_host_refusal(&a, "lse.pointer");
    a.on_host.key_end.pointer = odd + 2;
    expect_host_refusal(&a, "key_end.pointer");
    free(odd);
    close_attempt(&a);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_refused)
{
    struct attempt a = open_attempt(PROBLEM " lse ranges", ROW);
    oriel_buffer *const all[SAMPLE_ARRAYS] = {
        &a.on_device.q,      &a.on_device.k,   &a.on_device.v,
        &a.on_device.out,    &a.on_device.lse, &a.on_device.key_begin,
        &a.on_device.key_end};
    static const char *const names[SAMPLE_ARRAYS] = {
        "q.mem",   "k.mem",         "v.mem",      "out.mem",
        "lse.mem", "key_begin.mem", "key_end.mem"};
    for (int n = 0; n < SAMPLE_ARRAYS; n++) {
        const size_t bytes = a.sample.array[n].bytes;
        cl_mem less = buffer_of(NULL, bytes - 1);
        all[n]->mem = less;
        expect_device_refusal(&a, names[n]);
        clReleaseMemObject(less);

        /* Large enough, but not from its offset on. */
        cl_mem more = buffer_of(NULL, bytes + 15);
        all[n]->mem = more;
        all[n]->offset = 16;
        expect_device_refusal(&a, names[n]);
        all[n]->mem = more;
        all[n]->offset = UINT64_MAX - 15;
        expect_device_refusal(&a, names[n]);
        clReleaseMemObject(more);
    }
    close_attempt(&a);
}
END_TEST

/* ---- Overlap ------------------------------------------------------------ */

START_TEST(out_may_overlap_no_other_buffer)
{
    struct attempt a = open_attempt(PROBLEM " lse ranges", ROW);
    const size_t room = 16384;
    cl_mem all = buffer_of(NULL, room);
    unsigned char *host = aligned_alloc(64, room);
    const uint64_t bytes = a.sample.array[SAMPLE_OUT].bytes;

    /* By its last element, on either side. */
    a.on_device.q = (oriel_buffer) {.mem = all, .offset = 4096};
    a.on_device.out =
        (oriel_buffer) {.mem = all, .offset = 4096 - bytes / 16 * 16 + 16};
    expect_device_refusal(&a, "out overlaps q");
    a.on_device.k = (oriel_buffer) {.mem = all};
    a.on_device.out = (oriel_buffer) {.mem = all};
    expect_device_refusal(&a, "out overlaps k");
    a.on_device.lse = a.on_device.out;
    expect_device_refusal(&a, "overlaps");
    a.on_device.lse = a.on_device.v;
    expect_device_refusal(&a, "lse overlaps v");
    a.on_device.out = (oriel_buffer) {.mem = all};
    a.on_device.key_end = (oriel_buffer) {.mem = all, .offset = bytes - 4};
    expect_device_refusal(&a, "out overlaps key_end");

    a.on_host.v.pointer = host + 4096;
    a.on_host.out.pointer = host + 4096 - bytes / 16 * 16 + 16;
    expect_host_refusal(&a, "out overlaps v");
    a.on_host.key_begin.pointer = a.on_host.lse.pointer;
    expect_host_refusal(&a, "lse overlaps key_begin");

    /* Side by side is no overlap. */
    a.on_device.q = (oriel_buffer) {.mem = all, .offset = 4096};
    a.on_device.out = (oriel_buffer) {
        .mem = all, .offset = 4096 + a.sample.array[SAMPLE_Q].bytes};
    must(oriel_enqueue(a.plan, fixture()->queue, &a.on_device, 0, NULL, NULL));
    clFinish(fixture()->queue);
    free(host);
    clReleaseMemObject(all);
    close_attempt(&a);
}
END_TEST

START_TEST(sub_buffers_of_one_buffer_overlap_too)
{
    struct attempt a = open_attempt(PROBLEM, ROW);
    cl_uint align = 0;
    clGetDeviceInfo(fixture()->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof align,
                    &align, NULL);
    /* The second in the middle of the first; the third ends where it begins. */
    const size_t step = align / 8, half = (4096 / step + 1) * step;
    const size_t two = 2 * half;
    cl_mem all = buffer_of(NULL, half + two);
    const cl_buffer_region region[] = {{0, two}, {half, two}, {0, half}};
    cl_mem part[3];
    for (int n = 0; n < 3; n++) {
        cl_int code;
        part[n] = clCreateSubBuffer(all, 0, CL_BUFFER_CREATE_TYPE_REGION,
                                    &region[n], &code);
        ck_assert_int_eq(code, CL_SUCCESS);
    }

    a.on_device.k = (oriel_buffer) {.mem = part[0], .offset = half};
    a.on_device.out = (oriel_buffer) {.mem = part[1]};
    expect_device_refusal(&a, "out overlaps k");
    a.on_device.k = (oriel_buffer) {.mem = all, .offset = half};
    a.on_device.out = (oriel_buffer) {.mem = part[1]};
    expect_device_refusal(&a, "out overlaps k");

    /* Side by side is no overlap. Of sub-buffers that overlap, elsewhere too,
     * OpenCL leaves undefined what writes one and reads the other. */
    a.on_device.out = (oriel_buffer) {.mem = part[1]};
    a.on_device.k = (oriel_buffer) {.mem = part[2]};
    must(oriel_enqueue(a.plan, fixture()->queue, &a.on_device, 0, NULL, NULL));
    clFinish(fixture()->queue);
    for (int n = 0; n < 3; n++)
        clReleaseMemObject(part[n]);
    clReleaseMemObject(all);
    close_attempt(&a);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    TCase *tc = tcase_create("call");
    tcase_add_loop_test(tc, more_rows_than_planned_are_refused, 0,
                        COUNT(numbers));
    tcase_add_loop_test(tc, a_missing_tensor_is_refused, 0, COUNT(tensors));
    tcase_add_loop_test(tc, memory_of_the_other_kind_is_refused, 0,
                        COUNT(tensors));
    tcase_add_test(tc, a_buffer_that_was_not_announced_is_refused);
    tcase_add_test(tc, an_announced_buffer_that_is_missing_is_refused);
    tcase_add_test(tc, a_workspace_that_is_missing_or_too_small_is_refused);
    tcase_add_loop_test(tc, an_offset_that_is_no_multiple_is_refused, 0,
                        COUNT(tensors));
    tcase_add_test(tc, other_offsets_are_multiples_of_an_element);
    tcase_add_test(tc, an_odd_address_is_refused);
    tcase_add_test(tc, a_buffer_that_is_too_small_is_refused);
    tcase_add_test(tc, out_may_overlap_no_other_buffer);
    tcase_add_test(tc, sub_buffers_of_one_buffer_overlap_too);
    return run_tests(tc, "api/call");
}
