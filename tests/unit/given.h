/* given.h: problems and devices that tests of decisions begin with. */
#ifndef ORL_TESTS_GIVEN_H
#define ORL_TESTS_GIVEN_H

#include "model/device.h"
#include "model/problem_text.h"

#include <check.h>

/* The problem of a line of text; the test fails if it is none. */
static inline struct problem given_problem(const char *text)
{
    oriel_problem wanted;
    struct problem p;
    ck_assert_msg(orl_problem_parse(&wanted, text) == ORIEL_OK, "\"%s\": %s",
                  text, oriel_last_error()->message);
    ck_assert_msg(orl_problem_check(&p, &wanted) == ORIEL_OK, "\"%s\": %s",
                  text, oriel_last_error()->message);
    return p;
}

/* Everything that any family needs, and nothing else. */
static inline struct device given_device(enum device_kind kind)
{
    return (struct device) {
        .kind = kind, .compiler = 1, .full_profile = 1, .little_endian = 1};
}

/* PoCL on four cores with AVX2. */
static inline struct device given_cpu(void)
{
    struct device d = given_device(DEVICE_CPU);
    d.compute_units = 4;
    d.clock_mhz = 3000;
    d.vector_floats = 8;
    d.group_limit = d.axis_limit = 4096;
    d.prefetch = 1;
    return d;
}

#endif /* ORL_TESTS_GIVEN_H */
