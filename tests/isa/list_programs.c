/* list_programs.c: every program that GPUs are offered, for compilers that need
 * no device.
 *
 *     list_programs FOLDER PROBLEMS TARGET=FACTS...
 *
 * writes FOLDER/<kernel>.cl, and a line for each program that the planner would
 * try on a device with these facts (of row and segment, whose programs for a
 * problem differ in the size of a group or of a segment alone, the best one):
 *
 *     target | problem | plan | options | work-items | place
 *
 * place: 1 for the planner's choice, the others by what it predicts. Batches
 * are so large that all of a device is busy. Then, with place 0, the choice for
 * each line of the file PROBLEMS, whatever its batch. */
#include "base/error.h"
#include "base/file.h"
#include "cl/source.h"
#include "model/device_text.h"
#include "model/problem_text.h"
#include "plan/plan_text.h"
#include "plan/planner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All head dimensions that presets tell apart; then what else a program is
 * compiled for: storage, softcap, heads that share keys, odd rows. */
static const char *const many[] = {
    "b64 h1 q4096 d32 w127,0",
    "b64 h1 q4096 d64 w127,0",
    "b64 h1 q4096 d80 w127,0",
    "b64 h1 q4096 d96 w127,0",
    "b64 h1 q4096 d128 w127,0",
    "b64 h1 q4096 d256 w127,0",
    "b64 h1 q4096 d512 w127,0",
    "b64 h1 q4096 d64 w127,0 f16",
    "b64 h4/1 q4096 d128 w127,0 bf16 cap30",
    "b64 h1 q4096 d59 v111 w127,0",
    NULL,
};

/* Those of row, which any GPU runs and few are given. */
static const char *const rows[] = {
    "b64 h1 q4096 d64 w127,0",
    "b64 h1 q4096 d512 w127,0",
    "b64 h4/1 q4096 d128 w127,0 bf16 cap30",
    NULL,
};

/* Further ones of matrix. */
static const char *const halves[] = {
    "b64 h1 q4096 d96 w127,0 f16",
    "b64 h1 q4096 d128 w127,0 f16",
    "b64 h1 q4096 d256 w127,0 f16",
    "b64 h1 q4096 d59 v111 w127,0 bf16",
    NULL,
};

/* Few queries: rows of a group of segment from 1 to 16. */
static const char *const few[] = {
    "b256 h1 q1 k4096 d64 winf,0",
    "b256 h1 q1 k4096 d512 winf,0",
    "b256 h4/1 q1 k4096 d128 winf,0",
    "b256 h4/1 q1 k4096 d128 winf,0 f16",
    "b256 h8/1 q1 k4096 d128 winf,0 bf16 cap30",
    "b256 h8/1 q1 k4096 d256 winf,0 f16",
    "b256 h3/1 q5 k4096 d59 v111 winf,0",
    "b256 h1 q16 k4096 d64 winf,0",
    "b256 h4/1 q4 k4096 d128 winf,0 f16",
    "b256 h8/1 q2 k4096 d256 winf,0",
    NULL,
};

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "list_programs: %s: %s\n", what,
            oriel_last_error()->message);
    exit(EXIT_FAILURE);
}

static void write_text(const char *folder, const char *kernel)
{
    char path[4096];
    size_t length = 0;
    const char *text = orl_source_text(kernel, &length);
    snprintf(path, sizeof path, "%s/%s.cl", folder, kernel);
    need(orl_file_replace(path, text, length) == ORIEL_OK, path);
}

static struct device read_facts(const char *path)
{
    struct device facts;
    void *text;
    size_t size;
    need(orl_file_read(path, &text, &size) == ORIEL_OK, path);
    need(orl_device_parse(&facts, text) == ORIEL_OK, path);
    free(text);
    return facts;
}

static bool has_name(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static int group_of(const struct plan *plan, const struct problem *p)
{
    const struct extent all = {p->batch, p->heads, p->queries, p->keys,
                               orl_problem_span(p)};
    struct launch_list launches;
    plan->family->launches(plan, &all, &launches);
    return launches.launch[0].local[0];
}

static void print(const char *target, const struct device *d,
                  const char *problem, const struct problem *p,
                  const struct plan *plan, int place)
{
    char text[ORL_PLAN_TEXT], options[ORL_OPTIONS_TEXT];
    orl_plan_print(plan, text, sizeof text);
    orl_source_options(plan, d, options);
    printf("%s | %s | %s | %s | %d | %d\n", target, problem, text, options,
           group_of(plan, p), place);
}

static struct problem rank(struct ranking *r, const struct device *d,
                           const char *problem)
{
    oriel_problem wanted;
    struct problem p;
    need(orl_problem_parse(&wanted, problem) == ORIEL_OK &&
             orl_problem_check(&p, &wanted) == ORIEL_OK,
         problem);
    orl_planner_rank(r, &p, d);
    return p;
}

/* Those of some families; the choice, whatever its family, with those of the
 * first list that has the problem. */
static void list(const char *target, const struct device *d,
                 const char *problem, const char *const *families)
{
    static const char *const single[] = {"row", "segment", NULL};
    struct ranking r;
    const struct problem p = rank(&r, d, problem);
    uint64_t listed = 0;
    for (int n = 0; n < r.count && r.at[n].fits; n++) {
        const struct plan *plan = &r.at[n].plan;
        const char *family = plan->family->name;
        const uint64_t bit = UINT64_C(1) << orl_family_number(plan->family);
        const bool chosen = n == 0 && !has_name(families, "row");
        if ((!chosen && !has_name(families, family)) ||
            (has_name(single, family) && listed & bit) ||
            orl_plan_word(plan, "PORTABLE"))
            continue;
        listed |= bit;
        print(target, d, problem, &p, plan, n + 1);
    }
}

static void list_all(const char *target, const struct device *d,
                     const char *const *problems, const char *const *families)
{
    for (int n = 0; problems[n]; n++)
        list(target, d, problems[n], families);
}

/* The choice alone, for each line of a file. */
static void list_choices(const char *target, const struct device *d,
                         const char *path)
{
    void *text;
    size_t size;
    need(orl_file_read(path, &text, &size) == ORIEL_OK, path);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        struct ranking r;
        if (line[0] == '#')
            continue;
        const struct problem p = rank(&r, d, line);
        if (r.at[0].fits)
            print(target, d, line, &p, &r.at[0].plan, 0);
    }
    free(text);
}

int main(int count, char **arguments)
{
    static const char *const blocks[] = {"matrix", "tile", NULL};
    static const char *const plain[] = {"row", NULL};
    static const char *const units[] = {"matrix", NULL};
    static const char *const segments[] = {"segment", NULL};
    need(count >= 3, "say where to write the texts of the kernels, and where "
                     "further problems are");
    for (int f = 0; orl_families[f]; f++)
        write_text(arguments[1], orl_families[f]->name);
    for (int n = 3; n < count; n++) {
        char target[64];
        const char *equals = strchr(arguments[n], '=');
        need(equals && equals - arguments[n] < 64, arguments[n]);
        snprintf(target, sizeof target, "%.*s", (int)(equals - arguments[n]),
                 arguments[n]);
        const struct device facts = read_facts(equals + 1);
        list_all(target, &facts, many, blocks);
        list_all(target, &facts, rows, plain);
        list_all(target, &facts, halves, units);
        list_all(target, &facts, few, segments);
        list_choices(target, &facts, arguments[2]);
    }
    return EXIT_SUCCESS;
}
