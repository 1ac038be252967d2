/* version.c: the version of the library that was loaded. */
#include <oriel/types.h>

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *oriel_version(void)
{
    return TEXT(ORIEL_VERSION_MAJOR) "." TEXT(ORIEL_VERSION_MINOR) "." TEXT(
        ORIEL_VERSION_PATCH);
}
