/* peer.c: the command line, the tensors and the conversation of a peer. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"

#include "base/error.h"
#include "model/elem.h"
#include "model/problem_text.h"
#include "oriel/npy.h"
#include "oriel/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MOST = 1024, LINE = 64, VERSION = 120 };

/* More than this for inputs and result is not worth waiting for. */
static const double most_bytes = 8e9;

double peer_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static oriel_status refuse(const char *word)
{
    return orl_fail(ORIEL_E_UNSUPPORTED, "this peer knows no %s", word);
}

/* Tensors reach a peer packed, whatever their strides in the problem. */
static oriel_status check(const struct problem *p)
{
    if (p->softcap > 0)
        return refuse("softcap (cap)");
    if (p->extras & ORIEL_EXTRA_LSE)
        return refuse("log-sums (lse)");
    if (p->extras & ORIEL_EXTRA_KEY_RANGE)
        return refuse("key ranges (ranges)");
    const double rows = (double)p->batch * (double)p->heads;
    const double keys = (double)p->batch * (double)p->kv_heads;
    const double dims = (double)(p->q.channels + p->v.channels);
    const double bytes =
        4 * dims * (rows * (double)p->queries + keys * (double)p->keys);
    if (bytes > most_bytes)
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "its tensors need %.0f GB, more than the %.0f GB that "
                        "a peer may take",
                        bytes * 1e-9, most_bytes * 1e-9);
    return ORIEL_OK;
}

static oriel_status read_problem(struct problem *out, const char *text)
{
    oriel_problem given;
    ORL_TRY(orl_problem_parse(&given, text));
    ORL_TRY(orl_problem_check(out, &given));
    return check(out);
}

/* Floats in place to the type that the problem stores. */
static void narrow(float *values, size_t count, uint32_t type)
{
    for (size_t i = 0; type != ORIEL_F32 && i < count; i++)
        orl_elem_store(values, i, type, values[i]);
}

static oriel_status read_tensor(struct array *out, const char *path,
                                const char *name, const int64_t shape[4],
                                uint32_t type)
{
    ORL_TRY(npz_read(out, path, name));
    bool fits = out->type == ARRAY_F4 && out->rank == 4;
    for (int axis = 0; axis < 4 && fits; axis++)
        fits = out->shape[axis] == shape[axis];
    if (!fits)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "%s:%s: f4 of shape [%lld,%lld,%lld,%lld] is expected",
                        array_file_name(path), name, (long long)shape[0],
                        (long long)shape[1], (long long)shape[2],
                        (long long)shape[3]);
    narrow(out->values, out->count, type);
    return ORIEL_OK;
}

struct tensors {
    struct array q, k, v, out;
};

static oriel_status read_tensors(struct tensors *t, const struct problem *p,
                                 const char *path)
{
    const int64_t d = p->q.channels, dv = p->v.channels;
    const int64_t b = p->batch, h = p->heads, m = p->kv_heads;
    const int64_t q[4] = {b, h, p->queries, d}, k[4] = {b, m, p->keys, d};
    const int64_t v[4] = {b, m, p->keys, dv};
    ORL_TRY(read_tensor(&t->q, path, "q", q, p->q.type));
    ORL_TRY(read_tensor(&t->k, path, "k", k, p->k.type));
    ORL_TRY(read_tensor(&t->v, path, "v", v, p->v.type));
    t->out = (struct array) {
        .type = ARRAY_F4, .rank = 4, .shape = {b, h, p->queries, dv}};
    if (array_measure(&t->out) || !(t->out.values = malloc(t->out.bytes)))
        return orl_fail(ORIEL_E_MEMORY, "not enough memory for the result");
    memset(t->out.values, 0xff, t->out.bytes); /* NaN: nothing is there yet */
    return ORIEL_OK;
}

static void free_tensors(struct tensors *t)
{
    array_free(&t->q);
    array_free(&t->k);
    array_free(&t->v);
    array_free(&t->out);
}

static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

static oriel_status answer(const struct peer *peer, void *state,
                           const struct tensors *t, const char *path,
                           const char *line)
{
    char seconds[LINE];
    struct text text = orl_text(seconds, sizeof seconds);
    if (!strcmp(line, "run\n")) {
        const double begin = peer_clock();
        ORL_TRY(peer->run(state));
        orl_text_add(&text, "seconds ");
        orl_text_add_double(&text, peer_clock() - begin);
        say(seconds);
        return ORIEL_OK;
    }
    if (!strcmp(line, "write\n")) {
        if (peer->fetch)
            ORL_TRY(peer->fetch(state));
        ORL_TRY(npy_write(path, &t->out));
        say("written");
        return ORIEL_OK;
    }
    return orl_fail(ORIEL_E_ARGUMENT, "\"run\" or \"write\" is expected");
}

static oriel_status converse(const struct peer *peer, const struct call *call,
                             const struct tensors *t, const char *path,
                             bool *ready)
{
    void *state = NULL;
    char version[VERSION] = "", line[LINE];
    struct text text = orl_text(version, sizeof version);
    oriel_status status = peer->open(&state, call, &text);
    if (status == ORIEL_OK)
        status = peer->run(state);
    if (status == ORIEL_OK) {
        *ready = true;
        printf("ready %s, %s, %d thread%s\n", peer->name, version,
               call->threads, call->threads > 1 ? "s" : "");
        fflush(stdout);
        while (status == ORIEL_OK && fgets(line, sizeof line, stdin))
            status = answer(peer, state, t, path, line);
    }
    peer->close(state);
    return status;
}

static oriel_status attend(const struct peer *peer, int64_t threads,
                           char **text, bool *ready)
{
    struct call call = {.threads = (int)threads};
    struct tensors t = {.q = {0}};
    ORL_TRY(read_problem(&call.problem, text[2]));
    oriel_status status = read_tensors(&t, &call.problem, text[3]);
    if (status == ORIEL_OK) {
        call.window = orl_problem_window(&call.problem);
        call.q = t.q.values;
        call.k = t.k.values;
        call.v = t.v.values;
        call.out = t.out.values;
        status = converse(peer, &call, &t, text[4], ready);
    }
    free_tensors(&t);
    return status;
}

int peer_main(const struct peer *peer, int count, char **text)
{
    int64_t threads = 0;
    struct scan number = orl_scan(count > 1 ? text[1] : "");
    if (count != 5 || !orl_scan_int64(&number, &threads) || *number.at ||
        threads < 1 || threads > THREADS_MOST) {
        fprintf(stderr, "usage: PEER THREADS PROBLEM IN.npz OUT.npy\n");
        return 2;
    }
    bool ready = false;
    const oriel_status status = attend(peer, threads, text, &ready);
    if (status == ORIEL_OK)
        return 0;
    const char *sentence = oriel_last_error()->message;
    if (status == ORIEL_E_ARGUMENT || ready) {
        fprintf(stderr, "%s: %s\n", peer->name, sentence);
        return ready ? 3 : 2;
    }
    printf("%s %s\n", status == ORIEL_E_UNSUPPORTED ? "unsupported" : "missing",
           sentence);
    return 0;
}
