/* interrupt.h: Ctrl-C asks to end soon, a second one half a second later ends
 * at once. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>
#include <sys/types.h>

/* From now on SIGINT and SIGTERM are noted. */
void interrupt_note(void);
bool interrupted(void);

/* Ends the process as the signal would have, if there was one: the shell sees
 * 128 + its number. */
void interrupt_obey(void);

#endif /* INTERRUPT_H */
