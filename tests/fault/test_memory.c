/* test_memory.c: allocation number n fails, for every n from a context to
 * results: ORIEL_E_MEMORY or a way around, nothing leaked, and the next attempt
 * works. */
#define _XOPEN_SOURCE 700
#include "attempt.h"
#include "layer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker sends every call in Oriel's objects here: meson.build. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
int __real_fsync(int file);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);
int __wrap_fsync(int file);

static struct {
    long asked; /* allocations since the last reset */
    long fail_at;
    long live;
    bool disk_full;
} memory;

static bool refuses(void)
{
    return ++memory.asked == memory.fail_at;
}

static void *counted(void *block)
{
    memory.live += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return refuses() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuses() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (refuses())
        return NULL;
    void *const block = __real_realloc(old, size);
    memory.live += block && !old;
    return block;
}

void __wrap_free(void *block)
{
    memory.live -= block != NULL;
    __real_free(block);
}

int __wrap_fsync(int file)
{
    if (!memory.disk_full)
        return __real_fsync(file);
    errno = ENOSPC;
    return -1;
}

static struct attempt attempt_failing(long n, const char *cache,
                                      const char *plan_text)
{
    memory.asked = 0;
    memory.fail_at = n;
    const struct attempt a = attempt(cache, plan_text, true);
    memory.fail_at = 0;
    return a;
}

/* Fails every allocation in turn. */
static void fail_each(const char *cache, const char *plan_text)
{
    attempt_failing(0, cache, plan_text); /* fills the cache */
    const struct attempt whole = attempt_failing(0, cache, plan_text);
    const long asked = memory.asked; /* before Check's macros allocate */
    ck_assert(whole.status == ORIEL_OK && whole.right);
    ck_assert_int_gt(asked, 3);

    long failed = 0;
    for (long n = 1; n <= asked; n++) {
        const long before = memory.live;
        const struct attempt a = attempt_failing(n, cache, plan_text);
        const long after = memory.live;
        ck_assert_msg(a.status == ORIEL_OK || a.status == ORIEL_E_MEMORY,
                      "allocation %ld: %s in %s, %s", n,
                      oriel_status_name(a.status), a.step, a.error.message);
        ck_assert_msg(a.right, "allocation %ld: wrong after %s", n, a.step);
        ck_assert_msg(after == before, "allocation %ld leaks %ld blocks", n,
                      after - before);
        failed += a.status != ORIEL_OK;
    }
    ck_assert_int_gt(failed, 2);
    const struct attempt again = attempt_failing(0, cache, plan_text);
    ck_assert(again.status == ORIEL_OK && again.right);
}

static char folder[] = "/tmp/oriel-memory-XXXXXX";

START_TEST(any_allocation_may_fail_while_programs_are_built)
{
    fail_each("", ROW);
}
END_TEST

START_TEST(any_allocation_may_fail_while_programs_are_loaded)
{
    fail_each(folder, NULL);
}
END_TEST

/* The compiler's log is fetched, and given back. */
START_TEST(a_build_that_fails_leaks_nothing)
{
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
    oriel_context *context = NULL;
    oriel_plan *plan = NULL;
    layer_reset();
    layer_fail_all("clBuildProgram", CL_BUILD_PROGRAM_FAILURE);
    const long before = memory.live;
    oriel_status status = oriel_context_create(
        &context,
        ORIEL_CONTEXT_DESC(.context = fixture()->cl, .cache_dir = ""));
    if (status == ORIEL_OK)
        status = oriel_plan_create(&plan, context, &s.problem, NULL);
    oriel_context_destroy(context);
    const long after = memory.live;
    layer_reset();
    ck_assert_int_eq(status, ORIEL_E_BUILD);
    ck_assert_int_eq(after, before);
    sample_close(&s);
}
END_TEST

static void count_line(void *user, oriel_log_level level, const char *line)
{
    (void)line;
    *(int *)user += level == ORIEL_LOG_WARNING;
}

/* A full disk: an entry is not kept, no part of it is left, and a line of the
 * log says so. */
START_TEST(a_full_disk_costs_no_result)
{
    char command[128], fresh[64];
    int warnings = 0;
    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
    oriel_context *context = NULL;
    oriel_plan *plan = NULL;
    snprintf(fresh, sizeof fresh, "%s/full", folder);
    memory.disk_full = true;
    must(oriel_context_create(
        &context,
        ORIEL_CONTEXT_DESC(.context = fixture()->cl, .cache_dir = fresh,
                           .log = count_line, .user = &warnings)));
    must(oriel_plan_create(&plan, context, &s.problem,
                           ORIEL_PLAN_OPTIONS(.plan_text = ROW)));
    memory.disk_full = false;
    /* Facts and the program; before and after a trial that may end the process,
     * where a device has sub-groups or matrix units. */
    ck_assert_msg(warnings >= 2 && warnings % 2 == 0, "%d", warnings);
    attend_rightly(&s, plan);
    snprintf(command, sizeof command, "test -z \"$(ls -A %s)\"", fresh);
    ck_assert_int_eq(system(command), 0);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    sample_close(&s);
}
END_TEST

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    attempt_open();
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    attempt_close();
}

int main(void)
{
    layer_open();
    TCase *tc = tcase_create("memory");
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_test(tc, any_allocation_may_fail_while_programs_are_built);
    tcase_add_test(tc, any_allocation_may_fail_while_programs_are_loaded);
    tcase_add_test(tc, a_build_that_fails_leaks_nothing);
    tcase_add_test(tc, a_full_disk_costs_no_result);
    return run_tests(tc, "fault/memory");
}
