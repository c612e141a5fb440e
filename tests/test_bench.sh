#!/bin/sh
# Runs of bench that are stopped at any moment and go on. usage: test_bench.sh PROGRAM
# KILLS=100 for a long soak of SIGKILL (default 5).
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
suite="--op bn_inference --variant bn_inference_[an][uav]* --shapes shapes.txt --sample-time 0.0002 --launches 3 --time-cap 0"
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
PY
check 'a run' runs "$program" bench $suite --json reference.json
check 'is whole' "$python" whole.py reference.json reference.json
check 'and valid' says valid "$program" validate reference.json

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
    grep -q real_time kept.json 2>/dev/null && break
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
check 'SIGTERM stops as well' sh -c "'$program' bench $suite --launches 50 --json term.json >out 2>err & sleep 1; kill -TERM \$!; wait \$!; test \$? = 130"

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
"$program" bench --peer openblas=./peer.so --op gemm --variant 'gemm_[on]*' --threads 1 --shape 'gemm M=8 N=8 K=8' \
    --shape 'gemm M=9 N=9 K=9' --sample-time 0.0002 --launches 1 --time-cap 0 --json died.json >out 2>err
check 'is a failure' test $? = 1
check 'with its reason' grep -q 'died of signal 6' out
finish
