/* dlopen_child.c: one process of test_lifetime.c: loads liboriel, whose path is
 * its argument, computes, unloads it, and does so again. */
#include <oriel/oriel.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef oriel_status (*context_create)(oriel_context **,
                                       const oriel_context_desc *);
typedef oriel_status (*plan_create)(oriel_plan **, oriel_context *,
                                    const oriel_problem *,
                                    const oriel_plan_options *);
typedef oriel_status (*attend)(const oriel_plan *, const oriel_call *);
typedef void (*plan_destroy)(oriel_plan *);
typedef void (*context_destroy)(oriel_context *);

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "no %s\n", name);
        exit(EXIT_FAILURE);
    }
    return symbol;
}

/* C has no cast from an object pointer to a function pointer. */
#define FIND(type, library, name)                                              \
    (*(type *)(void *)&(void *) {find(library, name)})

static int work(void *library)
{
    float rows[64], out[64] = {0};
    oriel_context *context = NULL;
    oriel_plan *plan = NULL;
    for (int n = 0; n < 64; n++)
        rows[n] = 1.0f;
    oriel_status status = FIND(context_create, library, "oriel_context_create")(
        &context, ORIEL_CONTEXT_DESC(.cache_dir = ""));
    if (status == ORIEL_OK)
        status = FIND(plan_create, library, "oriel_plan_create")(
            &plan, context,
            ORIEL_PROBLEM(.heads = 1, .queries = 8, .head_dim = 8, .left = 3),
            ORIEL_PLAN_OPTIONS(.plan_text = "row g16 k0"));
    if (status == ORIEL_OK)
        status = FIND(attend, library, "oriel_attend")(
            plan, ORIEL_CALL(.q.pointer = rows, .k.pointer = rows,
                             .v.pointer = rows, .out.pointer = out));
    FIND(plan_destroy, library, "oriel_plan_destroy")(plan);
    FIND(context_destroy, library, "oriel_context_destroy")(context);
    return status == ORIEL_OK && out[0] > 0.99f && out[63] > 0.99f;
}

int main(int count, char **arguments)
{
    for (int turn = 0; turn < 2; turn++) {
        void *library =
            count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
        if (!library) {
            fprintf(stderr, "%s\n", count == 2 ? dlerror() : "no path");
            return EXIT_FAILURE;
        }
        if (!work(library) || dlclose(library) != 0)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
