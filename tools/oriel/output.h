/* output.h: files that a command makes. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <oriel/types.h>

/* Whether the folder of a file takes a new one, so that this is said before
 * the work. path: the value of --option; NULL: not given. */
oriel_status output_possible(const char *option, const char *path);

#endif /* OUTPUT_H */
