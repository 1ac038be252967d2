/* test_host.c: what oriel_attend makes of host memory: it shares it where the
 * device may work in it, and never twice. */
#include "fixture.h"
#include "layer.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 16, DIM = 8, WIDTH = 3 * DIM };

/* q, k and v in one array [row][q, k, v][dim]. */
#define PACKED                                                                 \
    {                                                                          \
        .batch = ROWS * WIDTH, .head = DIM, .row = WIDTH, .dim = 1             \
    }
static const oriel_problem views = {.size = sizeof views,
                                    .heads = 1,
                                    .queries = ROWS,
                                    .head_dim = DIM,
                                    .left = 3,
                                    .q = PACKED,
                                    .k = PACKED,
                                    .v = PACKED};

static void attend_views(size_t shift, size_t step)
{
    static float all[4096], out[ROWS * DIM];
    oriel_plan *plan = plan_of(&views, ROW);
    char *const base = (char *)all + (64 - (uintptr_t)all % 64) + shift;
    layer_reset();
    must(oriel_attend(
        plan, ORIEL_CALL(.q.pointer = base, .k.pointer = base + step,
                         .v.pointer = base + 2 * step, .out.pointer = out)));
    oriel_plan_destroy(plan);
}

static int shares_memory(void)
{
    cl_bool unified = CL_FALSE;
    cl_device_type type = 0;
    clGetDeviceInfo(fixture()->id, CL_DEVICE_HOST_UNIFIED_MEMORY,
                    sizeof unified, &unified, NULL);
    clGetDeviceInfo(fixture()->id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    return unified || (type & CL_DEVICE_TYPE_CPU);
}

START_TEST(views_of_one_array_are_one_buffer)
{
    attend_views(0, DIM * sizeof(float));
    ck_assert_int_eq(layer_host_overlapping(), 0);
    ck_assert_int_eq(layer_host_misaligned(), 0);
    ck_assert_int_eq(layer_count("clCreateBuffer"), 2); /* they, and out */
    if (shares_memory())
        ck_assert_int_eq(layer_host_buffers(), 2);
}
END_TEST

/* Kernels rely on offset_align, which these views do not keep to each other. */
START_TEST(views_too_close_together_are_copied)
{
    for (size_t shift = 0; shift <= 16; shift += 4)
        for (size_t step = 4; step <= 20; step += 4) {
            attend_views(shift, step);
            ck_assert_int_eq(layer_host_overlapping(), 0);
            ck_assert_int_eq(layer_host_misaligned(), 0);
        }
}
END_TEST

START_TEST(an_address_that_kernels_cannot_take_is_copied)
{
    struct sample s = sample_open("h1 q9 k20 d8 w5,1", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    float *room = aligned_alloc(64, 65536);
    memcpy(room + 1, s.array[SAMPLE_K].at, s.array[SAMPLE_K].bytes);
    s.call.k.pointer = room + 1;
    layer_reset();
    attend_rightly(&s, plan);
    ck_assert_int_eq(layer_host_misaligned(), 0);
    if (shares_memory())
        ck_assert_int_eq(layer_host_buffers(), 3);
    free(room);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* Two inputs may share bytes in ways that no alignment allows to be one buffer:
 * the limit of the second entry is the first element of k, 0. */
START_TEST(memory_that_cannot_be_one_buffer_is_copied)
{
    struct sample s = sample_open("b2 h1 q9 k20 d8 w50,9 ranges", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    const size_t bytes = s.array[SAMPLE_K].bytes;
    const float zero = 0.0F;
    const int32_t apart[2] = {3, 0};
    unsigned char *room = aligned_alloc(64, 65536), *out = malloc(bytes);
    unsigned char *const k = room + 64;
    memcpy(k, s.array[SAMPLE_K].at, bytes);
    memcpy(k, &zero, sizeof zero);
    memcpy(k - 4, apart, sizeof apart[0]);

    oriel_call c = s.call;
    c.k.pointer = k;
    c.key_end.pointer = NULL;
    c.key_begin.pointer = k - 4;
    layer_reset();
    must(oriel_attend(plan, &c));
    ck_assert_int_eq(layer_host_overlapping(), 0);
    memcpy(out, s.array[SAMPLE_OUT].at, s.array[SAMPLE_OUT].bytes);
    c.key_begin.pointer = (void *)(uintptr_t)apart;
    must(oriel_attend(plan, &c));
    ck_assert_mem_eq(out, s.array[SAMPLE_OUT].at, s.array[SAMPLE_OUT].bytes);
    free(out);
    free(room);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* Sub-buffers exist only at origins that a device accepts; Oriel makes none. */
START_TEST(no_sub_buffers_are_made)
{
    attend_views(0, DIM * sizeof(float));
    ck_assert_int_eq(layer_count("clCreateSubBuffer"), 0);
}
END_TEST

int main(void)
{
    layer_open();
    TCase *tc = tcase_create("host");
    tcase_add_test(tc, views_of_one_array_are_one_buffer);
    tcase_add_test(tc, views_too_close_together_are_copied);
    tcase_add_test(tc, an_address_that_kernels_cannot_take_is_copied);
    tcase_add_test(tc, memory_that_cannot_be_one_buffer_is_copied);
    tcase_add_test(tc, no_sub_buffers_are_made);
    return run_tests(tc, "fault/host");
}
