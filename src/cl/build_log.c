/* build_log.c: places in a build log, by the #line marks of the text. */
#include "cl/build_log.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What compilers that ignore #line call the text: NVIDIA's (580.159.04),
 * Oclgrind's (21.10), Apple's, and NVIDIA's of old, which say ":853:1:". A
 * compiler that follows #line never names it, since the first line is one. */
static const char *const unnamed[] = {"<kernel>", "input.cl",
                                      "<program source>", ""};

struct place {
    const char *file;
    size_t length; /* of file */
    int64_t line;
};

/* #line 57 "row.cl": where the next line comes from. */
static bool read_mark(struct place *out, const char *line)
{
    struct scan s = orl_scan(line);
    struct place p;
    if (!orl_scan_literal(&s, "#line ") || !orl_scan_int64(&s, &p.line) ||
        !orl_scan_literal(&s, " \""))
        return false;
    p.file = s.at;
    p.length = strcspn(s.at, "\"\n");
    *out = p;
    return true;
}

/* Where a line of the text comes from, counted from 1; false: not known. */
static bool find_place(struct place *out, const char *text, int64_t number)
{
    struct place p = {NULL, 0, 0};
    for (int64_t n = 1; *text && n <= number; n++) {
        const bool is_mark = read_mark(&p, text);
        if (n == number && !is_mark && p.file) {
            *out = p;
            return true;
        }
        p.line += !is_mark;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return false;
}

/* The place that a line of a log begins with; *rest: what follows it. */
static bool read_place(struct place *out, const char **rest, const char *line,
                       const char *text)
{
    for (size_t n = 0; n < sizeof unnamed / sizeof unnamed[0]; n++) {
        struct scan s = orl_scan(line);
        int64_t number = 0;
        if (orl_scan_literal(&s, unnamed[n]) && orl_scan_literal(&s, ":") &&
            orl_scan_int64(&s, &number) && *s.at == ':') {
            *rest = s.at;
            return find_place(out, text, number);
        }
    }
    return false;
}

static void rewrite(struct text *t, const char *log, const char *text)
{
    while (*log) {
        struct place p;
        const char *rest = log;
        if (read_place(&p, &rest, log, text))
            orl_text_add(t, "%.*s:%lld", (int)p.length, p.file,
                         (long long)p.line);
        else
            rest = log;
        size_t length = strcspn(rest, "\n");
        length += rest[length] == '\n';
        orl_text_add(t, "%.*s", (int)length, rest);
        log = rest + length;
    }
}

char *orl_build_log(const char *log, const char *text)
{
    struct text measured = orl_text(NULL, 0);
    rewrite(&measured, log, text);
    const size_t capacity = measured.length + 1;
    char *out = malloc(capacity);
    if (!out)
        return NULL;
    struct text t = orl_text(out, capacity);
    rewrite(&t, log, text);
    return out;
}
