/* sample.c: medians. */
#include "sample.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sample_free(struct sample *s)
{
    free(s->at);
    *s = (struct sample) {.at = NULL};
}

oriel_status sample_add(struct sample *s, double value)
{
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 32;
        double *more = realloc(s->at, room * sizeof *more);
        if (!more)
            return orl_fail(ORIEL_E_MEMORY, "no memory for %zu times", room);
        s->at = more;
        s->room = room;
    }
    s->at[s->count++] = value;
    return ORIEL_OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Orders the values. */
static double middle(double *of, size_t count)
{
    qsort(of, count, sizeof *of, ascending);
    return count % 2 ? of[count / 2]
                     : 0.5 * (of[count / 2 - 1] + of[count / 2]);
}

double sample_median(const struct sample *s)
{
    double *copy = s->count ? malloc(s->count * sizeof *copy) : NULL;
    if (!copy)
        return NAN;
    memcpy(copy, s->at, s->count * sizeof *copy);
    const double median = middle(copy, s->count);
    free(copy);
    return median;
}

double sample_least(const struct sample *s)
{
    double least = NAN;
    for (size_t n = 0; n < s->count; n++)
        least = n == 0 ? s->at[n] : fmin(least, s->at[n]);
    return least;
}

double sample_ratio(const struct sample *one, const struct sample *other)
{
    const size_t count = one->count < other->count ? one->count : other->count;
    double *ratio = count ? malloc(count * sizeof *ratio) : NULL;
    if (!ratio)
        return NAN;
    for (size_t n = 0; n < count; n++)
        ratio[n] = one->at[n] / other->at[n];
    const double median = middle(ratio, count);
    free(ratio);
    return median;
}
