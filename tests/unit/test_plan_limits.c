/* test_plan_limits.c: for any device and any problem, every plan that is
 * offered keeps to what the device has, there is always one where the family
 * row has one, and the same question has the same answer. */
#include "plan/planner.h"

#include "base/arith.h"
#include "given.h"
#include "needs.h"
#include "plan/plan_text.h"
#include "suite.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 3000, LIMIT_ROUNDS = 9000 };

static struct extent extent_of(const struct problem *p)
{
    return (struct extent) {p->batch, p->heads, p->queries, p->keys,
                            orl_problem_span(p)};
}

static const char *text_of(const struct plan *plan)
{
    static char text[ORL_PLAN_TEXT];
    orl_plan_print(plan, text, sizeof text);
    return text;
}

/* ---- Limits ------------------------------------------------------------- */

static void assert_groups_fit(const struct plan *plan, const struct problem *p,
                              const struct device *d)
{
    const struct extent e = extent_of(p);
    struct launch_list list = {0};
    plan->family->launches(plan, &e, &list);
    ck_assert_int_ge(list.count, 1);
    ck_assert_int_le(list.count, ORL_LAUNCHES);
    for (int n = 0; n < list.count; n++) {
        const struct launch *l = &list.launch[n];
        int64_t items = 1;
        for (int axis = 0; axis < 3; axis++) {
            ck_assert_int_ge(l->local[axis], 1);
            ck_assert_int_ge(l->groups[axis], 1);
            items *= l->local[axis];
        }
        ck_assert_msg(d->group_limit <= 0 || items <= d->group_limit, "%s",
                      text_of(plan));
        ck_assert_msg(d->axis_limit <= 0 || l->local[0] <= d->axis_limit, "%s",
                      text_of(plan));
        ck_assert_int_ge(l->passes, 1);
        if (needs_form(plan) < FORMS)
            ck_assert_msg(items == needs_items(plan), "%s", text_of(plan));
    }
}

/* A group that needs more registers than a core has does not start. Where waves
 * have 64 work-items, the compiler is told to leave room for 8 of them. */
static int64_t most_registers(const struct plan *plan, const struct device *d)
{
    const int64_t eighth = orl_max(d->core_registers / (8 * 64), 1);
    return needs_items(plan) * (d->wave_items == 64
                                    ? orl_min(d->item_registers, eighth)
                                    : d->item_registers);
}

static void assert_memory_fits(const struct plan *plan, const struct device *d)
{
    if (d->local_bytes > 0)
        ck_assert_msg(needs_local_bytes(plan) <= d->local_bytes,
                      "%s: %lld bytes", text_of(plan),
                      (long long)needs_local_bytes(plan));
    if (d->core_registers > 0 && d->item_registers > 0)
        ck_assert_msg(most_registers(plan, d) <= d->core_registers, "%s",
                      text_of(plan));
}

static int count_plans(const struct ranking *r)
{
    int count = 0;
    while (count < r->count && r->at[count].fits)
        count++;
    return count;
}

/* Half of them with as many channels as there are tiles for. */
static struct problem given_wide_problem(uint64_t *state)
{
    struct problem p;
    oriel_problem wanted;
    do {
        wanted = draw_problem(state);
        if (draw_from(state, 0, 1)) {
            wanted.head_dim = draw_from(state, 1, ORL_MAX_DIM);
            wanted.v_dim = draw_from(state, 1, ORL_MAX_DIM);
        }
    } while (orl_problem_check(&p, &wanted) != ORIEL_OK);
    return p;
}

/* Whether it tells of every limit of a group. */
static bool tells_all(const struct device *d)
{
    return d->group_limit > 0 && d->axis_limit > 0 && d->local_bytes > 0 &&
           d->core_registers > 0 && d->item_registers > 0;
}

START_TEST(every_plan_keeps_to_what_a_device_has)
{
    uint64_t state = 7000u + (unsigned)_i;
    int asked[FORMS + 1] = {0};
    for (int round = 0; round < LIMIT_ROUNDS; round++) {
        const struct problem p = given_wide_problem(&state);
        const struct device d = given_any_device(&state);
        struct ranking r;
        orl_planner_rank(&r, &p, &d);
        for (int n = 0; n < count_plans(&r); n++) {
            const struct plan *plan = &r.at[n].plan;
            assert_groups_fit(plan, &p, &d);
            assert_memory_fits(plan, &d);
            asked[needs_form(plan)] += tells_all(&d);
        }
    }
    for (enum form f = 0; f < FORMS; f++)
        ck_assert_msg(asked[f] >= 10, "%s: only %d", needs_form_name(f),
                      asked[f]);
}
END_TEST

/* On a device that has just what a group takes, and on one that has less of one
 * thing. */
static void assert_just_fits(const struct plan *plan, const struct problem *p,
                             const struct device *d)
{
    struct device just = *d;
    just.wave_items = 32;
    just.item_registers = orl_max(d->item_registers, 1);
    just.group_limit = just.axis_limit = needs_items(plan);
    just.local_bytes = needs_local_bytes(plan);
    just.core_registers = needs_items(plan) * just.item_registers;
    const char *reason = plan->family->objects(plan, p, &just);
    ck_assert_msg(!reason, "%s: %s", text_of(plan), reason);

    int64_t *const limits[] = {&just.group_limit, &just.axis_limit,
                               &just.local_bytes, &just.core_registers};
    for (size_t n = 0; n < sizeof limits / sizeof *limits; n++) {
        --*limits[n];
        ck_assert_msg(plan->family->objects(plan, p, &just) != NULL,
                      "%s: limit %d", text_of(plan), (int)n);
        ++*limits[n];
    }
}

START_TEST(a_group_fits_to_the_last_byte_and_register)
{
    uint64_t state = 7100u + (unsigned)_i;
    int asked[FORMS + 1] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        const struct problem p = given_wide_problem(&state);
        const struct device d = given_any_device(&state);
        struct ranking r;
        orl_planner_rank(&r, &p, &d);
        for (int n = 0; n < count_plans(&r); n++) {
            const enum form form = needs_form(&r.at[n].plan);
            if (form < FORMS)
                assert_just_fits(&r.at[n].plan, &p, &d);
            asked[form]++;
        }
    }
    for (enum form f = 0; f < FORMS; f++)
        ck_assert_msg(asked[f] >= 10, "%s: only %d", needs_form_name(f),
                      asked[f]);
}
END_TEST

/* ---- Choices ------------------------------------------------------------ */

START_TEST(what_row_can_do_has_a_plan)
{
    const struct family *row = orl_family_named("row", 3);
    uint64_t state = 8000u + (unsigned)_i;
    int rejected = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const struct problem p = given_any_problem(&state);
        struct device d = given_any_device(&state);
        if (draw_from(&state, 0, 9) == 0)
            d.compiler = 0;
        if (draw_from(&state, 0, 9) == 0)
            d.argument_bytes = draw_from(&state, 1, 600);
        struct ranking r;
        orl_planner_rank(&r, &p, &d);
        const bool none = row->rejects(&p, &d) != NULL;
        rejected += none;
        ck_assert_int_eq(orl_planner_verdict(&r),
                         none ? ORIEL_E_UNSUPPORTED : ORIEL_OK);
    }
    ck_assert_int_gt(rejected, 100);
}
END_TEST

START_TEST(every_family_has_a_plan_or_a_reason)
{
    uint64_t state = 5300u + (unsigned)_i;
    for (int round = 0; round < ROUNDS; round++) {
        const struct problem p = given_wide_problem(&state);
        const struct device d = given_any_device(&state);
        struct ranking r;
        orl_planner_rank(&r, &p, &d);
        int64_t named = 0;
        for (int n = 0; n < r.count; n++)
            if (r.at[n].fits || r.at[n].reason[0])
                named |= INT64_C(1) << orl_family_number(r.at[n].plan.family);
        for (int n = 0; orl_families[n]; n++)
            ck_assert_msg(named >> n & 1, "%s is left out",
                          orl_families[n]->name);
    }
}
END_TEST

/* Copies elsewhere, and a ranking that held other plans before. */
START_TEST(the_same_question_has_the_same_answer)
{
    uint64_t state = 9000u + (unsigned)_i;
    struct ranking again;
    memset(&again, 0x55, sizeof again);
    for (int round = 0; round < ROUNDS; round++) {
        const struct problem p = given_any_problem(&state), same_p = p;
        const struct device d = given_any_device(&state), same_d = d;
        struct ranking r = {0};
        orl_planner_rank(&r, &p, &d);
        orl_planner_rank(&again, &same_p, &same_d);
        ck_assert_int_eq(r.count, again.count);
        for (int n = 0; n < r.count; n++) {
            ck_assert(orl_plan_equal(&r.at[n].plan, &again.at[n].plan));
            ck_assert(r.at[n].seconds >= again.at[n].seconds &&
                      r.at[n].seconds <= again.at[n].seconds);
        }
    }
}
END_TEST

/* The same plan, on twice as many cores that are the same otherwise. */
START_TEST(more_cores_are_never_slower)
{
    uint64_t state = 9900u + (unsigned)_i;
    int faster = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        struct device twice = d;
        twice.compute_units *= 2;
        struct ranking r;
        orl_planner_rank(&r, &p, &d);
        for (int n = 0; n < count_plans(&r); n++) {
            const struct plan *plan = &r.at[n].plan;
            const double before = r.at[n].seconds;
            const double after = plan->family->cost(plan, &p, &twice);
            ck_assert(isfinite(before) && before > 0.0);
            ck_assert_msg(after <= before * (1.0 + 1e-12), "%s: %g, %g",
                          text_of(plan), before, after);
            faster += after < 0.9 * before;
        }
    }
    ck_assert_int_gt(faster, 100);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("plan limits");
    tcase_add_loop_test(tc, every_plan_keeps_to_what_a_device_has, 0, 4);
    tcase_add_loop_test(tc, a_group_fits_to_the_last_byte_and_register, 0, 2);
    tcase_add_loop_test(tc, what_row_can_do_has_a_plan, 0, 2);
    tcase_add_loop_test(tc, every_family_has_a_plan_or_a_reason, 0, 2);
    tcase_add_loop_test(tc, the_same_question_has_the_same_answer, 0, 2);
    tcase_add_loop_test(tc, more_cores_are_never_slower, 0, 2);
    return suite_run(tc, "plan: limits of devices");
}
