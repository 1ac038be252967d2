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

/* Set in the process that began anew. */
static const char again[] = "ORIEL_BENCH_THREADS";

/* What drivers read the number of their threads from, before the first call:
 * PoCL up to 3.1, PoCL from 4.0 on, Intel's runtime: of two threads on one
 * processor one waits in a loop and takes a fifth of the other's time (Zen 4,
 * d 128). */
static const char *const variables[] = {
    "POCL_MAX_PTHREAD_COUNT", "POCL_CPU_MAX_CU_COUNT", "DPCPP_CPU_NUM_CUS"};

#ifdef __linux__
/* Leaves this process, and what it starts, the first of the processors that it
 * may run on. Intel's runtime then counts no more, where a part of its device
 * is computed by more threads than it has units. */
static oriel_status narrow(int64_t processors)
{
    cpu_set_t allowed, first;
    CPU_ZERO(&first);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return orl_fail(ORIEL_E_IO, "--threads: sched_getaffinity: %s",
                        strerror(errno));
    for (size_t n = 0; n < CPU_SETSIZE && CPU_COUNT(&first) < processors; n++)
        if (CPU_ISSET(n, &allowed))
            CPU_SET(n, &first);
    if (sched_setaffinity(0, sizeof first, &first) != 0)
        return orl_fail(ORIEL_E_IO, "--threads: sched_setaffinity: %s",
                        strerror(errno));
    return ORIEL_OK;
}

/* Whether this process may run on every processor there is, and no more threads
 * are asked for. */
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
    for (size_t n = 0; n < sizeof variables / sizeof variables[0]; n++) {
        const char *threads = getenv(variables[n]);
        if (threads && strtol(threads, NULL, 10) > count)
            return false;
    }
    return true;
}
#else
static oriel_status narrow(int64_t processors)
{
    (void)processors;
    return ORIEL_OK;
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

static oriel_status refuse(const struct bench *b, int64_t threads)
{
    return orl_fail(ORIEL_E_ARGUMENT,
                    "--threads %lld: the driver of %.60s uses all its compute "
                    "units; leave the option out",
                    (long long)threads, b->device.name);
}

static oriel_status begin_anew(const struct bench *b, int64_t threads)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)threads);
    ORL_TRY(narrow(threads));
    setenv(again, number, 1);
    for (size_t n = 0; n < sizeof variables / sizeof variables[0]; n++)
        setenv(variables[n], number, 1);
    execv("/proc/self/exe", (char *const *)b->a->line);
    return orl_fail(ORIEL_E_IO, "--threads: /proc/self/exe: %s",
                    strerror(errno));
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
    if (threads == units)
        return ORIEL_OK;
    if (!getenv(again))
        return begin_anew(b, threads);
    const cl_device_partition_property part[] = {
        CL_DEVICE_PARTITION_BY_COUNTS, (cl_device_partition_property)threads,
        CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id id = NULL;
    cl_uint made = 0;
    if (!splits(b->id) ||
        clCreateSubDevices(b->id, part, 1, &id, &made) != CL_SUCCESS ||
        made != 1)
        return refuse(b, threads);
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
