/* problem_text.c: reading by the table of words, writing in one order. */
#include "model/problem_text.h"

#include "base/error.h"
#include "base/text.h"
#include "model/elem.h"
#include "model/problem_words.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------- */

struct reader {
    oriel_problem problem;
    struct scan line;
    const char *word; /* the one at hand */
    size_t length;
    uint32_t seen; /* bit n: enum thing n has been spoken of */
};

static oriel_status fail(const struct reader *r, const char *reason)
{
    return orl_scan_fail(&r->line, r->word, r->length, "%s", reason);
}

/* The word at hand begins as w and goes on in a way that w might, so that its
 * rule, rather than "unknown word", is worth telling. */
static bool resembles(const struct reader *r, const struct problem_word *w)
{
    const size_t begin = strlen(w->begin);
    if (begin == 0 || begin > r->length ||
        strncmp(r->word, w->begin, begin) != 0)
        return false;
    if (begin > 1 || begin == r->length)
        return true;
    const char *rest = r->word + begin;
    return strchr("+-.0123456789", *rest) || strncmp(rest, "inf", 3) == 0;
}

static oriel_status read_word(struct reader *r)
{
    const char *rule = "no word of a problem";
    for (const struct problem_word *w = orl_problem_words; w->begin; w++) {
        oriel_problem trial = r->problem;
        struct scan s = {r->line.begin, r->word};
        if (orl_scan_literal(&s, w->begin) &&
            w->read(&s, (char *)&trial + w->field) &&
            s.at == r->word + r->length) {
            const uint32_t bit = UINT32_C(1) << w->thing;
            if (r->seen & bit)
                return fail(r, "an earlier word has said that");
            r->seen |= bit;
            r->problem = trial;
            return ORIEL_OK;
        }
        if (resembles(r, w))
            rule = w->rule;
    }
    return fail(r, rule);
}

static bool next_word(struct reader *r)
{
    if (!orl_scan_word(&r->line, &r->word, &r->length))
        return false;
    const char *after;
    size_t length;
    if (r->length == 2 && strncmp(r->word, "at", 2) == 0 &&
        orl_scan_word(&r->line, &after, &length))
        r->length = (size_t)(after + length - r->word);
    return true;
}

static bool said(const struct reader *r, enum thing thing)
{
    return (r->seen >> thing & 1) != 0;
}

static oriel_status check_complete(const struct reader *r)
{
    static const struct {
        enum thing thing;
        const char *word;
    } required[] = {
        {HEADS, "hN, its query heads"},
        {QUERIES, "qN, its query rows"},
        {HEAD_DIM, "dN, its head dimension"},
        {WINDOW, "wLEFT,RIGHT, its window"},
    };
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (!said(r, required[i].thing))
            return orl_fail(ORIEL_E_ARGUMENT, "the problem lacks %s",
                            required[i].word);
    return ORIEL_OK;
}

/* Strides of [batch][row][head][dim] where no word gave others. */
static void lay_out_by_row(struct reader *r)
{
    oriel_problem *p = &r->problem;
    const int64_t kv_heads = p->kv_heads ? p->kv_heads : p->heads;
    const int64_t keys = p->keys ? p->keys : p->queries;
    const int64_t v_dim = p->v_dim ? p->v_dim : p->head_dim;
    if (!said(r, Q_STRIDES))
        p->q = orl_tensor_packed_by_row(p->heads, p->queries, p->head_dim);
    if (!said(r, K_STRIDES))
        p->k = orl_tensor_packed_by_row(kv_heads, keys, p->head_dim);
    if (!said(r, V_STRIDES))
        p->v = orl_tensor_packed_by_row(kv_heads, keys, v_dim);
    if (!said(r, OUT_STRIDES))
        p->out = orl_tensor_packed_by_row(p->heads, p->queries, v_dim);
}

oriel_status orl_problem_parse(oriel_problem *out, const char *text)
{
    struct reader r = {
        .problem = {.size = sizeof(oriel_problem)},
        .line = orl_scan(text),
    };
    while (next_word(&r))
        ORL_TRY(read_word(&r));
    ORL_TRY(check_complete(&r));
    if (said(&r, BY_ROW))
        lay_out_by_row(&r);
    *out = r.problem;
    return ORIEL_OK;
}

/* ---- Writing ------------------------------------------------------------- */

static void add_sizes(struct text *t, const struct problem *p)
{
    if (p->batch != 1)
        orl_text_add(t, "b%" PRId64 " ", p->batch);
    orl_text_add(t, "h%" PRId64, p->heads);
    if (p->kv_heads != p->heads)
        orl_text_add(t, "/%" PRId64, p->kv_heads);
    orl_text_add(t, " q%" PRId64, p->queries);
    if (p->keys != p->queries)
        orl_text_add(t, " k%" PRId64, p->keys);
    orl_text_add(t, " d%" PRId32, p->q.channels);
    if (p->v.channels != p->q.channels)
        orl_text_add(t, " v%" PRId32, p->v.channels);
}

static void add_reach(struct text *t, int64_t reach)
{
    if (reach == ORIEL_UNBOUNDED)
        orl_text_add(t, "inf");
    else
        orl_text_add(t, "%" PRId64, reach);
}

static void add_geometry(struct text *t, const struct problem *p)
{
    orl_text_add(t, " w");
    add_reach(t, p->left);
    orl_text_add(t, ",");
    add_reach(t, p->right);

    const bool origins = p->query_origin != 0 || p->key_origin != 0;
    if (p->align == ORIEL_ALIGN_START && !origins)
        orl_text_add(t, " start");
    else if (p->align == ORIEL_ALIGN_START)
        orl_text_add(t, " at %" PRId64 ",%" PRId64, p->query_origin,
                     p->key_origin);
    else if (origins)
        orl_text_add(t, " end%" PRId64, p->query_origin);
    if (p->align == ORIEL_ALIGN_END && p->key_origin != 0)
        orl_text_add(t, ",%" PRId64, p->key_origin);
}

static void add_types(struct text *t, const struct problem *p)
{
    const uint32_t type = p->q.type;
    if (type != ORIEL_F32)
        orl_text_add(t, " %s", orl_elem_name(type));
    if (p->k.type != type)
        orl_text_add(t, " k%s", orl_elem_name(p->k.type));
    if (p->v.type != type)
        orl_text_add(t, " v%s", orl_elem_name(p->v.type));
    if (p->out.type != type)
        orl_text_add(t, " o%s", orl_elem_name(p->out.type));
}

/* A tensor of the problem and the strides it would have by default. */
struct form {
    char letter;
    const struct tensor *tensor;
    int64_t heads, rows;
};

static void add_strides(struct text *t, const struct problem *p)
{
    const struct form form[] = {
        {'q', &p->q, p->heads, p->queries},
        {'k', &p->k, p->kv_heads, p->keys},
        {'v', &p->v, p->kv_heads, p->keys},
        {'o', &p->out, p->heads, p->queries},
    };
    enum { FORMS = sizeof form / sizeof form[0] };
    bool packed[FORMS], all_packed = true, all_by_row = true;
    for (int i = 0; i < FORMS; i++) {
        const struct form *f = &form[i];
        const oriel_strides s = orl_tensor_strides(f->tensor);
        const int64_t channels = f->tensor->channels;
        packed[i] = orl_strides_equal(
            s, orl_tensor_packed(f->heads, f->rows, channels));
        all_packed &= packed[i];
        all_by_row &= orl_strides_equal(
            s, orl_tensor_packed_by_row(f->heads, f->rows, channels));
    }
    if (all_packed)
        return;
    if (all_by_row) {
        orl_text_add(t, " bshd");
        return;
    }
    for (int i = 0; i < FORMS; i++) {
        const struct tensor *x = form[i].tensor;
        if (!packed[i])
            orl_text_add(t, " %cs:%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64,
                         form[i].letter, x->batch, x->head, x->row, x->dim);
    }
}

static void add_factor(struct text *t, const char *word, float value)
{
    orl_text_add(t, " %s", word);
    orl_text_add_float(t, value);
}

size_t orl_problem_print(const struct problem *p, char *buffer, size_t capacity)
{
    struct text t = orl_text(buffer, capacity);
    add_sizes(&t, p);
    add_geometry(&t, p);
    add_types(&t, p);
    add_strides(&t, p);
    if (p->scale != orl_problem_default_scale(p->q.channels))
        add_factor(&t, "scale", p->scale);
    if (p->softcap > 0)
        add_factor(&t, "cap", p->softcap);
    if (p->offset_align != 16)
        orl_text_add(&t, " off%" PRIu32, p->offset_align);
    if (p->extras & ORIEL_EXTRA_LSE)
        orl_text_add(&t, " lse");
    if (p->extras & ORIEL_EXTRA_KEY_RANGE)
        orl_text_add(&t, " ranges");
    return t.length;
}
