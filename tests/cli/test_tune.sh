#!/bin/sh
# SPDX-License-Identifier: MIT
# test_tune.sh - `batchmark tune`: what it writes, that later runs use and name it, and when they do not. Which threshold is
# better is a matter of speed, and no test asks it.
# usage: test_tune.sh PROGRAM
top=$(cd "$(dirname "$0")/../.." && pwd)
program=$(realpath "$1")
. "$top/tests/cli/lib.sh"
workplace tune
cores=$(hwloc-calc -N core "$(hwloc-bind --get)")
bench() { "$program" bench --op bn_inference --kernel bn_inference_naive --shape 'N=9 C=33' --launches 2 --time-cap 0 --json "$@"; }
verify() { "$program" verify --op bn_forward --kernel '*_auto' --shape 'bn N=64 C=400' --fill random --threads 1,2 --json "$@"; }
# is FILE EXPRESSION: of b, batchmark of the result.
is() { "$python" -c "
import json, sys
b = json.load(open(sys.argv[1]))['batchmark']
assert $2, b.get('tuning')" "$1"; }
# edit STATEMENT: of r, the result in $kept, which gets its checksum then.
edit() { "$python" - "$kept" "$top/tests/fixtures/checksum.py" "$1" <<'PYTHON'
import json, re, subprocess, sys
path, checker, statement = sys.argv[1:]
r = json.load(open(path))
exec(statement)
json.dump(r, open(path, 'w'))
said = subprocess.run([sys.executable, checker, path], capture_output=True, text=True).stderr
r['batchmark']['checksum'] = re.search('its contents ([0-9a-f]{8})', said).group(1)
json.dump(r, open(path, 'w'))
PYTHON
}

# So little time is enough for the teams, where there are cores for one, and not for streaming.
check 'one core alone: nothing to measure in no time' fails_with 3 'nothing was measured' hwloc-bind --cpubind core:0 -- "$program" tune --time-cap 0
check 'and why' grep -q '^stream_bytes: stays as built in.*--time-cap' out
check 'which writes nothing' sh -c '! ls results/*/tuning.json 2>/dev/null'
if [ "$cores" -gt 1 ]; then
    check 'tune' runs "$program" tune --time-cap 4
    check 'measures teams' grep -q '^gemm_flops: ' out
    check 'with intervals' grep -q 'N=.* C=128 .* to .* %' out
    check 'and names the file' grep -q 'Kept for .*: results/.*/tuning.json$' out
else
    check 'one core: streaming alone' runs "$program" tune --time-cap 60
    check 'and why' grep -q '^gemm_flops: stays as built in.*a team needs two' out
fi
kept=$(ls results/*/tuning.json)
check 'a valid result' says 'tuning, 3 thresholds, complete' "$program" validate "$kept"
check 'of three thresholds' is "$kept" \
    "[t['name'] for t in b['thresholds']] == ['gemm_flops', 'bn_elements', 'stream_bytes'] and all(t['rungs'] or t['value'] is None for t in b['thresholds'])"
check 'shown' says 'stream_bytes' "$program" show "$kept"
check 'no rest of it' sh -c '[ "$(ls -A results/*)" = tuning.json ]'
check 'refuses an argument' sh -c "'$program' tune gemm >out 2>&1; [ \$? = 2 ]"

# Whatever was found, from here on BN starts its teams earlier.
edit "[t.update(value=20000.0 if t['name'] == 'bn_elements' else None) for t in r['batchmark']['thresholds']]"
cp "$kept" good
check 'bench names it' runs bench tuned.json
check 'on one line' holds out 'Thresholds were measured on this machine' "$kept" 'bn_elements 20000 instead of 50000' -- --no-tuning
check 'and records it' is tuned.json "b['tuning']['bn_elements'] == 20000 and b['tuning']['file'] == '$kept' and b['fingerprint']['tuning'] == 'bn_elements 20000'"
check 'a valid result, too' says valid "$program" validate tuned.json
check 'bench without' runs bench plain.json --no-tuning
check 'says nothing' sh -c '! grep -q Thresholds out'
check 'and records that' is plain.json "b['tuning'] is None and 'tuning' not in b['fingerprint']"
check 'the two are not comparable in silence' fails_with 3 'tuning' "$program" compare plain.json tuned.json
check 'verify' runs verify verified.json
check 'names it' grep -q "^Thresholds .*$kept" out
check 'records it' is verified.json "b['tuning']['bn_elements'] == 20000"
check 'train' runs "$program" train --epochs 1 --max-steps 2 --json trained.json
check 'names it, too' grep -q "^Thresholds .*$kept" out
check 'records it, too' is trained.json "b['tuning']['bn_elements'] == 20000"
check 'ab of tuned against untuned' runs "$program" ab --a --no-tuning --time-cap 0 --threshold 900 -- --kernel bn_forward_auto --shape 'bn N=64 C=400'
check 'says which side' holds out 'NOTE thresholds were measured on this machine, and B uses them' "$kept"
runs "$program" ab --all --no-tuning --time-cap 0 --threshold 900 -- --op bn_inference --kernel '*_naive' --shape 'N=9 C=33'
check 'ab without' sh -c '! grep -q thresholds out'
check 'a result on standard output is that alone' sh -c "'$program' verify --op sgd --kernel '*_naive' --shape 'params N=9' --json - 2>/dev/null | '$python' -m json.tool >/dev/null"

# A file that is not this machine's, damaged or absurd is not used, and one line says so.
unused() { # WHAT WORD
    check "$1: all the same" runs verify plain.json
    check "$1: one line" [ "$(grep -c . err)" = 1 ]
    check "$1: what and where" holds err "$kept" "$2" 'not used, `batchmark tune` writes a new one'
    check "$1: not used" is plain.json "b['tuning'] is None"
}
edit "r['batchmark']['fingerprint']['cpu'] = 'Other CPU'"
unused 'from another machine' 'made on another machine or in other settings (cpu: "Other CPU" against'
cp good "$kept" && edit "r['batchmark']['thresholds'][1]['value'] = 1e12"
unused 'absurd' 'bn_elements is 1e+12, not from 3125 to 800000'
head -c 1000 good >"$kept"
unused 'cut off' "$kept"
sed 's/20000/30000/' good >"$kept"
unused 'edited' 'edited since it was written'

# Stopped, it leaves the old file; and two at a time are refused.
cp good "$kept"
"$program" tune --time-cap 600 >out 2>err &
tuning=$!
for _ in $(seq 300); do [ -e "$(dirname "$kept")/.tuning.json.lock" ] || sleep 0.1; done
check 'a second one is refused' fails_with 3 "$kept" "$program" tune --time-cap 0
kill -TERM "$tuning"
wait "$tuning"
check 'stopped' [ $? = 143 ]
check 'the old file is as it was' cmp good "$kept"
check 'a folder that cannot be written' fails_with 3 results sh -c "mkdir away && cd away && touch results && '$program' tune --time-cap 0"
finish
