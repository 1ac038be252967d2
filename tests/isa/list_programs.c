/* list_programs.c: every program that GPUs are offered, for compilers that need
 * no device.
 *
 *     list_programs FOLDER
 *
 * writes FOLDER/<kernel>.cl, and a line for each program (of row, whose
 * programs differ in the size of a group alone, the first one):
 *
 *     class | problem | plan | options */
#include "base/error.h"
#include "cl/source.h"
#include "model/problem_text.h"
#include "plan/plan_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Devices with a matrix unit are offered what others are, too: that is listed
 * once. */
#define UNIT(of)                                                               \
    {                                                                          \
        .kind = DEVICE_GPU, .group_limit = 1024, .local_bytes = 64 << 10,      \
        .full_profile = 1, .little_endian = 1, .compiler = 1, .matrix = of     \
    }

static const struct {
    const char *name;
    struct device facts;
} classes[] = {
    {"mma", UNIT(ENGINE_MMA)},
    {"mma8", UNIT(ENGINE_MMA8)},
    {"wmma11", UNIT(ENGINE_WMMA11)},
    {"wmma12", UNIT(ENGINE_WMMA12)},
    {"mfma", UNIT(ENGINE_MFMA)},
    {"mfma8", UNIT(ENGINE_MFMA8)},
    {"wide",
     {.vendor = "NVIDIA Corporation",
      .name = "sm",
      .kind = DEVICE_GPU,
      .group_limit = 1024,
      .local_bytes = 48 << 10,
      .full_profile = 1,
      .little_endian = 1,
      .compiler = 1}},
    {"paired",
     {.vendor = "Advanced Micro Devices, Inc.",
      .name = "gfx90a",
      .kind = DEVICE_GPU,
      .group_limit = 1024,
      .local_bytes = 64 << 10,
      .full_profile = 1,
      .little_endian = 1,
      .compiler = 1}},
};

/* All head dimensions that presets tell apart; then what else a program is
 * compiled for: storage, softcap, heads that share keys, odd rows. */
static const char *const problems[] = {
    "h1 q4096 d32 w127,0",
    "h1 q4096 d64 w127,0",
    "h1 q4096 d80 w127,0",
    "h1 q4096 d96 w127,0",
    "h1 q4096 d128 w127,0",
    "h1 q4096 d256 w127,0",
    "h1 q4096 d512 w127,0",
    "h1 q4096 d64 w127,0 f16",
    "h4/1 q4096 d128 w127,0 bf16 cap30",
    "h1 q4096 d59 v111 w127,0",
    /* of matrix alone */
    "h1 q4096 d96 w127,0 f16",
    "h1 q4096 d128 w127,0 f16",
    "h1 q4096 d256 w127,0 f16",
    "h1 q4096 d59 v111 w127,0 bf16",
};

enum { COMMON = 10 }; /* problems, before those of matrix alone */

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "list_programs: %s\n", what);
    exit(EXIT_FAILURE);
}

static void write_text(const char *folder, const char *kernel)
{
    char path[4096];
    size_t length = 0;
    const char *text = orl_source_text(kernel, &length);
    snprintf(path, sizeof path, "%s/%s.cl", folder, kernel);
    FILE *file = fopen(path, "wb");
    need(file && fwrite(text, 1, length, file) == length && fclose(file) == 0,
         path);
}

static void list(const struct family *family, size_t at, int n)
{
    const char *problem = problems[at];
    const struct device *d = &classes[n].facts;
    oriel_problem wanted;
    struct problem p;
    struct plan_list plans = {0};
    need(orl_problem_parse(&wanted, problem) == ORIEL_OK &&
             orl_problem_check(&p, &wanted) == ORIEL_OK,
         problem);
    const bool matrix = strcmp(family->name, "matrix") == 0;
    if (!matrix && at >= COMMON)
        return;
    if (family->rejects(&p, d) || matrix != (d->matrix != 0))
        return;
    family->candidates(&p, d, &plans);
    const bool plain = strcmp(family->name, "row") == 0;
    for (int i = 0; i < (plain ? 1 : plans.count); i++) {
        char text[ORL_PLAN_TEXT], options[ORL_OPTIONS_TEXT];
        orl_plan_print(&plans.plan[i], text, sizeof text);
        orl_source_options(&plans.plan[i], d, options);
        printf("%s | %s | %s | %s\n", classes[n].name, problem, text, options);
    }
}

int main(int count, char **arguments)
{
    need(count == 2, "say where to write the texts of the kernels");
    for (int f = 0; orl_families[f]; f++) {
        write_text(arguments[1], orl_families[f]->name);
        for (size_t n = 0; n < sizeof classes / sizeof *classes; n++)
            for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
                list(orl_families[f], i, (int)n);
    }
    return EXIT_SUCCESS;
}
