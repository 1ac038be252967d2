/* run_problem.c: the command line and the shapes of files say what to
 * compute. */
#include "run.h"
#include "tensor_file.h"

#include "base/error.h"
#include "base/text.h"
#include "model/elem.h"

#include <assert.h>
#include <string.h>

/* What a PROBLEM says itself, and how. */
static const struct {
    const char *option, *word;
} said[] = {
    {"layout", "bshd"},  {"window", "wL,R"},   {"causal", "winf,0"},
    {"align", "endN"},   {"origin", "at Q,K"}, {"scale", "scaleX"},
    {"softcap", "capX"}, {"type", "f16"},      {"k-type", "kf16"},
    {"v-type", "vf16"},  {"out-type", "of32"},
};

static const char *const tensor_name[3] = {"q", "k", "v"};

/* Axes of a file, whatever its layout and rank. */
struct shape {
    int64_t batch, heads, rows, dim;
};

static struct shape shape_of(const struct array *a, bool rows_first)
{
    int64_t axis[ARRAY_RANK] = {1, 1, 1, 1};
    if (rows_first && a->rank == 2) {
        axis[1] = a->shape[0];
        axis[3] = a->shape[1];
    } else {
        for (int i = 0; i < a->rank; i++)
            axis[ARRAY_RANK - a->rank + i] = a->shape[i];
    }
    return (struct shape) {.batch = axis[0],
                           .heads = axis[rows_first ? 2 : 1],
                           .rows = axis[rows_first ? 1 : 2],
                           .dim = axis[3]};
}

static oriel_status read_type(const struct arguments *a, const char *option,
                              uint32_t *out)
{
    const char *text = argument(a, option);
    *out = 0;
    if (!text)
        return ORIEL_OK;
    for (uint32_t type = ORIEL_F32; type <= ORIEL_BF16; type++)
        if (!strcmp(text, orl_elem_name(type)))
            *out = type;
    return *out ? ORIEL_OK
                : orl_fail(ORIEL_E_ARGUMENT,
                           "--%s %.40s: f32, f16 or bf16 is expected", option,
                           text);
}

static oriel_status read_types(const struct run *r, oriel_problem *p)
{
    const struct arguments *a = r->a;
    ORL_TRY(read_type(a, "type", &p->type));
    ORL_TRY(read_type(a, "k-type", &p->k_type));
    ORL_TRY(read_type(a, "v-type", &p->v_type));
    ORL_TRY(read_type(a, "out-type", &p->out_type));
    const uint32_t own[3] = {p->type, p->k_type, p->v_type};
    for (int i = 0; i < 3; i++) {
        const enum array_type type = r->file[i].type;
        if (type == ARRAY_I4 || type == ARRAY_I8)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s has dtype %s; f4, f2, or u2 with --type bf16 "
                            "is expected",
                            tensor_name[i], array_type_name(type));
        if (type == ARRAY_U2 && p->type != ORIEL_BF16 && own[i] != ORIEL_BF16)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s has dtype u2, which holds bf16 only where "
                            "--type bf16 says so",
                            tensor_name[i]);
    }
    if (!p->type)
        p->type = r->file[RUN_Q].type == ARRAY_F4   ? ORIEL_F32
                  : r->file[RUN_Q].type == ARRAY_F2 ? ORIEL_F16
                                                    : ORIEL_BF16;
    return ORIEL_OK;
}

static oriel_status read_window(const struct arguments *a, oriel_problem *p)
{
    const char *window = argument(a, "window");
    const bool causal = argument(a, "causal") != NULL;
    if (!window && !causal)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "which keys shall a row see? --window L,R (127,0: its "
                        "own and 127 before it; inf,inf: all) or --causal");
    p->left = ORIEL_UNBOUNDED;
    p->right = ORIEL_UNBOUNDED;
    if (window)
        ORL_TRY(option_pair("window", window, true, &p->left, &p->right));
    if (causal && p->right > 0)
        p->right = 0;
    return ORIEL_OK;
}

static oriel_status read_positions(const struct arguments *a, oriel_problem *p)
{
    ORL_TRY(arguments_exclude(a, "align", "origin"));
    const char *align = argument(a, "align"), *origin = argument(a, "origin");
    if (origin) {
        p->align = ORIEL_ALIGN_START;
        return option_pair("origin", origin, false, &p->query_origin,
                           &p->key_origin);
    }
    if (!align)
        return ORIEL_OK;
    struct scan s = {align, align};
    if (!strcmp(align, "start")) {
        p->align = ORIEL_ALIGN_START;
        return ORIEL_OK;
    }
    if (!orl_scan_literal(&s, "end") ||
        (*s.at && (!orl_scan_int64(&s, &p->query_origin) || *s.at)))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--align %.40s: end, endN (such as end-8) or start is "
                        "expected",
                        align);
    return ORIEL_OK;
}

static oriel_status read_numbers(const struct arguments *a, oriel_problem *p)
{
    const struct {
        const char *option;
        float *out;
    } numbers[] = {{"scale", &p->scale}, {"softcap", &p->softcap}};
    for (int i = 0; i < 2; i++) {
        const char *text = argument(a, numbers[i].option);
        double value = 0;
        if (!text)
            continue;
        ORL_TRY(option_positive(numbers[i].option, text, &value));
        *numbers[i].out = (float)value;
        if (*numbers[i].out <= 0 || *numbers[i].out > 3.4028235e38f)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s %.40s is not a number above 0 in 32 bits",
                            numbers[i].option, text);
    }
    return ORIEL_OK;
}

static oriel_strides strides_of(struct shape s, bool rows_first)
{
    return (oriel_strides) {
        .batch = s.heads * s.rows * s.dim,
        .head = rows_first ? s.dim : s.rows * s.dim,
        .row = rows_first ? s.heads * s.dim : s.dim,
        .dim = 1,
    };
}

static oriel_status read_tensors(struct run *r)
{
    const char *in = argument(r->a, "in");
    for (int i = 0; i < 3; i++) {
        const char *place = argument(r->a, tensor_name[i]);
        if (in && place)
            return arguments_exclude(r->a, "in", tensor_name[i]);
        if (!in && !place)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s F is missing: q, k and v are needed, or --in "
                            "F with all three",
                            tensor_name[i]);
        ORL_TRY(tensor_file_read(&r->file[i], in ? in : place,
                                 in ? tensor_name[i] : NULL));
        if (r->file[i].rank < 2)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s has rank 1; 2 (rows, dim), 3 or 4 is expected",
                            tensor_name[i]);
        if (r->file[i].rank != r->file[0].rank)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "%s has rank %d and q has rank %d; all have the "
                            "same",
                            tensor_name[i], r->file[i].rank, r->file[0].rank);
    }
    r->rank = r->file[0].rank;
    return ORIEL_OK;
}

/* k must have q's batch and dim, v k's batch, heads and rows. */
static oriel_status compare_shapes(const struct run *r, const struct shape s[3])
{
    char text[3][ARRAY_SHAPE_TEXT];
    for (int i = 0; i < 3; i++)
        array_shape_text(&r->file[i], text[i]);
    const char *fault =
        s[RUN_K].batch != s[RUN_Q].batch   ? "batch of k is not that of q"
        : s[RUN_V].batch != s[RUN_Q].batch ? "batch of v is not that of q"
        : s[RUN_K].dim != s[RUN_Q].dim     ? "dim of k is not that of q"
        : s[RUN_V].heads != s[RUN_K].heads ? "heads of v are not those of k"
        : s[RUN_V].rows != s[RUN_K].rows   ? "rows of v are not those of k"
        : s[RUN_Q].heads % s[RUN_K].heads
            ? "heads of k do not divide those of q"
            : NULL;
    return !fault
               ? ORIEL_OK
               : orl_fail(ORIEL_E_ARGUMENT, "%s (layout %s): q %s, k %s, v %s",
                          fault, r->rows_first ? "bshd" : "bhsd", text[0],
                          text[1], text[2]);
}

static oriel_status from_files(struct run *r, oriel_problem *p)
{
    const char *layout = argument(r->a, "layout");
    if (layout && strcmp(layout, "bhsd") != 0 && strcmp(layout, "bshd") != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--layout %.40s: bhsd or bshd is expected", layout);
    r->rows_first = layout && !strcmp(layout, "bshd");
    ORL_TRY(read_window(r->a, p));
    ORL_TRY(read_positions(r->a, p));
    ORL_TRY(read_numbers(r->a, p));
    ORL_TRY(read_tensors(r));
    ORL_TRY(read_types(r, p));

    struct shape s[3];
    for (int i = 0; i < 3; i++)
        s[i] = shape_of(&r->file[i], r->rows_first);
    ORL_TRY(compare_shapes(r, s));
    p->batch = s[RUN_Q].batch;
    p->heads = s[RUN_Q].heads;
    p->kv_heads = s[RUN_K].heads;
    p->queries = s[RUN_Q].rows;
    p->keys = s[RUN_K].rows;
    p->head_dim = s[RUN_Q].dim;
    p->v_dim = s[RUN_V].dim;
    if (r->rows_first) {
        struct shape out = s[RUN_Q];
        out.dim = p->v_dim;
        p->q = strides_of(s[RUN_Q], true);
        p->k = strides_of(s[RUN_K], true);
        p->v = strides_of(s[RUN_V], true);
        p->out = strides_of(out, true);
    }
    return ORIEL_OK;
}

static oriel_status from_text(struct run *r, oriel_problem *p)
{
    const struct arguments *a = r->a;
    static const char *const files[] = {"in", "q", "k", "v"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (argument(a, files[i]))
            return orl_fail(ORIEL_E_ARGUMENT,
                            "a PROBLEM runs on random numbers; with --%s leave "
                            "it out",
                            files[i]);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (argument(a, said[i].option))
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s is for files; the PROBLEM says it with a "
                            "word such as %s",
                            said[i].option, said[i].word);
    r->rank = ARRAY_RANK;
    return orl_problem_parse(p, a->word[0]);
}

static oriel_status read_limits(struct run *r, oriel_problem *p)
{
    static const char *const option[2] = {"key-begin", "key-end"};
    for (int i = 0; i < 2; i++) {
        const char *place = argument(r->a, option[i]);
        if (!place)
            continue;
        struct array *a = &r->limit_file[i];
        ORL_TRY(tensor_file_read(a, place, NULL));
        if (a->type != ARRAY_I4 && a->type != ARRAY_I8)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s has dtype %s; i4 or i8 is expected",
                            option[i], array_type_name(a->type));
        const int64_t batch = p->batch ? p->batch : 1;
        if (a->rank != 1 || a->shape[0] != batch) {
            char text[ARRAY_SHAPE_TEXT];
            array_shape_text(a, text);
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s has shape %s; [%lld], one number for each "
                            "batch entry, is expected",
                            option[i], text, (long long)batch);
        }
        p->extras |= ORIEL_EXTRA_KEY_RANGE;
    }
    return ORIEL_OK;
}

static bool is_rows_first(const struct tensor *t)
{
    return t->row > t->head && t->head > 0;
}

oriel_status run_problem(struct run *r)
{
    oriel_problem p = {.size = sizeof p};
    int64_t seed = 0;
    if (argument(r->a, "seed"))
        ORL_TRY(
            option_int64("seed", argument(r->a, "seed"), 0, INT64_MAX, &seed));
    r->seed = (uint64_t)seed;
    ORL_TRY(r->a->words ? from_text(r, &p) : from_files(r, &p));
    ORL_TRY(read_limits(r, &p));
    if (argument(r->a, "lse"))
        p.extras |= ORIEL_EXTRA_LSE;
    ORL_TRY(orl_problem_check(&r->problem, &p));
    if (r->a->words)
        r->rows_first = is_rows_first(&r->problem.out);
    const size_t length =
        orl_problem_print(&r->problem, r->text, sizeof r->text);
    assert(length < sizeof r->text);
    (void)length;
    return ORIEL_OK;
}
