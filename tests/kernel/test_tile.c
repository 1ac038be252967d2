/* test_tile.c: how many tiles of keys a block of queries visits. The loop of a
 * tiled kernel is lib/tile.clh's walk; a kernel of this file takes the same
 * walk and counts, and the definition of the window says how many tiles hold a
 * key that some query of the block sees. So the work of a call is bounded by
 * its window, never by its keys. */
#include "suites.h"
#include "trial.h"

#include <stdlib.h>

enum { QUERY_TILE = 24, KEY_TILE = 10 };

/* Follows the text of lane.cl, whose tiles it takes. */
static const char counter[] =
    "kernel void count_tiles(global int *tiles, global int *keys,\n"
    "                        global const int *key_begin,\n"
    "                        global const int *key_end, struct call call)\n"
    "{\n"
    "    const int block = (int)get_group_id(0) + call.block;\n"
    "    const int at = (int)(get_group_id(2) * get_num_groups(0) +\n"
    "                         get_group_id(0));\n"
    "    const int entry = (int)get_group_id(2);\n"
    "    const struct band b = band_of(&call, entry, key_begin, key_end);\n"
    "    struct walk w = walk_begin(b, &call, block);\n"
    "    tiles[at] = keys[at] = 0;\n"
    "    if (w.queries.begin >= w.queries.end)\n"
    "        return;\n"
    "    do {\n"
    "        tiles[at]++;\n"
    "        keys[at] += w.tile.end - w.tile.begin;\n"
    "    } while (walk_on(&w, b, &call));\n"
    "}\n";

static int floor_div(int64_t a, int b)
{
    return (int)(a >= 0 ? a / b : -((b - 1 - a) / b));
}

/* Position of query row i of an entry, as the definition says. */
static int64_t position(const struct trial *t, int b, int i)
{
    const struct call *c = &t->call;
    return (int64_t)c->query_origin + i +
           (c->align_end ? c->key_origin + entry_end(t, b) - c->queries : 0);
}

/* Keys from the first to the last that some query of the block sees, and tiles
 * that hold one of them; blocks count from the one that holds query row 0. */
static void expect_tiles(const struct trial *t, int b, int block, int *tiles,
                         int *keys)
{
    const struct call *c = &t->call;
    const int64_t origin =
        (int64_t)floor_div(position(t, b, 0), QUERY_TILE) + block;
    int last = 0, rows = 0;
    *tiles = *keys = 0;
    for (int i = 0; i < c->queries; i++)
        rows += floor_div(position(t, b, i), QUERY_TILE) == origin;
    for (int j = 0; j < c->keys; j++) {
        bool seen = false;
        for (int i = 0; i < c->queries && !seen; i++)
            seen = floor_div(position(t, b, i), QUERY_TILE) == origin &&
                   sees(t, b, i, j);
        if (!seen)
            continue;
        /* The first tile begins at the first key of the block's first query,
         * there or not; without a left end, tiles lie at multiples. */
        const int64_t x = (int64_t)c->key_origin + j;
        const int64_t from =
            c->left == CALL_UNBOUNDED ? 0 : origin * QUERY_TILE - c->left;
        const int tile = floor_div(x - from, KEY_TILE);
        *tiles += *tiles == 0 || tile != last;
        *keys += 1;
        last = tile;
    }
    if (*tiles == 0 && rows > 0)
        *tiles = 1; /* results of 0 are stored with an empty one */
}

/* Blocks of a trial whose walk is not as expected. */
static int wrong_walks(cl_kernel kernel, struct trial *t, int groups)
{
    enum { MOST = 64 };
    int tiles[MOST] = {0}, keys[MOST] = {0}, wrong = 0;
    ck_assert_int_le(groups * t->batch, MOST);
    const size_t bytes = sizeof(int) * (size_t)t->batch;
    cl_mem mem[4] = {
        device_share(tiles, sizeof tiles),
        device_share(keys, sizeof keys),
        t->key_begin ? device_share(t->key_begin, bytes) : NULL,
        t->key_end ? device_share(t->key_end, bytes) : NULL,
    };
    for (cl_uint n = 0; n < 4; n++)
        OK(clSetKernelArg(kernel, n, sizeof(cl_mem), mem[n] ? &mem[n] : NULL));
    OK(clSetKernelArg(kernel, 4, sizeof t->call, &t->call));
    const size_t global[3] = {(size_t)groups, 1, (size_t)t->batch};
    const size_t local[3] = {1, 1, 1};
    OK(clEnqueueNDRangeKernel(device.queue, kernel, 3, NULL, global, local, 0,
                              NULL, NULL));
    device_fetch(mem[0], tiles, sizeof tiles);
    device_fetch(mem[1], keys, sizeof keys);
    for (int b = 0; b < t->batch; b++)
        for (int n = 0; n < groups; n++) {
            int want_tiles, want_keys;
            expect_tiles(t, b, n, &want_tiles, &want_keys);
            wrong += tiles[b * groups + n] != want_tiles ||
                     keys[b * groups + n] != want_keys;
        }
    for (int n = 0; n < 4; n++)
        if (mem[n])
            OK(clReleaseMemObject(mem[n]));
    return wrong;
}

START_TEST(a_block_visits_the_tiles_its_window_needs)
{
    const int type[4] = {F32, F32, F32, F32};
    struct subject s = subject("lane", 8, 8, type, 0);
    s.rows = QUERY_TILE, s.anchored = 1;
    const struct {
        const char *name;
        int value;
    } word[] = {{"LANES", 8},           {"ONCE", 0},
                {"HEAD_TILE", 1},       {"QUERY_TILE", QUERY_TILE},
                {"QK_KEYS", 4},         {"QK_VECS", 3},
                {"KEY_TILE", KEY_TILE}, {"PV_ROWS", 6},
                {"PV_VECS", 1},         {"LOOK_AHEAD", 0}};
    for (size_t n = 0; n < sizeof word / sizeof word[0]; n++)
        subject_word(&s, word[n].name, word[n].value);
    cl_kernel kernel = device_build("lane", s.options, "count_tiles", counter);
    int wrong = 0;
    draw_from((unsigned long)setting("KERNEL_SEED", 1));
    for (int n = 0; n < 60; n++) {
        struct trial t = trial_new(&s);
        wrong += wrong_walks(kernel, &t, subject_groups(&s, t.call.queries));
        trial_free(&t);
    }
    OK(clReleaseKernel(kernel));
    ck_assert_int_eq(wrong, 0);
}
END_TEST

TCase *tile_case(void)
{
    TCase *tc = tcase_create("tile");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, a_block_visits_the_tiles_its_window_needs);
    return tc;
}
