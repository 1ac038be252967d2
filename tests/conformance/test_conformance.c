/* test_conformance.c: what every plan of the device at hand must compute, by
 * the public interface and against the oracle. */
#include "known.h"
#include "model/elem.h"
#include "plan/plan_text.h"
#include "stage.h"
#include "sweep.h"
#include "trial.h"

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 400 };

static struct stage stage;
static struct problem problems[LINES];
static int problem_count;

/* What the plans of one problem are put to; false: why. */
typedef bool trying(const oriel_plan *plan, struct trial *t, uint64_t seed,
                    char why[TRIAL_WHY]);

static bool run(const oriel_plan *plan, const oriel_call *call,
                char why[TRIAL_WHY])
{
    if (oriel_attend(plan, call) == ORIEL_OK)
        return true;
    snprintf(why, TRIAL_WHY, "%s", oriel_last_error()->message);
    return false;
}

static bool is_answered(const oriel_plan *plan, struct trial *t, uint64_t seed,
                        char why[TRIAL_WHY])
{
    (void)seed;
    const oriel_call call = trial_call(t);
    trial_mark(t);
    return run(plan, &call, why) && trial_is_right(t, why);
}

/* ---- Splits -------------------------------------------------------------- */

/* Query rows [first, end) of a call, and only the keys that they see. */
static oriel_call part_of(const struct trial *t, int64_t first, int64_t end)
{
    const struct problem *p = &t->problem;
    const struct oracle oracle = trial_oracle(t);
    int64_t low = t->keys, high = 0;
    for (int64_t i = first; i < end; i++)
        for (int64_t j = 0; j < t->keys; j++)
            if (oracle_sees(&oracle, 0, i, j)) {
                low = j < low ? j : low;
                high = j >= high ? j + 1 : high;
            }
    if (t->key_begin || low >= high) { /* entries differ; or nothing is seen */
        low = 0;
        high = t->keys;
    }
    oriel_call call = trial_call(t);
    call.queries = end - first;
    call.keys = high - low;
    call.key_origin += low;
    call.query_origin += first;
    if (p->align == ORIEL_ALIGN_END)
        call.query_origin +=
            (t->keys - t->queries) - (call.keys - call.queries) - low;
    call.q.pointer = (char *)t->q + trial_row_at(&p->q, 0, 0, first);
    call.k.pointer = (char *)t->k + trial_row_at(&p->k, 0, 0, low);
    call.v.pointer = (char *)t->v + trial_row_at(&p->v, 0, 0, low);
    call.out.pointer = (char *)t->out + trial_row_at(&p->out, 0, 0, first);
    if (t->lse)
        call.lse.pointer = t->lse + first;
    return call;
}

static void *copy_of(const void *bytes, size_t size)
{
    void *copy = malloc(size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

static bool splits_alike(const oriel_plan *plan, struct trial *t, uint64_t seed,
                         char why[TRIAL_WHY])
{
    const struct problem *p = &t->problem;
    const size_t lse_size =
        t->lse ? (size_t)(p->batch * p->heads * p->queries) * sizeof(float) : 0;
    const oriel_call whole = trial_call(t);
    trial_mark(t);
    if (t->queries < 2)
        return true;
    if (!run(plan, &whole, why))
        return false;
    void *out = copy_of(t->out, t->out_bytes);
    void *lse = copy_of(t->lse, lse_size);

    const int64_t at = draw(&seed, 1, t->queries - 1);
    const oriel_call one = part_of(t, 0, at), two = part_of(t, at, t->queries);
    trial_mark(t);
    bool alike = run(plan, &one, why) && run(plan, &two, why);
    if (alike && (memcmp(out, t->out, t->out_bytes) != 0 ||
                  (t->lse && memcmp(lse, t->lse, lse_size) != 0))) {
        snprintf(why, TRIAL_WHY, "split at row %" PRId64 " gives other bits",
                 at);
        alike = false;
    }
    free(out);
    free(lse);
    return alike;
}

/* ---- Poison -------------------------------------------------------------- */

static void poison_row(void *memory, const struct tensor *t, int64_t entry,
                       int64_t head, int64_t j, float poison)
{
    const int64_t at = entry * t->batch + head * t->head + j * t->row;
    for (int64_t c = 0; c < t->channels; c++)
        orl_elem_store(memory, (size_t)(at + c * t->dim), t->type, poison);
}

/* Rows of out that see key j are not finite, the others as before. */
static bool reaches_viewers_only(const struct trial *t, const void *before,
                                 int64_t j)
{
    const struct problem *p = &t->problem;
    const struct oracle oracle = trial_oracle(t);
    bool right = true;
    for (int64_t entry = 0; entry < p->batch; entry++)
        for (int64_t head = 0; head < p->heads; head++)
            for (int64_t i = 0; i < t->queries; i++) {
                const int64_t at =
                    entry * p->out.batch + head * p->out.head + i * p->out.row;
                const bool sees = oracle_sees(&oracle, entry, i, j);
                for (int64_t c = 0; c < p->out.channels; c++) {
                    const size_t n = (size_t)(at + c * p->out.dim);
                    const float now = orl_elem_load(t->out, n, p->out.type);
                    const float was = orl_elem_load(before, n, p->out.type);
                    right &= sees ? isfinite(now) == 0
                                  : memcmp(&now, &was, sizeof now) == 0;
                }
            }
    return right;
}

static bool holds_poison(const oriel_plan *plan, struct trial *t, uint64_t seed,
                         char why[TRIAL_WHY])
{
    const struct problem *p = &t->problem;
    const oriel_call call = trial_call(t);
    const int64_t j = draw(&seed, 0, t->keys - 1);
    const bool in_keys = draw(&seed, 0, 2) == 0;
    const float poison = draw(&seed, 0, 1) ? NAN : INFINITY;
    trial_mark(t);
    if (!run(plan, &call, why))
        return false;
    void *before = copy_of(t->out, t->out_bytes);
    for (int64_t entry = 0; entry < p->batch; entry++)
        for (int64_t head = 0; head < p->kv_heads; head++) {
            if (in_keys)
                poison_row(t->k, &p->k, entry, head, j, NAN);
            else
                poison_row(t->v, &p->v, entry, head, j, poison);
        }
    bool held = run(plan, &call, why);
    if (held && !reaches_viewers_only(t, before, j)) {
        snprintf(why, TRIAL_WHY,
                 "NaN or infinity in row %" PRId64 " of %s does not reach "
                 "exactly the rows that see it",
                 j, in_keys ? "k" : "v");
        held = false;
    }
    free(before);
    return held;
}

/* ---- Problems ------------------------------------------------------------ */

/* Tries the plans chosen for a call, each on fresh memory. */
static void try_plans(const struct trial *shape, uint64_t seed, int turn,
                      trying *is_right)
{
    const oriel_problem public = orl_problem_public(&shape->problem);
    struct ranking ranking;
    bool taken[ORL_RANKED];
    orl_planner_rank(&ranking, &shape->problem, &stage.device);
    stage_choose(&stage, &ranking, turn, taken);
    for (int n = 0; n < ranking.count; n++) {
        if (!taken[n])
            continue;
        char text[ORL_PLAN_TEXT], why[TRIAL_WHY] = "";
        orl_plan_print(&ranking.at[n].plan, text, sizeof text);
        oriel_plan *plan = NULL;
        struct trial t;
        trial_open_part(&t, &shape->problem, seed, shape->queries, shape->keys,
                        shape->query_origin, shape->key_origin);
        t.weight_type = orl_plan_weight_type(&ranking.at[n].plan);
        const bool right =
            oriel_plan_create(&plan, stage.context, &public,
                              ORIEL_PLAN_OPTIONS(.plan_text = text)) == ORIEL_OK
                ? is_right(plan, &t, seed, why)
                : (snprintf(why, sizeof why, "%s", oriel_last_error()->message),
                   false);
        oriel_plan_destroy(plan);
        if (!right)
            ck_abort_msg("%s | q%" PRId64 " k%" PRId64 " at %" PRId64
                         ",%" PRId64 " | %s | %s",
                         t.text, t.queries, t.keys, t.query_origin,
                         t.key_origin, text, why);
        trial_close(&t);
    }
}

static void try_line(int line, trying *is_right)
{
    const struct problem *p = &problems[line];
    if (line % stage.step != 0 || !stage_fits(&stage, p))
        return;
    const struct trial whole = {
        .problem = *p,
        .queries = p->queries,
        .keys = p->keys,
    };
    try_plans(&whole, (uint64_t)line, line, is_right);
}

START_TEST(every_problem_is_answered)
{
    try_line(_i, is_answered);
}
END_TEST

START_TEST(a_split_of_the_queries_changes_no_bit)
{
    try_line(_i, splits_alike);
}
END_TEST

START_TEST(poison_reaches_those_who_see_it)
{
    try_line(_i, holds_poison);
}
END_TEST

START_TEST(random_calls_are_answered)
{
    const char *text = getenv("CONFORMANCE_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
    seed = seed * 1000003 + (uint64_t)_i;
    struct trial shape;
    const int64_t line = draw(&seed, 0, problem_count - 1);
    sweep_draw(&shape, &problems[line], &seed, stage.most_rows);
    if (!stage_fits(&stage, &shape.problem))
        return;
    try_plans(&shape, seed, -1, is_answered);
    try_plans(&shape, seed, -1, splits_alike);
}
END_TEST

/* ---- Answers worked out by hand ------------------------------------------ */

static bool knows(const oriel_plan *plan, const struct known *known,
                  char why[TRIAL_WHY])
{
    const struct problem *p = &known->problem;
    const size_t rows = (size_t)(p->batch * p->heads * p->queries);
    void *out = calloc(rows * (size_t)p->out.channels, sizeof(float));
    float *lse = calloc(rows, sizeof *lse);
    const bool ran = run(
        plan,
        ORIEL_CALL(.q.pointer = known->q, .k.pointer = known->k,
                   .v.pointer = known->v, .out.pointer = out,
                   .lse.pointer = lse, .key_begin.pointer = known->key_begin,
                   .key_end.pointer = known->key_end),
        why);
    const bool right = ran && known_is(known, out, lse);
    if (ran && !right)
        snprintf(why, TRIAL_WHY, "not the answer of known.txt");
    free(out);
    free(lse);
    return right;
}

static void try_known(const struct known *known, int turn)
{
    const oriel_problem public = orl_problem_public(&known->problem);
    struct ranking ranking;
    bool taken[ORL_RANKED];
    orl_planner_rank(&ranking, &known->problem, &stage.device);
    stage_choose(&stage, &ranking, turn, taken);
    for (int n = 0; n < ranking.count; n++) {
        if (!taken[n])
            continue;
        char text[ORL_PLAN_TEXT], why[TRIAL_WHY] = "";
        orl_plan_print(&ranking.at[n].plan, text, sizeof text);
        oriel_plan *plan = NULL;
        ck_assert_msg(oriel_plan_create(
                          &plan, stage.context, &public,
                          ORIEL_PLAN_OPTIONS(.plan_text = text)) == ORIEL_OK,
                      "%s | %s | %s", known->text, text,
                      oriel_last_error()->message);
        ck_assert_msg(knows(plan, known, why), "%s | %s | %s", known->text,
                      text, why);
        oriel_plan_destroy(plan);
    }
}

START_TEST(every_known_answer_is_met)
{
    FILE *table = fopen(getenv("KNOWN_TABLE"), "r");
    struct known known;
    ck_assert_ptr_nonnull(table);
    for (int turn = 0; known_next(table, &known); turn++) {
        try_known(&known, turn);
        known_release(&known);
    }
    fclose(table);
}
END_TEST

/* ---- The list ------------------------------------------------------------ */

static void read_problems(const char *path)
{
    char line[ORL_PROBLEM_TEXT];
    FILE *file = path ? fopen(path, "r") : NULL;
    bool read = file != NULL;
    while (read && fgets(line, sizeof line, file)) {
        oriel_problem public;
        line[strcspn(line, "\n")] = 0;
        if (line[0] == 0 || line[0] == '#')
            continue;
        read =
            problem_count < LINES &&
            orl_problem_parse(&public, line) == ORIEL_OK &&
            orl_problem_check(&problems[problem_count++], &public) == ORIEL_OK;
    }
    if (!read) {
        fprintf(stderr, "problems.txt: %s: %s\n", line,
                oriel_last_error()->message);
        exit(EXIT_FAILURE);
    }
    fclose(file);
}

int main(void)
{
    const char *trials = getenv("CONFORMANCE_TRIALS");
    read_problems(getenv("PROBLEM_TABLE"));
    stage_open(&stage);

    TCase *tc = tcase_create("conformance");
    tcase_add_loop_test(tc, every_problem_is_answered, 0, problem_count);
    tcase_add_test(tc, every_known_answer_is_met);
    tcase_add_loop_test(tc, a_split_of_the_queries_changes_no_bit, 0,
                        problem_count);
    tcase_add_loop_test(tc, poison_reaches_those_who_see_it, 0, problem_count);
    tcase_add_loop_test(tc, random_calls_are_answered, 0,
                        trials ? atoi(trials) : 150);

    /* In one process: a program is compiled once for all tests. */
    Suite *suite = suite_create("conformance");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    stage_close(&stage);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
