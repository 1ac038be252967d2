/* journal.c: the log of a context as one text. */
#include "journal.h"

#include "fixture.h"

#include <stdio.h>
#include <string.h>

static void keep(void *user, oriel_log_level level, const char *line)
{
    struct journal *j = user;
    const size_t used = strlen(j->text);
    if (level > ORIEL_LOG_INFO)
        return;
    j->lines++;
    j->warnings += level <= ORIEL_LOG_WARNING;
    snprintf(j->text + used, sizeof j->text - used, "%s\n", line);
}

oriel_context *journal_open(struct journal *j, const char *cache)
{
    oriel_context *context = NULL;
    *j = (struct journal) {0};
    must(oriel_context_create(&context,
                              ORIEL_CONTEXT_DESC(.context = fixture()->cl,
                                                 .cache_dir = cache,
                                                 .log = keep, .user = j)));
    return context;
}
