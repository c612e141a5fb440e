/* SPDX-License-Identifier: MIT */
#include "code.h"

#include <string.h>

const char *bm_code_of(const struct bm_kernel *kernel)
{
    for (const struct bm_code *c = bm_codes; c->kernel; c++)
        if (strcmp(c->kernel, kernel->name) == 0)
            return c->hash;
    return "";
}
