/* commands.h: the commands of `oriel`. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"

extern const struct command command_devices;
extern const struct command command_run;
extern const struct command command_explain;
extern const struct command command_bench;
extern const struct command command_selftest;

#endif /* COMMANDS_H */
