#!/bin/sh
# SPDX-License-Identifier: MIT
# How often does `batchmark ab` see a slowdown that is there, and one that is not? Kernels of build/planted.so do some of their
# work twice. One line a class of threads and cache level. Takes minutes of a machine that is otherwise idle; no test, since it
# measures.
# usage: tests/planted/power.sh [REPETITIONS [PERCENT...]]    (default: once 10, 5, 3 and 0 percent)
#        KERNELS='glob' SHAPES='...' tests/planted/power.sh   (default: avx2 and avx512 kernels, 8 shapes from L1 to memory)
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
repetitions=${1:-1}
[ $# -gt 0 ] && shift
make -s BUILD="$build" "$build/libbatchmark.so.0" "$build/batchmark" "$build/planted.so" || exit 1
kernels=${KERNELS:-*_avx*}
shapes=${SHAPES:-"--shape bn\ N=32\ C=300 --shape bn\ N=256\ C=128 --shape bn\ N=1024\ C=1024 --shape bn\ N=8192\ C=1024
  --shape gemm\ M=64\ N=64\ K=64 --shape gemm\ M=256\ N=256\ K=256 --shape params\ N=235200 --shape softmax_xent\ N=256\ C=10"}
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT
for percent in ${*:-10 5 3 0}; do
    began=$(date +%s)
    for i in $(seq "$repetitions"); do
        eval "BATCHMARK_PLANT=$percent '$build/batchmark' ab --seed $i --format json '$build/libbatchmark.so.0' '$build/planted.so' -- \
            $(echo "$shapes" | tr '\n' ' ') --kernel '$kernels'" >"$found.$i"
        [ $? -le 1 ] || exit 1
    done
    echo "$percent % planted, $(( ($(date +%s) - began) / repetitions )) s a comparison:"
    python3 - "$found".* <<'PYTHON'
import collections, json, sys
count = collections.defaultdict(collections.Counter)
for path in sys.argv[1:]:
    for c in json.load(open(path))['cases']:
        if c['verdict'] != 'skipped':
            count[f"{max(c['threads'])} threads, {c['level']}"][c['verdict']] += 1
            count['all'][c['verdict']] += 1
for name in sorted(count, key=lambda n: (n == 'all', n)):
    print(f'  {name:20}', ', '.join(f'{n} {v}' for v, n in count[name].most_common()))
PYTHON
    rm -f "$found".*
done
