/* test_problem_words.c: the table itself. What its words mean in a line is the
 * business of test_problem_text.c. */
#include "model/problem_words.h"
#include "suite.h"

#include <string.h>

START_TEST(every_word_says_what_would_be_right)
{
    int count = 0;
    for (const struct problem_word *w = orl_problem_words; w->begin; w++) {
        ck_assert(w->read != NULL);
        ck_assert_uint_gt(strlen(w->rule), 10);
        ck_assert_ptr_null(strchr(w->rule, '\n'));
        ck_assert_uint_lt(w->field, sizeof(oriel_problem));
        count++;
    }
    ck_assert_int_gt(count, 20);
}
END_TEST

START_TEST(every_thing_has_a_word)
{
    uint32_t spoken_of = 0;
    for (const struct problem_word *w = orl_problem_words; w->begin; w++)
        spoken_of |= UINT32_C(1) << w->thing;
    ck_assert_uint_eq(spoken_of, (UINT32_C(2) << LATER) - 1);
}
END_TEST

START_TEST(no_two_words_begin_alike_and_mean_the_same)
{
    for (const struct problem_word *a = orl_problem_words; a->begin; a++)
        for (const struct problem_word *b = a + 1; b->begin; b++)
            ck_assert(a->thing != b->thing || strcmp(a->begin, b->begin) != 0);
}
END_TEST

/* What read() leaves, no other word may take: a line has one meaning. */
START_TEST(a_word_is_read_by_one_entry_only)
{
    static const char *const samples[] = {
        "b2",         "h8",         "h8/2",       "q1",      "k1",
        "d1",         "v1",         "w1,-1",      "winf,0",  "end",
        "end-3",      "end3,4",     "start",      "at 1,2",  "f32",
        "f16",        "bf16",       "kf32",       "kbf16",   "vf16",
        "vbf16",      "of32",       "obf16",      "bshd",    "qs:1,2,3,4",
        "ks:1,2,3,4", "vs:1,2,3,4", "os:1,2,3,4", "scale.5", "cap3",
        "off4",       "lse",        "ranges",
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        int readers = 0;
        for (const struct problem_word *w = orl_problem_words; w->begin; w++) {
            oriel_problem p = {.size = sizeof p};
            struct scan s = orl_scan(samples[i]);
            readers += orl_scan_literal(&s, w->begin) &&
                       w->read(&s, (char *)&p + w->field) && *s.at == 0;
        }
        ck_assert_msg(readers == 1, "%s: %d readers", samples[i], readers);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("problem_words");
    tcase_add_test(tc, every_word_says_what_would_be_right);
    tcase_add_test(tc, every_thing_has_a_word);
    tcase_add_test(tc, no_two_words_begin_alike_and_mean_the_same);
    tcase_add_test(tc, a_word_is_read_by_one_entry_only);
    return suite_run(tc, "model/problem_words");
}
