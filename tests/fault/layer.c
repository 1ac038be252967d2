/* layer.c: counting, failing, and the two functions a loader looks for. */
#define _GNU_SOURCE /* dladdr */
#include "layer.h"
#include "layer_state.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cl_icd_dispatch *layer_next;

enum { FUNCTIONS = 96 };

static struct {
    pthread_mutex_t lock;
    cl_icd_dispatch dispatch;
    struct {
        const char *function;
        long calls;
    } tally[FUNCTIONS];
    long calls, live[LIVE_KINDS];
    long fail_at; /* 0: no call fails */
    const char *fail_all;
    const char *failed;
    cl_int code;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

void layer_open(void)
{
    Dl_info self;
    char path[4096];
    if (!dladdr((void *)(uintptr_t)layer_open, &self) ||
        !realpath(self.dli_fname, path)) {
        fprintf(stderr, "the layer does not find itself\n");
        exit(EXIT_FAILURE);
    }
    setenv("OPENCL_LAYERS", path, 1);
}

/* ---- Counting ----------------------------------------------------------- */

static long *tally_of(const char *function)
{
    int n = 0;
    while (state.tally[n].function &&
           strcmp(state.tally[n].function, function) != 0)
        n++;
    state.tally[n].function = function;
    return &state.tally[n].calls;
}

bool layer_note(const char *function, cl_int *code)
{
    pthread_mutex_lock(&state.lock);
    ++*tally_of(function);
    state.calls++;
    const bool fails =
        (state.fail_at > 0 && --state.fail_at == 0) ||
        (state.fail_all && strcmp(state.fail_all, function) == 0);
    if (fails)
        state.failed = function;
    *code = state.code;
    pthread_mutex_unlock(&state.lock);
    return fails;
}

void layer_note_object(enum live_kind kind, long change)
{
    pthread_mutex_lock(&state.lock);
    state.live[kind] += change;
    pthread_mutex_unlock(&state.lock);
}

void layer_reset(void)
{
    pthread_mutex_lock(&state.lock);
    memset(state.tally, 0, sizeof state.tally);
    state.calls = state.fail_at = 0;
    state.fail_all = state.failed = NULL;
    pthread_mutex_unlock(&state.lock);
    layer_tricks_off();
    layer_host_reset();
}

long layer_calls(void)
{
    return state.calls;
}

long layer_count(const char *function)
{
    pthread_mutex_lock(&state.lock);
    const long count = *tally_of(function);
    pthread_mutex_unlock(&state.lock);
    return count;
}

long layer_live(void)
{
    long all = 0;
    for (int kind = 0; kind < LIVE_KINDS; kind++)
        all += state.live[kind];
    return all;
}

const char *layer_live_text(void)
{
    static const char *const names[LIVE_KINDS] = {"context", "queue",  "mem",
                                                  "program", "kernel", "event"};
    static char text[160];
    size_t used = 0;
    text[0] = 0;
    for (int kind = 0; kind < LIVE_KINDS; kind++)
        if (state.live[kind] != 0)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "%s%ld %s", used ? ", " : "",
                                     state.live[kind], names[kind]);
    return text;
}

/* ---- Failing ------------------------------------------------------------ */

void layer_fail(long n, cl_int code)
{
    pthread_mutex_lock(&state.lock);
    state.fail_at = n;
    state.failed = NULL;
    state.code = code;
    pthread_mutex_unlock(&state.lock);
}

void layer_fail_all(const char *function, cl_int code)
{
    pthread_mutex_lock(&state.lock);
    state.fail_all = function;
    state.failed = NULL;
    state.code = code;
    pthread_mutex_unlock(&state.lock);
}

const char *layer_failed(void)
{
    return state.failed;
}

/* ---- The loader's side -------------------------------------------------- */

LAYER_API CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name,
                                                         size_t size,
                                                         void *value,
                                                         size_t *size_ret)
{
    static const char layer_name[] = "oriel tests";
    static const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *answer = layer_name;
    size_t length = sizeof layer_name;
    if (name == CL_LAYER_API_VERSION) {
        answer = &version;
        length = sizeof version;
    } else if (name != CL_LAYER_NAME) {
        return CL_INVALID_VALUE;
    }
    if (value && size < length)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, answer, length);
    if (size_ret)
        *size_ret = length;
    return CL_SUCCESS;
}

LAYER_API CL_API_ENTRY cl_int CL_API_CALL
clInitLayer(cl_uint entries, const cl_icd_dispatch *target,
            cl_uint *entries_ret, const cl_icd_dispatch **dispatch_ret)
{
    if (!target || !entries_ret || !dispatch_ret)
        return CL_INVALID_VALUE;
    const size_t room = sizeof state.dispatch / sizeof(void *);
    const size_t known = entries < room ? entries : room;
    layer_next = target;
    memcpy((void *)&state.dispatch, (const void *)target,
           known * sizeof(void *));
    layer_wrap(&state.dispatch);
    layer_wrap_tricks(&state.dispatch);
    layer_flip(getenv("LAYER_FLIP"));
    *entries_ret = (cl_uint)known;
    *dispatch_ret = &state.dispatch;
    return CL_SUCCESS;
}
