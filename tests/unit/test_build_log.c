/* test_build_log.c: logs of compilers that ignore #line name our files and
 * lines, whatever else they say. */
#include "cl/build_log.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* As kernels/embed.py makes it. In the text that is built, line 2 is the first
 * of row.cl, 4 the first of lib/vec.clh, 7 the third of row.cl. */
static const char *const text = "#line 1 \"row.cl\"\n"
                                "first\n"
                                "#line 1 \"lib/vec.clh\"\n"
                                "second\n"
                                "third\n"
                                "#line 3 \"row.cl\"\n"
                                "fourth\n"
                                "fifth\n";

static void expect(const char *log, const char *wanted)
{
    char *got = orl_build_log(log, text);
    ck_assert_ptr_nonnull(got);
    ck_assert_str_eq(got, wanted);
    free(got);
}

START_TEST(a_line_of_the_text_is_a_line_of_its_file)
{
    expect("<kernel>:2:9: error: x\n", "row.cl:1:9: error: x\n");
    expect("<kernel>:4:1: error: x\n", "lib/vec.clh:1:1: error: x\n");
    expect("<kernel>:5:1: error: x\n", "lib/vec.clh:2:1: error: x\n");
    expect("<kernel>:7:10: note: x\n", "row.cl:3:10: note: x\n");
    expect("<kernel>:8:10: note: x\n", "row.cl:4:10: note: x\n");
}
END_TEST

START_TEST(compilers_have_several_names_for_it)
{
    expect("input.cl:5:1: error: x", "lib/vec.clh:2:1: error: x");
    expect("<program source>:5:1: error: x", "lib/vec.clh:2:1: error: x");
    expect(":5:1: error: x", "lib/vec.clh:2:1: error: x");
}
END_TEST

/* What NVIDIA's compiler prints, 580.159.04. */
START_TEST(every_line_of_a_log_is_looked_at)
{
    expect("<kernel>:7:9: error: passing 'a' to 'b'\n"
           "        PREFETCH(row + c);\n"
           "        ^~~~~~~~~~~~~~~~~\n"
           "<kernel>:5:44: note: expanded from macro 'PREFETCH'\n"
           "\n"
           "1 error generated.\n",
           "row.cl:3:9: error: passing 'a' to 'b'\n"
           "        PREFETCH(row + c);\n"
           "        ^~~~~~~~~~~~~~~~~\n"
           "lib/vec.clh:2:44: note: expanded from macro 'PREFETCH'\n"
           "\n"
           "1 error generated.\n");
}
END_TEST

START_TEST(what_is_no_place_of_the_text_stays)
{
    static const char *const logs[] = {
        "",
        "\n",
        "row.cl:5:1: error: x\n",
        "error: row.cl:5:1: x",
        "see <kernel>:5:1: x\n",
        "<kernel>:5\n",
        "<kernel>:five:1: x\n",
        "<kernel>:\n",
        "<kernel> 5:1: x\n",
        "<built-in>:5:1: x\n",
        "5:1: x\n",
        ": 5:1: x\n",
        /* No line, a mark, beyond the end, no number. */
        "<kernel>:0:1: x\n",
        "<kernel>:-2:1: x\n",
        "<kernel>:1:1: x\n",
        "<kernel>:6:1: x\n",
        "<kernel>:9:1: x\n",
        "<kernel>:99999999999999999999:1: x\n",
    };
    for (size_t n = 0; n < sizeof logs / sizeof logs[0]; n++)
        expect(logs[n], logs[n]);
}
END_TEST

START_TEST(text_without_marks_has_no_files)
{
    static const char *const bare[] = {"", "first\nsecond\n",
                                       "#line\n#line 7\n#line x \"y\"\n"};
    for (size_t n = 0; n < sizeof bare / sizeof bare[0]; n++) {
        char *got = orl_build_log("<kernel>:2:1: x\n", bare[n]);
        ck_assert_ptr_nonnull(got);
        ck_assert_str_eq(got, "<kernel>:2:1: x\n");
        free(got);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("build_log");
    tcase_add_test(tc, a_line_of_the_text_is_a_line_of_its_file);
    tcase_add_test(tc, compilers_have_several_names_for_it);
    tcase_add_test(tc, every_line_of_a_log_is_looked_at);
    tcase_add_test(tc, what_is_no_place_of_the_text_stays);
    tcase_add_test(tc, text_without_marks_has_no_files);
    return suite_run(tc, "build_log");
}
