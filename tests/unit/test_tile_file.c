/* test_tile_file.c: which tiles need 256 registers of a thread, and which
 * devices are offered them. */
#include "plan/tile_file.h"

#include "given.h"
#include "model/matrix.h"
#include "plan/family_list.h"
#include "suite.h"

#include <string.h>

static const struct tile_preset three_rows = {TILE_LANES16, 512, 96, 32, 3, 2,
                                              32,           32,  4};

/* An Xe-core of Ponte Vecchio. */
static struct device given_intel(int64_t matrix)
{
    struct device d = given_device(DEVICE_GPU);
    strcpy(d.vendor, "Intel(R) Corporation");
    d.compute_units = 448;
    d.group_limit = d.axis_limit = 1024;
    d.local_dedicated = 1;
    d.local_bytes = d.core_local_bytes = 128 << 10;
    d.core_units = 8;
    d.core_lanes = 128;
    d.core_registers = 131072;
    d.item_registers = 128;
    d.wave_items = 16;
    d.sub_groups = 16;
    d.matrix = matrix;
    return d;
}

START_TEST(sums_of_three_rows_of_512_channels_take_256_registers)
{
    const struct device d = given_intel(ENGINE_DPAS16);
    ck_assert(orl_tile_large(&three_rows, 512));
    ck_assert_double_eq(orl_tile_registers(&three_rows, 512), 256.0);
    ck_assert_int_eq(orl_tile_device(&three_rows, 512, &d).item_registers, 256);
    ck_assert(!orl_tile_large(&three_rows, 256));
    ck_assert_double_eq(orl_tile_registers(&three_rows, 256), 128.0);
    ck_assert_int_eq(orl_tile_device(&three_rows, 256, &d).item_registers, 128);
    struct tile_preset plain = three_rows;
    plain.of = TILE_WIDE;
    ck_assert(!orl_tile_large(&plain, 512));
}
END_TEST

/* The most rows of any plan that is offered. */
static int32_t most_rows(const struct device *d)
{
    const struct problem p = given_problem("b8 h4 q900 d512 w127,0");
    struct plan_list list = {0};
    orl_family_tile.candidates(&p, d, &list);
    int32_t most = 0;
    for (int n = 0; n < list.count; n++)
        if (orl_plan_word(&list.plan[n], "BROADCAST") &&
            orl_plan_word(&list.plan[n], "ITEM_ROWS") > most)
            most = orl_plan_word(&list.plan[n], "ITEM_ROWS");
    return most;
}

START_TEST(they_are_for_devices_that_have_a_matrix_unit)
{
    const struct device with = given_intel(ENGINE_DPAS16);
    const struct device without = given_intel(0);
    ck_assert_int_eq(most_rows(&with), 3);
    ck_assert_int_eq(most_rows(&without), 1);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tile_file");
    tcase_add_test(tc, sums_of_three_rows_of_512_channels_take_256_registers);
    tcase_add_test(tc, they_are_for_devices_that_have_a_matrix_unit);
    return suite_run(tc, "plan/tile_file");
}
