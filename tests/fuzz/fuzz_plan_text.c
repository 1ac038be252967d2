/* fuzz_plan_text.c: any bytes as the text of a plan. */
#include "fuzz.h"
#include "plan/plan_text.h"

void fuzz_text(const char *text)
{
    const struct variant variant = {.head_dim = 64, .v_dim = 64};
    char line[ORL_PLAN_TEXT];
    struct plan plan, again;
    if (orl_plan_parse(&plan, text, &variant) != ORIEL_OK)
        return;
    require(orl_plan_print(&plan, line, sizeof line) < sizeof line);
    require(orl_plan_parse(&again, line, &variant) == ORIEL_OK);
    require(orl_plan_equal(&plan, &again));
}
