/* test_plan.c: plan text, options, workspace, explain. */
#include "fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 64, LINE = 512 };

struct report {
    int count;
    char line[LINES][LINE];
};

static void keep(void *user, const char *line)
{
    struct report *r = user;
    ck_assert_int_lt(r->count, LINES);
    ck_assert_ptr_null(strchr(line, '\n'));
    snprintf(r->line[r->count++], LINE, "%s", line);
}

static struct report explain(const oriel_problem *p,
                             const oriel_plan_options *options)
{
    struct report r = {0};
    must(oriel_explain(fixture()->oriel, p, options, keep, &r));
    return r;
}

/* ---- Plan text ---------------------------------------------------------- */

START_TEST(plan_text_keeps_the_contract_of_snprintf)
{
    struct sample s = sample_open("h1 q9 d8 w3,0", 1);
    oriel_plan *plan = plan_of(&s.problem, ROW);
    const size_t length = strlen(ROW);
    char text[32];
    ck_assert_uint_eq(oriel_plan_text(plan, NULL, 0), length);
    for (size_t capacity = 0; capacity <= length + 2; capacity++) {
        memset(text, '#', sizeof text);
        ck_assert_uint_eq(oriel_plan_text(plan, text, capacity), length);
        const size_t written = capacity <= length ? capacity : length + 1;
        for (size_t n = 0; n < sizeof text; n++) {
            const char wanted = n + 1 < written    ? ROW[n]
                                : n + 1 == written ? '\0'
                                                   : '#';
            ck_assert_int_eq(text[n], wanted);
        }
    }
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

START_TEST(nothing_is_the_plan_text_and_workspace_of_no_plan)
{
    char text[4] = "abc";
    ck_assert_uint_eq(oriel_plan_text(NULL, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(oriel_plan_text(NULL, NULL, 0), 0);
    ck_assert_uint_eq(oriel_plan_workspace(NULL), 0);
}
END_TEST

START_TEST(a_printed_plan_is_the_plan_that_is_built)
{
    struct sample s = sample_open("h2 q40 d16 w9,9", 1);
    oriel_plan *chosen = plan_of(&s.problem, NULL);
    char text[256], again[256];
    oriel_plan_text(chosen, text, sizeof text);
    oriel_plan *forced = plan_of(&s.problem, text);
    oriel_plan_text(forced, again, sizeof again);
    ck_assert_str_eq(text, again);

    const struct report r = explain(&s.problem, NULL);
    ck_assert_int_eq(strncmp(r.line[0], text, strlen(text)), 0);
    ck_assert_int_eq(r.line[0][strlen(text)], ':');
    oriel_plan_destroy(forced);
    oriel_plan_destroy(chosen);
    sample_close(&s);
}
END_TEST

static const struct {
    const char *text;
    oriel_status status;
    const char *words;
} bad_plans[] = {
    {"", ORIEL_E_ARGUMENT, "empty"},
    {"   ", ORIEL_E_ARGUMENT, "empty"},
    {"column g16", ORIEL_E_ARGUMENT, "column"},
    {"row", ORIEL_E_ARGUMENT, "\"g\""},
    {"row g16", ORIEL_E_ARGUMENT, "\"k\""},
    {"row g16 k0 g16", ORIEL_E_ARGUMENT, "g16"},
    {"row g16 k0 fast", ORIEL_E_ARGUMENT, "fast"},
    {"row g0 k0", ORIEL_E_ARGUMENT, "g0"},
    {"row g99999999999 k0", ORIEL_E_ARGUMENT, "g99999999999"},
    {"row g-16 k0", ORIEL_E_ARGUMENT, "g-16"},
    {"row g16x k0", ORIEL_E_ARGUMENT, "g16x"},
    {"row g16 k1", ORIEL_E_ARGUMENT, "multiple of 64"},
};

START_TEST(a_plan_text_that_cannot_be_taken_is_refused_by_its_word)
{
    struct sample s = sample_open("h1 q9 d8 w3,0", 1);
    oriel_plan *plan = NULL;
    const oriel_plan_options o = {.size = sizeof o,
                                  .plan_text = bad_plans[_i].text};
    refused(oriel_plan_create(&plan, fixture()->oriel, &s.problem, &o),
            bad_plans[_i].status, bad_plans[_i].words);
    ck_assert_ptr_null(plan);
    struct report r = {0};
    refused(oriel_explain(fixture()->oriel, &s.problem, &o, keep, &r),
            bad_plans[_i].status, bad_plans[_i].words);
    sample_close(&s);
}
END_TEST

START_TEST(a_forced_plan_must_carry_the_problem)
{
    struct sample s = sample_open("h1 q9 d8 w3,0 ks:72,72,1,9", 1);
    oriel_plan *plan = NULL;
    refused(oriel_plan_create(&plan, fixture()->oriel, &s.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = ROW)),
            ORIEL_E_ARGUMENT, "strided");
    oriel_plan_destroy(plan_of(&s.problem, ROW " strided"));
    sample_close(&s);
}
END_TEST

/* ---- Workspace ---------------------------------------------------------- */

START_TEST(a_limit_of_workspace_is_kept)
{
    struct sample s = sample_open("h2 q9 k200 d8 w150,0", 1);
    oriel_plan *plan = plan_of(&s.problem, "row g16 k64");
    const size_t bytes = oriel_plan_workspace(plan);
    ck_assert_uint_gt(bytes, 0);
    oriel_plan_destroy(plan);
    plan = NULL;

    const oriel_plan_options enough = {.size = sizeof enough,
                                       .plan_text = "row g16 k64",
                                       .workspace_limit = bytes};
    must(oriel_plan_create(&plan, fixture()->oriel, &s.problem, &enough));
    oriel_plan_destroy(plan);
    plan = NULL;

    oriel_plan_options less = enough;
    less.workspace_limit--;
    refused(oriel_plan_create(&plan, fixture()->oriel, &s.problem, &less),
            ORIEL_E_UNSUPPORTED, "workspace");
    refused(oriel_explain(fixture()->oriel, &s.problem, &less, NULL, NULL),
            ORIEL_E_UNSUPPORTED, "workspace");
    ck_assert_ptr_null(plan);

    plan = plan_of(&s.problem, NULL);
    ck_assert_uint_eq(oriel_plan_workspace(plan), 0);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* ---- Explain ------------------------------------------------------------ */

START_TEST(explain_gives_a_cost_or_a_reason_for_every_candidate)
{
    struct sample s = sample_open("h8 q4096 d64 w64,64", 1);
    const struct report r = explain(&s.problem, NULL);
    bool row = false;
    ck_assert_int_gt(r.count, 1);
    ck_assert_ptr_nonnull(strstr(r.line[0], ", chosen"));
    for (int n = 0; n < r.count; n++) {
        const char *colon = strstr(r.line[n], ": ");
        ck_assert_msg(colon && strlen(colon) > 4, "%s", r.line[n]);
        ck_assert_msg(n == 0 || !strstr(r.line[n], "chosen"), "%s", r.line[n]);
        row |= strncmp(r.line[n], "row ", 4) == 0;
    }
    ck_assert(row);
    sample_close(&s);
}
END_TEST

START_TEST(explain_of_a_forced_plan_speaks_of_it_alone)
{
    struct sample s = sample_open("h1 q9 d8 w3,0", 1);
    const struct report r =
        explain(&s.problem, ORIEL_PLAN_OPTIONS(.plan_text = ROW));
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_eq(strncmp(r.line[0], ROW ": ", sizeof ROW + 1), 0);
    sample_close(&s);
}
END_TEST

START_TEST(explain_without_lines_is_the_verdict)
{
    struct sample s = sample_open("h1 q9 d8 w3,0", 1);
    must(oriel_explain(fixture()->oriel, &s.problem, NULL, NULL, NULL));
    sample_close(&s);
}
END_TEST

/* Every plan that explain lists can be forced, and is right. */
START_TEST(every_listed_plan_runs)
{
    struct sample s = sample_open("b2 h2/1 q37 k50 d16 w11,4 lse", 7);
    const struct report r = explain(&s.problem, NULL);
    int run = 0;
    for (int n = 0; n < r.count; n++) {
        char text[LINE];
        snprintf(text, sizeof text, "%s", r.line[n]);
        char *colon = strstr(text, ": ");
        ck_assert_ptr_nonnull(colon);
        *colon = 0;
        if (!strchr(text, ' '))
            continue; /* a family that was rejected */
        oriel_plan *plan = plan_of(&s.problem, text);
        attend_rightly(&s, plan);
        oriel_plan_destroy(plan);
        run++;
    }
    ck_assert_int_gt(run, 1);
    sample_close(&s);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    TCase *tc = tcase_create("plan");
    tcase_add_test(tc, plan_text_keeps_the_contract_of_snprintf);
    tcase_add_test(tc, nothing_is_the_plan_text_and_workspace_of_no_plan);
    tcase_add_test(tc, a_printed_plan_is_the_plan_that_is_built);
    tcase_add_loop_test(tc,
                        a_plan_text_that_cannot_be_taken_is_refused_by_its_word,
                        0, COUNT(bad_plans));
    tcase_add_test(tc, a_forced_plan_must_carry_the_problem);
    tcase_add_test(tc, a_limit_of_workspace_is_kept);
    tcase_add_test(tc, explain_gives_a_cost_or_a_reason_for_every_candidate);
    tcase_add_test(tc, explain_of_a_forced_plan_speaks_of_it_alone);
    tcase_add_test(tc, explain_without_lines_is_the_verdict);
    tcase_add_test(tc, every_listed_plan_runs);
    return run_tests(tc, "api/plan");
}
