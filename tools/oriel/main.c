/* main.c: `oriel COMMAND ...`: the table of commands, and what becomes of a
 * status: an exit status and one line. */
#include "commands.h"
#include "interrupt.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Promises to scripts. */
enum { EXIT_DONE, EXIT_CHECK_FAILED, EXIT_WRONG_INPUT, EXIT_DEVICE_FAILED };

static const struct command *const commands[] = {
    &command_devices, &command_run,      &command_explain,
    &command_bench,   &command_selftest,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char *const later[] = {"tune"};

static void help(void)
{
    printf("oriel %s: sliding-window attention on any OpenCL device\n\n"
           "usage: oriel COMMAND [options]\n\n",
           oriel_version());
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf("\noriel COMMAND --help lists the options of a command.\n");
}

static oriel_status find_command(const char *name, const struct command **out)
{
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(name, commands[i]->name)) {
            *out = commands[i];
            return ORIEL_OK;
        }
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (!strcmp(name, later[i]))
            return orl_fail(ORIEL_E_ARGUMENT,
                            "oriel %s belongs to a later version than this %s",
                            name, oriel_version());
    return orl_fail(ORIEL_E_ARGUMENT,
                    "unknown command \"%.60s\"; oriel --help lists what there "
                    "is",
                    name);
}

/* line: the program's name, then count words. */
static oriel_status dispatch(int count, const char *const *line, bool *failed)
{
    const char *const *text = line + 1;
    if (count == 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "a command is missing; oriel --help lists what there "
                        "is");
    if (!strcmp(text[0], "--help") || !strcmp(text[0], "-h") ||
        !strcmp(text[0], "help")) {
        help();
        return ORIEL_OK;
    }
    if (!strcmp(text[0], "--version")) {
        printf("oriel %s\n", oriel_version());
        return ORIEL_OK;
    }
    const struct command *command = NULL;
    ORL_TRY(find_command(text[0], &command));
    struct arguments a;
    ORL_TRY(arguments_read(&a, command, count - 1, text + 1));
    a.line = line;
    if (a.help) {
        command_help(command);
        return ORIEL_OK;
    }
    return command->run(&a, failed);
}

static int exit_status(oriel_status status, bool failed)
{
    switch (status) {
    case ORIEL_OK:
        return failed ? EXIT_CHECK_FAILED : EXIT_DONE;
    case ORIEL_E_ARGUMENT:
    case ORIEL_E_TOO_NEW:
    case ORIEL_E_IO:
        return EXIT_WRONG_INPUT;
    default:
        return EXIT_DEVICE_FAILED;
    }
}

int main(int argc, char **argv)
{
    bool failed = false;
    oriel_status status =
        dispatch(argc - 1, (const char *const *)argv, &failed);
    errno = 0;
    if (fflush(stdout) != 0 && status == ORIEL_OK)
        status = orl_fail(ORIEL_E_IO, "standard output: %s", strerror(errno));
    if (status != ORIEL_OK)
        fprintf(stderr, "oriel: %s\n", oriel_last_error()->message);
    interrupt_obey();
    return exit_status(status, failed);
}
