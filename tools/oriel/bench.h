/* bench.h: what `oriel bench` works on. One file for each step: grid,
 * start-up, measuring, output. */
#ifndef BENCH_H
#define BENCH_H

#include "burst.h"
#include "finding.h"
#include "machine.h"
#include "options.h"
#include "peers.h"
#include "run.h"

enum { BENCH_PATH = 512 };

struct bench {
    const struct arguments *a;
    char command[1024];      /* as it was called */
    char folder[BENCH_PATH]; /* for files of this process; "": none yet */
    const char *device_name; /* of --device, or NULL */
    bool named;              /* the user named the problems */
    bool growth;             /* --growth */

    struct run *problem; /* their texts and shapes */
    size_t problems;

    struct device device;
    cl_device_id id;
    struct machine machine;
    struct burst burst;   /* kernel NULL: no peaks on this device */
    struct job reference; /* of --growth: 4096 queries; plan NULL: none */
    struct peers peers;   /* of --peers */
    struct findings found;
    double begin; /* of measuring */
};

/* ---- Which problems ------------------------------------------------------ */

/* --growth: the same problem at lengths from 2048 to 1048576. base: its text;
 * NULL: the standing one. Sets b->problem. */
oriel_status bench_growth(struct bench *b, const char *base);

enum { BENCH_REFERENCE = 4096 }; /* queries */

/* ---- Threads ------------------------------------------------------------- */

/* Has PoCL keep each of its threads on a processor of its own, unless its
 * variable POCL_AFFINITY is set; before the first call of OpenCL. Linux now and
 * then runs two of them in turn on one processor for whole runs, while another
 * idles: a problem of 0.7 ms then takes 1.2. Nothing is done where this process
 * may not use each processor, or has more threads: PoCL would use those that
 * it may not, or end it. */
void bench_pin(void);

/* Narrows b->id and b->device to so many of its compute units. On Linux the
 * program begins anew, on so many processors and with the drivers' own
 * variables set; this does not return then. What still has more units is split.
 */
oriel_status bench_threads(struct bench *b, int64_t threads);

/* ---- Measuring ----------------------------------------------------------- */

/* Programs in new processes, from nothing and from disk. What cannot be found
 * out stays NAN, with a warning. */
void bench_startup(const struct bench *b, struct finding *f);

/* One problem with all of its runs, and those of the peers: adds findings,
 * unless interrupted. */
oriel_status bench_measure(struct bench *b, struct run *r);

/* ---- Output -------------------------------------------------------------- */

/* Table or JSON, and the files. */
oriel_status bench_report(const struct bench *b);

/* The file of --csv so far: a driver may crash in the next problem. A failure
 * is told by bench_report. */
void bench_save(const struct bench *b);

#endif /* BENCH_H */
