/* embed.c: 8 heads of 4096 rows; a row attends to itself and 127 before it. */
#include <oriel/oriel.h>
#include <stdio.h>

enum { HEADS = 8, ROWS = 4096, DIM = 64, COUNT = HEADS * ROWS * DIM };
static float q[COUNT], k[COUNT], v[COUNT], out[COUNT];

int main(void)
{
    for (int n = 0; n < COUNT; n++)
        v[n] = (float)(n / DIM % ROWS); /* a value is the number of its row */

    oriel_context *context = NULL; /* a device */
    oriel_plan *plan = NULL; /* a compiled problem: make once, call often */
    const oriel_problem *problem =
        ORIEL_PROBLEM(.heads = HEADS, .queries = ROWS, .head_dim = DIM,
                      .left = 127);
    const oriel_call *call = ORIEL_CALL(.q.pointer = q, .k.pointer = k,
                                        .v.pointer = v, .out.pointer = out);
    if (oriel_context_create(&context, NULL) != ORIEL_OK ||
        oriel_plan_create(&plan, context, problem, NULL) != ORIEL_OK ||
        oriel_attend(plan, call) != ORIEL_OK) {
        fprintf(stderr, "%s\n", oriel_last_error()->message);
        return 1;
    }
    printf("the last row averages rows 3968 to 4095: %g\n", out[COUNT - 1]);
    oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    return 0;
}
