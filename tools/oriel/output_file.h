/* output_file.h: whether a file can be written, asked before the work. */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <oriel/types.h>

#include <stdbool.h>

/* path: the value of --option; NULL is fine. ORIEL_E_IO. */
oriel_status output_possible(const char *option, const char *path);

bool path_ends_in(const char *path, const char *ending);

#endif /* OUTPUT_FILE_H */
