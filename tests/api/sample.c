/* sample.c: host memory of one call. */
#include "sample.h"

#include "base/error.h"
#include "model/elem.h"
#include "model/problem_text.h"
#include "plan/family.h"
#include "plan/plan_text.h"
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>

static struct problem parse(const char *text)
{
    oriel_problem in;
    struct problem p;
    if (orl_problem_parse(&in, text) == ORIEL_OK &&
        orl_problem_check(&p, &in) == ORIEL_OK)
        return p;
    fprintf(stderr, "\"%s\": %s\n", text, oriel_last_error()->message);
    exit(EXIT_FAILURE);
}

static size_t bytes_of(const struct tensor *t, const struct problem *p,
                       int64_t heads, int64_t rows)
{
    return (size_t)orl_tensor_extent(t, p->batch, heads, rows) *
           orl_elem_bytes(t->type);
}

static void list_array(struct sample *s, enum sample_array n, void *at,
                       size_t bytes)
{
    s->array[n].at = at;
    s->array[n].bytes = at ? bytes : 0;
}

static struct sample sample_of(struct trial *t)
{
    const struct problem *p = &t->problem;
    const size_t entries = (size_t)p->batch * 4;
    const size_t rows = (size_t)(p->batch * p->heads * p->queries) * 4;
    struct sample s = {
        .problem = orl_problem_public(p), .call = trial_call(t), .trial = t};
    list_array(&s, SAMPLE_Q, t->q, bytes_of(&p->q, p, p->heads, t->queries));
    list_array(&s, SAMPLE_K, t->k, bytes_of(&p->k, p, p->kv_heads, t->keys));
    list_array(&s, SAMPLE_V, t->v, bytes_of(&p->v, p, p->kv_heads, t->keys));
    list_array(&s, SAMPLE_OUT, t->out, t->out_bytes);
    list_array(&s, SAMPLE_LSE, t->lse, rows);
    list_array(&s, SAMPLE_KEY_BEGIN, t->key_begin, entries);
    list_array(&s, SAMPLE_KEY_END, t->key_end, entries);
    return s;
}

struct sample sample_open_part(const char *text, uint64_t seed, int64_t queries,
                               int64_t keys, int64_t query_origin,
                               int64_t key_origin)
{
    const struct problem p = parse(text);
    struct trial *t = calloc(1, sizeof *t);
    trial_open_part(t, &p, seed, queries, keys, query_origin, key_origin);
    return sample_of(t);
}

struct sample sample_open(const char *text, uint64_t seed)
{
    const struct problem p = parse(text);
    return sample_open_part(text, seed, p.queries, p.keys, 0, 0);
}

void sample_close(struct sample *s)
{
    trial_close(s->trial);
    free(s->trial);
    s->trial = NULL;
}

void sample_mark(struct sample *s)
{
    trial_mark(s->trial);
}

void sample_by(struct sample *s, const char *plan)
{
    struct trial *t = s->trial;
    const struct variant variant = orl_variant(&t->problem);
    struct plan parsed;
    if (orl_plan_parse(&parsed, plan, &variant) != ORIEL_OK) {
        fprintf(stderr, "\"%s\": %s\n", plan, oriel_last_error()->message);
        exit(EXIT_FAILURE);
    }
    t->weight_type = orl_plan_weight_type(&parsed);
}

int sample_is_right(struct sample *s)
{
    /* The caller may have put other limits or pointers into the call. */
    struct trial t = *(const struct trial *)s->trial;
    t.key_begin = s->call.key_begin.pointer;
    t.key_end = s->call.key_end.pointer;
    return trial_is_right(&t, s->why);
}
