/* test_hash.c: FNV-1a against its published offset and vectors computed by big
 * integers, h = (h ^ byte) * (2^88 + 0x13b) mod 2^128. */
#include "base/hash.h"
#include "suite.h"

static const char *text_of(struct hash h)
{
    static char text[ORL_HASH_TEXT];
    orl_hash_text(h, text);
    return text;
}

static struct hash of_bytes(const char *bytes, size_t size)
{
    return orl_hash_bytes(orl_hash_begin(), bytes, size);
}

START_TEST(known_texts_have_known_hashes)
{
    ck_assert_str_eq(text_of(of_bytes("", 0)),
                     "6c62272e07bb014262b821756295c58d");
    ck_assert_str_eq(text_of(of_bytes("a", 1)),
                     "d228cb696f1a8caf78912b704e4a8964");
    ck_assert_str_eq(text_of(of_bytes("foobar", 6)),
                     "343e1662793c64bf6f0d3597ba446f18");
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    ck_assert_str_eq(text_of(of_bytes(all, sizeof all)),
                     "8097249afae7c21686b07bd6fa33708d");
}
END_TEST

START_TEST(bytes_may_come_in_pieces)
{
    const struct hash piece = orl_hash_bytes(of_bytes("foo", 3), "bar", 3);
    ck_assert(orl_hash_equal(piece, of_bytes("foobar", 6)));
}
END_TEST

START_TEST(a_string_counts_with_its_end)
{
    const struct hash h = orl_hash_begin();
    const struct hash one = orl_hash_string(orl_hash_string(h, "ab"), "c");
    const struct hash two = orl_hash_string(orl_hash_string(h, "a"), "bc");
    ck_assert(!orl_hash_equal(one, two));
    ck_assert(orl_hash_equal(orl_hash_string(h, "ab"), of_bytes("ab", 3)));
}
END_TEST

START_TEST(each_bit_changes_the_hash_and_each_half_counts)
{
    char bytes[64] = {0};
    const struct hash whole = of_bytes(bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] = (char)(1u << bit % 8);
        ck_assert(!orl_hash_equal(of_bytes(bytes, sizeof bytes), whole));
        bytes[bit / 8] = 0;
    }
    struct hash other = whole;
    other.low ^= 1;
    ck_assert(!orl_hash_equal(other, whole));
    other = whole;
    other.high ^= 1;
    ck_assert(!orl_hash_equal(other, whole));
}
END_TEST

START_TEST(text_keeps_leading_zeros)
{
    ck_assert_str_eq(text_of((struct hash) {1, 0xab}),
                     "000000000000000100000000000000ab");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("hash");
    tcase_add_test(tc, known_texts_have_known_hashes);
    tcase_add_test(tc, bytes_may_come_in_pieces);
    tcase_add_test(tc, a_string_counts_with_its_end);
    tcase_add_test(tc, each_bit_changes_the_hash_and_each_half_counts);
    tcase_add_test(tc, text_keeps_leading_zeros);
    return suite_run(tc, "base/hash");
}
