/* draw.h: reproducible random numbers, and problems made of them. */
#ifndef DRAW_H
#define DRAW_H

#include <oriel/types.h>

#include <stddef.h>

/* splitmix64: the state is the seed. */
uint64_t draw_bits(uint64_t *state);

/* From low to high, both included. */
int64_t draw_from(uint64_t *state, int64_t low, int64_t high);

/* A valid problem. Every field takes its default often, its extremes
 * sometimes; types, alignments, strides and extras of every kind occur. */
oriel_problem draw_problem(uint64_t *state);

/* Damages a line: bytes changed, left out or added, or its end
 * written twice. text has room for capacity bytes. */
void draw_damage(uint64_t *state, char *text, size_t capacity);

#endif /* DRAW_H */
