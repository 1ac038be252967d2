/* test_locale.c: in a locale whose decimal point is a comma and whose thousands
 * are grouped, text is what it always is. */
#define _XOPEN_SOURCE 700
#include "base/text.h"
#include "draw.h"
#include "given.h"
#include "suite.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static char folder[] = "/tmp/oriel-locale-XXXXXX";

/* Makes the locale in folder, if it is not installed. False if there is none
 * to be had: on a system without the sources of locales. */
static bool enter_german(void)
{
    char command[256];
    if (setlocale(LC_ALL, "de_DE.UTF-8"))
        return true;
    if (!mkdtemp(folder))
        return false;
    snprintf(command, sizeof command,
             "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1",
             folder);
    return system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 &&
           setlocale(LC_ALL, "de_DE.UTF-8");
}

static bool german;

/* Once, before the tests are forked off: making a locale takes a second. */
static void set_up(void)
{
    german = enter_german();
    if (!german)
        printf("no locale with a decimal comma: its tests are empty\n");
}

static void tear_down(void)
{
    char command[256];
    setlocale(LC_ALL, "C");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(the_locale_is_as_this_test_needs_it)
{
    if (!german)
        return;
    ck_assert_str_eq(localeconv()->decimal_point, ",");
    ck_assert_str_eq(localeconv()->thousands_sep, ".");
}
END_TEST

START_TEST(decimals_have_a_point)
{
    char line[64];
    struct text t = orl_text(line, sizeof line);
    orl_text_add_double(&t, 1234567.25);
    orl_text_add(&t, " ");
    orl_text_add_float(&t, 0.1f);
    orl_text_add(&t, " ");
    orl_text_add_double(&t, 1.5e-300);
    ck_assert_str_eq(line, "1234567.25 0.1 1.5e-300");
}
END_TEST

START_TEST(a_point_is_read_and_a_comma_is_not)
{
    double value;
    struct scan s = orl_scan("0.25");
    ck_assert(orl_scan_double(&s, &value) && value == 0.25 && *s.at == 0);
    s = orl_scan("1.000.000");
    ck_assert(orl_scan_double(&s, &value) && value == 1);
    ck_assert_str_eq(s.at, ".000");
    s = orl_scan("0,25");
    ck_assert(orl_scan_double(&s, &value) && value == 0);
    ck_assert_str_eq(s.at, ",25");
}
END_TEST

START_TEST(problems_are_written_and_read_as_ever)
{
    char line[ORL_PROBLEM_TEXT];
    uint64_t seed = 1;
    int wrong = 0;
    for (int n = 0; n < 1000; n++) {
        const oriel_problem wanted = draw_problem(&seed);
        struct problem p;
        wrong += orl_problem_check(&p, &wanted) != ORIEL_OK;
        orl_problem_print(&p, line, sizeof line);
        const struct problem again = given_problem(line);
        wrong += !orl_problem_equal(&p, &again);
    }
    ck_assert_int_eq(wrong, 0);
    const struct problem p = given_problem("h1 q5 d8 w0,0 scale0.5 cap2.5");
    orl_problem_print(&p, line, sizeof line);
    ck_assert_str_eq(line, "h1 q5 d8 w0,0 scale0.5 cap2.5");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("locale");
    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_locale_is_as_this_test_needs_it);
    tcase_add_test(tc, decimals_have_a_point);
    tcase_add_test(tc, a_point_is_read_and_a_comma_is_not);
    tcase_add_test(tc, problems_are_written_and_read_as_ever);
    return suite_run(tc, "locale");
}
