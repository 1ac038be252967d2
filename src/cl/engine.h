/* engine.h: one device of one OpenCL context, with all that Oriel keeps for
 * it: facts, cache, programs, a queue of its own. */
#ifndef ORL_CL_ENGINE_H
#define ORL_CL_ENGINE_H

#include "base/lock.h"
#include "base/log.h"
#include "cl/cache.h"
#include "model/device.h"
#include "plan/family.h"

#include <oriel/oriel.h>

struct program;

struct engine {
    cl_context context;
    cl_device_id id;
    cl_command_queue queue; /* in order */
    struct log log;
    struct cache cache;

    orl_lock lock; /* guards what follows */
    struct device device;
    bool tried; /* device has the facts that take a trial */
    struct program *programs;
};

/* Keeps context and id alive until closed. The log is copied. */
oriel_status orl_engine_open(struct engine *engine, cl_context context,
                             cl_device_id id, const char *cache_dir,
                             struct log log);

/* Of a zeroed or opened engine. */
void orl_engine_close(struct engine *engine);

/* All facts. The first time for a device they take a trial build, later a file
 * of the cache, later still nothing. */
struct device orl_engine_facts(struct engine *engine);

/* From now on, in later processes too, the family of the plan is rejected on
 * this device, driver and version of Oriel; or, of a plan whose work-items
 * broadcast in sub-groups, only such plans of it are. */
void orl_engine_quarantine(struct engine *engine, const struct plan *plan);

/* Begins the key of everything kept for this device: its name, versions and
 * driver, the platform's, Oriel's, and what kind of thing it is. */
struct hash orl_engine_key(const struct engine *engine, const char *kind);

#endif /* ORL_CL_ENGINE_H */
