/* test_attend.c: calls on host memory of every shape: views of one array,
 * addresses that suit no device, memory that must not be written. */
#define _DEFAULT_SOURCE
#include "fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static oriel_buffer *array_of(oriel_call *call, int n)
{
    oriel_buffer *const buffer[SAMPLE_ARRAYS] = {
        &call->q,   &call->k,         &call->v,      &call->out,
        &call->lse, &call->key_begin, &call->key_end};
    return buffer[n];
}

/* Runs a sample with array n moved so many bytes behind a page, and half of
 * them as an offset if the problem allows. */
static void attend_moved(struct sample *s, const oriel_plan *plan, int n,
                         size_t bytes)
{
    unsigned char *room = aligned_alloc(4096, 65536);
    ck_assert_uint_le(s->array[n].bytes + bytes, 65536);
    sample_mark(s);
    memset(room, 0xff, 65536);
    memcpy(room + bytes, s->array[n].at, s->array[n].bytes);

    oriel_call call = s->call;
    *array_of(&call, n) = (oriel_buffer) {.pointer = room + bytes};
    must(oriel_attend(plan, &call));
    if (n == SAMPLE_OUT || n == SAMPLE_LSE)
        memcpy(s->array[n].at, room + bytes, s->array[n].bytes);
    ck_assert_msg(is_right(s, plan), "array %d at %d: %s", n, (int)bytes,
                  s->why);
    size_t written = 0; /* beside the array */
    for (size_t at = 0; at < 65536; at++)
        if (at < bytes || at >= bytes + s->array[n].bytes)
            written += room[at] != 0xff;
    ck_assert_uint_eq(written, 0);
    free(room);
}

START_TEST(any_address_of_whole_elements_will_do)
{
    static const struct {
        const char *problem, *plan;
        size_t element;
    } cases[] = {
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges", ROW, 4},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges", NULL, 4},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges f16", ROW, 2},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges f16", NULL, 2},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges f16 os:200,80,8,1", ROW, 2},
        {"b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges off4", ROW, 4},
    };
    struct sample s = sample_open(cases[_i].problem, 1);
    oriel_plan *plan = plan_of(&s.problem, cases[_i].plan);
    for (int n = 0; n < SAMPLE_ARRAYS; n++) {
        const size_t element = n < SAMPLE_LSE ? cases[_i].element : 4;
        for (size_t steps = 0; steps < 5; steps++)
            attend_moved(&s, plan, n, steps * element);
    }
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

START_TEST(an_offset_counts_from_the_pointer)
{
    struct sample s = sample_open("b2 h2/1 q9 k20 d8 v4 w5,1 lse ranges", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    for (int n = 0; n < SAMPLE_ARRAYS; n++) {
        oriel_buffer *b = array_of(&s.call, n);
        b->offset = 4096;
        b->pointer = (char *)b->pointer - 4096;
    }
    sample_mark(&s);
    must(oriel_attend(plan, &s.call));
    for (int n = SAMPLE_KEY_BEGIN; n < SAMPLE_ARRAYS; n++) {
        oriel_buffer *b = array_of(&s.call, n);
        b->pointer = (char *)b->pointer + 4096; /* for the judge */
    }
    ck_assert_msg(is_right(&s, plan), "%s", s.why);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* ---- Views of one array ------------------------------------------------- */

enum { ROWS = 23, HEADS = 2, DIM = 8, WIDTH = 3 * HEADS * DIM };

/* One array [row][q, k, v][head][dim], as a projection leaves it. */
static oriel_problem packed_problem(uint32_t type)
{
    const oriel_strides s = {
        .batch = ROWS * WIDTH, .head = DIM, .row = WIDTH, .dim = 1};
    return (oriel_problem) {.size = sizeof(oriel_problem),
                            .heads = HEADS,
                            .queries = ROWS,
                            .head_dim = DIM,
                            .left = 6,
                            .right = 2,
                            .q = s,
                            .k = s,
                            .v = s,
                            .type = type,
                            .out_type = ORIEL_F32,
                            .offset_align = 4};
}

/* Three views of one array give what three copies of it give. Behind odd
 * addresses and with views that lie apart by less than the alignment, too. */
static void compare_views(uint32_t type, size_t element, size_t shift)
{
    enum { BYTES = ROWS * WIDTH * 4, ROOM = BYTES + 64 };
    const oriel_problem p = packed_problem(type);
    oriel_plan *plan = plan_of(&p, ROW);
    float views[ROWS * HEADS * DIM], copies[ROWS * HEADS * DIM];
    unsigned char *one = aligned_alloc(64, 8192), *other[3];
    uint16_t pattern = 0x3c00;
    for (size_t n = 0; n + 2 <= ROOM; n += 2) { /* finite in both types */
        pattern = (uint16_t)(0x3000 | (pattern * 5 + 77) % 0x0c00);
        memcpy(one + n, &pattern, 2);
    }
    for (int n = 0; n < 3; n++) {
        other[n] = aligned_alloc(64, 8192);
        memcpy(other[n], one + shift, BYTES);
    }
    unsigned char *const base = one + shift;
    const size_t step = HEADS * DIM * element;
    must(oriel_attend(
        plan, ORIEL_CALL(.q.pointer = base, .k.pointer = base + step,
                         .v.pointer = base + 2 * step, .out.pointer = views)));
    must(oriel_attend(plan,
                      ORIEL_CALL(.q.pointer = other[0],
                                 .k = {.pointer = other[1], .offset = step},
                                 .v = {.pointer = other[2], .offset = 2 * step},
                                 .out.pointer = copies)));
    ck_assert_mem_eq(views, copies, sizeof views);
    for (size_t n = 0; n < ROWS * HEADS * DIM; n++)
        ck_assert(views[n] > 0.0F); /* not two empty results */

    /* k and v may be the same memory. */
    must(oriel_attend(
        plan, ORIEL_CALL(.q.pointer = base, .k.pointer = base + step,
                         .v.pointer = base + step, .out.pointer = views)));
    must(oriel_attend(plan,
                      ORIEL_CALL(.q.pointer = other[0],
                                 .k = {.pointer = other[1], .offset = step},
                                 .v = {.pointer = other[2], .offset = step},
                                 .out.pointer = copies)));
    ck_assert_mem_eq(views, copies, sizeof views);
    for (int n = 0; n < 3; n++)
        free(other[n]);
    free(one);
    oriel_plan_destroy(plan);
}

START_TEST(views_of_one_array_are_as_good_as_copies)
{
    for (size_t shift = 0; shift < 32; shift += 4)
        compare_views(ORIEL_F32, 4, shift);
    for (size_t shift = 0; shift < 32; shift += 2)
        compare_views(ORIEL_F16, 2, shift);
}
END_TEST

/* ---- Memory that must not be written ------------------------------------ */

START_TEST(inputs_are_only_read)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct sample s = sample_open("b2 h2/1 q9 k20 d8 v4 w5,1 ranges", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    void *memory[SAMPLE_ARRAYS] = {NULL};
    void *const limits[] = {s.call.key_begin.pointer, s.call.key_end.pointer};
    for (int n = 0; n < SAMPLE_ARRAYS; n++) {
        if (n == SAMPLE_OUT || n == SAMPLE_LSE)
            continue;
        ck_assert_uint_le(s.array[n].bytes, page);
        memory[n] = mmap(NULL, page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memcpy(memory[n], s.array[n].at, s.array[n].bytes);
        mprotect(memory[n], page, PROT_READ);
        array_of(&s.call, n)->pointer = memory[n];
    }
    sample_mark(&s);
    must(oriel_attend(plan, &s.call)); /* a write would end the process */
    s.call.key_begin.pointer = limits[0];
    s.call.key_end.pointer = limits[1];
    ck_assert_msg(is_right(&s, plan), "%s", s.why);
    for (int n = 0; n < SAMPLE_ARRAYS; n++)
        if (memory[n])
            munmap(memory[n], page);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* Rows of lse beyond the queries of a call stay, as do gaps of out, whether
 * the device works in the memory itself or in a copy. */
START_TEST(what_belongs_to_no_row_of_the_call_stays)
{
    static const char *const problems[] = {
        "b2 h2/1 q9 k40 d8 w12,3 os:500,200,17,1 lse",
        "b2 h2/1 q9 k40 d8 w12,3 lse",
        "h1 q9 k40 d8 w12,3 lse",
    };
    struct sample s = sample_open_part(problems[_i], 1, 5, 20, 0, 0);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    attend_rightly(&s, plan);
    attend_moved(&s, plan, SAMPLE_OUT, 4);
    attend_moved(&s, plan, SAMPLE_LSE, 4);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

START_TEST(attend_brings_its_own_workspace)
{
    struct sample s = sample_open("h2 q9 k200 d8 w150,0 lse", 1);
    oriel_plan *plan = plan_of(&s.problem, "row g16 k64");
    ck_assert_uint_gt(oriel_plan_workspace(plan), 0);
    attend_rightly(&s, plan);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("attend");
    tcase_add_loop_test(tc, any_address_of_whole_elements_will_do, 0, 6);
    tcase_add_test(tc, an_offset_counts_from_the_pointer);
    tcase_add_test(tc, views_of_one_array_are_as_good_as_copies);
    tcase_add_test(tc, inputs_are_only_read);
    tcase_add_loop_test(tc, what_belongs_to_no_row_of_the_call_stays, 0, 3);
    tcase_add_test(tc, attend_brings_its_own_workspace);
    return run_tests(tc, "api/attend");
}
