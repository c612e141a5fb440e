#!/bin/sh
# SPDX-License-Identifier: MIT
# test_count.sh - `batchmark count`: exact counts, of one build and of two, and what it says where it cannot. What the CPU
# makes of the instructions is not asked.
# usage: test_count.sh BUILD-FOLDER
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
program=$build/batchmark
. "$top/tests/cli/lib.sh"
workplace count
# is EXPRESSION: of r, the JSON in out; a is side A of the first kernel.
is() { "$python" -c "
import json
r = json.load(open('out'))
a = r[0]['a']
assert $1, r"; }

# Without llvm-mca, which takes longest.
mkdir tools empty && ln -s "$(command -v objdump)" tools/
count() { env PATH="$PWD/tools" "$program" count "$@"; }

check 'a kernel' runs count sgd_naive --format json
check 'has classes that add up' is "a['total'] == sum(a['classes'].values()) and a['classes']['arithmetic'] >= 2 * 1035"
check 'and a hot loop' is "a['hot']['loop'] and a['hot']['times'] >= 100 and a['hot']['instructions'] == len(a['hot']['code'])"
cp out first
runs count --op sgd --kernel '*_naive' --format json
check 'the same count every time' "$python" -c "
import json
one, two = (json.load(open(f))[0]['a'] for f in ('first', 'out'))
assert [one[k] for k in ('total', 'classes', 'hot')] == [two[k] for k in ('total', 'classes', 'hot')]"
check 'a shape of its own' runs count sgd_naive --shape 'params N=7' --format json
check 'is counted' is "len(r) == 1 and r[0]['shape'] == 'N=7' and a['total'] < 200"
check 'in the terminal' says 'vector loads' "$program" count bias_grad_autovec

# Other builds and kernels.
check 'two kernels' runs count sgd_naive sgd_autovec --format json
check 'on the same shape' is "a['kernel'] == 'sgd_naive' and r[0]['b']['total'] < a['total'] and r[0]['change'].startswith('-')"
check 'equal code is not counted' says 'have identical code on both sides' count "$program" --op sgd
BATCHMARK_PLANT=10 runs count "$build/libbatchmark.so.1" "$build/planted.so" --op bn_inference --kernel '*_naive' --format json
check 'work that was planted shows' is "0.05 < r[0]['b']['total'] / a['total'] - 1 < 0.2 and r[0]['b']['classes']['arithmetic'] > a['classes']['arithmetic']"
BATCHMARK_PLANT=10 runs "$program" ab "$build/libbatchmark.so.1" "$build/planted.so" --time-cap 0 --format json -- \
    --kernel bn_inference_naive --shape 'bn N=9 C=33'
check 'also beside the verdicts of ab' "$python" -c "
import json
r = json.load(open('out'))
a, b = r['cases'][0]['instructions']
assert b > a and r['instructions'][0]['a']['total'] == a and r['instructions'][0]['b']['total'] == b, r"

# Without the programs that know instruction sets.
check 'without objdump there are no classes' says 'without classes: there is no objdump' env PATH="$PWD/empty" "$program" count sgd_naive

# The CPU's counters, played by events of the system: they come into results, and `compare` shows them.
cat >events.c <<'C'
#include <dlfcn.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/syscall.h>
long syscall(long number, ...)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"), a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    if (number == SYS_perf_event_open) {
        struct perf_event_attr *event = (struct perf_event_attr *)a[0];
        event->type = PERF_TYPE_SOFTWARE;
        event->config = PERF_COUNT_SW_TASK_CLOCK;
    }
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
C
check 'a library with events' ${CC:-gcc} -D_GNU_SOURCE -O1 -fPIC -shared -o events.so events.c -ldl
check 'a result' runs env LD_PRELOAD="$PWD/events.so" "$program" bench --op bn_inference --kernel '*_naive*' --threads 1,2 \
    --shape 'bn N=9 C=33' --launches 1 --time-cap 0 --json one.json
if grep -q '"counters": *"instructions, cycles' one.json; then
    check 'has counters of one thread' "$python" -c "
import json
for c in json.load(open('one.json'))['batchmark']['cases']:
    assert ('counters' in c) == (c['threads'] == 1) and (c['threads'] > 1 or min(c['counters'].values()) > 0), c"
    check 'is valid' runs "$program" validate one.json
    check 'and compare shows them' says 'instructions' "$program" compare --all one.json one.json
else
    echo '# skipped: no events of the system either'
    check 'says why there are no counters' grep -q '"no counters: ' one.json
fi

# What cannot be.
check 'nothing to count' fails_with 2 'what to count?' count
check 'no such kernel' fails_with 2 'no file, no kernel' count sgd_nobody
check 'a shape of another op' fails_with 2 'no kernel and shape' count sgd_naive --shape 'gemm M=3 N=3 K=3'
check 'a kernel that cannot run' fails_with 2 'BATCHMARK_MAX_ISA' env BATCHMARK_MAX_ISA=baseline "$program" count sgd_avx2
check 'a kernel and a build' fails_with 2 'is a kernel and the other a build' count sgd_naive "$program"
finish
