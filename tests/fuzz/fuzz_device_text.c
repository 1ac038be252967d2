/* fuzz_device_text.c: any bytes as the facts of a device. */
#include "fuzz.h"
#include "model/device_text.h"

#include <string.h>

void fuzz_text(const char *text)
{
    char lines[4096], again[4096];
    struct device d;
    if (orl_device_parse(&d, text) != ORIEL_OK)
        return;
    require(orl_device_print(&d, lines, sizeof lines) < sizeof lines);
    require(orl_device_parse(&d, lines) == ORIEL_OK);
    orl_device_print(&d, again, sizeof again);
    require(strcmp(lines, again) == 0);
}
