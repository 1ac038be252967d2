/* descriptor.c: reading public structs of any version. */
#include "api/descriptor.h"

#include "base/arith.h"

#include <string.h>

/* No descriptor will ever be larger, none was ever smaller than its size and
 * flags: another number is a size that was never set. */
enum { LEAST = 8, MOST = 4096 };

oriel_status orl_descriptor_read(void *out, size_t known, const void *in,
                                 int optional, const char *name)
{
    uint32_t size = 0;
    memset(out, 0, known);
    if (!in && optional)
        return ORIEL_OK;
    if (!in)
        return orl_fail(ORIEL_E_ARGUMENT, "the %s is NULL", name);
    memcpy(&size, in, sizeof size);
    if (size < LEAST || size > MOST)
        return orl_fail(ORIEL_E_ARGUMENT, "%s.size is %u: set it to sizeof(%s)",
                        name, (unsigned)size, name);
    const unsigned char *bytes = in;
    for (size_t n = known; n < size; n++)
        if (bytes[n] != 0)
            return orl_fail(ORIEL_E_TOO_NEW,
                            "%s has %u bytes and sets a field beyond the %u "
                            "that Oriel %s knows",
                            name, (unsigned)size, (unsigned)known,
                            oriel_version());
    memcpy(out, in, (size_t)orl_min((int64_t)known, (int64_t)size));
    const uint32_t whole = (uint32_t)known;
    memcpy(out, &whole, sizeof whole);
    return ORIEL_OK;
}
