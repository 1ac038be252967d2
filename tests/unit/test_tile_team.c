/* test_tile_team.c: sub-groups that own rows of kernels/tile.cl together. */
#include "base/error.h"
#include "given.h"
#include "plan/family_list.h"
#include "plan/planner.h"
#include "suite.h"

#include <string.h>

static const char problem[] = "h2 q900 d512 w64,64";

static struct device given_team(void)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.vendor, "Somebody");
    d.group_limit = d.axis_limit = 1024;
    d.local_dedicated = 1;
    d.local_bytes = 64 << 10;
    d.sub_groups = 8 | 16;
    return d;
}

static void expect_refused(const char *text, const char *part)
{
    const struct device d = given_team();
    const struct problem p = given_problem("h2 q900 d64 w64,64");
    struct plan plan;
    ck_assert_int_eq(orl_planner_force(&plan, text, &p, &d), ORIEL_E_ARGUMENT);
    ck_assert_msg(strstr(oriel_last_error()->message, part) != NULL, "%s: %s",
                  text, oriel_last_error()->message);
}

START_TEST(a_team_that_cannot_be_is_refused_with_a_sentence)
{
    expect_refused("tile q64 k32 own4x4 chunk32x32 sums4 pack1 team2",
                   "team needs broadcast");
    expect_refused("tile q64 k32 own4x4 chunk24x32 sums4 pack1 broadcast team2",
                   "times team");
    expect_refused("tile q64 k32 own1x4 chunk64x32 sums4 pack1 broadcast team8",
                   "so many work-items in a group");
}
END_TEST

/* The rows and the team of a work-item of the first plan of all. */
static void expect_first(const struct device *d, int rows, int team,
                         int query_tile)
{
    const struct problem p = given_problem(problem);
    struct plan_list list = {0};
    ck_assert_ptr_null(orl_family_tile.rejects(&p, d));
    orl_family_tile.candidates(&p, d, &list);
    ck_assert_int_gt(list.count, 0);
    const struct plan *first = &list.plan[0];
    ck_assert_int_eq(orl_plan_word(first, "BROADCAST"), 1);
    ck_assert_int_eq(orl_plan_word(first, "ITEM_ROWS"), rows);
    ck_assert_int_eq(orl_plan_word(first, "TEAM"), team);
    ck_assert_int_eq(orl_plan_word(first, "QUERY_TILE"), query_tile);
}

START_TEST(teams_own_three_rows_of_512_channels_where_their_groups_fit)
{
    struct device d = given_team();
    expect_first(&d, 3, 4, 48);
    d.group_limit = 256;
    expect_first(&d, 3, 4, 24);
    d.local_bytes = 32 << 10;
    expect_first(&d, 1, 1, 32);
    d = given_team();
    d.local_bytes = 128 << 10;
    d.sub_groups = 16;
    expect_first(&d, 3, 2, 96);
    d.group_limit = 512;
    expect_first(&d, 3, 2, 48);
    d.local_bytes = 64 << 10;
    expect_first(&d, 1, 1, 32);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tile_team");
    tcase_add_test(tc, a_team_that_cannot_be_is_refused_with_a_sentence);
    tcase_add_test(tc,
                   teams_own_three_rows_of_512_channels_where_their_groups_fit);
    return suite_run(tc, "plan/family_tile: team");
}
