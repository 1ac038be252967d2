/* device_pick.h: the device a command works on. */
#ifndef DEVICE_PICK_H
#define DEVICE_PICK_H

#include "model/device.h"

#include <oriel/oriel.h>

/* wanted: the value of --device; NULL: $ORIEL_DEVICE, else the library's own
 * choice. ORIEL_E_ARGUMENT if nothing is named like that. */
oriel_status device_pick(cl_device_id *out, const char *wanted);

/* A log callback: warnings and errors go to standard error. */
void device_log(void *user, oriel_log_level level, const char *line);

/* Warnings held back until it is known whether they matter: where the command
 * fails, its one line says why. */
struct held {
    char lines[4096];
    size_t used;
};

/* A log callback; user is a struct held. What does not fit is left out. */
void device_hold(void *user, oriel_log_level level, const char *line);
void device_tell(const struct held *held);

/* A context of OpenCL for one device. */
oriel_status device_context(cl_context *out, cl_device_id id);

/* All facts of a device, also those that take a trial build. */
oriel_status device_facts(struct device *out, cl_device_id id);

#endif /* DEVICE_PICK_H */
