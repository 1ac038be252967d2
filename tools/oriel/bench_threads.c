/* bench_threads.c: the threads of a CPU: where they run, and a part of them. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "bench.h"

#include "base/error.h"
#include "cl/check.h"
#include "cl/probe.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
/* What drivers read the number of their threads from, before the first call:
 * PoCL up to 3.1, PoCL from 4.0 on. */
static const char *const of_pocl[] = {"POCL_MAX_PTHREAD_COUNT",
                                      "POCL_CPU_MAX_CU_COUNT"};

/* The same of Intel's runtime, by its older name and its newer one. It has a
 * thread more than units, which waits in a loop: on one processor that takes a
 * fifth of the time (Zen 4, d 128). */
static const char *const of_intel[] = {"DPCPP_CPU_NUM_CUS", "SYCL_CPU_NUM_CUS"};

/* Holds the number of the process that began anew, whose children did not. */
static const char again[] = "ORIEL_BENCH_THREADS";

/* Leaves this process, and what it starts, the first of the processors that it
 * may run on. Intel's runtime takes a unit for each of them; where a device of
 * it is split, more threads compute than the part has units. */
static bool narrow(int64_t processors)
{
    cpu_set_t allowed, first;
    CPU_ZERO(&first);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return false;
    for (size_t n = 0; n < CPU_SETSIZE && CPU_COUNT(&first) < processors; n++)
        if (CPU_ISSET(n, &allowed))
            CPU_SET(n, &first);
    return sched_setaffinity(0, sizeof first, &first) == 0;
}

/* Begins the program anew with so many threads and processors, unless it has.
 * Returns where it cannot, which is a warning. Where bench_pin has set
 * POCL_AFFINITY, that means the same processors. */
static void begin_anew(const struct bench *b, int64_t threads)
{
    char number[24], process[24], line[160];
    snprintf(number, sizeof number, "%lld", (long long)threads);
    snprintf(process, sizeof process, "%lld", (long long)getpid());
    const char *begun = getenv(again);
    if (begun && strcmp(begun, process) == 0)
        return;
    if (narrow(threads)) {
        setenv(again, process, 1);
        for (int n = 0; n < 2; n++) {
            setenv(of_pocl[n], number, 1);
            setenv(of_intel[n], number, 1);
        }
        execv("/proc/self/exe", (char *const *)b->a->line);
    }
    snprintf(line, sizeof line,
             "--threads: the program cannot begin anew on %s processors, so "
             "the driver is relied on: %s",
             number, strerror(errno));
    device_log(NULL, ORIEL_LOG_WARNING, line);
}

/* Whether this process may run on every processor there is, and PoCL is asked
 * for no more threads. */
static bool can_pin(void)
{
    const long count = sysconf(_SC_NPROCESSORS_CONF);
    cpu_set_t allowed;
    if (count < 1 || count > CPU_SETSIZE ||
        sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return false;
    for (long n = 0; n < count; n++)
        if (!CPU_ISSET((size_t)n, &allowed))
            return false;
    for (size_t n = 0; n < sizeof of_pocl / sizeof of_pocl[0]; n++) {
        const char *threads = getenv(of_pocl[n]);
        if (threads && strtol(threads, NULL, 10) > count)
            return false;
    }
    return true;
}
#else
static void begin_anew(const struct bench *b, int64_t threads)
{
    (void)b;
    (void)threads;
}
static bool can_pin(void)
{
    return false;
}
#endif

void bench_pin(void)
{
    if (can_pin())
        setenv("POCL_AFFINITY", "1", 0);
}

/* Asked first: Mesa's driver 22.3 crashes when it is made to split. */
static bool splits(cl_device_id id)
{
    enum { MOST = 32 };
    cl_device_partition_property kinds[MOST];
    size_t size = 0;
    if (clGetDeviceInfo(id, CL_DEVICE_PARTITION_PROPERTIES, sizeof kinds, kinds,
                        &size) != CL_SUCCESS)
        return false;
    for (size_t n = 0; n < size / sizeof kinds[0]; n++)
        if (kinds[n] == CL_DEVICE_PARTITION_BY_COUNTS)
            return true;
    return false;
}

oriel_status bench_threads(struct bench *b, int64_t threads)
{
    const int64_t units = b->device.compute_units;
    if (b->device.kind == DEVICE_GPU)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--threads is for CPUs; %.60s is a GPU",
                        b->device.name);
    if (threads > units)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--threads %lld: %.60s has %lld compute units",
                        (long long)threads, b->device.name, (long long)units);
    begin_anew(b, threads);
    if (threads == units)
        return ORIEL_OK;
    const cl_device_partition_property part[] = {
        CL_DEVICE_PARTITION_BY_COUNTS, (cl_device_partition_property)threads,
        CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id id = NULL;
    cl_uint made = 0;
    if (!splits(b->id) ||
        clCreateSubDevices(b->id, part, 1, &id, &made) != CL_SUCCESS ||
        made != 1)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--threads %lld: the driver of %.60s still has %lld "
                        "compute units; leave the option out",
                        (long long)threads, b->device.name, (long long)units);
    /* Never released: a thread of PoCL 3.1 that lets go of its last command
     * reads the part after everything that holds it is gone. */
    b->id = id;
    orl_probe(&b->device, id);
    return b->device.compute_units == threads
               ? ORIEL_OK
               : orl_fail(ORIEL_E_UNSUPPORTED,
                          "--threads %lld: %.60s gave a part of %lld compute "
                          "units",
                          (long long)threads, b->device.name,
                          (long long)b->device.compute_units);
}
