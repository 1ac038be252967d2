/* link.c: the least an application does with an installed Oriel: it finds the
 * header and the library, and computes the mean of nothing. */
#include <oriel/oriel.h>

#include <stdio.h>

int main(void)
{
    float rows[64] = {0}, out[64] = {1};
    oriel_context *context = NULL;
    oriel_plan *plan = NULL;
    oriel_status status =
        oriel_context_create(&context, ORIEL_CONTEXT_DESC(.cache_dir = ""));
    if (status == ORIEL_OK)
        status = oriel_plan_create(
            &plan, context,
            ORIEL_PROBLEM(.heads = 1, .queries = 8, .head_dim = 8, .left = 3),
            ORIEL_PLAN_OPTIONS(.plan_text = "row g16 k0"));
    if (status == ORIEL_OK)
        status = oriel_attend(
            plan, ORIEL_CALL(.q.pointer = rows, .k.pointer = rows,
                             .v.pointer = rows, .out.pointer = out));
    if (status != ORIEL_OK)
        fprintf(stderr, "%s\n", oriel_last_error()->message);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    return status == ORIEL_OK && out[0] == 0.0f ? 0 : 1;
}
