#!/bin/sh
# SPDX-License-Identifier: MIT
# Claims: all runs of one, its verdict and result, one that is stopped, and what is refused. usage: test_claims.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace claims || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA

cat >mini.txt <<'TEXT'
about = BN learns more in one epoch
sweep = batch: 16 | 64 epochs=2
panels = (rate): low lr=0.01 | high lr=0.1
trains = 0.5
claim.higher.val_accuracy = bn, no-bn: with BN the accuracy is higher
claim.wider.val_accuracy = bn, no-bn: with BN more batches train
dataset = builtin
layers = 784, 16, 10
train_images = 600
epochs = 1
kernels = naive
seeds = 0, 1, 2
[bn]
bn = before
[no-bn]
bn = none
TEXT
# is EXPRESSION: of r, the member "batchmark" of a result.
is() { "$python" -c "
import json, sys
r = json.load(open(sys.argv[1]))['batchmark']
assert $2, [(k, len(r[k])) for k in ('seed_runs', 'points', 'verdicts', 'data') if k in r]" "$1"; }

check 'a claim' runs "$program" train --claim mini.txt --json whole.json
check 'has a verdict' grep -q '^Verdict.*: ' out
check 'and one each' grep -q '^  with BN more batches train' out
check 'and figures of each panel' grep -q 'val_accuracy, median (range) over 3 seeds, rate high' out
check 'in 80 columns' sh -c '! grep -v "^NOTE\|^ *Training on" out | grep -q ".\{81\}"'
check 'is a result' says 'claim, 24 runs, complete' "$program" validate whole.json
check 'with comparisons' is whole.json "[len(v['cells']) for v in r['verdicts']] == [4, 2] and len(r['points']) == 8"
check 'the same again' runs "$program" train --claim mini.txt --json again.json
same='all(sorted(map(str, r[k])) == sorted(map(str, o[k])) for k in ("seed_runs", "points", "verdicts"))'
check 'to the last digit' "$python" -c "
import json
r, o = (json.load(open(f))['batchmark'] for f in ('whole.json', 'again.json'))
assert $same"
check 'with a setting of the command line' runs "$program" train --claim mini.txt --seeds 4,5 --train-images 200 --json less.json
check 'which is in the result' is less.json "r['settings'] == ['seeds=4,5', 'train_images=200'] and r['seeds'] == [4, 5] and len(r['seed_runs']) == 16"

"$program" train --claim mini.txt --epochs 8 --train-images 4000 --resume part.json >out 2>err &
pid=$!
for _ in $(seq 600); do
    grep -q '"seed":0' part.json 2>/dev/null && break
    sleep 0.1
done
kill -INT $pid
wait $pid
check 'SIGINT stops it with 130' test $? = 130
check 'and it says how to go on' grep -q 'train --claim mini.txt --resume part.json' out
check 'with what is done' is part.json "0 < len(r['seed_runs']) < 24 and not r['complete']"
check 'another claim does not go on from it' fails_with 3 'differs' "$program" train --claim mini.txt --resume part.json
check 'it goes on' says 'are there already' "$program" train --claim mini.txt --epochs 8 --train-images 4000 --resume part.json
check 'to its end' is part.json "r['complete'] and len(r['seed_runs']) == 24 and len(r['data']) == 1"
check 'once it is there nothing is run' says '24 are there already' "$program" train --claim mini.txt --epochs 8 --train-images 4000 --resume part.json

# Times: of steps in turns, alone, and times the epochs of runs. `busy` is what a machine leaves on which others compute.
sed -e '/^claim/d; /^panels/d; /^train_images/d' \
    -e 's/^trains.*/claim.lower.seconds_to_target = bn, no-bn: with BN it takes less time\nclaim.higher.added_share = bn, no-bn: steps with BN take longer\ntarget = 0.3/' mini.txt >timed.txt
check 'a claim about times' runs "$program" train --claim timed.txt --train-images 320 --json timed.json
check 'says how they were taken' grep -q '^Times: 6 rounds of steps in turns' out
check 'which are in the result' says 'claim, 12 runs, complete' "$program" validate timed.json
check 'times epochs and their steps' is timed.json "all(abs(f['seconds_to_target'] / (f['step_us'] * 1e-6 * f['epochs_to_target'] * (20, 5)[s['point']]) - 1) < 1e-9 for s in r['seed_runs'] for f in [s['figures']])"
check 'of the last variant they are the measure' is timed.json "all((s['figures']['step_ratio'], s['figures']['added_share']) == (1, 0) for s in r['seed_runs'] if s['variant'] == 'no-bn')"
sed -e '/seconds_to_target/d; /^target/d' timed.txt >steps.txt
check 'times alone' runs "$program" train --claim steps.txt --threads 1 --train-images 320 --resume steps.json --pictures pictures
check 'train nothing' is steps.json "len(r['seed_runs']) == 12 and all(s['figures']['val_accuracy'] is None and s['figures']['step_us'] > 0 for s in r['seed_runs'])"
check 'have a picture' test -s pictures/steps.svg
check 'and are taken once' says '12 are there already' "$program" train --claim steps.txt --threads 1 --train-images 320 --resume steps.json
cat >busy.py <<'PY'
import json, sys
sys.path.insert(0, sys.argv[1])
import checksum
result = json.load(open('steps.json'))
ours = result['batchmark']
ours['timings'][0].update(disturbed=int(sys.argv[2]), visits=100)
del ours['checksum']
ours['checksum'] = checksum.checksum(result)
json.dump(result, open('busy.json', 'w'))
PY
check 'beside others' "$python" busy.py "$here/../fixtures" 20
check 'the report' runs "$program" report --format md -o busy.md busy.json
check 'says so' grep -q 'other programs ran beside the timed steps' busy.md
check 'beside few' "$python" busy.py "$here/../fixtures" 19
check 'the report does not' runs "$program" report --format md -o quiet.md busy.json
check 'since they are few' sh -c '! grep -q "other programs ran" quiet.md'

check 'in the report' runs "$program" report -o page.html whole.json
check 'with its verdict' grep -q 'with BN the accuracy is higher' page-training.html
check 'and a picture' grep -q 'id="claim-mini' page-training.html
check 'pictures' runs "$program" train --claim mini.txt --train-images 100 --json p.json --pictures pictures
check 'of each figure' test -s pictures/mini.svg
check 'the list has the claims' says 'learning-rates' "$program" train --list

# docs/batch-normalisation.md says what the shipped results say, of each claim that is built in, and of which there is none.
cat >told.py <<'PY'
import glob, gzip, json, os, re, sys
top = sys.argv[1]
page = open(top + '/docs/batch-normalisation.md', encoding='utf-8').read()
told = dict(re.findall(r'Verdict of `([a-z-]+)`: \*\*([a-z ]+)\*\*', page))
kept = {}
for path in sorted(glob.glob(top + '/results/*/*-claim.json.gz')):
    result = json.load(gzip.open(path))['batchmark']
    kept[result['claim']] = result['verdict']
built_in = {os.path.basename(f)[:-4] for f in glob.glob(top + '/bench/train/claims/*.txt')}
missing = set(re.findall(r'No result of `([a-z-]+)` is shipped yet', page))
assert set(kept) | missing == built_in and not set(kept) & missing, (set(kept), missing, built_in)
assert told == kept, [(k, told.get(k), kept.get(k)) for k in built_in if told.get(k) != kept.get(k)]
PY
check 'the docs have the verdicts of the shipped results' "$python" told.py "$here/../.."

check 'no such claim' fails_with 3 'train --list' "$program" train --claim nonesuch
check 'beside an experiment' fails_with 2 'leave one of them out' "$program" train --claim depth --experiment mnist-sgd
check 'two results' fails_with 2 'leave --json out' "$program" train --claim depth --json a.json --resume b.json
check 'a setting that no variant can have' fails_with 2 'batch = 1' "$program" train --claim place --batch 1
check 'not a claim' fails_with 3 'nothing that can be judged' "$program" train --claim /dev/null
echo text >broken.json
check 'a result that is none' fails_with 3 'broken.json' "$program" train --claim mini.txt --resume broken.json
runs "$program" train --dataset builtin --layers 784,8,10 --epochs 1 --max-steps 2 --json train.json
check 'a result of another kind' fails_with 3 'not of a claim' "$program" train --claim mini.txt --resume train.json
check 'a folder that is not there' fails_with 3 'nowhere' "$program" train --claim mini.txt --json nowhere/x.json
finish
