#!/bin/sh
# SPDX-License-Identifier: MIT
# What training says of its data wherever its figures stand: unknown files, equal sets, generated digits, images that are left
# out. usage: test_data.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace data || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA
export LC_ALL=C.UTF-8 PYTHONUTF8=1
has() { grep -qF -- "$2" "$1" || { echo "# $1 has no '$2'"; return 1; }; }
lacks() { ! grep -F -- "$2" "$1"; }
small='--layers 784,8,10 --kernels autovec --threads 1 --epochs 1 --batch 32 --bn after --validation first:1'

# Sets in MNIST's format: of noise, and the same images to train with and to test.
"$python" - <<'PY'
import gzip, os, random, struct
random.seed(1)
def images(n): return struct.pack('>4i', 0x803, n, 28, 28) + random.randbytes(784 * n)
def labels(n): return struct.pack('>2i', 0x801, n) + bytes(i % 10 for i in range(n))
for folder, equal in ('unknown/MNIST/raw', False), ('equal/mnist', True):
    os.makedirs(folder)
    train = images(97)
    for name, content in (('train-images-idx3', train), ('train-labels-idx1', labels(97)),
                          ('t10k-images-idx3', train if equal else images(97)), ('t10k-labels-idx1', labels(97))):
        open('%s/%s-ubyte' % (folder, name), 'wb').write(content)
PY

# ---- unknown files ----

# shellcheck disable=SC2086
check 'files that nobody published are trained with' runs "$program" train --data unknown $small --json unknown.json --pictures pictures
check 'with one line of warning' sh -c "[ \$(wc -l <err) = 1 ] && grep -q 'WARNING: unknown/MNIST/raw/train-images-idx3-ubyte: not known as a published file of MNIST' err"
check 'and over each table' sh -c "[ \$(grep -c '(mnist from unknown files)' out) = 4 ]"
check 'in the result' "$python" -c "
import json
result = json.load(open('unknown.json'))
data, = result['batchmark']['data']
assert (data['asked'], data['name'], data['content'], data['overlap']) == ('mnist', 'mnist', 'unknown', 'none'), data
assert any('not known as a published file' in w for w in result['context']['batchmark']['warnings'])"
check 'it is valid' runs "$program" validate unknown.json
check 'in both pictures' sh -c "[ \$(grep -l '>mnist from unknown files</text>' pictures/*.svg | wc -l) = 2 ]"
check 'show' runs "$program" show unknown.json
check 'says it at the head' has out 'WARNING  unknown/MNIST/raw/train-images-idx3-ubyte: not known'
titles() { # each title of a table or picture of training has the note
    "$python" - "$1" <<'PY'
import re, sys
lines = open('out').read().splitlines()
titles = [a + ' ' + b for a, b in zip(lines, lines[1:] + ['']) if re.match(r'(After the last|The variants|How near a step|A step|Every seed|Shares of|.*one image of each)', a)]
assert len(titles) >= 5, titles
missing = [t for t in titles if sys.argv[1] not in t]
assert not missing, missing
PY
}
check 'and in each title' titles 'mnist from unknown files'

# shellcheck disable=SC2086
check 'equal sets' runs "$program" train --data equal $small --json equal.json
check 'are warned of' sh -c "[ \$(wc -l <err) = 2 ] && grep -q 'WARNING: equal/mnist: .*training and test images are the same' err"
check 'and recorded' has equal.json '"overlap":"equal"'

nonsense=$(printf 'no\377utf8')
mkdir -p "$nonsense/mnist" && cp unknown/MNIST/raw/* "$nonsense/mnist"
# shellcheck disable=SC2086
check 'a folder whose name is no text' runs "$program" train --data "$nonsense" $small --json nonsense.json
check 'does not cost the result its parts' "$python" -c "
import json
ours = json.load(open('nonsense.json'))['batchmark']
assert len(ours['data']) == len(ours['runs']) == 1 and 'no?utf8' in ours['data'][0]['origin'], ours['data']"

# ---- images that are left out ----

# shellcheck disable=SC2086
check 'a last batch of one image' runs "$program" train --data unknown $small --validation test --json left.json
check 'is left out, which is said' has out 'Left out of each epoch: 1 image of 97'
check 'and recorded' has left.json '"left_out":1'
# shellcheck disable=SC2086
check 'without BN' runs "$program" train --data unknown $small --bn none --validation test --json left.json
check 'it is trained with' sh -c "! grep -q 'Left out' out && grep -q '\"left_out\":0' left.json"

# ---- generated digits ----

# shellcheck disable=SC2086
check 'generated digits' runs "$program" train $small --max-steps 3000 --json generated.json --pictures generated
check 'over each table' sh -c "[ \$(grep -c '(generated digits, not mnist)' out) = 4 ]"
check 'in the pictures' sh -c "[ \$(grep -l '>generated digits, not mnist</text>' generated/*.svg | wc -l) = 2 ]"
check 'show' runs "$program" show generated.json
check 'says it in each title' titles 'generated digits, not mnist'
# A result of images and a newer, larger one of generated digits, both with times of kernel sets; as older results too.
"$python" - <<'PY'
import copy, json
def write(name, date, seconds, change):
    result = copy.deepcopy(generated)
    result['context']['batchmark']['date'] = date
    row = dict(variant='custom', threads=1, epoch_seconds_min=1, epoch_seconds_max=1, scaled=False, target_epoch=0, target_seconds=None)
    result['batchmark']['kernel_sets'] = [dict(row, kernels=k, epoch_seconds=s) for k, s in (('naive', seconds), ('autovec', 1.0))]
    change(result['batchmark'])
    json.dump(result, open(name, 'w'))
generated = json.load(open('generated.json'))
def real(ours): ours['data'][0].update(name='mnist', content='published')
def older(ours):
    del ours['data']
def older_real(ours):
    older(ours)
    for sample in ours['samples']: sample['data'] = 'mnist'
def larger(ours): ours['summaries'][0]['seeds'] = [0, 1, 2, 3, 4]
write('real.json', '2026-01-01T00:00:00Z', 7.0, real)
write('newer.json', '2026-02-01T00:00:00Z', 9.0, larger)
write('old-real.json', '2026-01-01T00:00:00Z', 7.0, older_real)
write('old-newer.json', '2026-02-01T00:00:00Z', 9.0, older)
PY
for old in '' old-; do
    check "the report of a ${old}result of images and a newer one of generated digits" runs "$program" report -F txt -o page.txt ${old}real.json ${old}newer.json
    check 'has the images in its answer' has page.txt '7.00x'
    check 'and the digits nowhere' lacks page.txt 'generated digits'
    check 'alone' runs "$program" report -F txt -o page.txt ${old}newer.json
    check 'the digits are the answer' has page.txt '9.00x'
    check 'and say so there' sh -c "tr -s ' \n' ' ' <page.txt | grep -q 'No run reached its target accuracy. (generated digits, not mnist)'"
    for format in html md csv; do
        check "as $format" runs "$program" report -F $format -o page.$format ${old}newer.json
        check 'too' has page.$format 'generated digits, not mnist'
    done
done
finish
