/* cache_child.c: one process of test_cache.c: plans, computes, and prints what
 * it took:
 *
 *     cache_child FOLDER     FOLDER "-": the default one
 *
 * $CHILD_DRIVER, $CHILD_PLATFORM and $CHILD_VERSION are what device, platform
 * and Oriel say of their versions; $CHILD_REFUSES names an OpenCL function that
 * fails; $CHILD_USER is a user to become. The last line is "status sum source
 * binary"; lines of the log come before it.
 */
#define _DEFAULT_SOURCE
#include "layer.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Takes the place of the library's: a program's own definition comes first. */
const char *oriel_version(void)
{
    const char *version = getenv("CHILD_VERSION");
    return version ? version : "0.0.0";
}

static void print_line(void *user, oriel_log_level level, const char *line)
{
    (void)user;
    printf("log %d: %s\n", (int)level, line);
}

static unsigned long sum_of(const unsigned char *bytes, size_t size)
{
    unsigned long sum = 5381;
    for (size_t n = 0; n < size; n++)
        sum = sum * 33 + bytes[n];
    return sum;
}

static void become(const char *user)
{
    if (setuid((uid_t)strtoul(user, NULL, 10)) != 0)
        exit(EXIT_FAILURE);
}

/* 0, or how it failed. */
static int run(struct sample *s, const char *folder)
{
    oriel_context *context = NULL;
    oriel_plan *plan = NULL;
    const oriel_context_desc desc = {.size = sizeof desc,
                                     .cache_dir =
                                         strcmp(folder, "-") ? folder : NULL,
                                     .log = print_line};
    const oriel_plan_options options = {.size = sizeof options,
                                        .plan_text = "row g16 k0"};
    oriel_status status = oriel_context_create(&context, &desc);
    if (status == ORIEL_OK)
        status = oriel_plan_create(&plan, context, &s->problem, &options);
    if (status == ORIEL_OK)
        status = oriel_attend(plan, &s->call);
    if (status != ORIEL_OK)
        printf("%s\n", oriel_last_error()->message);
    else if (!sample_is_right(s))
        printf("wrong: %s\n", s->why);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    return status;
}

int main(int count, char **arguments)
{
    const char *user = getenv("CHILD_USER");
    if (count != 2)
        return EXIT_FAILURE;
    if (user)
        become(user);
    layer_open();
    layer_answer(getenv("CHILD_DRIVER"), getenv("CHILD_PLATFORM"));
    layer_fail_all(getenv("CHILD_REFUSES"), CL_INVALID_BINARY);

    struct sample s = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
    const int status = run(&s, arguments[1]);
    printf("%d %lx %ld %ld\n", status,
           sum_of(s.array[SAMPLE_OUT].at, s.array[SAMPLE_OUT].bytes),
           layer_count("clCreateProgramWithSource"),
           layer_count("clCreateProgramWithBinary"));
    sample_close(&s);
    return EXIT_SUCCESS;
}
