#!/bin/sh
# SPDX-License-Identifier: MIT
# batchmark history on results that the unit tests make up. usage: test_history.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 1
source=$PWD build=$(cd "$1" && pwd)
. tests/cli/lib.sh
program=$build/batchmark
stage=$(mktemp -d "${TMPDIR:-/tmp}/batchmark-history.XXXXXX") || exit 1
trap 'rm -rf "$stage"' EXIT
check 'made-up results' env BATCHMARK_TEST_HISTORY="$stage" CK_RUN_CASE=histories "$build/check"
cd "$stage" || exit 1
plain() { # no control character but the end of a line, in UTF-8
    "$python" -c 'import sys
text = open(sys.argv[1], encoding="utf-8").read()
assert not [c for c in text if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f")]' "$1"
}
export_of() { # KIND FOLDER COUNT: the export is read, and holds so much
    kind=$1 folder=$2 wanted=$3
    set -- "$kind" history.csv
    "$program" history "$folder" --export "$kind" >history.csv 2>err || return 1
    if [ "$kind" = otava ]; then
        "$program" history "$folder" --export otava-yaml >otava.yaml 2>/dev/null || return 1
        set -- "$@" otava.yaml
    fi
    "$python" "$source/tests/fixtures/history_exports.py" "$@" >read || return 1
    [ "$(cat read)" = "$wanted" ] && return 0
    sed 's/^/# /' read
    return 1
}

"$program" history all >out 2>err
check 'a history' test $? = 0
check 'says what it read' holds out 'made-up-f1m2s3-2c: 24 results, 2026-01-01 to 2026-01-24, 4 cases'
check 'and what is not comparable' holds out '2 results of another set-up left out: threads: "1" against "1,2"'
check 'a change with its commits and its code' holds out +6. 'code changed' \
    '000000abc00b..000000abc00c (2026-01-12 to 2026-01-13)'
check 'a change without one of the code' holds out -7. \
    'code unchanged: look at' '000000abc007..000000abc008'
check 'and counts them' holds out '2 change points above 2 % in 2 of 4 cases: 1 slower, 1 faster.'
check 'a broken file is named and left out' holds err all/broken.json 'left out'
check 'an edited one too' holds err all/edited.json edited 'left out'
check 'one of another schema' holds err all/old.json 'schema is 1' 'left out'
check 'one that is there twice' holds err all/03.json.gz 'the same result as all/03-again.json' 'left out'
check 'one whose pairs are not told' holds err all/zz-beside.json 'beside[]' 'left out'
check 'a line each, and nothing else' test "$(wc -l <err)" = 5
check 'a folder of other results: exit 3' fails_with 3 'no result of bench is left' "$program" history none
mkdir empty
check 'an empty folder: exit 3' fails_with 3 'no result of bench is left' "$program" history empty
"$program" history absent >out 2>err
check 'a folder that is not there: exit 3' test $? = 3
check 'and named' holds err absent
"$program" history none/a.json one >out 2>err
check 'a file of another kind that was named is said' holds err none/a.json verify 'left out'
check 'the default is the folder of this machine' fails_with 3 'cannot read the folder results/' "$program" history
"$program" history one >out 2>err
check 'one result' holds out 'No change point can be seen yet. 4 of 4 cases have fewer than 6 results'
"$program" history two --all >out 2>err
check 'two results, with values' holds out 2026-01-02 000000abc001 ' us  |'
check 'control characters do not get through' plain out
check '--kernel' sh -c \
    "'$program' history all --kernel 'gemm*' 2>/dev/null | grep -q '1 change point above 2 % in 1 of 1 cases'"
check '--threshold' sh -c \
    "'$program' history all --threshold 7 2>/dev/null | grep -q '1 change point above 7 % in 1 of 4 cases'"
check 'a --kernel that nothing matches' fails_with 2 "no case matches" "$program" history one --kernel none
check 'a --threshold that is no number' fails_with 2 '--threshold=x' "$program" history one --threshold x
check 'the old name of that option' sh -c "'$program' history all --floor 7 2>/dev/null | grep -q 'above 7 %'"
check 'an unknown --format' fails_with 2 '--format=x' "$program" history one --format x
check 'an unknown --export' fails_with 2 '--export=x' "$program" history one --export x
"$program" history together >out 2>err
check 'many that change at once are one line' holds out \
    'at 000000abc006 (2026-01-07): 8 of 20 cases changed together' 'code changed in 8'
check 'and not listed' test "$(grep -c ' % .* code changed' out)" = 0
"$program" history together --all >out 2>err
check 'but with --all' test "$(grep -c '[+]\(20\|19\)\.[0-9] % .* code changed' out)" = 8
"$program" history all --format markdown >out 2>err
check 'Markdown' holds out '| bn_forward_avx512/N:32/C:300/threads:1/warm/real_time |' 'code changed |'
check 'plain too' plain out
"$program" history all --all --format json >out 2>err
check 'JSON' "$python" -c 'import json, sys
h = json.load(open("out"))
assert [c["code"] for c in h["changes"]] == ["changed", "unchanged"], h["changes"]
assert h["changes"][0]["before"]["commit"].startswith("000000abc00b")
assert h["results"] == 24 and h["left_out"] == 2
assert sorted(len(s["values"]) for s in h["series"]) == [23, 24, 24, 24]'
"$program" history beside >out 2>err
check 'what the machine did' holds out 'The machine became 10.' '% slower' 'from 2026-01-06 to 2026-01-07, in 1 step' \
    'by 20 cases whose code did not change'
check 'and what pairs say of the code' holds out '+4.0 %' 'code changed, in pairs' 000000abc00b
"$program" history beside --all --format json >out 2>err
check 'JSON has both' "$python" -c 'import json
h = json.load(open("out"))
move, = h["drift"]["moves"]
assert abs(move["change"] - 0.1) < 0.005 and move["low"] < 0.1 < move["high"], move
change, = h["changes"]
assert change["by"] == "pairs" and abs(change["change"] - 0.04) < 1e-9, change
assert {v["by"] for s in h["series"] for v in s["values"]} == {"pairs", "floor"}'
"$program" history beside --format markdown >out 2>err
check 'Markdown has both' holds out 'The machine became 10'
check 'in a table' holds out 'code changed, in pairs |'
check '--export csv' export_of csv all '95 rows, 4 cases'
check 'plain as well' plain history.csv
check 'text is quoted, a formula too' holds history.csv ',"=1+1,""?[31m|`???",'
check '--export otava, without the case that has a gap' export_of otava all '24 rows, 3 metrics'
check 'which is said' holds err 'Otava reads no gaps: 1 case not in every result left out'
check '--export otava without gaps' export_of otava together '12 rows, 20 metrics'
check '--export bencher' export_of bencher all '4 benchmarks'
check 'of one result' export_of bencher one '4 benchmarks'
check 'in nanoseconds' "$python" -c 'import json
case = json.load(open("history.csv"))["bn_forward_avx512/N:32/C:300/threads:1/warm/real_time"]
assert 990 < case["latency"]["value"] < 1010'
check "Google's compare.py reads the results" sh -c \
    "'$python' /usr/share/benchmark/compare.py --no-color benchmarks two/a.json two/b.json >out &&
    grep -q bn_forward out"
finish
