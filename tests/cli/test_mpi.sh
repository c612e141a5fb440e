#!/bin/sh
# SPDX-License-Identifier: MIT
# Training over the ranks of an MPI job, on one node with as few cores as there are. usage: test_mpi.sh BUILD-FOLDER [DATA]
# With DATA, only that: mnist-sgd on real MNIST over 2 ranks of one thread learns what test_mnist.sh asks of one rank.
set -u
. "$(dirname "$0")/lib.sh"
build=$(cd "$1" && pwd)
data=${2:+$(cd "$2" && pwd)}
program=$build/batchmark-mpi
workplace mpi || exit 1
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# More ranks than cores must give way to each other while they wait.
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
# over RANKS COMMAND...: MPICH's mpirun has other names for what Open MPI needs.
if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
    over() { ranks=$1; shift; timeout 600 mpirun --oversubscribe --bind-to none -n "$ranks" "$@"; }
else
    over() { ranks=$1; shift; timeout 600 mpirun -n "$ranks" "$@"; }
fi
if [ -n "$data" ]; then
    check 'mnist-sgd over 2 ranks' over 2 "$program" train --experiment mnist-sgd --variant bn --seed 0 --threads 1 \
        --data "$data" --json mnist.json
    check 'learns what one rank does' "$python" - <<'PY'
import json
ours = json.load(open('mnist.json'))['batchmark']
last = ours['runs'][0]['epochs'][-1]
print('# epoch', last['epoch'], 'loss', last['loss'], 'validation accuracy', last['val_accuracy'])
assert len(ours['ranks']) == 2 and ours['communication'][0]['statistics'] == 'sync'
assert last['epoch'] == 10 and last['val_accuracy'] >= 0.974 and last['loss'] <= 0.045
PY
    finish
    exit
fi
# train RANKS NAME OPTIONS...: its result is NAME.json, its losses are NAME/loss/epoch1.npy.
train() {
    ranks=$1 name=$2
    shift 2
    over "$ranks" "$program" train --dataset builtin --layers 784,48,24,10 --seed 3 --epochs 1 --threads 1 --validation first:500 \
        --max-steps 30 --json "$name.json" --dump "$name" "$@" >"$name.out" 2>"$name.err"
}
# apart A B LEAST MOST: the largest relative difference of two runs' losses, step by step, lies between.
apart() {
    "$python" - "$@" <<'PY'
import struct, sys
def losses(name):
    data = open(name + '/loss/epoch1.npy', 'rb').read()
    start = 10 + struct.unpack('<H', data[8:10])[0]
    return struct.unpack('<%dd' % ((len(data) - start) // 8), data[start:])
a, b = losses(sys.argv[1]), losses(sys.argv[2])
apart = max(abs(x - y) / abs(y) for x, y in zip(a, b))
print('# losses of %d steps differ by up to %.2g' % (len(a), apart))
sys.exit(not (len(a) == len(b) == 30 and float(sys.argv[3]) <= apart <= float(sys.argv[4])))
PY
}

for bn in before after input+before; do
    check "bn $bn: one rank trains" train 1 "one-$bn" --batch 50 --bn $bn --kernels auto
    for ranks in 2 3 4; do
        check "bn $bn: $ranks ranks train" train $ranks "$ranks-$bn" --batch 50 --bn $bn
        check "bn $bn: $ranks ranks have the losses of one" apart "$ranks-$bn" "one-$bn" 0 2e-5
    done
done
check 'local BN trains' train 2 local --batch 50 --bn before --bn-ranks local
check 'local BN has other losses' apart local one-before 1e-4 1
check 'Adam without BN, one rank' train 1 adam --batch 64 --bn none --optimizer adam --lr 1e-3 --kernels auto
check 'Adam without BN, four ranks' train 4 adam-4 --batch 64 --bn none --optimizer adam --lr 1e-3
check 'Adam without BN has the losses of one rank' apart adam-4 adam 0 2e-5

check 'standard output is rank 0 alone' test "$(grep -c '^Data: ' 4-after.out)" = 1
check 'nothing is on standard error' test ! -s 4-after.err
check 'the result is valid' "$build/batchmark" validate 4-after.json
check 'the result has the ranks, and a core for each if there are enough' "$python" - <<'PY'
import json, os
ours = json.load(open('4-after.json'))['batchmark']
assert len(ours['runs']) == 1 and len(ours['ranks']) == 4
c = ours['communication'][0]
assert c['ranks'] == 4 and c['statistics'] == 'sync' and c['step_s'] > c['communication_s'] > 0
layers = {l['layer']: l for l in c['layers']}
assert layers[1]['gradient_bytes'] >= 4 * (784 * 48 + 48) and layers[1]['norm_bytes'] == 48 * (24 + 16)
assert layers[3]['norm_bytes'] == 0
assert '/ranks:4/' in ours['runs'][0]['name']
cores = len(os.sched_getaffinity(0))
assert all(r['shared'] == (cores < 4) for r in ours['ranks'])
assert len({r['cpus'] for r in ours['ranks']}) == min(4, cores)
PY

check 'scaling is measured and predicted' train 2 scaling --batch 32 --bn after --max-steps 5 --scaling
check 'it is in the result' "$python" - <<'PY'
import json
ours = json.load(open('scaling.json'))['batchmark']
rows = [(r['mode'], r['ranks'], r['statistics'], r['batch']) for r in ours['scaling']]
assert rows == [('strong', 1, 'sync', 32), ('strong', 2, 'sync', 32), ('strong', 2, 'local', 32),
                ('weak', 1, 'sync', 32), ('weak', 2, 'sync', 64), ('weak', 2, 'local', 64)], rows
assert all(r['step_s'] > 0 for r in ours['scaling']) and len(ours['allreduce']) == 11
far = ours['scaling_predictions'][-1]
assert far['ranks'] == 1024 and far['step_s'] >= far['hidden_step_s'] > 0
PY
check 'which is valid' "$build/batchmark" validate scaling.json
check 'and is shown as a prediction' grep -q 'Prediction, not measured' scaling.out

# ends CODE WORD RANKS OPTIONS...: the job ends with the code, and the first line on stderr that is ours has the word.
ends() {
    code=$1 word=$2 ranks=$3
    shift 3
    over "$ranks" "$program" train --dataset builtin --layers 784,48,10 --json end.json "$@" >end.out 2>end.err
    got=$?
    grep -E '^(batchmark|rank [0-9]+ on .*): ' end.err >end.ours
    [ "$got" = "$code" ] && [ "$(grep -c . end.ours)" = 1 ] && grep -qF -- "$word" end.ours && return 0
    echo "# exit $got instead of $code, or not one line of ours with '$word':"
    sed 's/^/# /' end.err
    return 1
}
check 'a wrong setting is told once' ends 2 'learning_rates' 3 --lr learning_rates
check 'a batch smaller than the ranks' ends 2 'leaves some of them no image' 3 --batch 2
check 'local BN of single images' ends 2 'or bn_ranks = sync' 3 --batch 5 --bn after --bn-ranks local
check 'what one rank has alone' ends 2 '--compare-kernels is for one rank' 2 --compare-kernels
check 'and inference' ends 2 '--inference is for one rank' 2 --inference
check 'scaling of one rank' ends 2 '--scaling is for several ranks' 1 --scaling
check 'data that is not there' ends 3 '/nowhere' 2 --dataset mnist --data /nowhere
check 'the ordinary program says where ranks are' fails_with 2 'make mpi' "$build/batchmark" train --scaling

# One rank sees another machine's instruction set.
cat >other <<EOF
#!/bin/sh
[ "\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-0}}" != 1 ] || export BATCHMARK_MAX_ISA=baseline
exec "$program" "\$@"
EOF
# Rank 1 has CPUs of its own and of rank 0.
cpus=$("$python" -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2], sep=",")')
cat >overlaps <<EOF
#!/bin/sh
[ "\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-0}}" != 1 ] || exec taskset -c ${cpus%,*} "$program" "\$@"
exec "$program" "\$@"
EOF
# Rank 1 is in a folder where the order of the second epoch is missing.
cat >apart <<EOF
#!/bin/sh
[ "\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-0}}" != 1 ] || cd elsewhere
exec "$program" "\$@"
EOF
# Rank 1 is killed in the middle of training.
cat >dies <<EOF
#!/bin/sh
[ "\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-0}}" != 1 ] || { sleep 3; kill -KILL \$\$; } &
exec "$program" "\$@"
EOF
chmod +x other dies overlaps apart
real=$program
program=$work/other
check 'ranks that are not alike' ends 3 'the ranks are not alike' 2 --epochs 1
if [ "$cpus" != "${cpus%,*}" ]; then
    program=$work/overlaps
    check 'CPUs that overlap' ends 3 'overlap: one was given CPUs' 2 --epochs 1
else
    echo '# not tested for want of a second CPU: ranks whose CPUs overlap'
fi
program=$real
check 'a dump of two epochs' over 2 "$program" train --dataset builtin --layers 784,48,10 --epochs 2 --dump loaded --json dump.json
mkdir elsewhere && cp -r loaded elsewhere && rm elsewhere/loaded/order/epoch2.npy && : >elsewhere/loaded/order/epoch2.npy
program=$work/apart
check 'a rank that fails alone ends all' ends 3 'rank 1 on ' 2 --epochs 3 --load loaded
program=$work/dies
over 2 "$program" train --dataset builtin --layers 784,48,10 --epochs 100000 --json dead.json >dead.out 2>dead.err
code=$?
program=$real
check 'a rank that is killed ends all' test $code != 0 -a $code != 124
check 'a line says so' grep -qi 'signal:\? 9' dead.err dead.out
check 'the result says that it is not complete' "$python" -c "
import json
assert json.load(open('dead.json'))['batchmark']['complete'] is False"
over 2 "$real" train --dataset builtin --layers 784,48,10 --epochs 100000 --json stopped.json >stopped.out 2>stopped.err &
job=$!
sleep 4
kill -TERM "$(ps -o pid= --ppid $job | head -n 1 | tr -d " ")"
wait $job
check 'SIGTERM ends the job' test $? != 0
check 'what was finished is kept' "$build/batchmark" validate stopped.json

# Checkpoints: rank 0 writes, all go on.
check 'a run with checkpoints' over 2 "$program" train --dataset builtin --layers 784,48,10 --bn after --epochs 1 --seed 1 \
    --checkpoint kept --json first.json
check 'goes on' over 2 "$program" train --dataset builtin --layers 784,48,10 --bn after --epochs 1 --seed 1 --resume kept \
    --json second.json
check 'with the same epoch' "$python" -c "
import json
a, b = (json.load(open(f))['batchmark']['runs'][0]['epochs'] for f in ('first.json', 'second.json'))
assert a == b"
check 'and not with another number of ranks' ends 3 'ranks' 3 --bn after --epochs 1 --seed 1 --resume kept
finish
