#include "bars.h"

#include <langinfo.h>
#include <math.h>
#include <string.h>

bool bm_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

const char *bm_bar(double share, char text[static BM_BAR_ROOM])
{
    const bool utf8 = bm_utf8();
    const int steps = utf8 ? 8 : 1;
    const int filled = (int)lround((share > 0 ? fmin(share, 1) : 0) * BM_BAR_CELLS * steps);
    char *end = text;
    for (int i = 0; i < BM_BAR_CELLS; i++) {
        const int part = filled - i * steps;
        if (!utf8)
            *end++ = part > 0 ? '#' : '.';
        else if (part <= 0)
            *end++ = ' ';
        else { /* U+2588 is the whole block, U+258F an eighth of one */
            *end++ = '\xe2';
            *end++ = '\x96';
            *end++ = (char)(0x90 - (part < 8 ? part : 8));
        }
    }
    *end = '\0';
    return text;
}

/* Bytes of the first `most` characters: UTF-8's further bytes do not count. */
static size_t bytes_of(const char *text, int most)
{
    size_t i = 0;
    for (; text[i]; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && most-- == 0)
            break;
    return i;
}

const char *bm_cut(const char *text, int most, char cut[static BM_CUT_ROOM])
{
    const bool whole = !text[bytes_of(text, most)];
    size_t bytes = bytes_of(text, whole ? most : most - 2);
    if (bytes > BM_CUT_ROOM - 4) /* no UTF-8: bytes that go on and on */
        bytes = BM_CUT_ROOM - 4;
    memcpy(cut, text, bytes);
    strcpy(cut + bytes, whole ? "" : "..");
    return cut;
}
