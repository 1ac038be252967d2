/* test_results.c: results through the shared library against attention in
 * double by definition: a handful of each kind. tests/conformance has the
 * many. */
#include "fixture.h"

#include <stdio.h>

static const char *const problems[] = {
    "b2 h4/2 q37 k50 d16 w11,4 lse",
    "h2 q40 d16 winf,0 lse",
    "h2 q40 d16 w-3,9 lse",
    "h2/1 q50 k17 d16 w5,2 lse",
    "b3 h4 q16 k86 d16 w70,13 end-13 lse",
    "b2 h2 q20 d16 w7,0 at 1000,995 lse",
    "b3 h2/1 q21 k40 d16 winf,2 ranges lse",
    "h2/1 q9 k30 d13 v9 w12,3 lse",
    "h2 q19 k23 d16 v8 w6,6 f16 lse",
    "h2 q19 k23 d16 v8 w6,6 bf16",
    "h2/1 q1 k128 d16 w100,0 kf16 vf16 lse",
    "b2 h2 q19 d16 w6,0 bshd lse",
    "h2 q19 k23 d16 w6,6 scale0.5 cap1.5 lse",
    "h2 q19 k23 d8 w6,6 ks:184,184,1,23 vs:184,184,1,23",
    "b2 h4/2 q19 k23 d8 w6,6 ks:0,0,8,1 vs:0,184,8,1",
};

static void run(const char *text, const char *plan_text)
{
    struct sample s = sample_open(text, 11);
    oriel_plan *plan = plan_of(&s.problem, plan_text);
    sample_mark(&s);
    must(oriel_attend(plan, &s.call));
    ck_assert_msg(is_right(&s, plan), "%s: %s", text, s.why);

    sample_mark(&s);
    struct uploaded u = upload(&s);
    must(oriel_enqueue(plan, fixture()->queue, &u.call, 0, NULL, NULL));
    download(&s, &u, fixture()->queue);
    ck_assert_msg(is_right(&s, plan), "%s: %s", text, s.why);
    release(&u);
    oriel_plan_destroy(plan);
    sample_close(&s);
}

START_TEST(the_planners_choice_is_right)
{
    run(problems[_i], NULL);
}
END_TEST

START_TEST(the_fallback_is_right)
{
    run(problems[_i], "row g16 k0 strided");
}
END_TEST

/* One plan for the first chunk of a stream, its middle and its end. */
START_TEST(a_plan_is_right_for_every_chunk_of_a_stream)
{
    oriel_plan *plan = NULL;
    for (int64_t begin = 0; begin < 96; begin += 16) {
        struct sample s = sample_open_part("h2 q16 k48 d16 w20,4 start lse", 1,
                                           16, 48, begin, begin - 20);
        if (!plan)
            plan = plan_of(&s.problem, NULL);
        attend_rightly(&s, plan);
        sample_close(&s);
    }
    oriel_plan_destroy(plan);
}
END_TEST

/* A window, a length, an origin, a stride never compiles: one context serves
 * them all. That they are right with one program is what is seen here; that
 * nothing is built is counted in tests/fault. */
START_TEST(one_program_serves_every_window)
{
    static const char *const windows[] = {"w0,0",  "w5,3",     "w-2,7",
                                          "w70,1", "winf,inf", "winf,-4"};
    for (size_t n = 0; n < sizeof windows / sizeof windows[0]; n++) {
        char text[64];
        snprintf(text, sizeof text, "h2 q%d k%d d8 %s lse", 3 + 7 * (int)n,
                 40 - 5 * (int)n, windows[n]);
        run(text, ROW);
    }
}
END_TEST

int main(void)
{
    const int count = (int)(sizeof problems / sizeof problems[0]);
    TCase *tc = tcase_create("results");
    tcase_add_loop_test(tc, the_planners_choice_is_right, 0, count);
    tcase_add_loop_test(tc, the_fallback_is_right, 0, count);
    tcase_add_test(tc, a_plan_is_right_for_every_chunk_of_a_stream);
    tcase_add_test(tc, one_program_serves_every_window);
    return run_tests(tc, "api/results");
}
