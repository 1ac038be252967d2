/* test_decode_candidates.c: what the family for few queries on CPUs offers. */
#include "base/arith.h"
#include "given_plan.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct family *const decode = &orl_family_decode;

static int32_t word(const struct plan *plan, const char *define)
{
    return orl_plan_word(plan, define);
}

static struct plan_list plans(const struct problem *p, const struct device *d)
{
    return given_plans(decode, p, d);
}

START_TEST(every_candidate_is_one_the_kernel_takes)
{
    uint64_t state = 12;
    int offered = 0;
    for (int n = 0; n < 40000; n++) {
        struct problem p = given_any_problem(&state);
        const struct device d = given_any_device(&state);
        if (decode->rejects(&p, &d))
            continue;
        const struct plan_list list = plans(&p, &d);
        ck_assert_int_gt(list.count, 0);
        for (int i = 0; i < list.count; i++) {
            const char *reason = decode->objects(&list.plan[i], &p, &d);
            ck_assert_msg(reason == NULL, "%s", reason);
            offered++;
            for (int other = 0; other < i; other++)
                ck_assert(!orl_plan_equal(&list.plan[other], &list.plan[i]));
        }
    }
    ck_assert_int_gt(offered, 2000);
}
END_TEST

START_TEST(lanes_fit_the_device_and_the_rows)
{
    /* Floats of the device, channels of a value, queries; channels are in 8
     * lanes at most, but in full steps. */
    static const int32_t lanes[][4] = {
        {0, 64, 1, 4},   {4, 64, 1, 4},  {8, 64, 1, 8},    {16, 64, 1, 8},
        {16, 64, 8, 16}, {16, 64, 9, 8}, {16, 64, 16, 16}, {16, 15, 1, 8},
        {16, 15, 16, 8}, {16, 7, 1, 4},  {8, 7, 1, 4},     {32, 16, 16, 16},
        {8, 16, 16, 8}};
    for (size_t n = 0; n < sizeof lanes / sizeof *lanes; n++) {
        char text[80];
        struct device d = given_cpu();
        d.vector_floats = lanes[n][0];
        snprintf(text, sizeof text, "h1 q%d k400 d64 v%d winf,0",
                 (int)lanes[n][2], (int)lanes[n][1]);
        const struct problem p = given_problem(text);
        const struct plan_list list = plans(&p, &d);
        ck_assert_int_eq(word(&list.plan[0], "LANES"), lanes[n][3]);
    }
}
END_TEST

/* All heads and queries of a key head in one task, and rows in registers that
 * leave little of them over. */
START_TEST(keys_are_read_once)
{
    const struct device d = given_cpu();
    for (int group = 1; group <= 16; group++)
        for (int queries = 1; queries <= 4; queries++) {
            char text[80];
            snprintf(text, sizeof text, "h%d/2 q%d k400 d64 winf,0", 2 * group,
                     queries);
            const struct problem p = given_problem(text);
            const struct plan plan = plans(&p, &d).plan[0];
            const int rows = group * queries, step = word(&plan, "ROWS");
            ck_assert_int_eq(word(&plan, "HEAD_TILE"), group);
            ck_assert_int_eq(word(&plan, "QUERY_TILE"), queries);
            const int padded = (int)orl_ceil_div(rows, step) * step;
            ck_assert_msg(padded <= rows * 5 / 4, "%s: %d rows by %d", text,
                          rows, step);
        }
}
END_TEST

/* Four heads or eight are few: channels stay in the lanes. */
START_TEST(many_rows_become_lanes)
{
    static const int rows[][4] = {{4, 1, 4, 0},  {8, 1, 4, 0},  {6, 2, 6, 0},
                                  {4, 4, 16, 1}, {8, 2, 16, 1}, {5, 3, 16, 1},
                                  {6, 4, 24, 1}, {1, 16, 16, 1}};
    const struct device d = given_cpu();
    for (int n = 0; n < 8; n++) {
        char text[80];
        snprintf(text, sizeof text, "h%d/1 q%d k400 d128 winf,0", rows[n][0],
                 rows[n][1]);
        const struct problem p = given_problem(text);
        const struct plan plan = plans(&p, &d).plan[0];
        ck_assert_int_eq(word(&plan, "ROWS"), rows[n][2]);
        ck_assert_int_eq(word(&plan, "ROW_LANES"), rows[n][3]);
    }
}
END_TEST

START_TEST(a_task_stays_near_its_core)
{
    const struct device d = given_cpu();
    const struct problem small = given_problem("h71/1 q1 k400 d64 winf,0");
    ck_assert_int_eq(word(&plans(&small, &d).plan[0], "HEAD_TILE"), 71);
    const struct problem even = given_problem("h72/1 q1 k400 d512 winf,0");
    const int tile = word(&plans(&even, &d).plan[0], "HEAD_TILE");
    ck_assert_int_lt(tile, 72);
    ck_assert_int_gt(tile, 8);
    ck_assert_int_eq(72 % tile, 0);
}
END_TEST

START_TEST(lines_are_asked_for_where_rows_keep_a_core_busy)
{
    struct device d = given_cpu();
    const struct problem few = given_problem("h2/1 q1 k1000 d128 winf,0");
    const struct problem half = given_problem("h2/1 q1 k1000 d128 winf,0 f16");
    const struct problem one = given_problem("h1 q1 k1000 d128 winf,0 f16");
    const struct problem some = given_problem("h3/1 q1 k1000 d128 winf,0");
    const struct problem many = given_problem("h4/1 q4 k1000 d128 winf,0");
    ck_assert_int_eq(word(&plans(&few, &d).plan[0], "LOOK_AHEAD"), 0);
    ck_assert_int_eq(word(&plans(&half, &d).plan[0], "LOOK_AHEAD"), 1);
    ck_assert_int_eq(word(&plans(&one, &d).plan[0], "LOOK_AHEAD"), 0);
    ck_assert_int_eq(word(&plans(&some, &d).plan[0], "LOOK_AHEAD"), 1);
    ck_assert_int_eq(word(&plans(&many, &d).plan[0], "LOOK_AHEAD"), 1);
    const struct plan plan = plans(&many, &d).plan[0];
    d.prefetch = 0;
    ck_assert_int_eq(word(&plans(&many, &d).plan[0], "LOOK_AHEAD"), 0);
    ck_assert_ptr_nonnull(strstr(decode->objects(&plan, &many, &d), "ahead"));
}
END_TEST

/* No products take room from them, they ask for what comes next, and no plan
 * with vectors of 8 stands beside. */
START_TEST(full_steps_take_long_tiles)
{
    static const struct {
        const char *problem;
        int key_tile;
    } full[] = {{"h4/1 q1 k8192 d128 winf,0", 512},
                {"h8/1 q1 k8192 d128 winf,0", 512},
                {"h8/1 q1 k8192 d256 winf,0", 256},
                {"h4/1 q1 k8192 d256 winf,0 f16", 512},
                {"h4/1 q1 k8192 d512 winf,0", 128}};
    struct device d = given_cpu();
    d.vector_floats = 16;
    for (size_t n = 0; n < sizeof full / sizeof *full; n++) {
        const struct problem p = given_problem(full[n].problem);
        const struct plan_list list = plans(&p, &d);
        ck_assert_int_eq(list.count, 2);
        for (int i = 0; i < 2; i++) {
            const struct plan *plan = &list.plan[i];
            ck_assert_int_eq(word(plan, "LANES"), 16);
            ck_assert_int_eq(word(plan, "ROWS") * word(plan, "QK_KEYS"), 16);
            ck_assert_int_eq(word(plan, "KEY_TILE"), full[n].key_tile);
            ck_assert_int_eq(word(plan, "LOOK_AHEAD"), 1);
            ck_assert_int_eq(word(plan, "SPLIT"), i);
        }
    }
}
END_TEST

/* Keys of a tile, in a window of so many. */
static int32_t key_tile(const char *text)
{
    const struct device d = given_cpu();
    const struct problem p = given_problem(text);
    return word(&plans(&p, &d).plan[0], "KEY_TILE");
}

START_TEST(tiles_are_as_long_as_streams_want_and_equal)
{
    ck_assert_int_eq(key_tile("h1 q1 k4096 d128 winf,0"), 256);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d64 winf,0"), 512);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d256 winf,0"), 128);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d128 winf,0 f16"), 512);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d128 w1023,0 f16"), 512);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d128 w1024,0 f16"), 344);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d128 w128,0"), 136);
    ck_assert_int_eq(key_tile("h1 q1 k4096 d128 w2,0"), 8);
    /* Products of 4 and of 8 rows fill 64 KB. */
    ck_assert_int_eq(key_tile("h4/1 q1 k4096 d64 winf,0"), 512);
    ck_assert_int_eq(key_tile("h8/1 q1 k4096 d64 winf,0"), 256);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("decode candidates");
    tcase_add_test(tc, every_candidate_is_one_the_kernel_takes);
    tcase_add_test(tc, lanes_fit_the_device_and_the_rows);
    tcase_add_test(tc, keys_are_read_once);
    tcase_add_test(tc, many_rows_become_lanes);
    tcase_add_test(tc, a_task_stays_near_its_core);
    tcase_add_test(tc, lines_are_asked_for_where_rows_keep_a_core_busy);
    tcase_add_test(tc, full_steps_take_long_tiles);
    tcase_add_test(tc, tiles_are_as_long_as_streams_want_and_equal);
    return suite_run(tc, "plan/family_decode: candidates");
}
