/* test_plan_limits.c: for any device and any problem, every plan that is
 * offered keeps to what the device has, there is always one where the family
 * row has one, and the same question has the same answer. */
#include "plan/planner.h"

#include "base/arith.h"
#include "given.h"
#include "plan/plan_text.h"
#include "suite.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 3000 };

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

static bool is(const struct plan *plan, const char *family)
{
    return strcmp(plan->family->name, family) == 0;
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
    }
}

/* As the declarations of kernels/tile.cl: chunks of q and k, then weights in
 * their place; chunks of v, then maxima in theirs; and whether a value is not
 * finite. Rows are 16 bytes longer than what they hold. The other families have
 * no local memory. */
static int64_t local_bytes(const struct plan *plan)
{
    if (!is(plan, "tile"))
        return 0;
    const int64_t rows = orl_plan_word(plan, "QUERY_TILE");
    const int64_t keys = orl_plan_word(plan, "KEY_TILE");
    const int64_t across = keys / orl_plan_word(plan, "ITEM_KEYS");
    const int64_t lanes = orl_plan_word(plan, "SUM_LANES");
    const int64_t values =
        orl_ceil_div(plan->variant.v_dim, across * lanes) * across * lanes;
    const int64_t chunk =
        (rows + keys) * (4 * orl_plan_word(plan, "CHANNEL_CHUNK") + 16);
    const int64_t weights = rows * (4 * keys + 16);
    const int64_t sums = 4 * orl_plan_word(plan, "KEY_CHUNK") * values;
    const int64_t peaks = 4 * rows * across;
    return orl_max(chunk, weights) + orl_max(sums, peaks) + 16;
}

/* A group that needs more registers than a core has does not start. Where waves
 * have 64 work-items, the compiler is told to leave room for 8 of them. */
static int64_t most_registers(const struct plan *plan, const struct device *d)
{
    if (!is(plan, "tile"))
        return 0;
    const int64_t items =
        orl_plan_word(plan, "QUERY_TILE") / orl_plan_word(plan, "ITEM_ROWS") *
        (orl_plan_word(plan, "KEY_TILE") / orl_plan_word(plan, "ITEM_KEYS"));
    const int64_t eighth = orl_max(d->core_registers / (8 * 64), 1);
    return items * (d->wave_items == 64 ? orl_min(d->item_registers, eighth)
                                        : d->item_registers);
}

static void assert_memory_fits(const struct plan *plan, const struct device *d)
{
    if (d->local_bytes > 0)
        ck_assert_msg(local_bytes(plan) <= d->local_bytes, "%s: %lld bytes",
                      text_of(plan), (long long)local_bytes(plan));
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

START_TEST(every_plan_keeps_to_what_a_device_has)
{
    uint64_t state = 7000u + (unsigned)_i;
    int gpu_tiles = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        struct ranking r;
        orl_planner_rank(&r, &p, &d);
        for (int n = 0; n < count_plans(&r); n++) {
            const struct plan *plan = &r.at[n].plan;
            assert_groups_fit(plan, &p, &d);
            assert_memory_fits(plan, &d);
            gpu_tiles += d.kind == DEVICE_GPU && is(plan, "tile");
        }
    }
    ck_assert_int_gt(gpu_tiles, 100); /* else nothing was asked */
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
    tcase_add_loop_test(tc, what_row_can_do_has_a_plan, 0, 2);
    tcase_add_loop_test(tc, the_same_question_has_the_same_answer, 0, 2);
    tcase_add_loop_test(tc, more_cores_are_never_slower, 0, 2);
    return suite_run(tc, "plan: limits of devices");
}
