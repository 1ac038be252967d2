/* cmd_explain.c: `oriel explain`: which plan, and why. Builds nothing. */
#include "commands.h"
#include "device_pick.h"
#include "picture.h"
#include "report.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "model/device_text.h"
#include "model/problem_text.h"
#include "plan/plan_text.h"
#include "plan/planner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct option options[] = {
    {"device-facts", "F", "for a recorded device, as oriel devices prints it"},
    {"row", "I", "the keys that query row I sees"},
    {"picture", "F.svg", "the tiles as a picture"},
    {"device", "TEXT", "part of a name, or a number of oriel devices"},
    {"json", NULL, "print one JSON object"},
    {NULL, NULL, NULL},
};

struct answer {
    struct problem problem;
    char text[ORL_PROBLEM_TEXT];
    struct device device;
    struct ranking ranking;
    char plan[ORL_PLAN_TEXT];
    struct picture picture;
    int64_t row; /* -1: not asked for */
};

static oriel_status read_facts(struct device *out, const char *path)
{
    void *bytes = NULL;
    size_t size = 0;
    ORL_TRY(orl_file_read(path, &bytes, &size));
    const oriel_status status = orl_device_parse(out, bytes);
    free(bytes);
    return status;
}

static oriel_status find_device(const struct arguments *a, struct device *out)
{
    ORL_TRY(arguments_exclude(a, "device", "device-facts"));
    const char *path = argument(a, "device-facts");
    if (path)
        return read_facts(out, path);
    cl_device_id id = NULL;
    ORL_TRY(device_pick(&id, argument(a, "device")));
    return device_facts(out, id);
}

/* A kernel without tiles of its own is drawn in steps of so many keys. */
enum { STEP_KEYS = 64 };

static struct picture draw(const struct answer *x)
{
    const struct plan *plan = &x->ranking.at[0].plan;
    /* Rows of a block may be of several heads. */
    const int32_t pack = orl_plan_word(plan, "GROUP_PACK");
    const int32_t rows =
        orl_plan_word(plan, "QUERY_TILE") / (pack > 1 ? pack : 1);
    const int32_t keys = orl_plan_word(plan, "KEY_TILE");
    const struct window w = orl_problem_window(&x->problem);
    return picture_of(&w, rows > 0 ? rows : 1, keys > 0 ? keys : STEP_KEYS,
                      x->row >= 0 ? x->row : x->problem.queries / 2);
}

static oriel_status find_answer(const struct arguments *a, struct answer *x)
{
    oriel_problem public;
    ORL_TRY(orl_problem_parse(&public, a->word[0]));
    ORL_TRY(orl_problem_check(&x->problem, &public));
    orl_problem_print(&x->problem, x->text, sizeof x->text);
    x->row = -1;
    if (argument(a, "row"))
        ORL_TRY(option_int64("row", argument(a, "row"), 0,
                             x->problem.queries - 1, &x->row));
    ORL_TRY(find_device(a, &x->device));
    orl_planner_rank(&x->ranking, &x->problem, &x->device);
    ORL_TRY(orl_planner_verdict(&x->ranking));
    orl_plan_print(&x->ranking.at[0].plan, x->plan, sizeof x->plan);
    x->picture = draw(x);
    return ORIEL_OK;
}

static void add_candidates(const struct answer *x, struct report *rows)
{
    for (int n = 0; n < x->ranking.count; n++) {
        const struct candidate *c = &x->ranking.at[n];
        char plan[ORL_PLAN_TEXT];
        orl_plan_print(&c->plan, plan, sizeof plan);
        report_row(rows);
        report_text(rows, "plan", c->fits ? plan : c->plan.family->name);
        report_number(rows, "cost", c->fits ? c->seconds : NAN);
        report_text(rows, "reason",
                    n == 0 ? "chosen: the cheapest" : c->reason);
    }
}

static oriel_status print_json(const struct answer *x)
{
    struct report r = {NULL, 0, 0, false};
    char tiles[PICTURE_TEXT];
    report_row(&r);
    report_text(&r, "problem", x->text);
    report_text(&r, "device", x->device.name);
    report_text(&r, "plan", x->plan);
    add_candidates(x, report_list(&r, "candidates"));

    const struct picture *p = &x->picture;
    picture_text(p, tiles);
    struct report *t = report_object(&r, "tiles");
    report_count(t, "row_begin", p->begin);
    report_count(t, "row_end", p->end);
    report_count(t, "tile_keys", p->tile_keys);
    report_count(t, "empty",
                 p->right - p->left - (p->tiles.end - p->tiles.first));
    report_count(t, "full", p->tiles.edge - p->tiles.full);
    report_count(t, "edge",
                 p->tiles.end - p->tiles.first -
                     (p->tiles.edge - p->tiles.full));
    report_text(t, "picture", tiles);
    if (x->row >= 0) {
        const struct span seen = orl_window_any(&p->window, x->row, 1);
        struct report *row = report_object(&r, "row");
        report_count(row, "row", x->row);
        report_count(row, "begin", seen.begin);
        report_count(row, "end", seen.end);
    }
    const oriel_status status = report_print_object(&r);
    report_free(&r);
    return status;
}

static void print_tiles(const struct answer *x)
{
    const struct picture *p = &x->picture;
    char tiles[PICTURE_TEXT];
    picture_text(p, tiles);
    printf("\nquery rows %lld to %lld, keys in tiles of %lld: . empty, / edge, "
           "# full\n%s\n",
           (long long)p->begin, (long long)p->end - 1, (long long)p->tile_keys,
           tiles);
    if (x->row >= 0) {
        const struct span seen = orl_window_any(&p->window, x->row, 1);
        if (seen.begin == seen.end)
            printf("row %lld sees no key\n", (long long)x->row);
        else
            printf("row %lld sees %lld keys: %lld to %lld\n", (long long)x->row,
                   (long long)(seen.end - seen.begin), (long long)seen.begin,
                   (long long)seen.end - 1);
    }
    if (x->problem.extras & ORIEL_EXTRA_KEY_RANGE)
        puts("the limits of each batch entry take keys away from that");
}

static oriel_status print_text(const struct answer *x)
{
    struct report rows = {NULL, 0, 0, false};
    printf("problem  %s\ndevice   %s\nplan     %s\n\n", x->text, x->device.name,
           x->plan);
    add_candidates(x, &rows);
    const oriel_status status = report_print_table(&rows);
    report_free(&rows);
    if (status == ORIEL_OK)
        print_tiles(x);
    return status;
}

static oriel_status run(const struct arguments *a, bool *failed)
{
    (void)failed;
    if (!a->words)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "a PROBLEM is missing: oriel explain \"h8 q4096 d64 "
                        "w127,0\"");
    struct answer x;
    ORL_TRY(find_answer(a, &x));
    if (argument(a, "picture"))
        ORL_TRY(picture_write(&x.picture, argument(a, "picture"), x.text));
    return argument(a, "json") ? print_json(&x) : print_text(&x);
}

const struct command command_explain = {
    .name = "explain",
    .words = "PROBLEM",
    .summary = "The plan for a problem, why it won, and why each other lost.",
    .options = options,
    .run = run,
};
