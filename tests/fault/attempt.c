/* attempt.c: from a context to results. */
#include "attempt.h"

#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

static struct sample sample;
static struct uploaded device;

void attempt_open(void)
{
    sample = sample_open("h2/1 q9 k20 d8 w5,1 lse", 1);
    device = upload(&sample);
}

void attempt_close(void)
{
    release(&device);
    sample_close(&sample);
}

static bool stands(struct attempt *a, const char *step, oriel_status status)
{
    a->step = step;
    a->status = status;
    if (status != ORIEL_OK)
        a->error = *oriel_last_error();
    return status == ORIEL_OK;
}

struct attempt attempt(const char *cache, const char *plan_text, bool named)
{
    struct attempt a = {.right = true};
    oriel_context *context = UNTOUCHED;
    oriel_plan *plan = UNTOUCHED;
    cl_event done = UNTOUCHED;
    oriel_context_desc desc = {.size = sizeof desc, .cache_dir = cache};
    if (named)
        desc.context = fixture()->cl;

    if (!stands(&a, "context", oriel_context_create(&context, &desc))) {
        a.right = context == UNTOUCHED;
        return a;
    }
    if (!stands(
            &a, "plan",
            oriel_plan_create(&plan, context, &sample.problem,
                              ORIEL_PLAN_OPTIONS(.plan_text = plan_text)))) {
        a.right = plan == UNTOUCHED;
        goto done;
    }
    sample_mark(&sample);
    if (!stands(&a, "attend", oriel_attend(plan, &sample.call)))
        goto done;
    a.right = sample_is_right(&sample);
    if (named && !stands(&a, "enqueue",
                         oriel_enqueue(plan, fixture()->queue, &device.call, 0,
                                       NULL, &done)))
        a.right &= done == UNTOUCHED;

done:
    if (done != UNTOUCHED)
        clReleaseEvent(done);
    if (plan != UNTOUCHED)
        oriel_plan_destroy(plan);
    oriel_context_destroy(context);
    return a;
}
