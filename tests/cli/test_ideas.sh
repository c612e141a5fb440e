#!/bin/sh
# SPDX-License-Identifier: MIT
# test_ideas.sh - kernels without single ideas: `list --ideas`, `verify --ideas`, `bench --ideas`. What an idea brings is a
# matter of speed, and no test asks it.
# usage: test_ideas.sh BUILD-FOLDER, after `make ideas`
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
program=$build/batchmark
. "$top/tests/cli/lib.sh"
workplace ideas
shape='bn N=9 C=33'
# is EXPRESSION: of r, the JSON in out.
is() { "$python" -c "
import json
r = json.load(open('out'))
cases = [c for i in r['ideas'] for c in i['cases']]
assert $1, r"; }

check 'are listed' says 'bn_forward_avx2_tuned_without_stream' "$program" list --ideas
check 'with what each is for' grep -q 'gemm_avx2_direct_without_parts  *[a-z]' out
runs "$program" list
check 'and are no kernels of a run' test "$(grep -c _without_ out)" = 0
runs "$program" verify --op bn_forward --shape "$shape" --fill exact --threads 1
check 'nor verified by default' test "$(grep -c _without_ out)" = 0

# All of them against the oracle, with small and odd shapes; those of an ISA that is not here are skipped.
check 'are right' says '0 failed' "$program" verify --ideas --random 28 --seed 5 --threads 1
check 'on runs that are streamed' says '0 failed' "$program" verify --ideas --op 'bn_*' --fill random --threads 1 \
    --shape 'bn N=33 C=43 S=2990' --shape 'bn N=520 C=4100' --shape 'bn N=40 C=531 S=197' --shape 'bn N=64 C=700 S=49'
check 'on products of several blocks' says '0 failed' "$program" verify --ideas --op gemm --fill random --threads 1 \
    --shape 'gemm M=131 N=1100 K=1030 trans=NN' --shape 'gemm M=20 N=40 K=1100 trans=NT epilogue=bias' \
    --shape 'gemm M=131 N=40 K=60 trans=NN epilogue=bias_bn_stats' --shape 'gemm M=19 N=35 K=40 trans=TN epilogue=bias_relu'
check 'no kernel of that name' fails_with 2 'list --ideas' "$program" verify --ideas --kernel '*_without_rhyme'

# Timed against their recipes.
few='--op bn_forward --kernel *_avx2_tuned_without_*s --time-cap 0'
runs "$program" bench --ideas $few --shape "$shape" --format json
check 'are timed' is "len(cases) >= 2 and r['launches'] >= 4"
check 'with intervals' is "all(c['low'] <= c['ratio'] <= c['high'] for c in cases if 'ratio' in c)"
check 'against the recipe' is "all(i['recipe'] == 'bn_forward_avx2_tuned' and i['purpose'] for i in r['ideas'])"
check 'in the terminal' says '95 % interval' "$program" bench --ideas $few --shape "$shape"
check 'in Markdown' says '| idea' "$program" bench --ideas $few --shape "$shape" --format markdown
check 'nothing is stored' test ! -e results
check 'a shape of another op' fails_with 2 'no shape fits' "$program" bench --ideas $few --shape 'gemm M=3 N=4 K=5'
check 'not with threads' fails_with 2 'serial kernels' "$program" bench --ideas --threads 2
check 'a format of nothing' fails_with 2 '--ideas' "$program" bench --format json

mkdir elsewhere && cp "$program" elsewhere
check 'are not everywhere' fails_with 3 'make ideas' elsewhere/batchmark bench --ideas
finish
