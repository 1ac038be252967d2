/* test_tile_shape.c: what a group of kernels/tile.cl needs and does. */
#include "plan/tile_shape.h"

#include "suite.h"

/* Bytes as compilers report them for AMD and NVIDIA. */
START_TEST(local_memory_is_as_compilers_count_it)
{
    const struct {
        struct tile_preset t;
        int32_t v_dim;
        int64_t bytes;
    } cases[] = {
        {{TILE_WIDE, 64, 64, 64, 8, 4, 32, 64, 4, 1}, 64, 34832},
        {{TILE_WIDE, 64, 48, 32, 6, 4, 32, 32, 4, 1}, 64, 19728},
        {{TILE_WIDE, 80, 64, 32, 4, 4, 16, 32, 2, 1}, 80, 19472},
        {{TILE_WIDE, 128, 48, 64, 6, 4, 32, 16, 4, 1}, 128, 24336},
        {{TILE_WIDE, 128, 96, 64, 6, 4, 32, 16, 4, 1}, 128, 34320},
        {{TILE_WIDE, 512, 24, 64, 3, 2, 32, 4, 4, 1}, 512, 20880},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++)
        ck_assert_int_eq(orl_tile_local_bytes(&cases[n].t, cases[n].v_dim),
                         cases[n].bytes);
}
END_TEST

/* Neither rows of q nor weights are in it; compilers count 16 bytes more. */
START_TEST(local_memory_of_broadcasts_holds_keys_and_values_alone)
{
    const struct tile_preset lanes8 = {TILE_LANES8, 64, 64, 32, 4,
                                       4,           32, 32, 4,  1};
    const struct tile_preset lanes16 = {TILE_LANES16, 96, 64, 64, 4, 4,
                                        32,           64, 2,  1};
    ck_assert_int_eq(orl_tile_local_bytes(&lanes8, 64), 12832 - 16);
    ck_assert_int_eq(orl_tile_local_bytes(&lanes16, 80), 33824 - 16);
}
END_TEST

/* What a chunk of values does not need, products of a team may. */
START_TEST(a_team_has_its_products_where_values_are)
{
    struct tile_preset t = {TILE_LANES8, 512, 48, 24, 3, 3, 64, 24, 4, 4};
    ck_assert_int_eq(orl_tile_group(&t), 512);
    ck_assert_int_eq(orl_tile_sums(&t, 512), 16);
    ck_assert_int_eq(orl_tile_local_bytes(&t, 512),
                     4 * 24 * (64 + 4) + 4 * 24 * 512 + 16);
    ck_assert_int_eq(orl_tile_local_bytes(&t, 64),
                     4 * 24 * (64 + 4) + 4 * 24 * 4 * 48 + 16);
    t.team = 1;
    ck_assert_int_eq(orl_tile_group(&t), 128);
    ck_assert_int_eq(orl_tile_sums(&t, 512), 64);
}
END_TEST

/* Each of a team does a part of the products and of the sums, and weighs all
 * keys of its rows. */
START_TEST(a_team_costs_more_than_its_share)
{
    struct tile_preset t = {TILE_LANES8, 512, 48, 24, 3, 3, 64, 24, 4, 1};
    const double alone = orl_tile_work(&t, 512, 512, false).instructions;
    t.team = 4;
    const double each = orl_tile_work(&t, 512, 512, false).instructions;
    ck_assert_double_gt(each, alone / 4.0);
    ck_assert_double_lt(each, alone / 3.0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tile_shape");
    tcase_add_test(tc, local_memory_is_as_compilers_count_it);
    tcase_add_test(tc, local_memory_of_broadcasts_holds_keys_and_values_alone);
    tcase_add_test(tc, a_team_has_its_products_where_values_are);
    tcase_add_test(tc, a_team_costs_more_than_its_share);
    return suite_run(tc, "plan/tile_shape");
}
