/* stage.c: opens the device under test and chooses plans. */
#include "stage.h"

#include "cl/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BUILT = 4096 };

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, oriel_last_error()->message);
    exit(EXIT_FAILURE);
}

/* An interpreter runs a few thousand work-items a second; Mesa's compiler takes
 * 20 seconds for a lane program. */
static void be_patient(struct stage *stage)
{
    const struct device *d = &stage->device;
    const char *plans = getenv("CONFORMANCE_PLANS");
    const char *programs = getenv("CONFORMANCE_PROGRAMS");
    const char *step = getenv("CONFORMANCE_STEP");
    stage->step = step && atoi(step) > 0 ? atoi(step) : 1;
    stage->all = plans && strcmp(plans, "all") == 0;
    stage->most_rows = 400;
    if (strstr(d->platform, "Oclgrind")) {
        stage->most_flops = 1e5;
        stage->most_rows = 40;
        stage->most_programs = 2;
    }
    if (strstr(d->platform, "rusticl"))
        stage->most_programs = 3;
    if (programs)
        stage->most_programs = atoi(programs);
}

void stage_open(struct stage *stage)
{
    *stage = (struct stage) {0};
    cl_device_id id = NULL;
    need(orl_probe_pick(&id, getenv("ORIEL_DEVICE")) == ORIEL_OK, "no device");
    cl_context context = clCreateContext(NULL, 1, &id, NULL, NULL, NULL);
    const struct log silence = {0};
    need(orl_engine_open(&stage->engine, context, id, "", silence) == ORIEL_OK,
         "no engine");
    need(oriel_context_create(&stage->context,
                              ORIEL_CONTEXT_DESC(.context = context,
                                                 .device = id,
                                                 .cache_dir = "")) == ORIEL_OK,
         "no context");
    clReleaseContext(context);
    stage->device = orl_engine_facts(&stage->engine);
    stage->built = calloc(MOST_BUILT, sizeof *stage->built);
    be_patient(stage);
    fprintf(stderr, "device: %s, %s\n", stage->device.name,
            stage->device.platform);
}

void stage_close(struct stage *stage)
{
    fprintf(stderr, "programs: %d, of them %d of row\n", stage->built_count,
            stage->built_count - stage->others);
    free(stage->built);
    oriel_context_destroy(stage->context);
    orl_engine_close(&stage->engine);
}

bool stage_fits(const struct stage *stage, const struct problem *p)
{
    return stage->most_flops <= 0 || orl_problem_flops(p) <= stage->most_flops;
}

static bool is_built(const struct stage *stage, const struct plan *plan)
{
    bool found = false;
    for (int n = 0; n < stage->built_count && !found; n++)
        found = orl_plan_equal(&stage->built[n], plan);
    return found;
}

static bool is_row(const struct plan *plan)
{
    return strcmp(plan->family->name, "row") == 0;
}

/* Takes a program that is not built yet, where one more may be built. */
static bool take(struct stage *stage, const struct plan *plan)
{
    const bool other = !is_row(plan);
    if (stage->built_count == MOST_BUILT ||
        (other && stage->most_programs > 0 &&
         stage->others >= stage->most_programs))
        return false;
    stage->built[stage->built_count++] = *plan;
    stage->others += other;
    return true;
}

static bool is_first_of_family(const struct ranking *r, int n)
{
    bool first = true;
    for (int before = 0; before < n; before++)
        first &= r->at[before].plan.family != r->at[n].plan.family;
    return first;
}

void stage_choose(struct stage *stage, const struct ranking *r, int turn,
                  bool taken[ORL_RANKED])
{
    int fit = 0, known = 0;
    while (fit < r->count && r->at[fit].fits)
        fit++;
    for (int n = 0; n < ORL_RANKED; n++) {
        taken[n] = n < fit && is_built(stage, &r->at[n].plan);
        known += taken[n];
    }
    for (int n = 0; n < fit; n++) {
        const bool wanted = turn < 0 ? known == 0
                                     : stage->all || is_first_of_family(r, n) ||
                                           n == turn % fit;
        if (wanted && !taken[n])
            taken[n] = take(stage, &r->at[n].plan);
    }
}
