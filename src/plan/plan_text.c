/* plan_text.c: plans as lines of text, by the table of words of a family. */
#include "plan/plan_text.h"

#include "base/text.h"
#include "plan/family.h"

#include <string.h>

/* A part of the line: not terminated. */
struct piece {
    const char *at;
    size_t length;
};

enum { SHOWN = 40 }; /* bytes of a word that a message repeats */

static int shown(struct piece p)
{
    return p.length < SHOWN ? (int)p.length : SHOWN;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static oriel_status stumble(const struct scan *s, struct piece p,
                            const char *complaint)
{
    return orl_fail(ORIEL_E_ARGUMENT, "plan text, column %d: \"%.*s\" %s",
                    orl_scan_column(s, p.at), shown(p), p.at, complaint);
}

/* Moves the front of p past a name that a digit follows. */
static bool take_name(struct piece *p, const char *name)
{
    const size_t length = strlen(name);
    if (p->length <= length || memcmp(p->at, name, length) != 0 ||
        !is_digit(p->at[length]))
        return false;
    p->at += length;
    p->length -= length;
    return true;
}

/* Moves the front of p past digits; numbers too long to be right stay large
 * enough to be refused. */
static int32_t take_number(struct piece *p)
{
    const int32_t huge = INT32_MAX / 10 - 1;
    int32_t number = 0;
    while (p->length > 0 && is_digit(*p->at)) {
        number = number > huge ? INT32_MAX : number * 10 + (*p->at - '0');
        p->at++;
        p->length--;
    }
    return number;
}

/* Number of the word of the family that p begins with, moving p past its name;
 * -1 if there is none. */
static int find_word(const struct family *family, struct piece *p)
{
    for (int n = 0; family->words[n].text; n++) {
        const struct word *w = &family->words[n];
        const bool flag = w->kind == WORD_FLAG &&
                          strlen(w->text) == p->length &&
                          memcmp(w->text, p->at, p->length) == 0;
        const bool name = w->kind == WORD_NAME &&
                          orl_names_find(w->text, p->at, p->length) > 0;
        const bool number = w->kind == WORD_NUMBER || w->kind == WORD_MORE;
        if (flag || name || (number && take_name(p, w->text)))
            return n;
    }
    return -1;
}

/* One word of the line, with the WORD_TIMES that hang on it. */
static oriel_status read_word(struct plan *plan, bool *seen,
                              const struct scan *s, struct piece whole)
{
    const struct word *words = plan->family->words;
    struct piece rest = whole;
    int n = find_word(plan->family, &rest);
    if (n < 0)
        return orl_fail(ORIEL_E_ARGUMENT,
                        "plan text, column %d: \"%.*s\" is no word of family "
                        "%s",
                        orl_scan_column(s, whole.at), shown(whole), whole.at,
                        plan->family->name);
    if (seen[n])
        return stumble(s, whole, "is said twice");
    seen[n] = true;
    if (words[n].kind == WORD_FLAG) {
        plan->word[n] = 1;
        return ORIEL_OK;
    }

    if (words[n].kind == WORD_NAME) {
        plan->word[n] = orl_names_find(words[n].text, whole.at, whole.length);
        return ORIEL_OK;
    }

    for (bool more = true; more; n++) {
        const int32_t number = take_number(&rest);
        seen[n] = true;
        plan->word[n] = number;
        if (number < words[n].low || number > words[n].high)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "plan text, column %d: \"%.*s\" sets %s outside "
                            "%d to %d",
                            orl_scan_column(s, whole.at), shown(whole),
                            whole.at, words[n].define, (int)words[n].low,
                            (int)words[n].high);
        more = words[n + 1].text && words[n + 1].kind == WORD_TIMES;
        if (more && !take_name(&rest, words[n + 1].text))
            return orl_fail(ORIEL_E_ARGUMENT,
                            "plan text, column %d: \"%.*s\" lacks %s and a "
                            "number for %s",
                            orl_scan_column(s, whole.at), shown(whole),
                            whole.at, words[n + 1].text, words[n + 1].define);
    }
    if (rest.length > 0)
        return stumble(s, whole, "goes on after its number");
    return ORIEL_OK;
}

/* What the plan has where the line says nothing. */
static struct plan silent_plan(const struct family *family,
                               const struct variant *variant)
{
    struct plan plan = {.family = family, .variant = *variant};
    for (int n = 0; family && family->words[n].text; n++)
        plan.word[n] = family->words[n].kind == WORD_MORE;
    return plan;
}

/* Every other number must be there: a plan of another version has other words.
 */
static oriel_status find_missing(const struct family *family, const bool *seen)
{
    for (int n = 0; family->words[n].text; n++)
        if (!seen[n] && family->words[n].kind == WORD_NUMBER)
            return orl_fail(ORIEL_E_ARGUMENT,
                            "plan text lacks \"%s\" and a number for %s of "
                            "family %s",
                            family->words[n].text, family->words[n].define,
                            family->name);
        else if (!seen[n] && family->words[n].kind == WORD_NAME)
            return orl_fail(
                ORIEL_E_ARGUMENT, "plan text lacks %s of family %s, one of %s",
                family->words[n].define, family->name, family->words[n].text);
    return ORIEL_OK;
}

oriel_status orl_plan_parse(struct plan *out, const char *text,
                            const struct variant *variant)
{
    struct scan s = {.begin = text, .at = text};
    struct piece p;
    if (!orl_scan_word(&s, &p.at, &p.length))
        return orl_fail(ORIEL_E_ARGUMENT,
                        "the plan text is empty: it must begin with the name "
                        "of a family, such as \"row\"");

    struct plan plan = silent_plan(orl_family_named(p.at, p.length), variant);
    if (!plan.family)
        return stumble(&s, p, "is no family of kernels");

    bool seen[ORL_PLAN_WORDS] = {false};
    while (orl_scan_word(&s, &p.at, &p.length))
        ORL_TRY(read_word(&plan, seen, &s, p));
    ORL_TRY(find_missing(plan.family, seen));
    *out = plan;
    return ORIEL_OK;
}

static void print_name(struct text *t, const char *names, int number)
{
    size_t length = 0;
    const char *name = orl_names_at(names, number, &length);
    if (name)
        orl_text_add(t, " %.*s", (int)length, name);
}

size_t orl_plan_print(const struct plan *plan, char *buffer, size_t capacity)
{
    struct text t = orl_text(buffer, capacity);
    orl_text_add(&t, "%s", plan->family->name);
    for (int n = 0; plan->family->words[n].text; n++) {
        const struct word *w = &plan->family->words[n];
        if (w->kind == WORD_NUMBER ||
            (w->kind == WORD_MORE && plan->word[n] > 1))
            orl_text_add(&t, " %s%d", w->text, (int)plan->word[n]);
        else if (w->kind == WORD_TIMES)
            orl_text_add(&t, "%s%d", w->text, (int)plan->word[n]);
        else if (w->kind == WORD_NAME)
            print_name(&t, w->text, plan->word[n]);
        else if (w->kind == WORD_FLAG && plan->word[n])
            orl_text_add(&t, " %s", w->text);
    }
    return t.length;
}
