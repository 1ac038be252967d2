/* options.c: reading the command line. */
#include "options.h"

#include "base/error.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Promised for later versions: refused by name, so that nobody takes them for
 * a spelling mistake. */
static const struct {
    const char *command, *option;
} later[] = {
    {"run", "row-begin"}, {"run", "row-end"}, {"run", "sinks"},
    {"run", "alibi"},     {"run", "bias"},    {"selftest", "html"},
};

static int find(const struct command *command, const char *name, size_t length)
{
    for (int i = 0; command->options[i].name; i++)
        if (strlen(command->options[i].name) == length &&
            !memcmp(command->options[i].name, name, length))
            return i;
    return -1;
}

static oriel_status unknown(const struct command *command, const char *name,
                            size_t length)
{
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (!strcmp(later[i].command, command->name) &&
            strlen(later[i].option) == length &&
            !memcmp(later[i].option, name, length))
            return orl_fail(ORIEL_E_ARGUMENT,
                            "--%s belongs to a later version than this %s",
                            later[i].option, oriel_version());
    return orl_fail(ORIEL_E_ARGUMENT,
                    "unknown option --%.*s; oriel %s --help lists what there "
                    "is",
                    (int)(length < 60 ? length : 60), name, command->name);
}

/* text[*at] is an option; moves *at onto its value if that stands apart. */
static oriel_status read_option(struct arguments *out, int *at, int count,
                                const char *const *text)
{
    const char *name = text[*at] + 2;
    const char *equals = strchr(name, '=');
    const size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const int i = find(out->command, name, length);
    if (i < 0)
        return unknown(out->command, name, length);
    const struct option *o = &out->command->options[i];
    if (out->value[i])
        return orl_fail(ORIEL_E_ARGUMENT, "--%s is given twice", o->name);
    if (!o->value) {
        out->value[i] = "";
        return equals
                   ? orl_fail(ORIEL_E_ARGUMENT, "--%s takes no value", o->name)
                   : ORIEL_OK;
    }
    if (!equals && *at + 1 == count)
        return orl_fail(ORIEL_E_ARGUMENT, "--%s needs a value: --%s %s",
                        o->name, o->name, o->value);
    out->value[i] = equals ? equals + 1 : text[++*at];
    if (!*out->value[i])
        return orl_fail(ORIEL_E_ARGUMENT, "--%s needs a value: --%s %s",
                        o->name, o->name, o->value);
    return ORIEL_OK;
}

oriel_status arguments_read(struct arguments *out,
                            const struct command *command, int count,
                            const char *const *text)
{
    struct arguments a = {.command = command};
    bool options_end = false;
    for (int i = 0; i < count; i++) {
        if (!options_end && !strcmp(text[i], "--")) {
            options_end = true;
        } else if (!options_end &&
                   (!strcmp(text[i], "--help") || !strcmp(text[i], "-h"))) {
            a.help = true;
        } else if (!options_end && !strncmp(text[i], "--", 2)) {
            ORL_TRY(read_option(&a, &i, count, text));
        } else if (!options_end && text[i][0] == '-' && text[i][1]) {
            return orl_fail(ORIEL_E_ARGUMENT,
                            "unknown option %.60s; options begin with --",
                            text[i]);
        } else if (!command->words) {
            return orl_fail(ORIEL_E_ARGUMENT,
                            "oriel %s takes options only, not \"%.60s\"",
                            command->name, text[i]);
        } else if (a.words == WORDS_MOST) {
            return orl_fail(ORIEL_E_ARGUMENT, "at most %d PROBLEMs are taken",
                            WORDS_MOST);
        } else if (a.words == 1 && !command->many) {
            return orl_fail(ORIEL_E_ARGUMENT,
                            "one PROBLEM is expected; put its words between "
                            "quotes: oriel %s \"%.40s %.40s ...\"",
                            command->name, a.word[0], text[i]);
        } else {
            a.word[a.words++] = text[i];
        }
    }
    *out = a;
    return ORIEL_OK;
}

const char *argument(const struct arguments *a, const char *name)
{
    const int i = find(a->command, name, strlen(name));
    assert(i >= 0);
    return a->value[i];
}

oriel_status arguments_exclude(const struct arguments *a, const char *one,
                               const char *other)
{
    if (!argument(a, one) || !argument(a, other))
        return ORIEL_OK;
    return orl_fail(ORIEL_E_ARGUMENT, "--%s and --%s exclude each other", one,
                    other);
}

oriel_status option_int64(const char *name, const char *text, int64_t low,
                          int64_t high, int64_t *out)
{
    struct scan s = {text, text};
    int64_t value = 0;
    if (!orl_scan_int64(&s, &value) || *s.at || value < low || value > high)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--%s %.40s: a whole number from %lld to %lld is "
                        "expected",
                        name, text, (long long)low, (long long)high);
    *out = value;
    return ORIEL_OK;
}

oriel_status option_positive(const char *name, const char *text, double *out)
{
    struct scan s = {text, text};
    double value = 0;
    if (!orl_scan_double(&s, &value) || *s.at || !isfinite(value) ||
        !(value > 0))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--%s %.40s: a finite number above 0 is expected", name,
                        text);
    *out = value;
    return ORIEL_OK;
}

static bool one_of_pair(struct scan *s, bool unbounded, int64_t *out)
{
    if (unbounded && orl_scan_literal(s, "inf")) {
        *out = ORIEL_UNBOUNDED;
        return true;
    }
    return orl_scan_int64(s, out);
}

oriel_status option_pair(const char *name, const char *text, bool unbounded,
                         int64_t *first, int64_t *second)
{
    struct scan s = {text, text};
    if (!one_of_pair(&s, unbounded, first) || !orl_scan_literal(&s, ",") ||
        !one_of_pair(&s, unbounded, second) || *s.at)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "--%s %.40s: two whole numbers with a comma between "
                        "them are expected%s",
                        name, text,
                        unbounded ? ", such as 127,0 or inf,0" : "");
    return ORIEL_OK;
}

void command_help(const struct command *command)
{
    printf("usage: oriel %s%s%s [options]\n\n%s\n\n", command->name,
           command->words ? " " : "", command->words ? command->words : "",
           command->summary);
    for (const struct option *o = command->options; o->name; o++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        printf("  %-24s %s\n", left, o->help);
    }
    printf("  %-24s %s\n", "--help", "print this");
}
