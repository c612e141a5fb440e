/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrays.h"
#include "lock.h"
#include "npy.h"
#include "result.h"

/* FOLDER/SUB/NAME.npy */
static bool place(char path[BM_PATH_SIZE], const char *folder, const char *sub, const char *name,
                  struct bm_error *error)
{
    int n = snprintf(path, BM_PATH_SIZE, "%s/%s%s%s.npy", folder, sub, *sub ? "/" : "", name);
    return n < BM_PATH_SIZE || bm_failed(error, "the folder's path is too long: %d characters", n);
}

static bool place_epoch(char path[BM_PATH_SIZE], const char *folder, const char *sub, size_t epoch,
                        struct bm_error *error)
{
    char name[32];
    snprintf(name, sizeof name, "epoch%zu", epoch);
    return place(path, folder, sub, name, error);
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

json_t *bm_train_config_json(const struct bm_train_config *c)
{
    json_t *o = json_object();
    char value[BM_TRAIN_VALUE];
    for (size_t i = 0; bm_train_key(i); i++)
        if (bm_train_get(c, bm_train_key(i)->name, value))
            json_object_set_new(o, bm_train_key(i)->name, json_string(value));
    return o;
}

static bool make_folder(const char *folder, const char *sub, struct bm_error *error)
{
    char path[BM_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, sub);
    return bm_make_folder(path, error);
}

/* All arrays but the optimiser's, to files or from them. */
static bool move_arrays(const char *folder, const char *sub, const struct bm_network *net, bool write,
                        struct bm_error *error)
{
    struct bm_array array[BM_MAX_ARRAYS];
    char path[BM_PATH_SIZE];
    bool ok = true;
    unsigned n = bm_network_arrays(net, array);
    for (unsigned i = 0; i < n && ok; i++) {
        const struct bm_array *a = &array[i];
        if (a->moment)
            continue;
        float *dense = bm_alloc(bm_array_count(a) * sizeof *dense);
        ok = place(path, folder, sub, a->name, error);
        if (ok && write) {
            bm_array_get(a, dense);
            ok = bm_npy_write(path, BM_NPY_F4, a->dims, a->shape, dense, error);
        } else if (ok) {
            ok = bm_npy_read(path, BM_NPY_F4, a->dims, a->shape, dense, error);
            if (ok)
                bm_array_put(a, dense);
        }
        free(dense);
    }
    return ok;
}

/* ---- writing ---------------------------------------------------------------------------------- */

bool bm_dump_start(const char *folder, const struct bm_network *net, const struct bm_dataset *data,
                   const struct bm_rows *rows, bool resumed, struct bm_error *error)
{
    char path[BM_PATH_SIZE], config_path[BM_PATH_SIZE];
    size_t held_out = rows->all - rows->train;
    if (!place(path, folder, "", "held_out", error))
        return false;
    snprintf(config_path, sizeof config_path, "%s/config.json", folder);
    if (!make_folder(folder, "initial", error) || !bm_lock_take(config_path, error))
        return false;
    json_t *config = bm_train_config_json(net->config), *there = json_load_file(config_path, 0, NULL);
    json_object_set_new(config, "dataset", json_string(data->name));
    bool ok = !there || (resumed && json_equal(config, there)) ||
              bm_failed(error, "%s: a dump of another run is here; remove it or name another folder", folder);
    ok = ok && make_folder(folder, "final", error) &&
         make_folder(folder, "order", error) && make_folder(folder, "loss", error) &&
         bm_npy_write(path, BM_NPY_U4, 1, &held_out, rows->row + rows->train, error) &&
         move_arrays(folder, "initial", net, true, error) && bm_result_write(config, config_path, error);
    json_decref(there);
    json_decref(config);
    return ok;
}

bool bm_dump_epoch(const char *folder, size_t epoch, const struct bm_rows *rows, const double *loss, size_t steps,
                   struct bm_error *error)
{
    char path[BM_PATH_SIZE];
    return place_epoch(path, folder, "order", epoch, error) &&
           bm_npy_write(path, BM_NPY_U4, 1, &rows->train, rows->row, error) &&
           place_epoch(path, folder, "loss", epoch, error) &&
           bm_npy_write(path, BM_NPY_F8, 1, &steps, loss, error);
}

bool bm_dump_end(const char *folder, const struct bm_network *net, struct bm_error *error)
{
    return move_arrays(folder, "final", net, true, error);
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* Marks n rows; false if one is out of range or was marked before. */
static bool mark(bool *seen, size_t all, const uint32_t *row, size_t n, const char *path, struct bm_error *error)
{
    for (size_t i = 0; i < n; i++) {
        if (row[i] >= all)
            return bm_failed(error, "%s: row %u, but the training file has only %zu images", path, row[i], all);
        if (seen[row[i]])
            return bm_failed(error, "%s: row %u is there twice, or is held out for validation as well", path, row[i]);
        seen[row[i]] = true;
    }
    return true;
}

/* A split unlike ours leaves the other rows for training, as they lie in the file. */
static bool load_held_out(const char *path, struct bm_rows *rows, struct bm_error *error)
{
    size_t held_out = rows->all - rows->train, n = 0;
    uint32_t *row = bm_alloc(held_out * sizeof *row), *ours = rows->row + rows->train;
    bool *seen = bm_alloc(rows->all * sizeof *seen);
    bool ok = bm_npy_read(path, BM_NPY_U4, 1, &held_out, row, error) &&
              mark(seen, rows->all, row, held_out, path, error);
    if (ok && memcmp(row, ours, held_out * sizeof *row) != 0) {
        memcpy(ours, row, held_out * sizeof *row);
        for (size_t i = 0; i < rows->all; i++)
            if (!seen[i])
                rows->row[n++] = (uint32_t)i;
    }
    free(seen);
    free(row);
    return ok;
}

bool bm_load_start(const char *folder, const struct bm_network *net, struct bm_rows *rows, struct bm_error *error)
{
    char path[BM_PATH_SIZE];
    return move_arrays(folder, "initial", net, false, error) && place(path, folder, "", "held_out", error) &&
           (!exists(path) || load_held_out(path, rows, error));
}

bool bm_load_epoch(const char *folder, size_t epoch, struct bm_rows *rows, struct bm_error *error)
{
    char path[BM_PATH_SIZE];
    if (!place_epoch(path, folder, "order", epoch, error))
        return false;
    if (!exists(path))
        return true;
    bool *seen = bm_alloc(rows->all * sizeof *seen);
    bool ok = mark(seen, rows->all, rows->row + rows->train, rows->all - rows->train, path, error) &&
              bm_npy_read(path, BM_NPY_U4, 1, &rows->train, rows->row, error) &&
              mark(seen, rows->all, rows->row, rows->train, path, error);
    free(seen);
    return ok;
}
