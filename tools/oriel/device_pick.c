/* device_pick.c: --device, then ORIEL_DEVICE, then the library's choice. */
#include "device_pick.h"

#include "base/error.h"
#include "cl/check.h"
#include "cl/engine.h"
#include "cl/probe.h"

#include <stdio.h>
#include <stdlib.h>

oriel_status device_pick(cl_device_id *out, const char *wanted)
{
    const char *from = "--device";
    if (!wanted) {
        wanted = getenv("ORIEL_DEVICE");
        from = "ORIEL_DEVICE";
    }
    /* Without a platform the device is not to blame, whatever was wanted. */
    struct listed *list = NULL;
    size_t count = 0;
    ORL_TRY(orl_probe_list(&list, &count));
    free(list);

    const oriel_status status = orl_probe_pick(out, wanted);
    if (status == ORIEL_E_UNSUPPORTED && wanted && wanted[0]) {
        const oriel_error error = *oriel_last_error();
        return orl_fail(ORIEL_E_ARGUMENT, "%s: %s; oriel devices lists them",
                        from, error.message);
    }
    return status;
}

void device_log(void *user, oriel_log_level level, const char *line)
{
    (void)user;
    if (level <= ORIEL_LOG_WARNING)
        fprintf(stderr, "oriel: %s: %s\n",
                level == ORIEL_LOG_ERROR ? "error" : "warning", line);
}

oriel_status device_context(cl_context *out, cl_device_id id)
{
    cl_int code = CL_SUCCESS;
    *out = clCreateContext(NULL, 1, &id, NULL, NULL, &code);
    return orl_cl_check(code, "clCreateContext");
}

void device_hold(void *user, oriel_log_level level, const char *line)
{
    struct held *held = user;
    const size_t room = sizeof held->lines - held->used;
    if (level > ORIEL_LOG_WARNING)
        return;
    const int length =
        snprintf(held->lines + held->used, room, "oriel: warning: %s\n", line);
    if (length > 0 && (size_t)length < room)
        held->used += (size_t)length;
    held->lines[held->used] = 0;
}

void device_tell(const struct held *held)
{
    fputs(held->lines, stderr);
}

static void log_line(void *user, int level, const char *text)
{
    device_log(user, (oriel_log_level)level, text);
}

oriel_status device_facts(struct device *out, cl_device_id id)
{
    const struct log log = {.line = log_line};
    struct engine engine = {.context = NULL};
    cl_context context = NULL;
    ORL_TRY(device_context(&context, id));
    const oriel_status status =
        orl_engine_open(&engine, context, id, NULL, log);
    if (status == ORIEL_OK)
        *out = orl_engine_facts(&engine);
    orl_engine_close(&engine);
    clReleaseContext(context);
    return status;
}
