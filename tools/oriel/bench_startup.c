/* bench_startup.c: how long a program takes to its first result, in processes
 * that have never seen it: with nothing on disk and nothing to be kept, with
 * Oriel's cache empty, and with Oriel's cache as the one before left it. The
 * driver's own cache is empty each time.
 *
 * A process is `oriel run PROBLEM --plan PLAN --timing --json`. */
#include "bench.h"

#include "child.h"
#include "clock.h"
#include "interrupt.h"
#include "progress.h"

#include "base/error.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* No compiler seen took a tenth of it. */
static const double patience = 600;

enum { PLACE = BENCH_PATH + 64 };

/* PoCL's variable is seen to work; the others are what the documentation of
 * NVIDIA's, Intel's, AMD's and Mesa's drivers names. */
static const char *const driver_keeps_nothing[] = {
    "CUDA_CACHE_DISABLE=1", "NEO_CACHE_PERSISTENT=0", "AMD_COMGR_CACHE=0",
    "MESA_SHADER_CACHE_DISABLE=true"};
enum { DRIVERS = 4 };

static bool number_of(const cJSON *row, const char *name, double *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, name);
    if (!cJSON_IsNumber(item))
        return false;
    *out = item->valuedouble;
    return true;
}

static oriel_status ask(struct child *c, double *plan, double *call)
{
    char *text = NULL;
    size_t size = 0;
    const double until = clock_now() + patience;
    enum child_answer answer = CHILD_LATE;
    while (answer == CHILD_LATE && clock_now() < until && !interrupted())
        answer = child_all(c, &text, &size, 0.2);
    const int code = child_end(c, answer == CHILD_LATE ? 0 : 5);
    cJSON *row = text ? cJSON_Parse(text) : NULL;
    const bool found = row && number_of(row, "plan_seconds", plan) &&
                       number_of(row, "seconds", call);
    cJSON_Delete(row);
    free(text);
    if (found && code == 0)
        return ORIEL_OK;
    return answer == CHILD_LATE
               ? orl_fail(ORIEL_E_UNSUPPORTED, "no result after %.0f s",
                          patience)
               : orl_fail(ORIEL_E_UNSUPPORTED,
                          "oriel run in a new process ended with status %d",
                          code);
}

/* cache: Oriel keeps one for this problem, in our folder. */
static oriel_status one_process(const struct bench *b, const struct finding *f,
                                bool cache, int turn, double *plan,
                                double *call)
{
    char own[PLACE] = "XDG_CACHE_HOME=", pocl[PLACE];
    const int place = (int)f->place;
    if (cache)
        snprintf(own, sizeof own, "XDG_CACHE_HOME=%s/cache%d", b->folder,
                 place);
    snprintf(pocl, sizeof pocl, "POCL_CACHE_DIR=%s/driver%d.%d", b->folder,
             place, turn);
    const char *environment[DRIVERS + 4] = {own, pocl, "HOME="};
    for (int n = 0; n < DRIVERS; n++)
        environment[3 + n] = driver_keeps_nothing[n];
    const char *const argv[] = {
        "/proc/self/exe", "run",
        f->problem,       "--plan",
        f->plan,          "--json",
        "--timing",       b->device_name ? "--device" : NULL,
        b->device_name,   NULL};
    struct child c = {.pid = 0};
    ORL_TRY(child_start(&c, argv, environment, true));
    return ask(&c, plan, call);
}

static oriel_status measure(const struct bench *b, struct finding *f)
{
    double built, called, kept, ignored, loaded, again;
    ORL_TRY(one_process(b, f, false, 0, &built, &called));
    f->build_seconds = built;
    f->first_seconds = built + called;
    ORL_TRY(one_process(b, f, true, 1, &kept, &ignored));
    f->store_seconds = fmax(kept - built, 0);
    ORL_TRY(one_process(b, f, true, 2, &loaded, &again));
    f->warm_seconds = loaded + again;
    return ORIEL_OK;
}

void bench_startup(const struct bench *b, struct finding *f)
{
    if (measure(b, f) == ORIEL_OK || interrupted())
        return;
    progress_clear();
    fprintf(stderr, "oriel: warning: the start of \"%s\" is not measured: %s\n",
            f->problem, oriel_last_error()->message);
}
