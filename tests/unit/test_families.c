/* test_families.c: the list of families, and what all of them must keep. */
#include "plan/family.h"

#include "given.h"
#include "plan/family_list.h"
#include "suite.h"

#include <string.h>

START_TEST(row_is_the_last_one)
{
    int count = 0;
    while (orl_families[count])
        count++;
    ck_assert_int_ge(count, 2);
    ck_assert_str_eq(orl_families[count - 1]->name, "row");
}
END_TEST

START_TEST(each_is_found_by_its_whole_name)
{
    for (int n = 0; orl_families[n]; n++) {
        const char *name = orl_families[n]->name;
        ck_assert_ptr_eq(orl_family_named(name, strlen(name)), orl_families[n]);
        ck_assert_ptr_null(orl_family_named(name, strlen(name) - 1));
        ck_assert_int_eq(orl_family_number(orl_families[n]), n);
    }
    ck_assert_ptr_eq(orl_family_named("rows", 3), orl_family_named("row", 3));
    ck_assert_ptr_null(orl_family_named("rows", 4));
    ck_assert_ptr_null(orl_family_named("", 0));
}
END_TEST

static bool begins_number(const struct word *w)
{
    return w->kind == WORD_NUMBER || w->kind == WORD_MORE;
}

START_TEST(words_of_a_family_cannot_be_confused)
{
    for (int f = 0; orl_families[f]; f++) {
        const struct word *w = orl_families[f]->words;
        int count = 0;
        for (; w[count].text; count++) {
            ck_assert_int_lt(count, ORL_PLAN_WORDS);
            ck_assert_int_le(w[count].low, w[count].high);
            ck_assert(w[count].kind != WORD_TIMES ||
                      (count > 0 && w[count - 1].kind != WORD_FLAG));
            for (int n = 0; n < count; n++) {
                ck_assert_str_ne(w[n].define, w[count].define);
                ck_assert(!begins_number(&w[n]) || !begins_number(&w[count]) ||
                          strcmp(w[n].text, w[count].text) != 0);
            }
        }
    }
}
END_TEST

START_TEST(a_word_is_found_by_its_define)
{
    struct plan plan = {.family = orl_family_named("row", 3)};
    plan.word[0] = 64;
    plan.word[2] = 1;
    ck_assert_int_eq(orl_plan_word(&plan, "GROUP"), 64);
    ck_assert_int_eq(orl_plan_word(&plan, "STRIDED"), 1);
    ck_assert_int_eq(orl_plan_word(&plan, "LANES"), 0);
}
END_TEST

static const char *barrier(struct device d)
{
    return orl_family_barrier(orl_families[0], &d);
}

START_TEST(a_device_must_be_able_to_run_anything_of_ours)
{
    const struct device good = given_device(DEVICE_GPU);
    ck_assert_ptr_null(barrier(good));

    struct device d = good;
    d.compiler = 0;
    ck_assert_str_eq(barrier(d), "the device has no compiler");
    d = good;
    d.full_profile = 0;
    ck_assert_str_eq(barrier(d), "the device has only the embedded profile");
    d = good;
    d.little_endian = 0;
    ck_assert_str_eq(barrier(d), "the device is not little-endian");
    d = good;
    d.argument_bytes = 511;
    ck_assert_ptr_nonnull(barrier(d));
    d.argument_bytes = 512;
    ck_assert_ptr_null(barrier(d));
}
END_TEST

START_TEST(a_failed_self_test_bars_one_family_only)
{
    for (int f = 0; orl_families[f]; f++)
        for (int bit = 0; orl_families[bit]; bit++) {
            struct device d = given_device(DEVICE_CPU);
            d.quarantine = INT64_C(1) << bit;
            ck_assert_msg((orl_family_barrier(orl_families[f], &d) != NULL) ==
                              (f == bit),
                          "family %d, bit %d", f, bit);
        }
}
END_TEST

START_TEST(a_failed_self_test_in_sub_groups_bars_such_plans_only)
{
    const struct family *tile = orl_family_named("tile", 4);
    const struct problem p = given_problem("h2 q900 d128 w64,64");
    struct device d = given_device(DEVICE_GPU);
    d.sub_groups = 8;
    struct plan_list whole = {0}, rest = {0};
    tile->candidates(&p, &d, &whole);
    ck_assert_int_ne(orl_plan_word(&whole.plan[0], "BROADCAST"), 0);
    d.quarantine = INT64_C(1) << orl_plan_quarantine(&whole.plan[0]);
    ck_assert_ptr_null(orl_family_barrier(tile, &d));
    ck_assert_ptr_nonnull(tile->objects(&whole.plan[0], &p, &d));
    ck_assert_ptr_nonnull(orl_plan_barrier(&whole.plan[0], &d));

    tile->candidates(&p, &d, &rest);
    ck_assert_int_gt(rest.count, 0);
    for (int n = 0; n < rest.count; n++) {
        ck_assert_int_eq(orl_plan_word(&rest.plan[n], "BROADCAST"), 0);
        ck_assert_ptr_null(tile->objects(&rest.plan[n], &p, &d));
        ck_assert_ptr_null(orl_plan_barrier(&rest.plan[n], &d));
    }
    d.quarantine = INT64_C(1) << orl_plan_quarantine(&rest.plan[0]);
    ck_assert_ptr_nonnull(orl_family_barrier(tile, &d));
}
END_TEST

/* Nothing needs a launch that no kernel answers. */
START_TEST(launches_name_kernels_that_exist)
{
    const struct problem p = given_problem("h2 q50 k70 d64 w9,0");
    const struct extent e = {1, 2, 50, 70, 10};
    struct device d = given_cpu();
    for (int f = 0; orl_families[f]; f++) {
        int kernels = 0;
        while (orl_families[f]->kernels[kernels])
            kernels++;
        struct plan_list plans = {0};
        orl_families[f]->candidates(&p, &d, &plans);
        ck_assert_int_gt(plans.count, 0);
        for (int n = 0; n < plans.count; n++) {
            struct launch_list l = {0};
            orl_families[f]->launches(&plans.plan[n], &e, &l);
            ck_assert_int_gt(l.count, 0);
            ck_assert_int_le(l.count, ORL_LAUNCHES);
            for (int i = 0; i < l.count; i++)
                ck_assert(l.launch[i].kernel >= 0 &&
                          l.launch[i].kernel < kernels);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("families");
    tcase_add_test(tc, row_is_the_last_one);
    tcase_add_test(tc, each_is_found_by_its_whole_name);
    tcase_add_test(tc, words_of_a_family_cannot_be_confused);
    tcase_add_test(tc, a_word_is_found_by_its_define);
    tcase_add_test(tc, a_device_must_be_able_to_run_anything_of_ours);
    tcase_add_test(tc, a_failed_self_test_bars_one_family_only);
    tcase_add_test(tc, a_failed_self_test_in_sub_groups_bars_such_plans_only);
    tcase_add_test(tc, launches_name_kernels_that_exist);
    return suite_run(tc, "plan/families");
}
