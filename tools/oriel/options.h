/* options.h: what a command takes, as a table, and what it was given. The same
 * table checks the command line and prints --help, so that neither can list an
 * option that the other does not know. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <oriel/types.h>

#include <stdbool.h>

struct option {
    const char *name;  /* "window" for --window; NULL ends the table */
    const char *value; /* "L,R", as --help shows it; NULL: a flag */
    const char *help;
};

enum { OPTIONS_MOST = 40, WORDS_MOST = 256 };

struct arguments;

struct command {
    const char *name;
    const char *words; /* "[PROBLEM]"; NULL: takes none */
    bool many;         /* takes more than one */
    const char *summary;
    const struct option *options;

    /* ORIEL_OK and *failed: what was asked for was done, and a check failed,
     * about which it has told standard error. */
    oriel_status (*run)(const struct arguments *a, bool *failed);
};

struct arguments {
    const struct command *command;
    const char *const *line; /* of the whole program, its name first; ends with
                                NULL */
    const char *value[OPTIONS_MOST]; /* as command->options; NULL: not given */
    const char *word[WORDS_MOST];
    int words;
    bool help;
};

/* Reads what follows the name of the command. Every option once, as "--name
 * value" or "--name=value". */
oriel_status arguments_read(struct arguments *out,
                            const struct command *command, int count,
                            const char *const *text);

/* Value of an option of this command; "" for a flag; NULL: not given. */
const char *argument(const struct arguments *a, const char *name);

/* Refuses one of the two if both are given. */
oriel_status arguments_exclude(const struct arguments *a, const char *one,
                               const char *other);

/* Numbers; --name is for the sentence. */
oriel_status option_int64(const char *name, const char *text, int64_t low,
                          int64_t high, int64_t *out);
oriel_status option_positive(const char *name, const char *text, double *out);

/* "3,-1"; with unbounded, "inf" is ORIEL_UNBOUNDED. */
oriel_status option_pair(const char *name, const char *text, bool unbounded,
                         int64_t *first, int64_t *second);

void command_help(const struct command *command);

#endif /* OPTIONS_H */
