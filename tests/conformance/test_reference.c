/* test_reference.c: the reference by matrix products against the oracle. */
#include "known.h"
#include "reference/blas.h"
#include "stage.h"
#include "trial.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    blas_forget();
    stage_close(&stage);
}

static void open_trial(struct trial *t, const char *text)
{
    oriel_problem public;
    struct problem p;
    ck_assert_int_eq(orl_problem_parse(&public, text), ORIEL_OK);
    ck_assert_int_eq(orl_problem_check(&p, &public), ORIEL_OK);
    trial_open(t, &p, 7);
}

static const char *const problems[] = {
    "b2 h4/2 q150 d64 w20,20",         "h2 q150 k90 d16 w20,-3 start",
    "h2 q40 k150 d16 w31,0 end-5",     "h1 q150 d80 v48 winf,0 cap2",
    "b4 h2/1 q70 k90 d16 w9,9 ranges", "h3/1 q1 k300 d128 w255,0",
    "h2 q90 k60 d16 w20,10 at 5,500",  "h2 q70 d16 w20,5 f16 of32 bshd",
};

/* A result of the reference is packed, so the problem's out must be, too. */
START_TEST(products_give_what_the_definition_says)
{
    struct trial t;
    open_trial(&t, problems[_i]);
    const struct oracle oracle = trial_oracle(&t);
    struct problem packed = t.problem;
    const int64_t dim = packed.v.channels;
    packed.out = (struct tensor) {
        .batch = packed.heads * packed.queries * dim,
        .head = packed.queries * dim,
        .row = dim,
        .dim = 1,
        .type = ORIEL_F32,
        .channels = (int32_t)dim,
    };
    const size_t count =
        (size_t)(packed.batch * packed.heads * packed.queries * dim);
    float *out = calloc(count, sizeof *out);
    const oriel_status status =
        blas_attend(&oracle, stage.engine.context, stage.engine.queue, out);
    if (!blas_built()) {
        ck_assert_int_eq(status, ORIEL_E_UNSUPPORTED);
        ck_assert_ptr_nonnull(strstr(oriel_last_error()->message, "CLBlast"));
    } else {
        ck_assert_msg(status == ORIEL_OK, "%s", oriel_last_error()->message);
        struct oracle as_packed = oracle;
        as_packed.problem = &packed;
        const struct oracle_verdict v = oracle_check(&as_packed, out, NULL);
        ck_assert_msg(v.right, "%s: error %g, bound %g", t.text, v.error,
                      v.bound);
    }
    free(out);
    trial_close(&t);
}
END_TEST

START_TEST(numbers_that_are_not_finite_are_refused)
{
    struct trial t;
    open_trial(&t, "h1 q70 d16 w5,5");
    ((float *)t.v)[33 * 16 + 2] = NAN;
    const struct oracle oracle = trial_oracle(&t);
    float *out = calloc(70 * 16, sizeof *out);
    ck_assert_int_eq(
        blas_attend(&oracle, stage.engine.context, stage.engine.queue, out),
        ORIEL_E_UNSUPPORTED);
    free(out);
    trial_close(&t);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("reference");
    tcase_add_unchecked_fixture(tc, open_stage, close_stage);
    tcase_add_loop_test(tc, products_give_what_the_definition_says, 0,
                        sizeof problems / sizeof problems[0]);
    tcase_add_test(tc, numbers_that_are_not_finite_are_refused);

    Suite *suite = suite_create("tools/reference");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
