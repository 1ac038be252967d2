/* selftest.h: every family with every type, against attention in double by
 * definition, and what is said about that. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "plan/family.h"

#include <oriel/oriel.h>

#include <stdbool.h>

enum { SELFTEST_TYPES = 3, SELFTEST_FAMILIES = 16, SELFTEST_REASON = 256 };

enum verdict { UNTRIED, RIGHT, WRONG, REFUSED };

/* What is known of one family with one type. */
struct trial {
    const struct family *family;
    uint32_t type;
    enum verdict verdict;
    double error, bound; /* the largest error, and what that may be */
    int64_t calls;
    char reason[SELFTEST_REASON];
};

struct selftest {
    oriel_context *context;
    struct trial trial[SELFTEST_FAMILIES * SELFTEST_TYPES];
    int trials;
    double begin;
};

/* Runs all trials. Close s also after a failure. */
oriel_status selftest_run(struct selftest *s, cl_device_id id);
void selftest_close(struct selftest *s);

/* What is known of the device by now. */
struct device selftest_facts(const struct selftest *s);

/* A device must compute each type by some family, and nothing wrong. */
bool selftest_sound(const struct selftest *s);

/* Family, type, verdict and so on of each trial, as rows. */
struct report;
void selftest_rows(const struct selftest *s, struct report *r);

/* --report: one text file, which is also one of --device-facts. */
oriel_status selftest_file(const struct selftest *s, const char *path,
                           cl_device_id id);

#endif /* SELFTEST_H */
