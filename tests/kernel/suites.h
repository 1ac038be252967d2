/* suites.h: the test cases of the kernel suite. Settings, in the environment:
 *
 *     KERNEL_PLATFORM    part of a platform's name; default the first one
 *     KERNEL_COUNT       random calls per plan; default 12, or 20
 *     KERNEL_SEED        default 1
 *     KERNEL_ROWS        longest query and key axis; default 150
 *     KERNEL_KEYS        keys of tests of the mean of many; default 4096
 *     KERNEL_LOOK_AHEAD  0 where there is no prefetch (Oclgrind, Mesa)
 *     KERNEL_COPY        1 for buffers that are copies (Oclgrind takes host
 *                        memory for uninitialised); guard pages then guard
 *                        nothing
 *     KERNEL_FIRST, KERNEL_LAST   which plans of each family; default all
 *     KERNEL_STEP        of those, only one in so many
 *     KERNEL_OPTIONS     of the compiler, besides the plan
 *     KERNEL_LEAVE_OUT   cases that are skipped, if CK_RUN_CASE names them
 *
 * CK_RUN_CASE=row, lane, decode, segment, matrix, layout, tile_family, tile or
 * probe runs one. */
#ifndef KERNEL_SUITES_H
#define KERNEL_SUITES_H

#include <check.h>

TCase *decode_case(void);
TCase *lane_case(void);
TCase *layout_case(void);
TCase *matrix_case(void);
TCase *row_case(void);
TCase *segment_case(void);
TCase *tile_case(void);
TCase *tile_family_case(void);
TCase *probe_case(void);

#endif /* KERNEL_SUITES_H */
