/* crew.c: waiting is done on a condition, never by spinning: while a peer
 * waits, the cores belong to what it is compared with. */
#include "peers/crew.h"

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct member {
    struct crew *crew;
    int number;
    pthread_t thread;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t begun, ended;
    int64_t next, count; /* parts: the next to be taken, and all */
    uint64_t piece;      /* number of the piece of work at hand */
    int busy;            /* other threads that have not finished it */
    bool over;
    void (*part)(void *user, int thread, int64_t n);
    void *user;
    int others;
    struct member member[];
};

static int64_t take(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    const int64_t n = c->next < c->count ? c->next++ : -1;
    pthread_mutex_unlock(&c->lock);
    return n;
}

static void work(struct crew *c, int number)
{
    for (int64_t n; (n = take(c)) >= 0;)
        c->part(c->user, number, n);
}

static void *live(void *at)
{
    struct member *self = at;
    struct crew *c = self->crew;
    uint64_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&c->lock);
        while (c->piece == seen && !c->over)
            pthread_cond_wait(&c->begun, &c->lock);
        const bool over = c->over;
        seen = c->piece;
        pthread_mutex_unlock(&c->lock);
        if (over)
            return NULL;
        work(c, self->number);
        pthread_mutex_lock(&c->lock);
        if (--c->busy == 0)
            pthread_cond_signal(&c->ended);
        pthread_mutex_unlock(&c->lock);
    }
}

oriel_status crew_open(struct crew **out, int threads)
{
    const size_t others = (size_t)threads - 1;
    struct crew *c = calloc(1, sizeof *c + others * sizeof c->member[0]);
    if (!c)
        return orl_fail(ORIEL_E_MEMORY, "not enough memory for threads");
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begun, NULL);
    pthread_cond_init(&c->ended, NULL);
    for (; c->others < threads - 1; c->others++) {
        struct member *m = &c->member[c->others];
        *m = (struct member) {.crew = c, .number = c->others + 1};
        if (pthread_create(&m->thread, NULL, live, m) != 0) {
            crew_close(c);
            return orl_fail(ORIEL_E_MEMORY, "%d threads could not be started",
                            threads);
        }
    }
    *out = c;
    return ORIEL_OK;
}

void crew_close(struct crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->over = true;
    pthread_cond_broadcast(&c->begun);
    pthread_mutex_unlock(&c->lock);
    for (int n = 0; n < c->others; n++)
        pthread_join(c->member[n].thread, NULL);
    pthread_cond_destroy(&c->begun);
    pthread_cond_destroy(&c->ended);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void crew_run(struct crew *c, int64_t count,
              void (*part)(void *user, int thread, int64_t n), void *user)
{
    pthread_mutex_lock(&c->lock);
    c->part = part;
    c->user = user;
    c->count = count;
    c->next = 0;
    c->busy = c->others;
    c->piece++;
    pthread_cond_broadcast(&c->begun);
    pthread_mutex_unlock(&c->lock);
    work(c, 0);
    pthread_mutex_lock(&c->lock);
    while (c->busy > 0)
        pthread_cond_wait(&c->ended, &c->lock);
    pthread_mutex_unlock(&c->lock);
}
