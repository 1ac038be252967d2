/* test_probe.c: kernels/probe.cl and kernels/peak.cl, and with them that host
 * and device lay out struct call alike. */
#include "cl/call.h"
#include "device.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *name;
    size_t offset, bytes;
};

#define FIELD(name)                                                            \
    {                                                                          \
#        name, offsetof(struct call, name), sizeof((struct call *)0)->name     \
    }
#define LAYOUT(name)                                                           \
    FIELD(name.start), FIELD(name.batch), FIELD(name.head), FIELD(name.row),   \
        FIELD(name.dim)

static const struct field fields[] = {
    LAYOUT(q),      LAYOUT(k),           LAYOUT(v),         LAYOUT(out),
    LAYOUT(lse),    FIELD(key_begin_at), FIELD(key_end_at), FIELD(workspace_at),
    FIELD(queries), FIELD(keys),         FIELD(group),      FIELD(left),
    FIELD(right),   FIELD(query_origin), FIELD(key_origin), FIELD(align_end),
    FIELD(block),   FIELD(head),         FIELD(entry),      FIELD(heads),
    FIELD(entries), FIELD(pass),         FIELD(passes),     FIELD(scale),
    FIELD(softcap), FIELD(segments),
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static void run(cl_kernel kernel)
{
    const size_t one[3] = {1, 1, 1};
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 3, NULL, one, one, 0, NULL,
                              NULL));
}

/* Every byte of the struct differs from its neighbours. */
static struct call numbered_call(void)
{
    struct call call;
    unsigned char bytes[sizeof call];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37 + 11);
    memcpy(&call, bytes, sizeof call);
    return call;
}

static int64_t value_of(const struct call *call, const struct field *f)
{
    int32_t narrow;
    int64_t wide;
    memcpy(&narrow, (const char *)call + f->offset, sizeof narrow);
    if (f->bytes == sizeof narrow)
        return narrow;
    memcpy(&wide, (const char *)call + f->offset, sizeof wide);
    return wide;
}

START_TEST(host_and_device_lay_out_a_call_alike)
{
    static int64_t echo[1 + 2 * FIELDS];
    cl_kernel kernel = device_build("probe", "-w", "probe_call", NULL);
    const struct call call = numbered_call();
    cl_mem mem = device_share(echo, sizeof echo);
    OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
    OK(clSetKernelArg(kernel, 1, sizeof call, &call));
    run(kernel);
    device_fetch(mem, echo, sizeof echo);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    ck_assert_int_eq(echo[0], (int64_t)sizeof call);
    size_t named = 0;
    for (int n = 0; n < FIELDS; n++) {
        const struct field *f = &fields[n];
        ck_assert_msg(echo[1 + 2 * n] == (int64_t)f->offset &&
                          echo[2 + 2 * n] == value_of(&call, f),
                      "%s lies elsewhere on the device", f->name);
        named += f->bytes;
    }
    ck_assert_msg(named == sizeof call, "a field is missing in this test");
}
END_TEST

static int iterations_made(int wanted)
{
    cl_kernel kernel = device_build("probe", "-w", "probe_loop", NULL);
    cl_int made = 0;
    cl_mem mem = device_share(&made, sizeof made);
    OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
    OK(clSetKernelArg(kernel, 1, sizeof(cl_int), &wanted));
    run(kernel);
    device_fetch(mem, &made, sizeof made);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    return made;
}

/* All of them, or as many as the only implementation known to stop allows. */
START_TEST(a_loop_limit_shows)
{
    ck_assert_int_eq(iterations_made(1000), 1000);
    const int made = iterations_made(200000);
    ck_assert_msg(made == 200000 || (made > 65000 && made < 65537),
                  "%d iterations of 200000", made);
}
END_TEST

START_TEST(a_burst_computes_its_chains)
{
    enum { LANES = 8, COUNT = 100, GROUPS = 3 };
    cl_kernel kernel = device_build("peak", "-w -DLANES=8", "burst", NULL);
    float result[GROUPS] = {0};
    const cl_int count = COUNT;
    const float m = 0.999f, c = 0.001f;
    cl_mem mem = device_share(result, sizeof result);
    OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
    OK(clSetKernelArg(kernel, 1, sizeof count, &count));
    OK(clSetKernelArg(kernel, 2, sizeof m, &m));
    OK(clSetKernelArg(kernel, 3, sizeof c, &c));
    const size_t global[1] = {GROUPS}, local[1] = {1};
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 1, NULL, global, local, 0,
                              NULL, NULL));
    device_fetch(mem, result, sizeof result);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    double want = 0.0;
    for (int chain = -2; chain < 10; chain++) {
        double a = 0.999 + chain;
        for (int n = 0; n < COUNT; n++)
            a = a * 0.999 + 0.001;
        want += a * LANES;
    }
    for (int n = 0; n < GROUPS; n++)
        ck_assert_double_lt(fabs((double)result[n] / want - 1.0), 1e-4);
}
END_TEST

/* Numbers whose sums are exact in any order, and every one counts. */
START_TEST(a_sum_reads_every_number_once)
{
    enum { LANES = 8, STEPS = 5, GROUPS = 3, EACH = 8 * STEPS * LANES };
    cl_kernel kernel = device_build("peak", "-w -DLANES=8", "total", NULL);
    float memory[GROUPS * EACH + GROUPS];
    double want[GROUPS] = {0};
    const cl_int steps = STEPS;
    for (int n = 0; n < GROUPS * EACH; n++) {
        memory[n] = (float)(n * 7 % 1009);
        want[n / EACH] += (double)memory[n];
    }
    for (int n = 0; n < GROUPS; n++)
        memory[GROUPS * EACH + n] = -1.0f;
    cl_mem mem = device_share(memory, sizeof memory);
    OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
    OK(clSetKernelArg(kernel, 1, sizeof steps, &steps));
    const size_t global[1] = {GROUPS}, local[1] = {1};
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 1, NULL, global, local, 0,
                              NULL, NULL));
    device_fetch(mem, memory, sizeof memory);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    for (int n = 0; n < GROUPS; n++)
        ck_assert_double_eq((double)memory[GROUPS * EACH + n], want[n]);
}
END_TEST

START_TEST(a_burst_by_groups_computes_its_sums)
{
    enum { GROUP = 8, COUNT = 3, GROUPS = 3, ITEMS = GROUP * GROUPS };
    enum { PAIRS = 8, AGAIN = 16 };
    cl_kernel kernel =
        device_build("peak_group", "-w -DGROUP=8", "burst", NULL);
    float result[ITEMS] = {0};
    const cl_int count = COUNT;
    const float m = 0.5f, c = 0.25f;
    cl_mem mem = device_share(result, sizeof result);
    OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
    OK(clSetKernelArg(kernel, 1, sizeof count, &count));
    OK(clSetKernelArg(kernel, 2, sizeof m, &m));
    OK(clSetKernelArg(kernel, 3, sizeof c, &c));
    const size_t global[1] = {ITEMS}, local[1] = {GROUP};
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 1, NULL, global, local, 0,
                              NULL, NULL));
    device_fetch(mem, result, sizeof result);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    for (int n = 0; n < ITEMS; n++) {
        const double near = 1 + n % GROUP / 65536.0;
        double want = 0;
        for (int pair = 0; pair < PAIRS; pair++)
            want += 2 * pair + 0.5 + 2 * COUNT * AGAIN * 0.125 * near * near;
        ck_assert_double_lt(fabs((double)result[n] / want - 1.0), 1e-6);
    }
}
END_TEST

/* As above, of any size of a group. */
static void check_sum_by_groups(int group, const char *options)
{
    enum { LOADS = 4, STEPS = 3, GROUPS = 3, MOST = 64 * 4 * LOADS * STEPS };
    static float memory[GROUPS * MOST + GROUPS];
    const int each = group * 4 * LOADS * STEPS;
    cl_kernel kernel = device_build("peak_group", options, "total", NULL);
    double want[GROUPS] = {0};
    const cl_int steps = STEPS;
    for (int n = 0; n < GROUPS * each; n++) {
        memory[n] = (float)(n * 7 % 1009);
        want[n / each] += (double)memory[n];
    }
    float *sums = memory + GROUPS * each;
    for (int n = 0; n < GROUPS; n++)
        sums[n] = -1.0f;
    const size_t size = (size_t)(GROUPS * each + GROUPS) * sizeof *memory;
    cl_mem mem = device_share(memory, size);
    OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
    OK(clSetKernelArg(kernel, 1, sizeof steps, &steps));
    const size_t local[1] = {(size_t)group};
    const size_t global[1] = {GROUPS * (size_t)group};
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 1, NULL, global, local, 0,
                              NULL, NULL));
    device_fetch(mem, memory, size);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    for (int n = 0; n < GROUPS; n++)
        ck_assert_double_eq((double)sums[n], want[n]);
}

START_TEST(a_sum_by_groups_reads_every_number_once)
{
    check_sum_by_groups(8, "-w -DGROUP=8");
    check_sum_by_groups(64, "-w -DGROUP=64");
}
END_TEST

TCase *probe_case(void)
{
    TCase *tc = tcase_create("probe");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, host_and_device_lay_out_a_call_alike);
    tcase_add_test(tc, a_loop_limit_shows);
    tcase_add_test(tc, a_burst_computes_its_chains);
    tcase_add_test(tc, a_sum_reads_every_number_once);
    tcase_add_test(tc, a_burst_by_groups_computes_its_sums);
    tcase_add_test(tc, a_sum_by_groups_reads_every_number_once);
    return tc;
}
