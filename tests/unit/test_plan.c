/* test_plan.c: what makes two plans the same program. */
#include "plan/plan.h"

#include "given.h"
#include "plan/family.h"
#include "suite.h"

START_TEST(a_variant_is_what_a_program_is_compiled_for)
{
    const struct problem p =
        given_problem("h2 q4 d80 v48 w1,0 f16 kbf16 vf32 of32 cap30");
    const struct variant v = orl_variant(&p);
    ck_assert_int_eq(v.head_dim, 80);
    ck_assert_int_eq(v.v_dim, 48);
    ck_assert_uint_eq(v.q_type, ORIEL_F16);
    ck_assert_uint_eq(v.k_type, ORIEL_BF16);
    ck_assert_uint_eq(v.v_type, ORIEL_F32);
    ck_assert_uint_eq(v.out_type, ORIEL_F32);
    ck_assert_int_eq(v.softcap, 1);
}
END_TEST

static bool same_variant(const char *one, const char *other)
{
    const struct problem p = given_problem(one), r = given_problem(other);
    const struct plan a = {.family = orl_families[0],
                           .variant = orl_variant(&p)};
    const struct plan b = {.family = orl_families[0],
                           .variant = orl_variant(&r)};
    return orl_plan_equal(&a, &b);
}

START_TEST(lengths_windows_strides_and_scales_never_select_a_program)
{
    const char *other[] = {
        "b3 h8/2 q9 k90 d64 w3,5",        "h1 q4 d64 w-1,2 start",
        "h1 q4 d64 w1,0 scale2 lse",      "h1 q4 d64 w1,0 bshd off4",
        "h1 q4 d64 winf,0 ranges at 5,7",
    };
    for (size_t n = 0; n < sizeof other / sizeof *other; n++)
        ck_assert_msg(same_variant("h1 q4 d64 w1,0", other[n]), "%s", other[n]);
}
END_TEST

START_TEST(dims_types_and_a_softcap_select_one)
{
    const char *other[] = {
        "h1 q4 d63 v64 w1,0",
        "h1 q4 d64 v63 w1,0",
        "h1 q4 d64 w1,0 kf16",
        "h1 q4 d64 w1,0 vbf16",
        "h1 q4 d64 w1,0 of16",
        "h1 q4 d64 w1,0 cap9",
        "h1 q4 d64 w1,0 f16 kf32 vf32 of32",
    };
    for (size_t n = 0; n < sizeof other / sizeof *other; n++)
        ck_assert_msg(!same_variant("h1 q4 d64 w1,0", other[n]), "%s",
                      other[n]);
}
END_TEST

START_TEST(every_word_and_the_family_count)
{
    const struct plan a = {.family = orl_families[0]};
    struct plan b = a;
    ck_assert(orl_plan_equal(&a, &b));
    for (int n = 0; n < ORL_PLAN_WORDS; n++) {
        b = a;
        b.word[n] = 1;
        ck_assert_msg(!orl_plan_equal(&a, &b), "word %d", n);
    }
    b = a;
    b.family = orl_families[1];
    ck_assert(!orl_plan_equal(&a, &b));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("plan");
    tcase_add_test(tc, a_variant_is_what_a_program_is_compiled_for);
    tcase_add_test(tc,
                   lengths_windows_strides_and_scales_never_select_a_program);
    tcase_add_test(tc, dims_types_and_a_softcap_select_one);
    tcase_add_test(tc, every_word_and_the_family_count);
    return suite_run(tc, "plan/plan");
}
