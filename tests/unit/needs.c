/* needs.c: struct shared of each kernel, member by member, and GROUP. Names are
 * those of the macros in kernels/lib. */
#include "needs.h"

#include "base/arith.h"
#include "model/matrix.h"

#include <oriel/types.h>
#include <string.h>

/* Bytes of an int or float, of four floats, and what structs that hold such
 * vectors are whole multiples of. */
enum { ONE = 4, VF = 16, LANES = 4 };

static int64_t padded(int64_t bytes)
{
    return (bytes + VF - 1) / VF * VF;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t word(const struct plan *plan, const char *define)
{
    return orl_plan_word(plan, define);
}

/* ---- tile.cl: lib/chunk.clh ---------------------------------------------- */

static int64_t tile_items(const struct plan *plan)
{
    const int64_t row_items =
        word(plan, "QUERY_TILE") / word(plan, "ITEM_ROWS");
    const int64_t key_items = word(plan, "KEY_TILE") / word(plan, "ITEM_KEYS");
    return row_items * key_items * word(plan, "TEAM");
}

/* late.part: chunks of v. */
static int64_t value_chunk(const struct plan *plan)
{
    const int64_t key_items = word(plan, "KEY_TILE") / word(plan, "ITEM_KEYS");
    const int64_t across =
        key_items * word(plan, "TEAM") * word(plan, "SUM_LANES");
    const int64_t value_row = ceil_div(plan->variant.v_dim, across) * across;
    return VF * word(plan, "KEY_CHUNK") * (value_row / LANES);
}

static int64_t tile_bytes(const struct plan *plan)
{
    const int64_t rows = word(plan, "QUERY_TILE");
    const int64_t keys = word(plan, "KEY_TILE");
    const int64_t key_items = keys / word(plan, "ITEM_KEYS");
    const int64_t chunk_pitch = word(plan, "CHANNEL_CHUNK") / LANES + 1;
    const int64_t chunk = VF * rows * chunk_pitch + VF * keys * chunk_pitch;
    const int64_t weight = VF * rows * (keys / LANES + 1);
    const int64_t peaks = VF * (rows * key_items / LANES);
    const int64_t early = orl_max(chunk, weight);
    const int64_t late = orl_max(value_chunk(plan), peaks);
    return padded(early + late + ONE);
}

/* Rows of q, weights and peaks stay in registers; a team has its products. */
static int64_t broadcast_bytes(const struct plan *plan)
{
    const int64_t chunk_pitch = word(plan, "CHANNEL_CHUNK") / LANES + 1;
    const int64_t key = VF * word(plan, "KEY_TILE") * chunk_pitch;
    const int64_t products =
        tile_items(plan) * word(plan, "ITEM_ROWS") * word(plan, "ITEM_KEYS");
    const int64_t told = word(plan, "TEAM") > 1 ? products : 1;
    const int64_t late = padded(orl_max(value_chunk(plan), ONE * told));
    return padded(key + late + ONE);
}

/* ---- segment.cl: lib/segment.clh ----------------------------------------- */

static int64_t segment_bytes(const struct plan *plan)
{
    const int64_t rows = word(plan, "HEAD_TILE") * word(plan, "QUERY_TILE");
    const int64_t group = word(plan, "GROUP"), keys = word(plan, "KEY_TILE");
    const int64_t shares = group / keys;
    const int64_t item_parts = ceil_div(rows, shares * LANES);
    const int64_t whole_rows = shares * item_parts * LANES;
    const int64_t query_rows = shares == 1 ? rows : whole_rows;
    const int64_t chunk = word(plan, "CHANNEL_CHUNK");
    const int64_t chunk_parts = chunk / LANES;
    const int64_t query_parts =
        ceil_div(plan->variant.head_dim, chunk) * chunk_parts;
    const int64_t keep_most = group < 256 ? 256 / group : 1;
    const int64_t keep_rows = rows < keep_most ? rows : keep_most;

    const int64_t query = VF * query_rows * query_parts;
    const int64_t late = ONE * word(plan, "SEGMENT") * whole_rows;
    const int64_t key = VF * keys * (chunk_parts + 1);
    const int64_t sum = VF * keep_rows * group;
    const int64_t early = orl_max(orl_max(key, sum), ONE * group);
    return padded(query + padded(late) + padded(early) + 2 * ONE * rows);
}

/* ---- matrix.cl: lib/layout.clh, lib/operand.clh, lib/emulate.clh ----------
 */

enum { DEPTH = 16 };

static const struct engine {
    int64_t wave, a_rows, b_columns, copies;
    bool rows_in_a, values_across;
} engines[ORL_ENGINES] = {
    [ENGINE_MMA] = {32, 16, 8, 1, true, false},
    [ENGINE_MMA8] = {32, 16, 8, 1, true, false},
    [ENGINE_WMMA11] = {32, 16, 16, 2, false, true},
    [ENGINE_WMMA12] = {32, 16, 16, 1, false, true},
    [ENGINE_MFMA] = {64, 16, 16, 1, false, true},
    [ENGINE_MFMA8] = {64, 16, 16, 1, false, true},
    [ENGINE_DPAS16] = {16, 8, 16, 1, true, true},
    [ENGINE_DPAS8] = {8, 8, 8, 1, true, true},
};

static const struct engine *engine_of(const struct plan *plan)
{
    return &engines[word(plan, "ENGINE")];
}

static int64_t waves(const struct plan *plan)
{
    const struct engine *e = engine_of(plan);
    const int64_t tile_rows = e->rows_in_a ? e->a_rows : e->b_columns;
    return word(plan, "QUERY_TILE") / (word(plan, "ROW_TILES") * tile_rows);
}

/* struct tile: keys and values, and whether some are not finite. */
static int64_t tile_of_keys(const struct plan *plan)
{
    const int64_t size = plan->variant.k_type == ORIEL_F32 ? 4 : 2;
    const int64_t raw = VF / size, keys = word(plan, "KEY_TILE");
    const int64_t head_row = ceil_div(plan->variant.head_dim, DEPTH) * DEPTH;
    const int64_t v_row = ceil_div(plan->variant.v_dim, DEPTH) * DEPTH;
    const int64_t outlier = ONE * word(plan, "QUERY_TILE") + ONE * v_row;
    const int64_t key =
        padded(orl_max(size * keys * (head_row + raw), outlier));
    const int64_t value = engine_of(plan)->values_across
                              ? size * v_row * (keys + raw)
                              : size * keys * (v_row + raw);
    const int64_t rows =
        word(plan, "TURNS") ? orl_max(key, value) : key + value;
    return padded(rows + ONE);
}

/* struct block: 11 ints and two longs, and a multiple of those; struct scratch
 * of each wave, where there is no unit. */
static int64_t matrix_bytes(const struct plan *plan)
{
    const struct engine *e = engine_of(plan);
    const bool mma = word(plan, "ENGINE") == ENGINE_MMA;
    const bool stages =
        mma && word(plan, "ALIGNED") == 1 && word(plan, "TURNS") == 0;
    const bool wide = plan->variant.head_dim + plan->variant.v_dim > 256;
    const int64_t block = mma && wide ? 64 : 0;
    const int64_t scratch = ONE * (e->copies * e->a_rows * DEPTH +
                                   e->copies * DEPTH * e->b_columns + e->wave);
    return padded((stages ? 2 : 1) * tile_of_keys(plan) + block +
                  (word(plan, "PORTABLE") ? waves(plan) * scratch : 0));
}

/* ---- Any ----------------------------------------------------------------- */

enum form needs_form(const struct plan *plan)
{
    const char *family = plan->family->name;
    if (strcmp(family, "segment") == 0)
        return FORM_SEGMENT;
    if (strcmp(family, "matrix") == 0)
        return word(plan, "PORTABLE") ? FORM_PORTABLE : FORM_MATRIX;
    if (strcmp(family, "tile") != 0)
        return FORM_NONE;
    if (word(plan, "TEAM") > 1)
        return FORM_TEAM;
    return word(plan, "BROADCAST") ? FORM_BROADCAST : FORM_TILE;
}

const char *needs_form_name(enum form form)
{
    static const char *const names[] = {"tile",    "broadcast", "team",
                                        "segment", "matrix",    "portable"};
    return form < FORMS ? names[form] : "none";
}

int64_t needs_items(const struct plan *plan)
{
    switch (needs_form(plan)) {
    case FORM_TILE:
    case FORM_BROADCAST:
    case FORM_TEAM:
        return tile_items(plan);
    case FORM_SEGMENT:
        return word(plan, "GROUP");
    case FORM_MATRIX:
    case FORM_PORTABLE:
        return waves(plan) * engine_of(plan)->wave;
    default:
        return 0;
    }
}

int64_t needs_local_bytes(const struct plan *plan)
{
    switch (needs_form(plan)) {
    case FORM_TILE:
        return tile_bytes(plan);
    case FORM_BROADCAST:
    case FORM_TEAM:
        return broadcast_bytes(plan);
    case FORM_SEGMENT:
        return segment_bytes(plan);
    case FORM_MATRIX:
    case FORM_PORTABLE:
        return matrix_bytes(plan);
    default:
        return 0;
    }
}
