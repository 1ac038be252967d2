/* test_platforms.c: broken platforms do not hide the good ones; none at all is
 * a sentence. The loader looks for platforms once, so each test is a process of
 * its own. */
#define _XOPEN_SOURCE 700
#include "layer.h"
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/oriel-platforms-XXXXXX";

static void shell(const char *format, const char *a, const char *b)
{
    char command[1024];
    snprintf(command, sizeof command, format, a, b);
    ck_assert_msg(system(command) == 0, "%s", command);
}

static void open_folder(void)
{
    strcpy(folder, "/tmp/oriel-platforms-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void close_folder(void)
{
    shell("rm -rf \"%s%s\"", folder, "");
}

/* From now on these are all platforms there are. */
static void use_folder(void)
{
    setenv("OCL_ICD_VENDORS", folder, 1);
}

static oriel_status create(void)
{
    oriel_context *context = NULL;
    const oriel_status status =
        oriel_context_create(&context, ORIEL_CONTEXT_DESC(.cache_dir = ""));
    oriel_context_destroy(context);
    return status;
}

static void expect_refusal(const char *words)
{
    ck_assert_int_eq(create(), ORIEL_E_UNSUPPORTED);
    ck_assert_msg(strstr(oriel_last_error()->message, words) != NULL, "%s",
                  oriel_last_error()->message);
    ck_assert_ptr_null(strstr(oriel_last_error()->message, "-1001"));
}

START_TEST(without_a_platform_a_sentence_says_what_to_install)
{
    use_folder();
    expect_refusal("no OpenCL platform was found: install");
}
END_TEST

START_TEST(a_driver_that_is_missing_is_none)
{
    shell("echo libNoSuchDriver.so > \"%s/broken%s.icd\"", folder, "");
    use_folder();
    expect_refusal("no OpenCL platform was found");
}
END_TEST

START_TEST(a_driver_that_is_missing_hides_no_other)
{
    const char *all = getenv("OCL_ICD_VENDORS");
    shell("cp \"%s\"/*.icd \"%s\"", all ? all : "/etc/OpenCL/vendors", folder);
    shell("echo libNoSuchDriver.so > \"%s/0broken%s.icd\"", folder, "");
    use_folder();
    ck_assert_msg(create() == ORIEL_OK, "%s", oriel_last_error()->message);
}
END_TEST

START_TEST(platforms_without_devices_are_a_sentence_too)
{
    layer_open();
    layer_fail_all("clGetDeviceIDs", CL_DEVICE_NOT_FOUND);
    expect_refusal("none of the OpenCL devices here can be used");
    ck_assert_str_eq(layer_failed(), "clGetDeviceIDs");
    layer_reset();
    ck_assert_msg(create() == ORIEL_OK, "%s", oriel_last_error()->message);
}
END_TEST

int main(void)
{
    setenv("CK_FORK", "yes", 1);
    unsetenv("ORIEL_DEVICE"); /* any device will do */
    TCase *tc = tcase_create("platforms");
    tcase_add_checked_fixture(tc, open_folder, close_folder);
    tcase_add_test(tc, without_a_platform_a_sentence_says_what_to_install);
    tcase_add_test(tc, a_driver_that_is_missing_is_none);
    tcase_add_test(tc, a_driver_that_is_missing_hides_no_other);
    tcase_add_test(tc, platforms_without_devices_are_a_sentence_too);
    return suite_run(tc, "fault/platforms");
}
