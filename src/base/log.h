/* log.h: one line per message to whoever listens. */
#ifndef ORL_BASE_LOG_H
#define ORL_BASE_LOG_H

#include "base/error.h"

/* As oriel_log_level; api/context.c checks that they agree. */
enum log_level { LOG_ERROR = 1, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log {
    void (*line)(void *user, int level, const char *text); /* NULL: silence */
    void *user;
};

/* Longer messages are cut; newlines become spaces. */
void orl_log(const struct log *log, enum log_level level, const char *format,
             ...) ORL_PRINTF(3, 4);

#endif /* ORL_BASE_LOG_H */
