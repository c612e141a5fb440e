/* SPDX-License-Identifier: MIT */
/* fuzz_result.c - libFuzzer on the reader of results. Half of the mutations change the JSON tree, so that they get past
 * the parser; half of those get a checksum that holds. Input that begins like gzip goes through a file, as it would in
 * life. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"
#include "run_damage.h"
#include "run_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

static void load_packed(const uint8_t *data, size_t size)
{
    struct bm_run run;
    struct bm_error error;
    const int file = memfd_create("packed", 0);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    bm_run_load(path, &run, &error);
    bm_run_free(&run);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 && data[0] == 0x1f && data[1] == 0x8b)
        load_packed(data, size);
    else if (!walk_result((const char *)data, size, NULL))
        abort();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    unsigned long long state = seed;
    json_t *json = pick(&state, 2) ? json_loadb((const char *)data, size, 0, NULL) : NULL;
    if (!json)
        return LLVMFuzzerMutate(data, size, room);
    for (size_t i = 1 + pick(&state, 3); i > 0; i--)
        damage_json(json, &state);
    const bool sound = json_is_object(json_object_get(json, "batchmark")) && pick(&state, 2);
    char *text = sound ? made_up_text(json) : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
    const size_t length = text ? strlen(text) : room + 1;
    if (length <= room)
        memcpy(data, text, length);
    free(text);
    json_decref(json);
    return length <= room ? length : LLVMFuzzerMutate(data, size, room);
}
