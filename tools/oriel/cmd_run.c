/* cmd_run.c: `oriel run`: attention on files, or on random numbers. */
#include "commands.h"
#include "device_pick.h"
#include "run.h"

#include "base/error.h"
#include "cl/probe.h"
#include "reference/blas.h"

static const struct option options[] = {
    {"q", "F", "queries: F.npy, F.npz:NAME or F.safetensors:NAME"},
    {"k", "F", "keys"},
    {"v", "F", "values"},
    {"in", "F", "all three: members q, k, v of F.npz or F.safetensors"},
    {"layout", "bhsd|bshd", "order of the axes of files (default bhsd)"},
    {"window", "L,R", "keys a row sees: L before its position to R after it"},
    {"causal", NULL, "none after it; alone it is --window inf,0"},
    {"align", "end|endN|start", "last query on last key (default), N after it"},
    {"origin", "Q,K", "positions of query row 0 and key row 0"},
    {"scale", "X", "of scores (default 1/sqrt(dim))"},
    {"softcap", "X", "X tanh(score / X)"},
    {"type", "T", "f32, f16, bf16 on the device (default: that of q)"},
    {"k-type", "T", "of k, where it differs"},
    {"v-type", "T", "of v"},
    {"out-type", "T", "of the result"},
    {"key-begin", "F", "first valid key row of each batch entry (i4, i8)"},
    {"key-end", "F", "one past its last"},
    {"out", "F", "write the result as .npy"},
    {"lse", "F", "write the log of the sum of each row as .npy"},
    {"check", NULL, "compare with attention in double precision"},
    {"expect", "F", "compare with a result from elsewhere (f4)"},
    {"tolerance", "X", "for --expect (default: the bound of --check)"},
    {"reference", NULL, "with --check: compare with CLBlast's GEMMs too"},
    {"plan", "TEXT", "force a plan, as oriel explain prints it"},
    {"repeat", "N", "time N runs, and the device's peak before each"},
    {"timing", NULL, "print how long the making of the plan took, too"},
    {"seed", "N", "of the random numbers (default 0)"},
    {"device", "TEXT", "part of a name, or a number of oriel devices"},
    {"json", NULL, "print one JSON object"},
    {NULL, NULL, NULL},
};

static oriel_status check_options(const struct arguments *a)
{
    if (!argument(a, "reference"))
        return ORIEL_OK;
    if (!argument(a, "check"))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--reference belongs to --check, which is missing");
    if (!blas_built())
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--reference: this oriel was built without CLBlast");
    return ORIEL_OK;
}

/* What can be refused without a device is refused first, then what can be
 * refused without work. */
static oriel_status steps(struct run *r)
{
    ORL_TRY(check_options(r->a));
    ORL_TRY(run_outputs_possible(r));
    ORL_TRY(run_problem(r));
    ORL_TRY(run_expectation(r));
    ORL_TRY(device_pick(&r->id, argument(r->a, "device")));
    orl_probe(&r->device, r->id);
    ORL_TRY(run_fits(r));
    ORL_TRY(run_inputs(r));
    ORL_TRY(run_execute(r));
    ORL_TRY(run_check(r));
    ORL_TRY(run_outputs(r));
    return run_report(r);
}

static oriel_status run(const struct arguments *a, bool *failed)
{
    struct run r = {.a = a};
    const oriel_status status = steps(&r);
    *failed = r.failed;
    run_free(&r);
    return status;
}

const struct command command_run = {
    .name = "run",
    .words = "[PROBLEM]",
    .summary = "Attention on files; with a PROBLEM, on seeded random numbers.",
    .options = options,
    .run = run,
};
