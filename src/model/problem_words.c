/* problem_words.c: the words of a problem's text and how each is read. */
#include "model/problem_words.h"

#include "model/elem.h"

#include <math.h>
#include <stddef.h>

/* ---- What follows the first letters of a word ---------------------------- */

/* From 1: in the descriptor 0 would stand for a default. */
static bool read_size(struct scan *s, void *field)
{
    int64_t *size = field;
    return orl_scan_int64(s, size) && *size > 0;
}

static bool read_heads(struct scan *s, void *field)
{
    oriel_problem *p = field;
    if (!read_size(s, &p->heads))
        return false;
    return !orl_scan_literal(s, "/") || read_size(s, &p->kv_heads);
}

static bool read_reach(struct scan *s, int64_t *reach)
{
    if (!orl_scan_literal(s, "inf"))
        return orl_scan_int64(s, reach);
    *reach = ORIEL_UNBOUNDED;
    return true;
}

static bool read_window(struct scan *s, void *field)
{
    oriel_problem *p = field;
    return read_reach(s, &p->left) && orl_scan_literal(s, ",") &&
           read_reach(s, &p->right);
}

static bool read_origins(struct scan *s, oriel_problem *p)
{
    return orl_scan_int64(s, &p->query_origin) && orl_scan_literal(s, ",") &&
           orl_scan_int64(s, &p->key_origin);
}

static bool read_end(struct scan *s, void *field)
{
    oriel_problem *p = field;
    p->align = ORIEL_ALIGN_END;
    if (orl_scan_int64(s, &p->query_origin) && orl_scan_literal(s, ","))
        return orl_scan_int64(s, &p->key_origin);
    return true;
}

static bool read_start(struct scan *s, void *field)
{
    (void)s;
    oriel_problem *p = field;
    p->align = ORIEL_ALIGN_START;
    return true;
}

/* "at" has taken the word after it along. */
static bool read_at(struct scan *s, void *field)
{
    oriel_problem *p = field;
    p->align = ORIEL_ALIGN_START;
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')
        s->at++;
    return read_origins(s, p);
}

static bool read_type(struct scan *s, void *field)
{
    uint32_t *type = field;
    for (*type = ORIEL_F32; orl_elem_known(*type); ++*type)
        if (orl_scan_literal(s, orl_elem_name(*type)))
            return true;
    return false;
}

static bool read_strides(struct scan *s, void *field)
{
    oriel_strides *t = field;
    return orl_scan_int64(s, &t->batch) && orl_scan_literal(s, ",") &&
           orl_scan_int64(s, &t->head) && orl_scan_literal(s, ",") &&
           orl_scan_int64(s, &t->row) && orl_scan_literal(s, ",") &&
           orl_scan_int64(s, &t->dim);
}

/* As a float: a number too small for one would become 0, the default. */
static bool read_factor(struct scan *s, void *field)
{
    float *factor = field;
    double value;
    if (!orl_scan_double(s, &value))
        return false;
    *factor = (float)value;
    return isfinite(*factor) && *factor > 0;
}

static bool read_offset_align(struct scan *s, void *field)
{
    uint32_t *bytes = field;
    int64_t value;
    if (!read_size(s, &value) || value > UINT32_MAX)
        return false;
    *bytes = (uint32_t)value;
    return true;
}

static bool read_lse(struct scan *s, void *field)
{
    (void)s;
    uint32_t *extras = field;
    *extras |= ORIEL_EXTRA_LSE;
    return true;
}

static bool read_ranges(struct scan *s, void *field)
{
    (void)s;
    uint32_t *extras = field;
    *extras |= ORIEL_EXTRA_KEY_RANGE;
    return true;
}

static bool read_nothing(struct scan *s, void *field)
{
    (void)s;
    (void)field;
    return true;
}

static bool refuse(struct scan *s, void *field)
{
    (void)s;
    (void)field;
    return false;
}

/* ---- Words --------------------------------------------------------------- */

#define FIELD(name)    offsetof(oriel_problem, name)
#define SIZE_RULE(...) __VA_ARGS__ ", is a whole number from 1"
#define STRIDES_RULE   "strides are B,H,R,D in elements: four whole numbers"
#define TYPE_RULE      "a type is f32, f16 or bf16"
#define LATER_RULE     "this version does not have that yet"

/* Where a wrong word resembles several, the last one has the say. */
const struct problem_word orl_problem_words[] = {
    {"", TYPE, FIELD(type), read_type, TYPE_RULE},
    {"k", K_TYPE, FIELD(k_type), read_type, TYPE_RULE},
    {"v", V_TYPE, FIELD(v_type), read_type, TYPE_RULE},
    {"o", OUT_TYPE, FIELD(out_type), read_type, TYPE_RULE},
    {"b", BATCH, FIELD(batch), read_size, SIZE_RULE("bN, the batch")},
    {"h", HEADS, 0, read_heads,
     "heads are hN, or hN/M with M key heads: whole numbers from 1"},
    {"q", QUERIES, FIELD(queries), read_size, SIZE_RULE("qN, query rows")},
    {"k", KEYS, FIELD(keys), read_size, SIZE_RULE("kN, key rows")},
    {"d", HEAD_DIM, FIELD(head_dim), read_size, SIZE_RULE("dN, head_dim")},
    {"v", V_DIM, FIELD(v_dim), read_size, SIZE_RULE("vN, v_dim")},
    {"w", WINDOW, 0, read_window,
     "the window is wLEFT,RIGHT: whole numbers or inf"},
    {"end", ALIGN, 0, read_end, "whole numbers may follow: endN or endQ,K"},
    {"start", ALIGN, 0, read_start, "nothing follows start; origins: at Q,K"},
    {"at", ALIGN, 0, read_at, "the origins are at Q,K: two whole numbers"},
    {"bshd", BY_ROW, 0, read_nothing, "nothing follows bshd"},
    {"qs:", Q_STRIDES, FIELD(q), read_strides, STRIDES_RULE},
    {"ks:", K_STRIDES, FIELD(k), read_strides, STRIDES_RULE},
    {"vs:", V_STRIDES, FIELD(v), read_strides, STRIDES_RULE},
    {"os:", OUT_STRIDES, FIELD(out), read_strides, STRIDES_RULE},
    {"scale", SCALE, FIELD(scale), read_factor,
     "scale is positive and finite; leave it out for 1/sqrt(d)"},
    {"cap", SOFTCAP, FIELD(softcap), read_factor,
     "the softcap is positive and finite; leave it out for none"},
    {"off", OFFSET_ALIGN, FIELD(offset_align), read_offset_align,
     "offN is a number of bytes: 2, 4, 8 or 16"},
    {"lse", LSE, FIELD(extras), read_lse, "nothing follows lse"},
    {"ranges", RANGES, FIELD(extras), read_ranges, "nothing follows ranges"},
    {"rows", LATER, 0, refuse, LATER_RULE},
    {"sinks", LATER, 0, refuse, LATER_RULE},
    {"alibi", LATER, 0, refuse, LATER_RULE},
    {"bias", LATER, 0, refuse, LATER_RULE},
    {0},
};
