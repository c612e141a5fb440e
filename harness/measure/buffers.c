/* SPDX-License-Identifier: MIT */
#include "buffers.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "team.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define UNDER_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define UNDER_ASAN
#endif

enum { HUGE_PAGE_BYTES = 2 << 20 };

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static unsigned char *map_pages(size_t bytes, size_t wanted)
{
    void *p = wanted < SIZE_MAX / 2 ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                    : MAP_FAILED;
    if (p == MAP_FAILED)
        bm_die(BM_EXIT_INPUT, "out of memory: %zu MiB were asked for; try smaller shapes or a smaller batch",
               wanted >> 20);
    return p;
}

/* Signalling NaN (quiet bit clear) with a payload that differs from place to place; integers of 8 bits, which have none, are
 * not 0. Everything here is aligned to its elements. */
static unsigned char guard_byte(enum bm_type type, size_t at)
{
    size_t bytes = bm_type_bytes(type);
    uint32_t hash = (uint32_t)(at % BM_GUARD_BYTES / bytes * 2654435761u);
    uint32_t word = bytes == 1 ? 0x81u | (hash >> 8 & 0x7eu)
                    : bytes == 2 ? 0x7f81u | (hash >> 8 & 0x3eu)
                                 : 0x7f800001u | (hash & 0x3ffffeu);
    return (unsigned char)(word >> at % bytes * 8);
}

/* guard_byte() of a page, for it repeats: verify fills and compares guards around every array of every call. */
static const unsigned char *guard_page(enum bm_type type)
{
    static unsigned char page[3][BM_GUARD_BYTES]; /* elements of 1, 2 and 4 bytes */
    unsigned char *p = page[bm_type_bytes(type) / 2];
    for (size_t i = 0; i < BM_GUARD_BYTES && !p[BM_GUARD_BYTES - 1]; i++)
        p[i] = guard_byte(type, i);
    return p;
}

static size_t guard_end(const struct bm_buffer *b) { return b->map_bytes - b->fence_bytes; }

static size_t in_page(size_t at, size_t end)
{
    const size_t left = BM_GUARD_BYTES - at % BM_GUARD_BYTES;
    return left < end - at ? left : end - at;
}

static void fill_guard(const struct bm_buffer *b, size_t begin, size_t end)
{
    for (size_t i = begin, n; i < end; i += n) {
        n = in_page(i, end);
        memcpy(b->map + i, guard_page(b->type) + i % BM_GUARD_BYTES, n);
    }
}

static void fill_guards(const struct bm_buffer *b)
{
    const size_t begin = (size_t)((unsigned char *)b->data - b->map);
    fill_guard(b, 0, begin);
    fill_guard(b, begin + b->bytes, guard_end(b));
}

static bool guard_intact(const struct bm_buffer *b, size_t begin, size_t end)
{
    bool same = true;
    for (size_t i = begin, n; i < end && same; i += n) {
        n = in_page(i, end);
        same = memcmp(b->map + i, guard_page(b->type) + i % BM_GUARD_BYTES, n) == 0;
    }
    return same;
}

static size_t bytes_of(enum bm_type type, size_t elements)
{
    return elements < SIZE_MAX / 16 ? elements * bm_type_bytes(type) : SIZE_MAX;
}

struct bm_buffer bm_guarded(enum bm_type type, size_t elements, size_t offset)
{
    struct bm_buffer b = { .type = type, .bytes = bytes_of(type, elements) };
    const size_t offset_bytes = offset * bm_type_bytes(type);
    b.map_bytes = round_up(b.bytes + offset_bytes + 2 * BM_GUARD_BYTES, page_bytes());
    b.map = map_pages(b.map_bytes, b.bytes);
    b.data = b.map + BM_GUARD_BYTES + offset_bytes;
    fill_guards(&b);
    return b;
}

void bm_guarded_again(struct bm_buffer *b, enum bm_type type, size_t elements)
{
    const size_t bytes = bytes_of(type, elements);
    if (b->map_bytes < 2 * BM_GUARD_BYTES || bytes > b->map_bytes - 2 * BM_GUARD_BYTES) {
        bm_buffer_free(b);
        *b = bm_guarded(type, elements, 0);
        return;
    }
    b->type = type;
    b->bytes = bytes;
    b->fence_bytes = b->map_bytes - round_up(bytes + 2 * BM_GUARD_BYTES, page_bytes()); /* beyond the guards */
    fill_guards(b);
}

struct bm_buffer bm_fenced(enum bm_type type, size_t elements)
{
    struct bm_buffer b = { .type = type, .bytes = bytes_of(type, elements), .fence_bytes = page_bytes() };
    b.map_bytes = round_up(b.bytes + BM_GUARD_BYTES, page_bytes()) + b.fence_bytes;
    b.map = map_pages(b.map_bytes, b.bytes);
    unsigned char *fence = b.map + b.map_bytes - b.fence_bytes;
    if (mprotect(fence, b.fence_bytes, PROT_NONE))
        bm_die(BM_EXIT_INPUT,
               "no page can be made inaccessible (mprotect), so that reads past an array cannot be found");
    b.data = fence - b.bytes;
    fill_guards(&b);
    return b;
}

bool bm_guards_intact(const struct bm_buffer *b, ptrdiff_t *element)
{
    const size_t begin = (size_t)((unsigned char *)b->data - b->map), end = begin + b->bytes;
    const size_t bytes = bm_type_bytes(b->type);
    if (guard_intact(b, 0, begin) && guard_intact(b, end, guard_end(b)))
        return true;
    for (size_t i = 1; i <= begin; i++) /* the nearest to the data */
        if (b->map[begin - i] != guard_byte(b->type, begin - i)) {
            *element = -(ptrdiff_t)((i + bytes - 1) / bytes);
            return false;
        }
    size_t i = end;
    while (b->map[i] == guard_byte(b->type, i))
        i++;
    *element = (ptrdiff_t)((i - begin) / bytes);
    return false;
}

struct bm_buffer bm_pool(size_t bytes, bool huge)
{
    size_t unit = huge ? HUGE_PAGE_BYTES : page_bytes();
    struct bm_buffer b = { .bytes = bytes };
    b.map_bytes = round_up(bytes > 0 ? bytes : 1, unit) + (huge ? unit : 0);
    b.map = map_pages(b.map_bytes, bytes);
    b.data = b.map + (huge ? round_up((uintptr_t)b.map, unit) - (uintptr_t)b.map : 0);
    if (huge) /* advice: a kernel without huge pages refuses and the pool still serves */
        madvise(b.data, round_up(bytes, unit), MADV_HUGEPAGE);
    return b;
}

struct touch { const struct bm_span *span; size_t spans, copies, apart, page; };

static void touch_pages(unsigned char *begin, size_t bytes, size_t page)
{
#ifdef MADV_POPULATE_WRITE /* many pages at once, where the system can (Linux 5.14) */
    madvise(begin, bytes, MADV_POPULATE_WRITE);
#endif
    /* In a virtual machine whose host keeps page tables of its own, a page that is there still takes a fault. */
    for (size_t i = 0; i < bytes; i += page)
        *(volatile unsigned char *)&begin[i] = 0;
}

static void touch_share(const struct touch *t, int me, int team)
{
    for (size_t i = 0; i < t->copies * t->spans; i++) {
        const struct bm_span *span = &t->span[i % t->spans];
        const struct bm_range mine = bm_share(span->bytes, t->page, me, team);
        if (mine.begin < mine.end)
            touch_pages((unsigned char *)span->p + i / t->spans * t->apart + mine.begin, mine.end - mine.begin, t->page);
    }
}

void bm_first_touch(const struct bm_span array[], size_t arrays, size_t copies, size_t apart, int threads)
{
    struct touch t = { array, arrays, copies, apart, page_bytes() };
    BM_TEAM_RUN(threads, touch_share, &t);
}

void bm_buffer_free(struct bm_buffer *buffer)
{
    if (buffer->map)
        munmap(buffer->map, buffer->map_bytes);
    *buffer = (struct bm_buffer){ .data = NULL };
}

void bm_poison(enum bm_type type, void *p, size_t elements)
{
    const uint32_t word = BM_POISON;
    const uint16_t half = BM_POISON_BF16;
    const size_t bytes = bm_type_bytes(type), end = elements * bytes;
    unsigned char *to = p;
    if (bytes == 1)
        memset(to, BM_POISON_BYTE, end);
    else if (elements > 0) { /* one element, then copies of twice as much each */
        memcpy(to, type == BM_BF16 ? (const void *)&half : (const void *)&word, bytes);
        for (size_t done = bytes, n; done < end; done += n) {
            n = done < end - done ? done : end - done;
            memcpy(to + done, to, n);
        }
    }
}

static char fault_text[1024];
static volatile sig_atomic_t fault_text_set;

static void print_fault(void)
{
    if (!fault_text_set)
        return;
    if (write(STDERR_FILENO, fault_text, strlen(fault_text)) < 0)
        return; /* nobody is left to tell */
}

#ifdef UNDER_ASAN
void __asan_on_error(void);
void __asan_on_error(void)
{
    print_fault();
}

static void watch_faults(void)
{
}
#else
static void on_fault(int number)
{
    if (fault_text_set) {
        print_fault();
        _exit(BM_EXIT_FAILED);
    }
    signal(number, SIG_DFL); /* returning repeats the fault, now deadly */
}

static void watch_faults(void)
{
    struct sigaction action = { .sa_handler = on_fault };
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
}
#endif

void bm_fault_message(const char *text)
{
    static bool watching;
    fault_text_set = 0;
    if (!text)
        return;
    size_t n = strlen(text);
    if (n > sizeof fault_text - 2)
        n = sizeof fault_text - 2;
    memcpy(fault_text, text, n);
    if (n == 0 || fault_text[n - 1] != '\n')
        fault_text[n++] = '\n';
    fault_text[n] = '\0';
    fault_text_set = 1;
    if (!watching)
        watch_faults();
    watching = true;
}
