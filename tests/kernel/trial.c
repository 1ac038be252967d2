/* trial.c: a random call of a kernel, and what it should compute. */
#define _GNU_SOURCE
#include "trial.h"

#include "model/elem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned long state;

void draw_from(unsigned long seed)
{
    state = 88172645463325252ul + seed * 1000003ul;
}

int draw(int low, int high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (int)((state >> 20) % (unsigned long)(high - low + 1));
}

struct room room_new(size_t bytes, bool at_front)
{
    const size_t page = 4096, whole = (bytes + page - 1) / page * page;
    struct room r = {.bytes = bytes, .page_bytes = whole + 2 * page};
    char *pages =
        mmap(NULL, r.page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED ||
        mprotect(pages + page, whole, PROT_READ | PROT_WRITE) != 0)
        abort();
    r.pages = pages;
    r.at = pages + page + (at_front ? 0 : whole - bytes);
    return r;
}

void room_free(struct room *r)
{
    if (r->at)
        munmap(r->pages, r->page_bytes);
}

size_t cell(const struct tensor *t, int b, int h, int i, int c)
{
    return (size_t)(t->at.start + b * t->at.batch + h * t->at.head +
                    i * t->at.row + c * t->at.dim);
}

float load(const struct tensor *t, size_t cell)
{
    return orl_elem_load(t->room.at, cell, (uint32_t)t->type);
}

void store(struct tensor *t, size_t cell, float value)
{
    orl_elem_store(t->room.at, cell, (uint32_t)t->type, value);
}

float nearest(float value, int type)
{
    float stored;
    orl_elem_store(&stored, 0, (uint32_t)type, value);
    return orl_elem_load(&stored, 0, (uint32_t)type);
}

struct tensor tensor_packed(int type, int dim, int rows, float value)
{
    struct tensor x = {.type = type, .dim = dim, .batch = 1, .heads = 1};
    x.rows = rows;
    x.at = (struct layout) {.row = dim, .dim = 1};
    x.size = (int64_t)rows * dim;
    x.room = room_new((size_t)x.size * orl_elem_bytes((uint32_t)type), false);
    for (int64_t i = 0; i < x.size; i++)
        store(&x, (size_t)i, value);
    return x;
}

/* Axes in any order, gaps between neighbours; channels lie side by side, and
 * first, unless the kernel takes any stride. */
static void draw_layout(struct tensor *t, const struct subject *s, bool repeats)
{
    const int strided = s->strided, unit = s->aligned ? s->aligned : 1;
    int64_t *const stride[4] = {&t->at.dim, &t->at.row, &t->at.head,
                                &t->at.batch};
    const int count[4] = {t->dim, t->rows, t->heads, t->batch};
    int order[4] = {0, 1, 2, 3};
    for (int n = 3; n > (strided ? 0 : 1); n--) {
        const int other = draw(strided ? 0 : 1, n), axis = order[n];
        order[n] = order[other], order[other] = axis;
    }
    int64_t size = 1;
    for (int n = 0; n < 4; n++) {
        const int axis = order[n];
        if (repeats && axis > 1 && draw(0, 7) == 0)
            continue; /* one row for all heads, or all batch entries */
        *stride[axis] = size + (axis > 0 || strided ? draw(0, 3) : 0);
        if (axis > 0)
            *stride[axis] = (*stride[axis] + unit - 1) / unit * unit;
        size = *stride[axis] * count[axis];
    }
    t->at.start = draw(0, 5) * unit;
    t->size = t->at.start + size;
    if (s->aligned) /* the room may end where its pages do */
        t->size = (t->size + 7) / 8 * 8;
}

static void fill(struct tensor *t, float size)
{
    for (int b = 0; b < t->batch; b++)
        for (int h = 0; h < t->heads; h++)
            for (int i = 0; i < t->rows; i++)
                for (int c = 0; c < t->dim; c++)
                    store(t, cell(t, b, h, i, c),
                          size * (float)draw(-1000, 1000) / 1000.0f);
}

static struct tensor input(const struct trial *t, const struct subject *s,
                           int type, int dim, int heads, int rows)
{
    struct tensor x = {.type = type, .dim = dim, .batch = t->batch};
    x.heads = heads, x.rows = rows;
    draw_layout(&x, s, true);
    x.room =
        room_new((size_t)x.size * orl_elem_bytes((uint32_t)type), draw(0, 1));
    for (int64_t i = 0; i < x.size; i++)
        store(&x, (size_t)i, NAN);
    fill(&x, 1.7f);
    return x;
}

static struct tensor output(const struct trial *t, const struct subject *s)
{
    struct tensor x = {.type = s->out_type, .dim = s->v_dim};
    x.batch = t->batch, x.heads = t->heads, x.rows = t->call.queries;
    draw_layout(&x, s, false);
    x.room =
        room_new((size_t)x.size * orl_elem_bytes((uint32_t)x.type), draw(0, 1));
    return x;
}

int entry_begin(const struct trial *t, int b)
{
    const int begin = t->key_begin ? t->key_begin[b] : 0;
    return begin < 0 ? 0 : begin;
}

int entry_end(const struct trial *t, int b)
{
    const int end = t->key_end ? t->key_end[b] : t->call.keys;
    return end > t->call.keys ? t->call.keys : end < 0 ? 0 : end;
}

bool sees(const struct trial *t, int b, int i, int j)
{
    const struct call *c = &t->call;
    const int64_t end = entry_end(t, b);
    const int64_t p = (int64_t)c->query_origin + i +
                      (c->align_end ? c->key_origin + end - c->queries : 0);
    const int64_t x = (int64_t)c->key_origin + j;
    return j >= entry_begin(t, b) && j < end &&
           (c->left == CALL_UNBOUNDED || x >= p - c->left) &&
           (c->right == CALL_UNBOUNDED || x <= p + c->right);
}

static void draw_window(struct call *c, const struct subject *s, int most)
{
    const int reach = s->reach > 0 ? s->reach : most;
    c->left = draw(-5, draw(0, 1) ? 9 : reach);
    c->right = draw(-c->left, draw(0, 1) ? 9 : reach - c->left);
    if (c->right < -c->left || c->left + c->right > reach)
        c->right = -c->left;
    if (s->reach == 0 && draw(0, 3) == 0)
        c->left = CALL_UNBOUNDED;
    if (s->reach == 0 && draw(0, 3) == 0)
        c->right = CALL_UNBOUNDED;
}

/* Whether a row of k or v is seen in any batch entry that shares it. */
static bool is_used(const struct trial *t, const struct tensor *x, int b, int j)
{
    for (int n = 0; n < t->batch; n++)
        for (int i = 0; i < t->call.queries; i++)
            if ((n == b || x->at.batch == 0) && sees(t, n, i, j))
                return true;
    return false;
}

/* Rows that nobody sees hold anything. */
static void spoil(const struct trial *t, struct tensor *x)
{
    for (int b = 0; b < t->batch; b++)
        for (int j = 0; j < x->rows; j++) {
            const bool used = is_used(t, x, b, j);
            for (int h = 0; h < x->heads && !used; h++)
                for (int c = 0; c < x->dim; c++)
                    store(x, cell(x, b, h, j, c), c % 2 ? NAN : INFINITY);
        }
}

static void draw_ranges(struct trial *t)
{
    if (draw(0, 2) == 0) {
        t->key_begin = malloc(sizeof(int) * (size_t)t->batch);
        for (int b = 0; b < t->batch; b++)
            t->key_begin[b] = draw(-2, t->call.keys);
    }
    if (draw(0, 2) == 0) {
        t->key_end = malloc(sizeof(int) * (size_t)t->batch);
        for (int b = 0; b < t->batch; b++)
            t->key_end[b] =
                draw(draw(0, 3) ? entry_begin(t, b) : -2, t->call.keys + 2);
    }
}

static void draw_lse(struct trial *t)
{
    struct call *c = &t->call;
    c->lse.row = 1;
    c->lse.head = c->queries + draw(0, 3);
    c->lse.batch = c->lse.head * t->heads;
    c->lse.start = draw(0, 3);
    t->lse = room_new(sizeof(float) * lse_count(t), draw(0, 1));
}

struct trial trial_new(const struct subject *s)
{
    struct trial t = {.batch = draw(1, 2), .kv_heads = draw(1, 2)};
    t.capped = s->softcap;
    t.weights = s->weights;
    const int most = setting("KERNEL_ROWS", 150);
    struct call *c = &t.call;
    c->group = s->pack > 1 ? s->pack * draw(1, 4 / s->pack + 1)
                           : draw(1, 3) * (s->heads > 0 ? s->heads : 1);
    t.heads = t.kv_heads * c->group;
    c->heads = t.heads;
    c->entries = t.batch;
    c->queries = draw(1, most);
    c->keys = draw(1, most);
    c->align_end = draw(0, 1);
    c->query_origin = draw(0, 1) ? 0 : draw(-40, 90);
    c->key_origin = draw(0, 1) ? 0 : draw(-40, 90);
    if (draw(0, 1)) { /* long sequences, far from 0 */
        c->query_origin += c->align_end ? 0 : 900000000;
        c->key_origin += 900000000;
    }
    draw_window(c, s, most);
    c->scale = (float)draw(1, 4) / sqrtf((float)s->head_dim);
    c->softcap = draw(0, 1) ? 1000.0f : (float)draw(1, 40) * 0.25f;

    t.q = input(&t, s, s->q_type, s->head_dim, t.heads, c->queries);
    t.k = input(&t, s, s->k_type, s->head_dim, t.kv_heads, c->keys);
    t.v = input(&t, s, s->v_type, s->v_dim, t.kv_heads, c->keys);
    t.out = output(&t, s);
    c->q = t.q.at, c->k = t.k.at, c->v = t.v.at, c->out = t.out.at;

    /* Half of these lie in the middle between two numbers of bf16. */
    for (int64_t i = draw(0, 1) ? t.v.size : 0; i < t.v.size; i++)
        if (!isnan(load(&t.v, (size_t)i)))
            store(&t.v, (size_t)i, (float)(256 + draw(0, 255)) / 256.0f);

    draw_ranges(&t);
    if (draw(0, 3) > 0)
        draw_lse(&t);
    spoil(&t, &t.k);
    spoil(&t, &t.v);
    trial_reset(&t);
    return t;
}

void trial_reset(struct trial *t)
{
    for (int64_t i = 0; i < t->out.size; i++)
        store(&t->out, (size_t)i, UNTOUCHED);
    for (size_t i = 0; t->lse.at && i < lse_count(t); i++)
        ((float *)t->lse.at)[i] = UNTOUCHED;
}

void trial_free(struct trial *t)
{
    room_free(&t->q.room), room_free(&t->k.room), room_free(&t->v.room);
    room_free(&t->out.room), room_free(&t->lse);
    free(t->key_begin), free(t->key_end);
}

size_t lse_count(const struct trial *t)
{
    return (size_t)(t->call.lse.start + t->call.lse.batch * t->batch);
}

size_t lse_cell(const struct trial *t, int b, int h, int i)
{
    const struct layout *at = &t->call.lse;
    return (size_t)(at->start + b * at->batch + h * at->head + i);
}

/* The score of one key, and the sum of the sizes of its terms. */
static double score_of(const struct trial *t, int b, int h, int i, int j,
                       double *sizes)
{
    double score = 0.0;
    *sizes = 0.0;
    for (int d = 0; d < t->q.dim; d++) {
        const double product =
            (double)t->call.scale *
            (double)load(&t->q, cell(&t->q, b, h, i, d)) *
            (double)load(&t->k, cell(&t->k, b, h / t->call.group, j, d));
        score += product;
        *sizes += fabs(product);
    }
    return score;
}

static double capped(const struct trial *t, double score)
{
    const double cap = (double)t->call.softcap;
    return t->capped ? cap * tanh(score / cap) : score;
}

double key_weight(const struct trial *t, int b, int h, int i, int j)
{
    double top = -INFINITY, own = -INFINITY, sizes;
    for (int n = 0; n < t->call.keys; n++) {
        if (!sees(t, b, i, n))
            continue;
        const double score = capped(t, score_of(t, b, h, i, n, &sizes));
        top = fmax(top, score);
        own = n == j ? score : own;
    }
    return exp(own - top);
}

double largest_value(const struct trial *t, int b, int h, int i)
{
    double largest = 0.0;
    for (int j = 0; j < t->call.keys; j++)
        for (int d = 0; d < t->v.dim && sees(t, b, i, j); d++)
            largest = fmax(
                largest, fabs((double)load(
                             &t->v, cell(&t->v, b, h / t->call.group, j, d))));
    return largest;
}

int expect(const struct trial *t, int b, int h, int i, double *out, double *lse,
           double *slack)
{
    double score[TRIAL_KEYS], top = -INFINITY, mass = 0.0;
    /* a sum of n terms rounds n times, up or down */
    const double roundings = fmax(2.0, sqrt((double)t->q.dim) / 3.0);
    int seen = 0;
    *slack = 0.0;
    for (int j = 0; j < t->call.keys; j++) {
        double sizes;
        if (!sees(t, b, i, j))
            continue;
        score[j] = capped(t, score_of(t, b, h, i, j, &sizes));
        *slack = fmax(*slack, 0x1p-24 * (20.0 + roundings * sizes));
        top = fmax(top, score[j]);
        seen++;
    }
    for (int d = 0; d < t->v.dim; d++)
        out[d] = 0.0;
    for (int j = 0; j < t->call.keys; j++) {
        if (!sees(t, b, i, j))
            continue;
        const double weight = exp(score[j] - top);
        mass += weight;
        for (int d = 0; d < t->v.dim; d++)
            out[d] +=
                weight *
                (double)load(&t->v, cell(&t->v, b, h / t->call.group, j, d));
    }
    for (int d = 0; d < t->v.dim && seen > 0; d++)
        out[d] /= mass;
    *lse = seen > 0 ? top + log(mass) : -INFINITY;
    return seen;
}
