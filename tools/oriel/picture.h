/* picture.h: which tiles of keys a block of queries visits, to look at. */
#ifndef PICTURE_H
#define PICTURE_H

#include "model/window.h"

#include <oriel/types.h>

struct picture {
    struct window window;
    int64_t rows;       /* of a block */
    int64_t tile_keys;  /* of a tile */
    int64_t begin, end; /* the block's queries that are there */
    struct tiles tiles;
    int64_t left, right; /* numbers of the first tile with a key, and past the
                            last */
};

/* The block that query row is in. */
struct picture picture_of(const struct window *w, int64_t rows,
                          int64_t tile_keys, int64_t row);

enum { PICTURE_TEXT = 200 };

/* A character for each tile: '.' empty, '/' at an edge of the window or of the
 * keys, '#' full. Long runs are written "#(120)". */
void picture_text(const struct picture *p, char text[PICTURE_TEXT]);

/* The same tiles with the keys of each query in them, as SVG. title is plain
 * text. */
oriel_status picture_write(const struct picture *p, const char *path,
                           const char *title);

#endif /* PICTURE_H */
