#include "show.h"

#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bars.h"
#include "table.h"

enum { COLUMNS = 100 };

/* ---- members ---- */

void bm_show_at(struct bm_show *s, const char *format, ...)
{
    char place[64];
    va_list list;
    va_start(list, format);
    vsnprintf(place, sizeof place, format, list);
    va_end(list);
    if (s->r.ok) /* the first failure keeps its place */
        snprintf(s->where, sizeof s->where, "%.220s: %s", s->document->path, place);
}

json_t *bm_show_list(struct bm_show *s, const char *key)
{
    bm_show_at(s, "batchmark");
    return json_object_get(s->document->ours, key) ? bm_list_of(&s->r, s->document->ours, key) : NULL;
}

json_t *bm_show_object(struct bm_show *s, const json_t *object, const char *key)
{
    json_t *member = json_object_get(object, key);
    if (!json_is_object(member))
        bm_reader_fail(&s->r, "\"%s\" is not an object", key);
    return member;
}

bool bm_show_flag(struct bm_show *s, const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);
    if (!json_is_boolean(member))
        bm_reader_fail(&s->r, "\"%s\" is neither true nor false", key);
    return json_is_true(member);
}

double bm_show_maybe(struct bm_show *s, const json_t *object, const char *key)
{
    return json_is_null(json_object_get(object, key)) ? NAN : bm_number_of(&s->r, object, key, 0, 1e300);
}

bool bm_show_wanted(const struct bm_show *s, const char *op, const char *kernel)
{
    return (!s->options->op || fnmatch(s->options->op, op, 0) == 0) &&
           (!s->options->kernel || fnmatch(s->options->kernel, kernel, 0) == 0);
}

/* ---- texts ---- */

void bm_show_title(struct bm_show *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputc('\n', s->out);
    vfprintf(s->out, format, list);
    fputc('\n', s->out);
    va_end(list);
}

/* Characters of a word and its bytes. */
static int word(const char *text, size_t *bytes)
{
    int columns = 0;
    for (*bytes = 0; text[*bytes] && text[*bytes] != ' '; ++*bytes)
        columns += ((unsigned char)text[*bytes] & 0xc0) != 0x80;
    return columns;
}

void bm_show_text(struct bm_show *s, const char *label, const char *format, ...)
{
    const int indent = (int)strlen(label);
    int at = indent;
    char *text;
    size_t bytes;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    va_end(list);
    fputs(label, s->out);
    for (const char *c = text; *c; c += bytes) {
        const int columns = word(c += strspn(c, " "), &bytes);
        if (at > indent && at + 1 + columns > COLUMNS)
            at = fprintf(s->out, "\n%*s", indent, "") - 1;
        at += (at > indent ? fprintf(s->out, " ") : 0) + columns;
        fwrite(c, 1, bytes, s->out);
    }
    fputc('\n', s->out);
    free(text);
}

const char *bm_show_seconds(double s, char text[static 16]) { return isnan(s) ? "-" : bm_seconds_text(s, text); }

const char *bm_show_figure(const char *format, double value, char text[static 24])
{
    if (isnan(value))
        return "-";
    snprintf(text, 24, format, value); /* the callers' formats have one double */
    return text;
}

/* ---- to the terminal ---- */

/* The next character, plain: its bytes go to `text`; what has no width or is none becomes '?'. Returns its columns. */
static int take(const char **from, const char *end, char text[static 8])
{
    wchar_t wide;
    mbstate_t state = { 0 };
    const size_t bytes = bm_utf8() ? mbrtowc(&wide, *from, (size_t)(end - *from), &state) : 0;
    const bool ascii = (unsigned char)**from < 0x80;
    if (!ascii && bytes > 1 && bytes <= 4 && wcwidth(wide) > 0) {
        memcpy(text, *from, bytes);
        text[bytes] = '\0';
        *from += bytes;
        return wcwidth(wide);
    }
    text[0] = ascii && **from >= ' ' && **from != 0x7f ? **from : '?';
    text[1] = '\0';
    ++*from;
    while (!ascii && *from < end && ((unsigned char)**from & 0xc0) == 0x80)
        ++*from;
    return 1;
}

/* One line, no longer than COLUMNS and without blanks at its end. */
static void put_line(const char *line, const char *end, FILE *out)
{
    char text[8];
    int all = 0, at = 0, columns;
    while (end > line && end[-1] == ' ')
        end--;
    for (const char *c = line; c < end;)
        all += take(&c, end, text);
    for (const char *c = line; c < end;) {
        columns = take(&c, end, text);
        if (all > COLUMNS && at + columns > COLUMNS - 3) {
            fputs("...", out);
            break;
        }
        fputs(text, out);
        at += columns;
    }
    fputc('\n', out);
}

static void put_lines(const char *text, FILE *out)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        put_line(text, end, out);
    }
}

/* ---- the head ---- */

static const char *text_or_dash(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

static void count_or_dash(const json_t *object, const char *key, char text[static 24])
{
    const json_t *n = json_object_get(object, key);
    snprintf(text, 24, json_is_integer(n) ? "%lld" : "-", (long long)json_integer_value(n));
}

static void put_warnings(struct bm_show *s, const json_t *context)
{
    const json_t *one, *warnings = bm_list_of(&s->r, context, "warnings");
    size_t i;
    json_array_foreach(warnings, i, one)
    {
        if (!json_is_string(one))
            bm_reader_fail(&s->r, "\"warnings\" holds what is no text");
        else
            bm_show_text(s, "  WARNING  ", "%s", json_string_value(one));
    }
    if (s->document->edited)
        bm_show_text(s, "  EDITED   ", "its checksum does not hold: it was edited after it was written");
    if (!s->document->complete)
        bm_show_text(s, "  STOPPED  ", "the run was interrupted: this is what it has");
}

static void put_head(struct bm_show *s)
{
    bm_show_at(s, "context.batchmark");
    const json_t *context = json_object_get(json_object_get(s->document->json, "context"), "batchmark");
    const json_t *build = bm_show_object(s, context, "build"),
                 *print = json_object_get(s->document->ours, "fingerprint");
    char cores[24], given[24];
    count_or_dash(print, "cores", cores);
    count_or_dash(print, "cores_available", given);
    fprintf(s->out, "%s: %s, %s%s\n", s->document->path, s->document->kind,
            s->document->complete ? "complete" : "interrupted", s->document->edited ? ", edited" : "");
    bm_show_text(s, "  machine  ", "%s: %s, ISA %s (cap %s), %s cores, %s of them given",
                 text_or_dash(print, "machine"), text_or_dash(print, "cpu"), text_or_dash(print, "isa"),
                 json_is_string(json_object_get(print, "isa_cap")) ? text_or_dash(print, "isa_cap") : "none", cores,
                 given);
    bm_show_text(s, "  built    ", "%s, commit %.12s%s; run %s", bm_text_of(&s->r, build, "compiler"),
                 bm_text_of(&s->r, build, "commit"),
                 json_is_true(json_object_get(build, "dirty")) ? " with changes" : "",
                 bm_text_of(&s->r, context, "date"));
    put_warnings(s, context);
}

/* ---- the whole ---- */

static void show_kind(struct bm_show *s)
{
    static const struct {
        const char *kind;
        void (*show)(struct bm_show *);
    } kinds[] = { { "bench", bm_show_bench },
                  { "train", bm_show_train },
                  { "verify", bm_show_verify },
                  { "machine", bm_show_machine },
                  { "noise", bm_show_noise } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(s->document->kind, kinds[i].kind) == 0) {
            kinds[i].show(s);
            return;
        }
    bm_reader_fail(&s->r, "a result of %.60s, which this program does not know", s->document->kind);
}

bool bm_show(const char *path, const struct bm_show_options *options, FILE *out, struct bm_error *error)
{
    struct bm_document document;
    if (!bm_document_load(path, &document, error))
        return false;
    char *text = NULL;
    size_t length;
    struct bm_show s = { .options = options, .document = &document, .out = open_memstream(&text, &length) };
    if (!s.out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    s.r = (struct bm_reader){ s.where, error, true };
    put_head(&s);
    show_kind(&s);
    fclose(s.out);
    if (s.r.ok)
        put_lines(text, out);
    free(text);
    bm_document_free(&document);
    return s.r.ok;
}
