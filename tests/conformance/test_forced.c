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

static struct stage stage;
static struct {
    char plan[LINE];
    const char *problem; /* in the same text, behind a 0 */
} forced[LINES];
static int count;

/* Lines of each family that this device could be asked for, and those of them
 * that it has room for. */
enum { FAMILIES = 16 };
static int asked[FAMILIES], ran[FAMILIES];

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

START_TEST(a_plan_of_another_device_gives_the_same_answers)
{
    const char *text = forced[_i].plan;
    oriel_problem wanted;
    struct problem p;
    ck_assert_msg(orl_problem_parse(&wanted, forced[_i].problem) == ORIEL_OK &&
                      orl_problem_check(&p, &wanted) == ORIEL_OK,
                  "%s: %s", forced[_i].problem, oriel_last_error()->message);
    if (!stage_fits(&stage, &p))
        return;
    const struct variant v = orl_variant(&p);
    struct plan forced_plan;
    ck_assert_msg(orl_plan_parse(&forced_plan, text, &v) == ORIEL_OK, "%s",
                  oriel_last_error()->message);
    if (orl_family_named("tile", 4)->rejects(&p, &stage.device))
        return; /* such a device runs row alone */
    oriel_plan *plan = NULL;
    if (orl_plan_word(&forced_plan, "BROADCAST") && !stage.device.sub_groups) {
        ck_assert_int_eq(
            oriel_plan_create(&plan, stage.context, &wanted,
                              ORIEL_PLAN_OPTIONS(.plan_text = text)),
            ORIEL_E_ARGUMENT);
        ck_assert_ptr_nonnull(
            strstr(oriel_last_error()->message, "needs sub-groups"));
        return;
    }
    const int family = orl_family_number(forced_plan.family);
    asked[family]++;
    const oriel_status status = oriel_plan_create(
        &plan, stage.context, &wanted, ORIEL_PLAN_OPTIONS(.plan_text = text));
    if (status != ORIEL_OK &&
        (has_no_room(&forced_plan, &p) || is_unfit(status))) {
        fprintf(stderr, "left out: %s\n", oriel_last_error()->message);
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

/* Runs last. */
START_TEST(each_family_has_run)
{
    for (int n = 0; orl_families[n]; n++)
        ck_assert_msg(asked[n] == 0 || ran[n] > 0, "no plan of %s fits",
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
    stage_close(&stage);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
