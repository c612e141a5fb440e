#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs as jobs of a batch system: its signals, and many at once in one folder. usage: test_jobs.sh PROGRAM
# KILLS=100 for a long soak (default 1 by each signal), STARTS=64 for as many at once (default 16).
set -u
# A signal that is ignored here, as SIGHUP under nohup, would be ignored by the runs, too.
[ -n "${SIGNALS_BY_DEFAULT:-}" ] || SIGNALS_BY_DEFAULT=1 exec env --default-signal "$0" "$@"
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace jobs || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA

cases="--op sgd --kernel sgd_n* --threads 1 --shape N=1000 --sample-time 0.0002"
# Long, unless they are stopped.
long_bench="bench $cases --launches 1000 --time-cap 0 --json bench.json"
long_train="train --dataset builtin --layers 784,8,10 --batch 256 --epochs 99999 --json train.json"
long_verify="verify --op sgd --kernel sgd_n* --random 9999999 --json verify.json"
long_ab="ab sgd_naive sgd_autovec --time-cap 9999 -- --threads 1 --shape N=1000"

# ends CODE SIGNAL OPTIONS...: the command is at work, and $begun is there; it gets the signal, and ends with the code.
begun=/
ends() {
    code=$1 signal=$2
    shift 2
    "$program" "$@" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 300); do # until the signals are caught: bits of SigCgt, USR1 is 10
        caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/$pid/status 2>/dev/null)
        [ $((0x${caught:-0} & 0x200)) != 0 ] && ls -d $begun >/dev/null 2>&1 && break
        sleep 0.1
    done
    kill -"$signal" $pid
    wait $pid
    got=$?
    [ $got = "$code" ] && return 0
    echo "# exit $got instead of $code"
    return 1
}
for case in HUP:129 INT:130 USR1:138 USR2:140 TERM:143 XCPU:152; do
    check "SIG${case%:*} ends bench" ends "${case#*:}" "${case%:*}" $long_bench
    check 'what it has is kept' grep -q '"complete":false' bench.json
done
check 'SIGUSR1 ends train' ends 138 USR1 $long_train
check 'what it has is kept' grep -q '"complete":false' train.json
check 'SIGHUP ends verify' ends 129 HUP $long_verify
check 'what it has is kept' grep -q '"complete":false' verify.json
check 'SIGUSR2 ends ab' ends 140 USR2 $long_ab
begun='results/*/*-bench.json'
check 'SIGXCPU ends calibrate' ends 152 XCPU calibrate -- $cases --launches 1000 --time-cap 0
check 'which passes it on to its run of bench' grep -q '"complete":false' results/*/*-bench.json
rm -r results
begun=/
nohup "$program" bench $cases --launches 2 --time-cap 0 --json nohup.json >out 2>err </dev/null &
pid=$!
for _ in $(seq 300); do
    [ -e nohup.json ] && break
    sleep 0.1
done
kill -HUP $pid
wait $pid
check 'under nohup, SIGHUP does not end a run' grep -q '"complete":true' nohup.json
# A limit of CPU time is one of each process: that which measures hears of it, and the run ends.
check 'a limit of CPU time ends a run' sh -c "ulimit -St 2; '$program' bench $cases --sample-time 1 --launch-time 9 --launches 9 --time-cap 0 --json limit.json >out 2>err; [ \$? = 152 ]"
check 'and its result can go on elsewhere' grep -q '"complete":false' limit.json

# Suspended by a batch system or a person: the samples that span it are known.
slow="bench --op sgd --kernel sgd_naive --threads 1 --shape N=1000 --sample-time 1 --launch-time 40 --launches 2 --time-cap 0"
has_samples() { grep -q '"repetition_index"' "$1" 2>/dev/null; }
suspends() { # FILE WHOM...: a run is suspended for a while, whole or in part, and ended later
    file=$1
    "$program" $slow --json "$file" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 600); do
        has_samples "$file" && break
        sleep 0.1
    done
    measures=$(cat /proc/$pid/task/$pid/children)
    shift
    case $1 in
        both) whom="$pid $measures" ;;
        measures) whom=$measures ;;
        asks) whom=$pid ;;
    esac
    kill -"$2" $whom
    sleep 1
    kill -CONT $whom
    sleep 3 # for the sample that spans it to end, also on a busy machine
    kill -TERM $pid
    wait $pid
    [ $? = 143 ] && "$program" validate "$file" >out 2>err
}
flagged() { # FILE: a sample was suspended, and counts as disturbed
    "$python" -c "
import json, sys
c, = json.load(open(sys.argv[1]))['batchmark']['cases']
n = sum(k > 0 for l in c['raw'] for k in l.get('suspended', []))
sys.exit(not 0 < n <= c['disturbed'])" "$1"
}
check 'a job that is suspended' suspends both.json both TSTP
check 'its samples are marked' flagged both.json
check 'only the process that measures, by SIGSTOP' suspends measures.json measures STOP
check 'the same' flagged measures.json
check 'only the process that asks' suspends asks.json asks STOP
check 'does no harm' sh -c '! grep -q suspended asks.json'

# The same of epochs of training: suspended again and again, some are.
"$program" train --dataset builtin --layers 784,300,10 --epochs 3 --threads 1 --json pauses.json >out 2>err </dev/null &
pid=$!
while grep -q '^State:[[:space:]]*[^Z[:space:]]' /proc/$pid/status 2>/dev/null; do
    kill -STOP $pid 2>/dev/null || break
    sleep 0.05
    kill -CONT $pid
    sleep 0.1
done
wait $pid
check 'training that is suspended' grep -q 'seconds of epoch [0-9] hold the pause' out
check 'is marked, and its seconds do not count' "$python" -c "
import json
r = json.load(open('pauses.json'))
epochs = r['batchmark']['runs'][0]['epochs']
marked = [e for e in epochs if e.get('suspended', 0) > 0]
assert marked and len(r['benchmarks']) == 3 - len(marked), epochs"

check 'a group that was stopped keeps what it had' "$python" -c "
import json
launch, = json.load(open('both.json'))['batchmark']['cases'][0]['raw']
assert 0 < len(launch['ns']) < launch['planned'], launch"

# Many at once in one folder.
for i in $(seq "${STARTS:-16}"); do
    "$program" verify --kernel sgd_naive --op sgd --shape N=9 --store >out 2>err </dev/null &
done
wait
check "${STARTS:-16} runs that start at once" test "$(ls results/*/*-verify.json | wc -l)" = "${STARTS:-16}"
check 'each with a valid result' runs "$program" validate results/*/*-verify.json
check 'and no lock is left' sh -c '! ls -A results/* | grep -q lock'

# A file of a living run is its own.
$program $slow --json mine.json >out 2>err </dev/null &
pid=$!
for _ in $(seq 300); do
    [ -e mine.json ] && break
    sleep 0.1
done
check 'another run does not write it' fails_with 3 "mine.json belongs to a run that lives, process $pid" "$program" $slow --json mine.json
ln -s mine.json link.json
check 'nor through a link' fails_with 3 "process $pid" "$program" machine --json link.json
check 'nor resumes it' fails_with 3 "process $pid" "$program" bench --resume=mine.json
check 'readers read it' says valid "$program" validate mine.json
kill -KILL $pid
wait $pid
check 'its lock stays' test -e .mine.json.lock
check 'readers do not mind' sh -c "'$program' history . >out 2>err; ! grep -q lock out err"
check 'once it is dead, it is resumed' ends 143 TERM bench --resume=mine.json
check 'and the lock goes' test ! -e .mine.json.lock

# Two unfinished results, three runs that go on with one: each its own, and none for the third.
for i in 1 2; do
    "$program" $slow --store >out 2>err </dev/null &
    pids="${pids:-} $!"
done
for _ in $(seq 300); do
    [ "$(ls results/*/*-bench.json 2>/dev/null | wc -l)" = 2 ] && break
    sleep 0.1
done
check 'every unfinished result belongs to a living run' fails_with 3 'belongs to another run' "$program" bench --resume
kill -KILL $pids
wait
pids=
for i in 1 2; do
    "$program" bench --resume >out 2>err </dev/null &
    pids="$pids $!"
done
for pid in $pids; do
    for _ in $(seq 300); do
        grep -qx "pid $pid" results/*/.*.lock && break
        sleep 0.1
    done
done
check 'two resume one each' fails_with 3 'belongs to another run' "$program" bench --resume
kill -TERM $pids
wait
check 'and leave both valid' runs "$program" validate results/*/*-bench.json

# Checkpoints, too.
"$program" $long_train --checkpoint points >out 2>err </dev/null &
pid=$!
for _ in $(seq 300); do
    [ -e points/custom-seed0.checkpoint ] && break
    sleep 0.1
done
check 'a checkpoint of a living run' fails_with 3 "process $pid" "$program" train --dataset builtin --layers 784,8,10 --batch 256 --epochs 1 \
    --checkpoint points --json other.json
kill -TERM $pid
wait $pid

check 'killed at random moments, and resumed' "$here/kills.py" "$program" "${KILLS:-1}"
finish
