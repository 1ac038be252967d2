/* core_alone.c: all of the core in one program, linked without OpenCL, decides
 * for a device that is not here. */
#include "base/error.h"
#include "model/device_text.h"
#include "model/problem_text.h"
#include "plan/plan_text.h"
#include "plan/planner.h"

#include <stdio.h>

static const char facts[] = "name some CPU\n"
                            "kind cpu\n"
                            "compute_units 4\n"
                            "vector_floats 8\n"
                            "group_limit 4096\n"
                            "axis_limit 4096\n"
                            "full_profile 1\n"
                            "little_endian 1\n"
                            "compiler 1\n";

static oriel_status decide(char line[ORL_PLAN_TEXT])
{
    static struct ranking ranking;
    oriel_problem wanted;
    struct problem problem;
    struct device device;
    ORL_TRY(orl_device_parse(&device, facts));
    ORL_TRY(orl_problem_parse(&wanted, "h8/2 q4096 d64 w1023,0"));
    ORL_TRY(orl_problem_check(&problem, &wanted));
    orl_planner_rank(&ranking, &problem, &device);
    ORL_TRY(orl_planner_verdict(&ranking));
    orl_plan_print(&ranking.at[0].plan, line, ORL_PLAN_TEXT);
    return ORIEL_OK;
}

int main(void)
{
    char line[ORL_PLAN_TEXT];
    if (decide(line) != ORIEL_OK) {
        fprintf(stderr, "%s\n", oriel_last_error()->message);
        return 1;
    }
    printf("%s\n", line);
    return 0;
}
