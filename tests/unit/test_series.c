/* test_series.c: who runs when, by entrants that leave their letter. */
#define _DEFAULT_SOURCE
#include "interrupt.h"
#include "series.h"
#include "suite.h"

#include "base/error.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char order[256];

/* Its runs take 1, 2, 3 ... seconds, it says; run `fails` goes wrong. */
struct runner {
    char letter;
    int runs, fails;
    bool clock_fails; /* then, instead of the run */
    int raises;       /* Ctrl-C during this run */
    size_t calls;     /* of the last run */
};

static oriel_status leave_letter(void *state, size_t calls, double *seconds)
{
    struct runner *r = state;
    r->calls = calls;
    const size_t length = strlen(order);
    ck_assert_uint_lt(length, sizeof order - 1);
    order[length] = r->letter;
    *seconds = r->runs++;
    if (r->raises && r->runs == r->raises)
        raise(SIGINT);
    if (r->runs != r->fails)
        return ORIEL_OK;
    *seconds = NAN;
    return r->clock_fails ? ORIEL_OK : orl_fail(ORIEL_E_IO, "on purpose");
}

static struct entrant entrant_of(struct runner *r)
{
    r->runs = 1;
    return (struct entrant) {.run = leave_letter, .state = r};
}

static const struct series three = {.least = 3, .most = 3};

START_TEST(entrants_take_turns_after_one_run_that_does_not_count)
{
    struct runner a = {.letter = 'a'}, b = {.letter = 'b'};
    struct entrant of[2] = {entrant_of(&a), entrant_of(&b)};
    order[0] = 0;
    ck_assert_int_eq(series_run(of, 2, &three), ORIEL_OK);
    ck_assert_str_eq(order, "abababab");
    ck_assert_uint_eq(of[0].seconds.count, 3);
    ck_assert_double_eq(of[0].seconds.at[0], 2);
    ck_assert_double_eq(of[1].seconds.at[2], 4);
    ck_assert_uint_eq(a.calls, 1);
    series_free(of, 2);
}
END_TEST

START_TEST(time_ends_a_series_that_had_its_least)
{
    struct runner a = {.letter = 'a'};
    struct entrant of[1] = {entrant_of(&a)};
    const struct series limits = {.least = 4, .most = 90, .seconds = 0};
    order[0] = 0;
    ck_assert_int_eq(series_run(of, 1, &limits), ORIEL_OK);
    ck_assert_uint_eq(of[0].seconds.count, 4);
    series_free(of, 1);
}
END_TEST

/* Its second run takes two seconds, which decides. */
START_TEST(short_calls_share_a_turn)
{
    struct runner a = {.letter = 'a'}, b = {.letter = 'b'};
    struct entrant of[2] = {entrant_of(&a), entrant_of(&b)};
    const struct series limits = {.least = 2, .most = 2, .together = 5};
    order[0] = 0;
    ck_assert_int_eq(series_run(of, 1, &limits), ORIEL_OK);
    ck_assert_str_eq(order, "aaaa");
    ck_assert_uint_eq(of[0].seconds.count, 2);
    ck_assert_double_eq(of[0].seconds.at[0], 3);
    ck_assert_uint_eq(of[0].calls, 3);
    ck_assert_uint_eq(a.calls, 3);
    const struct series longer = {.least = 1, .most = 1, .together = 1e6};
    ck_assert_int_eq(series_run(of + 1, 1, &longer), ORIEL_OK);
    ck_assert_uint_eq(b.calls, SERIES_CALLS);
    series_free(of, 2);
}
END_TEST

START_TEST(an_entrant_that_may_fail_is_out_and_leaves_nothing)
{
    struct runner a = {.letter = 'a'}, b = {.letter = 'b', .fails = 3};
    struct entrant of[2] = {entrant_of(&a), entrant_of(&b)};
    of[1].may_fail = true;
    order[0] = 0;
    ck_assert_int_eq(series_run(of, 2, &three), ORIEL_OK);
    ck_assert_str_eq(order, "ababaa");
    ck_assert(of[1].out);
    ck_assert_uint_eq(of[1].seconds.count, 0);
    ck_assert_uint_eq(of[0].seconds.count, 3);
    series_free(of, 2);
}
END_TEST

START_TEST(any_other_failure_ends_all)
{
    struct runner a = {.letter = 'a', .fails = 3}, b = {.letter = 'b'};
    struct entrant of[2] = {entrant_of(&a), entrant_of(&b)};
    order[0] = 0;
    ck_assert_int_eq(series_run(of, 2, &three), ORIEL_E_IO);
    ck_assert_str_eq(order, "aba");
    series_free(of, 2);
}
END_TEST

START_TEST(a_duration_that_was_none_is_an_error)
{
    struct runner a = {.letter = 'a', .fails = 3, .clock_fails = true};
    struct entrant of[1] = {entrant_of(&a)};
    order[0] = 0;
    ck_assert_int_eq(series_run(of, 1, &three), ORIEL_E_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(oriel_last_error()->message, "clock"));
    series_free(of, 1);
}
END_TEST

START_TEST(the_present_turn_is_finished_after_an_interrupt)
{
    struct runner a = {.letter = 'a', .raises = 3}, b = {.letter = 'b'};
    struct entrant of[2] = {entrant_of(&a), entrant_of(&b)};
    interrupt_note();
    order[0] = 0;
    ck_assert(!interrupted());
    ck_assert_int_eq(series_run(of, 2, &three), ORIEL_OK);
    ck_assert(interrupted());
    ck_assert_str_eq(order, "abab");
    series_free(of, 2);
}
END_TEST

START_TEST(a_second_interrupt_ends_at_once)
{
    interrupt_note();
    raise(SIGINT);
    usleep(700000);
    raise(SIGINT);
}
END_TEST

START_TEST(an_interrupt_that_is_sent_twice_is_one)
{
    interrupt_note();
    raise(SIGINT);
    raise(SIGINT);
    raise(SIGTERM);
    ck_assert(interrupted());
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("series");
    tcase_add_test(tc, entrants_take_turns_after_one_run_that_does_not_count);
    tcase_add_test(tc, time_ends_a_series_that_had_its_least);
    tcase_add_test(tc, short_calls_share_a_turn);
    tcase_add_test(tc, an_entrant_that_may_fail_is_out_and_leaves_nothing);
    tcase_add_test(tc, any_other_failure_ends_all);
    tcase_add_test(tc, a_duration_that_was_none_is_an_error);
    tcase_add_test(tc, the_present_turn_is_finished_after_an_interrupt);
    tcase_add_test(tc, an_interrupt_that_is_sent_twice_is_one);
    tcase_add_test_raise_signal(tc, a_second_interrupt_ends_at_once, SIGINT);
    return suite_run(tc, "oriel/series");
}
