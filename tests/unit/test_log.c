/* test_log.c: one line per message, whatever is in it. */
#include "base/log.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct {
    int count, level;
    char line[4096];
} heard;

static void listen(void *user, int level, const char *line)
{
    ck_assert_ptr_eq(user, &heard);
    heard.count++;
    heard.level = level;
    snprintf(heard.line, sizeof heard.line, "%s", line);
}

static const struct log ear = {listen, &heard};

START_TEST(a_message_arrives_with_its_level)
{
    orl_log(&ear, LOG_WARNING, "cache entry %d is damaged", 7);
    ck_assert_int_eq(heard.count, 1);
    ck_assert_int_eq(heard.level, LOG_WARNING);
    ck_assert_str_eq(heard.line, "cache entry 7 is damaged");
}
END_TEST

START_TEST(a_message_is_one_line)
{
    orl_log(&ear, LOG_ERROR, "first\nsecond\r\nthird");
    ck_assert_int_eq(heard.count, 1);
    ck_assert_str_eq(heard.line, "first second  third");
}
END_TEST

/* Whatever the room: a message arrives whole, or as much of it as there is room
 * for with three points at the end. */
START_TEST(a_message_is_whole_or_says_that_it_is_cut)
{
    static char text[3000];
    size_t whole = 0;
    for (size_t length = 0; length < sizeof text - 1; length++) {
        orl_log(&ear, LOG_INFO, "%s", text);
        const size_t got = strlen(heard.line);
        if (got == length)
            whole = length;
        else if (got != whole || strcmp(heard.line + got - 4, "x...") != 0)
            ck_abort_msg("%zu bytes became %s", length, heard.line);
        text[length] = 'x';
    }
    ck_assert_uint_ge(whole, 500);
    ck_assert_uint_lt(whole, sizeof text - 100);
    ck_assert_int_eq(heard.count, sizeof text - 1);
}
END_TEST

START_TEST(nobody_need_listen)
{
    const struct log deaf = {NULL, NULL};
    orl_log(&deaf, LOG_ERROR, "%d", 1);
    orl_log(NULL, LOG_ERROR, "%d", 1);
    ck_assert_int_eq(heard.count, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("log");
    tcase_add_test(tc, a_message_arrives_with_its_level);
    tcase_add_test(tc, a_message_is_one_line);
    tcase_add_test(tc, a_message_is_whole_or_says_that_it_is_cut);
    tcase_add_test(tc, nobody_need_listen);
    return suite_run(tc, "base/log");
}
