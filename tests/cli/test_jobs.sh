#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs as jobs of a batch system: its signals, and many at once in one folder. usage: test_jobs.sh PROGRAM
set -u
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
finish
