/* problem_words.h: the words of a problem's text, as tools/README.md describes
 * them: one table for whoever reads a line. */
#ifndef ORL_MODEL_PROBLEM_WORDS_H
#define ORL_MODEL_PROBLEM_WORDS_H

#include "base/text.h"

/* What a word speaks of; each is spoken of at most once. */
enum thing {
    BATCH,
    HEADS,
    QUERIES,
    KEYS,
    HEAD_DIM,
    V_DIM,
    WINDOW,
    ALIGN,
    TYPE,
    K_TYPE,
    V_TYPE,
    OUT_TYPE,
    BY_ROW,
    Q_STRIDES,
    K_STRIDES,
    V_STRIDES,
    OUT_STRIDES,
    SCALE,
    SOFTCAP,
    OFFSET_ALIGN,
    LSE,
    RANGES,
    LATER
};

struct problem_word {
    const char *begin; /* first letters; NULL ends the table */
    enum thing thing;
    size_t field; /* offset in oriel_problem */

    /* Reads the rest of the word into its field and returns whether it makes
     * sense; the field may be written even if not. */
    bool (*read)(struct scan *s, void *field);
    const char *rule; /* what would be right */
};

extern const struct problem_word orl_problem_words[];

#endif /* ORL_MODEL_PROBLEM_WORDS_H */
