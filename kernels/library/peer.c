/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <dlfcn.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer_calls.h"

struct bm_openblas bm_openblas;
struct bm_blis bm_blis;
struct bm_onednn bm_onednn;
struct bm_libxsmm bm_libxsmm;
_Thread_local struct bm_peer_failure bm_peer_failure;
_Thread_local const char *bm_peer_implementation;

/* Libraries that are loaded late and have thread-local variables (BLIS, oneDNN) crash gcc 12's LeakSanitizer at exit,
 * in the list that it keeps of such variables: it is told not to keep it. */
#if defined __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#if SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "intercept_tls_get_addr=0"; }
#endif

/* Debian keeps the builds of a BLAS apart in folders of these names and chooses one by alternatives, which may be the
 * build with threads of its own: the OpenMP build is asked for by its folder first. */
#if defined __x86_64__
#define DEBIAN_FOLDER "/usr/lib/x86_64-linux-gnu/"
#elif defined __aarch64__
#define DEBIAN_FOLDER "/usr/lib/aarch64-linux-gnu/"
#elif defined __riscv
#define DEBIAN_FOLDER "/usr/lib/riscv64-linux-gnu/"
#else
#define DEBIAN_FOLDER "/usr/lib/"
#endif

/* A function that the kernels call, and where its address goes. */
struct entry {
    const char *symbol;
    void *slot;
};

struct library {
    struct bm_peer peer;
    const char *candidates[10];
    struct entry entries[4];
    /* Version, core, threading. False, with the reason in the peer, if the build cannot be used. */
    bool (*describe)(void *handle, struct bm_peer *peer);
};

/* Puts a symbol's address into a pointer to a function, whose type ISO C does not let dlsym()'s result have. */
static bool take(void *handle, const char *symbol, void *slot)
{
    void *address = dlsym(handle, symbol);
    memcpy(slot, &address, sizeof address);
    return address;
}

/* Takes all of a list; NULL, or the first symbol that is missing. */
static const char *take_all(void *handle, const struct entry *entries)
{
    for (const struct entry *e = entries; e->symbol; e++)
        if (!take(handle, e->symbol, e->slot))
            return e->symbol;
    return NULL;
}

static void copy(char *out, size_t size, const char *text, size_t length)
{
    snprintf(out, size, "%.*s", (int)length, text);
}

static bool describe_openblas(void *handle, struct bm_peer *peer)
{
    char *(*text)(void);
    int (*number)(void);
    if (take(handle, "openblas_get_config", &text)) { /* "OpenBLAS 0.3.21 DYNAMIC_ARCH ..." */
        const char *config = text(), *version = config + strcspn(config, " ");
        version += strspn(version, " ");
        copy(peer->version, sizeof peer->version, version, strcspn(version, " "));
        if (strstr(config, "USE64BITINT")) {
            snprintf(peer->reason, sizeof peer->reason, "it is built for 64-bit integers (ILP64)");
            return false;
        }
    }
    if (take(handle, "openblas_get_corename", &text))
        copy(peer->core, sizeof peer->core, text(), strlen(text()));
    if (take(handle, "openblas_get_parallel", &number)) {
        static const char *const names[] = { "sequential", "pthreads", "OpenMP" };
        int n = number();
        if (n >= 0 && n < 3)
            snprintf(peer->threading, sizeof peer->threading, "%s", names[n]);
    }
    return true;
}

static bool describe_blis(void *handle, struct bm_peer *peer)
{
    const char *(*text)(void), *(*arch)(int);
    int (*number)(void);
    if (take(handle, "bli_info_get_version_str", &text))
        copy(peer->version, sizeof peer->version, text(), strlen(text()));
    if (take(handle, "bli_arch_query_id", &number) && take(handle, "bli_arch_string", &arch))
        snprintf(peer->core, sizeof peer->core, "%s", arch(number()));
    if (take(handle, "bli_info_get_enable_openmp", &number) && number())
        snprintf(peer->threading, sizeof peer->threading, "OpenMP");
    else if (take(handle, "bli_info_get_enable_pthreads", &number))
        snprintf(peer->threading, sizeof peer->threading, number() ? "pthreads" : "sequential");
    if (take(handle, "bli_info_get_blas_int_type_size", &number) && number() == 64) {
        snprintf(peer->reason, sizeof peer->reason, "its BLAS is built for 64-bit integers (ILP64)");
        return false;
    }
    return true;
}

/* Primitives: version 3 took the descriptors of operations out of the interface that version 2 has. A build that lacks
 * any of it keeps dnnl_sgemm(). */
static int onednn_interface(void *handle, int major)
{
    static const struct entry common[] = {
        { "dnnl_engine_create", &bm_onednn.engine_create },
        { "dnnl_stream_create", &bm_onednn.stream_create },
        { "dnnl_stream_wait", &bm_onednn.stream_wait },
        { "dnnl_memory_create", &bm_onednn.memory_create },
        { "dnnl_memory_set_data_handle", &bm_onednn.memory_set_data_handle },
        { "dnnl_memory_destroy", &bm_onednn.memory_destroy },
        { "dnnl_memory_desc_get_size", &bm_onednn.memory_desc_get_size },
        { "dnnl_reorder_primitive_desc_create", &bm_onednn.reorder_primitive_desc_create },
        { "dnnl_primitive_desc_query_md", &bm_onednn.primitive_desc_query_md },
        { "dnnl_primitive_desc_query", &bm_onednn.primitive_desc_query },
        { "dnnl_primitive_desc_destroy", &bm_onednn.primitive_desc_destroy },
        { "dnnl_primitive_create", &bm_onednn.primitive_create },
        { "dnnl_primitive_execute", &bm_onednn.primitive_execute },
        { "dnnl_primitive_destroy", &bm_onednn.primitive_destroy },
        { "dnnl_primitive_attr_create", &bm_onednn.primitive_attr_create },
        { "dnnl_primitive_attr_set_post_ops", &bm_onednn.primitive_attr_set_post_ops },
        { "dnnl_primitive_attr_destroy", &bm_onednn.primitive_attr_destroy },
        { "dnnl_post_ops_create", &bm_onednn.post_ops_create },
        { "dnnl_post_ops_destroy", &bm_onednn.post_ops_destroy },
        { NULL, NULL },
    };
    static const struct entry v2[] = {
        { "dnnl_memory_desc_init_by_strides", &bm_onednn.v2.memory_desc_init_by_strides },
        { "dnnl_memory_desc_init_by_tag", &bm_onednn.v2.memory_desc_init_by_tag },
        { "dnnl_batch_normalization_forward_desc_init", &bm_onednn.v2.bn_forward_desc_init },
        { "dnnl_batch_normalization_backward_desc_init", &bm_onednn.v2.bn_backward_desc_init },
        { "dnnl_layer_normalization_forward_desc_init", &bm_onednn.v2.norm_forward_desc_init },
        { "dnnl_layer_normalization_backward_desc_init", &bm_onednn.v2.norm_backward_desc_init },
        { "dnnl_matmul_desc_init", &bm_onednn.v2.matmul_desc_init },
        { "dnnl_primitive_desc_create", &bm_onednn.v2.primitive_desc_create },
        { "dnnl_post_ops_append_sum", &bm_onednn.v2.post_ops_append_sum },
        { "dnnl_post_ops_append_eltwise", &bm_onednn.v2.post_ops_append_eltwise },
        { "dnnl_post_ops_append_binary", &bm_onednn.v2.post_ops_append_binary },
        { "dnnl_primitive_attr_set_output_scales", &bm_onednn.v2.primitive_attr_set_output_scales },
        { NULL, NULL },
    };
    static const struct entry v3[] = {
        { "dnnl_memory_desc_create_with_strides", &bm_onednn.v3.memory_desc_create_with_strides },
        { "dnnl_memory_desc_create_with_tag", &bm_onednn.v3.memory_desc_create_with_tag },
        { "dnnl_memory_desc_destroy", &bm_onednn.v3.memory_desc_destroy },
        { "dnnl_batch_normalization_forward_primitive_desc_create", &bm_onednn.v3.bn_forward_primitive_desc_create },
        { "dnnl_batch_normalization_backward_primitive_desc_create", &bm_onednn.v3.bn_backward_primitive_desc_create },
        { "dnnl_layer_normalization_forward_primitive_desc_create", &bm_onednn.v3.norm_forward_primitive_desc_create },
        { "dnnl_layer_normalization_backward_primitive_desc_create", &bm_onednn.v3.norm_backward_primitive_desc_create },
        { "dnnl_matmul_primitive_desc_create", &bm_onednn.v3.matmul_primitive_desc_create },
        { "dnnl_post_ops_append_sum", &bm_onednn.v3.post_ops_append_sum },
        { "dnnl_post_ops_append_eltwise", &bm_onednn.v3.post_ops_append_eltwise },
        { "dnnl_primitive_attr_set_scales_mask", &bm_onednn.v3.primitive_attr_set_scales_mask },
        { NULL, NULL },
    };
    bool whole = (major == 2 && !take_all(handle, v2)) || (major == 3 && !take_all(handle, v3));
    return whole && !take_all(handle, common) ? major : 0;
}

/* The name of a dnnl_cpu_isa_t: bits, of which version 3 numbered some anew. */
static void onednn_isa(int major, unsigned isa, char *name, size_t size)
{
    static const struct {
        int major; /* 0: any */
        unsigned value;
        const char *name;
    } isas[] = {
        { 0, 0x1, "SSE4.1" },         { 0, 0x3, "AVX" },           { 0, 0x7, "AVX2" },
        { 2, 0x407, "AVX2-VNNI" },    { 3, 0xf, "AVX2-VNNI" },     { 3, 0x1f, "AVX2-VNNI-2" },
        { 0, 0x27, "AVX-512" },       { 0, 0x67, "AVX-512 VNNI" }, { 0, 0xe7, "AVX-512 BF16" },
        { 0, 0x1ef, "AVX-512 FP16" }, { 2, 0x3e7, "AMX" },         { 0, 0xfef, "AMX" },
        { 3, 0x1fef, "AMX FP16" },
    };
    snprintf(name, size, "ISA 0x%x", isa);
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (isas[i].value == isa && (!isas[i].major || isas[i].major == major))
            snprintf(name, size, "%s", isas[i].name);
}

static bool describe_onednn(void *handle, struct bm_peer *peer)
{
    /* The head of dnnl_version_t, the same in oneDNN 2 and 3. */
    struct version {
        int major, minor, patch;
        const char *hash;
        unsigned cpu_runtime, gpu_runtime;
    };
    static const struct {
        unsigned value;
        const char *name;
    } runtimes[] = { { 1, "sequential" }, { 2, "OpenMP" }, { 4, "TBB" }, { 8, "thread pool" } };
    const struct version *(*version)(void);
    unsigned (*isa)(void);
    int major = 0;
    if (take(handle, "dnnl_version", &version)) {
        const struct version *v = version();
        snprintf(peer->version, sizeof peer->version, "%d.%d.%d", v->major, v->minor, v->patch);
        major = v->major;
        bm_onednn.version = onednn_interface(handle, major);
        for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
            if (runtimes[i].value == v->cpu_runtime)
                snprintf(peer->threading, sizeof peer->threading, "%s", runtimes[i].name);
    }
    if (take(handle, "dnnl_get_effective_cpu_isa", &isa)) {
        onednn_isa(major, isa(), peer->core, sizeof peer->core);
    }
    return true;
}

/* It has no function that tells its version. Debian's is one thread's, without OpenMP. */
static bool describe_libxsmm(void *handle, struct bm_peer *peer)
{
    const char *(*version)(void);
    if (take(handle, "bm_libxsmm_version", &version))
        snprintf(peer->version, sizeof peer->version, "%s", version());
    snprintf(peer->core, sizeof peer->core, "%s", bm_libxsmm.target());
    snprintf(peer->threading, sizeof peer->threading, "sequential");
    return true;
}

static struct library libraries[] = {
    { .peer = { .name = "openblas", .package = "libopenblas0-openmp", .variable = "BATCHMARK_PEER_OPENBLAS" },
      .candidates = { DEBIAN_FOLDER "openblas-openmp/libopenblas.so.0", "libopenblaso.so.0", "libopenblas.so.0",
                      "libopenblas.so" },
      .entries = { { "cblas_sgemm", &bm_openblas.sgemm },
                   { "openblas_set_num_threads", &bm_openblas.set_num_threads },
                   { "openblas_get_num_threads", &bm_openblas.get_num_threads } },
      .describe = describe_openblas },
    { .peer = { .name = "blis", .package = "libblis4-openmp", .variable = "BATCHMARK_PEER_BLIS" },
      .candidates = { DEBIAN_FOLDER "blis-openmp/libblis.so.5", DEBIAN_FOLDER "blis-openmp/libblis.so.4",
                      "libbliso.so.5", "libbliso.so.4", "libblis-mt.so.5", "libblis.so.5", "libblis.so.4",
                      "libblis-mt.so", "libblis.so" },
      .entries = { { "cblas_sgemm", &bm_blis.sgemm },
                   { "bli_thread_set_num_threads", &bm_blis.set_num_threads },
                   { "bli_thread_get_num_threads", &bm_blis.get_num_threads } },
      .describe = describe_blis },
    { .peer = { .name = "onednn", .package = "libdnnl3.6 or libdnnl2", .variable = "BATCHMARK_PEER_ONEDNN" },
      .candidates = { "libdnnl.so.3", DEBIAN_FOLDER "libdnnl.so.3.*", "libdnnl.so.2", "libdnnl.so" },
      .entries = { { "dnnl_sgemm", &bm_onednn.sgemm } },
      .describe = describe_onednn },
    /* Debian has a static library only, of which mk/program.mk makes this one, beside the program: found by its RUNPATH. */
    { .peer = { .name = "libxsmm", .package = "libxsmm-dev, before make", .variable = "BATCHMARK_PEER_LIBXSMM" },
      .candidates = { "libxsmm.so", "libxsmm.so.1" },
      .entries = { { "libxsmm_smmdispatch", &bm_libxsmm.smmdispatch },
                   { "libxsmm_get_target_arch", &bm_libxsmm.target } },
      .describe = describe_libxsmm },
};
enum { LIBRARIES = sizeof libraries / sizeof *libraries };

/* Once loaded it stays: threads of its own may be running in it. */
static bool open_library(struct library *l, const char *path)
{
    struct bm_peer *p = &l->peer;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(p->reason, sizeof p->reason, "%s", dlerror());
        return false;
    }
    const char *missing = take_all(handle, l->entries);
    if (missing) {
        snprintf(p->reason, sizeof p->reason, "%s has no %s", path, missing);
        return false;
    }
    snprintf(p->version, sizeof p->version, "unknown");
    snprintf(p->core, sizeof p->core, "unknown");
    snprintf(p->threading, sizeof p->threading, "unknown");
    if (!l->describe(handle, p))
        return false;
    Dl_info info;
    if (dladdr(dlsym(handle, l->entries[0].symbol), &info) && info.dli_fname)
        p->path = realpath(info.dli_fname, NULL);
    if (!p->path)
        p->path = strdup(path);
    return p->path;
}

/* A candidate may be a pattern of paths, since Debian's names hold a minor version: the last match, else itself. */
static bool open_candidate(struct library *l, const char *candidate)
{
    glob_t found;
    if (!strchr(candidate, '*') || glob(candidate, 0, NULL, &found) != 0)
        return open_library(l, candidate);
    const char *last = found.gl_pathv[0];
    for (size_t i = 1; i < found.gl_pathc; i++)
        if (strverscmp(found.gl_pathv[i], last) > 0)
            last = found.gl_pathv[i];
    const bool opened = open_library(l, last);
    globfree(&found);
    return opened;
}

static void load(struct library *l)
{
    struct bm_peer *p = &l->peer;
    const char *from_environment = getenv(p->variable);
    if (!p->asked && from_environment && *from_environment)
        p->asked = from_environment;
    p->tried = true;
    if (p->asked) {
        char here[4096];
        snprintf(here, sizeof here, "%s%s", strchr(p->asked, '/') ? "" : "./", p->asked);
        p->loaded = open_library(l, here);
        return;
    }
    for (int i = 0; l->candidates[i] && !p->loaded; i++)
        p->loaded = open_candidate(l, l->candidates[i]);
    if (!p->loaded)
        snprintf(p->reason, sizeof p->reason, "%s is not installed here (Debian: %s; another build: --peer %s=FILE)",
                 p->name, p->package, p->name);
}

static struct library *find(const char *name, size_t length)
{
    for (int i = 0; i < LIBRARIES; i++)
        if (strlen(libraries[i].peer.name) == length && strncmp(libraries[i].peer.name, name, length) == 0)
            return &libraries[i];
    return NULL;
}

const struct bm_peer *bm_peer_at(size_t i) { return i < LIBRARIES ? &libraries[i].peer : NULL; }

const struct bm_peer *bm_peer_load(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct library *l = find(name, strlen(name));
    if (!l)
        return NULL;
    pthread_mutex_lock(&lock);
    if (!l->peer.tried)
        load(l);
    pthread_mutex_unlock(&lock);
    return &l->peer;
}

bool bm_peer_point(const char *assignment)
{
    size_t length = strcspn(assignment, "=");
    struct library *l = find(assignment, length);
    if (!l || !assignment[length] || !assignment[length + 1])
        return false;
    l->peer.asked = assignment + length + 1;
    return true;
}

char *bm_peer_text(const struct bm_peer *p, char text[static BM_PEER_TEXT])
{
    if (p->loaded)
        snprintf(text, BM_PEER_TEXT, "%s, %s, %s, %s", p->version, p->core, p->threading, p->path);
    else
        snprintf(text, BM_PEER_TEXT, "%s", p->reason);
    return text;
}
