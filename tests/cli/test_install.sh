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
for s in $(ls "$build"/kernels/*/*.o | grep -v /library/); do
    stem=$(basename "$s" .o)
    symbols=$(nm --defined-only -g "$s" | awk '{print $3}')
    [ "$symbols" = "$stem" ] || echo "# $s exports: $symbols"
    [ "$symbols" = "$stem" ] || failures=$((failures + 1))
done
check 'each kernel exports one symbol, its name' test $failures = 0
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
