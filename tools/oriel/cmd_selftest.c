/* cmd_selftest.c: `oriel selftest`. */
#include "commands.h"
#include "device_pick.h"
#include "output_file.h"
#include "report.h"
#include "selftest.h"

#include "base/error.h"

#include <stdio.h>

static const struct option options[] = {
    {"device", "TEXT", "part of a name, or a number of oriel devices"},
    {"report", "F", "write facts, verdicts and a short benchmark to a file"},
    {"json", NULL, "print a JSON list"},
    {NULL, NULL, NULL},
};

static oriel_status print(const struct selftest *s, bool json)
{
    struct report r = {NULL, 0, 0, false};
    selftest_rows(s, &r);
    const oriel_status status =
        json ? report_print_list(&r) : report_print_table(&r);
    report_free(&r);
    return status;
}

static oriel_status conclude(const struct selftest *s,
                             const struct arguments *a, cl_device_id id)
{
    const char *path = argument(a, "report");
    if (path)
        ORL_TRY(selftest_file(s, path, id));
    return print(s, argument(a, "json") != NULL);
}

static oriel_status run(const struct arguments *a, bool *failed)
{
    struct selftest s;
    cl_device_id id = NULL;
    ORL_TRY(output_possible("report", argument(a, "report")));
    ORL_TRY(device_pick(&id, argument(a, "device")));
    oriel_status status = selftest_run(&s, id);
    if (status == ORIEL_OK)
        status = conclude(&s, a, id);
    *failed = !selftest_sound(&s);
    selftest_close(&s);
    if (status == ORIEL_OK && *failed)
        fputs("oriel: this device does not compute what it should\n", stderr);
    return status;
}

const struct command command_selftest = {
    .name = "selftest",
    .summary = "Does this device compute what it should? A verdict per family.",
    .options = options,
    .run = run,
};
