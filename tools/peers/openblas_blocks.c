/* openblas_blocks.c: the peer that a good C programmer writes: blocks of
 * queries, two matrix products of OpenBLAS a block over the keys that one of
 * its rows sees, a softmax in vectors between them.
 *
 * Threads take blocks, each with a BLAS of one thread: one product of such a
 * block is too small for two. The length of a block is the fastest of those
 * tried on this problem before the peer is ready. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"

#include "base/arith.h"
#include "base/error.h"
#include "model/elem.h"
#include "peers/crew.h"
#include "peers/rows.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows of a product: those of the heads that share a key head are stacked. */
static const int64_t lengths[] = {16, 24, 32, 48, 64, 96, 128, 192, 256};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], TUNING_ROWS = 2048 };

/* Rows of k that tuning should spend on a length, at least: a window over
 * everything is tried on fewer rows. */
static const int64_t tuning_pairs = INT64_C(16) << 20;

struct blocks {
    const struct call *call;
    struct crew *crew;
    float *wide[3];         /* q, k, v in float, where stored otherwise */
    const float *q, *k, *v; /* wide, or those of the call */
    float **room;           /* of each thread: q, scores, out of a block */
    int64_t length;         /* queries of a block, in each head */
    int64_t count;          /* blocks of a head */
    int64_t pitch;          /* of a row of scores */
    int64_t group;          /* heads that share a key head: one product */
};

static int64_t pitch_of(const struct call *call, int64_t length)
{
    int64_t most = 1;
    for (int64_t i = 0; i < call->window.queries; i += length) {
        const struct span s = orl_window_any(
            &call->window, i, orl_min(length, call->window.queries - i));
        most = orl_max(most, s.end - s.begin);
    }
    return orl_ceil_div(most, ROWS_LANES) * ROWS_LANES;
}

static void choose_length(struct blocks *b, int64_t rows)
{
    const struct window *w = &b->call->window;
    b->length = orl_clamp(rows / b->group, 1, w->queries);
    b->count = orl_ceil_div(w->queries, b->length);
    b->pitch = pitch_of(b->call, b->length);
}

/* c = factor a b^T or a b for m rows of a. */
static void multiply(CBLAS_TRANSPOSE transpose, const int64_t size[3],
                     float factor, const float *a, int64_t a_pitch,
                     const float *b, float *c, int64_t c_pitch)
{
    const int m = (int)size[0], n = (int)size[1], k = (int)size[2];
    const int b_pitch = transpose == CblasTrans ? k : n;
    /* A product with one row is faster as that of a matrix and a vector. */
    if (m == 1 && transpose == CblasTrans)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, factor, b, b_pitch, a, 1,
                    0, c, 1);
    else if (m == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, factor, b, b_pitch, a, 1,
                    0, c, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, transpose, m, n, k, factor, a,
                    (int)a_pitch, b, b_pitch, 0, c, (int)c_pitch);
}

/* Rows of q or of the result of a group: head g, row r is row g * rows + r of
 * the product, and lies a whole head behind that of the head before. */
static float *row_at(float *base, const struct problem *p, int64_t n,
                     int64_t rows, int64_t dim)
{
    return base + (n / rows * p->queries + n % rows) * dim;
}

static float *gather(const struct blocks *b, float *to, int64_t at, int64_t m,
                     int64_t rows)
{
    const struct problem *p = &b->call->problem;
    const int64_t d = p->q.channels;
    float *const q = (float *)(uintptr_t)b->q + at * d;
    if (b->group == 1 || rows == p->queries)
        return q; /* they are next to each other as it is */
    for (int64_t n = 0; n < m; n += rows)
        memcpy(to + n * d, row_at(q, p, n, rows, d),
               (size_t)(rows * d) * sizeof *to);
    return to;
}

/* Rows [i, i + rows) of the heads of key head number kv of all entries. */
static void attend_rows(const struct blocks *b, float *room, int64_t kv,
                        int64_t i, int64_t rows)
{
    const struct problem *p = &b->call->problem;
    const struct window *w = &b->call->window;
    const int64_t d = p->q.channels, dv = p->v.channels;
    const int64_t at = kv * b->group * p->queries + i, m = b->group * rows;
    const int64_t most = b->group * b->length;
    float *const score = room, *const out = score + most * b->pitch;
    float *const mass = out + most * dv, *const q = mass + most;
    const struct span any = orl_window_any(w, i, rows);
    const int64_t n = orl_max(any.end - any.begin, 0);
    const int64_t key = kv * p->keys + (n > 0 ? any.begin : 0);
    float *const result = b->call->out + at * dv;

    if (n > 0)
        multiply(CblasTrans, (int64_t[]) {m, n, d}, p->scale * 1.44269504f,
                 gather(b, q, at, m, rows), d, b->k + key * d, score, b->pitch);
    for (int64_t r = 0; r < m; r++) {
        const struct span own = orl_window_any(w, i + r % rows, 1);
        const int64_t begin = orl_max(own.begin, any.begin) - any.begin;
        mass[r] =
            rows_soften(score + r * b->pitch, n, begin, own.end - any.begin);
    }
    if (n > 0)
        multiply(CblasNoTrans, (int64_t[]) {m, dv, n}, 1, score, b->pitch,
                 b->v + key * dv, out, dv);
    for (int64_t r = 0; r < m; r++)
        rows_scale(row_at(result, p, r, rows, dv), out + r * dv, dv,
                   mass[r] > 0 ? 1 / mass[r] : 0);
}

static void attend_part(void *user, int thread, int64_t n)
{
    const struct blocks *b = user;
    const int64_t i = n % b->count * b->length;
    attend_rows(b, b->room[thread], n / b->count, i,
                orl_min(b->length, b->call->problem.queries - i));
}

/* One head of q, k or v, numbered in this order, over all batch entries. */
static void widen_part(void *user, int thread, int64_t n)
{
    const struct blocks *b = user;
    const struct problem *p = &b->call->problem;
    const int64_t q = p->batch * p->heads, k = p->batch * p->kv_heads;
    const int which = n < q ? 0 : n < q + k ? 1 : 2;
    const struct tensor *t = which == 0 ? &p->q : which == 1 ? &p->k : &p->v;
    const void *stored[3] = {b->call->q, b->call->k, b->call->v};
    const size_t size =
        (size_t)(which ? p->keys : p->queries) * (size_t)t->channels;
    const size_t at = (size_t)(n - (which == 0   ? 0
                                    : which == 1 ? q
                                                 : q + k)) *
                      size;
    (void)thread;
    if (b->wide[which])
        rows_widen(b->wide[which] + at,
                   (const char *)stored[which] + at * orl_elem_bytes(t->type),
                   size, t->type);
}

static oriel_status run(void *state)
{
    struct blocks *b = state;
    const struct problem *p = &b->call->problem;
    if (b->wide[0] || b->wide[1] || b->wide[2])
        crew_run(b->crew, p->batch * (p->heads + 2 * p->kv_heads), widen_part,
                 b);
    crew_run(b->crew, p->batch * p->kv_heads * b->count, attend_part, b);
    return ORIEL_OK;
}

static oriel_status reserve(struct blocks *b)
{
    const struct problem *p = &b->call->problem;
    const int64_t floats =
        b->group * b->length * (b->pitch + p->v.channels + 1 + p->q.channels);
    for (int n = 0; n < b->call->threads; n++) {
        free(b->room[n]);
        b->room[n] = aligned_alloc(4096, (size_t)(floats / 1024 + 1) * 4096);
        if (!b->room[n])
            return orl_fail(ORIEL_E_MEMORY, "not enough memory for scores");
        memset(b->room[n], 0, (size_t)floats * sizeof(float));
    }
    return ORIEL_OK;
}

/* Some rows in the middle of one head, on one thread; the better of two. */
static double try_length(struct blocks *b)
{
    const int64_t queries = b->call->problem.queries;
    const int64_t span = orl_window_span(&b->call->window);
    const int64_t rows =
        orl_clamp(tuning_pairs / orl_max(span, 1), 256, TUNING_ROWS);
    const int64_t first = orl_max(0, queries - rows) / 2;
    double best = 0;
    for (int repeat = 0; repeat < 3; repeat++) {
        const double begin = peer_clock();
        for (int64_t i = first; i < orl_min(first + rows, queries);
             i += b->length)
            attend_rows(b, b->room[0], 0, i, orl_min(b->length, queries - i));
        const double seconds = peer_clock() - begin;
        best = repeat == 0 || seconds < best ? seconds : best;
    }
    return best;
}

static oriel_status tune(struct blocks *b)
{
    int64_t best = lengths[0];
    double least = 0;
    for (int n = 0; n < LENGTHS; n++) {
        choose_length(b, lengths[n]);
        ORL_TRY(reserve(b));
        const double seconds = try_length(b);
        if (n == 0 || seconds < least) {
            least = seconds;
            best = lengths[n];
        }
        if (b->length == b->call->problem.queries)
            break; /* longer ones are the same */
    }
    choose_length(b, best);
    return reserve(b);
}

static oriel_status widen_all(struct blocks *b)
{
    const struct problem *p = &b->call->problem;
    const struct tensor *t[3] = {&p->q, &p->k, &p->v};
    const void *stored[3] = {b->call->q, b->call->k, b->call->v};
    const float **used[3] = {&b->q, &b->k, &b->v};
    for (int n = 0; n < 3; n++) {
        const size_t rows =
            (size_t)(n ? p->kv_heads * p->keys : p->heads * p->queries) *
            (size_t)p->batch;
        *used[n] = stored[n];
        if (t[n]->type == ORIEL_F32)
            continue;
        b->wide[n] = malloc(rows * (size_t)t[n]->channels * sizeof(float));
        if (!b->wide[n])
            return orl_fail(ORIEL_E_MEMORY, "not enough memory for q, k, v");
        rows_widen(b->wide[n], stored[n], rows * (size_t)t[n]->channels,
                   t[n]->type);
        *used[n] = b->wide[n];
    }
    return ORIEL_OK;
}

static void close_blocks(void *state)
{
    struct blocks *b = state;
    if (!b)
        return;
    crew_close(b->crew);
    for (int n = 0; b->room && n < b->call->threads; n++)
        free(b->room[n]);
    free(b->room);
    for (int n = 0; n < 3; n++)
        free(b->wide[n]);
    free(b);
}

/* "OpenBLAS 0.3.21 DYNAMIC_ARCH ..." has the version as its second word. */
static void print_version(struct text *version, const struct blocks *b)
{
    struct scan s = orl_scan(openblas_get_config());
    const char *word = "";
    size_t length = 0;
    orl_scan_word(&s, &word, &length);
    orl_scan_word(&s, &word, &length);
    orl_text_add(version, "%.*s for %s in blocks of %lld", (int)length, word,
                 openblas_get_corename(), (long long)b->length);
}

static oriel_status open_blocks(void **state, const struct call *call,
                                struct text *version)
{
    struct blocks *b = calloc(1, sizeof *b);
    if (!b)
        return orl_fail(ORIEL_E_MEMORY, "not enough memory");
    *state = b;
    b->call = call;
    openblas_set_num_threads(1);
    b->group = call->problem.heads / call->problem.kv_heads;
    b->room = calloc((size_t)call->threads, sizeof *b->room);
    if (!b->room)
        return orl_fail(ORIEL_E_MEMORY, "not enough memory");
    ORL_TRY(crew_open(&b->crew, call->threads));
    ORL_TRY(widen_all(b));
    ORL_TRY(tune(b));
    print_version(version, b);
    return ORIEL_OK;
}

/* OpenBLAS up to 0.3.21 takes its kernels for AVX2 on AMD's processors with
 * AVX-512, which it knows as Zen, and reads the variable while it is loaded:
 * hence the second start. */
#ifdef __AVX512F__
static void prefer_wide_kernels(char **text)
{
    if (getenv("OPENBLAS_CORETYPE") ||
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 1) != 0)
        return;
    execv("/proc/self/exe", text);
}
#else
static void prefer_wide_kernels(char **text)
{
    (void)text;
}
#endif

int main(int count, char **text)
{
    static const struct peer peer = {"openblas blocks", open_blocks, run, NULL,
                                     close_blocks};
    prefer_wide_kernels(text);
    return peer_main(&peer, count, text);
}
