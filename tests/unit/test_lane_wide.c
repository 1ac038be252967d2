/* test_lane_wide.c: blocks of lane on devices with vectors of 16. */
#include "given_plan.h"
#include "suite.h"

static const struct wide {
    const char *problem;
    int32_t once, queries, key_tile; /* of a block */
    int32_t qk_vecs, pv_rows, pv_vecs;
} wides[] = {
    /* at once, one vector of queries is scored at a time */
    {"h8 q4096 d64 w64,64", 1, 32, 192, 1, 4, 4},
    {"h8 q4096 d64 w1024,0", 1, 32, 1088, 1, 4, 4},
    {"h8 q4096 d128 w511,0", 1, 32, 576, 1, 4, 4},
    {"h8 q4096 d64 w64,64 f16", 1, 128, 256, 1, 4, 4},
    /* in tiles, two */
    {"h8 q4096 d64 w1200,0", 0, 32, 512, 2, 4, 4},
    {"h8 q4096 d128 w1024,0", 0, 32, 512, 2, 4, 4},
    {"h8 q4096 d128 w1024,0 f16", 0, 128, 256, 2, 4, 4},
    {"h8 q4096 d256 w511,0", 1, 32, 576, 2, 8, 2},
    /* wide values make as large a tile as wide keys */
    {"h8 q4096 d128 v512 w64,64 f16", 1, 64, 192, 2, 8, 2},
    {"h8 q4096 d128 v512 winf,0 f16", 0, 64, 32, 2, 8, 2},
    /* parts of values that fit them, and add few of their channels twice */
    {"h8 q4096 d64 v128 w64,64", 1, 32, 192, 1, 4, 4},
    {"h8 q4096 d64 v100 w64,64", 1, 32, 192, 1, 4, 4},
    {"h8 q4096 d64 v96 w64,64", 1, 32, 192, 1, 8, 2},
    {"h8 q4096 d64 v80 w64,64", 1, 32, 192, 1, 8, 2},
    {"h8 q4096 d64 v48 w64,64", 1, 32, 192, 1, 8, 2},
    {"h8 q4096 d64 v31 w64,64", 1, 32, 192, 1, 16, 1},
    {"h8 q4096 d64 v3 w64,64", 1, 32, 192, 1, 16, 1},
};

START_TEST(blocks_suit_the_window_and_the_values)
{
    const struct wide *w = &wides[_i];
    const struct family *const lane = &orl_family_lane;
    const struct problem p = given_problem(w->problem);
    struct device d = given_cpu();
    d.vector_floats = 16;
    const struct plan_list list = given_plans(lane, &p, &d);
    const struct plan *best = &list.plan[0];
    for (int n = 1; n < list.count; n++) {
        if (lane->cost(&list.plan[n], &p, &d) < lane->cost(best, &p, &d))
            best = &list.plan[n];
        for (int i = 0; i < n; i++)
            ck_assert(!orl_plan_equal(&list.plan[i], &list.plan[n]));
    }
    ck_assert_int_eq(orl_plan_word(best, "LANES"), 16);
    ck_assert_int_eq(orl_plan_word(best, "ONCE"), w->once);
    ck_assert_int_eq(orl_plan_word(best, "QUERY_TILE"), w->queries);
    ck_assert_int_eq(orl_plan_word(best, "KEY_TILE"), w->key_tile);
    ck_assert_int_eq(orl_plan_word(best, "QK_VECS"), w->qk_vecs);
    ck_assert_int_eq(orl_plan_word(best, "PV_ROWS"), w->pv_rows);
    ck_assert_int_eq(orl_plan_word(best, "PV_VECS"), w->pv_vecs);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("lane by vectors of 16");
    tcase_add_loop_test(tc, blocks_suit_the_window_and_the_values, 0,
                        (int)(sizeof wides / sizeof *wides));
    return suite_run(tc, "plan/family_lane: vectors of 16");
}
