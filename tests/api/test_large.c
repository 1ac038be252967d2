/* test_large.c: element offsets beyond 2^31, on tensors that are mostly not
 * there: memory that is reserved for nothing and touched only where a window
 * looks. Skipped (77) where a device has no room for such a buffer. Intel's CPU
 * runtime has: $ORIEL_TEST_INTEL may name its folder of .icd files. */
#define _GNU_SOURCE /* MAP_NORESERVE */
#include "fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SKIPPED = 77,
    HEADS = 16,
    ROWS = 2097153, /* 16 heads of 64 channels: 2^31 elements and 1024 more */
    DIM = 64,
    QUERIES = 8,
    LEFT = 63,
    KEYS = QUERIES + LEFT, /* that the last queries see */
    ELEMENT = 2,
};

static const size_t whole_bytes = (size_t)HEADS * ROWS * DIM * ELEMENT;

static const oriel_problem large = {.size = sizeof large,
                                    .heads = HEADS,
                                    .queries = ROWS,
                                    .head_dim = DIM,
                                    .left = LEFT,
                                    .type = ORIEL_F16};

/* Tensors are [row][head][dim], where a row's own offset is beyond 2^31, else
 * [head][row][dim], where that of a head is. */
static bool by_row;

/* A tensor of which only the last rows are filled. */
struct tensor {
    unsigned char *at;
    cl_mem mem;
};

static size_t offset_of(int head, int64_t row)
{
    const size_t h = (size_t)head, i = (size_t)row;
    return (by_row ? i * HEADS + h : h * ROWS + i) * DIM * ELEMENT;
}

static unsigned char *row_of(const struct tensor *t, int head, int64_t row)
{
    return t->at + offset_of(head, row);
}

/* few: a plan for no more queries than a call has. */
static oriel_problem large_problem(bool few)
{
    oriel_problem p = large;
    p.q = p.k = p.v = p.out =
        (oriel_strides) {.batch = (int64_t)ROWS * HEADS * DIM,
                         .head = by_row ? DIM : (int64_t)ROWS * DIM,
                         .row = by_row ? HEADS * DIM : DIM,
                         .dim = 1};
    p.keys = ROWS;
    p.queries = few ? QUERIES : ROWS;
    return p;
}

static struct tensor open_tensor(uint32_t seed, int rows)
{
    struct tensor t = {.at = mmap(NULL, whole_bytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                                  -1, 0)};
    ck_assert_ptr_ne(t.at, MAP_FAILED);
    for (int head = 0; head < HEADS; head++)
        for (int n = 0; n < rows * DIM; n++) {
            const int row = ROWS - rows + n / DIM;
            seed = seed * 1664525u + 1013904223u;
            /* 1/4 to 2, either sign */
            const uint16_t half = (uint16_t)((seed >> 16 & 0x8000) |
                                             (0x3400 + (seed >> 8) % 0x0c00));
            memcpy(row_of(&t, head, row) + n % DIM * ELEMENT, &half, ELEMENT);
        }
    cl_int code;
    t.mem =
        clCreateBuffer(fixture()->cl, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR,
                       whole_bytes, t.at, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return t;
}

static void close_tensor(struct tensor *t)
{
    clReleaseMemObject(t->mem);
    munmap(t->at, whole_bytes);
}

/* The last rows of every head, side by side. */
static unsigned char *tail_of(const struct tensor *t, int rows)
{
    const size_t bytes = DIM * ELEMENT;
    unsigned char *tail = aligned_alloc(64, (size_t)(HEADS * rows) * bytes);
    for (int n = 0; n < HEADS * rows; n++)
        memcpy(tail + (size_t)n * bytes,
               row_of(t, n / rows, ROWS - rows + n % rows), bytes);
    return tail;
}

/* The last queries, computed from their tail alone, by the same plan. */
static unsigned char *small_result(const char *plan_text,
                                   const struct tensor qkv[3])
{
    oriel_problem p = large;
    p.queries = QUERIES;
    p.keys = KEYS;
    oriel_plan *plan = plan_of(&p, plan_text);
    unsigned char *q = tail_of(&qkv[0], QUERIES), *k = tail_of(&qkv[1], KEYS);
    unsigned char *v = tail_of(&qkv[2], KEYS);
    unsigned char *out =
        aligned_alloc(64, (size_t)HEADS * QUERIES * DIM * ELEMENT);
    must(oriel_attend(plan, ORIEL_CALL(.q.pointer = q, .k.pointer = k,
                                       .v.pointer = v, .out.pointer = out,
                                       .key_origin = ROWS - KEYS)));
    free(q);
    free(k);
    free(v);
    oriel_plan_destroy(plan);
    return out;
}

/* All the keys there are, and the last queries. */
static oriel_call last_rows(const struct tensor qkv[3],
                            const struct tensor *out, bool on_host)
{
    const uint64_t at = offset_of(0, ROWS - QUERIES);
    oriel_call c = {.size = sizeof c, .queries = QUERIES};
    c.q = (oriel_buffer) {.mem = qkv[0].mem, .offset = at};
    c.k.mem = qkv[1].mem;
    c.v.mem = qkv[2].mem;
    c.out = (oriel_buffer) {.mem = out->mem, .offset = at};
    if (on_host) {
        c.q = (oriel_buffer) {.pointer = qkv[0].at, .offset = at};
        c.k = (oriel_buffer) {.pointer = qkv[1].at};
        c.v = (oriel_buffer) {.pointer = qkv[2].at};
        c.out = (oriel_buffer) {.pointer = out->at, .offset = at};
    }
    return c;
}

static void run(const char *plan_text, bool on_host)
{
    struct tensor qkv[3] = {open_tensor(1, QUERIES), open_tensor(2, KEYS),
                            open_tensor(3, KEYS)};
    struct tensor out = open_tensor(0, 0);
    const oriel_problem p =
        large_problem(plan_text && strstr(plan_text, "segment"));
    oriel_plan *plan = plan_of(&p, plan_text);
    char text[256];
    oriel_plan_text(plan, text, sizeof text);
    oriel_call call = last_rows(qkv, &out, on_host);
    const size_t scratch = on_host ? 0 : oriel_plan_workspace(plan);
    if (scratch > 0)
        call.workspace.mem = buffer_of(NULL, scratch);
    if (on_host) {
        must(oriel_attend(plan, &call));
    } else {
        const uint64_t at = call.out.offset;
        must(oriel_enqueue(plan, fixture()->queue, &call, 0, NULL, NULL));
        cl_int code;
        void *mapped =
            clEnqueueMapBuffer(fixture()->queue, out.mem, CL_TRUE, CL_MAP_READ,
                               at, whole_bytes - at, 0, NULL, NULL, &code);
        ck_assert_int_eq(code, CL_SUCCESS);
        clEnqueueUnmapMemObject(fixture()->queue, out.mem, mapped, 0, NULL,
                                NULL);
        clFinish(fixture()->queue);
    }
    if (scratch > 0)
        clReleaseMemObject(call.workspace.mem);

    unsigned char *got = tail_of(&out, QUERIES);
    unsigned char *wanted = small_result(text, qkv);
    ck_assert_mem_eq(got, wanted, (size_t)HEADS * QUERIES * DIM * ELEMENT);
    const uint16_t zero = 0;
    ck_assert_mem_ne(got, &zero, ELEMENT);
    free(got);
    free(wanted);
    oriel_plan_destroy(plan);
    close_tensor(&out);
    for (int n = 0; n < 3; n++)
        close_tensor(&qkv[n]);
}

#define TILE "tile q32 k32 own2x4 chunk32x32 sums4 pack1"

static const char *const plans[] = {
    NULL,
    ROW,
    TILE,
    TILE " aligned",
    "segment h1 q7 g128 k64 chunk32 s128 aligned",
    "matrix portable mma q64 k32 rows1 pack1 aligned",
    "tile q24 k16 own3x2 chunk16x16 sums4 pack1 aligned broadcast",
};
enum { PLANS = sizeof plans / sizeof *plans };

static bool has_sub_groups_for(const char *text)
{
    return !text || !strstr(text, "broadcast") ||
           !left_out_off(INTELS, NO_SUB_GROUPS);
}

START_TEST(the_last_rows_are_those_of_a_small_problem)
{
    by_row = _i & 1;
    if (has_sub_groups_for(plans[_i / 4]))
        run(plans[_i / 4], _i & 2);
}
END_TEST

/* A tensor that begins beyond 2^31: the last head alone, as a problem of its
 * own at an offset. */
START_TEST(a_tensor_may_begin_beyond_the_limit)
{
    const char *const text = _i ? ROW : NULL;
    struct tensor qkv[3] = {open_tensor(1, QUERIES), open_tensor(2, KEYS),
                            open_tensor(3, KEYS)};
    enum { OUT = QUERIES * DIM };
    uint16_t got[OUT], wanted[OUT];
    oriel_problem p = large;
    p.heads = 1;
    p.queries = QUERIES;
    p.keys = KEYS;
    oriel_plan *plan = plan_of(&p, text);
    oriel_buffer far[3];
    const unsigned char *near[3];
    for (int n = 0; n < 3; n++) {
        near[n] = row_of(&qkv[n], HEADS - 1, ROWS - (n ? KEYS : QUERIES));
        far[n] = (oriel_buffer) {.mem = qkv[n].mem,
                                 .offset = (uint64_t)(near[n] - qkv[n].at)};
    }
    cl_mem out = buffer_of(NULL, sizeof got);
    must(oriel_enqueue(
        plan, fixture()->queue,
        ORIEL_CALL(.q = far[0], .k = far[1], .v = far[2], .out.mem = out), 0,
        NULL, NULL));
    clEnqueueReadBuffer(fixture()->queue, out, CL_TRUE, 0, sizeof got, got, 0,
                        NULL, NULL);
    must(oriel_attend(plan, ORIEL_CALL(.q.pointer = (void *)near[0],
                                       .k.pointer = (void *)near[1],
                                       .v.pointer = (void *)near[2],
                                       .out.pointer = wanted)));
    ck_assert_mem_eq(got, wanted, sizeof got);
    clReleaseMemObject(out);
    oriel_plan_destroy(plan);
    for (int n = 0; n < 3; n++)
        close_tensor(&qkv[n]);
}
END_TEST

/* Rows so far apart that the last one lies beyond 2^31. */
START_TEST(rows_may_lie_far_apart)
{
    enum { COUNT = 17, OUT = COUNT * DIM };
    if (!has_sub_groups_for(plans[_i]))
        return;
    /* the last row of a block of 24 or 32 lies beyond, counted from its first
     */
    const int64_t step = (int64_t)HEADS * ROWS * DIM / (COUNT - 1) / 8 * 8 - 8;
    struct tensor apart = open_tensor(1, 0);
    uint16_t close[OUT], got[OUT], wanted[OUT];
    for (int n = 0; n < OUT; n++) {
        close[n] = (uint16_t)(0x3400 + n * 37 % 0x0c00);
        memcpy(apart.at +
                   ((size_t)(n / DIM) * (size_t)step + (size_t)(n % DIM)) *
                       ELEMENT,
               &close[n], ELEMENT);
    }
    oriel_problem p = large;
    p.heads = 1;
    p.queries = COUNT;
    oriel_plan *plan = plan_of(&p, plans[_i]);
    char text[256];
    oriel_plan_text(plan, text, sizeof text);
    must(oriel_attend(plan,
                      ORIEL_CALL(.q.pointer = close, .k.pointer = close,
                                 .v.pointer = close, .out.pointer = wanted)));
    oriel_plan_destroy(plan);

    p.q = p.k = p.v =
        (oriel_strides) {.batch = step, .head = step, .row = step, .dim = 1};
    plan = plan_of(&p, text);
    must(oriel_attend(plan,
                      ORIEL_CALL(.q.pointer = apart.at, .k.pointer = apart.at,
                                 .v.pointer = apart.at, .out.pointer = got)));
    ck_assert_mem_eq(got, wanted, sizeof got);
    oriel_plan_destroy(plan);
    close_tensor(&apart);
}
END_TEST

/* All tensors of a test and the copies that oriel_attend makes of them: memory
 * that is reserved for nothing is a matter of hosts. */
static bool has_room(cl_device_id id)
{
    cl_bool shared = CL_FALSE;
    cl_ulong bytes = 0;
    clGetDeviceInfo(id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof shared, &shared,
                    NULL);
    clGetDeviceInfo(id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    return shared || bytes / 9 >= whole_bytes;
}

int main(void)
{
    if (getenv("ORIEL_TEST_INTEL"))
        setenv("OCL_ICD_VENDORS", getenv("ORIEL_TEST_INTEL"), 1);
    cl_ulong room = 0;
    cl_device_id id = fixture_pick();
    clGetDeviceInfo(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof room, &room, NULL);
    if (room < whole_bytes) {
        fprintf(stderr, "the device allows no buffer of %zu bytes\n",
                whole_bytes);
        return SKIPPED;
    }
    if (!has_room(id)) {
        fprintf(stderr, "the device has no room for 8 buffers of %zu bytes\n",
                whole_bytes);
        return SKIPPED;
    }
    TCase *tc = tcase_create("large");
    tcase_add_loop_test(tc, the_last_rows_are_those_of_a_small_problem, 0,
                        4 * PLANS);
    tcase_add_loop_test(tc, a_tensor_may_begin_beyond_the_limit, 0, 2);
    tcase_add_loop_test(tc, rows_may_lie_far_apart, 0, PLANS);
    return run_tests(tc, "api/large");
}
