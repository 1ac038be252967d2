/* draw.c: random numbers and problems for tests of the core. */
#include "draw.h"

#include "base/arith.h"

#include <stdbool.h>
#include <string.h>

uint64_t draw_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t draw_from(uint64_t *state, int64_t low, int64_t high)
{
    const uint64_t count = (uint64_t)high - (uint64_t)low + 1;
    const uint64_t bits = draw_bits(state);
    return (int64_t)((uint64_t)low + (count == 0 ? bits : bits % count));
}

static bool draw_one_in(uint64_t *state, int64_t n)
{
    return draw_from(state, 1, n) == 1;
}

/* Small, or of any order of magnitude up to most. */
static int64_t draw_size(uint64_t *state, int64_t most)
{
    if (!draw_one_in(state, 4))
        return draw_from(state, 1, orl_min(most, 20));
    return orl_max(1, most >> draw_from(state, 0, 29));
}

static int64_t draw_reach(uint64_t *state)
{
    switch (draw_from(state, 0, 5)) {
    case 0:
        return 0;
    case 1:
        return ORIEL_UNBOUNDED;
    case 2:
        return draw_from(state, INT64_MIN, INT64_MAX);
    case 3:
        return draw_from(state, -2000000, 2000000);
    default:
        return draw_from(state, -9, 300);
    }
}

static void draw_window(uint64_t *state, oriel_problem *p)
{
    do {
        p->left = draw_reach(state);
        p->right = draw_reach(state);
    } while ((p->left < 0 && p->right < 0) ||
             ((p->left < 0) != (p->right < 0) && p->left + p->right < 0));
}

/* Axes in random order, inner ones first, with gaps. */
static oriel_strides draw_strides(uint64_t *state, int64_t batch, int64_t heads,
                                  int64_t rows, int64_t channels, bool output)
{
    const int64_t length[] = {batch, heads, rows, channels};
    int64_t stride[4], room = 1;
    int order[] = {0, 1, 2, 3};
    for (int i = 3; i > 0; i--) {
        const int64_t j = draw_from(state, 0, i);
        const int axis = order[i];
        order[i] = order[j];
        order[j] = axis;
    }
    for (int i = 0; i < 4; i++) {
        const int axis = order[i];
        const int64_t gap = draw_one_in(state, 3) ? draw_from(state, 1, 9) : 0;
        stride[axis] = room + gap;
        room += (length[axis] - 1) * stride[axis];
        if (!output && axis < 2 && draw_one_in(state, 4))
            stride[axis] = 0;
    }
    return (oriel_strides) {stride[0], stride[1], stride[2], stride[3]};
}

static void draw_layout(uint64_t *state, oriel_problem *p)
{
    const int64_t keys = p->keys ? p->keys : p->queries;
    const int64_t kv_heads = p->kv_heads ? p->kv_heads : p->heads;
    const int64_t v_dim = p->v_dim ? p->v_dim : p->head_dim;
    if (draw_one_in(state, 2))
        p->q = draw_strides(state, p->batch, p->heads, p->queries, p->head_dim,
                            false);
    if (draw_one_in(state, 2))
        p->k =
            draw_strides(state, p->batch, kv_heads, keys, p->head_dim, false);
    if (draw_one_in(state, 2))
        p->v = draw_strides(state, p->batch, kv_heads, keys, v_dim, false);
    if (draw_one_in(state, 2))
        p->out =
            draw_strides(state, p->batch, p->heads, p->queries, v_dim, true);
}

/* Any positive finite float, or now and then the default. */
static float draw_factor(uint64_t *state)
{
    float value = 0;
    const uint32_t bits = (uint32_t)draw_from(state, 1, 0x7f7fffff);
    if (!draw_one_in(state, 3))
        memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t draw_type(uint64_t *state)
{
    return (uint32_t)draw_from(state, 0, ORIEL_BF16);
}

oriel_problem draw_problem(uint64_t *state)
{
    oriel_problem p = {.size = sizeof p};
    p.extras = (uint32_t)draw_from(state, 0, 3);
    p.batch = draw_size(state, 30);
    p.kv_heads = draw_one_in(state, 2) ? draw_size(state, 40) : 0;
    p.heads = p.kv_heads ? p.kv_heads * draw_from(state, 1, 8)
                         : draw_size(state, 200);
    p.queries = draw_size(state, 100000000);
    p.keys = draw_one_in(state, 2) ? draw_size(state, 100000000) : 0;
    p.head_dim = draw_size(state, 512);
    p.v_dim = draw_one_in(state, 2) ? draw_size(state, 512) : 0;
    draw_window(state, &p);
    if (draw_one_in(state, 2)) {
        p.query_origin = draw_from(state, -9, 200000000);
        p.key_origin =
            draw_one_in(state, 2) ? draw_from(state, -200000000, 200000000) : 0;
    }
    if (draw_one_in(state, 2))
        draw_layout(state, &p);
    p.type = draw_type(state);
    p.k_type = draw_type(state);
    p.v_type = draw_type(state);
    p.out_type = draw_type(state);
    p.align = (uint32_t)draw_from(state, 0, 1);
    p.offset_align = draw_one_in(state, 2) ? 0 : 4u << draw_from(state, 0, 2);
    p.scale = draw_factor(state);
    p.softcap = draw_factor(state);
    return p;
}

void draw_damage(uint64_t *state, char *text, size_t capacity)
{
    static const char odd[] =
        "0123456789-+,:/. \t\nbhqkdvwinfxtsoae\xc3\xa9\x7f";
    for (int64_t times = draw_from(state, 1, 4); times > 0; times--) {
        const size_t length = strlen(text);
        const size_t at = (size_t)draw_from(state, 0, (int64_t)length);
        const char byte = odd[draw_from(state, 0, sizeof odd - 2)];
        switch (draw_from(state, 0, 3)) {
        case 0:
            if (at < length)
                text[at] = byte;
            break;
        case 1:
            if (at < length)
                memmove(text + at, text + at + 1, length - at);
            break;
        case 2:
            if (length + 1 < capacity) {
                memmove(text + at + 1, text + at, length - at + 1);
                text[at] = byte;
            }
            break;
        default:
            if (at < length && 2 * length - at < capacity)
                memmove(text + length, text + at, length - at + 1);
            break;
        }
    }
}
