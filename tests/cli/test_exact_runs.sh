#!/bin/sh
# SPDX-License-Identifier: MIT
# Training that is repeated, and that goes on, to the bit: dumps, and checkpoints of runs that are stopped. usage: test_exact_runs.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace exact-runs || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA

# Dumps, and checkpoints of runs that are stopped.
small='--dataset builtin --layers 784,16,10 --bn before --optimizer adam --lr 0.001 --validation random:0.1 --batch 64'
small="$small --threads 1 --json t.json"
same() {
    for f in final/layer1.weight final/layer1.running_var order/epoch3 loss/epoch3; do
        cmp $1/$f.npy $2/$f.npy || return 1
    done
}
check 'train --dump' runs "$program" train $small --epochs 3 --dump whole
check 'train --load repeats it' runs "$program" train $small --epochs 3 --seed 9 --load whole --dump again
check 'to the last bit' same whole again
check 'a dump is not overwritten' fails_with 3 'remove it' "$program" train $small --epochs 3 --dump whole
check 'weights of another shape' fails_with 3 'layer1.weight.npy: its shape is (784,16)' \
    "$program" train $small --layers 784,8,10 --load whole
check 'weights that are not there' fails_with 3 'nowhere/initial' "$program" train $small --load nowhere
naive="$small --epochs 3 --kernels naive --layers 784,48,10" # slow enough to be stopped in
"$program" train $naive --dump slow >out 2>err
"$program" train $naive --dump stopped --checkpoint points >out 2>err &
pid=$!
for _ in $(seq 600); do
    grep -q '^ *1  *[0-9]' out && break
    sleep 0.1
done
kill -INT $pid
wait $pid
check 'SIGINT stops a training with 130' test $? = 130
check 'it was not finished' sh -c 'test ! -e stopped/final/layer1.weight.npy'
check 'train --resume goes on' runs "$program" train $naive --dump stopped --resume points
check 'with the bits of an uninterrupted run' same slow stopped
check 'other settings than the checkpoint has' fails_with 3 'batch = 64, and this run batch = 32' \
    "$program" train $naive --batch 32 --resume points
point=points/custom-seed0.checkpoint
head -c 2000 $point >cut && cp cut $point
check 'a truncated checkpoint' fails_with 3 'truncated' \
    "$program" train $naive --resume points
check 'no folder of checkpoints' fails_with 3 'no-points' "$program" train $small --resume no-points
check 'two folders of checkpoints' fails_with 2 'give only it' "$program" train $small --checkpoint a --resume b
check 'a dump that cannot be written' fails_with 3 'cannot make the folder' "$program" train $small --dump t.json
# Each run of several has its own files, and goes on from them, one after the other or side by side.
cat >two.txt <<'TXT'
dataset = builtin
layers = 784, 16, 10
kernels = naive
threads = 1
epochs = 3
seeds = 3, 4
[none]
[bn]
bn = after
earlier_epochs = 1
TXT
two='train --experiment two.txt --json t.json'
four_same() {
    for run in none-seed3 none-seed4 bn-seed3 bn-seed4; do
        for f in final/layer1.weight order/epoch3 loss/epoch3; do
            cmp $1/$run/$f.npy $2/$run/$f.npy || return 1
        done
    done
    cmp $1/bn-seed4/loss/epoch4.npy $2/bn-seed4/loss/epoch4.npy
}
check 'two variants, two seeds' runs "$program" $two --dump four
for mode in '' --side-by-side; do
    "$program" $two $mode --dump stopped-four$mode --checkpoint points-four$mode >out 2>err &
    pid=$!
    for _ in $(seq 600); do
        [ -e points-four$mode/none-seed4.checkpoint ] && break
        sleep 0.1
    done
    kill -INT $pid
    wait $pid
    check "SIGINT in the second run$mode" test $? = 130
    check 'the others were not begun' sh -c "! ls points-four$mode | grep -q ^bn"
    check 'they go on' runs "$program" $two $mode --dump stopped-four$mode --resume points-four$mode
    check 'with the same bits' four_same four stopped-four$mode
done
check 'all of them can be loaded' runs "$program" $two --seeds 3,4 --load four --dump again-four
check 'and repeated' four_same four again-four
check 'one run has the folder for itself' runs "$program" $two --variant bn --seed 3 --dump one
check 'with its files in it' cmp four/bn-seed3/final/layer1.bias.npy one/final/layer1.bias.npy

# What PyTorch is asked to repeat: every layer and rule of a step, a variant each.
peers=$here/../../bench/peers
layers="--experiment $peers/layers.txt --layers 784,16,8,10 --validation first:100 --train-images 0 --threads 1 --json l.json"
check 'the experiment of all layers' runs "$program" train $layers --dataset builtin --train-images 200 --max-steps 3 --dump layers
check 'leaves a dump of each' test "$(ls layers | wc -l)" = "$(grep -c '^\[' "$peers/layers.txt")"

if "$python" -c 'import torch, numpy' 2>/dev/null; then
    cat >digits.py <<'PY'
import os, struct, numpy
rng = numpy.random.RandomState(1)
os.mkdir('digits')
for name, count in (('train', 700), ('t10k', 100)):
    label = rng.randint(0, 10, count).astype('u1')
    image = (rng.randint(0, 255, (count, 784)) // 2 + 12 * label[:, None]).astype('u1')
    with open(f'digits/{name}-images-idx3-ubyte', 'wb') as f:
        f.write(struct.pack('>4I', 0x803, count, 28, 28) + image.tobytes())
    with open(f'digits/{name}-labels-idx1-ubyte', 'wb') as f:
        f.write(struct.pack('>2I', 0x801, count) + label.tobytes())
PY
    check 'a small data set' "$python" digits.py
    torch="$python $here/../../bench/peers/pytorch_train.py"
    tiny='--data digits --layers 784,12,10 --validation first:100 --max-steps 30 --threads 1 --json t.json'
    check 'a dump without BN' runs "$program" train $tiny \
        --optimizer adam --lr 0.001 --adam-convention keras --dump parity/none
    check 'and with' runs "$program" train $tiny \
        --bn input+after --bn-variance biased --lr 0.01 --activation leaky_relu --dump parity/bn
    check "PyTorch's losses are ours" runs $torch --parity parity --data digits --json parity.json
    check 'its running statistics as well' "$python" -c "
import json
runs = {r['run']: r for r in json.load(open('parity.json'))['runs']}
assert runs['bn']['steps'] == 30 and runs['bn']['running_statistics'] < 1e-5
assert runs['none']['ours_float64']['largest'] < 1e-4"
    check 'every layer and rule' runs "$program" train $layers --data digits --max-steps 30 --dump all
    check "are PyTorch's" runs $torch --parity all --data digits
    cp parity/none/initial/layer2.weight.npy kept.npy
    "$python" -c "
import numpy
w = numpy.load('kept.npy')
w[3, 4] += 0.01
numpy.save('parity/none/initial/layer2.weight.npy', w)"
    $torch --parity parity --data digits >out 2>&1
    check 'other weights have other losses: exit code 1' test $? = 1
    check 'and only that run is told' test "$(grep -c 'above 0.0001' out)" = 2
    check 'PyTorch and batchmark in turns' says ' times' $torch --time --data digits \
        --program "$program" --steps 5 --repetitions 1 --threads 1 \
        -- --layers 784,12,10 --validation first:100
fi
check 'one line a setting: BATCHMARK_MAX_ISA reaches training' sh -c \
    "BATCHMARK_MAX_ISA=baseline '$program' train --dataset builtin --layers 784,8,10 --max-steps 5 --json u.json >/dev/null && ! grep -q _avx u.json"
finish
