/* test_file.c: file.c on a real directory, including a full disk. */
#define _XOPEN_SOURCE 700
#include "base/error.h"
#include "base/file.h"
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[] = "/tmp/oriel-file-XXXXXX";
static char path[64];

static void open_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/entry", folder);
}

static void close_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* fails if anything was left behind */
}

static void expect_content(const char *text)
{
    char got[64] = "";
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(got, 1, sizeof got, file), strlen(text));
    fclose(file);
    ck_assert_str_eq(got, text);
}

START_TEST(a_second_write_replaces_the_first)
{
    ck_assert_int_eq(orl_file_replace(path, "longer text", 11), ORIEL_OK);
    ck_assert_int_eq(orl_file_replace(path, "short", 5), ORIEL_OK);
    expect_content("short");
}
END_TEST

START_TEST(a_missing_folder_is_reported)
{
    const oriel_status status = orl_file_replace("/nowhere/entry", "x", 1);
    ck_assert_int_eq(status, ORIEL_E_IO);
    ck_assert_ptr_nonnull(strstr(oriel_last_error()->message, "/nowhere/"));
}
END_TEST

START_TEST(a_path_too_long_is_reported)
{
    static char name[5000];
    memset(name, 'a', sizeof name - 1);
    ck_assert_int_eq(orl_file_replace(name, "x", 1), ORIEL_E_IO);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file)
{
    ck_assert_int_eq(orl_file_replace(path, "old", 3), ORIEL_OK);

    static const char big[1 << 16];
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {1024, 1024};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(orl_file_replace(path, big, sizeof big), ORIEL_E_IO);
    expect_content("old");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("file");
    tcase_add_checked_fixture(tc, open_folder, close_folder);
    tcase_add_test(tc, a_second_write_replaces_the_first);
    tcase_add_test(tc, a_missing_folder_is_reported);
    tcase_add_test(tc, a_path_too_long_is_reported);
    tcase_add_test(tc, a_full_disk_leaves_the_old_file);
    return suite_run(tc, "base/file");
}
