#!/bin/sh
# How often does `batchmark ab` see a slowdown that is there, and one that is not? Ten kernels of build/batchmark-planted do some of
# their work twice. Takes minutes of a machine that is otherwise idle; no test, since it measures.
# usage: tests/power.sh [REPETITIONS [PERCENT...]]    (default: 5 times 10, 5 and 0 percent)
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
repetitions=${1:-5}
[ $# -gt 0 ] && shift
make -s "$build/batchmark" "$build/batchmark-planted" || exit 1
for percent in ${*:-10 5 0}; do
    slower=0 faster=0 cases=0 ratios= seen= began=$(date +%s)
    for i in $(seq "$repetitions"); do
        BATCHMARK_PLANT=$percent "$build/batchmark" ab --seed "$i" --format json "$build/batchmark" "$build/batchmark-planted" -- \
            --shape 'bn N=1024 C=64' --op 'bn_*' --variant 'bn_*_avx*[0-9]' >ab.json
        [ $? -le 1 ] || exit 1
        set -- $(python3 -c "
import json
c = json.load(open('ab.json'))['cases']
print(len(c), sum(x['verdict'] == 'slower' for x in c), sum(x['verdict'] == 'faster' for x in c),
      '%.3f' % sorted(x['ratio'] for x in c)[len(c) // 2], '%.1f' % (100 * sorted(x['visible'] for x in c)[-1]))")
        cases=$((cases + $1)) slower=$((slower + $2)) faster=$((faster + $3)) ratios="$ratios $4" seen="$seen $5"
    done
    rm -f ab.json
    echo "$percent % planted: $slower slower, $faster faster of $cases; median ratios$ratios; smallest changes that show (%)$seen; $(( ($(date +%s) - began) / repetitions )) s a comparison"
done
