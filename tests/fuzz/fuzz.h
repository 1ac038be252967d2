/* fuzz.h: what a fuzzer of a text form defines and may use. */
#ifndef FUZZ_H
#define FUZZ_H

/* Each program defines one: reads the text, which may be anything. */
void fuzz_text(const char *text);

/* What must hold for every text that is accepted: else the program aborts. */
void require(int holds);

#endif /* FUZZ_H */
