/* build_log.h: what a compiler says of a kernel, with the files and lines that
 * a developer edits. */
#ifndef ORL_CL_BUILD_LOG_H
#define ORL_CL_BUILD_LOG_H

/* A copy of a build log, to be freed; NULL: no memory. text: what was built.
 * Compilers that ignore #line count the lines of that text and call it by a
 * name of their own, "<kernel>:853:1: error": such a place at the beginning of
 * a line becomes "row.cl:235:1: error". Every other line stays as it is. */
char *orl_build_log(const char *log, const char *text);

#endif /* ORL_CL_BUILD_LOG_H */
