/* test_family_matrix.c: which shapes of kernels/matrix.cl a device is offered,
 * and what they cost and launch. */
#include "plan/family_list.h"

#include "base/text.h"
#include "given.h"
#include "plan/matrix_shape.h"
#include "plan/plan_text.h"
#include "plan/planner.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct family *const matrix = &orl_family_matrix;

static struct device given_gpu(enum matrix_engine engine)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.vendor, "NVIDIA Corporation");
    d.compute_units = 100;
    d.clock_mhz = 1500;
    d.group_limit = d.axis_limit = 1024;
    d.local_bytes = 48 << 10;
    d.local_dedicated = 1;
    d.matrix = engine;
    return d;
}

static struct plan_list offered(const char *problem, const struct device *d)
{
    const struct problem p = given_problem(problem);
    struct plan_list list = {0};
    ck_assert_msg(!matrix->rejects(&p, d), "%s: %s", problem,
                  matrix->rejects(&p, d));
    matrix->candidates(&p, d, &list);
    return list;
}

static const char *first_plan(const char *problem, const struct device *d)
{
    static char text[ORL_PLAN_TEXT];
    const struct plan_list list = offered(problem, d);
    ck_assert_int_gt(list.count, 0);
    orl_plan_print(&list.plan[0], text, sizeof text);
    return text;
}

START_TEST(each_unit_has_its_shapes)
{
    const struct {
        enum matrix_engine engine;
        const char *problem, *plan;
    } cases[] = {
        {ENGINE_MMA, "h2 q900 d64 w64,64 f16",
         "matrix mma q64 k32 rows1 pack1 aligned"},
        {ENGINE_MMA, "h2 q900 d256 w64,64 bf16",
         "matrix mma q64 k16 rows1 pack1 aligned"},
        {ENGINE_MMA8, "h2 q900 d64 w64,64 f16",
         "matrix mma8 q64 k64 rows1 pack1 aligned"},
        {ENGINE_WMMA11, "h2 q900 d64 w64,64 f16 off2",
         "matrix wmma11 q64 k64 rows1 pack1"},
        {ENGINE_WMMA12, "h2 q900 d80 w64,64 bf16",
         "matrix wmma12 q64 k32 rows1 pack1 aligned"},
        {ENGINE_MFMA, "h8/2 q900 d64 w64,64 f16",
         "matrix mfma q128 k64 rows2 pack4 aligned"},
        {ENGINE_MFMA, "h2 q900 d64 w64,64",
         "matrix mfma q64 k32 rows1 pack1 aligned"},
        {ENGINE_DPAS16, "h2 q900 d128 w64,64 f16",
         "matrix dpas16 q64 k32 rows1 pack1 aligned"},
        {ENGINE_DPAS8, "h2 q900 d64 w64,64 f16",
         "matrix dpas8 q64 k16 rows1 pack1 aligned"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct device d = given_gpu(cases[n].engine);
        ck_assert_str_eq(first_plan(cases[n].problem, &d), cases[n].plan);
    }
}
END_TEST

/* A core of 64 KB holds one group of keys and values of 256 floats, 8 waves
 * where a driver allows that, else 4. */
START_TEST(where_groups_are_small_keys_and_values_take_turns)
{
    struct device d = given_gpu(ENGINE_MFMA8);
    ck_assert_str_eq(first_plan("h2 q900 d256 w64,64", &d),
                     "matrix mfma8 q128 k16 rows1 pack1 aligned");
    d.group_limit = 256;
    ck_assert_str_eq(first_plan("h2 q900 d256 w64,64", &d),
                     "matrix mfma8 q64 k16 rows1 pack1 aligned turns");
}
END_TEST

START_TEST(what_is_offered_breaks_no_rule)
{
    const char *const problems[] = {
        "h1 q1 d1 winf,inf f16",         "h8/2 q900 d64 w64,64 bf16",
        "h9/3 q50 k90 d80 v48 w9,0 f16", "h64/1 q77 d256 w3,4 f16",
        "h8/8 q90 d3 v250 winf,0 bf16",  "b3 h6/1 q9 k700 d96 w31,0 f16 off2",
        "h7/1 q80 d59 w40,40 f16 vbf16", "h12/1 q64 d128 w128,0 bshd f16",
        "h28/4 q64 d33 v65 w128,0",      "h2 q90 d128 w9,0 f32",
    };
    for (int engine = 0; engine < ORL_ENGINES; engine++)
        for (size_t n = 0; n < sizeof problems / sizeof *problems; n++)
            for (int kib = 4; kib <= 64; kib *= 2) {
                const struct problem p = given_problem(problems[n]);
                struct device d = given_gpu((enum matrix_engine)engine);
                d.local_bytes = kib << 10;
                d.group_limit = kib == 4 ? 64 : 1024;
                if (matrix->rejects(&p, &d))
                    continue;
                const struct plan_list list = offered(problems[n], &d);
                for (int c = 0; c < list.count; c++) {
                    char text[ORL_PLAN_TEXT];
                    struct plan again;
                    orl_plan_print(&list.plan[c], text, sizeof text);
                    ck_assert_msg(
                        orl_planner_force(&again, text, &p, &d) == ORIEL_OK,
                        "%s: %s", problems[n], oriel_last_error()->message);
                    ck_assert(orl_plan_equal(&again, &list.plan[c]));
                }
            }
}
END_TEST

START_TEST(rows_are_aligned_where_they_begin_at_16_bytes)
{
    const struct device d = given_gpu(ENGINE_MFMA);
    const struct {
        const char *problem;
        int aligned;
    } cases[] = {
        {"h2 q90 d64 w9,0 f16", 1},      {"h2 q90 d64 w9,0 f16 off8", 0},
        {"h2 q90 d60 w9,0 f16", 0},      {"h2 q90 d60 w9,0", 1},
        {"h2 q90 d64 v65 w9,0 f16", 0},  {"h2 q90 d60 w9,0 bshd f16", 0},
        {"h2 q90 d64 w9,0 bshd f16", 1},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct plan_list list = offered(cases[n].problem, &d);
        ck_assert_msg(orl_plan_word(&list.plan[0], "ALIGNED") ==
                          cases[n].aligned,
                      "%s", cases[n].problem);
    }
}
END_TEST

/* ---- Without a unit ------------------------------------------------------ */

START_TEST(without_a_unit_it_is_emulated_and_never_chosen)
{
    uint64_t state = 7;
    for (int n = 0; n < 2000; n++) {
        const struct problem p = given_any_problem(&state);
        struct device d = given_any_device(&state);
        d.matrix = 0;
        static struct ranking r;
        orl_planner_rank(&r, &p, &d);
        ck_assert_msg(!r.at[0].fits || r.at[0].plan.family != matrix, "%d", n);
    }
    const struct device cpu = given_cpu();
    const char *text = first_plan("h8/2 q900 d64 w64,64 f16", &cpu);
    ck_assert_ptr_nonnull(strstr(text, "portable"));
}
END_TEST

START_TEST(portable_plans_of_any_unit_can_be_forced_on_any_device)
{
    const struct device cpu = given_cpu(), gpu = given_gpu(ENGINE_DPAS8);
    const struct problem p = given_problem("h8/2 q90 d64 w9,0 f16");
    for (int engine = 1; engine < ORL_ENGINES; engine++) {
        char text[ORL_PLAN_TEXT];
        struct plan plan;
        size_t length = 0;
        const char *name = orl_names_at(ORL_ENGINE_NAMES, engine, &length);
        snprintf(text, sizeof text, "matrix portable %.*s q32 k16 rows1 pack4",
                 (int)length, name);
        ck_assert_msg(orl_planner_force(&plan, text, &p, &cpu) == ORIEL_OK &&
                          orl_planner_force(&plan, text, &p, &gpu) == ORIEL_OK,
                      "%s", oriel_last_error()->message);
    }
}
END_TEST

/* ---- Reasons ------------------------------------------------------------- */

static void expect_rejected(const char *problem, struct device d,
                            const char *part)
{
    const struct problem p = given_problem(problem);
    const char *reason = matrix->rejects(&p, &d);
    ck_assert_msg(reason && strstr(reason, part), "%s: %s", problem,
                  reason ? reason : "accepted");
}

START_TEST(what_it_cannot_do_it_says)
{
    struct device d = given_gpu(ENGINE_MMA);
    expect_rejected("h1 q9 d8 w1,0", d, "does not multiply f32");
    expect_rejected("h1 q9 d8 w1,0 f16 kbf16", d, "not stored alike");
    expect_rejected("h1 q9 d8 w1,0 f16 vf32", d, "only one of k and v");
    expect_rejected("h1 q9 d257 v8 w1,0 f16", d, "256 channels");
    expect_rejected("h1 q9 d8 v257 w1,0 f16", d, "256 channels");
    d.local_bytes = 1024;
    expect_rejected("h1 q9 d8 w1,0 f16", d, "local memory");
    d = given_gpu(ENGINE_MMA8);
    expect_rejected("h1 q9 d8 w1,0 bf16", d, "does not multiply bf16");
    d = given_cpu();
    expect_rejected("h1 q9 d8 w1,0", d, "no matrix unit that multiplies f32");
    d.compiler = 0;
    expect_rejected("h1 q9 d8 w1,0 f16", d, "no compiler");
    d = given_cpu();
    d.loop_limit = 65535;
    expect_rejected("h1 q9 d8 w1,0 f16", d, "loop iterations");

    d = given_gpu(ENGINE_MMA);
    struct problem p = given_problem("h1 q9 d8 w1,0 f16");
    p.k.dim = 2;
    ck_assert_str_eq(matrix->rejects(&p, &d), "a stride along dim is not 1");
    p = given_problem("h1 q9 d8 w1,0 f16");
    p.v.row = INT64_C(1) << 31;
    ck_assert_ptr_nonnull(strstr(matrix->rejects(&p, &d), "2^31"));
    p.v.row = INT32_MAX;
    ck_assert_ptr_null(matrix->rejects(&p, &d));
}
END_TEST

START_TEST(words_that_do_not_go_together_are_refused)
{
    const struct {
        const char *text, *part;
    } cases[] = {
        {"mma8 q64 k64 rows1 pack1", "does not have this matrix unit"},
        {"portable mma8 q64 k64 rows1 pack1", "does not multiply bf16"},
        {"mma q72 k64 rows1 pack1", "multiple of rows times"},
        {"mma q48 k64 rows2 pack1", "multiple of rows times"},
        {"portable dpas8 q20 k64 rows1 pack1", "multiple of rows times"},
        {"mma q64 k24 rows1 pack1", "multiple of 16"},
        {"mma q64 k64 rows1 pack3", "multiple of pack"},
        {"mma q64 k64 rows1 pack8", "share keys"},
        {"mma q64 k64 rows4 pack1", "384 registers"},
        {"mma q64 k128 rows1 pack1", "local memory"},
        {"mma q64 k64 rows1 pack1 aligned", "multiples of 16 bytes"},
    };
    const struct problem p = given_problem("h8/2 q90 d128 w9,0 bf16 off4");
    const struct device d = given_gpu(ENGINE_MMA);
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        char text[ORL_PLAN_TEXT] = "matrix ";
        struct plan plan;
        strcat(text, cases[n].text);
        ck_assert_msg(orl_planner_force(&plan, text, &p, &d) ==
                              ORIEL_E_ARGUMENT &&
                          strstr(oriel_last_error()->message, cases[n].part),
                      "%s: %s", text, oriel_last_error()->message);
    }
}
END_TEST

START_TEST(a_program_that_needs_too_much_gives_way)
{
    const struct device d = given_gpu(ENGINE_MMA);
    const struct plan_list list = offered("h2 q90 d64 w9,0 f16", &d);
    const struct plan *plan = &list.plan[0];
    const struct built good = {.group_limit = 128, .local_bytes = 18448};
    ck_assert_ptr_null(matrix->unfit(plan, &good, &d));
    const struct built unknown = {0};
    ck_assert_ptr_null(matrix->unfit(plan, &unknown, &d));
    struct built b = good;
    b.group_limit = 127;
    ck_assert_ptr_nonnull(matrix->unfit(plan, &b, &d));
    b = good;
    b.local_bytes = (48 << 10) + 1;
    ck_assert_ptr_nonnull(matrix->unfit(plan, &b, &d));
    b = good;
    b.private_bytes = 2000;
    ck_assert_ptr_nonnull(matrix->unfit(plan, &b, &d));
    b = good;
    b.spill_bytes = 2000;
    ck_assert_ptr_nonnull(matrix->unfit(plan, &b, &d));
}
END_TEST

/* ---- Numbers ------------------------------------------------------------- */

START_TEST(weights_are_rounded_to_the_type_of_v)
{
    const struct device d = given_gpu(ENGINE_MFMA);
    const struct plan_list half = offered("h2 q90 d64 w9,0 f16", &d);
    const struct plan_list mixed = offered("h2 q90 d64 w9,0 f16 vbf16", &d);
    const struct plan_list single = offered("h2 q90 d64 w9,0", &d);
    ck_assert_int_eq(orl_plan_weight_type(&half.plan[0]), ORIEL_F16);
    ck_assert_int_eq(orl_plan_weight_type(&mixed.plan[0]), ORIEL_BF16);
    ck_assert_int_eq(orl_plan_weight_type(&single.plan[0]), ORIEL_F32);
}
END_TEST

START_TEST(launches_cover_every_query_and_head)
{
    const struct device d = given_gpu(ENGINE_MMA);
    const struct plan_list list = offered("b3 h8/2 q900 d64 w9,0 f16", &d);
    const struct plan *plan = &list.plan[0];
    ck_assert_int_eq(orl_plan_word(plan, "GROUP_PACK"), 4);
    const struct {
        int64_t queries, groups;
    } cases[] = {{1, 1}, {2, 2}, {17, 2}, {18, 3}, {900, 58}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct extent e = {3, 8, cases[n].queries, 900, 10};
        struct launch_list l = {0};
        matrix->launches(plan, &e, &l);
        ck_assert_int_eq(l.count, 1);
        ck_assert_int_eq(l.launch[0].groups[0], cases[n].groups);
        ck_assert_int_eq(l.launch[0].groups[1], 2);
        ck_assert_int_eq(l.launch[0].groups[2], 3);
        ck_assert_int_eq(l.launch[0].local[0], 128);
        ck_assert_int_eq(l.launch[0].passes, 1);
        ck_assert_int_eq(matrix->workspace(plan, &e), 0);
    }
}
END_TEST

static const char *chosen(const char *problem, const struct device *d)
{
    static struct ranking r;
    const struct problem p = given_problem(problem);
    orl_planner_rank(&r, &p, d);
    return r.at[0].plan.family->name;
}

START_TEST(a_device_with_a_unit_prefers_it)
{
    const char *const problems[] = {"h8 q4096 d64 w64,64 f16",
                                    "h32/8 q8192 d128 w1023,0 f16",
                                    "h16 q1024 d64 winf,0 f16"};
    const enum matrix_engine engines[] = {ENGINE_MMA, ENGINE_WMMA11,
                                          ENGINE_WMMA12, ENGINE_MFMA};
    for (size_t n = 0; n < sizeof problems / sizeof *problems; n++)
        for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
            struct device d = given_gpu(engines[i]);
            ck_assert_str_eq(chosen(problems[n], &d), "matrix");
            d.quarantine = 1 << orl_family_number(matrix);
            ck_assert_str_eq(chosen(problems[n], &d), "tile");
        }
    const struct device d = given_gpu(ENGINE_MMA);
    ck_assert_str_eq(chosen("h8 q4096 d64 w64,64", &d), "tile");
}
END_TEST

START_TEST(work_follows_the_window)
{
    const struct device d = given_gpu(ENGINE_MMA);
    const char *const wider[] = {
        "h8 q65536 d64 w255,0 f16", "h8 q65536 d64 w1023,0 f16",
        "h8 q65536 d64 w4095,0 f16", "h8 q65536 d64 winf,0 f16"};
    double before = 0.0;
    for (size_t n = 0; n < sizeof wider / sizeof *wider; n++) {
        const struct problem p = given_problem(wider[n]);
        const struct plan_list list = offered(wider[n], &d);
        const double seconds = matrix->cost(&list.plan[0], &p, &d);
        ck_assert_msg(seconds > 1.5 * before, "%s: %g", wider[n], seconds);
        before = seconds;
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("family_matrix");
    tcase_add_test(tc, each_unit_has_its_shapes);
    tcase_add_test(tc, where_groups_are_small_keys_and_values_take_turns);
    tcase_add_test(tc, what_is_offered_breaks_no_rule);
    tcase_add_test(tc, rows_are_aligned_where_they_begin_at_16_bytes);
    tcase_add_test(tc, without_a_unit_it_is_emulated_and_never_chosen);
    tcase_add_test(tc, portable_plans_of_any_unit_can_be_forced_on_any_device);
    tcase_add_test(tc, what_it_cannot_do_it_says);
    tcase_add_test(tc, words_that_do_not_go_together_are_refused);
    tcase_add_test(tc, a_program_that_needs_too_much_gives_way);
    tcase_add_test(tc, weights_are_rounded_to_the_type_of_v);
    tcase_add_test(tc, launches_cover_every_query_and_head);
    tcase_add_test(tc, a_device_with_a_unit_prefers_it);
    tcase_add_test(tc, work_follows_the_window);
    return suite_run(tc, "plan/family_matrix");
}
