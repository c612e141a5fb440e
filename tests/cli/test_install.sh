#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs into a folder, builds the example against it outside the repository, runs it. usage: test_install.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1
. tests/cli/lib.sh
stage=$(mktemp -d "${TMPDIR:-/tmp}/batchmark-install.XXXXXX") || exit 1
trap 'rm -rf "$stage"' EXIT
source=$PWD/tests/example/product.c
check 'make install' ${MAKE:-make} -s BUILD="$build" CC="${CC:-gcc}" CXX="${CXX:-g++}" PREFIX=/usr DESTDIR="$stage" install
exports() { # of each object of a kernel, the symbols that are not its name
    # shellcheck disable=SC2046
    nm --defined-only -g $(ls "$build"/kernels/*/*.o | grep -v /library/) |
        awk '/:$/ { sub(/.*\//, ""); sub(/\.o:$/, ""); stem = $0; kernels++ }
             NF == 3 && $3 != stem { print "# " stem " exports: " $3; bad++ } NF == 3 { symbols++ }
             END { exit bad > 0 || kernels == 0 || symbols != kernels }'
}
check 'each kernel exports one symbol, its name' exports
cd "$stage" || exit 1
export PKG_CONFIG_PATH="$stage/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage"
# shellcheck disable=SC2046
check 'the example builds against the shared library' ${CC:-gcc} -std=c11 "$source" -o shared $(pkg-config --cflags --libs batchmark) -lm
check 'and runs' env LD_LIBRARY_PATH="$stage/usr/lib" ./shared naive
# shellcheck disable=SC2046
check 'the example builds against the static library' ${CC:-gcc} -std=c11 "$source" -o static $(pkg-config --cflags batchmark) \
    "$stage/usr/lib/libbatchmark.a" -fopenmp -lm
check 'and runs' ./static autovec
check 'the installed program runs' sh -c "'$stage/usr/bin/batchmark' list --op gemm | grep -q gemm_naive"
finish
