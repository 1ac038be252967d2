/* test_forced.c: plans of other devices, by their text; forced.txt lists
 * them. */
#include "stage.h"
#include "trial.h"

#include "model/problem_text.h"
#include "plan/plan_text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 64, LINE = 256 };
enum { SKIPPED = 77 }; /* as Meson counts it */

static struct stage stage;
static struct {
    char plan[LINE];
    const char *problem; /* in the same text, behind a 0 */
} forced[LINES];
static int count;

/* Lines of each family, and those of them that ran. */
enum { FAMILIES = 16 };
static int listed[FAMILIES], ran[FAMILIES];

/* Why lines were left out, each reason once, and how many for it. */
enum { REASON = 512 };
static struct {
    char text[REASON];
    int lines;
} left[LINES];

static void leave_out(const char *reason)
{
    int n = 0;
    while (left[n].lines > 0 && strcmp(left[n].text, reason) != 0)
        n++;
    snprintf(left[n].text, REASON, "%s", reason);
    left[n].lines++;
}

static void tell_left_out(void)
{
    for (int n = 0; n < LINES && left[n].lines > 0; n++)
        fprintf(stderr, "left out: %d of %d, %s\n", left[n].lines, count,
                left[n].text);
}

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "forced.txt: %s\n", what);
    exit(EXIT_FAILURE);
}

static void read_table(const char *path)
{
    FILE *file = path ? fopen(path, "r") : NULL;
    need(file != NULL, "not there");
    while (count < LINES && fgets(forced[count].plan, LINE, file)) {
        char *line = forced[count].plan, *bar = strstr(line, " | ");
        line[strcspn(line, "\n")] = 0;
        if (line[0] == 0 || line[0] == '#')
            continue;
        need(bar != NULL, line);
        *bar = 0;
        forced[count++].problem = bar + strlen(" | ");
    }
    need(count > 0 && fgetc(file) == EOF, "empty, or too long");
    fclose(file);
}

/* A GPU may have no room for what another one runs: by what it says of itself,
 * as far as the family objects to nothing else, */
static bool has_no_room(const struct plan *plan, const struct problem *p)
{
    struct device roomy = stage.device;
    roomy.group_limit = roomy.axis_limit = 0;
    roomy.local_bytes = roomy.core_registers = 0;
    return stage.device.kind == DEVICE_GPU &&
           plan->family->objects(plan, p, &stage.device) &&
           !plan->family->objects(plan, p, &roomy);
}

/* or by what its compiler made of it (orl_family_unfit). */
static bool is_unfit(oriel_status status)
{
    return stage.device.kind == DEVICE_GPU && status == ORIEL_E_UNSUPPORTED &&
           strstr(oriel_last_error()->message, ": the built kernel ");
}

/* What a device may leave a line out for before it is asked: facts, not what a
 * family answers, which may be wrong. NULL: nothing. */
static const char *excuse(const struct problem *p)
{
    if (stage.device.loop_limit > 0)
        return "the device ends work-items after a number of loop iterations";
    if (!stage_fits(&stage, p))
        return "the problem is too large for this device";
    return NULL;
}

START_TEST(a_plan_of_another_device_gives_the_same_answers)
{
    const char *text = forced[_i].plan;
    oriel_problem wanted;
    struct problem p;
    ck_assert_msg(orl_problem_parse(&wanted, forced[_i].problem) == ORIEL_OK &&
                      orl_problem_check(&p, &wanted) == ORIEL_OK,
                  "%s: %s", forced[_i].problem, oriel_last_error()->message);
    const struct variant v = orl_variant(&p);
    struct plan forced_plan;
    ck_assert_msg(orl_plan_parse(&forced_plan, text, &v) == ORIEL_OK, "%s",
                  oriel_last_error()->message);
    const int family = orl_family_number(forced_plan.family);
    listed[family]++;
    if (excuse(&p)) {
        leave_out(excuse(&p));
        return;
    }
    oriel_plan *plan = NULL;
    if (orl_plan_word(&forced_plan, "BROADCAST") && !stage.device.sub_groups) {
        ck_assert_int_eq(
            oriel_plan_create(&plan, stage.context, &wanted,
                              ORIEL_PLAN_OPTIONS(.plan_text = text)),
            ORIEL_E_ARGUMENT);
        ck_assert_ptr_nonnull(
            strstr(oriel_last_error()->message, "needs sub-groups"));
        leave_out("the device has no sub-groups and refuses");
        return;
    }
    const oriel_status status = oriel_plan_create(
        &plan, stage.context, &wanted, ORIEL_PLAN_OPTIONS(.plan_text = text));
    if (status != ORIEL_OK &&
        (has_no_room(&forced_plan, &p) || is_unfit(status))) {
        leave_out(oriel_last_error()->message);
        return;
    }
    ck_assert_msg(status == ORIEL_OK, "%s | %s: %s", text, forced[_i].problem,
                  oriel_last_error()->message);
    ran[family]++;

    char why[TRIAL_WHY] = "";
    struct trial t;
    trial_open(&t, &p, (uint64_t)_i);
    t.weight_type = orl_plan_weight_type(&forced_plan);
    trial_mark(&t);
    const oriel_call call = trial_call(&t);
    ck_assert_msg(oriel_attend(plan, &call) == ORIEL_OK, "%s | %s: %s", text,
                  t.text, oriel_last_error()->message);
    ck_assert_msg(trial_is_right(&t, why), "%s | %s: %s", text, t.text, why);
    trial_close(&t);
    oriel_plan_destroy(plan);
}
END_TEST

static bool any_ran(void)
{
    int sum = 0;
    for (int n = 0; n < FAMILIES; n++)
        sum += ran[n];
    return sum > 0;
}

/* Runs last. There is a small problem of each family for slow devices. */
START_TEST(each_family_has_run)
{
    if (stage.device.loop_limit > 0)
        return;
    for (int n = 0; orl_families[n]; n++)
        ck_assert_msg(listed[n] == 0 || ran[n] > 0, "no plan of %s has run",
                      orl_families[n]->name);
}
END_TEST

int main(void)
{
    read_table(getenv("FORCED_TABLE"));
    stage_open(&stage);
    TCase *tc = tcase_create("forced");
    tcase_add_loop_test(tc, a_plan_of_another_device_gives_the_same_answers, 0,
                        count);
    tcase_add_test(tc, each_family_has_run);
    Suite *suite = suite_create("forced");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    tell_left_out();
    stage_close(&stage);
    if (failed)
        return EXIT_FAILURE;
    return any_ran() ? EXIT_SUCCESS : SKIPPED;
}
