#!/bin/sh
# SPDX-License-Identifier: MIT
# slurm.sh - scripts/slurm on a real Slurm of this machine: a controller, and two nodes that are processes. As root.
# usage: slurm.sh PROGRAM
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$top/tests/cli/lib.sh"
workplace slurm || exit 1
export SLURM_CONF="$work/slurm.conf" OMP_WAIT_POLICY=passive BATCHMARK="$program" RESULTS="$work/results"
export PATH="$PATH:/usr/sbin:/sbin"
stop() {
    for pid in "$work"/*.pid; do [ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null; done
    sleep 2
    rm -rf "$work"
}
trap stop EXIT

# Three free ports; no secrets: all is on this machine.
ports=$("$python" -c "
import socket
s = [socket.socket() for _ in range(3)]
for one in s: one.bind(('127.0.0.1', 0))
print(*(one.getsockname()[1] for one in s))")
# shellcheck disable=SC2086
set -- $ports
cat >slurm.conf <<CONF
ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
SlurmctldPort=$1
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/linear
SchedulerType=sched/builtin
MpiDefault=none
ReturnToService=2
KillWait=5
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$2 CPUs=1
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$3 CPUs=1
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
mkdir state spool-node1 spool-node2
# within SECONDS COMMAND...: true before they are over.
within() {
    left=$1
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 1
    done
}
state() { scontrol show job "$1" -o | grep -o 'JobState=[A-Z]*' | sort -u | tr '\n' ' '; }
ended() { ! squeue -h -j "$1" -t PD,R,CG,CF,S,RQ | grep -q .; }
idle() { [ "$(sinfo -h -o '%A')" = 0/2 ]; }
restarts() { scontrol show job "$1" -o | grep -o 'Restarts=[0-9]*' | cut -d= -f2; }
complete() { "$program" validate "$@" >out && ! grep -L '"complete": *true' "$@" | grep -q .; }
submit() { sbatch --parsable "$@" | cut -d';' -f1; }
exit_code() { scontrol show job "$1" -o | grep -o 'ExitCode=[0-9]*:[0-9]*'; }

slurmctld && slurmd -N node1 && slurmd -N node2
check 'a Slurm of two nodes' within 30 idle

# An array: more tasks than nodes, all at once, one folder.
script=$top/scripts/slurm/bench.sbatch
small='--op sgd --kernel sgd_naive --shape N=1000 --launches 1 --time-cap 0'
# shellcheck disable=SC2086
job=$(submit --array=1-4 "$script" $small)
check 'an array of four tasks' within 90 ended "$job"
check 'is completed' test "$(state "$job")" = 'JobState=COMPLETED '
check 'with four results' test "$(ls results/*-"$job"-*.json | wc -l)" = 4
check 'of which each is whole' complete results/*-"$job"-*.json
check 'from both nodes' test "$(ls results/*-node1.json | wc -l)$(ls results/*-node2.json | wc -l)" != 40
# shellcheck disable=SC2086
job=$(submit --array=1 "$script" --op no-such-op)
within 60 ended "$job"
check 'a mistake is a failed task' test "$(state "$job") $(exit_code "$job")" = 'JobState=FAILED  ExitCode=2:0'

# A minute is less than this run needs, 55 launches of a second: it is stopped, goes back to the queue, and goes on where
# it was, for as long as it takes.
long='--op sgd --kernel sgd_naive --shape N=1000 --launches 55 --sample-time 0.025 --launch-time 1 --time-cap 0'
# shellcheck disable=SC2086
job=$(submit --array=7 --time=1 --signal=B:USR1@20 --nodelist=node2 "$script" $long)
requeued() { [ "$(restarts "$job")" -ge 1 ]; }
check 'a run that is longer than the time limit' within 120 requeued
scontrol update JobId="$job" TimeLimit=30
check 'goes on' within 600 ended "$job"
check 'is completed all the same' test "$(state "$job")" = 'JobState=COMPLETED '
check 'in one result' complete results/*-"$job"-7-node2.json
check 'with every launch' "$python" -c "
import glob, json
b = json.load(open(glob.glob('results/*-7-node2.json')[0]))['batchmark']
assert all(len(c['raw']) >= 55 for c in b['cases']), [len(c['raw']) for c in b['cases']]"
check 'and says why' grep -q 'back to the queue' batchmark-*_7.log
finish
