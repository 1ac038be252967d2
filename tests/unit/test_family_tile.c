/* test_family_tile.c: which tiles of kernels/tile.cl a device is offered, and
 * what they cost and launch. */
#include "plan/family_list.h"

#include "given.h"
#include "plan/plan_text.h"
#include "plan/planner.h"

#include <stdlib.h>
#include <string.h>

static const struct family *const tile = &orl_family_tile;

static struct device given_gpu(int registers, const char *name)
{
    struct device d = given_device(DEVICE_GPU);
    d.item_registers = registers;
    strcpy(d.name, name);
    d.compute_units = 40;
    d.clock_mhz = 1500;
    d.group_limit = d.axis_limit = 1024;
    d.local_bytes = 48 << 10;
    d.local_dedicated = 1;
    return d;
}

static struct device given_sub_groups(int64_t sizes)
{
    struct device d = given_gpu(0, "Arc A770");
    d.sub_groups = sizes;
    return d;
}

static struct device given_nvidia(void)
{
    return given_gpu(255, "NVIDIA A100");
}

static struct plan_list offered(const char *problem, const struct device *d)
{
    const struct problem p = given_problem(problem);
    struct plan_list list = {0};
    ck_assert_msg(!tile->rejects(&p, d), "%s: %s", problem,
                  tile->rejects(&p, d));
    tile->candidates(&p, d, &list);
    ck_assert_int_gt(list.count, 0);
    return list;
}

static void expect_first(const char *problem, const struct device *d,
                         const char *text)
{
    const struct plan_list list = offered(problem, d);
    char got[ORL_PLAN_TEXT];
    orl_plan_print(&list.plan[0], got, sizeof got);
    ck_assert_str_eq(got, text);
}

START_TEST(each_class_of_device_has_its_tiles)
{
    const struct device nvidia = given_nvidia();
    const struct device rdna = given_gpu(256, "gfx1100");
    const struct device cdna = given_gpu(256, "gfx90a:sramecc+:xnack-");
    const struct device other = given_gpu(0, "Mali-G610");
    const struct device cpu = given_cpu();
    const char *problem = "h2 q900 d128 w64,64";
    expect_first(problem, &nvidia,
                 "tile q48 k64 own6x4 chunk32x32 sums4 pack1 aligned");
    expect_first(problem, &rdna,
                 "tile q48 k64 own6x4 chunk32x32 sums4 pack1 aligned");
    expect_first(problem, &cdna,
                 "tile q64 k64 own4x4 chunk32x16 sums4 pack1 aligned paired");
    expect_first(problem, &other,
                 "tile q32 k32 own2x2 chunk32x16 sums4 pack1 aligned");
    expect_first(problem, &cpu, "tile q32 k32 own2x4 chunk32x32 sums4 pack1");
}
END_TEST

/* Everything that a kernel relies on holds for whatever is offered. */
START_TEST(what_is_offered_breaks_no_rule)
{
    const struct device devices[] = {
        given_nvidia(), given_gpu(256, "gfx942"), given_gpu(0, "Arc A770"),
        given_cpu(),    given_sub_groups(8 | 16), given_sub_groups(16)};
    const char *const problems[] = {
        "h1 q1 d1 winf,inf",          "h8/2 q900 d64 w64,64",
        "h9/3 q50 k90 d80 v48 w9,0",  "h64/1 q77 d512 w3,4 f16",
        "h8/8 q90 d3 v512 winf,0",    "b3 h6/1 q9 k700 d96 w31,0 bf16",
        "h32/4 q900 d256 w1023,0",    "h7/1 q80 d59 w40,40 off4",
        "h12/1 q64 d128 w128,0 bshd", "h28/4 q64 d33 v65 w128,0 kf16",
    };
    for (size_t n = 0; n < sizeof problems / sizeof *problems; n++)
        for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
            for (int kib = 16; kib <= 128; kib *= 2) {
                const struct problem p = given_problem(problems[n]);
                struct device d = devices[i];
                d.local_bytes = kib << 10;
                d.group_limit = kib == 16 ? 256 : 1024;
                if (tile->rejects(&p, &d))
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

START_TEST(rows_are_aligned_where_every_stride_and_offset_is)
{
    const struct device d = given_nvidia();
    const struct {
        const char *problem;
        int aligned;
    } cases[] = {
        {"h2 q90 d64 w9,0", 1},      {"h2 q90 d64 w9,0 f16", 1},
        {"h2 q90 d64 w9,0 off8", 0}, {"h2 q90 d64 w9,0 f16 off8", 1},
        {"h2 q90 d66 w9,0", 0},      {"h2 q90 d64 v65 w9,0", 0},
        {"h2 q90 d60 w9,0 bshd", 1}, {"h2 q90 d64 w9,0 f16 off4", 0},
        {"h2 q90 d64 w9,0 kf16", 1},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct plan_list list = offered(cases[n].problem, &d);
        ck_assert_msg(orl_plan_word(&list.plan[0], "ALIGNED") ==
                          cases[n].aligned,
                      "%s", cases[n].problem);
    }
}
END_TEST

START_TEST(heads_that_share_keys_are_packed)
{
    const struct device d = given_nvidia();
    const struct {
        const char *problem;
        int pack;
    } cases[] = {
        {"h8 q90 d128 w9,0", 1},    {"h8/4 q90 d128 w9,0", 2},
        {"h9/3 q90 d128 w9,0", 3},  {"h28/4 q90 d128 w9,0", 1},
        {"h24/1 q90 d128 w9,0", 8}, {"h32/2 q90 d128 w9,0", 8},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct plan_list list = offered(cases[n].problem, &d);
        ck_assert_msg(orl_plan_word(&list.plan[0], "GROUP_PACK") ==
                          cases[n].pack,
                      "%s", cases[n].problem);
    }
}
END_TEST

/* ---- Reasons ------------------------------------------------------------- */

static void expect_rejected(const char *problem, struct device d,
                            const char *part)
{
    const struct problem p = given_problem(problem);
    const char *reason = tile->rejects(&p, &d);
    ck_assert_msg(reason && strstr(reason, part), "%s: %s", problem,
                  reason ? reason : "accepted");
}

START_TEST(what_it_cannot_do_it_says)
{
    struct device d = given_nvidia();
    d.compiler = 0;
    expect_rejected("h1 q9 d8 w1,0", d, "no compiler");
    d = given_nvidia();
    d.loop_limit = 65535;
    expect_rejected("h1 q9 d8 w1,0", d, "loop iterations");
    d = given_nvidia();
    d.local_bytes = 4096;
    expect_rejected("h1 q9 d8 w1,0", d, "local memory");
    d = given_nvidia();
    d.group_limit = 32;
    expect_rejected("h1 q9 d8 w1,0", d, "groups of the device");
    d = given_nvidia();
    d.axis_limit = 32;
    expect_rejected("h1 q9 d8 w1,0", d, "groups of the device");

    d = given_nvidia();
    struct problem p = given_problem("h1 q9 d8 w1,0");
    p.k.dim = 2;
    ck_assert_str_eq(tile->rejects(&p, &d), "a stride along dim is not 1");
    p = given_problem("h1 q9 d8 w1,0");
    p.v.row = INT64_C(1) << 31;
    ck_assert_ptr_nonnull(strstr(tile->rejects(&p, &d), "2^31"));
    p.v.row = INT32_MAX;
    ck_assert_ptr_null(tile->rejects(&p, &d));
}
END_TEST

START_TEST(words_that_do_not_go_together_are_refused)
{
    const struct {
        const char *text, *part;
    } cases[] = {
        {"q50 k64 own4x4 chunk32x16 sums4 pack1", "first number of own"},
        {"q48 k60 own4x4 chunk32x16 sums4 pack1", "multiple of 8"},
        {"q48 k64 own4x3 chunk32x16 sums4 pack1", "second number of own"},
        {"q48 k64 own4x5 chunk32x16 sums4 pack1", "second number of own"},
        {"q48 k64 own12x8 chunk32x16 sums4 pack1", "more than 64"},
        {"q64 k320 own16x5 chunk32x16 sums4 pack1", "more than 64"},
        {"q48 k64 own4x4 chunk20x16 sums4 pack1", "first number of chunk"},
        {"q48 k64 own4x4 chunk32x12 sums4 pack1", "second number of chunk"},
        {"q48 k64 own4x4 chunk32x16 sums3 pack1", "2 or 4"},
        {"q48 k64 own4x4 chunk32x16 sums4 pack5", "multiple of pack"},
        {"q48 k64 own4x4 chunk32x16 sums4 pack3", "share keys"},
        {"q32 k32 own8x4 chunk32x16 sums4 pack1", "64 sums"},
        {"q48 k64 own1x1 chunk32x16 sums4 pack1", "local memory"},
        {"q96 k512 own8x4 chunk32x16 sums4 pack1", "local memory"},
        {"q48 k64 own4x4 chunk32x16 sums4 pack1 aligned", "aligned needs"},
    };
    const struct problem p = given_problem("h8/2 q90 d128 w9,0 off4");
    struct device d = given_nvidia();
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        char text[ORL_PLAN_TEXT] = "tile ";
        struct plan plan;
        strcat(text, cases[n].text);
        ck_assert_msg(orl_planner_force(&plan, text, &p, &d) ==
                              ORIEL_E_ARGUMENT &&
                          strstr(oriel_last_error()->message, cases[n].part),
                      "%s: %s", text, oriel_last_error()->message);
    }
}
END_TEST

/* A compiler for CPUs crashes on them. */
START_TEST(only_gpus_have_more_than_32_scores_of_a_work_item)
{
    const char *text = "tile q48 k64 own6x8 chunk32x32 sums4 pack1";
    const struct problem p = given_problem("h2 q90 d64 w9,0");
    struct device d = given_nvidia();
    struct plan plan;
    ck_assert_int_eq(orl_planner_force(&plan, text, &p, &d), ORIEL_OK);
    d.kind = DEVICE_ACCELERATOR;
    ck_assert_int_eq(orl_planner_force(&plan, text, &p, &d), ORIEL_E_ARGUMENT);
    ck_assert_ptr_nonnull(
        strstr(oriel_last_error()->message, "more than 32 but on a GPU"));
}
END_TEST

START_TEST(a_program_that_needs_too_much_gives_way)
{
    const struct device d = given_nvidia();
    const struct plan_list list = offered("h2 q90 d128 w9,0", &d);
    const struct plan *plan = &list.plan[0];
    const struct built good = {.group_limit = 128, .local_bytes = 24336};
    ck_assert_ptr_null(tile->unfit(plan, &good, &d));
    const struct built unknown = {0};
    ck_assert_ptr_null(tile->unfit(plan, &unknown, &d));

    struct built b = good;
    b.group_limit = 127;
    ck_assert_ptr_nonnull(tile->unfit(plan, &b, &d));
    b = good;
    b.local_bytes = (48 << 10) + 1;
    ck_assert_ptr_nonnull(tile->unfit(plan, &b, &d));
    b = good;
    b.private_bytes = 2000;
    ck_assert_ptr_nonnull(tile->unfit(plan, &b, &d));
    const struct device cpu = given_cpu(); /* what is private there is cache */
    ck_assert_ptr_null(tile->unfit(plan, &b, &cpu));
}
END_TEST

/* ---- Numbers ------------------------------------------------------------- */

/* As many groups as hold the queries wherever blocks begin, and no more. */
START_TEST(launches_cover_every_query_and_head)
{
    const struct device d = given_nvidia();
    const struct plan_list list = offered("b3 h8/2 q900 d128 w9,0", &d);
    const struct plan *plan = &list.plan[0];
    ck_assert_int_eq(orl_plan_word(plan, "GROUP_PACK"), 4);
    const struct {
        int64_t queries, groups;
    } cases[] = {{1, 1}, {2, 2}, {12, 2}, {13, 2}, {14, 3}, {900, 76}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct extent e = {3, 8, cases[n].queries, 900, 10};
        struct launch_list l = {0};
        tile->launches(plan, &e, &l);
        ck_assert_int_eq(l.count, 1);
        ck_assert_int_eq(l.launch[0].groups[0], cases[n].groups);
        ck_assert_int_eq(l.launch[0].groups[1], 2);
        ck_assert_int_eq(l.launch[0].groups[2], 3);
        ck_assert_int_eq(l.launch[0].local[0], 128);
        ck_assert_int_eq(l.launch[0].passes, 1);
        ck_assert_int_eq(tile->workspace(plan, &e), 0);
    }
}
END_TEST

static const char *chosen(const char *problem, const struct device *d)
{
    static char text[ORL_PLAN_TEXT];
    static struct ranking r;
    const struct problem p = given_problem(problem);
    orl_planner_rank(&r, &p, d);
    orl_plan_print(&r.at[0].plan, text, sizeof text);
    return text;
}

START_TEST(gpus_prefer_it_and_cpus_do_not)
{
    const struct device gpu = given_nvidia(), cpu = given_cpu();
    const char *const problems[] = {
        "h8 q4096 d64 w64,64", "h32/8 q8192 d128 w1023,0 f16",
        "h16 q1024 d80 winf,0", "h4 q2048 d256 w255,0"};
    for (size_t n = 0; n < sizeof problems / sizeof *problems; n++) {
        ck_assert_msg(strncmp(chosen(problems[n], &gpu), "tile", 4) == 0,
                      "%s: %s", problems[n], chosen(problems[n], &gpu));
        ck_assert_msg(strncmp(chosen(problems[n], &cpu), "lane", 4) == 0,
                      "%s: %s", problems[n], chosen(problems[n], &cpu));
    }
}
END_TEST

START_TEST(narrow_windows_pack_heads_and_work_follows_the_window)
{
    const struct device d = given_nvidia();
    /* 12 queries of 4 heads touch 1 tile, 48 of one head 2. */
    ck_assert_ptr_nonnull(
        strstr(chosen("h32/8 q8192 d128 w20,20", &d), "pack4"));
    /* Where both touch 2, packing only costs time. */
    ck_assert_ptr_nonnull(
        strstr(chosen("h32/8 q8192 d128 w63,0", &d), "pack1"));

    const char *const wider[] = {"h8 q65536 d64 w63,0", "h8 q65536 d64 w255,0",
                                 "h8 q65536 d64 w1023,0",
                                 "h8 q65536 d64 winf,0"};
    double before = 0.0;
    for (size_t n = 0; n < sizeof wider / sizeof *wider; n++) {
        const struct problem p = given_problem(wider[n]);
        const struct plan_list list = offered(wider[n], &d);
        const double seconds = tile->cost(&list.plan[0], &p, &d);
        ck_assert_msg(seconds > 1.5 * before, "%s: %g", wider[n], seconds);
        before = seconds;
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("family_tile");
    tcase_add_test(tc, each_class_of_device_has_its_tiles);
    tcase_add_test(tc, what_is_offered_breaks_no_rule);
    tcase_add_test(tc, rows_are_aligned_where_every_stride_and_offset_is);
    tcase_add_test(tc, heads_that_share_keys_are_packed);
    tcase_add_test(tc, what_it_cannot_do_it_says);
    tcase_add_test(tc, words_that_do_not_go_together_are_refused);
    tcase_add_test(tc, only_gpus_have_more_than_32_scores_of_a_work_item);
    tcase_add_test(tc, a_program_that_needs_too_much_gives_way);
    tcase_add_test(tc, launches_cover_every_query_and_head);
    tcase_add_test(tc, gpus_prefer_it_and_cpus_do_not);
    tcase_add_test(tc, narrow_windows_pack_heads_and_work_follows_the_window);

    Suite *suite = suite_create("plan/family_tile");
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
