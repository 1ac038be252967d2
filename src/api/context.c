/* context.c: lifetime of contexts. */
#include "api/context.h"

#include "api/descriptor.h"
#include "cl/check.h"
#include "cl/probe.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static_assert((int)ORIEL_LOG_ERROR == (int)LOG_ERROR &&
                  (int)ORIEL_LOG_DEBUG == (int)LOG_DEBUG,
              "log levels are the same inside and outside");

/* The process that made the first context; 0: none was made. The threads of a
 * driver do not survive fork(), and a child that begins anew waits for them for
 * ever (PoCL 3.1). */
static atomic_long first_process;

static oriel_status check_process(void)
{
    long first = 0;
    const long self = (long)getpid();
    if (atomic_compare_exchange_strong(&first_process, &first, self) ||
        first == self)
        return ORIEL_OK;
    return orl_fail(ORIEL_E_UNSUPPORTED,
                    "this process was forked after its parent had used OpenCL, "
                    "whose drivers do not survive that: fork before, or exec");
}

static void pass_line(void *context, int level, const char *text)
{
    const oriel_context *c = context;
    c->line(c->user, (oriel_log_level)level, text);
}

/* The device that this one is a part of; NULL: it is whole. */
static cl_device_id parent_of(cl_device_id id)
{
    cl_device_id parent = NULL;
    if (clGetDeviceInfo(id, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent,
                        NULL) != CL_SUCCESS)
        return NULL;
    return parent;
}

/* The only device of a context, or the one named if it is there. Of a context
 * that was made for a part of a device, PoCL 3.1 says it had the whole one. */
static oriel_status device_of(cl_device_id *out, cl_context context,
                              cl_device_id named)
{
    enum { MOST = 64 };
    cl_device_id ids[MOST];
    cl_uint count = 0;
    ORL_TRY_CL(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count,
                                &count, NULL));
    if (count > MOST)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "the context has %u devices; at most "
                        "%d are supported",
                        (unsigned)count, MOST);
    ORL_TRY_CL(clGetContextInfo(context, CL_CONTEXT_DEVICES,
                                count * sizeof ids[0], ids, NULL));
    if (!named && count == 1) {
        *out = ids[0];
        return ORIEL_OK;
    }
    if (!named)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "device is NULL and the context has %u devices: name "
                        "one of them",
                        (unsigned)count);
    for (cl_device_id id = named; id; id = parent_of(id))
        for (cl_uint n = 0; n < count; n++)
            if (ids[n] == id) {
                *out = named;
                return ORIEL_OK;
            }
    return orl_fail(ORIEL_E_ARGUMENT, "device does not belong to context");
}

static oriel_status open_engine(oriel_context *c,
                                const oriel_context_desc *desc)
{
    cl_device_id id = desc->device;
    cl_context context = desc->context;
    if (context)
        ORL_TRY(device_of(&id, context, id));
    else if (!id)
        ORL_TRY(orl_probe_pick(&id, getenv("ORIEL_DEVICE")));

    cl_int code = CL_SUCCESS;
    if (context)
        ORL_TRY_CL(clRetainContext(context));
    else
        context = clCreateContext(NULL, 1, &id, NULL, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateContext"));

    const struct log log = {desc->log ? pass_line : NULL, c};
    const oriel_status status =
        orl_engine_open(&c->engine, context, id, desc->cache_dir, log);
    clReleaseContext(context); /* the engine keeps its own */
    if (status != ORIEL_OK)
        orl_engine_close(&c->engine);
    return status;
}

oriel_status oriel_context_create(oriel_context **out,
                                  const oriel_context_desc *desc)
{
    oriel_context_desc d;
    if (!out)
        return orl_fail(ORIEL_E_ARGUMENT, "out is NULL");
    ORL_TRY(orl_descriptor_read(&d, sizeof d, desc, 1, "oriel_context_desc"));
    if (d.flags != 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "oriel_context_desc.flags is %u; it must be 0",
                        (unsigned)d.flags);

    ORL_TRY(check_process());
    oriel_context *c = calloc(1, sizeof *c);
    if (!c)
        return orl_fail(ORIEL_E_MEMORY, "no memory for a context");
    atomic_init(&c->owners, 1);
    c->line = d.log;
    c->user = d.user;
    const oriel_status status = open_engine(c, &d);
    if (status != ORIEL_OK) {
        free(c);
        return status;
    }
    /* Facts that take a trial are found now, so that oriel_explain compiles
     * and runs nothing, as it promises. */
    orl_engine_facts(&c->engine);
    *out = c;
    return ORIEL_OK;
}

oriel_context *orl_context_share(oriel_context *context)
{
    atomic_fetch_add(&context->owners, 1);
    return context;
}

void orl_context_give(oriel_context *context)
{
    if (!context || atomic_fetch_sub(&context->owners, 1) != 1)
        return;
    orl_engine_close(&context->engine);
    free(context);
}

void oriel_context_destroy(oriel_context *context)
{
    orl_context_give(context);
}
