/* test_cache.c: the disk cache between processes: a second start compiles
 * nothing, and whatever is wrong with an entry or a folder is a miss and a log
 * line, never an error. */
#define _DEFAULT_SOURCE
#include "suite.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 512, ENTRIES = 16, TEXT = 4096 };

static char home[] = "/tmp/oriel-cache-XXXXXX";
static char folder[PATH_ROOM]; /* of the cache */

static void shell(const char *format, const char *a, const char *b)
{
    char command[3 * PATH_ROOM];
    snprintf(command, sizeof command, format, a, b);
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* ---- One process -------------------------------------------------------- */

struct outcome {
    int status;
    unsigned long sum;
    long source, binary;
    int lines;      /* of the log */
    char log[TEXT]; /* and what else was printed */
};

static void read_outcome(struct outcome *o, FILE *from)
{
    char line[2048];
    int fields = 0;
    *o = (struct outcome) {.status = -1};
    while (fgets(line, sizeof line, from)) {
        if (strncmp(line, "log ", 4) == 0)
            o->lines++;
        const size_t used = strlen(o->log);
        snprintf(o->log + used, TEXT - used, "%s", line);
        fields = sscanf(line, "%d %lx %ld %ld", &o->status, &o->sum, &o->source,
                        &o->binary);
    }
    ck_assert_msg(fields == 4, "a process ended early: %s", o->log);
}

static FILE *start(const char *settings, const char *cache)
{
    char command[3 * PATH_ROOM];
    snprintf(command, sizeof command, "%s \"%s\" \"%s\"", settings, CACHE_CHILD,
             cache);
    FILE *from = popen(command, "r");
    ck_assert_ptr_nonnull(from);
    return from;
}

/* settings: "CHILD_VERSION=2 ", before the command. */
static struct outcome run(const char *settings, const char *cache)
{
    struct outcome o;
    FILE *from = start(settings, cache);
    read_outcome(&o, from);
    pclose(from);
    ck_assert_msg(o.status == 0 && !strstr(o.log, "wrong:"), "%s", o.log);
    return o;
}

static void expect_miss(const struct outcome *o)
{
    ck_assert_msg(o->source >= 1, "not built: %s", o->log);
}

static void expect_hit(const struct outcome *o)
{
    ck_assert_msg(o->source == 0 && o->binary >= 1, "not loaded: %s", o->log);
    ck_assert_msg(o->lines == 0, "%s", o->log);
}

/* ---- The folder --------------------------------------------------------- */

static int list_entries(char names[ENTRIES][64])
{
    int count = 0;
    DIR *all = opendir(folder);
    ck_assert_ptr_nonnull(all);
    for (struct dirent *e = readdir(all); e; e = readdir(all)) {
        if (e->d_name[0] == '.')
            continue;
        ck_assert_int_lt(count, ENTRIES);
        snprintf(names[count++], 64, "%.63s", e->d_name);
    }
    closedir(all);
    return count;
}

/* Every file is an entry, none of them a temporary one. */
static int count_entries(void)
{
    char names[ENTRIES][64];
    const int count = list_entries(names);
    for (int n = 0; n < count; n++)
        ck_assert_msg(strspn(names[n], "0123456789abcdef") == 32 &&
                          strlen(names[n]) == 32,
                      "%s", names[n]);
    return count;
}

static void open_home(void)
{
    strcpy(home, "/tmp/oriel-cache-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/a/b", home);
}

static void close_home(void)
{
    shell("rm -rf \"%s%s\"", home, "");
}

/* ---- Hits and misses ---------------------------------------------------- */

/* PoCL has a cache of its own, which would hide one that does not work. */
START_TEST(a_second_process_compiles_nothing)
{
    char fresh[2][PATH_ROOM];
    for (int n = 0; n < 2; n++)
        snprintf(fresh[n], sizeof fresh[n], "POCL_CACHE_DIR=%s/pocl%d", home,
                 n);
    const struct outcome first = run(fresh[0], folder);
    expect_miss(&first);
    ck_assert_int_eq(first.lines, 0);
    const struct outcome second = run(fresh[1], folder);
    expect_hit(&second);
    ck_assert_uint_eq(first.sum, second.sum);
}
END_TEST

START_TEST(the_folder_is_the_users_own)
{
    struct stat found;
    run("", folder);
    ck_assert_int_eq(stat(folder, &found), 0);
    ck_assert_uint_eq(found.st_mode & 0777, 0700);
}
END_TEST

START_TEST(the_default_folder_follows_the_environment)
{
    char settings[2 * PATH_ROOM];
    snprintf(settings, sizeof settings, "XDG_CACHE_HOME=%s/x", home);
    run(settings, "-");
    snprintf(folder, sizeof folder, "%s/x/oriel", home);
    ck_assert_int_gt(count_entries(), 0);

    /* A relative one does not count, says the standard. */
    snprintf(settings, sizeof settings, "XDG_CACHE_HOME=x HOME=%s/y", home);
    run(settings, "-");
    snprintf(folder, sizeof folder, "%s/y/.cache/oriel", home);
    ck_assert_int_gt(count_entries(), 0);

    const struct outcome o = run("env -u XDG_CACHE_HOME -u HOME", "-");
    expect_miss(&o);
    ck_assert_int_ge(o.lines, 1);
}
END_TEST

START_TEST(every_version_has_entries_of_its_own)
{
    static const char *const versions[] = {"", "CHILD_DRIVER=99.1",
                                           "CHILD_PLATFORM='OpenCL 9.9 Test'",
                                           "CHILD_VERSION=9.9.9"};
    unsigned long sum = 0;
    int entries = 0;
    for (int n = 0; n < 4; n++) {
        const struct outcome o = run(versions[n], folder);
        expect_miss(&o);
        ck_assert_int_gt(count_entries(), entries);
        entries = count_entries();
        ck_assert(n == 0 || o.sum == sum);
        sum = o.sum;
    }
    for (int n = 0; n < 4; n++) { /* going back is a hit */
        const struct outcome o = run(versions[n], folder);
        expect_hit(&o);
    }
    ck_assert_int_eq(count_entries(), entries);
}
END_TEST

START_TEST(eight_processes_may_start_on_an_empty_cache)
{
    enum { PROCESSES = 8, ROUNDS = 3 };
    for (int round = 0; round < ROUNDS; round++) {
        FILE *from[PROCESSES];
        struct outcome o[PROCESSES];
        shell("rm -rf \"%s%s\"", folder, "");
        for (int n = 0; n < PROCESSES; n++)
            from[n] = start("", folder);
        for (int n = 0; n < PROCESSES; n++) {
            read_outcome(&o[n], from[n]);
            pclose(from[n]);
        }
        for (int n = 0; n < PROCESSES; n++) {
            /* While another tries what may end a process, it says so. */
            const bool during = strstr(o[n].log, "is under way") != NULL;
            ck_assert_msg(o[n].status == 0 && o[n].lines == during, "%s",
                          o[n].log);
            ck_assert_uint_eq(o[n].sum, o[0].sum);
        }
        count_entries();
        const struct outcome after = run("", folder);
        expect_hit(&after);
    }
}
END_TEST

/* ---- Damage ------------------------------------------------------------- */

/* What may happen to the file at %s. */
static const char *const damages[] = {
    ": > \"%s\"",
    "truncate -s 20 \"%s\"",
    "truncate -s -1 \"%s\"",
    "echo x >> \"%s\"",
    "printf X | dd of=\"%s\" bs=1 seek=100 conv=notrunc 2>/dev/null",
    "printf 'ORIEL 9' | dd of=\"%s\" bs=1 conv=notrunc 2>/dev/null",
    "echo foreign > \"%s\"",
    "head -c 100000 /dev/zero > \"%s\"",
};

/* The largest entry is a program. */
static void find_program(char path[PATH_ROOM + 64])
{
    char names[ENTRIES][64];
    const int count = list_entries(names);
    off_t largest = -1;
    for (int n = 0; n < count; n++) {
        char one[PATH_ROOM + 64];
        struct stat found;
        snprintf(one, sizeof one, "%s/%.63s", folder, names[n]);
        if (stat(one, &found) == 0 && found.st_size > largest) {
            largest = found.st_size;
            strcpy(path, one);
        }
    }
    ck_assert_int_gt(largest, 1000);
}

START_TEST(a_damaged_entry_is_made_anew)
{
    char path[PATH_ROOM + 64];
    const struct outcome first = run("", folder);
    find_program(path);
    shell(damages[_i], path, "");
    const struct outcome again = run("", folder);
    expect_miss(&again);
    ck_assert_int_eq(again.lines, 1);
    ck_assert_ptr_nonnull(strstr(again.log, path));
    ck_assert_uint_eq(again.sum, first.sum);
    const struct outcome healed = run("", folder);
    expect_hit(&healed);
}
END_TEST

START_TEST(an_entry_under_another_name_is_made_anew)
{
    char names[ENTRIES][64], one[PATH_ROOM + 64], other[PATH_ROOM + 64];
    run("", folder);
    const int count = list_entries(names);
    ck_assert_int_ge(count, 2);
    for (int n = 0; n < count; n++) {
        snprintf(one, sizeof one, "%s/%.63s", folder, names[n]);
        snprintf(other, sizeof other, "%s/%.63s", folder,
                 names[(n + 1) % count]);
        shell("cp \"%s\" \"%s.new\"", one, other);
    }
    for (int n = 0; n < count; n++) {
        snprintf(one, sizeof one, "%s/%.63s", folder, names[n]);
        shell("mv \"%s.new\" \"%s\"", one, one);
    }
    const struct outcome again = run("", folder);
    expect_miss(&again);
    ck_assert_int_ge(again.lines, 2);
    const struct outcome healed = run("", folder);
    expect_hit(&healed);
}
END_TEST

START_TEST(a_binary_that_the_driver_refuses_is_built_anew)
{
    const struct outcome first = run("", folder);
    const struct outcome again =
        run("CHILD_REFUSES=clCreateProgramWithBinary", folder);
    expect_miss(&again);
    ck_assert_int_eq(again.lines, 1);
    ck_assert_uint_eq(again.sum, first.sum);
}
END_TEST

/* ---- Folders that cannot be used ---------------------------------------- */

START_TEST(an_entry_that_cannot_be_read_is_a_miss)
{
    char path[PATH_ROOM + 64];
    run("", folder);
    find_program(path);
    shell("rm \"%s\"; mkdir -p \"%s/x\"", path, path);
    const struct outcome o = run("", folder);
    expect_miss(&o);
    ck_assert_int_ge(o.lines, 1);
}
END_TEST

START_TEST(a_folder_that_is_a_file_costs_a_line)
{
    shell("mkdir -p \"%s/a\"; : > \"%s\"", home, folder);
    const struct outcome o = run("", folder);
    expect_miss(&o);
    ck_assert_int_ge(o.lines, 1);
    ck_assert_ptr_nonnull(strstr(o.log, folder));
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_costs_a_line)
{
    const struct outcome o = run("", "/proc/nowhere/cache");
    expect_miss(&o);
    ck_assert_int_ge(o.lines, 1);
}
END_TEST

START_TEST(a_folder_name_too_long_costs_a_line)
{
    static char name[4400];
    memset(name, 'x', sizeof name - 1);
    name[0] = '/';
    char command[sizeof name + 600];
    struct outcome o;
    snprintf(command, sizeof command, "\"%s\" %s", CACHE_CHILD, name);
    FILE *from = popen(command, "r");
    read_outcome(&o, from);
    pclose(from);
    ck_assert_int_eq(o.status, 0);
    ck_assert_int_ge(o.lines, 1);
}
END_TEST

/* Root may write anywhere, so root becomes nobody. */
START_TEST(a_read_only_folder_costs_a_line)
{
    char settings[2 * PATH_ROOM];
    const bool root = geteuid() == 0;
    shell("mkdir -p \"%s\" \"%s/pocl\"", folder, home);
    snprintf(settings, sizeof settings, "%s HOME=%s POCL_CACHE_DIR=%s/pocl",
             root ? "CHILD_USER=65534" : "", home, home);
    shell("chmod 755 \"%s\" \"%s\"", home, folder);
    shell("chmod 777 \"%s/pocl%s\"", home, "");
    if (!root)
        shell("chmod 555 \"%s%s\"", folder, "");
    const struct outcome o = run(settings, folder);
    expect_miss(&o);
    ck_assert_int_ge(o.lines, 1);
    ck_assert_int_eq(count_entries(), 0);
    if (!root)
        shell("chmod 755 \"%s%s\"", folder, "");
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    setenv("CK_FORK", "no", 0);
    setenv("CK_LOG_FILE_NAME", "-", 0); /* a line as each test ends */
    TCase *tc = tcase_create("cache");
    tcase_add_checked_fixture(tc, open_home, close_home);
    tcase_add_test(tc, a_second_process_compiles_nothing);
    tcase_add_test(tc, the_folder_is_the_users_own);
    tcase_add_test(tc, the_default_folder_follows_the_environment);
    tcase_add_test(tc, every_version_has_entries_of_its_own);
    tcase_add_test(tc, eight_processes_may_start_on_an_empty_cache);
    tcase_add_loop_test(tc, a_damaged_entry_is_made_anew, 0, COUNT(damages));
    tcase_add_test(tc, an_entry_under_another_name_is_made_anew);
    tcase_add_test(tc, a_binary_that_the_driver_refuses_is_built_anew);
    tcase_add_test(tc, an_entry_that_cannot_be_read_is_a_miss);
    tcase_add_test(tc, a_folder_that_is_a_file_costs_a_line);
    tcase_add_test(tc, a_folder_that_cannot_be_made_costs_a_line);
    tcase_add_test(tc, a_folder_name_too_long_costs_a_line);
    tcase_add_test(tc, a_read_only_folder_costs_a_line);
    return suite_run(tc, "fault/cache");
}
