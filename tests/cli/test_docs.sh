#!/bin/sh
# SPDX-License-Identifier: MIT
# The commands that README and docs show, each run, in a short form where it takes long (documented.py says which).
# usage: test_docs.sh BUILD, after `make ideas`
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "$1" && pwd)
PROGRAM=$BUILD/batchmark LIBRARY=$BUILD/libbatchmark.so.1
. "$TOP/tests/cli/lib.sh"
PYTHON=$python MAKE=${MAKE:-make}
export TOP BUILD PROGRAM LIBRARY PYTHON MAKE BATCHMARK_PLANT=0
listed=$(cd "$TOP" && "$python" tests/cli/documented.py README.md CONTRIBUTING.md docs/*.md bench/peers/README.md results/README.md tests/report/README.md) || exit 1
workplace docs

# What stands in the place of a reader's files.
few="--op sgd --kernel *_naive --shape N=9 --threads 1 --launches 2 --time-cap 0"
for name in A B whole; do
    # shellcheck disable=SC2086
    check "a result, $name" runs "$PROGRAM" bench $few --json $name.json
done
# shellcheck disable=SC2086
check 'a result that is stored' runs "$PROGRAM" bench $few --store
cp "$BUILD/planted.so" .
KEPT=$(find results -name '*-bench.json*' | head -n 1)
export KEPT
ln -s "$TOP/results/README.md" README.md

# "It is slower", or that nothing here could be timed, is an answer; what must not be is a command that is not understood.
documented() {
    sh -c "$1" >out 2>err </dev/null
    code=$?
    [ $code -le 1 ] || { [ $code = 2 ] && grep -q 'nothing was\|no case in common' err; } && return 0
    echo "# exit $code: $1"
    sed 's/^/# /' err
    return 1
}
printf '%s\n' "$listed" | sort -u -t "$(printf '\t')" -k3 >list
while IFS="$(printf '\t')" read -r file shown run; do
    check "$file: $shown" documented "$run"
done <list
finish
