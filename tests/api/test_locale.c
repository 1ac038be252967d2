/* test_locale.c: a locale that writes 0,5 and 1.000 changes nothing. */
#define _XOPEN_SOURCE 700
#include "fixture.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIPPED = 77, LINES = 4096 };

/* Numbers as in German, and nothing else: where the system has no locale of
 * the kind, localedef makes this one. */
static const char source[] = "comment_char %\n"
                             "escape_char /\n"
                             "LC_NUMERIC\n"
                             "decimal_point \",\"\n"
                             "thousands_sep \".\"\n"
                             "grouping 3;3\n"
                             "END LC_NUMERIC\n";

static char folder[] = "/tmp/oriel-locale-XXXXXX";

static int make_locale(void)
{
    char command[256];
    if (!mkdtemp(folder))
        return 0;
    snprintf(command, sizeof command, "%s/source", folder);
    FILE *file = fopen(command, "w");
    fputs(source, file);
    fclose(file);
    snprintf(command, sizeof command,
             "localedef -c -i %s/source -f ANSI_X3.4-1968 %s/comma >%s/log "
             "2>&1",
             folder, folder, folder);
    (void)!system(command); /* it warns of what is missing, and exits with 1 */
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "comma") != NULL;
}

static int use_comma(void)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !make_locale())
        return 0;
    char half[8];
    snprintf(half, sizeof half, "%.1f", 0.5);
    return strcmp(half, "0,5") == 0;
}

static void clean_up(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (strstr(folder, "XXXXXX") == NULL)
        (void)!system(command);
}

static void append(void *user, const char *line)
{
    char *all = user;
    const size_t used = strlen(all);
    snprintf(all + used, LINES - used, "%s\n", line);
}

/* What one locale makes of a problem. */
struct outcome {
    char explained[LINES], plan[256];
    float out[2 * 9 * 8];
};

static void attempt(struct outcome *o, struct sample *s)
{
    oriel_context *context = NULL;
    oriel_plan *plan = NULL;
    must(oriel_context_create(
        &context,
        ORIEL_CONTEXT_DESC(.context = fixture()->cl, .cache_dir = "")));
    must(oriel_explain(context, &s->problem, NULL, append, o->explained));
    must(oriel_plan_create(&plan, context, &s->problem, NULL));
    oriel_plan_text(plan, o->plan, sizeof o->plan);
    oriel_plan_destroy(plan);
    must(oriel_plan_create(&plan, context, &s->problem,
                           ORIEL_PLAN_OPTIONS(.plan_text = o->plan)));
    attend_rightly(s, plan);
    ck_assert_uint_eq(sizeof o->out, s->array[SAMPLE_OUT].bytes);
    memcpy(o->out, s->array[SAMPLE_OUT].at, sizeof o->out);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
}

START_TEST(a_locale_changes_neither_bits_nor_text)
{
    static struct outcome comma, point;
    struct sample s = sample_open("h2 q9 d8 w3,0 scale0.125 cap1.5", 1);
    attempt(&comma, &s);
    char half[8];
    snprintf(half, sizeof half, "%.1f", 0.5);
    ck_assert_str_eq(half, "0,5"); /* nobody changed it back */
    setlocale(LC_ALL, "C");
    attempt(&point, &s);
    ck_assert_str_eq(comma.explained, point.explained);
    ck_assert_str_eq(comma.plan, point.plan);
    ck_assert_mem_eq(comma.out, point.out, sizeof point.out);
    sample_close(&s);
}
END_TEST

int main(void)
{
    if (!use_comma()) {
        fprintf(stderr, "no locale with a decimal comma can be had here\n");
        clean_up();
        return SKIPPED;
    }
    TCase *tc = tcase_create("locale");
    tcase_add_test(tc, a_locale_changes_neither_bits_nor_text);
    const int status = run_tests(tc, "api/locale");
    clean_up();
    return status;
}
