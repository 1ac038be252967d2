/* test_bits.c: one plan gives a query the same bits, however rows are split
 * over calls, whatever keys are cut away and whatever else is in the batch. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *problem, *plan;
} cases[] = {
    {"b2 h4/2 q100 k131 d16 w23,6 lse", NULL},
    {"b2 h4/2 q100 k131 d16 w23,6 lse", ROW},
    {"b2 h4/2 q100 k131 d16 w23,6 start lse", NULL},
    {"h2 q100 d16 winf,0 lse", NULL},
    {"h2 q100 d16 winf,0 lse", "row g16 k64"},
    {"h2 q100 k150 d16 w20,inf at 40,0 lse", NULL},
    {"h2 q60 k900 d16 w300,200 at 400,0 lse", NULL},
    {"h2/1 q100 k131 d16 w23,6 f16 lse", NULL},
    {"h2/1 q100 k131 d16 w-3,20 at -7,-30 lse", NULL},
    {"b2 h6/2 q9 k900 d16 w300,6 at 400,0 lse",
     "decode x8 h3 q4 r4 k24 s48 qk3 pv2 split"},
    {"b2 h6/2 q9 k900 d16 w300,6 at 400,0 lse",
     "decode x8 h3 q1 r3 k24 s48 qk3 pv2"},
    {"h2 q9 k900 d16 winf,0 lse", "decode x8 h1 q4 r4 k24 s48 qk3 pv2 split"},
};

enum { LONGEST = 6 }; /* of the cases */

/* Families for wide vectors and few cores must not be refused here. */
static bool is_vectors_home(void)
{
    cl_uint floats = 0;
    cl_device_type type = 0;
    clGetDeviceInfo(fixture()->id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT,
                    sizeof floats, &floats, NULL);
    clGetDeviceInfo(fixture()->id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    return floats >= 4 && !(type & CL_DEVICE_TYPE_GPU);
}

/* What oriel_explain says of a family that it refuses: "decode: reason". */
static void keep_refusal(void *user, const char *line)
{
    char *reason = user;
    if (strncmp(line, "decode: ", 8) == 0)
        snprintf(reason, 256, "%s", line + 8);
}

/* Where the device refuses the family of the plan, the plan must be refused for
 * the same reason, and there is no more to see. */
static bool is_refused(const char *problem, const char *plan)
{
    if (!plan || strncmp(plan, "decode", 6) != 0 || is_vectors_home())
        return false;
    struct sample s = sample_open(problem, 21);
    oriel_plan *made = NULL;
    char reason[256] = "";
    must(oriel_explain(fixture()->oriel, &s.problem, NULL, keep_refusal,
                       reason));
    if (reason[0]) {
        printf("left out: decode is refused here: %s\n", reason);
        refused(oriel_plan_create(&made, fixture()->oriel, &s.problem,
                                  ORIEL_PLAN_OPTIONS(.plan_text = plan)),
                ORIEL_E_UNSUPPORTED, reason);
    }
    sample_close(&s);
    return reason[0] != 0;
}

/* A whole call, its result, and a plan that made it. */
struct whole {
    struct sample sample;
    oriel_plan *plan;
    void *out;
    float *lse;
};

static void *copy_of(const struct sample *s, int n)
{
    void *copy = malloc(s->array[n].bytes + 1);
    memcpy(copy, s->array[n].at, s->array[n].bytes);
    return copy;
}

static struct whole open_whole(const char *problem, const char *plan)
{
    struct whole w = {.sample = sample_open(problem, 21)};
    w.plan = plan_of(&w.sample.problem, plan);
    attend_rightly(&w.sample, w.plan);
    w.out = copy_of(&w.sample, SAMPLE_OUT);
    w.lse = copy_of(&w.sample, SAMPLE_LSE);
    return w;
}

static void close_whole(struct whole *w)
{
    free(w->out);
    free(w->lse);
    oriel_plan_destroy(w->plan);
    sample_close(&w->sample);
}

static void expect_same_bits(const struct whole *w, const char *what)
{
    const struct sample *s = &w->sample;
    ck_assert_msg(memcmp(w->out, s->array[SAMPLE_OUT].at,
                         s->array[SAMPLE_OUT].bytes) == 0,
                  "%s: other bits in out", what);
    ck_assert_msg(memcmp(w->lse, s->array[SAMPLE_LSE].at,
                         s->array[SAMPLE_LSE].bytes) == 0,
                  "%s: other bits in lse", what);
}

static size_t element(uint32_t type)
{
    return type == ORIEL_F32 ? 4 : 2;
}

static void advance(oriel_buffer *b, int64_t rows, const oriel_strides *s,
                    uint32_t type)
{
    b->pointer = (char *)b->pointer + (size_t)(rows * s->row) * element(type);
}

/* The call for query rows [begin, end) and key rows [low, high) of w. */
static oriel_call part_of(const struct whole *w, int64_t begin, int64_t end,
                          int64_t low, int64_t high)
{
    const oriel_problem *p = &w->sample.problem;
    oriel_call c = w->sample.call;
    c.queries = end - begin;
    c.keys = high - low;
    c.key_origin = low;
    /* END counts from the last query and the last key of the call. */
    c.query_origin = p->align == ORIEL_ALIGN_START
                         ? begin
                         : end - p->queries + p->keys - high;
    advance(&c.q, begin, &p->q, p->type);
    advance(&c.out, begin, &p->out, p->out_type);
    advance(&c.k, low, &p->k, p->k_type);
    advance(&c.v, low, &p->v, p->v_type);
    c.lse.pointer = (float *)c.lse.pointer + begin;
    return c;
}

static int64_t at_least(int64_t x, int64_t least)
{
    return x > least ? x : least;
}

static int64_t at_most(int64_t x, int64_t most)
{
    return x < most ? x : most;
}

static int64_t draw(uint32_t *seed, int64_t low, int64_t high)
{
    *seed = *seed * 1664525u + 1013904223u;
    return low + (int64_t)(*seed >> 8) % (high - low + 1);
}

/* Random splits: an interpreter has time for one. */
static int turns(int often)
{
    return is_on(INTERPRETER) ? 1 : often;
}

START_TEST(any_split_of_the_queries_gives_the_same_bits)
{
    if (is_refused(cases[_i].problem, cases[_i].plan) ||
        (_i == LONGEST && left_out_on(INTERPRETER, TOO_MANY)))
        return;
    struct whole w = open_whole(cases[_i].problem, cases[_i].plan);
    const oriel_problem *p = &w.sample.problem;
    uint32_t seed = 5;
    for (int turn = 0; turn < turns(8); turn++) {
        static const int64_t longest[] = {1, 3, 16, 40, 99};
        const int64_t most = longest[turn % 5];
        sample_mark(&w.sample);
        for (int64_t begin = 0, end; begin < p->queries; begin = end) {
            end = at_most(begin + draw(&seed, 1, most), p->queries);
            const oriel_call c = part_of(&w, begin, end, 0, p->keys);
            must(oriel_attend(w.plan, &c));
        }
        expect_same_bits(&w, cases[_i].problem);
    }
    close_whole(&w);
}
END_TEST

/* Each call brings only the keys that its queries see, and a few more. */
START_TEST(keys_out_of_sight_change_no_bit)
{
    if (is_refused(cases[_i].problem, cases[_i].plan) ||
        (_i == LONGEST && left_out_on(INTERPRETER, TOO_MANY)))
        return;
    struct whole w = open_whole(cases[_i].problem, cases[_i].plan);
    const oriel_problem *p = &w.sample.problem;
    const int64_t shift =
        p->query_origin - p->key_origin +
        (p->align == ORIEL_ALIGN_START ? 0
                                       : p->key_origin + p->keys - p->queries);
    const int64_t left = at_most(p->left, 100000);
    const int64_t right = at_most(p->right, 100000);
    uint32_t seed = 6;
    for (int turn = 0; turn < turns(6); turn++) {
        sample_mark(&w.sample);
        for (int64_t begin = 0, end; begin < p->queries; begin = end) {
            end = at_most(begin + draw(&seed, 1, 30), p->queries);
            int64_t low = begin + shift - left - draw(&seed, 0, 5);
            int64_t high = end + shift + right + draw(&seed, 0, 5);
            low = at_most(at_least(low, 0), p->keys - 1);
            high = at_most(at_least(high, low + 1), p->keys);
            const oriel_call c = part_of(&w, begin, end, low, high);
            must(oriel_attend(w.plan, &c));
        }
        expect_same_bits(&w, cases[_i].problem);
    }
    close_whole(&w);
}
END_TEST

/* ---- Alone and in company ----------------------------------------------- */

/* Heads that a plan computes in one block, "... pack2 ..." or "... h2 ...". */
static int64_t packed_heads(const char *plan)
{
    static const char *const words[] = {" pack", " h"};
    for (size_t n = 0; n < sizeof words / sizeof *words; n++) {
        const char *word = strstr(plan, words[n]);
        const int heads = word ? atoi(word + strlen(words[n])) : 0;
        if (heads > 0)
            return heads;
    }
    return 1;
}

/* Result of one batch entry or head of s, computed as a problem of its own by
 * the same plan: alone, or with the heads that share its block. */
static void compare_alone(const struct sample *s, const oriel_plan *plan,
                          int64_t entry, int64_t head)
{
    const oriel_problem *p = &s->problem;
    char text[256];
    oriel_plan_text(plan, text, sizeof text);
    oriel_problem one = *p;
    one.batch = one.kv_heads = 1;
    one.heads = packed_heads(text);
    head -= head % one.heads;
    oriel_plan *alone = plan_of(&one, text);

    unsigned char out[4096];
    oriel_call c = {.size = sizeof c, .out.pointer = out};
    const int64_t group = p->heads / p->kv_heads;
    const size_t q_at =
        (size_t)(entry * p->q.batch + head * p->q.head) * element(p->type);
    const size_t k_at =
        (size_t)(entry * p->k.batch + head / group * p->k.head) *
        element(p->k_type);
    const size_t v_at =
        (size_t)(entry * p->v.batch + head / group * p->v.head) *
        element(p->v_type);
    const size_t out_at = (size_t)(entry * p->out.batch + head * p->out.head) *
                          element(p->out_type);
    const size_t bytes =
        (size_t)(one.heads * p->queries * p->v_dim) * element(p->out_type);
    ck_assert_uint_le(bytes, sizeof out);
    c.q.pointer = (char *)s->array[SAMPLE_Q].at + q_at;
    c.k.pointer = (char *)s->array[SAMPLE_K].at + k_at;
    c.v.pointer = (char *)s->array[SAMPLE_V].at + v_at;
    must(oriel_attend(alone, &c));
    ck_assert_msg(
        memcmp((char *)s->array[SAMPLE_OUT].at + out_at, out, bytes) == 0,
        "%s: entry %d, head %d", text, (int)entry, (int)head);
    oriel_plan_destroy(alone);
}

START_TEST(company_in_the_batch_changes_no_bit)
{
    static const char *const plans[] = {NULL, ROW};
    struct sample s = sample_open("b3 h4/2 q21 k40 d16 w9,4 off4", 2);
    oriel_plan *plan = plan_of(&s.problem, plans[_i]);
    attend_rightly(&s, plan);
    for (int64_t entry = 0; entry < 3; entry++)
        for (int64_t head = 0; head < 4; head++)
            compare_alone(&s, plan, entry, head);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* More batch entries, or heads, than a device allows groups along an axis. */
START_TEST(seventy_thousand_are_as_good_as_one)
{
    static const struct {
        const char *problem, *plan;
    } many[] = {
        {"b70000 h1 q1 k4 d4 w3,0 f16 off2", ROW},
        {"b70000 h1 q1 k4 d4 w3,0 f16 off2", NULL},
        {"h70000 q1 k4 d4 w3,0 f16 off2", ROW},
        {"h70000 q1 k4 d4 w3,0 f16 off2", NULL},
    };
    if (left_out_on(INTERPRETER, TOO_MANY))
        return;
    static const int64_t probed[] = {0, 1, 65534, 65535, 65536, 69999};
    struct sample s = sample_open(many[_i].problem, 2);
    oriel_plan *plan = plan_of(&s.problem, many[_i].plan);
    attend_rightly(&s, plan);
    for (size_t n = 0; n < sizeof probed / sizeof probed[0]; n++)
        compare_alone(&s, plan, s.problem.batch > 1 ? probed[n] : 0,
                      s.problem.heads > 1 ? probed[n] : 0);
    oriel_plan_destroy(plan);
    sample_close(&s);
}
END_TEST

/* ---- Passes ------------------------------------------------------------- */

START_TEST(passes_over_the_keys_change_no_bit)
{
    static const char *const problems[] = {
        "h2 q30 k400 d8 w300,50 lse",
        "b2 h2/1 q30 k400 d8 winf,inf ranges lse",
        "h2 q30 k400 d8 v5 w0,390 f16 of32 lse",
    };
    static const char *const plans[] = {"row g16 k64", "row g16 k128",
                                        "row g1 k192", "row g64 k0"};
    struct whole w = open_whole(problems[_i], ROW);
    oriel_plan *const once = w.plan;
    for (size_t n = 0; n < sizeof plans / sizeof plans[0]; n++) {
        w.plan = plan_of(&w.sample.problem, plans[n]);
        attend_rightly(&w.sample, w.plan);
        expect_same_bits(&w, plans[n]);
        oriel_plan_destroy(w.plan);
    }
    w.plan = once;
    close_whole(&w);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    TCase *tc = tcase_create("bits");
    tcase_add_loop_test(tc, any_split_of_the_queries_gives_the_same_bits, 0,
                        COUNT(cases));
    tcase_add_loop_test(tc, keys_out_of_sight_change_no_bit, 0, COUNT(cases));
    tcase_add_loop_test(tc, company_in_the_batch_changes_no_bit, 0, 2);
    tcase_add_loop_test(tc, seventy_thousand_are_as_good_as_one, 0, 4);
    tcase_add_loop_test(tc, passes_over_the_keys_change_no_bit, 0, 3);
    return run_tests(tc, "api/bits");
}
