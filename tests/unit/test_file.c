/* test_file.c: file.c on a real directory, including a full disk. */
#define _XOPEN_SOURCE 700
#include "base/error.h"
#include "base/file.h"
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

static mode_t mode_of(const char *name)
{
    struct stat found;
    ck_assert_int_eq(stat(name, &found), 0);
    return found.st_mode & 0777;
}

START_TEST(a_new_file_follows_the_umask)
{
    umask(027);
    ck_assert_int_eq(orl_file_replace(path, "x", 1), ORIEL_OK);
    ck_assert_uint_eq(mode_of(path), 0640);
}
END_TEST

/* Stands for /dev/null, which a wrong implementation, run as root, would take
 * away from the whole machine. */
START_TEST(a_pipe_is_written_to_and_stays)
{
    struct stat found;
    char got[8] = "";
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    const int end = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(end, 0);
    ck_assert_int_eq(orl_file_replace(path, "through", 7), ORIEL_OK);
    ck_assert_int_eq(read(end, got, sizeof got), 7);
    ck_assert_str_eq(got, "through");
    close(end);
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert(S_ISFIFO(found.st_mode));
}
END_TEST

START_TEST(a_folder_is_not_replaced)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(orl_file_replace(path, "x", 1), ORIEL_E_IO);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* ---- Reading ------------------------------------------------------------- */

/* Sizes around those at which reading asks for more memory. */
START_TEST(what_was_written_is_read_back)
{
    enum { MOST = 20000 };
    static unsigned char written[MOST];
    static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 8191, 8192, MOST};
    for (size_t i = 0; i < MOST; i++)
        written[i] = (unsigned char)(i * 7 + i / 256);
    const size_t size = sizes[_i];
    ck_assert_int_eq(orl_file_replace(path, written, size), ORIEL_OK);

    void *bytes = NULL;
    size_t got = 77;
    ck_assert_int_eq(orl_file_read(path, &bytes, &got), ORIEL_OK);
    ck_assert_uint_eq(got, size);
    ck_assert_int_eq(memcmp(bytes, written, size), 0);
    ck_assert_int_eq(((const char *)bytes)[size], 0);
    free(bytes);
}
END_TEST

START_TEST(what_cannot_be_read_is_reported_by_name)
{
    void *bytes = &bytes;
    size_t size = 77;
    ck_assert_int_eq(orl_file_read(path, &bytes, &size), ORIEL_E_IO);
    ck_assert_ptr_nonnull(strstr(oriel_last_error()->message, path));
    ck_assert_int_eq(orl_file_read(folder, &bytes, &size), ORIEL_E_IO);
    ck_assert_ptr_eq(bytes, &bytes);
    ck_assert_uint_eq(size, 77);
}
END_TEST

/* ---- Folders ------------------------------------------------------------- */

static void join(char *out, size_t room, const char *rest)
{
    snprintf(out, room, "%s%s", path, rest);
}

START_TEST(a_folder_is_made_with_those_above_it)
{
    char deep[128], between[128];
    join(deep, sizeof deep, "/a//b/");
    join(between, sizeof between, "/a");
    umask(0);
    ck_assert_int_eq(orl_file_make_folder(deep), ORIEL_OK);
    ck_assert_uint_eq(mode_of(deep), 0700);
    ck_assert_uint_eq(mode_of(between), 0700);
    ck_assert_int_eq(orl_file_make_folder(deep), ORIEL_OK);
    ck_assert_int_eq(rmdir(deep), 0);
    ck_assert_int_eq(rmdir(between), 0);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_folder_below_a_file_is_refused)
{
    char below[128];
    join(below, sizeof below, "/a");
    ck_assert_int_eq(orl_file_replace(path, "x", 1), ORIEL_OK);
    ck_assert_int_eq(orl_file_make_folder(path), ORIEL_E_IO);
    ck_assert_int_eq(orl_file_make_folder(below), ORIEL_E_IO);
    ck_assert_ptr_nonnull(strstr(oriel_last_error()->message, path));
}
END_TEST

START_TEST(folders_that_were_always_there_are_accepted)
{
    ck_assert_int_eq(orl_file_make_folder("/"), ORIEL_OK);
    ck_assert_int_eq(orl_file_make_folder("."), ORIEL_OK);
    ck_assert_int_eq(orl_file_make_folder("/tmp"), ORIEL_OK);
}
END_TEST

START_TEST(an_impossible_folder_is_reported)
{
    static char name[5000];
    memset(name, 'a', sizeof name - 1);
    ck_assert_int_eq(orl_file_make_folder(name), ORIEL_E_IO);
    ck_assert_int_eq(orl_file_make_folder(""), ORIEL_E_IO);
    ck_assert_int_eq(orl_file_make_folder("/proc/nowhere/x"), ORIEL_E_IO);
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
    tcase_add_test(tc, a_new_file_follows_the_umask);
    tcase_add_test(tc, a_pipe_is_written_to_and_stays);
    tcase_add_test(tc, a_folder_is_not_replaced);
    tcase_add_loop_test(tc, what_was_written_is_read_back, 0, 8);
    tcase_add_test(tc, what_cannot_be_read_is_reported_by_name);
    tcase_add_test(tc, a_folder_is_made_with_those_above_it);
    tcase_add_test(tc, a_folder_below_a_file_is_refused);
    tcase_add_test(tc, folders_that_were_always_there_are_accepted);
    tcase_add_test(tc, an_impossible_folder_is_reported);
    return suite_run(tc, "base/file");
}
