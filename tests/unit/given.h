/* given.h: problems and devices that tests of decisions begin with. */
#ifndef GIVEN_H
#define GIVEN_H

#include "draw.h"
#include "model/device.h"
#include "model/problem_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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

static inline struct problem given_any_problem(uint64_t *state)
{
    struct problem p;
    oriel_problem wanted = draw_problem(state);
    while (orl_problem_check(&p, &wanted) != ORIEL_OK)
        wanted = draw_problem(state);
    return p;
}

/* What any family needs, and nothing else. */
static inline struct device given_device(enum device_kind kind)
{
    return (struct device) {
        .kind = kind, .compiler = 1, .full_profile = 1, .little_endian = 1};
}

/* Four cores with AVX2. */
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

/* A fact that is 0, unknown, now and then. */
static inline int64_t given_fact(uint64_t *state, int64_t low, int64_t high)
{
    return draw_from(state, 0, 4) == 0 ? 0 : draw_from(state, low, high);
}

/* Makers and names that decisions know, and others. */
static inline void given_any_name(uint64_t *state, struct device *d)
{
    static const char *const names[][2] = {
        {"", ""},
        {"NVIDIA Corporation", "NVIDIA A100"},
        {"Advanced Micro Devices, Inc.", "gfx1100"},
        {"Advanced Micro Devices, Inc.", "gfx90a:sramecc+:xnack-"},
        {"Intel(R) Corporation", "Intel(R) Arc(TM) A750 Graphics"},
        {"ARM", "Mali-G610"},
    };
    const int64_t n = draw_from(state, 0, 5);
    strcpy(d->vendor, names[n][0]);
    strcpy(d->name, names[n][1]);
}

/* Any facts, likely or not, of a device that has what every family needs. */
static inline struct device given_any_device(uint64_t *state)
{
    struct device d = given_device((enum device_kind)draw_from(state, 1, 3));
    d.compute_units = given_fact(state, 1, 128);
    d.clock_mhz = given_fact(state, 1, 5000);
    d.vector_floats = given_fact(state, 0, 5);
    d.vector_floats = d.vector_floats ? 1 << (d.vector_floats - 1) : 0;
    const int64_t items = draw_from(state, 0, 1) ? 300 : 1024;
    d.group_limit = given_fact(state, 1, items);
    d.axis_limit = given_fact(state, 1, items);
    d.local_bytes = given_fact(state, 1, 65536);
    d.argument_bytes = given_fact(state, 512, 4096);
    d.cache_bytes = given_fact(state, 1, 1 << 25);
    d.unified_memory = draw_from(state, 0, 1);
    d.prefetch = draw_from(state, 0, 1);
    given_any_name(state, &d);
    d.core_units = given_fact(state, 1, 16);
    d.core_lanes = given_fact(state, 1, 256);
    d.core_registers = given_fact(state, 1, 1 << 18);
    d.core_local_bytes = given_fact(state, 1, 1 << 18);
    d.core_local_rate = given_fact(state, 1, 256);
    d.core_local_sizes = draw_from(state, 0, 2);
    d.item_registers = given_fact(state, 1, 512);
    d.wave_items = given_fact(state, 1, 64);
    d.sub_groups = 8 * draw_from(state, 0, 3); /* of 8, of 16, of both */
    d.matrix = given_fact(state, 1, ORL_ENGINES - 1);
    d.loop_limit =
        draw_from(state, 0, 2) == 0 ? draw_from(state, 10000, 100000) : 0;
    return d;
}

#endif /* GIVEN_H */
