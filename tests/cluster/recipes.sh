#!/bin/sh
# SPDX-License-Identifier: MIT
# recipes.sh - the module file, in Lmod; and the ReFrame check, the Spack package and the Apptainer definition, as far as
# that goes without these tools: that they parse, that what they call exists and does what they expect.
# usage: recipes.sh BUILD
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(cd "$1" && pwd)
here=$top/tests/cluster
. "$top/tests/cli/lib.sh"
workplace recipes || exit 1
build() { ${MAKE:-make} -s -C "$top" BUILD="$folder" CC="${CC:-gcc}" CXX="${CXX:-g++}" "$@"; }
check 'make install' build PREFIX="$work/usr" install

cat >load.sh <<'SH'
. /usr/share/lmod/lmod/init/sh
module use "$1/share/modulefiles"
module load "batchmark/$2" && module list 2>&1 | grep -q "batchmark/$2" || exit 1
[ "$(command -v batchmark)" = "$1/bin/batchmark" ] && batchmark list --op gemm | grep -q gemm_naive || exit 1
pkg-config --exists batchmark && man -w batchmark >/dev/null || exit 1
module unload batchmark
! command -v batchmark
SH
version=$(sed -n 's/^VERSION *:= //p' "$top/Makefile")
check 'the module is loaded by Lmod, and unloaded' env PATH=/usr/bin:/bin sh load.sh "$work/usr" "$version"

reframe() {
    env PATH="$work/usr/bin:$PATH" "$python" "$here/reframe_stand_in.py" "$top/scripts/reframe/batchmark.py" \
        --launches 1 --time-cap 0 --max-call 0.001 "$@" >out 2>err </dev/null
}
check 'the ReFrame check runs' reframe
check 'and finds its figures' test "$(grep -c '^[a-z_]* [a-z_]* [0-9.]* \(G/s\|%\)$' out)" = 9
wrong() { ! reframe --kernel no-such-kernel && grep -q 'ended with 2' err; }
check 'and fails with the program' wrong

spack() { "$python" "$here/spack_stand_in.py" "$top/scripts/spack/packages/batchmark/package.py" "$work/usr" >package; }
words() { sed -n "s/^$1 //p" package; }
check 'the Spack package is read' spack
for target in build install check; do
    # shellcheck disable=SC2046
    check "make knows what it says for $target" runs build -n $(words $target)
done
check 'the files that it looks for are installed' test "$(words file | sed "s|^|$work/usr/|" | xargs ls | wc -l)" = "$(words file | wc -l)"
missing() { # packages by the names of Spack, of scripts/deps, that tests and reports do without
    sed -n 's/^ *need [^ ]* [^ ]* \([^ ]*\) .*/\1/p' "$top/scripts/deps" | sort -u |
        grep -vx 'gcc\|curl\|qemu\|py-scipy\|llvm\|lmod\|slurm\|openmpi\|node-js\|npm\|.*-by-other-means\|tidy-html5' | sed 's/^zlib$/zlib-api/' |
        while read -r package; do words depends | tr ' ' '\n' | grep -qx "$package" || echo "$package"; done
}
check 'and it depends on what we need' test -z "$(missing)"
check 'its version is ours' grep -q "version(\"$version\")" "$top/scripts/spack/packages/batchmark/package.py"

definition=$top/scripts/apptainer/batchmark.def
section() { sed -n "/^%$1\$/,/^%/{/^%/!p}" "$definition"; }
for s in post environment runscript test; do
    section $s >$s.sh
    check "the Apptainer definition's %$s is a script" sh -n $s.sh
done
# shellcheck disable=SC2046
check 'make knows its targets' runs build -n $(sed -n 's/^ *make //p' post.sh)
check 'its files are what make dist makes' grep -q 'batchmark-\$1.tar.gz' "$top/scripts/release"
check 'its test passes' runs env PATH="$work/usr/bin:$PATH" sh test.sh
check 'what it runs' runs env PATH="$work/usr/bin:$PATH" sh runscript.sh --version
finish
