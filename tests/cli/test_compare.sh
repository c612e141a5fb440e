#!/bin/sh
# SPDX-License-Identifier: MIT
# compare and calibrate: messages, exit codes, what they print and write. usage: test_compare.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace compare || exit 1
unset BATCHMARK_MAX_ISA

# Results that were made up: whole numbers, which every JSON library writes alike, so that Python knows the checksum.
cat >made.py <<'PY'
import json, zlib

def case(name, kernel, shape, seconds, threads=1, code='aa', level='L2', origin='net:a', weight=2):
    s = sorted(seconds)
    q = lambda p: round(s[int(p * 4)] + (p * 4 - int(p * 4)) * (s[min(4, int(p * 4) + 1)] - s[int(p * 4)]), 6)
    return dict(name=name, kernel=kernel, op='gemm', shape=shape, threads=threads, cache='warm', origin=origin, weight=weight,
                flops=10**13, read_bytes=10**9, write_bytes=10**9, again_bytes=0, bound_s=500, bound='FMA', level=level, code=code,
                copies=1, stop='interval', median_s=s[2], median_low_s=None, median_high_s=None, min_s=s[0], p25_s=q(0.25),
                p75_s=q(0.75), p95_s=q(0.95), max_s=s[4], samples=5, disturbed=0, worst_error=0, contended=False,
                raw=[dict(launch=i, iterations=1, cpus=[0], ns=[v * 10**9], at_s=[0]) for i, v in enumerate(seconds)])

def cases(times=lambda i: 1, code=lambda i: 'aa', count=8):
    return [case(f'gemm_naive/M:{i}/threads:1/warm/real_time', 'gemm_naive', f'M={i}',
                 [int((10000 + 10 * k) * times(i)) for k in range(5)], code=code(i)) for i in range(count)]

def write(path, cases, date='2030-01-01T00:00:00Z', sign=True, schema=2, clock=3 * 10**9, complete=True, **fingerprint):
    print_of = dict(machine='made-up', cpu='Made Up 9000', isa='avx512', isa_cap=None, cores=2, cores_available=2,
                    virtualised=False, threads='1')
    print_of.update(fingerprint)
    ours = dict(schema=schema, kind='bench', complete=complete, command=['batchmark', 'bench', path], fingerprint=print_of,
                launches=[dict(launch=i) for i in range(5)], cases=cases,
                limits=[dict(isa='avx512', threads=1, fma_gflops=100, copy_gbs=dict(L2=50))])
    context = dict(date=date, clock=dict(running_hz=clock), openmp=dict(runtime='libgomp'),
                   build=dict(commit='c0ffee', compiler='gcc 0', libraries=dict(glibc='2')))
    result = dict(context=dict(batchmark=context), benchmarks=[dict(name=c['name']) for c in cases for r in c['raw']], batchmark=ours)
    if sign:
        ours['checksum'] = '%08x' % zlib.crc32(json.dumps(result, sort_keys=True, separators=(',', ':')).encode())
    json.dump(result, open(path, 'w'))

slower = lambda i: 1.2 if i == 3 else 1
changed = lambda i: 'bb' if i in (3, 4) else 'aa'
write('base.json', cases())
write('same.json', cases(lambda i: 1.001), date='2030-01-02T00:00:00Z')
write('hour.json', cases(lambda i: 1.01), date='2030-01-03T00:00:00Z')
write('slower.json', cases(slower, changed))
write('faster.json', cases(lambda i: 1 / slower(i), changed))
write('drift.json', cases(lambda i: 1.2, changed))
write('alone.json', [case(f'gemm_naive/M:{i}/threads:1/warm/real_time', 'gemm_naive', f'M={i}', [20000, 30000, 31000, 32000, 33000])
                     for i in range(8)])
write('few.json', cases(count=7), complete=False)
write('none.json', [])
write('cpu.json', cases(), cpu='Another 1')
write('threads.json', cases(), threads='1,2')
write('isa.json', cases(), isa_cap='avx2')
write('virtual.json', cases(), virtualised=True)
write('schema.json', cases(), schema=1)
write('unsigned.json', cases(), sign=False)
write('edited-cpu.json', cases(lambda i: 2), sign=False, cpu='Another\x1b[31m 1', clock=None)
write('hostile.json', [case('\x1b[2Jx\n|', 'gemm\x07', '\x9b', [10, 11, 12, 13, 14], origin='\x1b:')])
text = open('base.json').read()
open('cut.json', 'w').write(text[:len(text) // 2])
open('empty.json', 'w')
open('bytes.json', 'wb').write(bytes(range(256)) * 9)
open('edited.json', 'w').write(text.replace('"commit": "c0ffee"', '"commit": "c0ffed"'))
open('list.json', 'w').write('[1]')
open('deep.json', 'w').write('[' * 99999)
json.dump(dict(batchmark=dict(schema=2, kind='train')), open('train.json', 'w'))
PY
check 'results made up' "$python" made.py

exits() { # CODE WORD COMMAND...: exits with CODE, and stdout holds WORD
    code=$1 word=$2
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$code" ] && grep -qF -- "$word" out && return 0
    echo "# exit $got instead of $code, or no '$word':"
    sed 's/^/# /' out err
    return 1
}
compare() { "$program" compare "$@"; }

check 'compare --help' exits 0 'Usage: batchmark compare' "$program" compare --help
check 'nothing slower' exits 0 '0 slower, 0 faster, 0 same, 8 inconclusive of 8 cases' compare base.json same.json
check 'what is assumed is told' grep -Eq 'NOTE +how far floors lie apart .*: 6 % is assumed in L1 and L2, 10 % in L3' out
check 'and the command that settles it' grep -qF \
    '  batchmark ab c0ffee c0ffee -- --op gemm --kernel gemm_naive' out
check 'same, where 8 % do not matter' exits 0 '0 slower, 0 faster, 8 same, 0 inconclusive of 8 cases' compare --threshold 8 base.json same.json
check 'then nothing is open' sh -c '! grep -q settles out'
check 'one slower: exit 1' exits 1 '1 slower, 0 faster, 0 same, 7 inconclusive of 8 cases' compare base.json slower.json
check 'with its floors, their ratio, its interval and their support' grep -Eq \
    '^slower +gemm_naive/M:3/threads:1/warm +10000 s +12000 s +1\.200x +1\.132x to 1\.272x +5/5, 5/5' out
check 'the estimator is named' grep -q 'Times are floors: the least of all samples' out
check 'the ratio is explained' grep -q 'that of NEW over that of BASE' out
check 'and the verdicts' grep -q 'slower, faster: the interval lies beyond 2 %; same: it lies within 2 %; inconclusive: neither' out
check 'what could have been seen' grep -q 'Changes of a floor above 8.1 % are called in half of these, above 8.1 % in each' out
check 'totals' grep -q '8 of them have an interval; their floors add up to 80000 s in BASE and 82000 s in NEW, 1.025x' out
check 'one faster: exit 0' exits 0 '0 slower, 1 faster, 0 same' compare base.json faster.json
check 'a threshold above it' exits 0 '0 slower' compare --threshold 25 base.json slower.json
check 'all cases' exits 1 'gemm_naive/M:7' compare --all base.json slower.json
check 'one kernel' fails_with 2 "no kernel 'bn_*'" compare --kernel 'bn_*' base.json slower.json
check 'Markdown' exits 1 '| slower | gemm_naive/M:3/threads:1/warm | 10000 s | 12000 s | 1.200x |' compare --format markdown base.json slower.json
escape=$(printf '\033')
check 'slower is red' sh -c "'$program' compare --color=always base.json slower.json | grep -q '$escape\[31mslower$escape\[0m'"
check 'faster is green' sh -c "'$program' compare --color=always slower.json base.json | grep -q '$escape\[32mfaster$escape\[0m'"
check 'neither in Markdown' sh -c "! '$program' compare --color=always --format markdown base.json slower.json | grep -q '$escape'"
check 'JSON' exits 1 '"ratio": 1.2' compare --format json base.json slower.json
check 'its members' "$python" -c "
import json
r = json.load(open('out'))
worst = r['cases'][0]
assert r['summary'] == dict(slower=1, faster=0, inconclusive=7, same=0), r['summary']
assert worst['verdict'] == 'slower' and worst['low'] < 1.2 < worst['high'] and not worst['same_code'] and worst['why'] is None
assert abs(worst['ratio'] - worst['new_s'] / worst['base_s']) < 1e-9 and worst['base_support'] == dict(samples=5, launches=5)
assert r['noise'] is None and r['only_base'] == r['only_new'] == [] and r['decidable'] == 8 and r['decidable_total_s'] == [80000, 82000]
assert r['settle'].startswith('batchmark ab') and [f['path'] for f in r['base']] == ['base.json']"
check 'samples that reach no floor' exits 0 'no floor in NEW' compare base.json alone.json
check 'are not judged' grep -q '^inconclusive .* 2.000x .* 5/5, 1/1' out
check 'nor what could have been seen' grep -q 'None of them has an interval' out
check 'equal code that changed' exits 1 \
    '6 slower or faster cases are of the same object code on both sides: the machine' compare base.json drift.json

# Several files of a side.
check 'several files of a side' exits 1 '1 slower, 0 faster' compare base.json same.json : slower.json
check 'are all named' grep -Eq '^ +BASE +same.json: commit' out
check 'and pooled' grep -Eq '^slower .* 10000 s +12000 s +1\.200x .* 10/10, 5/5' out
check 'one file a side' exits 1 '1 slower, 0 faster' compare base.json : slower.json
check 'other code within a side' fails_with 3 'the code of gemm_naive' compare base.json slower.json : same.json
check 'the same file twice within a side' fails_with 3 'the same run' compare base.json : same.json same.json
check 'another machine within a side' fails_with 3 'not comparable' compare base.json : same.json cpu.json
check 'an interrupted run: what it has' exits 0 'NEW was interrupted' compare base.json few.json
check 'cases of one run are counted' grep -q '1 case is only in BASE' out
check 'and named' exits 0 'only in BASE: gemm_naive/M:7/' compare --all base.json few.json
check 'a run with itself' exits 0 'the same run' compare base.json base.json

for what in cpu threads isa virtual; do
    check "another $what is not comparable" fails_with 3 'not comparable' compare base.json $what.json
done
check 'another schema' fails_with 3 'schema' compare base.json schema.json
check 'nor in BASE' fails_with 3 'schema' compare schema.json base.json
check 'no case in common' fails_with 2 'no case in common' compare base.json none.json
for bad in cut empty bytes edited unsigned list deep train missing; do
    check "bad input: $bad" fails_with 3 "$bad.json" compare base.json $bad.json
    check "bad input: $bad, as BASE" fails_with 3 "$bad.json" compare $bad.json base.json
    [ $bad = unsigned ] || [ $bad = edited ] || check "bad input: $bad, across" fails_with 3 "$bad.json" compare --across base.json $bad.json
    check "bad input: $bad, calibrate" fails_with 3 "$bad.json" "$program" calibrate base.json $bad.json
done
check 'a folder' fails_with 3 'folder' compare base.json .
for bad in '--threshold x' '--format pdf' '--threshold -1'; do
    check "usage: $bad" fails_with 2 "${bad%% *}" compare $bad base.json same.json
done
for bad in 'base.json' '' 'base.json same.json few.json' '--nonesuch' 'base.json :' ': base.json' 'base.json : same.json : few.json' '--across base.json : few.json'; do
    sh -c "'$program' compare $bad >/dev/null 2>&1; test \$? = 2"
    check "usage: compare $bad" test $? = 0
done
check 'hostile names' exits 0 'gemm?' compare --across hostile.json
check 'do not steer the terminal' "$python" -c "
text = open('out', encoding='utf-8').read()
assert not [c for c in text if c != '\n' and (ord(c) < 32 or 127 <= ord(c) < 160)]"
check 'a full disk' sh -c "'$program' compare base.json same.json >/dev/full 2>err; test \$? = 3 && grep -q 'disk' err"

# Machines side by side, one of them edited to another CPU.
check 'across' exits 0 'Another?[31m 1, avx512, 2 cores' compare --across base.json edited-cpu.json
check 'an edited file is noted' grep -Eq 'NOTE +edited-cpu.json: its checksum does not hold' out
check 'totals of the network' grep -Eq '^Made Up 9000, avx512, 2 cores +gemm: 8 shapes, 16 uses +160320 s +1.00x +' out
check 'the other takes twice the time' grep -Eq '^Another.* gemm: 8 shapes, 16 uses +320640 s +2.00x +' out
check 'columns are explained' grep -q 'x first: the time over that of Made Up 9000' out
check 'across, Markdown' exits 0 '| machine | shape: fastest kernel |' compare --across --format markdown base.json edited-cpu.json
check 'across, JSON' exits 0 '"of_peak"' compare --across --format json base.json edited-cpu.json cpu.json
check 'which is JSON' sh -c "'$python' -m json.tool <out >/dev/null"
check 'across with nothing in common' fails_with 2 'no shape in common' compare --across base.json none.json
check 'across schemas' fails_with 3 'schema' compare --across base.json schema.json

# Noise.
check 'calibrate --help' exits 0 'Usage: batchmark calibrate' "$program" calibrate --help
check 'calibrate: two runs of few cases say too little' exits 0 '1 thread, L2: not known: 8 changes from run to run, of 20 that it takes' \
    "$program" calibrate base.json same.json --json small.json
check 'and then it is assumed as before' exits 0 '0 same' compare --noise small.json base.json same.json
rm small.json
check 'calibrate' exits 0 '1 thread, L2: 3.0 %, from 24 changes' "$program" calibrate base.json same.json hour.json
check 'writes beside the first run' sh -c 'ls ./*-c0ffee-*-noise.json >/dev/null'
check 'its members' "$python" -c "
import glob, json
r = json.load(open(glob.glob('*-noise.json')[0]))['batchmark']
assert r['kind'] == 'noise' and len(r['checksum']) == 8 and r['fingerprint']['cpu'] == 'Made Up 9000' and len(r['of']) == 3
assert [(c['threads'], c['level'], c['changes']) for c in r['margins']] == [(1, 'L2', 24)]
assert 0.03 < r['margins'][0]['margin'] < 0.0304, r['margins']"
check 'compare finds it' exits 1 'as calibrate measured it here: ./' compare base.json slower.json
check 'and takes its margin for the interval' grep -Eq '^slower .* 1\.165x to 1\.236x ' out
check 'not for another machine' exits 0 'is not known' compare cpu.json cpu.json
mkdir noise && mv ./*-noise.json noise/n.json
check 'noise that is named' exits 1 'as calibrate measured it here: noise/n.json' compare --noise noise/n.json base.json slower.json
check 'of another machine' fails_with 3 'cpu' compare --noise noise/n.json cpu.json cpu.json
check 'that is no noise' fails_with 3 'no noise' compare --noise base.json base.json same.json
sed 's/"margin":0.0/"margin":0.1/' noise/n.json >noise/edited.json
check 'that was edited' fails_with 3 'edited' compare --noise noise/edited.json base.json same.json
check 'calibrate from one result' sh -c "'$program' calibrate base.json >/dev/null 2>&1; test \$? = 2"
check 'calibrate from the same run twice' fails_with 3 'same run' "$program" calibrate base.json base.json
check 'calibrate from two machines' fails_with 3 'cpu' "$program" calibrate base.json cpu.json
check 'calibrate from other code' fails_with 3 'the code of gemm_naive' "$program" calibrate base.json slower.json
check 'calibrate from an interrupted run' fails_with 3 'interrupted' "$program" calibrate base.json few.json
check 'calibrate into no folder' fails_with 3 'no/n.json' "$program" calibrate base.json same.json --json no/n.json
check 'runs and results at once' sh -c "'$program' calibrate --runs 2 base.json same.json >/dev/null 2>&1; test \$? = 2"
check 'runs of too few' fails_with 2 '--runs' "$program" calibrate --runs 1
check 'a bench that fails' sh -c "'$program' calibrate --runs 2 -- --op sgd --shape N=q >out 2>err; test \$? = 3 && grep -q 'ended with exit code 2' err"
rm -rf results
"$program" calibrate --runs 2 -- --op sgd --kernel sgd_naive --shape N=64 --launches 2 --time-cap 0 >out 2>err
check 'calibrate runs bench and keeps its results' sh -c 'test "$(ls results/*/*-bench.json | wc -l)" = 2'
finish
