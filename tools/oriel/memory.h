/* memory.h: the most memory that a process has had, as the system counts it. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Bytes; 0: the system does not say. pid 0: this process. */
int64_t memory_peak(pid_t pid);

/* What this process has now is the most it has had, from here on. Where the
 * system refuses, the peak of before stays. */
void memory_forget_peak(void);

#endif /* MEMORY_H */
