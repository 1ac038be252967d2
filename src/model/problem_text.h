/* problem_text.h: "b1 h8/2 q4096 k4096 d64 w1023,0 f16" <-> problem, as
 * tools/README.md describes it. */
#ifndef ORL_MODEL_PROBLEM_TEXT_H
#define ORL_MODEL_PROBLEM_TEXT_H

#include "model/problem.h"

enum { ORL_PROBLEM_TEXT = 640 }; /* room for any printed problem */

/* Words in any order. ORIEL_E_ARGUMENT shows the word and its column. The
 * result still has to pass orl_problem_check(), which knows the defaults. */
oriel_status orl_problem_parse(oriel_problem *out, const char *text);

/* Canonical order, defaults left out; parse and check give p back. Contract of
 * snprintf. */
size_t orl_problem_print(const struct problem *p, char *buffer,
                         size_t capacity);

#endif /* ORL_MODEL_PROBLEM_TEXT_H */
