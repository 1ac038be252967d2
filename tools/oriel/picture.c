/* picture.c: tiles as characters and as SVG. */
#include "picture.h"

#include "base/arith.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Runs longer than that are counted. */
enum { RUN_DRAWN = 24 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct picture picture_of(const struct window *w, int64_t rows,
                          int64_t tile_keys, int64_t row)
{
    struct picture p = {.window = *w, .rows = rows, .tile_keys = tile_keys};
    const int64_t first = orl_window_block_begin(w, 0, rows);
    const int64_t q0 = first + (row - first) / rows * rows;
    p.begin = orl_max(q0, 0);
    p.end = orl_min(q0 + rows, w->queries);
    p.tiles = orl_window_tiles(w, q0, rows, tile_keys);
    p.left = floor_div(-p.tiles.origin, tile_keys);
    p.right = -floor_div(p.tiles.origin - w->keys, tile_keys);
    return p;
}

static char tile_mark(const struct tiles *t, int64_t n)
{
    if (n < t->first || n >= t->end)
        return '.';
    return n >= t->full && n < t->edge ? '#' : '/';
}

/* The first tile after n of another kind. */
static int64_t run_end(const struct picture *p, int64_t n)
{
    const struct tiles *t = &p->tiles;
    const int64_t borders[] = {t->first, t->full, t->edge, t->end, p->right};
    for (int i = 0; i < 5; i++)
        if (borders[i] > n)
            return orl_min(borders[i], p->right);
    return p->right;
}

void picture_text(const struct picture *p, char text[PICTURE_TEXT])
{
    struct text t = orl_text(text, PICTURE_TEXT);
    for (int64_t n = p->left, end; n < p->right; n = end) {
        const char mark = tile_mark(&p->tiles, n);
        end = run_end(p, n);
        if (end - n > RUN_DRAWN)
            orl_text_add(&t, "%c(%lld)", mark, (long long)(end - n));
        else
            for (int64_t i = n; i < end; i++)
                orl_text_add(&t, "%c", mark);
    }
}

/* ---- SVG ----------------------------------------------------------------- */

/* In hundredths of a pixel: coordinates need no decimal point then. */
enum { WIDTH = 96000, TOP = 6000, HEIGHT = 12000, MARGIN = 2000 };
enum { TILES_DRAWN = 120, ROWS_DRAWN = 64 };

struct canvas {
    struct text out;
    int64_t from, keys; /* keys [from, from + keys) fill the width */
};

static int64_t across(const struct canvas *c, int64_t key)
{
    const double share = (double)(key - c->from) / (double)c->keys;
    return MARGIN + (int64_t)(share * WIDTH);
}

static void bar(struct canvas *c, struct span keys, int64_t top, int64_t height,
                const char *style)
{
    const int64_t begin = orl_clamp(keys.begin, c->from, c->from + c->keys);
    const int64_t end = orl_clamp(keys.end, begin, c->from + c->keys);
    const int64_t left = across(c, begin), right = across(c, end);
    orl_text_add(&c->out,
                 "<rect x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"%lld\" "
                 "%s/>\n",
                 (long long)left, (long long)top, (long long)(right - left),
                 (long long)height, style);
}

static void label(struct canvas *c, int64_t x, int64_t y, const char *words)
{
    orl_text_add(&c->out,
                 "<text x=\"%lld\" y=\"%lld\" font-size=\"1400\" "
                 "font-family=\"sans-serif\">",
                 (long long)x, (long long)y);
    for (; *words; words++)
        if (*words == '<' || *words == '>' || *words == '&')
            orl_text_add(&c->out, "&#%d;", *words);
        else
            orl_text_add(&c->out, "%c", *words);
    orl_text_add(&c->out, "</text>\n");
}

static void draw(struct canvas *c, const struct picture *p, int64_t first,
                 int64_t end, const char *title)
{
    orl_text_add(&c->out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" "
                 "height=\"240\" viewBox=\"0 0 100000 24000\">\n");
    label(c, MARGIN, 2200, title);
    char line[160];
    struct text t = orl_text(line, sizeof line);
    orl_text_add(&t,
                 "query rows %lld to %lld; keys %lld to %lld in tiles of %lld",
                 (long long)p->begin, (long long)p->end - 1,
                 (long long)orl_max(c->from, 0),
                 (long long)orl_min(c->from + c->keys, p->window.keys) - 1,
                 (long long)p->tile_keys);
    label(c, MARGIN, 4400, line);
    for (int64_t n = first; n < end; n++) {
        const char mark = tile_mark(&p->tiles, n);
        const int64_t key = p->tiles.origin + n * p->tile_keys;
        bar(c, (struct span) {key, key + p->tile_keys}, TOP, HEIGHT,
            mark == '#' ? "fill=\"#8fbc8f\" stroke=\"#444\" stroke-width=\"60\""
            : mark == '/'
                ? "fill=\"#f4d58d\" stroke=\"#444\" stroke-width=\"60\""
                : "fill=\"none\" stroke=\"#aaa\" stroke-width=\"60\"");
    }
    const int64_t rows = p->end - p->begin;
    const int64_t drawn = orl_min(rows, ROWS_DRAWN);
    for (int64_t i = 0; i < drawn; i++) {
        const int64_t row = p->begin + i * rows / drawn;
        const struct span seen = orl_window_any(&p->window, row, 1);
        if (seen.begin < seen.end)
            bar(c, seen, TOP + i * HEIGHT / drawn, HEIGHT / (2 * drawn) + 1,
                "fill=\"#2f4f6f\"");
    }
    label(c, MARGIN, TOP + HEIGHT + 2600,
          "green: tiles that every row sees whole; yellow: tiles that need a "
          "mask; dark: the keys of each row");
    orl_text_add(&c->out, "</svg>\n");
}

oriel_status picture_write(const struct picture *p, const char *path,
                           const char *title)
{
    enum { ROOM = 64 * 1024 };
    /* A few tiles around those that are visited, where there are too many. */
    int64_t first = p->left, end = p->right;
    if (end - first > TILES_DRAWN) {
        first = orl_max(first, p->tiles.first - 4);
        end = orl_min(end, orl_min(p->tiles.end + 4, first + TILES_DRAWN));
    }
    char *svg = malloc(ROOM);
    if (!svg)
        return orl_fail(ORIEL_E_MEMORY, "no memory for the picture");
    struct canvas c = {.out = orl_text(svg, ROOM),
                       .from = p->tiles.origin + first * p->tile_keys,
                       .keys = (end - first) * p->tile_keys};
    draw(&c, p, first, end, title);
    const oriel_status status =
        c.out.length < ROOM
            ? orl_file_replace(path, svg, c.out.length)
            : orl_fail(ORIEL_E_ARGUMENT, "the picture has too many parts");
    free(svg);
    return status;
}
