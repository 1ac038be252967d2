/* engine.c: one device of one OpenCL context. */
#include "cl/engine.h"

#include "cl/broadcast_trial.h"
#include "cl/check.h"
#include "cl/matrix_trial.h"
#include "cl/probe.h"
#include "cl/program.h"
#include "cl/trial.h"

#include <stdlib.h>
#include <string.h>

oriel_status orl_engine_open(struct engine *engine, cl_context context,
                             cl_device_id id, const char *cache_dir,
                             struct log log)
{
    cl_int code;
    *engine = (struct engine) {.log = log};
    orl_lock_open(&engine->lock);
    orl_cache_open(&engine->cache, cache_dir, &engine->log);
    orl_probe(&engine->device, id);

    ORL_TRY_CL(clRetainContext(context));
    engine->context = context;
    ORL_TRY_CL(clRetainDevice(id));
    engine->id = id;
    engine->queue = clCreateCommandQueue(context, id, 0, &code);
    return orl_cl_check(code, "clCreateCommandQueue");
}

void orl_engine_close(struct engine *engine)
{
    orl_programs_free(engine->programs);
    if (engine->queue)
        clReleaseCommandQueue(engine->queue);
    if (engine->id)
        clReleaseDevice(engine->id);
    if (engine->context)
        clReleaseContext(engine->context);
    orl_lock_close(&engine->lock);
}

struct hash orl_engine_key(const struct engine *engine, const char *kind)
{
    const struct device *d = &engine->device;
    struct hash h = orl_hash_begin();
    h = orl_hash_string(h, kind);
    h = orl_hash_string(h, oriel_version());
    h = orl_hash_string(h, d->platform);
    h = orl_hash_string(h, d->platform_version);
    h = orl_hash_string(h, d->name);
    h = orl_hash_string(h, d->vendor);
    h = orl_hash_string(h, d->version);
    return orl_hash_string(h, d->driver);
}

/* ---- Facts that take a trial, and verdicts ------------------------------ */

/* The key of what a self-test found; it belongs to the family's kernel as it
 * is, so that a repaired kernel is tried again. */
static struct hash quarantine_key(const struct engine *engine, int bit)
{
    const bool in_sub_groups = bit >= ORL_IN_SUB_GROUPS;
    return orl_trial_text(
        orl_engine_key(engine, in_sub_groups ? "quarantine in sub-groups"
                                             : "quarantine"),
        orl_families[bit % ORL_IN_SUB_GROUPS]->name);
}

/* The bit if the file is there, which is said; else 0. */
static int64_t load_quarantine_bit(const struct engine *engine, int bit)
{
    void *bytes = NULL;
    size_t size = 0;
    const struct hash key = quarantine_key(engine, bit);
    if (!orl_cache_load(&engine->cache, key, &bytes, &size))
        return 0;
    free(bytes);
    char path[ORL_CACHE_PATH];
    orl_cache_path(&engine->cache, key, path);
    orl_log(&engine->log, LOG_WARNING,
            "family %s%s failed its self-test on %s earlier and is not used; "
            "remove %s to try it again",
            orl_families[bit % ORL_IN_SUB_GROUPS]->name,
            bit >= ORL_IN_SUB_GROUPS ? " in sub-groups" : "",
            engine->device.name, path);
    return INT64_C(1) << bit;
}

static int64_t load_quarantine(const struct engine *engine)
{
    int64_t bits = 0;
    for (int n = 0; orl_families[n]; n++)
        bits |= load_quarantine_bit(engine, n) |
                load_quarantine_bit(engine, n + ORL_IN_SUB_GROUPS);
    return bits;
}

static struct probed load_probed(struct engine *engine)
{
    void *bytes = NULL;
    size_t size = 0;
    struct probed probed = {0};
    const struct hash key =
        orl_trial_text(orl_engine_key(engine, "probed"), "probe");
    if (orl_cache_load(&engine->cache, key, &bytes, &size) &&
        size == sizeof probed) {
        memcpy(&probed, bytes, sizeof probed);
    } else if (orl_trial_probe(&probed, engine) == ORIEL_OK) {
        orl_cache_store(&engine->cache, key, &probed, sizeof probed);
    } else {
        orl_log(&engine->log, LOG_WARNING,
                "probe: %s; the device's limit of loops is not known, nor its "
                "waves",
                oriel_last_error()->message);
    }
    free(bytes);
    return probed;
}

/* Of a GPU that says of kernels alone how many work-items run in step, as those
 * before OpenCL 3.0; numbers that none has are of something else. */
static bool tells_waves(const struct device *d, int64_t items)
{
    return d->kind == DEVICE_GPU && d->wave_items <= 0 && items > 1 &&
           items <= 128;
}

/* A trial that can end the process: the driver may crash on what it does not
 * know. */
struct risk {
    const char *kind, *kernel, *subject;
    int64_t most; /* of what it may find */
    bool sum;     /* of what it guesses it should find every bit */
    int64_t (*guess)(struct engine *); /* 0: it is not worth a trial */
    int64_t (*trial)(struct engine *); /* or one of enum trial_outcome */
};

static int64_t guess_matrix(struct engine *engine)
{
    return orl_matrix_guess(engine).engine[0];
}

static const struct risk matrix_risk = {
    .kind = "matrix",
    .kernel = "matrix_probe",
    .subject = "the matrix unit",
    .most = ORL_ENGINES - 1,
    .guess = guess_matrix,
    .trial = orl_trial_matrix,
};
static const struct risk sub_group_risk = {
    .kind = "sub-groups",
    .kernel = "broadcast_probe",
    .subject = "the sub-groups",
    .most = 24,
    .sum = true,
    .guess = orl_broadcast_guess,
    .trial = orl_trial_sub_groups,
};

/* Says what an earlier process found wrong, each time. */
static void tell_again(const struct engine *engine, const struct risk *risk,
                       int64_t guess, int64_t found, struct hash key)
{
    char path[ORL_CACHE_PATH];
    const bool less = risk->sum && found > 0 && (guess & ~found) != 0;
    if ((found > 0 && !less) || found == TRIAL_ABSENT)
        return;
    orl_cache_path(&engine->cache, key, path);
    orl_log(&engine->log, LOG_WARNING,
            "a trial of %s of %s %s, and %s not used; remove %s to try again",
            risk->subject, engine->device.name,
            found == TRIAL_BEGUN ? "is under way or ended its process"
                                 : "failed earlier",
            less        ? "what failed is"
            : risk->sum ? "they are"
                        : "it is",
            path);
}

/* The file says that the trial has begun until it is over, so that the next
 * process does not try again. */
static int64_t load_risky(struct engine *engine, const struct risk *risk)
{
    void *bytes = NULL;
    size_t size = 0;
    int64_t found = TRIAL_BEGUN;
    const int64_t guess = risk->guess(engine);
    if (!guess)
        return 0;
    const struct hash key =
        orl_trial_text(orl_engine_key(engine, risk->kind), risk->kernel);
    if (orl_cache_load(&engine->cache, key, &bytes, &size) &&
        size == sizeof found) {
        memcpy(&found, bytes, sizeof found);
        tell_again(engine, risk, guess, found, key);
    } else {
        orl_cache_store(&engine->cache, key, &found, sizeof found);
        found = risk->trial(engine);
        orl_cache_store(&engine->cache, key, &found, sizeof found);
    }
    free(bytes);
    return found > 0 && found <= risk->most ? found : 0;
}

struct device orl_engine_facts(struct engine *engine)
{
    orl_lock_take(&engine->lock);
    if (!engine->tried) {
        engine->device.quarantine = load_quarantine(engine);
        if (engine->device.compiler) {
            const struct probed probed = load_probed(engine);
            engine->device.loop_limit = probed.loop_limit;
            if (tells_waves(&engine->device, probed.wave_items))
                engine->device.wave_items = probed.wave_items;
            engine->device.matrix = load_risky(engine, &matrix_risk);
            engine->device.sub_groups = load_risky(engine, &sub_group_risk);
        }
        engine->tried = true;
    }
    const struct device facts = engine->device;
    orl_lock_give(&engine->lock);
    return facts;
}

void orl_engine_quarantine(struct engine *engine, const struct plan *plan)
{
    static const char mark = 1;
    const int bit = orl_plan_quarantine(plan);
    orl_lock_take(&engine->lock);
    engine->device.quarantine |= INT64_C(1) << bit;
    orl_lock_give(&engine->lock);
    orl_cache_store(&engine->cache, quarantine_key(engine, bit), &mark,
                    sizeof mark);
}
