/* finding.c: a list of findings. */
#include "finding.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

struct finding finding_of_nothing(void)
{
    return (struct finding) {
        .memory = NAN,
        .seconds_median = NAN,
        .seconds_min = NAN,
        .flops = NAN,
        .bytes = NAN,
        .peak_flops_per_second = NAN,
        .share_of_peak = NAN,
        .peak_bytes_per_second = NAN,
        .share_of_bandwidth = NAN,
        .build_seconds = NAN,
        .store_seconds = NAN,
        .first_seconds = NAN,
        .warm_seconds = NAN,
        .growth = NAN,
        .ratio = NAN,
        .error = NAN,
    };
}

oriel_status findings_add(struct findings *all, const struct finding *f)
{
    if (all->count == all->room) {
        const size_t room = all->room ? 2 * all->room : 16;
        struct finding *more = realloc(all->at, room * sizeof *more);
        if (!more)
            return orl_fail(ORIEL_E_MEMORY, "no memory for %zu rows", room);
        all->at = more;
        all->room = room;
    }
    all->at[all->count++] = *f;
    return ORIEL_OK;
}

void findings_free(struct findings *all)
{
    free(all->at);
    *all = (struct findings) {.at = NULL};
}
