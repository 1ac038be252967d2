/* probe.h: which devices there are, and their facts. */
#ifndef ORL_CL_PROBE_H
#define ORL_CL_PROBE_H

#include "model/device.h"

#include <oriel/oriel.h>

/* Facts that queries answer: everything but loop_limit, matrix, sub_groups and
 * quarantine, and wave_items where only kernels tell them.
 * Facts that a device does not tell stay unknown. */
void orl_probe(struct device *out, cl_device_id id);

/* Whether the device names this extension. */
bool orl_probe_extension(cl_device_id id, const char *name);

/* The devices of every platform, in the order of the OpenCL loader; and, with
 * id NULL, platforms that fail, which must not hide the others. */
struct listed {
    cl_platform_id platform;
    cl_device_id id;
    cl_int error; /* of clGetDeviceIDs, where id is NULL */
};

/* *list is freed by the caller. ORIEL_E_UNSUPPORTED if there is no platform:
 * says what to install. */
oriel_status orl_probe_list(struct listed **list, size_t *count);

/* The device Oriel takes when none is named: the one that wanted names (part of
 * the platform's or device's name, or a number counted over the devices of the
 * list from 0; NULL or "": none), else the first GPU, accelerator, CPU on which
 * family row is accepted. */
oriel_status orl_probe_pick(cl_device_id *out, const char *wanted);

/* A number of whatever width the query has; 0 if the device does not say. */
int64_t orl_probe_number(cl_device_id id, cl_device_info name);

#endif /* ORL_CL_PROBE_H */
