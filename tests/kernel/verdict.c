/* verdict.c: runs trials of a kernel and counts what is wrong with them. */
#include "verdict.h"

#include "model/elem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slice slice_whole(const struct trial *t)
{
    return (struct slice) {.count = t->call.queries};
}

/* Passes that the row with the most keys needs. */
static int passes(const struct subject *s, const struct trial *t)
{
    int most = 1;
    for (int b = 0; b < t->batch && s->key_chunk > 0; b++)
        for (int i = 0; i < t->call.queries; i++) {
            int seen = 0;
            for (int j = 0; j < t->call.keys; j++)
                seen += sees(t, b, i, j);
            most = seen > most ? seen : most;
        }
    return s->key_chunk > 0 ? (most + s->key_chunk - 1) / s->key_chunk : 1;
}

/* The call of a slice: its rows begin later, its keys too. */
static struct call call_of(const struct trial *t, struct slice slice)
{
    struct call c = t->call;
    c.queries = slice.count;
    /* END counts from the last query of the call */
    c.query_origin +=
        c.align_end ? slice.first + slice.count - t->call.queries : slice.first;
    c.keys -= slice.skip;
    c.key_origin += slice.skip;
    c.q.start += slice.first * c.q.row;
    c.k.start += slice.skip * c.k.row;
    c.v.start += slice.skip * c.v.row;
    c.out.start += slice.first * c.out.row;
    c.lse.start += slice.first;
    return c;
}

static cl_mem share_room(const struct room *r)
{
    return r->at ? device_share(r->at, r->bytes) : NULL;
}

static size_t scratch_bytes(const struct subject *s, const struct call *c)
{
    const int segments = subject_segments(s, c);
    const size_t rows = (size_t)c->entries * (size_t)c->heads *
                        (size_t)c->queries *
                        (size_t)(segments > 0 ? segments : 1);
    return sizeof(float) *
           ((size_t)c->workspace_at + rows * ((size_t)s->v_dim + 2));
}

/* Scratch holds NaN of all ones; none of what lies before call.workspace_at may
 * be written. */
static int stray_floats(const struct room *scratch, const struct call *c)
{
    int strays = 0;
    for (int64_t i = 0; i < c->workspace_at; i++) {
        uint32_t bits;
        memcpy(&bits, (const char *)scratch->at + i * 4, sizeof bits);
        strays += bits != UINT32_MAX;
    }
    return strays;
}

void run_slice(const struct subject *s, struct trial *t, struct slice slice)
{
    struct call c = call_of(t, slice);
    c.key_begin_at = draw(0, 3), c.key_end_at = draw(0, 3);
    c.workspace_at = draw(0, 5);
    int begin[5] = {0}, end[5] = {0}; /* as the rows that are left count */
    for (int b = 0; b < t->batch; b++) {
        begin[c.key_begin_at + b] =
            (t->key_begin ? t->key_begin[b] : 0) - slice.skip;
        end[c.key_end_at + b] = (t->key_end ? t->key_end[b] : 0) - slice.skip;
    }
    c.passes = passes(s, t) + slice.more_passes;
    struct room scratch = {0};
    if (s->key_chunk > 0 || s->segment > 0)
        scratch = room_new(scratch_bytes(s, &c), false);
    if (scratch.at)
        memset(scratch.at, 0xff, scratch.bytes);

    cl_mem mem[CALL_STRUCT] = {
        [CALL_Q] = share_room(&t->q.room),
        [CALL_K] = share_room(&t->k.room),
        [CALL_V] = share_room(&t->v.room),
        [CALL_OUT] = share_room(&t->out.room),
        [CALL_LSE] = share_room(&t->lse),
        [CALL_KEY_BEGIN] =
            t->key_begin ? device_share(begin, sizeof begin) : NULL,
        [CALL_KEY_END] = t->key_end ? device_share(end, sizeof end) : NULL,
        [CALL_WORKSPACE] = share_room(&scratch),
    };
    subject_launch(s, mem, c, slice.axis, slice.cut);
    device_fetch(mem[CALL_OUT], t->out.room.at, t->out.room.bytes);
    if (t->lse.at)
        device_fetch(mem[CALL_LSE], t->lse.at, t->lse.bytes);
    if (scratch.at) {
        device_fetch(mem[CALL_WORKSPACE], scratch.at, scratch.bytes);
        t->strays += stray_floats(&scratch, &c);
    }
    for (int n = 0; n < CALL_STRUCT; n++)
        if (mem[n])
            OK(clReleaseMemObject(mem[n]));
    room_free(&scratch);
}

void *copy_of_results(const struct trial *t)
{
    char *copy = malloc(t->out.room.bytes + t->lse.bytes);
    memcpy(copy, t->out.room.at, t->out.room.bytes);
    if (t->lse.at)
        memcpy(copy + t->out.room.bytes, t->lse.at, t->lse.bytes);
    return copy;
}

bool same_results(const struct trial *t, const void *copy)
{
    return memcmp(copy, t->out.room.at, t->out.room.bytes) == 0 &&
           (!t->lse.at || memcmp((const char *)copy + t->out.room.bytes,
                                 t->lse.at, t->lse.bytes) == 0);
}

static double rounding(int type)
{
    return type == F16 ? 0x1p-11 : type == BF16 ? 0x1p-8 : 0.0;
}

static bool is_near(double got, double want, int type, double slack)
{
    return got == want ||
           fabs(got - want) < slack + rounding(type) * fabs(want) * 1.001;
}

/* Whether a row is as it should be; if not, one number of it that is not. */
static bool is_right(const struct trial *t, int b, int h, int i, double *got,
                     double *want)
{
    double out[512], lse, slack;
    const int seen = expect(t, b, h, i, out, &lse, &slack), type = t->out.type;
    const double rounded = rounding(t->weights) * largest_value(t, b, h, i);
    for (int c = 0; c < t->out.dim; c++) {
        *got = (double)load(&t->out, cell(&t->out, b, h, i, c));
        *want = out[c];
        /* fewer than 2 keys: 0, or the value itself */
        if (seen < 2 && !t->weights
                ? *got != (double)nearest((float)*want, type)
                : !is_near(*got, *want, type, slack + rounded))
            return false;
    }
    if (!t->lse.at)
        return true;
    *got = (double)((const float *)t->lse.at)[lse_cell(t, b, h, i)];
    *want = lse;
    return *got == *want || fabs(*got - *want) < 2.0 * slack;
}

/* Rows that differ from the definition; says which, up to three. */
static int wrong_rows(const struct trial *t)
{
    int wrong = 0;
    double got = 0.0, want = 0.0;
    for (int b = 0; b < t->batch; b++)
        for (int h = 0; h < t->heads; h++)
            for (int i = 0; i < t->call.queries; i++)
                if (!is_right(t, b, h, i, &got, &want) && wrong++ < 3)
                    fprintf(stderr, "  b %d h %d i %d: %g, not %g\n", b, h, i,
                            got, want);
    return wrong;
}

/* Cells of the results that are no row's: they must hold what they held. */
static int touched_gaps(const struct trial *t)
{
    const size_t count = lse_count(t);
    char *row = calloc((size_t)t->out.size + count, 1);
    char *lse_row = row + t->out.size;
    int touched = 0;
    for (int b = 0; b < t->batch; b++)
        for (int h = 0; h < t->heads; h++)
            for (int i = 0; i < t->call.queries; i++) {
                for (int c = 0; c < t->out.dim; c++)
                    row[cell(&t->out, b, h, i, c)] = 1;
                if (t->lse.at)
                    lse_row[lse_cell(t, b, h, i)] = 1;
            }
    for (int64_t i = 0; i < t->out.size; i++)
        touched += !row[i] && load(&t->out, (size_t)i) != UNTOUCHED;
    for (size_t i = 0; t->lse.at && i < count; i++)
        touched += !lse_row[i] && ((const float *)t->lse.at)[i] != UNTOUCHED;
    free(row);
    return touched;
}

/* Keys at the front that none of the queries sees, in no batch entry. */
static int unseen_keys(const struct trial *t, int first, int count)
{
    for (int j = 0; j < t->call.keys; j++)
        for (int b = 0; b < t->batch; b++)
            for (int i = first; i < first + count; i++)
                if (sees(t, b, i, j))
                    return j;
    return 0;
}

/* The same queries in two launches, each on its slice of the keys. */
static void run_in_two(const struct subject *s, struct trial *t)
{
    const int first = draw(1, t->call.queries - 1);
    struct slice late = {.first = first, .count = t->call.queries - first};
    struct slice early = {.count = first};
    late.skip = unseen_keys(t, late.first, late.count);
    early.skip = unseen_keys(t, early.first, early.count);
    late.more_passes = draw(0, 1);
    run_slice(s, t, late);
    run_slice(s, t, early);
}

/* The same launch with its grid cut in two. */
static void run_cut(const struct subject *s, struct trial *t)
{
    struct slice slice = slice_whole(t);
    const int groups = subject_groups(s, t->call.queries);
    const int heads = subject_head_groups(s, t->heads);
    const int length[3] = {groups, heads, t->batch};
    slice.axis = draw(0, 2);
    slice.cut = draw(0, length[slice.axis] - 1);
    slice.more_passes = draw(0, 2);
    run_slice(s, t, slice);
}

/* Weights of matrix units are rounded: of less than this, to 0. */
#define LEAST 0x1p-20

/* A NaN or infinity in a row of k or v must reach exactly the queries that see
 * it; a value that is infinite alone, as infinity, since a key that is seen has
 * a weight. Returns how many are wrong. */
static int poison_leaks(const struct subject *s, struct trial *t)
{
    const int b0 = draw(0, t->batch - 1), h0 = draw(0, t->kv_heads - 1);
    const int j = draw(0, t->call.keys - 1);
    struct tensor *x = draw(0, 1) ? &t->v : &t->k;
    const bool infinite = x == &t->v && j % 2 == 0;
    for (int c = 0; c < x->dim; c++) {
        const bool either = c > 0 && draw(0, 1);
        store(x, cell(x, b0, h0, j, c), infinite || either ? INFINITY : NAN);
    }
    run_slice(s, t, slice_whole(t));
    int leaks = 0;
    for (int b = 0; b < t->batch; b++)
        for (int h = 0; h < t->heads; h++)
            for (int i = 0; i < t->call.queries; i++) {
                const bool hit = (b == b0 || x->at.batch == 0) &&
                                 (h / t->call.group == h0 || x->at.head == 0) &&
                                 sees(t, b, i, j);
                bool finite = true, as_is = true;
                for (int c = 0; c < t->out.dim; c++) {
                    const float got = load(&t->out, cell(&t->out, b, h, i, c));
                    finite &= isfinite(got) != 0;
                    as_is &= got == INFINITY;
                }
                leaks += finite == hit || (hit && infinite && !as_is &&
                                           key_weight(t, b, h, i, j) > LEAST);
            }
    return leaks;
}

static void describe(const struct subject *s, const struct trial *t)
{
    const struct call *c = &t->call;
    fprintf(stderr,
            "%s | b%d h%d/%d q%d k%d w%d,%d origin %d %d %s begin %d,%d end "
            "%d,%d\n",
            s->name, t->batch, t->heads, t->kv_heads, c->queries, c->keys,
            c->left, c->right, c->query_origin, c->key_origin,
            c->align_end ? "END" : "START", entry_begin(t, 0),
            entry_begin(t, t->batch - 1), entry_end(t, 0),
            entry_end(t, t->batch - 1));
}

static bool is_faulty(const struct subject *s, struct trial *t)
{
    run_slice(s, t, slice_whole(t));
    const int wrong = wrong_rows(t), gaps = touched_gaps(t);
    void *whole = copy_of_results(t);
    trial_reset(t);
    run_cut(s, t);
    const bool cut = same_results(t, whole);
    bool split = true;
    if (t->call.queries > 1) {
        trial_reset(t);
        run_in_two(s, t);
        split = same_results(t, whole);
    }
    free(whole);
    const int leaks = poison_leaks(s, t);
    if (!wrong && !gaps && cut && split && !leaks && !t->strays)
        return false;
    describe(s, t);
    fprintf(stderr,
            "  %d rows wrong, %d gaps, cut %s, split %s, %d leaks, %d strays\n",
            wrong, gaps, cut ? "equal" : "differs", split ? "equal" : "differs",
            leaks, t->strays);
    return true;
}

int faulty_calls(const struct subject *s, int count, unsigned long seed)
{
    int faults = count < 1;
    draw_from(seed);
    for (int n = 0; n < count && faults < 3; n++) {
        struct trial t = trial_new(s);
        faults += is_faulty(s, &t);
        trial_free(&t);
    }
    return faults;
}

enum { QUERIES = 8 };

/* Every query sees every key, of the same score, and values of 1.1. */
static struct trial full_trial(const struct subject *s)
{
    const int keys = setting("KERNEL_KEYS", 4096);
    struct trial t = {.batch = 1, .heads = 1, .kv_heads = 1};
    t.q = tensor_packed(s->q_type, s->head_dim, QUERIES, 1.0f);
    t.k = tensor_packed(s->k_type, s->head_dim, keys, 0.0f);
    t.v = tensor_packed(s->v_type, s->v_dim, keys, 1.1f);
    t.out = tensor_packed(s->out_type, s->v_dim, QUERIES, UNTOUCHED);
    t.call = (struct call) {.q = t.q.at, .k = t.k.at, .v = t.v.at};
    t.call.out = t.out.at;
    t.call.queries = QUERIES, t.call.keys = keys;
    t.call.group = t.call.heads = t.call.entries = 1;
    t.call.left = t.call.right = CALL_UNBOUNDED;
    t.call.scale = 1.0f;
    return t;
}

/* Largest relative error where every result should be `want`. */
static double error_of(const struct trial *t, float want)
{
    double worst = 0.0;
    for (int64_t i = 0; i < t->out.size; i++) {
        const double ratio = (double)load(&t->out, (size_t)i) / (double)want;
        const double error = fabs(ratio - 1.0);
        worst = error <= worst ? worst : error; /* NaN too */
    }
    return worst;
}

double mean_error(const struct subject *s)
{
    struct trial t = full_trial(s);
    run_slice(s, &t, slice_whole(&t));
    const double error = error_of(&t, nearest(1.1f, s->v_type));
    trial_free(&t);
    return error;
}

double outlier_error(const struct subject *s, bool at_end)
{
    struct trial t = full_trial(s);
    const int j = at_end ? t.call.keys - 1 : 0;
    for (int64_t i = 0; i < t.k.size; i++)
        store(&t.k, (size_t)i, -500.0f / (float)s->head_dim);
    for (int c = 0; c < s->head_dim; c++)
        store(&t.k, cell(&t.k, 0, 0, j, c), 500.0f / (float)s->head_dim);
    for (int c = 0; c < s->v_dim; c++)
        store(&t.v, cell(&t.v, 0, 0, j, c), 3.0f);
    run_slice(s, &t, slice_whole(&t));
    const double error = error_of(&t, 3.0f);
    trial_free(&t);
    return error;
}

double tail_error(const struct subject *s, double weight)
{
    struct trial t = full_trial(s);
    const size_t first = cell(&t.k, 0, 0, 0, 0);
    store(&t.k, first, (float)-log(weight));
    for (int64_t i = 0; i < t.v.size; i++)
        store(&t.v, (size_t)i, i < s->v_dim ? 0.0f : 1.0f);
    run_slice(s, &t, slice_whole(&t));
    const double others = (t.call.keys - 1) * exp(-(double)load(&t.k, first));
    const double error = error_of(&t, (float)(others / (1.0 + others)));
    trial_free(&t);
    return error;
}
