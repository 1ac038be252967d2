/* test_log.c: one line per message, whatever is in it. */
#include "base/log.h"
#include "suite.h"

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
    strncpy(heard.line, line, sizeof heard.line - 1);
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

START_TEST(a_long_message_is_cut_and_says_so)
{
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    orl_log(&ear, LOG_INFO, "%s", text);
    const size_t length = strlen(heard.line);
    ck_assert_uint_ge(length, 500);
    ck_assert_uint_lt(length, sizeof text - 1);
    ck_assert_str_eq(heard.line + length - 4, "x...");

    memset(text + length, 0, sizeof text - length);
    orl_log(&ear, LOG_INFO, "%s", text);
    ck_assert_str_eq(heard.line, text);
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
    tcase_add_test(tc, a_long_message_is_cut_and_says_so);
    tcase_add_test(tc, nobody_need_listen);
    return suite_run(tc, "base/log");
}
