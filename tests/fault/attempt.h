/* attempt.h: everything from a context to the results of a call, for tests to
 * let fail at any point. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "fixture.h"

#include <stdbool.h>

/* How far an attempt came, and how it ended there. */
struct attempt {
    const char *step; /* "plan" */
    oriel_status status;
    oriel_error error;
    bool right; /* results, if it came so far; outputs of a failing call are
                   untouched */
};

/* Before the first attempt, after the last. */
void attempt_open(void);
void attempt_close(void);

/* cache: the folder, or "". plan_text: NULL for the planner's choice. named: on
 * the fixture's OpenCL context, with a call on its queue as well; else Oriel
 * picks a device. Leaves nothing behind. */
struct attempt attempt(const char *cache, const char *plan_text, bool named);

#endif /* ATTEMPT_H */
