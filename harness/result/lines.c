/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "error.h"

int bm_columns(void)
{
    const char *set = getenv("COLUMNS");
    char *end = NULL;
    struct winsize size;
    long columns = set ? strtol(set, &end, 10) : 0;
    if (!set || end == set || *end || columns <= 0)
        columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : BM_COLUMNS;
    return columns < BM_LEAST_COLUMNS ? BM_LEAST_COLUMNS : columns > 10000 ? 10000 : (int)columns;
}

/* ---- how wide a text is ---- */

/* The bytes of a colour's sequence that begins here, or 0. */
static size_t colour(const char *text, size_t bytes)
{
    if (bytes < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    size_t n = 2;
    while (n < bytes && text[n] != 'm')
        n++;
    return n < bytes ? n + 1 : 0;
}

/* The next character: its bytes, and its columns. In a locale without UTF-8 a sequence of it is taken for one column. */
static size_t next(const char *text, size_t bytes, int *columns)
{
    const size_t coloured = colour(text, bytes);
    wchar_t wide;
    mbstate_t state = { 0 };
    if (coloured) {
        *columns = 0;
        return coloured;
    }
    const size_t n = (unsigned char)*text < 0x80 ? 1 : mbrtowc(&wide, text, bytes, &state);
    *columns = 1;
    if (n == 1 && (unsigned char)*text < 0x80)
        return 1;
    if (n > 1 && n <= bytes) {
        *columns = wcwidth(wide) >= 0 ? wcwidth(wide) : 1;
        return n;
    }
    size_t length = 1;
    while (length < bytes && ((unsigned char)text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

int bm_text_columns(const char *text, size_t bytes)
{
    int all = 0, columns;
    for (size_t at = 0; at < bytes; all += columns)
        at += next(text + at, bytes - at, &columns);
    return all;
}

size_t bm_text_fit(const char *text, size_t bytes, int columns)
{
    size_t at = 0;
    int all = 0, one;
    while (at < bytes) {
        const size_t n = next(text + at, bytes - at, &one);
        if (all + one > columns)
            break;
        all += one;
        at += n;
    }
    return at;
}

/* ---- lines ---- */

/* Where further lines begin: under the text behind a label ("  NOTE     text", "- text"), else under the first word. */
static int hanging(const char *line, size_t bytes, int columns)
{
    size_t blanks = 0;
    while (blanks < bytes && line[blanks] == ' ')
        blanks++;
    size_t at = blanks;
    while (at < bytes && line[at] != ' ')
        at++;
    const size_t word = at;
    while (at < bytes && line[at] == ' ')
        at++;
    const bool label = at < bytes && (at - word > 1 || (word - blanks == 1 && line[blanks] == '-'));
    const int indent = (int)(label ? at : blanks);
    return indent > columns / 3 ? (int)blanks < columns / 3 ? (int)blanks : 0 : indent;
}

static bool is_command(const char *line, size_t bytes)
{
    static const char begin[] = "  batchmark ";
    return bytes > strlen(begin) && strncmp(line, begin, strlen(begin)) == 0;
}

/* How much of a text goes into a line of so many columns: whole words, or of a word that is too long all up to a '/'. */
static size_t part_of(const char *text, size_t bytes, int columns)
{
    const size_t fit = bm_text_fit(text, bytes, columns);
    if (fit == bytes)
        return bytes;
    for (size_t at = fit; at > 0; at--)
        if (text[at] == ' ' || (at < fit && text[at - 1] == ' ' && text[at] != ' '))
            return at;
    for (size_t at = fit; at > 1; at--)
        if (text[at - 1] == '/')
            return at;
    return fit ? fit : bytes;
}

void bm_put_wrapped(FILE *out, const char *line, size_t bytes, int columns)
{
    const int indent = hanging(line, bytes, columns);
    const bool command = is_command(line, bytes);
    int used = 0; /* the indent of what is left */
    while (bytes > 0 && used + bm_text_columns(line, bytes) > columns) {
        size_t blanks = 0;
        while (used == 0 && blanks < bytes && line[blanks] == ' ')
            blanks++;
        size_t n = blanks + part_of(line + blanks, bytes - blanks, columns - used - (int)blanks - (command ? 2 : 0));
        if (n >= bytes)
            break;
        size_t end = n;
        while (end > blanks && line[end - 1] == ' ')
            end--;
        const bool between = line[n] == ' ' || end < n;
        fprintf(out, "%*s%.*s%s\n", used, "", (int)end, line, command && between ? " \\" : command ? "\\" : "");
        while (n < bytes && line[n] == ' ')
            n++;
        line += n;
        bytes -= n;
        used = command && !between ? 0 : command ? indent + 2 : indent;
    }
    fprintf(out, "%*s%.*s", bytes ? used : 0, "", (int)bytes, line);
}

/* ---- colours ---- */

static enum { AUTO, ALWAYS, NEVER } colours;

bool bm_colours_choose(const char *when)
{
    static const char *const words[] = { "auto", "always", "never" };
    for (int i = AUTO; i <= NEVER; i++)
        if (strcmp(when, words[i]) == 0) {
            colours = i;
            return true;
        }
    return false;
}

static bool has_colours(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if (colours != AUTO)
        return colours == ALWAYS;
    return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static const char red[] = "\033[31m", green[] = "\033[32m", yellow[] = "\033[33m", plain[] = "\033[0m";

/* Of a word that begins a line, or a column of a table. */
static const char *colour_of(const char *word, size_t bytes, bool first, bool alone)
{
    static const struct {
        const char *word, *colour;
        bool anywhere; /* first in its line, whatever follows */
    } of[] = { { "WARNING", yellow, true }, { "NOTE", yellow, true }, { "EDITED", yellow, true },
               { "STOPPED", yellow, true }, { "FAIL", red, true },    { "WRONG", red, true },
               { "CRASHED", red, true },    { "FAULTS", red, true },  { "slower", red, false },
               { "faster", green, false } };
    if (bytes && word[bytes - 1] == ':')
        bytes--;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (bytes == strlen(of[i].word) && strncmp(word, of[i].word, bytes) == 0 && (of[i].anywhere ? first : alone))
            return of[i].colour;
    return NULL;
}

/* "3 slower": a count that is not 0 before the word. */
static bool is_counted(const char *line, const char *word)
{
    const char *c = word;
    if (c - line < 2 || c[-1] != ' ')
        return false;
    for (c--; c > line && c[-1] >= '0' && c[-1] <= '9';)
        c--;
    return c < word - 1 && *c != '0' && (c == line || c[-1] == ' ');
}

static void put_coloured(FILE *out, const char *line, size_t bytes)
{
    bool first = true;
    for (size_t at = 0; at < bytes;) {
        size_t blanks = 0, word = 0;
        while (at + blanks < bytes && line[at + blanks] == ' ')
            blanks++;
        const char *begin = line + at + blanks;
        while (at + blanks + word < bytes && begin[word] != ' ' && begin[word] != ',')
            word++;
        const size_t next_at = at + blanks + word;
        const bool ends = next_at == bytes || (next_at + 1 < bytes && begin[word] == ' ' && begin[word + 1] == ' ');
        const bool alone = ((first || blanks > 1) && ends) || is_counted(line, begin);
        const char *dress = colour_of(begin, word, first, alone);
        word += next_at < bytes && begin[word] == ',';
        fprintf(out, "%*s%s%.*s%s", (int)blanks, "", dress ? dress : "", (int)word, begin, dress ? plain : "");
        at += blanks + word;
        first = false;
    }
}

/* ---- standard output ---- */

static struct {
    char *text; /* of a line that has not ended */
    size_t bytes, room;
    int columns;
    bool coloured;
} begun;

static bool write_all(const char *text, size_t bytes)
{
    while (bytes) {
        const ssize_t n = write(STDOUT_FILENO, text, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        bytes -= (size_t)n;
    }
    return true;
}

static void put_line(FILE *out, const char *line, size_t bytes)
{
    char *text = NULL;
    size_t size;
    while (bytes && line[bytes - 1] == ' ')
        bytes--;
    FILE *wrapped = begun.coloured ? open_memstream(&text, &size) : NULL;
    bm_put_wrapped(wrapped ? wrapped : out, line, bytes, begun.columns);
    if (!wrapped)
        return;
    fclose(wrapped);
    for (const char *at = text, *end;; at = end + 1) {
        end = strchrnul(at, '\n');
        put_coloured(out, at, (size_t)(end - at));
        if (!*end)
            break;
        fputc('\n', out);
    }
    free(text);
}

/* All lines that have ended, and with `last` also the one that has not. */
static bool put_lines(bool last)
{
    char *out_text = NULL;
    size_t size, from = 0;
    FILE *out = open_memstream(&out_text, &size);
    if (!out)
        return false;
    for (const char *end; (end = memchr(begun.text + from, '\n', begun.bytes - from));) {
        const size_t bytes = (size_t)(end - begun.text) - from;
        put_line(out, begun.text + from, bytes);
        fputc('\n', out);
        from += bytes + 1;
    }
    if (last) {
        put_line(out, begun.text + from, begun.bytes - from);
        from = begun.bytes;
    }
    memmove(begun.text, begun.text + from, begun.bytes - from);
    begun.bytes -= from;
    const bool good = fclose(out) == 0 && write_all(out_text, size);
    free(out_text);
    return good;
}

static ssize_t take(void *unused, const char *text, size_t bytes)
{
    (void)unused;
    if (begun.bytes + bytes + 1 > begun.room) {
        begun.room = 2 * (begun.bytes + bytes + 1);
        begun.text = realloc(begun.text, begun.room);
        if (!begun.text)
            bm_die(BM_EXIT_INPUT, "out of memory");
    }
    memcpy(begun.text + begun.bytes, text, bytes);
    begun.bytes += bytes;
    return put_lines(false) ? (ssize_t)bytes : 0;
}

void bm_lines_begin(void)
{
    if (begun.columns)
        return;
    fflush(stdout);
    FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = take });
    if (!out)
        return;
    begun.columns = bm_columns();
    begun.coloured = has_colours();
    setvbuf(out, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
    stdout = out;
}

bool bm_lines_end(void) { return !begun.columns || !begun.bytes || put_lines(true); }
