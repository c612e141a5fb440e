#!/bin/sh
# SPDX-License-Identifier: MIT
# mnist-sgd on real MNIST, batch 32, 10 epochs, seeds 0, 1, 2: the published accuracy is reached. usage: test_mnist.sh PROGRAM DATA
set -u
. "$(dirname "$0")/lib.sh"
program=$1 data=$2
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
work=$(mktemp -d "${TMPDIR:-/tmp}/batchmark-mnist.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
for seed in 0 1 2; do
    for variant in bn no-bn; do
        json=$work/$variant-$seed.json
        "$program" train --experiment mnist-sgd --variant $variant --seed $seed --data "$data" --json "$json" | tail -n 7
        check "$variant, seed $seed" "$python" -c "
import json
run = json.load(open('$json'))['batchmark']['runs'][0]
last = run['epochs'][-1]
print(run['data'], 'epoch', last['epoch'], 'loss', last['loss'], 'validation accuracy', last['val_accuracy'])
assert last['epoch'] == 10
if '$variant' == 'bn':
    assert last['val_accuracy'] >= 0.974 and last['loss'] <= 0.045
else:
    assert 0.960 <= last['val_accuracy'] <= 0.975"
    done
done
finish
