/* layer_host.c: buffers over the caller's memory. OpenCL leaves two of them
 * over the same bytes undefined, though most drivers do not mind. */
#include "layer.h"
#include "layer_state.h"

#include <pthread.h>

enum { BUFFERS = 256, ALIGNMENT = 16 };

static struct {
    pthread_mutex_t lock;
    struct {
        cl_mem mem; /* NULL: a free entry */
        const char *begin, *end;
    } buffer[BUFFERS];
    long shared, overlapping, misaligned;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

void layer_host_reset(void)
{
    pthread_mutex_lock(&state.lock);
    state.shared = state.overlapping = state.misaligned = 0;
    pthread_mutex_unlock(&state.lock);
}

long layer_host_buffers(void)
{
    return state.shared;
}

long layer_host_overlapping(void)
{
    return state.overlapping;
}

long layer_host_misaligned(void)
{
    return state.misaligned;
}

void layer_host_created(cl_mem mem, cl_mem_flags flags, const void *host,
                        size_t size)
{
    if (!(flags & CL_MEM_USE_HOST_PTR))
        return;
    const char *const begin = host, *const end = begin + size;
    int free_entry = 0;
    pthread_mutex_lock(&state.lock);
    state.shared++;
    state.misaligned += (uintptr_t)host % ALIGNMENT != 0;
    for (int n = 0; n < BUFFERS; n++) {
        if (!state.buffer[n].mem)
            free_entry = n;
        else
            state.overlapping +=
                begin < state.buffer[n].end && state.buffer[n].begin < end;
    }
    state.buffer[free_entry].mem = mem;
    state.buffer[free_entry].begin = begin;
    state.buffer[free_entry].end = end;
    pthread_mutex_unlock(&state.lock);
}

void layer_host_released(cl_mem mem)
{
    pthread_mutex_lock(&state.lock);
    for (int n = 0; n < BUFFERS; n++)
        if (state.buffer[n].mem == mem)
            state.buffer[n].mem = NULL;
    pthread_mutex_unlock(&state.lock);
}
