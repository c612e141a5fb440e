#!/bin/sh
# SPDX-License-Identifier: MIT
# show: every kind of result, the figures it prints, and files that are not as described. usage: test_show.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
export COLUMNS=100
workplace show || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA
export LC_ALL=C PYTHONUTF8=1
reference=$(ls "$here"/../../results/*/*-bench.json.gz | tail -n 1)
shipped=$(ls "$here"/../../results/amd-epyc-f25m17s1-2c/20261122T025134Z-*-bench.json.gz) # has peers
wide=C.UTF-8

# ---- results of this machine ----

quick='--launches 3 --launch-time 0.003 --time-cap 0'
for name in bench again; do
    check "$name" runs "$program" bench --op 'bn_forward' --shape 'N=32 C=64' --cache warm,cold $quick --json $name.json
done
check 'train' runs "$program" train --dataset builtin --layers 784,8,10 --bn after --epochs 2 --kernels autovec --threads 1 \
    --json train.json
check 'verify' runs "$program" verify --kernel 'bn_forward_[an][uav]*' --shape 'bn N=32 C=64' --json verify.json
check 'machine' runs "$program" machine --effort 0.1 --threads 1 --json machine.json
check 'noise' runs "$program" calibrate bench.json again.json --json noise.json

# ---- results that were made up ----

cat >made.py <<'PY'
# Copies of the results with a member changed; each copy's checksum is left as it was, so that it counts as edited.
import copy, gzip, json, os, sys
of = {kind: json.load(open(kind + '.json')) for kind in ('bench', 'train', 'verify', 'machine')}
def write(name, kind, change):
    document = copy.deepcopy(of[kind])
    change(document['batchmark'], document)
    json.dump(document, open(name, 'w'), ensure_ascii=False)
    return document
long = 'x' * 5000 + 'é漢' * 50
bad = ['<script>alert(1)</script>&"\'\\', '\x1b[2J\x07\n\r\u009b', long, '\u202eé漢\u0301 %s%n%d', '']
def hostile(value):
    global turn
    if isinstance(value, dict):
        return {k: v if k in ('kind', 'schema', 'checksum', 'name') else hostile(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(v) for v in value]
    if isinstance(value, str):
        turn += 1
        return bad[turn % len(bad)]
    return value
for kind, document in of.items():
    turn = 0
    json.dump(hostile(document), open('hostile-%s.json' % kind, 'w'), ensure_ascii=False)
write('schema.json', 'bench', lambda b, d: b.update(schema=1))
write('stopped.json', 'verify', lambda b, d: b.update(complete=False))
def slow(b, d): # the peer takes its slow path on channels-first, and a fast one elsewhere
    for c in b['cases']:
        if c['kernel'] == 'bn_forward_onednn':
            c['implementation'] = 'ncsp_bnorm:any' if 'nchw' in c['shape'] else 'bnorm_jit:avx512_core'
of['shipped'] = json.load(gzip.open(sys.argv[1]))
write('slow.json', 'shipped', slow)
del of['shipped']
write('wrong.json', 'bench', lambda b, d: b.update(skipped=[
    dict(name='n', kernel='bn_forward_bad', shape='N=1 C=1', reason='y[3] is nan', wrong=True),
    dict(name='m', kernel='bn_forward_slow', shape='N=1 C=1', reason='too slow', wrong=False)]))
def fail(b, d):
    b['verification'][0].update(failed=3)
    b['verification'][1].update(skipped='no such CPU')
    b['verification'][2]['fills']['random'].update(worst_error=2.5)
write('failed.json', 'verify', fail)
def sets(b, d):
    b['kernel_sets'] = [dict(variant='bn', kernels=k, threads=1, epoch_seconds=s, epoch_seconds_min=s, epoch_seconds_max=None,
                             scaled=False, target_epoch=0, target_seconds=None) for k, s in (('slow', 8), ('fast', 2))]
    b['predictions'] = [dict(variant='bn', kernels='slow', threads=1, predicted_epoch_seconds=4, measured_epoch_seconds=8,
                             phase_seconds_per_step={})]
    b['published'] = [dict(experiment=b['summaries'][0]['experiment'], variant='bn', figure='val_accuracy', epoch=e, published=0.9, why=why, reproduced=r,
                           ours=dict(n=2, median=0.75, min=0.7, max=0.8)) for e, r, why in
                      ((1, True, ''), (2, False, 'too few steps'), (0, None, ''))]
write('sets.json', 'train', sets)
write('stairs.json', 'machine', lambda b, d: b.update(staircase=[
    dict(isa='avx9', threads=1, bytes=n << 10, read_gbs=100 / n, copy_gbs=50 / n, write_gbs=25 / n, read_median_gbs=9,
         copy_median_gbs=9, write_median_gbs=9) for n in (1, 2)]))
ours = lambda b: b.get('cases') or b.get('runs') or b.get('verification') or b.get('limits')
def spoil(name, kind, change):
    def first(b, d):
        change(ours(b)[0])
    write(name, kind, first)
spoil('bad-case.json', 'bench', lambda c: c.pop('bound_s'))
spoil('bad-run.json', 'train', lambda r: r['epochs'][0].update(phase_seconds=[1]))
spoil('bad-verify.json', 'verify', lambda v: v.update(passed='many'))
spoil('bad-limit.json', 'machine', lambda l: l.update(copy_gbs=7))
write('bad-context.json', 'machine', lambda b, d: d['context']['batchmark'].pop('build'))
write('bad-list.json', 'train', lambda b, d: b.update(summaries={}))
# Every member in turn is gone or of another type: whatever is said, it is no crash.
os.mkdir('mutants')
count = 0
def places(value, path=()):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ():
        yield path + (key,)
        yield from places(inner, path + (key,))
for kind in ('train', 'verify', 'machine'):
    for path in list(places(of[kind])):
        for with_what in (None, -1, 'text', [], {}, True):
            count += 1
            if count % 11:
                continue
            document = copy.deepcopy(of[kind])
            at = document
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = with_what
            json.dump(document, open('mutants/%d.json' % count, 'w'))
text = open('bench.json').read()
open('cut.json', 'w').write(text[:len(text) // 2])
open('empty.json', 'w')
PY
check 'results made up' "$python" made.py "$shipped"

# ---- the figures ----

cat >figures.py <<'PY'
# figures.py RESULT OUT: the figures of the JSON, worked out again, stand in what was printed.
import gzip, json, math, re, sys, zlib
from collections import defaultdict
from statistics import median
path, out = sys.argv[1], open(sys.argv[2], encoding='utf-8').read()
b = json.load(gzip.open(path) if path.endswith('.gz') else open(path))['batchmark']
lines = [' '.join(l.replace('*', ' ').split()) for l in out.splitlines()]
def seconds(s):
    for unit in ('s', 'ms', 'us', 'ns'):
        if s >= 0.9995 or unit == 'ns':
            return '%.*f %s' % (2 if s < 9.995 else 1 if s < 99.95 else 0, s, unit)
        s *= 1e3
def blocks(share):
    n = int(min(max(share, 0), 1) * 80 + 0.5)
    return '█' * (n // 8) + ('', '▏', '▎', '▍', '▌', '▋', '▊', '▉')[n % 8]
def launches(c):
    return {l['launch']: median(l['ns']) for l in c['raw']}
def three(x): # digits
    if x and not 1e-3 <= abs(x) < 1e6:
        return '%.2e' % x
    return '%.*f' % (0 if x >= 99.95 or x == 0 else 1 if x >= 9.995 else 2 if x >= 0.9995 else 3 if x >= 0.0995 else 4, x)
def percent(x):
    return '%.*f %%' % (1 if x < 9.95 else 0, x)
def times(x):
    return '%.*fx' % (2 if x < 9.995 else 1 if x < 99.95 else 0, x)
def interval(s): # of the median, by order statistics (harness/measure/stats.h)
    s, n = sorted(s), len(s)
    if n < 6:
        return None, None
    cover = [1 - 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2 ** n for k in range(n // 2)] # of [k + 1] to [n - k]
    d = max(k for k in range(n // 2) if cover[k] >= 0.95) + 1
    share = (cover[d - 1] - 0.95) / (cover[d - 1] - (cover[d] if d < len(cover) else 0))
    weight = (n - d) * share / (d + (n - 2 * d) * share)
    return (1 - weight) * s[d - 1] + weight * s[d], (1 - weight) * s[n - d] + weight * s[n - d - 1]
def has(*words):
    text = ' '.join(' '.join(map(str, words)).split())
    assert any(text in l for l in lines), text
if b['kind'] == 'bench':
    if b['schema'] == 2: # from before some kernels got their present names (kernels/library/old_names.h)
        for c in b['cases'] + b['kernels']:
            key = 'kernel' if 'kernel' in c else 'name'
            c[key] = re.sub(r'^((?:bn|relu_bn|gemm)\w*_avx(?:2|512|512bf16)(?:_omp)?)$', r'\1_tuned', c[key])
    for c in b['cases']: # older results have medians of fewer samples
        medians = [1e-9 * m for m in launches(c).values()]
        c['median_s'], (c['median_low_s'], c['median_high_s']) = median(medians), interval(medians)
    peer = {k['name']: k['peer'] for k in b['kernels']}
    groups = defaultdict(list)
    for c in b['cases']:
        groups[c['op'], c['shape'], c['origin'], c['cache'], c['threads']].append(c)
    rows = 0
    for (op, shape, origin, cache, threads), cases in groups.items():
        ours = [c for c in cases if not peer[c['kernel']]]
        if cache != 'warm' or not ours:
            continue
        rows += 1
        best = min(ours, key=lambda c: median(launches(c).values()))
        m = best['median_s']
        moved = best['read_bytes'] + best['write_bytes']
        flops = best['flops'] > 2 * moved
        rate = (best['flops'] if flops else moved) / m / 1e9
        naive = [c for c in groups[op, shape, origin, cache, 1] if c['kernel'] == op + '_naive']
        rival = min((c for c in cases if peer[c['kernel']]), key=lambda c: median(launches(c).values()), default=None)
        half = best['median_low_s'] and percent(50 * (best['median_high_s'] - best['median_low_s']) / m)
        share = best['bound_s'] / m
        row = ' '.join(map(str, (threads, best['kernel'][len(op) + 1:], seconds(m), half or '-', three(rate),
                                 'GFLOP/s' if flops else 'GB/s', blocks(share), percent(100 * share), best['bound'],
                                 times(naive[0]['median_s'] / m) if naive else '-')))
        slow = ', slow' if rival and rival.get('implementation', '').endswith((':any', ':sse41')) else ''
        end = times(rival['median_s'] / m) + ' ' + rival['kernel'][len(op) + 1:] + slow if rival else '-'
        assert any(row in l and l.endswith(end) for l in lines), row + ' ... ' + end
    assert rows, 'no rows'
    n, bad = sum(c['samples'] for c in b['cases']), sum(c['disturbed'] for c in b['cases'])
    has('%d cases (%d contended), %d launches, %d samples, %.0f %% of them disturbed' % (
        len(b['cases']), sum(c['contended'] for c in b['cases']), len(b['launches']), n, 100 * bad / n))
if b['kind'] == 'train':
    for s in b['summaries']:
        has(s['variant'], len(s['epochs']), '%.4f' % s['epochs'][-1]['val_accuracy']['median'])
        has('Layers', s['config']['layers'])
        runs = [r for r in b['runs'] if r['alone'] and r['variant'] == s['variant']]
        epochs = [e for r in runs for e in r['epochs']]
        steps, phases = sum(e['steps'] for e in epochs), defaultdict(float)
        for e in epochs:
            for phase, t in e['phase_seconds'].items():
                phases[phase.split()[0]] += t
        if steps:
            has(s['variant'], seconds(sum(phases.values()) / steps), percent(100 * phases['gemm'] / sum(phases.values())))
if b['kind'] == 'verify':
    for v in b['verification']:
        if v['skipped'] is None and v['passed'] + v['failed']:
            name = v['kernel'][len(v['op']) + 1:] if v['kernel'].startswith(v['op'] + '_') else v['kernel']
            has(name, v['passed'], *('-' if not f['cases'] else 'NaN' if f['worst_error'] is None else three(f['worst_error'])
                                     for f in v['fills'].values()))
    has('Of %d kernels, %d checks passed and 0 failed' % (len(b['verification']), sum(v['passed'] for v in b['verification'])))
if b['kind'] == 'machine':
    title = dict(baseline='baseline', avx2='AVX2', avx512='AVX-512', avx512vnni='VNNI', avx512bf16='BF16')
    most = max(l['fma_gflops'] for l in b['limits'])
    for l in b['limits']:
        if 'FMA' in l.get('disturbed', []):
            continue
        has('%s, %d' % (title[l['isa']], l['threads']), blocks(l['fma_gflops'] / most), three(l['fma_gflops']), 'GFLOP/s',
            three(l['fma_median_gflops']), 'GFLOP/s')
    def disturbed(l, way, level): # others disturbed it in every try
        return '%s %s' % (way, level) in l.get('disturbed', [])
    ways = ('read', 'copy', 'write')
    widest = max(v for l in b['limits'] for d in ways for level, v in l[d + '_gbs'].items() if not disturbed(l, d, level))
    for l in b['limits']:
        for level in l['read_gbs']:
            has(level, *('disturbed' if disturbed(l, d, level) else
                         blocks(l[d + '_gbs'][level] / widest) + ' ' + three(l[d + '_gbs'][level]) + ' GB/s' for d in ways))
if b['kind'] == 'noise':
    most = max((m['margin'] or 0 for m in b['margins']), default=0)
    for m in b['margins']:
        if m['margin'] is None:
            has(m['level'], m['threads'], m['changes'], '-')
        else:
            has(m['level'], m['threads'], m['changes'], blocks(m['margin'] / most), percent(100 * m['margin']))
PY
cat >plain.py <<'PY'
# plain.py OUT [ascii]: no line is longer than 100 columns, and no character steers a terminal.
import sys, unicodedata
text = open(sys.argv[1], 'rb').read().decode('ascii' if sys.argv[2:] else 'utf-8')
for line in text.split('\n'):
    columns = sum(2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)
    assert columns <= 100, (columns, line)
    assert all(unicodedata.category(c) not in ('Cc', 'Cf', 'Mn') for c in line), line
PY
shows() { # LOCALE ARGUMENT...
    locale=$1
    shift
    LC_ALL=$locale "$program" show "$@" >out 2>err </dev/null
}
for file in bench.json train.json verify.json machine.json noise.json "$reference"; do
    name=$(basename "$file")
    check "$name" shows $wide "$file"
    check "$name: its figures" "$python" figures.py "$file" out
    check "$name: plain" "$python" plain.py out
    check "$name: nothing on stderr" test ! -s err
    check "$name in a narrow locale" shows C --all "$file"
    check "$name: ASCII only" "$python" plain.py out ascii
done

# ---- what it says ----

check 'every case' sh -c "'$program' show --all bench.json >out && test \$(grep -c ' cold ' out) -gt 1"
check 'kernels that tie with the fastest' says '(ties with ' "$program" show "$reference"
check 'one kernel' sh -c "'$program' show --kernel '*_naive' bench.json >out && grep -q ' naive ' out && ! grep -q ' autovec ' out"
check 'an op that is not there' says 'No case of ours matches' "$program" show --op gemm bench.json
check 'the ladder' sh -c "'$program' show --ladder bench.json >out && grep -q '^BN forward: total time of a call on each of 1 shape$' out &&
    grep -Eq '^autovec +1 +[0-9.]+ [a-z]+.*  inconclusive$' out && grep -q '^Missing: GEMM: ' out && ! grep -q cold out"
check 'as CSV' sh -c "'$program' show --ladder --format csv bench.json | grep -q '^\"\",\"ladder-bn-forward\",\"naive\",\"over naive\",1,'"
check 'no ladder of other kinds' fails_with 3 'verify has no ladder' "$program" show --ladder verify.json
check 'no CSV of the rest' fails_with 2 'goes with --ladder' "$program" show --format csv bench.json
check 'slow paths of peers' says ', slow' "$program" show --op bn_forward slow.json
check 'without them' grep -q '^bn_forward, 1 thread: the peer is on a slow path for 2 of 8 shapes; over the others [0-9.]*x$' out
check 'why' grep -q 'slow: the peer is on a slow path: it took plain loops or SSE4.1' out
check 'wrong kernels' says 'WRONG    bn_forward_bad, N=1 C=1: y[3] is nan' "$program" show wrong.json
check 'skipped cases by their reasons' grep -Eq '^ +1 +too slow$' out
check 'an edited file' grep -q '^  EDITED' out
check 'an interrupted run' says 'STOPPED' "$program" show stopped.json
check 'failures of verify' says 'fails 3 of its checks' "$program" show failed.json
check 'are wrong' grep -q 'WRONG: bn_forward' out
check 'what verify skipped' grep -q 'no such CPU' out
check 'an error beyond its bound' grep -q ' 2.50 ' out
check 'one kernel of verify' sh -c "'$program' show --kernel '*_naive' verify.json >out && grep -q ' 1 kernels' out"
check 'kernel sets' sh -c "'$program' show sets.json >out && grep -Eq 'slow +bn +1 +8.00 s +8.00 s +- +- +-$' out &&
    grep -Eq 'fast +bn +1 +2.00 s' out"
check 'predictions' grep -Eq 'slow +bn +4.00 s +8.00 s +2.00x$' out
check 'published figures' grep -Eq 'val_accuracy +1 +0.9000 +0.7500 +0.7000 +0.8000 +reproduced$' out
check 'those that are not reproduced, and why' grep -q 'Why not, bn: too few steps' out
check 'those that were not run' grep -Eq ' after training +0.9000 .* not run$' out
check 'bandwidth by size' sh -c "'$program' show stairs.json >out &&
    grep -Eq '^2 KiB +#####[.]{5} +50.0 GB/s +###[.]{7} +25.0 GB/s +#[.]{9} +12.5 GB/s$' out"

# ---- files that are not as described ----

for kind in bench train verify machine; do
    for place in C $wide; do
        shows $place --all hostile-$kind.json
        check "hostile texts in $kind, $place" test $? = 0
        check 'they are plain' "$python" plain.py out $([ $place = C ] && echo ascii)
    done
done
for bad in case:bound_s run:phase_seconds verify:passed limit:copy_gbs context:build list:summaries; do
    check "a bad member, $bad" fails_with 3 "\"${bad#*:}\"" "$program" show "bad-${bad%:*}.json"
    check 'its file' grep -q "bad-${bad%:*}.json: " err
    check 'nothing half-shown' test ! -s out
done
mutants() {
    for file in mutants/*.json; do
        "$program" show "$file" >out 2>err
        code=$?
        [ $code = 0 ] || { [ $code = 3 ] && [ ! -s out ] && grep -q "$file" err; } || { echo "# $file: $code"; return 1; }
    done
}
check 'members that are gone or of another type' mutants
for bad in cut empty missing schema; do
    check "bad input: $bad" fails_with 3 "$bad.json" "$program" show $bad.json
done
check 'the others are shown' fails_with 3 cut.json "$program" show verify.json cut.json machine.json
check 'the first and the last' sh -c "grep -q '^verify.json: verify' out && grep -q '^machine.json: machine' out"
check 'no result' fails_with 2 RESULT "$program" show
check 'a full disk' sh -c "test ! -e /dev/full || { '$program' show verify.json >/dev/full 2>err; test \$? = 3; }"
finish
