/* log.c: formats a message and hands it over as one line. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_ROOM = 1024 };

static const char cut[] = "...";

void orl_log(const struct log *log, enum log_level level, const char *format,
             ...)
{
    if (!log || !log->line)
        return;

    char line[LINE_ROOM];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length < 0)
        return;
    if ((size_t)length >= sizeof line)
        memcpy(line + sizeof line - sizeof cut, cut, sizeof cut);

    for (char *at = line; *at; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    log->line(log->user, (int)level, line);
}
