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
 * PoCL up to 3.1, PoCL from 4.0 on. */
static const char *const variables[] = {"POCL_MAX_PTHREAD_COUNT",
                                        "POCL_CPU_MAX_CU_COUNT"};

#ifdef __linux__
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
                    "--threads %lld: the driver of %.60s splits no device and "
                    "reads no variable for it; leave the option out",
                    (long long)threads, b->device.name);
}

static oriel_status begin_anew(const struct bench *b, int64_t threads)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)threads);
    if (getenv(again))
        return refuse(b, threads);
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
    const cl_device_partition_property part[] = {
        CL_DEVICE_PARTITION_BY_COUNTS, (cl_device_partition_property)threads,
        CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id id = NULL;
    cl_uint made = 0;
    if (!splits(b->id) ||
        clCreateSubDevices(b->id, part, 1, &id, &made) != CL_SUCCESS ||
        made != 1)
        return begin_anew(b, threads);
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
