/* sweep.c: draws what a program learns only at run time. */
#include "sweep.h"

#include <assert.h>

/* One of the sizes that tiles and strips have, a few of them, one off. */
static int64_t draw_length(uint64_t *seed, int64_t most)
{
    static const int64_t sizes[] = {1,  4,  8,  16, 24,  32,
                                    48, 64, 72, 96, 128, 192};
    const int count = (int)(sizeof sizes / sizeof sizes[0]);
    const int64_t length =
        sizes[draw(seed, 0, count - 1)] * draw(seed, 1, 3) + draw(seed, -1, 1);
    return length < 1 ? 1 : length > most ? most : length;
}

static void draw_window(oriel_problem *p, uint64_t *seed, int64_t most)
{
    p->left =
        draw(seed, 0, 3) ? draw_length(seed, most) - 1 : draw(seed, -20, 40);
    p->right = draw(seed, 0, 3) ? 0 : draw_length(seed, most) - 1;
    if (draw(seed, 0, 5) == 0)
        p->right = draw(seed, -20, 40);
    if (p->left + p->right < 0)
        p->right = -p->left + draw(seed, 0, 5);
    if (draw(seed, 0, 7) == 0)
        p->left = ORIEL_UNBOUNDED;
    if (draw(seed, 0, 7) == 0)
        p->right = ORIEL_UNBOUNDED;
}

/* Rows and heads further apart than packed ones, or in the other order. */
static oriel_strides draw_strides(uint64_t *seed, int64_t heads, int64_t rows,
                                  int64_t channels)
{
    const int64_t pad = draw(seed, 0, 5);
    switch (draw(seed, 0, 2)) {
    case 0:
        return (oriel_strides) {
            .row = channels + pad,
            .head = (channels + pad) * rows + pad,
            .batch = ((channels + pad) * rows + pad) * heads,
            .dim = 1,
        };
    case 1:
        return (oriel_strides) {
            .head = channels + pad,
            .row = (channels + pad) * heads,
            .batch = (channels + pad) * heads * rows,
            .dim = 1,
        };
    default:
        return (oriel_strides) {0};
    }
}

void sweep_draw(struct trial *shape, const struct problem *like, uint64_t *seed,
                int64_t most_rows)
{
    oriel_problem p = {
        .size = sizeof p,
        .head_dim = like->q.channels,
        .v_dim = like->v.channels,
        .type = like->q.type,
        .k_type = like->k.type,
        .v_type = like->v.type,
        .out_type = like->out.type,
        .offset_align = like->offset_align,
        .softcap = like->softcap,
        .batch = draw(seed, 1, 3),
        .kv_heads = draw(seed, 1, 2),
        .queries = draw_length(seed, most_rows),
        .keys = draw_length(seed, most_rows),
        .extras = (uint32_t)draw(seed, 0, 3),
        .align = (uint32_t)draw(seed, 0, 1),
        .scale = draw(seed, 0, 1) ? 0 : 0.3F,
    };
    p.heads = p.kv_heads * draw(seed, 1, 3);
    if (draw(seed, 0, 2) == 0)
        p.keys = p.queries;
    draw_window(&p, seed, most_rows);
    p.query_origin = draw(seed, 0, 2) ? 0 : draw(seed, -50, 50);
    p.key_origin = draw(seed, 0, 2) ? 0 : draw(seed, -50, 50);
    p.q = draw_strides(seed, p.heads, p.queries, p.head_dim);
    p.k = draw_strides(seed, p.kv_heads, p.keys, p.head_dim);
    p.v = draw_strides(seed, p.kv_heads, p.keys, p.v_dim);
    p.out = draw_strides(seed, p.heads, p.queries, p.v_dim);

    *shape = (struct trial) {0};
    const oriel_status status = orl_problem_check(&shape->problem, &p);
    assert(status == ORIEL_OK);
    (void)status;
    const bool whole = draw(seed, 0, 1);
    shape->queries = whole ? p.queries : draw(seed, 1, p.queries);
    shape->keys = whole ? p.keys : draw(seed, 1, p.keys);
    shape->query_origin = whole ? 0 : draw(seed, -40, 40);
    shape->key_origin = whole ? 0 : draw(seed, -40, 40);
}
