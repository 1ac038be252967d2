/* child.c: another program over pipes. */
#define _POSIX_C_SOURCE 200809L
#include "child.h"

#include "clock.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static size_t count_of(const char *const *list)
{
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

static bool is_replaced(const char *ours, const char *const *by)
{
    const size_t length = strcspn(ours, "=") + 1;
    for (size_t n = 0; by && by[n]; n++)
        if (!strncmp(ours, by[n], length))
            return true;
    return false;
}

/* The list is the caller's, its strings are not. NULL: no memory. */
static char **environment_with(const char *const *by)
{
    const char *const *ours = (const char *const *)environ;
    char **all = calloc(count_of(ours) + count_of(by) + 1, sizeof *all);
    size_t used = 0;
    for (size_t n = 0; all && ours && ours[n]; n++)
        if (!is_replaced(ours[n], by))
            all[used++] = (char *)ours[n];
    for (size_t n = 0; all && by && by[n]; n++)
        all[used++] = (char *)by[n];
    return all;
}

static void close_both(int ends[2])
{
    for (int n = 0; n < 2; n++)
        if (ends[n] >= 0)
            close(ends[n]);
}

/* Neither end is for any other child: it would keep a pipe open that we take
 * for closed. */
static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

static int spawn(pid_t *pid, const char *const *argv, char *const *environment,
                 const int in[2], const int out[2], bool quiet)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    if (quiet)
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null",
                                         O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    const int code = posix_spawnp(pid, argv[0], &files, &attributes,
                                  (char *const *)argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

oriel_status child_start(struct child *c, const char *const *argv,
                         const char *const *environment, bool quiet)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    /* A child that ended is told by what a write returns. */
    signal(SIGPIPE, SIG_IGN);
    char **all = environment_with(environment);
    if (!all)
        return orl_fail(ORIEL_E_MEMORY, "no memory to start %s", argv[0]);
    int code = open_pipe(in) && open_pipe(out) ? 0 : errno;
    if (code == 0)
        code = spawn(&c->pid, argv, all, in, out, quiet);
    free(all);
    if (code != 0) {
        close_both(in);
        close_both(out);
        c->pid = 0;
        return orl_fail(ORIEL_E_IO, "%s: %s", argv[0], strerror(code));
    }
    close(in[0]);
    close(out[1]);
    c->input = in[1];
    c->output = out[0];
    return ORIEL_OK;
}

oriel_status child_say(struct child *c, const char *line)
{
    const size_t length = strlen(line);
    if (write(c->input, line, length) == (ssize_t)length &&
        write(c->input, "\n", 1) == 1)
        return ORIEL_OK;
    return orl_fail(ORIEL_E_IO, "it does not listen: %s", strerror(errno));
}

/* Waits until there is something to read, then reads some of it. */
static enum child_answer read_some(struct child *c, double until)
{
    if (c->room - c->used < 2) {
        const size_t room = c->room ? 2 * c->room : 4096;
        char *more = realloc(c->held, room);
        if (!more)
            return CHILD_ENDED;
        c->held = more;
        c->room = room;
    }
    struct pollfd ready = {.fd = c->output, .events = POLLIN};
    for (;;) {
        const double left = until - clock_now();
        const int code =
            left > 0 ? poll(&ready, 1, left < 1e6 ? (int)(left * 1e3) + 1 : -1)
                     : 0;
        if (code > 0)
            break;
        if (code == 0 && !(until - clock_now() > 0))
            return CHILD_LATE;
        if (code < 0 && errno != EINTR)
            return CHILD_ENDED;
    }
    const ssize_t got =
        read(c->output, c->held + c->used, c->room - c->used - 1);
    if (got <= 0)
        return CHILD_ENDED;
    c->used += (size_t)got;
    return CHILD_SAID;
}

enum child_answer child_line(struct child *c, char line[CHILD_LINE],
                             double seconds)
{
    const double until = clock_now() + seconds;
    char *end = NULL;
    while (!c->used || !(end = memchr(c->held, '\n', c->used))) {
        const enum child_answer answer = read_some(c, until);
        if (answer != CHILD_SAID)
            return answer;
    }
    const size_t length = (size_t)(end - c->held);
    const size_t kept = length < CHILD_LINE ? length : CHILD_LINE - 1;
    memcpy(line, c->held, kept);
    line[kept] = 0;
    c->used -= length + 1;
    memmove(c->held, end + 1, c->used);
    return CHILD_SAID;
}

enum child_answer child_all(struct child *c, char **bytes, size_t *size,
                            double seconds)
{
    const double until = clock_now() + seconds;
    enum child_answer answer = CHILD_SAID;
    while (answer == CHILD_SAID)
        answer = read_some(c, until);
    if (answer == CHILD_LATE || !c->held)
        return answer;
    c->held[c->used] = 0;
    *bytes = c->held;
    *size = c->used;
    c->held = NULL;
    c->used = c->room = 0;
    return CHILD_ENDED;
}

int child_end(struct child *c, double seconds)
{
    if (c->pid == 0)
        return -1;
    const struct timespec pause = {.tv_nsec = 2000000};
    const double until = clock_now() + seconds;
    int status = 0;
    pid_t ended = 0;
    close(c->input);
    while ((ended = waitpid(c->pid, &status, WNOHANG)) == 0 &&
           until - clock_now() > 0)
        nanosleep(&pause, NULL);
    /* The whole group: a script may have started others. */
    kill(-c->pid, SIGKILL);
    if (ended == 0)
        ended = waitpid(c->pid, &status, 0);
    close(c->output);
    free(c->held);
    const bool exited = ended == c->pid && WIFEXITED(status);
    *c = (struct child) {.pid = 0};
    return exited ? WEXITSTATUS(status) : -1;
}
