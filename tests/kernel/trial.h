/* trial.h: a random call of a kernel, and what it should compute. */
#ifndef KERNEL_TRIAL_H
#define KERNEL_TRIAL_H

#include "subject.h"

#include <stdbool.h>

/* Memory with a page on either side that may not be touched. */
struct room {
    void *at;
    size_t bytes;
    void *pages;
    size_t page_bytes;
};

struct room room_new(size_t bytes, bool at_front);
void room_free(struct room *r);

/* Rows of each tensor and what lies between them. */
struct tensor {
    int type, dim;
    int batch, heads, rows;
    struct layout at;
    int64_t size; /* elements of the whole buffer */
    struct room room;
};

struct trial {
    int batch, heads, kv_heads;
    bool capped;
    int weights;      /* the type they are rounded to; 0: f32 */
    struct call call; /* without passes and origins of launches */
    struct tensor q, k, v, out;
    int *key_begin, *key_end; /* NULL: not given */
    struct room lse;          /* at NULL: not wanted */
    int strays; /* floats before its workspace that a launch has written */
};

enum { TRIAL_KEYS = 512 }; /* most keys of a call */
#define UNTOUCHED (-77.0f) /* what results hold before a launch */

/* Uniform in [low, high]; the sequence starts anew from a seed. */
int draw(int low, int high);
void draw_from(unsigned long seed);

/* KERNEL_ROWS is the longest query and key axis; default 150. */
struct trial trial_new(const struct subject *s);
void trial_free(struct trial *t);

/* Results as before a launch. */
void trial_reset(struct trial *t);

/* One element of a tensor, by its place. */
size_t cell(const struct tensor *t, int b, int h, int i, int c);
float load(const struct tensor *t, size_t cell);
void store(struct tensor *t, size_t cell, float value);
float nearest(float value, int type); /* as that type stores it */

/* One head of rows side by side, all of one value. */
struct tensor tensor_packed(int type, int dim, int rows, float value);

size_t lse_count(const struct trial *t);
size_t lse_cell(const struct trial *t, int b, int h, int i);

/* The keys there are for a batch entry, and whether a query sees one. */
int entry_begin(const struct trial *t, int b);
int entry_end(const struct trial *t, int b);
bool sees(const struct trial *t, int b, int i, int j);

/* What one row should be, by definition, and how far single precision may be
 * off: by the sizes of what it sums. Returns the number of keys it sees. */
int expect(const struct trial *t, int b, int h, int i, double *out, double *lse,
           double *slack);

/* Of a key that a row sees, next to the one that weighs most, which has 1. */
double key_weight(const struct trial *t, int b, int h, int i, int j);

/* The largest |v| that a row sees. */
double largest_value(const struct trial *t, int b, int h, int i);

#endif /* KERNEL_TRIAL_H */
