/* test_descriptors.c: descriptors of older and newer callers, and broken ones.
 */
#include "fixture.h"

#include <string.h>

/* What a later Oriel may append to a descriptor. */
#define NEWER(type)                                                            \
    struct {                                                                   \
        type known;                                                            \
        uint64_t later[4];                                                     \
    }

static const oriel_problem small = {
    .size = sizeof small, .heads = 1, .queries = 8, .head_dim = 8, .left = 3};

static oriel_status plan_with(const void *problem, const void *options)
{
    oriel_plan *plan = NULL;
    const oriel_status status =
        oriel_plan_create(&plan, fixture()->oriel, problem, options);
    ck_assert_int_eq(plan != NULL, status == ORIEL_OK);
    oriel_plan_destroy(plan);
    return status;
}

static oriel_status context_with(const void *desc)
{
    oriel_context *context = NULL;
    const oriel_status status = oriel_context_create(&context, desc);
    ck_assert_int_eq(context != NULL, status == ORIEL_OK);
    oriel_context_destroy(context);
    return status;
}

START_TEST(a_shorter_problem_reads_as_zeros_beyond_its_end)
{
    oriel_problem p = small;
    p.size = offsetof(oriel_problem, scale);
    p.scale = -1.0f; /* not read: it lies beyond */
    p.softcap = -1.0f;
    must(plan_with(&p, NULL));

    p.size = offsetof(oriel_problem, softcap);
    refused(plan_with(&p, NULL), ORIEL_E_ARGUMENT, "scale");
    p.scale = 1.0f;
    must(plan_with(&p, NULL));
    p.size = sizeof p;
    refused(plan_with(&p, NULL), ORIEL_E_ARGUMENT, "softcap");
}
END_TEST

START_TEST(a_shorter_context_desc_reads_as_zeros_beyond_its_end)
{
    oriel_context_desc d = {
        .size = offsetof(oriel_context_desc, log),
        .context = fixture()->cl,
        .cache_dir = "",
        .log = (void (*)(void *, oriel_log_level, const char *))(uintptr_t)1,
    };
    must(context_with(&d)); /* would call address 1 */
}
END_TEST

START_TEST(shorter_options_read_as_zeros_beyond_their_end)
{
    const oriel_plan_options o = {.size =
                                      offsetof(oriel_plan_options, plan_text),
                                  .plan_text = "no such plan"};
    must(plan_with(&small, &o));
}
END_TEST

START_TEST(a_shorter_call_reads_as_zeros_beyond_its_end)
{
    float row[64] = {0}, out[64];
    oriel_plan *plan = plan_of(&small, ROW);
    oriel_call c = {.size = offsetof(oriel_call, workspace),
                    .q.pointer = row,
                    .k.pointer = row,
                    .v.pointer = row,
                    .out.pointer = out,
                    .lse.pointer = out};
    must(oriel_attend(plan, &c));
    c.size = sizeof c;
    refused(oriel_attend(plan, &c), ORIEL_E_ARGUMENT, "lse");
    oriel_plan_destroy(plan);
}
END_TEST

START_TEST(a_longer_problem_is_taken_if_its_tail_is_zero)
{
    NEWER(oriel_problem) p = {.known = small};
    p.known.size = sizeof p;
    must(plan_with(&p, NULL));
    p.later[3] = 1;
    refused(plan_with(&p, NULL), ORIEL_E_TOO_NEW, "oriel_problem");
    p.known.size = offsetof(oriel_problem, softcap) + 4 + 24;
    must(plan_with(&p, NULL)); /* the field lies beyond its end */
}
END_TEST

START_TEST(a_longer_context_desc_is_taken_if_its_tail_is_zero)
{
    NEWER(oriel_context_desc)
    d = {.known = {.context = fixture()->cl, .cache_dir = ""}};
    d.known.size = sizeof d;
    must(context_with(&d));
    d.later[0] = UINT64_C(1) << 63;
    refused(context_with(&d), ORIEL_E_TOO_NEW, "oriel_context_desc");
}
END_TEST

START_TEST(longer_options_are_taken_if_their_tail_is_zero)
{
    NEWER(oriel_plan_options) o = {.known = {.plan_text = ROW}};
    o.known.size = sizeof o;
    must(plan_with(&small, &o));
    o.later[1] = 256;
    refused(plan_with(&small, &o), ORIEL_E_TOO_NEW, "oriel_plan_options");
    refused(oriel_explain(fixture()->oriel, &small,
                          (const oriel_plan_options *)&o, NULL, NULL),
            ORIEL_E_TOO_NEW, "oriel_plan_options");
}
END_TEST

START_TEST(a_longer_call_is_taken_if_its_tail_is_zero)
{
    float row[64] = {0}, out[64];
    oriel_plan *plan = plan_of(&small, ROW);
    NEWER(oriel_call)
    c = {.known = {.q.pointer = row,
                   .k.pointer = row,
                   .v.pointer = row,
                   .out.pointer = out}};
    c.known.size = sizeof c;
    must(oriel_attend(plan, (const oriel_call *)&c));
    c.later[2] = 7;
    refused(oriel_attend(plan, (const oriel_call *)&c), ORIEL_E_TOO_NEW,
            "oriel_call");
    refused(oriel_enqueue(plan, fixture()->queue, (const oriel_call *)&c, 0,
                          NULL, NULL),
            ORIEL_E_TOO_NEW, "oriel_call");
    oriel_plan_destroy(plan);
}
END_TEST

START_TEST(a_size_that_was_never_set_is_refused)
{
    static const uint32_t sizes[] = {0, 1, 7, 5000, UINT32_MAX};
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        oriel_problem p = small;
        p.size = sizes[n];
        refused(plan_with(&p, NULL), ORIEL_E_ARGUMENT, "oriel_problem.size");
        refused(oriel_explain(fixture()->oriel, &p, NULL, NULL, NULL),
                ORIEL_E_ARGUMENT, "oriel_problem.size");
        const oriel_plan_options o = {.size = sizes[n]};
        refused(plan_with(&small, &o), ORIEL_E_ARGUMENT,
                "oriel_plan_options.size");
        const oriel_context_desc d = {.size = sizes[n]};
        refused(context_with(&d), ORIEL_E_ARGUMENT, "oriel_context_desc.size");
    }
}
END_TEST

START_TEST(a_call_whose_size_was_never_set_is_refused)
{
    oriel_plan *plan = plan_of(&small, ROW);
    const oriel_call c = {.size = 0};
    refused(oriel_attend(plan, &c), ORIEL_E_ARGUMENT, "oriel_call.size");
    refused(oriel_enqueue(plan, fixture()->queue, &c, 0, NULL, NULL),
            ORIEL_E_ARGUMENT, "oriel_call.size");
    oriel_plan_destroy(plan);
}
END_TEST

START_TEST(unknown_flags_are_refused)
{
    oriel_plan *plan = plan_of(&small, ROW);
    for (int bit = 0; bit < 32; bit++) {
        const uint32_t flag = 1u << bit;
        refused(context_with(ORIEL_CONTEXT_DESC(.flags = flag)),
                ORIEL_E_ARGUMENT, "oriel_context_desc.flags");
        refused(plan_with(&small, ORIEL_PLAN_OPTIONS(.flags = flag)),
                ORIEL_E_ARGUMENT, "oriel_plan_options.flags");
        refused(oriel_explain(fixture()->oriel, &small,
                              ORIEL_PLAN_OPTIONS(.flags = flag), NULL, NULL),
                ORIEL_E_ARGUMENT, "oriel_plan_options.flags");
        refused(oriel_attend(plan, ORIEL_CALL(.flags = flag)), ORIEL_E_ARGUMENT,
                "oriel_call.flags");
    }
    oriel_plan_destroy(plan);
}
END_TEST

START_TEST(a_missing_descriptor_is_refused)
{
    oriel_plan *plan = plan_of(&small, ROW);
    refused(plan_with(NULL, NULL), ORIEL_E_ARGUMENT, "oriel_problem is NULL");
    refused(oriel_explain(fixture()->oriel, NULL, NULL, NULL, NULL),
            ORIEL_E_ARGUMENT, "oriel_problem is NULL");
    refused(oriel_attend(plan, NULL), ORIEL_E_ARGUMENT, "oriel_call is NULL");
    refused(oriel_enqueue(plan, fixture()->queue, NULL, 0, NULL, NULL),
            ORIEL_E_ARGUMENT, "oriel_call is NULL");
    oriel_plan_destroy(plan);
}
END_TEST

/* A descriptor is read during the call and not kept. */
START_TEST(a_descriptor_may_vanish_after_the_call)
{
    char text[] = ROW, got[64];
    oriel_problem p = small;
    oriel_plan_options o = {.size = sizeof o, .plan_text = text};
    oriel_plan *plan = NULL;
    must(oriel_plan_create(&plan, fixture()->oriel, &p, &o));
    memset(&p, 0xA5, sizeof p);
    memset(&o, 0xA5, sizeof o);
    memset(text, 'x', sizeof text - 1);
    oriel_plan_text(plan, got, sizeof got);
    ck_assert_str_eq(got, ROW);

    struct sample s = sample_open("h1 q8 d8 w3,0", 5);
    attend_rightly(&s, plan);
    sample_close(&s);
    oriel_plan_destroy(plan);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("descriptors");
    tcase_add_test(tc, a_shorter_problem_reads_as_zeros_beyond_its_end);
    tcase_add_test(tc, a_shorter_context_desc_reads_as_zeros_beyond_its_end);
    tcase_add_test(tc, shorter_options_read_as_zeros_beyond_their_end);
    tcase_add_test(tc, a_shorter_call_reads_as_zeros_beyond_its_end);
    tcase_add_test(tc, a_longer_problem_is_taken_if_its_tail_is_zero);
    tcase_add_test(tc, a_longer_context_desc_is_taken_if_its_tail_is_zero);
    tcase_add_test(tc, longer_options_are_taken_if_their_tail_is_zero);
    tcase_add_test(tc, a_longer_call_is_taken_if_its_tail_is_zero);
    tcase_add_test(tc, a_size_that_was_never_set_is_refused);
    tcase_add_test(tc, a_call_whose_size_was_never_set_is_refused);
    tcase_add_test(tc, unknown_flags_are_refused);
    tcase_add_test(tc, a_missing_descriptor_is_refused);
    tcase_add_test(tc, a_descriptor_may_vanish_after_the_call);
    return run_tests(tc, "api/descriptors");
}
