/* test_damaged_plans.c: plan text that was damaged on its way is refused in one
 * sentence, or it is a plan, and then text and plan stay what they are. */
#include "base/error.h"
#include "draw.h"
#include "plan/plan_text.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const char *const lines[] = {
    "row g64 k0",
    "row g1 k4096",
    "lane x8 h1 q24 k192 qk4x3 pv6x2 once ahead",
    "lane x16 h1 q32 k128 qk8x2 pv8x2",
};

START_TEST(damaged_plans_are_refused_or_stable)
{
    const struct variant variant = {.head_dim = 64, .v_dim = 64};
    uint64_t seed = (uint64_t)_i + 1;
    int kept = 0, refused = 0, wrong = 0;
    for (int n = 0; n < 20000; n++) {
        char line[200], again[ORL_PLAN_TEXT];
        struct plan plan, copy;
        snprintf(line, sizeof line, "%s", lines[n % 4]);
        draw_damage(&seed, line, sizeof line);
        if (orl_plan_parse(&plan, line, &variant) != ORIEL_OK) {
            const char *message = oriel_last_error()->message;
            wrong += *message == 0 || strchr(message, '\n');
            refused++;
            continue;
        }
        kept++;
        orl_plan_print(&plan, again, sizeof again);
        wrong += orl_plan_parse(&copy, again, &variant) != ORIEL_OK ||
                 !orl_plan_equal(&plan, &copy);
        orl_plan_print(&copy, line, sizeof line);
        wrong += strcmp(line, again) != 0;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_gt(kept, 500);
    ck_assert_int_gt(refused, 500);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("damaged plans");
    tcase_add_loop_test(tc, damaged_plans_are_refused_or_stable, 0, 3);
    return suite_run(tc, "plan/plan_text: damage");
}
