/* list_programs.c: every program that GPUs are offered, for compilers that need
 * no device.
 *
 *     list_programs FOLDER
 *
 * writes FOLDER/<kernel>.cl, and a line for each program (of row and segment,
 * whose programs for a problem differ in the size of a group or of a segment
 * alone, the first one and the last):
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

/* Devices that broadcast in sub-groups of these sizes. */
#define LANES(sizes, kib)                                                      \
    {                                                                          \
        .vendor = "Intel(R) Corporation", .name = "Graphics",                  \
        .kind = DEVICE_GPU, .group_limit = 512, .local_bytes = (kib) << 10,    \
        .full_profile = 1, .little_endian = 1, .compiler = 1,                  \
        .item_registers = 128, .core_registers = 131072, .sub_groups = (sizes) \
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
    {"lanes8", LANES(8 | 16, 64)},
    {"lanes16", LANES(16, 128)},
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
static const char *const common[] = {
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
    NULL,
};

/* Further ones of matrix. */
static const char *const wide[] = {
    "h1 q4096 d96 w127,0 f16",
    "h1 q4096 d128 w127,0 f16",
    "h1 q4096 d256 w127,0 f16",
    "h1 q4096 d59 v111 w127,0 bf16",
    NULL,
};

/* The same of few queries: rows of a group from 1 to 16. */
static const char *const few[] = {
    "h1 q1 k4096 d64 winf,0",
    "h1 q1 k4096 d512 winf,0",
    "h4/1 q1 k4096 d128 winf,0",
    "h4/1 q1 k4096 d128 winf,0 f16",
    "h8/1 q1 k4096 d128 winf,0 bf16 cap30",
    "h8/1 q1 k4096 d256 winf,0 f16",
    "h3/1 q5 k4096 d59 v111 winf,0",
    "h1 q16 k4096 d64 winf,0",
    "h4/1 q4 k4096 d128 winf,0 f16",
    "h8/1 q2 k4096 d256 winf,0",
    NULL,
};

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

static void list(const struct family *family, const char *problem, int n)
{
    const struct device *d = &classes[n].facts;
    oriel_problem wanted;
    struct problem p;
    struct plan_list plans = {0};
    need(orl_problem_parse(&wanted, problem) == ORIEL_OK &&
             orl_problem_check(&p, &wanted) == ORIEL_OK,
         problem);
    const bool matrix = strcmp(family->name, "matrix") == 0;
    if (family->rejects(&p, d) || matrix != (d->matrix != 0))
        return;
    family->candidates(&p, d, &plans);
    const bool plain = strcmp(family->name, "row") == 0;
    const bool last = strcmp(family->name, "segment") == 0;
    for (int i = last ? plans.count - 1 : 0; i < (plain ? 1 : plans.count);
         i++) {
        char text[ORL_PLAN_TEXT], options[ORL_OPTIONS_TEXT];
        orl_plan_print(&plans.plan[i], text, sizeof text);
        orl_source_options(&plans.plan[i], d, options);
        printf("%s | %s | %s | %s\n", classes[n].name, problem, text, options);
    }
}

/* Every class of devices, problem by problem. */
static void list_all(const struct family *family, const char *const *texts)
{
    for (size_t n = 0; n < sizeof classes / sizeof *classes; n++)
        for (size_t i = 0; texts[i]; i++)
            list(family, texts[i], (int)n);
}

int main(int count, char **arguments)
{
    need(count == 2, "say where to write the texts of the kernels");
    for (int f = 0; orl_families[f]; f++) {
        const struct family *family = orl_families[f];
        write_text(arguments[1], family->name);
        list_all(family, strcmp(family->name, "segment") == 0 ? few : common);
        if (strcmp(family->name, "matrix") == 0)
            list_all(family, wide);
    }
    return EXIT_SUCCESS;
}
