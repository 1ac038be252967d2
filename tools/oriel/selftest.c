/* selftest.c: does this device compute what it should?
 *
 * Every family with every type runs small problems through the public
 * interface, against attention in double by definition. Programs are what
 * takes time: the problems share two sets of dimensions, and plans beyond a
 * family's first are tried only while there is time. */
#define _POSIX_C_SOURCE 200809L
#include "selftest.h"

#include "clock.h"
#include "device_pick.h"
#include "report.h"
#include "run.h"

#include "api/context.h"
#include "base/error.h"
#include "base/text.h"
#include "model/elem.h"
#include "plan/plan_text.h"
#include "plan/planner.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* Small enough for an interpreter of kernels. The dimensions of a set are those
 * of its programs; the first problem chooses the plan, so it is the widest. */
enum { SETS = 2, PROBLEMS = 8 };

static const char *const problems[SETS][PROBLEMS] = {
    {
        "h2/1 q13 k29 d16 winf,inf qs:1000,400,19,1 lse",
        "h4/2 q24 k40 d16 w9,0 lse",
        "b2 h2/1 q17 k23 d16 w5,3 start lse ranges",
        "h2 q33 d16 w7,7 bshd",
        "h1 q20 k7 d16 w2,-1 at 3,1 lse",
        "h2/1 q1 k40 d16 w31,0 off4",
        "h1 q9 k30 d16 w12,0 end-4 scale0.5 lse",
    },
    {
        "b2 h1 q11 k19 d13 v9 winf,0 cap3 ranges lse",
        "h2/1 q21 k37 d13 v9 w8,2 cap3 lse",
        "h2 q19 k12 d13 v9 w3,0 cap3 bshd",
    },
};

/* Nothing new is begun after so many seconds: of a family's best plan, of the
 * others. A program takes 0.1 to 2 s, on Mesa's llvmpipe up to 30. */
static const double best_seconds = 40, other_seconds = 5;

struct device selftest_facts(const struct selftest *s)
{
    return orl_engine_facts(&s->context->engine);
}

static bool quarantined(const struct selftest *s, int bit)
{
    const struct device d = selftest_facts(s);
    return d.quarantine >> bit & 1;
}

static void conclude(struct trial *t, enum verdict verdict, const char *reason)
{
    t->verdict = verdict;
    snprintf(t->reason, sizeof t->reason, "%s", reason);
}

/* A plan that cannot be made computes nothing wrong, unless the reason is that
 * it did. */
static void note_refusal(const struct selftest *s, struct trial *t,
                         const struct plan *plan)
{
    if (quarantined(s, orl_plan_quarantine(plan)))
        conclude(t, WRONG, oriel_last_error()->message);
    else if (t->verdict == UNTRIED)
        conclude(t, REFUSED, oriel_last_error()->message);
}

static oriel_status attend(const oriel_plan *plan, struct run *r)
{
    const struct storage *s = r->tensor;
    oriel_call call = {.size = sizeof call,
                       .lse = {.pointer = r->lse},
                       .key_begin = {.pointer = r->key_begin},
                       .key_end = {.pointer = r->key_end}};
    oriel_buffer *const buffer[RUN_TENSORS] = {&call.q, &call.k, &call.v,
                                               &call.out};
    for (int n = 0; n < RUN_TENSORS; n++)
        *buffer[n] =
            (oriel_buffer) {.pointer = s[n].bytes, .offset = s[n].offset};
    return oriel_attend(plan, &call);
}

static void judge(struct trial *t, const struct run *r, const char *problem,
                  const char *plan)
{
    const struct storage *out = &r->tensor[RUN_OUT];
    const struct oracle o = run_oracle(r);
    const struct oracle_verdict v =
        oracle_check(&o, out->bytes + out->offset, r->lse);
    t->calls++;
    if (!v.right && t->verdict != WRONG) {
        char reason[SELFTEST_REASON];
        struct text text = orl_text(reason, sizeof reason);
        orl_text_add(
            &text,
            "\"%s\" by \"%s\", head %lld, row %lld: error %.3g, bound %.3g",
            problem, plan, (long long)v.head, (long long)v.row, v.error,
            v.bound);
        conclude(t, WRONG, reason);
    } else if (t->verdict != WRONG) {
        conclude(t, RIGHT, "");
    }
    if (t->calls == 1 || v.largest > t->error) {
        t->error = v.largest;
        t->bound = v.largest_bound;
    }
}

/* One problem by one plan. Sets *over if there is no use in others. */
static oriel_status try_call(struct selftest *s, struct trial *t,
                             const struct problem *p, const char *text,
                             const struct plan *chosen, bool *over)
{
    const oriel_problem public = orl_problem_public(p);
    oriel_plan *plan = NULL;
    char plan_text[ORL_PLAN_TEXT];
    orl_plan_print(chosen, plan_text, sizeof plan_text);
    oriel_status status = oriel_plan_create(
        &plan, s->context, &public, ORIEL_PLAN_OPTIONS(.plan_text = plan_text));
    if (status == ORIEL_E_ARGUMENT)
        return ORIEL_OK; /* a plan of another problem, not for this one */
    if (status == ORIEL_E_MEMORY)
        return status;
    if (status != ORIEL_OK) {
        note_refusal(s, t, chosen);
        *over = true;
        return ORIEL_OK;
    }
    struct run r = {.problem = *p, .seed = 1};
    snprintf(r.plan, sizeof r.plan, "%s", plan_text);
    status = run_inputs(&r);
    if (status == ORIEL_OK)
        status = attend(plan, &r);
    if (status == ORIEL_OK)
        judge(t, &r, text, plan_text);
    run_free(&r);
    oriel_plan_destroy(plan);
    return status;
}

static oriel_status problem_of(struct problem *out, const char *text,
                               uint32_t type)
{
    oriel_problem public;
    ORL_TRY(orl_problem_parse(&public, text));
    public.type = type;
    return orl_problem_check(out, &public);
}

/* The family's candidate of this rank; false: it has none. */
static bool candidate(const struct selftest *s, struct trial *t,
                      const struct problem *p, int rank, struct plan *plan)
{
    const struct device d = selftest_facts(s);
    const bool failed = quarantined(s, orl_family_number(t->family));
    struct ranking ranking;
    orl_planner_rank(&ranking, p, &d);
    for (int n = 0; n < ranking.count; n++) {
        const struct candidate *c = &ranking.at[n];
        if (c->plan.family != t->family)
            continue;
        if (!c->fits && t->verdict == UNTRIED)
            conclude(t, failed ? WRONG : REFUSED, c->reason);
        if (c->fits && rank-- == 0) {
            *plan = c->plan;
            return true;
        }
    }
    return false;
}

/* A set of problems by the family's candidate of this rank. */
static oriel_status try_set(struct selftest *s, struct trial *t, int set,
                            int rank)
{
    struct plan plan;
    bool over = false;
    for (int n = 0; n < PROBLEMS && problems[set][n] && !over; n++) {
        struct problem p;
        ORL_TRY(problem_of(&p, problems[set][n], t->type));
        if (n == 0 && !candidate(s, t, &p, rank, &plan))
            return ORIEL_OK;
        ORL_TRY(try_call(s, t, &p, problems[set][n], &plan, &over));
    }
    return ORIEL_OK;
}

static void progress(const struct trial *t, bool terminal)
{
    if (terminal)
        fprintf(stderr, "\r%-6s %-5s", t->family->name, orl_elem_name(t->type));
}

/* First each family's best plan with the first set, then the second, then the
 * other plans. */
static oriel_status try_all(struct selftest *s, bool terminal)
{
    for (int rank = 0; rank < ORL_CANDIDATES; rank++)
        for (int set = 0; set < SETS; set++)
            for (int n = 0; n < s->trials; n++) {
                struct trial *t = &s->trial[n];
                const double spent = clock_now() - s->begin;
                if (spent > (rank ? other_seconds : best_seconds) &&
                    s->trial[n].verdict != UNTRIED)
                    return ORIEL_OK;
                progress(t, terminal);
                ORL_TRY(try_set(s, t, set, rank));
            }
    return ORIEL_OK;
}

/* A verdict kept from an earlier run is no measurement: with one, programs are
 * built anew. */
static oriel_status open_context(struct selftest *s, cl_device_id id)
{
    ORL_TRY(oriel_context_create(
        &s->context, ORIEL_CONTEXT_DESC(.device = id, .log = device_log)));
    if (selftest_facts(s).quarantine == 0)
        return ORIEL_OK;
    device_log(NULL, ORIEL_LOG_WARNING,
               "a family failed here before and is not used; to lift that, "
               "remove Oriel's cache folder");
    oriel_context_destroy(s->context);
    s->context = NULL;
    return oriel_context_create(
        &s->context,
        ORIEL_CONTEXT_DESC(.device = id, .cache_dir = "", .log = device_log));
}

oriel_status selftest_run(struct selftest *s, cl_device_id id)
{
    *s = (struct selftest) {.begin = clock_now()};
    for (int n = 0; orl_families[n] && n < SELFTEST_FAMILIES; n++)
        for (uint32_t type = ORIEL_F32; type <= ORIEL_BF16; type++)
            s->trial[s->trials++] =
                (struct trial) {.family = orl_families[n], .type = type};

    ORL_TRY(open_context(s, id));
    const bool terminal = isatty(STDERR_FILENO) != 0;
    const oriel_status status = try_all(s, terminal);
    if (terminal)
        fputs("\r            \r", stderr);
    return status;
}

void selftest_close(struct selftest *s)
{
    oriel_context_destroy(s->context);
    s->context = NULL;
}

bool selftest_sound(const struct selftest *s)
{
    bool right[ORIEL_BF16 + 1] = {false};
    for (int n = 0; n < s->trials; n++) {
        if (s->trial[n].verdict == WRONG)
            return false;
        right[s->trial[n].type] |= s->trial[n].verdict == RIGHT;
    }
    return right[ORIEL_F32] && right[ORIEL_F16] && right[ORIEL_BF16];
}

void selftest_rows(const struct selftest *s, struct report *r)
{
    static const char *const name[] = {"untried", "right", "wrong", "refused"};
    for (int n = 0; n < s->trials; n++) {
        const struct trial *t = &s->trial[n];
        report_row(r);
        report_text(r, "family", t->family->name);
        report_text(r, "type", orl_elem_name(t->type));
        report_text(r, "verdict", name[t->verdict]);
        report_number(r, "max_error", t->calls ? t->error : NAN);
        report_number(r, "bound", t->calls ? t->bound : NAN);
        report_count(r, "calls", t->calls);
        report_text(r, "reason", t->reason);
    }
}
