/* source.c: plan -> kernel text and build options. */
#include "cl/source.h"

#include "base/text.h"
#include "cl/embedded.h"
#include "model/matrix.h"

#include <assert.h>
#include <string.h>

const char *orl_source_text(const char *name, size_t *length)
{
    const struct embedded *e = orl_embedded;
    while (e->name && strcmp(e->name, name) != 0)
        e++;
    assert(e->name);
    *length = e->length;
    return e->text;
}

/* Queries, scores and sums of Intel's unit take more than the 128 registers of
 * a thread; with 256, half as many threads run. Every GPU that has the unit can
 * do that. */
static const char *large_file(const struct plan *plan)
{
    const int32_t engine = orl_plan_word(plan, "ENGINE");
    const bool intel = engine == ENGINE_DPAS16 || engine == ENGINE_DPAS8;
    return intel && !orl_plan_word(plan, "PORTABLE")
               ? " -cl-intel-256-GRF-per-thread"
               : "";
}

void orl_source_options(const struct plan *plan, const struct device *d,
                        char options[ORL_OPTIONS_TEXT])
{
    const struct variant *v = &plan->variant;
    struct text t = orl_text(options, ORL_OPTIONS_TEXT);
    orl_text_add(&t,
                 "-cl-std=CL1.2 -w -DHEAD_DIM=%d -DV_DIM=%d -DQ_TYPE=%u "
                 "-DK_TYPE=%u -DV_TYPE=%u -DOUT_TYPE=%u -DSOFTCAP=%d "
                 "-DFUSED=%d",
                 (int)v->head_dim, (int)v->v_dim, (unsigned)v->q_type,
                 (unsigned)v->k_type, (unsigned)v->v_type,
                 (unsigned)v->out_type, (int)v->softcap, !d->emulated_fma);
    for (int n = 0; plan->family->words[n].text; n++)
        orl_text_add(&t, " -D%s=%d", plan->family->words[n].define,
                     (int)plan->word[n]);
    if (d->sub_groups == 16)
        orl_text_add(&t, " -DLEAST_SUB_GROUP=16");
    orl_text_add(&t, "%s", large_file(plan));
    assert(t.length < ORL_OPTIONS_TEXT);
}
