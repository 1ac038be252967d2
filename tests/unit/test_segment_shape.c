/* test_segment_shape.c: what a group of kernels/segment.cl needs and does. */
#include "plan/segment_shape.h"

#include "suite.h"

/* "h4 q1 g64 k64 chunk32 s128" of d 128. */
static struct segment_shape given_shape(void)
{
    return (struct segment_shape) {
        .head_dim = 128,
        .v_dim = 128,
        .rows = 4,
        .group = 64,
        .key_tile = 64,
        .channel_chunk = 32,
        .segment = 128,
    };
}

/* As compilers count it, docs/isa.md. */
START_TEST(local_memory_is_as_compilers_count_it)
{
    struct segment_shape s = given_shape();
    s.segment = 512;
    ck_assert_int_eq(orl_segment_local_bytes(&s), 19488);
    s.channel_chunk = 64;
    ck_assert_int_eq(orl_segment_local_bytes(&s), 27680);
    s = (struct segment_shape) {512, 512, 1, 128, 128, 16, 128};
    ck_assert_int_eq(orl_segment_local_bytes(&s), 14352);
}
END_TEST

/* A chunk of 64 keys is smaller than what 64 work-items have of 4 rows. */
START_TEST(local_memory_has_room_for_sums_too)
{
    struct segment_shape s = given_shape();
    s.channel_chunk = 8;
    ck_assert_int_eq(orl_segment_local_bytes(&s),
                     4 * (4 * 128 + 4 * 128 + 2 * 4 + 4 * 64 * 4));
}
END_TEST

START_TEST(a_longer_segment_is_more_work_and_more_waiting)
{
    struct segment_shape s = given_shape();
    const struct item_work one = orl_segment_work(&s);
    const double waits = orl_segment_waits(&s);
    s.segment = 256;
    const struct item_work two = orl_segment_work(&s);
    ck_assert_double_gt(two.instructions, 1.8 * one.instructions);
    ck_assert_double_lt(two.instructions, 2.0 * one.instructions);
    ck_assert_double_gt(two.local_bytes, 1.8 * one.local_bytes);
    ck_assert_double_eq(orl_segment_waits(&s), 2.0 * waits);
}
END_TEST

/* 2 tiles of 4 chunks of 8 parts of each work-item, and 8 times 8 pairs of
 * values. */
START_TEST(a_group_waits_for_each_chunk_and_for_values)
{
    struct segment_shape s = given_shape();
    ck_assert_double_eq(orl_segment_waits(&s), 2 * 4 + 8);
    s.channel_chunk = 16; /* half as much at a time */
    ck_assert_double_eq(orl_segment_waits(&s), 2 * 8 + 8);
    s.channel_chunk = 64; /* two times 8 parts */
    ck_assert_double_eq(orl_segment_waits(&s), 2 * 4 + 8);
    s.group = 128;
    ck_assert_double_eq(orl_segment_waits(&s), 2 * 2 + 4);
    s.v_dim = 300; /* more parts than half of the group */
    ck_assert_double_eq(orl_segment_waits(&s), 2 * 2 + 16);
}
END_TEST

START_TEST(more_rows_take_more_of_all)
{
    struct segment_shape s = given_shape();
    const struct item_work few = orl_segment_work(&s);
    const double registers = orl_segment_registers(&s);
    s.rows = 16;
    const struct item_work many = orl_segment_work(&s);
    ck_assert_double_gt(many.instructions, few.instructions);
    ck_assert_double_gt(many.local_bytes, few.local_bytes);
    ck_assert_double_gt(orl_segment_registers(&s), registers);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("segment_shape");
    tcase_add_test(tc, local_memory_is_as_compilers_count_it);
    tcase_add_test(tc, local_memory_has_room_for_sums_too);
    tcase_add_test(tc, a_longer_segment_is_more_work_and_more_waiting);
    tcase_add_test(tc, a_group_waits_for_each_chunk_and_for_values);
    tcase_add_test(tc, more_rows_take_more_of_all);
    return suite_run(tc, "plan/segment_shape");
}
