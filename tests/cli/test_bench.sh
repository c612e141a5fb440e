#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs of bench that are stopped at any moment and go on. usage: test_bench.sh PROGRAM
# KILLS=100 for a long soak of SIGKILL, ENVIRONMENTS=300 of random variables (default 5 each).
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace bench || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA

# Five groups, 40 cases, that take some seconds.
shapes='bn N=32 C=64
bn N=33 C=65
bn N=256 C=100
bn N=700 C=31
bn N=1000 C=64'
printf '%s\n' "$shapes" >shapes.txt
suite="--op bn_inference --kernel bn_inference_[an][uav]* --shapes shapes.txt --sample-time 0.0002 --launches 3 --time-cap 0"
cat >whole.py <<'PY'
# whole.py FILE REFERENCE: complete, with every case of the reference once, each with its launches once.
import json, sys
r, want = (json.load(open(f))['batchmark'] for f in sys.argv[1:3])
assert r['complete']
names = [c['name'] for c in r['cases']]
assert sorted(names) == sorted(c['name'] for c in want['cases']), 'cases lost or doubled'
for c in r['cases']:
    launches = [x['launch'] for x in c['raw']]
    assert len(launches) == len(set(launches)) >= 3, (c['name'], launches)
    assert c['samples'] == sum(len(x['ns']) for x in c['raw'])
assert len(r['launches']) == 1 + max(x['launch'] for c in r['cases'] for x in c['raw'])
assert all(0 <= l['sampled_s'] <= l['seconds'] for l in r['launches']), 'time in samples'
PY
check 'a run' runs "$program" bench $suite --json reference.json
check 'is whole' "$python" whole.py reference.json reference.json
check 'and valid' says valid "$program" validate reference.json
check 'with its time in samples' "$python" -c "
import json
r = json.load(open('reference.json'))['batchmark']
in_samples = sum(l['iterations'] * n * 1e-9 for c in r['cases'] for l in c['raw'] for n in l['ns'])
assert abs(sum(l['sampled_s'] for l in r['launches']) / in_samples - 1) < 1e-4"

# Figures are of the launches that were planned; those for the floor alone are beside them.
check 'a floor that is asked for too precisely' runs "$program" bench --op bn_inference --kernel bn_inference_avx2 --shape 'N=32 C=64' \
    --launches 2 --precision 0.01 --time-cap 6 --json floor.json
check 'gets more launches, which no figure is of' "$python" -c "
import json
c, = json.load(open('floor.json'))['batchmark']['cases']
assert len(c['raw']) == 2 and c['samples'] == sum(len(l['ns']) for l in c['raw'])
assert c['floor_raw'] and c['stop'] == 'time cap', c['stop']
assert len({(l['iterations'], len(l['ns'])) for l in c['raw'] + c['floor_raw']}) == 1, 'the plan changed'
assert [l['launch'] for l in c['raw'] + c['floor_raw']] == list(range(2 + len(c['floor_raw'])))"
check 'and the result is valid' says valid "$program" validate floor.json
check 'a floor that is known' runs "$program" bench --op bn_inference --kernel bn_inference_avx2 --shape 'N=32 C=64' \
    --launches 2 --precision 100 --time-cap 99 --json floor.json
check 'gets none' "$python" -c "
import json
c, = json.load(open('floor.json'))['batchmark']['cases']
assert len(c['raw']) == 2 and 'floor_raw' not in c and c['stop'] == 'floor'"

# Google Benchmark takes options from variables of its own: none of them changes what is run, and none is heard of. All of
# version 1.7 one by one, then many at once with random values.
cat >same_plan.py <<'PY'
# same_plan.py FILE REFERENCE: the same cases and launches, and no file that a variable named.
import json, os, sys
r, want = (json.load(open(f))['batchmark'] for f in sys.argv[1:3])
plan = lambda x: sorted((c['name'], len(c['raw'])) for c in x['cases'])
assert plan(r) == plan(want) and all(len(l['ns']) >= 2 for c in r['cases'] for l in c['raw'])
assert not os.path.exists('stray')
PY
few_cases() { # FILE
    "$program" bench --op bn_inference --kernel 'bn_inference_[an][uav]*' --shape 'N=32 C=64' --threads 1 --launches 2 --time-cap 0 --json "$1"
}
with_variables() { # NAME=VALUE...
    (export "$@" && few_cases variables.json >out 2>err </dev/null) && [ ! -s err ] && "$python" same_plan.py variables.json plain.json
}
check 'a short run' runs few_cases plain.json
for variable in BENCHMARK_FILTER=x BENCHMARK_FILTER=-. BENCHMARK_LIST_TESTS=true BENCHMARK_MIN_TIME=5 BENCHMARK_MIN_TIME=nonsense \
    BENCHMARK_MIN_WARMUP_TIME=5 BENCHMARK_REPETITIONS=7 BENCHMARK_FORMAT=csv BENCHMARK_OUT=stray BENCHMARK_OUT_FORMAT=csv \
    BENCHMARK_COLOR=true BENCHMARK_COUNTERS_TABULAR=true BENCHMARK_ENABLE_RANDOM_INTERLEAVING=false \
    BENCHMARK_REPORT_AGGREGATES_ONLY=true BENCHMARK_DISPLAY_AGGREGATES_ONLY=true BENCHMARK_PERF_COUNTERS=CYCLES \
    BENCHMARK_CONTEXT=nonsense BENCHMARK_TIME_UNIT=nonsense V=3; do
    check "$variable" with_variables "$variable"
done
for i in $(seq "${ENVIRONMENTS:-5}"); do
    variables=$("$python" -c "
import random
r = random.Random($i)
names = ('FILTER LIST_TESTS MIN_TIME MIN_WARMUP_TIME REPETITIONS FORMAT OUT OUT_FORMAT COLOR COUNTERS_TABULAR PERF_COUNTERS '
         'CONTEXT TIME_UNIT ENABLE_RANDOM_INTERLEAVING REPORT_AGGREGATES_ONLY DISPLAY_AGGREGATES_ONLY').split()
values = 'x . true false 1 0 -1 9 99999999999 1e9 nan json csv stray a=b , s auto'.split()
print(*('BENCHMARK_%s=%s' % (name, r.choice(values)) for name in r.sample(names, r.randint(2, len(names)))))")
    check "$variables" with_variables $variables
done

# Should the library take no samples all the same, the run ends and says so.
cat >idle.cc <<'CC'
#include <benchmark/benchmark.h>
size_t benchmark::RunSpecifiedBenchmarks(benchmark::BenchmarkReporter *, std::string) { return 0; }
CC
check 'a library that does nothing' ${CXX:-g++} -shared -fPIC idle.cc -o idle.so
check 'is an error' fails_with 3 'took 0 samples of' env LD_PRELOAD=./idle.so "$program" bench $suite --json idle.json

# Killed at any moment, the file is valid or not there, and the run goes on from it.
kill_at() { # SECONDS FILE
    "$program" bench $suite --json "$2" >/dev/null 2>&1 &
    sleep "$1"
    kill -KILL $! 2>/dev/null
    wait $! 2>/dev/null
    [ ! -e "$2" ] || "$program" validate "$2" >out 2>err || return 1
    while [ -e "$2" ] && ! "$program" bench --resume="$2" >out 2>err; do
        grep -q 'is complete' err && break
        return 1
    done
    [ ! -e "$2" ] || "$python" whole.py "$2" reference.json
}
for i in $(seq "${KILLS:-5}"); do
    delay=$("$python" -c "import random; print('%.3f' % random.Random($i).uniform(0, 3))")
    check "SIGKILL after $delay s" kill_at "$delay" "killed$i.json"
done

"$program" bench $suite --launches 50 --json kept.json >out 2>err &
pid=$!
for _ in $(seq 300); do
    grep -q repetition_index kept.json 2>/dev/null && break
    sleep 0.1
done
kill -INT $pid
wait $pid
check 'SIGINT exits with 130' test $? = 130
check 'and says what is missing and what to do' grep -q 'resume=kept.json' out
check 'what was finished is kept' "$python" -c "
import json
r = json.load(open('kept.json'))
assert r['batchmark']['complete'] is False and r['benchmarks']"
cp kept.json edited.json
"$python" -c "
import json
r = json.load(open('kept.json'))
r['batchmark']['cases'][0]['raw'][0]['at_s'][0] += 1
json.dump(r, open('edited.json', 'w'))"
check 'an edited result is not gone on with' fails_with 3 'was edited' "$program" bench --resume=edited.json
check 'nor a complete one' fails_with 3 'is complete' "$program" bench --resume=reference.json
check 'nor one that is not there' fails_with 3 'nowhere.json' "$program" bench --resume=nowhere.json
check 'nor what is no result' fails_with 3 'shapes.txt' "$program" bench --resume=shapes.txt
check 'none waits' fails_with 3 'no results/' "$program" bench --resume
check 'SIGTERM stops as well' sh -c "'$program' bench $suite --launches 50 --json term.json >out 2>err & sleep 1; kill -TERM \$!; wait \$!; test \$? = 143"

check 'a full disk' fails_with 3 'full.json' sh -c "ulimit -f 40; exec '$program' bench $suite --launches 99 --json full.json"
check 'what was written before stays valid' says valid "$program" validate full.json
mkdir -p results/locked && chmod 555 results results/locked
if [ "$(id -u)" != 0 ]; then
    check 'a read-only folder' fails_with 3 'results' "$program" bench $suite
fi
chmod -R 755 results
check 'the folder is a file' fails_with 3 'reference.json' "$program" bench $suite --json reference.json/x.json

# A library that brings the measuring process down takes its group with it, and nothing else.
cat >peer.c <<'C'
#include <stdlib.h>
char *openblas_get_config(void) { return "OpenBLAS 9.8.7 STAND_IN"; }
char *openblas_get_corename(void) { return "Abacus"; }
void openblas_set_num_threads(int n) { (void)n; }
int openblas_get_num_threads(void) { return 1; }
void cblas_sgemm(void) { abort(); }
C
check 'a stand-in for a broken library' ${CC:-gcc} -O2 -shared -fPIC peer.c -o peer.so
"$program" bench --peer openblas=./peer.so --op gemm --kernel 'gemm_[on]*' --threads 1 --shape 'gemm M=8 N=8 K=8' \
    --shape 'gemm M=9 N=9 K=9' --sample-time 0.0002 --launches 1 --time-cap 0 --json died.json >out 2>err
check 'a crash: exit 1' test $? = 1
check 'with its reason' grep -q 'CRASHED gemm .*died of signal 6' out
check 'nothing is called wrong' grep -q ' 0 wrong, [1-9][0-9]* crashed' out
cat >killed.c <<'C'
#include <signal.h>
#include <stdlib.h>
char *openblas_get_config(void) { return "OpenBLAS 9.8.7 STAND_IN"; }
char *openblas_get_corename(void) { return "Abacus"; }
void openblas_set_num_threads(int n) { (void)n; }
int openblas_get_num_threads(void) { return 1; }
void cblas_sgemm(void) { raise(SIGKILL); }
C
check 'a stand-in for a system that kills' ${CC:-gcc} -O2 -shared -fPIC killed.c -o peer.so
check 'a kill from outside: exit 3, and what to think of' fails_with 3 'killed by signal 9 (Killed): out of memory' \
    "$program" bench --peer openblas=./peer.so --op gemm --kernel 'gemm_[on]*' --threads 1 --shape 'gemm M=8 N=8 K=8' \
    --sample-time 0.0002 --launches 1 --time-cap 0 --json killed.json
check 'its result is not complete' grep -q '"complete": *false' killed.json
check 'and goes on elsewhere' fails_with 3 'killed by signal 9' "$program" bench --resume=killed.json

# Memory: planned by what the job may have, so that nothing is killed; what does not fit is skipped with its reason.
in_little_memory() { # COMMAND...
    "$@" --op bn_inference --kernel 'bn_inference_[an][uv]*' --shape 'N=32 C=64' --shape 'N=3000 C=2000' --cache warm,cold \
        --launches 1 --time-cap 0 --sample-time 0.0002 --json little.json >out 2>err </dev/null
}
cat >little.py <<'PY'
# little.py: the small shape was timed warm, the large one was not, for want of memory, and it is said which.
import json, sys
b = json.load(open('little.json'))['batchmark']
assert {(c['shape'], c['cache']) for c in b['cases']} >= {('N=32 C=64', 'warm')}, [c['name'] for c in b['cases']]
assert not [c for c in b['cases'] if c['shape'] == 'N=3000 C=2000']
reasons = {s['reason'] for s in b['skipped'] if s['shape'] == 'N=3000 C=2000' and 'MiB here' in s['reason']}
assert reasons and all(sys.argv[1] in r for r in reasons), reasons
PY
limited() { # KIB COMMAND...: with so many addresses
    (ulimit -v "$1" && shift && in_little_memory "$@")
}
check 'few addresses: ulimit -v' limited $((330000 + 75000 * $(nproc))) "$program" bench # threads take some each
check 'what does not fit is skipped' "$python" little.py 'ulimit -v'
check 'train refuses what does not fit' fails_with 3 'take a smaller batch or layers' sh -c "ulimit -v 400000; exec '$program' train \
    --dataset builtin --layers 784,60000,10 --threads 1 --max-steps 1 --json t.json"
group=/sys/fs/cgroup/memory/batchmark-test-$$
if mkdir "$group" 2>/dev/null && echo 125829120 2>/dev/null >"$group/memory.limit_in_bytes"; then
    inside() { sh -c 'echo 0 >"$0/tasks" && exec "$@"' "$group" "$@"; }
    check 'a job of 120 MB' in_little_memory inside "$program" bench
    check 'is not killed, and leaves out what does not fit' "$python" little.py 'control group'
    check 'machine measures there' runs inside "$program" machine --effort 0.1 --json little-machine.json
    check 'and trains' runs inside "$program" train --dataset builtin --layers 784,8,10 --max-steps 3 --json t.json
    check 'but not what is too large' fails_with 3 "the control group's memory limit" inside "$program" train --dataset builtin \
        --layers 784,20000,10 --max-steps 3 --json t.json
    check 'the limits are valid' says valid "$program" validate little-machine.json
    echo 52428800 >"$group/memory.limit_in_bytes"
    check 'nor data that is too large' fails_with 3 'the generated set needs' inside "$program" train --dataset builtin \
        --layers 784,8,10 --max-steps 3 --json t.json
    sleep 0.2
else
    echo "# skipped: no control group with a memory limit can be made here"
fi
rmdir "$group" 2>/dev/null

# Where memory is not equally near, each number of threads has its arrays anew: the same results, and one arena at a time.
near() { HWLOC_SYNTHETIC='numa:2 l3:1 l2:1 l1:1 core:1 pu:1' HWLOC_THISSYSTEM=1 "$@"; }
if [ "$(nproc)" = 2 ]; then
    check 'two NUMA nodes' runs near "$program" bench --op bn_inference --kernel 'bn_inference_[an][uv]*' --shape 'N=32 C=64' \
        --cache warm,cold --launches 2 --time-cap 0 --sample-time 0.0002 --json numa.json
    check 'have every case' "$python" -c "
import json
b = json.load(open('numa.json'))['batchmark']
assert b['fingerprint']['numa_nodes'] == 2, b['fingerprint']
assert {(c['threads'], c['cache']) for c in b['cases']} == {(t, c) for t in (1, 2) for c in ('warm', 'cold')}
assert all(len(c['raw']) == 2 for c in b['cases'])"
    check 'and are valid' says valid "$program" validate numa.json
fi

# What the machine is: said where it cannot be known, refused where it is described by what cannot be read.
tiny='bench --op sgd --kernel sgd_naive --shape N=999 --launches 1 --time-cap 0 --sample-time 0.0002 --json tiny.json'
echo '<topology version="99.0"><object type="Machine"/></topology>' >newer.xml
check 'a description that is not there' fails_with 3 'HWLOC_XMLFILE=gone.xml cannot be read: No such file' \
    env HWLOC_XMLFILE=gone.xml "$program" machine
check 'one of a newer hwloc' fails_with 3 'a newer version' env HWLOC_XMLFILE=newer.xml "$program" $tiny
check 'caches that nothing tells of' says 'WARNING: hwloc shows no size of L1' env HWLOC_COMPONENTS=stop "$program" $tiny
check 'are said in the result' grep -q 'the size of L1 is unknown' tiny.json
if unshare -m sh -c 'umount -l /proc' 2>/dev/null; then
    without_proc() { unshare -m sh -c 'umount -l /proc; exec "$@"' sh "$@"; }
    for command in "$tiny" 'machine --effort 0.1 --threads 1 --json tiny.json' \
        'train --dataset builtin --layers 784,8,10 --max-steps 3 --json tiny.json'; do
        check "${command%% *} without /proc" runs without_proc "$program" $command
        check 'says so in its result' grep -q '/proc cannot be read' tiny.json
    done
    check 'ab without /proc' runs without_proc "$program" ab sgd_naive sgd_naive_omp --all --threshold 1000 --time-cap 0.3 -- \
        --shape 'params N=70000' --threads 1
else
    echo "# skipped: no mount namespace can be made here"
fi
if [ "$(nproc)" = 2 ]; then # both of the machine's
    no_third() { HWLOC_SYNTHETIC='l2:1 l1:2 core:1 pu:1' HWLOC_THISSYSTEM=1 "$@"; }
    check 'a machine without L3' runs no_third "$program" $tiny --cache warm,cold --kernel 'sgd_naive*'
    check 'has none in its result' "$python" -c "
import json
r = json.load(open('tiny.json'))
b = r['batchmark']
assert b['fingerprint']['l3_bytes'] == 0 and [c['level'] for c in r['context']['caches']] == [1, 2]
assert all(c['level'] != 'L3' and c['bound'] != 'L3' for c in b['cases']) and len(b['cases']) == 4
assert all(l['capacity_bytes']['L3'] == 0 == l['read_gbs']['L3'] for l in b['limits'])
assert any('hwloc shows no L3' in w for w in r['context']['batchmark']['warnings'])"
    check 'which is valid' says valid "$program" validate tiny.json
    check 'and has a report' runs "$program" report --format md --output report.md tiny.json
fi
finish
