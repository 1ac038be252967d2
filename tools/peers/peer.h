/* peer.h: what the peers written in C share: another implementation of the same
 * problem, as a program that `oriel bench --peers` drives.
 *
 *     PEER THREADS PROBLEM IN.npz OUT.npy
 *
 * One line says how it stands: "ready NAME, VERSION, N threads", "unsupported
 * SENTENCE" or "missing SENTENCE". Then each line "run" on standard input is
 * answered by "seconds X", each "write" by "written". */
#ifndef PEERS_PEER_H
#define PEERS_PEER_H

#include "base/text.h"
#include "model/problem.h"

/* The problem and its packed tensors [batch][head][row][dim]. Inputs are as the
 * problem stores them; the result is in float. */
struct call {
    struct problem problem;
    struct window window;
    int threads;
    const void *q, *k, *v;
    float *out;
};

struct peer {
    const char *name;

    /* Everything that is done once: memory, threads, programs, tuning. What
     * the version says ends up in reports. ORIEL_E_UNSUPPORTED: it cannot do
     * such a problem. On failure close() is still called. */
    oriel_status (*open)(void **state, const struct call *call,
                         struct text *version);
    oriel_status (*run)(void *state);
    oriel_status (*fetch)(void *state); /* into call->out; NULL: it is there */
    void (*close)(void *state);         /* state may be NULL */
};

int peer_main(const struct peer *peer, int count, char **text);

double peer_clock(void); /* seconds */

#endif /* PEERS_PEER_H */
