/* family_list.h: the families by name, for the files of the families and for
 * families.c, which lists them. */
#ifndef ORL_PLAN_FAMILY_LIST_H
#define ORL_PLAN_FAMILY_LIST_H

#include "plan/family.h"

extern const struct family orl_family_decode;
extern const struct family orl_family_segment;
extern const struct family orl_family_lane;
extern const struct family orl_family_matrix;
extern const struct family orl_family_tile;
extern const struct family orl_family_row;

/* NULL, or why no kernel of this family, whatever it is, runs on the device. */
const char *orl_family_barrier(const struct family *family,
                               const struct device *d);

/* Sizes of sub-groups, as struct device.sub_groups, that plans of this family
 * may broadcast in. */
int64_t orl_family_sub_groups(const struct family *family,
                              const struct device *d);

/* Whether channels of some tensor do not lie side by side. */
bool orl_family_strided(const struct problem *p);

/* Whether rows of q, k and v begin where vectors of so many elements do, in any
 * buffer. */
bool orl_family_aligned(const struct problem *p, int32_t part);

/* workspace of a family that keeps everything in its groups: 0. */
int64_t orl_family_no_workspace(const struct plan *plan,
                                const struct extent *e);

/* Whether a group of so many work-items and bytes of local memory starts,
 * whatever a compiler gives its work-items: a core has registers for it even if
 * each of them has as many as it can. */
bool orl_family_has_room(int64_t group, int64_t local_bytes,
                         const struct device *d);

/* NULL, or why a family of GPUs, whose groups have so many work-items and keep
 * their sums in registers, is not for the device: what building it tells. */
const char *orl_family_unfit(const struct built *built, int64_t group,
                             const struct device *d);

/* One kernel over blocks of so many rows, which are queries times the heads of
 * a pack, and groups of so many work-items. */
void orl_family_blocks(struct launch_list *list, const struct extent *e,
                       int64_t rows, int64_t pack, int32_t group);

/* Tiles of so many keys that a block of so many queries visits, on average over
 * some blocks. */
double orl_family_mean_tiles(const struct window *w, int64_t queries,
                             int32_t key_tile);

/* Bytes in which each row keeps its highest score, the sum of its weights and
 * those of values, as floats, for each of some segments of keys: as
 * kernels/lib/merge.clh does. */
int64_t orl_family_parts(const struct extent *e, int64_t segments,
                         int32_t v_dim);

#endif /* ORL_PLAN_FAMILY_LIST_H */
