/* families.c: the list of families, and how its members are found. */
#include "plan/family.h"

#include "plan/family_list.h"
#include "plan/occupancy.h"

#include "base/arith.h"
#include "model/elem.h"

#include <assert.h>
#include <string.h>

const struct family *const orl_families[] = {
    &orl_family_decode,
    &orl_family_segment,
    &orl_family_lane,
    &orl_family_matrix,
    &orl_family_tile,
    &orl_family_row,
    NULL,
};

const struct family *orl_family_named(const char *name, size_t length)
{
    for (int n = 0; orl_families[n]; n++) {
        const char *known = orl_families[n]->name;
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return orl_families[n];
    }
    return NULL;
}

int orl_family_number(const struct family *family)
{
    int n = 0;
    while (orl_families[n] && orl_families[n] != family)
        n++;
    assert(orl_families[n]);
    return n;
}

int32_t orl_plan_word(const struct plan *plan, const char *define)
{
    const struct word *words = plan->family->words;
    for (int n = 0; words[n].text; n++)
        if (strcmp(words[n].define, define) == 0)
            return plan->word[n];
    return 0;
}

int orl_plan_quarantine(const struct plan *plan)
{
    const bool in_sub_groups = orl_plan_word(plan, "BROADCAST") != 0;
    return orl_family_number(plan->family) +
           (in_sub_groups ? ORL_IN_SUB_GROUPS : 0);
}

const char *orl_plan_barrier(const struct plan *plan, const struct device *d)
{
    const int bit = orl_plan_quarantine(plan);
    if (bit < ORL_IN_SUB_GROUPS || !(d->quarantine >> bit & 1))
        return NULL;
    return "its self-test in sub-groups failed on this device";
}

int64_t orl_family_sub_groups(const struct family *family,
                              const struct device *d)
{
    const int bit = orl_family_number(family) + ORL_IN_SUB_GROUPS;
    return d->quarantine >> bit & 1 ? 0 : d->sub_groups;
}

uint32_t orl_plan_weight_type(const struct plan *plan)
{
    return plan->family->rounds_weights ? plan->variant.v_type : ORIEL_F32;
}

/* The buffers and struct call, with room for a few more. */
enum { ARGUMENT_BYTES = 512 };

const char *orl_family_barrier(const struct family *family,
                               const struct device *d)
{
    if (!d->compiler)
        return "the device has no compiler";
    if (!d->full_profile)
        return "the device has only the embedded profile";
    if (!d->little_endian)
        return "the device is not little-endian";
    if (d->argument_bytes > 0 && d->argument_bytes < ARGUMENT_BYTES)
        return "the device takes less than 512 bytes of kernel arguments";
    if (d->quarantine >> orl_family_number(family) & 1)
        return "its self-test failed on this device";
    return NULL;
}

static bool is_strided(const struct tensor *t)
{
    return t->dim != 1 && t->channels > 1;
}

bool orl_family_strided(const struct problem *p)
{
    return is_strided(&p->q) || is_strided(&p->k) || is_strided(&p->v) ||
           is_strided(&p->out);
}

static bool is_aligned(const struct tensor *t, int32_t part,
                       uint32_t offset_align)
{
    return t->batch % part == 0 && t->head % part == 0 && t->row % part == 0 &&
           offset_align % ((uint32_t)part * orl_elem_bytes(t->type)) == 0;
}

bool orl_family_aligned(const struct problem *p, int32_t part)
{
    return is_aligned(&p->q, part, p->offset_align) &&
           is_aligned(&p->k, part, p->offset_align) &&
           is_aligned(&p->v, part, p->offset_align);
}

int64_t orl_family_no_workspace(const struct plan *plan, const struct extent *e)
{
    (void)plan;
    (void)e;
    return 0;
}

bool orl_family_has_room(int64_t group, int64_t local_bytes,
                         const struct device *d)
{
    return (d->group_limit <= 0 || group <= d->group_limit) &&
           (d->axis_limit <= 0 || group <= d->axis_limit) &&
           (d->local_bytes <= 0 || local_bytes <= d->local_bytes) &&
           (d->core_registers <= 0 ||
            group * orl_item_registers(d) <= d->core_registers);
}

/* Most bytes that a work-item of a built kernel may keep outside its registers:
 * a few numbers that it reads once a tile do no harm. */
enum { SPILL_BYTES = 256 };

const char *orl_family_unfit(const struct built *built, int64_t group,
                             const struct device *d)
{
    if (built->group_limit > 0 && group > built->group_limit)
        return "the built kernel allows fewer work-items in a group";
    if (d->local_bytes > 0 && built->local_bytes > d->local_bytes)
        return "the built kernel needs more local memory than there is";
    if (built->spill_bytes > SPILL_BYTES ||
        (d->kind == DEVICE_GPU && built->private_bytes > SPILL_BYTES))
        return "the built kernel keeps registers in memory";
    return NULL;
}

/* Blocks begin at absolute positions, which key limits may move: the first one
 * may hold a single query of this call. */
void orl_family_blocks(struct launch_list *list, const struct extent *e,
                       int64_t rows, int64_t pack, int32_t group)
{
    const int64_t queries = rows / pack;
    list->count = 1;
    list->launch[0] = (struct launch) {
        .groups = {orl_ceil_div(e->queries + queries - 1, queries),
                   e->heads / pack, e->batch},
        .local = {group, 1, 1},
        .passes = 1,
    };
}

double orl_family_mean_tiles(const struct window *w, int64_t queries,
                             int32_t key_tile)
{
    enum { SAMPLES = 16 };
    const int64_t blocks = orl_window_blocks(w, queries);
    const int64_t samples = orl_min(blocks, SAMPLES);
    int64_t tiles = 0;
    for (int64_t n = 0; n < samples; n++) {
        const int64_t q0 = orl_window_block_begin(
            w, blocks * (2 * n + 1) / (2 * samples), queries);
        const struct tiles t = orl_window_tiles(w, q0, queries, key_tile);
        tiles += t.end - t.first;
    }
    return (double)tiles / (double)samples;
}

int64_t orl_family_parts(const struct extent *e, int64_t segments,
                         int32_t v_dim)
{
    const int64_t part_bytes = 4 * ((int64_t)v_dim + 2);
    const double bytes = (double)e->batch * (double)e->heads *
                         (double)e->queries * (double)segments *
                         (double)part_bytes;
    if (bytes > 0x1p62)
        return INT64_MAX;
    return e->batch * e->heads * e->queries * segments * part_bytes;
}
