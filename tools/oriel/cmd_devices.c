/* cmd_devices.c: `oriel devices`: what is there, with the facts that decisions
 * use, in the form that `oriel explain --device-facts` reads. */
#include "commands.h"
#include "device_pick.h"
#include "report.h"

#include "base/error.h"
#include "base/text.h"
#include "cl/check.h"
#include "cl/probe.h"
#include "model/device_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"device", "TEXT", "only this one: part of a name, or a number"},
    {"json", NULL, "print a JSON list"},
    {NULL, NULL, NULL},
};

enum { FACTS = 4096 };

static const char *kind_name(int64_t kind)
{
    return kind == DEVICE_CPU   ? "CPU"
           : kind == DEVICE_GPU ? "GPU"
                                : "accelerator";
}

/* A platform that fails must not hide the others. */
static void tell_broken(const struct listed *l)
{
    char name[ORL_DEVICE_NAME] = "";
    if (clGetPlatformInfo(l->platform, CL_PLATFORM_NAME, sizeof name - 1, name,
                          NULL) != CL_SUCCESS ||
        !name[0])
        snprintf(name, sizeof name, "without a name");
    fprintf(stderr, "oriel: platform %s has no device: %s (%d)\n", name,
            orl_cl_name(l->error), (int)l->error);
}

static bool is_text(const char *fact)
{
    static const char *const texts[] = {
        "name",     "vendor",           "version", "driver",
        "platform", "platform_version", "kind",    "matrix",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!strcmp(fact, texts[i]))
            return true;
    return false;
}

/* Lines of "fact value" as fields. */
static void add_facts(struct report *r, char *facts)
{
    struct report *object = report_object(r, "facts");
    for (char *line = strtok(facts, "\n"); line; line = strtok(NULL, "\n")) {
        char *value = strchr(line, ' ');
        if (!value || line[0] == '#')
            continue;
        *value++ = 0;
        value += strspn(value, " ");
        if (is_text(line))
            report_text(object, line, value);
        else
            report_count(object, line, strtoll(value, NULL, 10));
    }
}

/* What the planner knows of the device: also what a trial tells, which takes a
 * build or two the first time. Of a device that cannot be opened, what it says
 * of itself. */
static struct device facts_of(cl_device_id id)
{
    struct device d;
    if (device_facts(&d, id) == ORIEL_OK)
        return d;
    fprintf(stderr, "oriel: warning: what takes a trial is not known: %s\n",
            oriel_last_error()->message);
    orl_probe(&d, id);
    return d;
}

static void add_device(struct report *r, cl_device_id id, int64_t number,
                       bool chosen)
{
    const struct device d = facts_of(id);
    char facts[FACTS];
    orl_device_print(&d, facts, sizeof facts);
    report_row(r);
    report_count(r, "number", number);
    report_text(r, "platform", d.platform);
    report_text(r, "name", d.name);
    report_text(r, "version", d.version);
    report_text(r, "type", kind_name(d.kind));
    report_truth(r, "chosen", chosen);
    add_facts(r, facts);
}

static void print_device(cl_device_id id, int64_t number, bool chosen)
{
    const struct device d = facts_of(id);
    char facts[FACTS];
    orl_device_print(&d, facts, sizeof facts);
    printf("%s# device %lld%s: %s, on %s (%s, %s)\n%s", number ? "\n" : "",
           (long long)number, chosen ? ", the one Oriel takes" : "", d.name,
           d.platform, kind_name(d.kind), d.version, facts);
}

static oriel_status print_devices(const struct arguments *a,
                                  const struct listed *list, size_t count)
{
    const char *wanted = argument(a, "device");
    cl_device_id chosen = NULL;
    const oriel_status status = device_pick(&chosen, wanted);
    if (status == ORIEL_E_ARGUMENT && wanted)
        return status;
    if (status != ORIEL_OK)
        fprintf(stderr, "oriel: %s\n", oriel_last_error()->message);

    struct report report = {NULL, 0, 0, false};
    int64_t number = 0;
    for (size_t n = 0; n < count; n++) {
        if (!list[n].id) {
            tell_broken(&list[n]);
            continue;
        }
        const bool shown = !wanted || list[n].id == chosen;
        if (shown && argument(a, "json"))
            add_device(&report, list[n].id, number, list[n].id == chosen);
        else if (shown)
            print_device(list[n].id, number, list[n].id == chosen);
        number++;
    }
    oriel_status printed = ORIEL_OK;
    if (argument(a, "json"))
        printed = report_print_list(&report);
    report_free(&report);
    return printed;
}

static oriel_status run(const struct arguments *a, bool *failed)
{
    (void)failed;
    struct listed *list = NULL;
    size_t count = 0;
    /* Nothing to list is an answer, not a failure. */
    const oriel_status status = orl_probe_list(&list, &count);
    if (status == ORIEL_E_UNSUPPORTED) {
        if (argument(a, "json"))
            puts("[]");
        else
            puts(oriel_last_error()->message);
        return ORIEL_OK;
    }
    if (status != ORIEL_OK)
        return status;
    const oriel_status printed = print_devices(a, list, count);
    free(list);
    return printed;
}

const struct command command_devices = {
    .name = "devices",
    .summary = "Every OpenCL device found, and the one that would be taken.",
    .options = options,
    .run = run,
};
