/* probe_core.h: the facts about the cores of a GPU. */
#ifndef ORL_CL_PROBE_CORE_H
#define ORL_CL_PROBE_CORE_H

#include "model/device.h"

#include <oriel/oriel.h>

/* core_units to wave_items of a GPU whose other facts are known. */
void orl_probe_core(struct device *d, cl_device_id id);

#endif /* ORL_CL_PROBE_CORE_H */
