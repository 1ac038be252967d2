/* device_text.c: one table of facts for both directions. */
#include "model/device_text.h"

#include "base/error.h"
#include "base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

enum fact_kind { FACT_TEXT, FACT_NUMBER, FACT_NAME };

struct fact {
    const char *name;
    enum fact_kind kind;
    size_t field;         /* offset in struct device */
    const char *names;    /* of the numbers of a FACT_NAME, from 1 on */
    const char *expected; /* what a FACT_NAME must be */
};

#define TEXT(name)                                                             \
    {                                                                          \
#        name, FACT_TEXT, offsetof(struct device, name), NULL, NULL            \
    }
#define NUMBER(name)                                                           \
    {                                                                          \
#        name, FACT_NUMBER, offsetof(struct device, name), NULL, NULL          \
    }

static const struct fact facts[] = {
    TEXT(name),
    TEXT(vendor),
    TEXT(version),
    TEXT(driver),
    TEXT(platform),
    TEXT(platform_version),
    {"kind", FACT_NAME, offsetof(struct device, kind), "cpu gpu accelerator",
     "cpu, gpu or accelerator"},
    NUMBER(compute_units),
    NUMBER(clock_mhz),
    NUMBER(vector_floats),
    NUMBER(group_limit),
    NUMBER(axis_limit),
    NUMBER(local_bytes),
    NUMBER(local_dedicated),
    NUMBER(global_bytes),
    NUMBER(allocation_bytes),
    NUMBER(cache_bytes),
    NUMBER(cache_line_bytes),
    NUMBER(argument_bytes),
    NUMBER(base_align_bytes),
    NUMBER(address_bits),
    NUMBER(unified_memory),
    NUMBER(full_profile),
    NUMBER(little_endian),
    NUMBER(compiler),
    NUMBER(fp16),
    NUMBER(fp64),
    NUMBER(prefetch),
    NUMBER(emulated_fma),
    NUMBER(core_units),
    NUMBER(core_lanes),
    NUMBER(core_registers),
    NUMBER(core_local_bytes),
    NUMBER(core_local_rate),
    NUMBER(core_local_sizes),
    NUMBER(item_registers),
    NUMBER(wave_items),
    {"matrix", FACT_NAME, offsetof(struct device, matrix), ORL_ENGINE_NAMES,
     "one of " ORL_ENGINE_NAMES},
    NUMBER(sub_groups),
    NUMBER(loop_limit),
    NUMBER(quarantine),
};

enum { FACTS = sizeof facts / sizeof facts[0] };

/* ---- Writing ------------------------------------------------------------- */

/* On one line and without blanks at its ends, so that it reads back. */
static void add_clean(struct text *t, const char *value)
{
    size_t length = strlen(value);
    while (length > 0 && (unsigned char)value[length - 1] <= ' ')
        length--;
    while (length > 0 && (unsigned char)*value <= ' ') {
        value++;
        length--;
    }
    for (size_t i = 0; i < length; i++)
        orl_text_add(t, "%c", (unsigned char)value[i] < ' ' ? ' ' : value[i]);
}

static bool is_empty(const char *value)
{
    while (*value && (unsigned char)*value <= ' ')
        value++;
    return *value == 0;
}

static void add_fact(struct text *t, const struct fact *f,
                     const struct device *d)
{
    const void *field = (const char *)d + f->field;
    if (f->kind == FACT_TEXT) {
        if (is_empty(field))
            return;
        orl_text_add(t, "%-16s ", f->name);
        add_clean(t, field);
    } else {
        const int64_t value = *(const int64_t *)field;
        if (value == 0)
            return;
        orl_text_add(t, "%-16s ", f->name);
        size_t length = 0;
        const char *name = f->names && value <= INT_MAX
                               ? orl_names_at(f->names, (int)value, &length)
                               : NULL;
        if (name)
            orl_text_add(t, "%.*s", (int)length, name);
        else
            orl_text_add(t, "%" PRId64, value);
    }
    orl_text_add(t, "\n");
}

size_t orl_device_print(const struct device *d, char *buffer, size_t capacity)
{
    struct text t = orl_text(buffer, capacity);
    for (int i = 0; i < FACTS; i++)
        add_fact(&t, &facts[i], d);
    return t.length;
}

/* ---- Reading ------------------------------------------------------------- */

/* Bytes of a text that do not end in 0. */
struct piece {
    const char *at;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without the blanks at its ends. */
static struct piece trimmed(struct piece p)
{
    while (p.length > 0 && is_blank(p.at[p.length - 1]))
        p.length--;
    while (p.length > 0 && is_blank(*p.at)) {
        p.at++;
        p.length--;
    }
    return p;
}

/* The first word of *p, which keeps what follows it. */
static struct piece take_word(struct piece *p)
{
    struct piece word = {p->at, 0};
    while (word.length < p->length && !is_blank(p->at[word.length]))
        word.length++;
    p->at += word.length;
    p->length -= word.length;
    *p = trimmed(*p);
    return word;
}

static bool piece_is(struct piece p, const char *text)
{
    return strlen(text) == p.length && memcmp(p.at, text, p.length) == 0;
}

/* What there is to see of a piece in a message. */
struct shown {
    char text[48];
};

static struct shown show(struct piece p)
{
    struct shown s;
    const size_t most = sizeof s.text - 1;
    const size_t count = p.length < most ? p.length : most;
    for (size_t i = 0; i < count; i++)
        s.text[i] = (unsigned char)p.at[i] < ' ' ? '?' : p.at[i];
    s.text[count] = 0;
    return s;
}

/* NULL, or what would be right. */
static const char *read_fact(const struct fact *f, struct piece value,
                             struct device *d)
{
    void *field = (char *)d + f->field;
    if (f->kind == FACT_TEXT) {
        if (value.length == 0 || value.length >= ORL_DEVICE_NAME)
            return "a text of 1 to 127 bytes";
        memcpy(field, value.at, value.length);
        return NULL;
    }
    int64_t *number = field;
    if (f->kind == FACT_NAME) {
        *number = orl_names_find(f->names, value.at, value.length);
        return *number > 0 ? NULL : f->expected;
    }
    struct scan s = orl_scan(value.at);
    if (value.length == 0 || !orl_scan_int64(&s, number) ||
        s.at != value.at + value.length || *number < 0)
        return "a whole number from 0";
    return NULL;
}

static oriel_status read_line(struct device *d, uint64_t *seen, int line,
                              struct piece rest)
{
    rest = trimmed(rest);
    if (rest.length == 0 || *rest.at == '#')
        return ORIEL_OK;

    const struct piece name = take_word(&rest);
    int i = 0;
    while (i < FACTS && !piece_is(name, facts[i].name))
        i++;
    if (i == FACTS)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "line %d: \"%s\" is no fact of a device", line,
                        show(name).text);
    const uint64_t bit = UINT64_C(1) << i;
    if (*seen & bit)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "line %d: %s was given on an earlier line", line,
                        facts[i].name);
    *seen |= bit;
    const char *right = read_fact(&facts[i], rest, d);
    if (right)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "line %d: %s is \"%s\"; it must be %s", line,
                        facts[i].name, show(rest).text, right);
    return ORIEL_OK;
}

oriel_status orl_device_parse(struct device *out, const char *text)
{
    struct device d = {.kind = 0};
    uint64_t seen = 0;
    for (int line = 1; *text; line++) {
        const size_t length = strcspn(text, "\n");
        ORL_TRY(read_line(&d, &seen, line, (struct piece) {text, length}));
        text += length + (text[length] == '\n');
    }
    *out = d;
    return ORIEL_OK;
}
