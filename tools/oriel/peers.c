/* peers.c: finding, starting and running them. */
#define _POSIX_C_SOURCE 200809L
#include "peers.h"

#include "clock.h"
#include "interrupt.h"
#include "memory.h"
#include "progress.h"

#include "base/error.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Seconds for what happens once, which may be a compilation, and for a run. A
 * sequence that takes longer, or more memory, is the last of --growth. */
static const double patience_once = 600, patience_run = 120;
static const double growth_once = 120, growth_seconds = 30, growth_bytes = 8e9;

/* After its run a peer's threads may go on spinning for a moment. */
static const long pause_nanoseconds = 20000000;

/* ---- Which there are ----------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct peer *)a)->path,
                  ((const struct peer *)b)->path);
}

static void add_file(struct peers *all, const char *folder, const char *name)
{
    struct stat found;
    struct peer *p = &all->at[all->count];
    const int length = snprintf(p->path, sizeof p->path, "%s/%s", folder, name);
    if (length < (int)sizeof p->path && name[0] != '.' &&
        stat(p->path, &found) == 0 && S_ISREG(found.st_mode) &&
        access(p->path, X_OK) == 0)
        all->count++;
}

oriel_status peers_find(struct peers *all)
{
    const char *folder = getenv("ORIEL_PEERS");
    if (!folder || !folder[0])
        folder = ORIEL_LIBEXECDIR "/oriel/peers";
    DIR *listing = opendir(folder);
    if (!listing)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--peers: %.200s: %s; ORIEL_PEERS names the folder of "
                        "their programs",
                        folder, strerror(errno));
    for (const struct dirent *e = readdir(listing);
         e && all->count < PEERS_MOST; e = readdir(listing))
        add_file(all, folder, e->d_name);
    closedir(listing);
    qsort(all->at, all->count, sizeof all->at[0], by_path);
    for (size_t n = 0; n < all->count; n++)
        all->at[n].file = strrchr(all->at[n].path, '/') + 1;
    return all->count ? ORIEL_OK
                      : orl_fail(ORIEL_E_ARGUMENT,
                                 "--peers: %.200s holds no program; "
                                 "ORIEL_PEERS names another folder",
                                 folder);
}

/* ---- Talking ------------------------------------------------------------- */

/* $ORIEL_PEER_PATIENCE is for tests of peers: seconds for anything. */
static double limited(double seconds)
{
    const char *text = getenv("ORIEL_PEER_PATIENCE");
    struct scan s = orl_scan(text ? text : "");
    double most = 0;
    return orl_scan_double(&s, &most) && most > 0 && most < seconds ? most
                                                                    : seconds;
}

static void leave_out(struct peer *p, const char *why)
{
    progress_clear();
    if (!interrupted())
        fprintf(stderr, "oriel: warning: peer %s: %s\n", p->file, why);
    child_end(&p->child, 0);
    p->over |= p->growth; /* longer ones are no easier */
}

/* The next line, while its memory stays within the limit. */
static oriel_status answer(struct peer *p, char line[CHILD_LINE],
                           double patience)
{
    const double until = clock_now() + patience;
    enum child_answer got = CHILD_LATE;
    while (got == CHILD_LATE && clock_now() < until && !interrupted()) {
        got = child_line(&p->child, line, fmin(0.2, patience));
        const double bytes = (double)memory_peak(p->child.pid);
        p->memory = fmax(p->memory, bytes);
        if (p->memory_limit > 0 && bytes > p->memory_limit)
            return orl_fail(ORIEL_E_MEMORY, "it took more than %.0f GB",
                            p->memory_limit * 1e-9);
    }
    if (got == CHILD_SAID)
        return ORIEL_OK;
    return got == CHILD_LATE
               ? orl_fail(ORIEL_E_UNSUPPORTED, "no answer in %.3g s", patience)
               : orl_fail(ORIEL_E_UNSUPPORTED, "it ended before it answered");
}

static oriel_status nonsense(const char *line, const char *expected)
{
    return orl_fail(ORIEL_E_UNSUPPORTED,
                    "it said \"%.60s\" where %s was "
                    "expected",
                    line, expected);
}

static oriel_status run_once(struct peer *p, double patience, double *seconds)
{
    char line[CHILD_LINE];
    ORL_TRY(child_say(&p->child, "run"));
    ORL_TRY(answer(p, line, patience));
    struct scan s = orl_scan(line);
    if (!orl_scan_literal(&s, "seconds ") || !orl_scan_double(&s, seconds) ||
        !(*seconds > 0) || !isfinite(*seconds))
        return nonsense(line, "\"seconds X\"");
    return ORIEL_OK;
}

/* "NAME, VERSION, N threads". */
static oriel_status read_ready(struct peer *p, const char *line)
{
    const char *said = line + strlen("ready ");
    const char *last = strrchr(said, ',');
    const char *first = strchr(said, ',');
    struct scan s = orl_scan(last ? last + 1 : "");
    orl_scan_literal(&s, " ");
    if (!last || first == last || !orl_scan_int64(&s, &p->threads) ||
        strncmp(s.at, " thread", 7) != 0)
        return nonsense(line, "\"ready NAME, VERSION, N threads\"");
    snprintf(p->name, sizeof p->name, "%.*s", (int)(first - said), said);
    first += strspn(first, ", ");
    snprintf(p->version, sizeof p->version, "%.*s",
             (int)(first < last ? last - first : 0), first);
    return ORIEL_OK;
}

/* ---- One problem --------------------------------------------------------- */

static oriel_status hear_ready(struct peer *p)
{
    char line[CHILD_LINE];
    ORL_TRY(answer(p, line, limited(patience_once)));
    if (!strncmp(line, "ready ", 6))
        return read_ready(p, line);
    if (!strncmp(line, "missing ", 8))
        p->over = true;
    else if (strncmp(line, "unsupported ", 12) != 0)
        return nonsense(line, "\"ready ...\"");
    return orl_fail(ORIEL_E_UNSUPPORTED, "%.200s", line);
}

/* Its first run, and whether the result is right. */
static oriel_status hear_result(struct peer *p, const struct run *r,
                                const char *out)
{
    char line[CHILD_LINE];
    double seconds = 0, most = 0;
    ORL_TRY(run_once(p, limited(p->growth ? growth_once : patience_once),
                     &seconds));
    ORL_TRY(child_say(&p->child, "write"));
    ORL_TRY(answer(p, line, limited(patience_once)));
    if (strcmp(line, "written") != 0)
        return nonsense(line, "\"written\"");
    ORL_TRY(peers_check(r, out, &p->error, &most));
    if (!(p->error <= most))
        return orl_fail(ORIEL_E_UNSUPPORTED,
                        "its result is wrong: error %.3g of the largest |v|, "
                        "%.3g is let pass",
                        p->error, most);
    return ORIEL_OK;
}

static oriel_status start_one(struct peers *all, struct peer *p,
                              const struct run *r, int64_t threads,
                              const char *in, const char *out)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)threads);
    const char *const argv[] = {p->path, number, r->text, in, out, NULL};
    p->memory = 0;
    p->growth = all->growth;
    p->memory_limit = p->growth ? growth_bytes : 0;
    p->patience = limited(p->growth ? growth_seconds : patience_run);
    unlink(out);
    ORL_TRY(child_start(&p->child, argv, NULL, false));
    ORL_TRY(hear_ready(p));
    return hear_result(p, r, out);
}

oriel_status peers_start(struct peers *all, const struct run *r,
                         int64_t threads, const char *folder)
{
    char in[PEERS_PATH + 32], out[PEERS_PATH + 32];
    snprintf(in, sizeof in, "%s/in.npz", folder);
    snprintf(out, sizeof out, "%s/out.npy", folder);
    if (all->count == 0)
        return ORIEL_OK;
    if (r->key_begin || r->key_end || r->lse) {
        fputs("oriel: warning: peers know neither lse nor ranges\n", stderr);
        return ORIEL_OK;
    }
    ORL_TRY(peers_write_inputs(r, in));
    for (size_t n = 0; n < all->count && !interrupted(); n++) {
        struct peer *p = &all->at[n];
        if (p->over)
            continue;
        if (start_one(all, p, r, threads, in, out) != ORIEL_OK)
            leave_out(p, oriel_last_error()->message);
    }
    unlink(in);
    unlink(out);
    return ORIEL_OK;
}

/* A peer times itself, each call alone. */
static oriel_status take_turn(void *state, size_t calls, double *seconds)
{
    const struct timespec pause = {.tv_nsec = pause_nanoseconds};
    struct peer *p = state;
    (void)calls;
    const oriel_status status = run_once(p, p->patience, seconds);
    if (status != ORIEL_OK)
        leave_out(p, oriel_last_error()->message);
    else
        nanosleep(&pause, NULL);
    return status;
}

size_t peers_entrants(struct peers *all, struct entrant *of)
{
    size_t count = 0;
    for (size_t n = 0; n < all->count; n++)
        if (all->at[n].child.pid)
            of[count++] = (struct entrant) {
                .run = take_turn, .state = &all->at[n], .may_fail = true};
    return count;
}

void peers_end(struct peers *all)
{
    for (size_t n = 0; n < all->count; n++)
        if (all->at[n].child.pid)
            child_end(&all->at[n].child, 2);
}
