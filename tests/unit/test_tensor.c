/* test_tensor.c: strides against a map of every element's place. */
#include "base/error.h"
#include "draw.h"
#include "model/tensor.h"
#include "suite.h"

#include <inttypes.h>
#include <string.h>

static struct tensor_form form_of(int64_t batch, int64_t heads, int64_t rows,
                                  int64_t channels)
{
    return (struct tensor_form) {.name = "k",
                                 .batch = batch,
                                 .heads = heads,
                                 .rows = rows,
                                 .channels = channels,
                                 .type = ORIEL_F32};
}

static oriel_strides strides(int64_t batch, int64_t head, int64_t row,
                             int64_t dim)
{
    return (oriel_strides) {batch, head, row, dim};
}

static void expect_refused(const struct tensor_form *f, const char *message)
{
    struct tensor t = {.batch = 42};
    ck_assert_int_eq(orl_tensor_check(&t, f), ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message, message);
    ck_assert_int_eq(t.batch, 42);
}

/* What a tensor occupies, element by element: whether two share a place, and
 * where the last one ends. Repeated axes are walked once. */
struct map {
    bool overlaps;
    int64_t extent;
};

static struct map map_of(const struct tensor_form *f, oriel_strides s)
{
    static unsigned char taken[4096]; /* the callers' strides stay within */
    memset(taken, 0, sizeof taken);
    struct map m = {false, 0};
    const int64_t batch = s.batch == 0 ? 1 : f->batch;
    const int64_t heads = s.head == 0 ? 1 : f->heads;
    for (int64_t n = 0; n < batch * heads * f->rows * f->channels; n++) {
        const int64_t c = n % f->channels, i = n / f->channels % f->rows;
        const int64_t h = n / f->channels / f->rows % heads;
        const int64_t b = n / f->channels / f->rows / heads;
        const int64_t at = b * s.batch + h * s.head + i * s.row + c * s.dim;
        m.overlaps |= taken[at] != 0;
        taken[at] = 1;
        m.extent = at >= m.extent ? at + 1 : m.extent;
    }
    return m;
}

START_TEST(packed_strides_lie_in_their_order)
{
    const oriel_strides by_head = orl_tensor_packed(3, 5, 7);
    const oriel_strides by_row = orl_tensor_packed_by_row(3, 5, 7);
    ck_assert(orl_strides_equal(by_head, strides(105, 35, 7, 1)));
    ck_assert(orl_strides_equal(by_row, strides(105, 7, 21, 1)));
    ck_assert(!orl_strides_equal(by_head, by_row));
}
END_TEST

START_TEST(strides_differ_if_one_of_them_does)
{
    const oriel_strides s = strides(1, 2, 3, 4);
    ck_assert(orl_strides_equal(s, strides(1, 2, 3, 4)));
    ck_assert(!orl_strides_equal(s, strides(0, 2, 3, 4)));
    ck_assert(!orl_strides_equal(s, strides(1, 0, 3, 4)));
    ck_assert(!orl_strides_equal(s, strides(1, 2, 0, 4)));
    ck_assert(!orl_strides_equal(s, strides(1, 2, 3, 0)));
}
END_TEST

START_TEST(tensors_differ_if_type_or_width_does)
{
    const struct tensor t = {1, 2, 3, 4, ORIEL_F16, 64};
    struct tensor u = t;
    ck_assert(orl_tensor_equal(&t, &u));
    u.type = ORIEL_BF16;
    ck_assert(!orl_tensor_equal(&t, &u));
    u = t;
    u.channels = 63;
    ck_assert(!orl_tensor_equal(&t, &u));
    u = t;
    u.row = 5;
    ck_assert(!orl_tensor_equal(&t, &u));
    ck_assert(orl_strides_equal(orl_tensor_strides(&t), strides(1, 2, 3, 4)));
}
END_TEST

START_TEST(defaults_are_packed_and_dense_along_dim)
{
    struct tensor t;
    struct tensor_form f = form_of(2, 3, 5, 7);
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
    ck_assert(
        orl_strides_equal(orl_tensor_strides(&t), orl_tensor_packed(3, 5, 7)));
    ck_assert_int_eq(t.channels, 7);
    ck_assert_uint_eq(t.type, ORIEL_F32);

    f.strides = strides(0, 0, 7, 0);
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
    ck_assert(orl_strides_equal(orl_tensor_strides(&t), strides(0, 0, 7, 1)));
}
END_TEST

/* And it has the extent that the map finds. */
START_TEST(what_is_accepted_does_not_overlap)
{
    uint64_t seed = (uint64_t)_i;
    int accepted = 0, overlapping = 0, wrong = 0;
    for (int n = 0; n < 20000; n++) {
        struct tensor_form f =
            form_of(draw_from(&seed, 1, 3), draw_from(&seed, 1, 3),
                    draw_from(&seed, 1, 4), draw_from(&seed, 1, 4));
        f.strides = strides(draw_from(&seed, 0, 30), draw_from(&seed, 0, 30),
                            draw_from(&seed, 0, 30), draw_from(&seed, 1, 30));
        f.output = draw_from(&seed, 0, 1) == 1;
        struct tensor t;
        const bool right = orl_tensor_check(&t, &f) == ORIEL_OK;
        const oriel_strides s = f.strides;
        const struct map m = map_of(&f, s);
        accepted += right;
        overlapping += m.overlaps;
        if (!right)
            continue;
        wrong += m.overlaps;
        wrong += f.output && f.batch > 1 && s.batch == 0;
        wrong += f.output && f.heads > 1 && s.head == 0;
        wrong += orl_tensor_extent(&t, f.batch, f.heads, f.rows) != m.extent;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_gt(accepted, 1000);
    ck_assert_int_gt(overlapping, 1000);
}
END_TEST

/* The other direction: all that is laid out axis by axis, with any gaps, is
 * accepted. */
START_TEST(any_order_of_axes_with_gaps_is_accepted)
{
    static const int order[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2},
                                   {2, 0, 3, 1}, {0, 2, 1, 3}, {3, 0, 2, 1}};
    const int64_t length[] = {2, 3, 5, 7};
    for (int64_t gap = 0; gap < 3; gap++) {
        int64_t stride[4], room = 1;
        for (int i = 0; i < 4; i++) {
            const int axis = order[_i][i];
            stride[axis] = room + gap;
            room += (length[axis] - 1) * stride[axis];
        }
        struct tensor_form f =
            form_of(length[0], length[1], length[2], length[3]);
        f.output = true;
        f.strides = strides(stride[0], stride[1], stride[2], stride[3]);
        struct tensor t;
        ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
        ck_assert(!map_of(&f, f.strides).overlaps);
    }
}
END_TEST

START_TEST(overlap_names_the_stride_and_the_room_it_needs)
{
    struct tensor_form f = form_of(2, 3, 5, 7);
    f.strides = strides(105, 34, 7, 1);
    expect_refused(&f, "k.head is 34, so that elements overlap: the axes "
                       "inside it take 35 elements");
    f.strides = strides(105, 35, 6, 1);
    expect_refused(&f, "k.row is 6, so that elements overlap: the axes inside "
                       "it take 7 elements");
    f.strides = strides(35, 35, 7, 1);
    expect_refused(&f, "k.head is 35, so that elements overlap: the axes "
                       "inside it take 70 elements");
}
END_TEST

START_TEST(only_batch_and_head_of_an_input_repeat)
{
    struct tensor_form f = form_of(2, 3, 5, 7);
    struct tensor t;
    f.strides = strides(0, 0, 7, 1);
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
    ck_assert_int_eq(orl_tensor_extent(&t, 2, 3, 5), 35);
    f.strides = strides(105, 35, 0, 1);
    expect_refused(&f, "k.row is 0, so that elements overlap: only batch and "
                       "head of an input may repeat");
    f.name = "out";
    f.output = true;
    f.strides = strides(0, 35, 7, 1);
    expect_refused(&f, "out.batch is 0, so that elements overlap: only batch "
                       "and head of an input may repeat");
    f.strides = strides(105, 0, 7, 1);
    expect_refused(&f, "out.head is 0, so that elements overlap: only batch "
                       "and head of an input may repeat");
}
END_TEST

START_TEST(axes_of_one_element_do_not_count)
{
    struct tensor_form f = form_of(1, 1, 1, 1);
    struct tensor t;
    f.output = true;
    f.strides = strides(0, INT64_MAX, 0, INT64_MAX);
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
    ck_assert_int_eq(orl_tensor_extent(&t, 1, 1, 1), 1);
}
END_TEST

START_TEST(negative_strides_are_refused_wherever_they_are)
{
    struct tensor_form f = form_of(1, 1, 1, 1);
    f.strides = strides(-1, 1, 1, 1);
    expect_refused(&f, "k.batch is -1; strides are not negative");
    f.strides = strides(1, INT64_MIN, 1, 1);
    expect_refused(&f, "k.head is -9223372036854775808; strides are not "
                       "negative");
    f.strides = strides(1, 1, -5, 1);
    expect_refused(&f, "k.row is -5; strides are not negative");
    f.strides = strides(1, 1, 1, -1);
    expect_refused(&f, "k.dim is -1; strides are not negative");
}
END_TEST

#define TOO_LARGE                                                              \
    "k is too large: its bytes must be counted by an int64_t and a size_t"

START_TEST(the_last_byte_that_can_be_counted_is_allowed)
{
    const int64_t most = INT64_MAX / 4; /* elements of 4 bytes */
    struct tensor_form f = form_of(1, 1, 2, 1);
    struct tensor t;
    f.strides = strides(1, 1, most - 1, 1);
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
    ck_assert_int_eq(orl_tensor_extent(&t, 1, 1, 2), most);
    f.strides.row = most;
    expect_refused(&f, TOO_LARGE);
    f.type = ORIEL_F16;
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
}
END_TEST

START_TEST(sizes_whose_product_overflows_are_refused)
{
    const int64_t n = 1000000000;
    struct tensor_form f = form_of(1, n, n, 512);
    expect_refused(&f, TOO_LARGE);
    f = form_of(n, n, n, 1);
    expect_refused(&f, TOO_LARGE);
    f = form_of(3, 1, 1, 1);
    f.strides = strides(INT64_MAX, 1, 1, 1);
    expect_refused(&f, TOO_LARGE);
    f.batch = 2;
    expect_refused(&f, TOO_LARGE);
}
END_TEST

START_TEST(extents_beyond_32_bits_are_exact)
{
    const int64_t n = 1000000000;
    struct tensor_form f = form_of(2, 8, n, 128);
    struct tensor t;
    f.type = ORIEL_F16;
    ck_assert_int_eq(orl_tensor_check(&t, &f), ORIEL_OK);
    ck_assert_int_eq(orl_tensor_extent(&t, 2, 8, n), 2 * 8 * 128 * n);
    ck_assert_int_eq(orl_tensor_extent(&t, 1, 1, n), 128 * n);
    ck_assert_int_eq(orl_tensor_extent(&t, 1, 2, 1), 128 * n + 128);
    ck_assert_int_eq(orl_tensor_extent(&t, 2, 8, 0), 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tensor");
    tcase_add_test(tc, packed_strides_lie_in_their_order);
    tcase_add_test(tc, strides_differ_if_one_of_them_does);
    tcase_add_test(tc, tensors_differ_if_type_or_width_does);
    tcase_add_test(tc, defaults_are_packed_and_dense_along_dim);
    tcase_add_loop_test(tc, what_is_accepted_does_not_overlap, 0, 3);
    tcase_add_loop_test(tc, any_order_of_axes_with_gaps_is_accepted, 0, 6);
    tcase_add_test(tc, overlap_names_the_stride_and_the_room_it_needs);
    tcase_add_test(tc, only_batch_and_head_of_an_input_repeat);
    tcase_add_test(tc, axes_of_one_element_do_not_count);
    tcase_add_test(tc, negative_strides_are_refused_wherever_they_are);
    tcase_add_test(tc, the_last_byte_that_can_be_counted_is_allowed);
    tcase_add_test(tc, sizes_whose_product_overflows_are_refused);
    tcase_add_test(tc, extents_beyond_32_bits_are_exact);
    return suite_run(tc, "model/tensor");
}
