/* test_plans.c: which plan each recorded device gets for each problem.
 *
 *     test_plans FOLDER            compares FOLDER/plans.txt with what the
 *                                  planner says today, and prints a diff
 *     test_plans FOLDER --write    writes it anew
 *     test_plans FOLDER --time     prints how long a plan takes; fails if it is
 *                                  more than plan/planner.h promises
 *
 * FOLDER/devices holds facts of real devices, FOLDER/problems.txt problems. */
#include "base/file.h"
#include "base/text.h"
#include "model/device_text.h"
#include "model/problem_text.h"
#include "plan/plan_text.h"
#include "plan/planner.h"
#include "suite.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEVICES = 64, PROBLEMS = 128, PATH = 1000, LINES = 1 << 20 };

struct recorded {
    char name[ORL_DEVICE_NAME]; /* of its file, without ".txt" */
    const char *text;
    struct device facts;
};

static const char *folder;
static struct recorded devices[DEVICES];
static int device_count;
static char problems[PROBLEMS][ORL_PROBLEM_TEXT];
static int problem_count;

/* ---- Reading ------------------------------------------------------------ */

/* Not ck_assert: --write runs outside of Check. */
static void need(bool holds, const char *where)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", where, oriel_last_error()->message);
    exit(EXIT_FAILURE);
}

/* The caller frees it, or keeps it to the end. */
static char *read_text(const char *path)
{
    void *bytes;
    size_t size;
    need(orl_file_read(path, &bytes, &size) == ORIEL_OK, path);
    return bytes;
}

static int by_name(const void *a, const void *b)
{
    const struct recorded *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void read_devices(void)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/devices", folder);
    DIR *dir = opendir(path);
    need(dir != NULL, path);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        const char *end = strstr(e->d_name, ".txt");
        if (!end)
            continue;
        need(device_count < DEVICES, "too many devices");
        struct recorded *r = &devices[device_count++];
        snprintf(r->name, sizeof r->name, "%.*s", (int)(end - e->d_name),
                 e->d_name);
        snprintf(path, sizeof path, "%s/devices/%s", folder, e->d_name);
        r->text = read_text(path);
        need(orl_device_parse(&r->facts, r->text) == ORIEL_OK, path);
    }
    closedir(dir);
    qsort(devices, (size_t)device_count, sizeof *devices, by_name);
}

static void read_problems(void)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/problems.txt", folder);
    for (char *line = strtok(read_text(path), "\n"); line;
         line = strtok(NULL, "\n")) {
        if (line[0] == '#')
            continue;
        need(problem_count < PROBLEMS, "too many problems");
        snprintf(problems[problem_count++], ORL_PROBLEM_TEXT, "%s", line);
    }
}

static void read_all(void)
{
    read_devices();
    read_problems();
}

static struct problem problem_of(const char *line)
{
    oriel_problem wanted;
    struct problem p;
    need(orl_problem_parse(&wanted, line) == ORIEL_OK, line);
    need(orl_problem_check(&p, &wanted) == ORIEL_OK, line);
    return p;
}

/* ---- Deciding ----------------------------------------------------------- */

/* The plan of the first candidate, or "none: " and the reason. */
static void decide(char text[ORL_PLAN_TEXT + ORL_REASON],
                   const struct problem *p, const struct device *d)
{
    struct ranking r;
    orl_planner_rank(&r, p, d);
    if (orl_planner_verdict(&r) == ORIEL_OK)
        orl_plan_print(&r.at[0].plan, text, ORL_PLAN_TEXT);
    else
        snprintf(text, ORL_PLAN_TEXT + ORL_REASON, "none: %s",
                 r.at[r.count - 1].reason);
}

static const char *all_plans(void)
{
    static char lines[LINES];
    struct text t = orl_text(lines, sizeof lines);
    orl_text_add(&t, "# device | problem | plan: written by test_plans "
                     "--write from devices/ and\n# problems.txt; a change "
                     "here is a change of behaviour.\n");
    for (int d = 0; d < device_count; d++)
        for (int n = 0; n < problem_count; n++) {
            char plan[ORL_PLAN_TEXT + ORL_REASON];
            const struct problem p = problem_of(problems[n]);
            decide(plan, &p, &devices[d].facts);
            orl_text_add(&t, "%s | %s | %s\n", devices[d].name, problems[n],
                         plan);
        }
    need(t.length < sizeof lines, "too many lines");
    return lines;
}

/* ---- Tests -------------------------------------------------------------- */

static size_t line_length(const char *at)
{
    const char *end = strchr(at, '\n');
    return end ? (size_t)(end - at) + 1 : strlen(at);
}

/* Whether text has the line that begins at `line`. */
static bool has_line(const char *text, const char *line)
{
    const size_t length = line_length(line);
    for (; *text; text += line_length(text))
        if (line_length(text) == length && memcmp(text, line, length) == 0)
            return true;
    return false;
}

/* Prints the lines of one text that the other lacks, and counts them. */
static int print_missing(const char *lines, const char *other, const char *sign)
{
    int count = 0;
    for (; *lines; lines += line_length(lines))
        if (!has_line(other, lines)) {
            printf("%s %.*s", sign, (int)line_length(lines), lines);
            count++;
        }
    return count;
}

START_TEST(recorded_devices_get_the_plans_that_are_written_down)
{
    read_all();
    char path[PATH];
    snprintf(path, sizeof path, "%s/plans.txt", folder);
    char *before = read_text(path);
    const char *now = all_plans();
    const int gone = print_missing(before, now, "-");
    const int come = print_missing(now, before, "+");
    const bool same = strcmp(before, now) == 0;
    free(before);
    fflush(stdout);
    ck_assert_msg(same,
                  "%d plans of %s are gone, %d are new: if that is meant, "
                  "write it with --write",
                  gone, path, come);
}
END_TEST

START_TEST(every_device_names_its_source)
{
    read_all();
    ck_assert_int_ge(device_count, 20);
    for (int n = 0; n < device_count; n++)
        ck_assert_msg(strstr(devices[n].text, "# Source: ") != NULL, "%s",
                      devices[n].name);
}
END_TEST

/* Number of different plans among the problems. */
static int different_plans(const struct device *d)
{
    struct plan seen[PROBLEMS];
    int count = 0;
    for (int n = 0; n < problem_count; n++) {
        struct ranking r;
        const struct problem p = problem_of(problems[n]);
        orl_planner_rank(&r, &p, d);
        if (!r.at[0].fits)
            continue;
        r.at[0].plan.variant = (struct variant) {0}; /* the words alone */
        int i = 0;
        while (i < count && !orl_plan_equal(&seen[i], &r.at[0].plan))
            i++;
        if (i == count)
            seen[count++] = r.at[0].plan;
    }
    return count;
}

START_TEST(five_devices_get_three_plans_and_more)
{
    read_all();
    int several = 0;
    for (int n = 0; n < device_count; n++)
        several += different_plans(&devices[n].facts) >= 3;
    ck_assert_int_ge(several, 5);
}
END_TEST

START_TEST(every_plan_in_a_ranking_could_be_forced)
{
    read_all();
    for (int d = 0; d < device_count; d++)
        for (int n = 0; n < problem_count; n++) {
            struct ranking r;
            const struct device *facts = &devices[d].facts;
            const struct problem p = problem_of(problems[n]);
            orl_planner_rank(&r, &p, facts);
            for (int i = 0; i < r.count && r.at[i].fits; i++) {
                char line[ORL_PLAN_TEXT];
                struct plan back;
                orl_plan_print(&r.at[i].plan, line, sizeof line);
                ck_assert_msg(
                    orl_planner_force(&back, line, &p, facts) == ORIEL_OK,
                    "%s: %s", devices[d].name, oriel_last_error()->message);
                ck_assert(orl_plan_equal(&back, &r.at[i].plan));
            }
        }
}
END_TEST

static int write_plans(void)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/plans.txt", folder);
    const char *lines = all_plans();
    if (orl_file_replace(path, lines, strlen(lines)) == ORIEL_OK)
        return 0;
    fprintf(stderr, "%s\n", oriel_last_error()->message);
    return 1;
}

/* ---- Time --------------------------------------------------------------- */

/* Microseconds of a ranking, the least of some tries. */
static double planning_time(const struct problem *p, const struct device *d)
{
    enum { TRIES = 20 };
    double least = INFINITY;
    for (int n = 0; n < TRIES; n++) {
        struct timespec begin, end;
        struct ranking r;
        timespec_get(&begin, TIME_UTC);
        orl_planner_rank(&r, p, d);
        timespec_get(&end, TIME_UTC);
        least = fmin(least, (double)(end.tv_sec - begin.tv_sec) * 1e6 +
                                (double)(end.tv_nsec - begin.tv_nsec) / 1e3);
    }
    return least;
}

/* Of plan/planner.h. */
static const double promised = 50.0;

/* The problem and device whose plan takes longest. */
struct slowest {
    double us;
    int problem, device;
};

/* Mean of a device. */
static double device_time(int device, struct slowest *slowest)
{
    double sum = 0.0;
    for (int n = 0; n < problem_count; n++) {
        const struct problem p = problem_of(problems[n]);
        const double us = planning_time(&p, &devices[device].facts);
        if (us > slowest->us)
            *slowest = (struct slowest) {us, n, device};
        sum += us;
    }
    return sum / problem_count;
}

/* A line for each device. A benchmark: no clock is a test. */
static int print_times(void)
{
    double sum = 0.0;
    struct slowest slowest = {0.0, 0, 0};
    for (int d = 0; d < device_count; d++) {
        const double mine = device_time(d, &slowest);
        printf("%-22s %6.1f us\n", devices[d].name, mine);
        sum += mine / device_count;
    }
    printf("%-22s %6.1f us, at most %.1f us\n", "all", sum, slowest.us);
    if (slowest.us <= promised)
        return 0;
    fprintf(stderr,
            "a plan of \"%s\" for %s took %.1f us, but planner.h promises "
            "less than %.0f us\n",
            problems[slowest.problem], devices[slowest.device].name, slowest.us,
            promised);
    return 1;
}

int main(int argc, char **argv)
{
    const char *option = argc > 2 ? argv[2] : "";
    if (argc < 2) {
        fprintf(stderr, "usage: test_plans FOLDER [--write | --time]\n");
        return 2;
    }
    folder = argv[1];
    if (*option)
        read_all();
    if (strcmp(option, "--write") == 0)
        return write_plans();
    if (strcmp(option, "--time") == 0)
        return print_times();
    TCase *tc = tcase_create("plans");
    tcase_add_test(tc, recorded_devices_get_the_plans_that_are_written_down);
    tcase_add_test(tc, every_device_names_its_source);
    tcase_add_test(tc, five_devices_get_three_plans_and_more);
    tcase_add_test(tc, every_plan_in_a_ranking_could_be_forced);
    return suite_run(tc, "golden/plans");
}
