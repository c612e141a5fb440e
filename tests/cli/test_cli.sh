#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line, its messages and exit codes, and its result files. usage: test_cli.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace cli || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA BATCHMARK_PEER_OPENBLAS BATCHMARK_PEER_BLIS BATCHMARK_PEER_LIBXSMM BATCHMARK_PEER_ONEDNN
quick='--sample-time 0.0002 --launches 2 --time-cap 0'


check 'help' says 'COMMAND' "$program" --help
for command in list machine verify bench ab count compare tune calibrate history fleet validate train; do
    check "$command --help" says "Usage: batchmark $command" "$program" $command --help
done
check 'no command' sh -c "'$program' >/dev/null 2>&1; test \$? = 2"
check 'unknown command' fails_with 2 "'fly'" "$program" fly
check 'a cap that is no ISA' fails_with 2 sse9 env BATCHMARK_MAX_ISA=sse9 "$program" list
check 'an unknown kernel' fails_with 2 nonesuch "$program" list --kernel nonesuch
check 'the old name of that option' says sgd_naive "$program" list --variant 'sgd_*'
check 'verify of nothing' fails_with 2 'nothing was verified' "$program" verify --op sgd --kernel 'gemm_*'
check 'bench of nothing' fails_with 2 'nothing to do' "$program" bench --op sgd --kernel 'gemm_*' --json r.json
check 'bench of what does not fit' fails_with 3 'nothing was timed' "$program" bench --op sgd --shape N=999999999999 --json r.json
check 'bench with more threads than cores' fails_with 3 'nothing was timed' "$program" bench --kernel sgd_naive_omp --shape N=99 \
    --threads 4000 --json r.json
check 'a bad shape' fails_with 2 'N=q' "$program" bench --shape 'N=q C=3' --json r.json
check "another family's key" fails_with 2 "'layout' is no key of params" "$program" verify --shape 'params N=3 layout=nchw'
check 'a missing shape file' fails_with 3 'none.txt' "$program" bench --shapes none.txt --json r.json
check 'a sweep of threads' says '0 skipped' "$program" bench --op sgd --kernel 'sgd_naive*' --shape N=99 --threads sweep --dry-run
check 'begins with one' grep -q '/threads:1/' out
check 'and is no other word' fails_with 2 '--threads' "$program" bench --threads sweeping --json r.json
check 'threads of zero' fails_with 2 '--threads' "$program" bench --threads 0 --json r.json
check 'a cache state that is none' fails_with 2 'lukewarm' "$program" bench --cache lukewarm --json r.json
check 'a result in no folder' fails_with 3 'no/folder/r.json' "$program" bench --op sgd --shape N=5 --json no/folder/r.json
check 'a device is no result' fails_with 3 'belongs to the system' "$program" bench --op sgd --shape N=5 --json /dev/null
check 'a missing experiment' fails_with 3 'no-such' "$program" train --experiment no-such --json t.json
check 'an unknown variant of it' fails_with 2 'no variant' "$program" train --experiment mnist-sgd --variant x --json t.json
check 'a bad setting' fails_with 2 'lr' "$program" train --lr fast --json t.json
check 'data that is not there' fails_with 3 'nowhere' "$program" train --data nowhere --json t.json
check 'layers that do not fit the data' fails_with 3 'layers' "$program" train --dataset builtin --layers 100,10 --json t.json
check 'a diverging run' fails_with 1 'diverged' "$program" train --dataset builtin --lr 1e12 --max-steps 500 --json t.json

check 'validation larger than the data' fails_with 3 'only 60000 training images' "$program" train --dataset builtin \
    --validation first:60000 --json t.json
check 'a batch of one with BN' fails_with 2 'one image has no variance' "$program" train --dataset builtin --bn after --batch 1 \
    --json t.json
check 'also if only a later variant has BN' fails_with 2 'bn: batch = 1' "$program" train --experiment cifar-adam --batch 1 --json t.json
check 'more threads than cores' fails_with 3 'ask for fewer threads' "$program" train --dataset builtin --threads 1000 --json t.json
check 'fewer threads from OpenMP' fails_with 3 'OMP_THREAD_LIMIT' env OMP_THREAD_LIMIT=1 "$program" train --dataset builtin --threads 2 --json t.json
check 'stacks that are too small' fails_with 3 'OMP_STACKSIZE' env OMP_STACKSIZE=16k "$program" train --dataset builtin --threads 2 --json t.json
check 'seeds that repeat' fails_with 2 'there twice' "$program" train --seeds 1,2,1 --json t.json
check 'train --help has its exit codes' says 'above 128 interrupted' "$program" train --help
# Data files that are wrong, one way each; test_dataset.c has the others.
header() { printf '\000\000\010\00'"$1"'\000\000\000\002'; }
side() { printf '\000\000\000\034\000\000\000\034'; }
data_set() { # FOLDER LABELS: two images for training and two for testing
    mkdir -p "$1" && for set in train t10k; do
        { header 3; side; head -c 1568 /dev/zero; } >"$1/$set-images-idx3-ubyte"
        { header 1; printf "$2"; } >"$1/$set-labels-idx1-ubyte"
    done
}
data_set good '\000\011' && data_set labels '\000\012' && data_set short '\000' && data_set corrupt '\000\011' && data_set lost '\000\011'
printf junk >corrupt/t10k-images-idx3-ubyte
rm lost/t10k-labels-idx1-ubyte
small='--dataset mnist --layers 784,10 --validation test --batch 2 --epochs 1 --json t.json'
check 'two images are enough' says 'test accuracy' "$program" train --data good $small
check 'labels out of range' fails_with 3 'label 10 of image 1' "$program" train --data labels $small
check 'truncated data' fails_with 3 'truncated' "$program" train --data short $small
check 'corrupt data' fails_with 3 'not a file of images' "$program" train --data corrupt $small
check 'a missing file' fails_with 3 't10k-labels' "$program" train --data lost $small
check 'a diverging seed does not stop the next' sh -c "'$program' train --dataset builtin --layers 784,16,10 --lr 1e12 --max-steps 300 \
    --seeds 1,2 --json t.json >out 2>err; test \$? = 1 && test \$(grep -c 'seed [12]: diverged' err) = 2"

check 'the cap skips with its reason' sh -c "BATCHMARK_MAX_ISA=baseline '$program' list --op gemm | grep gemm_avx2 | grep -q BATCHMARK_MAX_ISA"
# Peers: one of our own making stands in, so that none need be installed. It uses one thread whatever it is told.
check 'a peer that is not there' fails_with 3 '/nonexistent' "$program" list --peer openblas=/nonexistent
check 'nor where the environment says' fails_with 3 'BATCHMARK_PEER_BLIS' env BATCHMARK_PEER_BLIS=/nonexistent "$program" verify --kernel gemm_blis
check 'a peer of no known name' fails_with 2 'mkl' "$program" bench --peer mkl=/nonexistent --json r.json
check 'a peer that nothing asks for is not opened' runs env BATCHMARK_PEER_BLIS=/nonexistent "$program" list --op sgd
check 'a comparison with nothing known' fails_with 2 'rivals' "$program" bench --versus rivals --json r.json
cat >peer.c <<'C'
char *openblas_get_config(void) { return "OpenBLAS 9.8.7 STAND_IN"; }
char *openblas_get_corename(void) { return "Abacus"; }
void openblas_set_num_threads(int n) { (void)n; }
int openblas_get_num_threads(void) { return 1; }
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                 float beta, float *c, int ldc)
{
    for (int i = 0; i < m && order == 101; i++)
        for (int j = 0; j < n; j++) {
            float sum = 0;
            for (int p = 0; p < k; p++)
                sum += alpha * (ta == 112 ? a[p * lda + i] : a[i * lda + p]) * (tb == 112 ? b[j * ldb + p] : b[p * ldb + j]);
            c[i * ldc + j] = sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
        }
}
C
check 'a stand-in is built' ${CC:-gcc} -O2 -shared -fPIC peer.c -o peer.so
check 'list describes it' says '9.8.7, Abacus' "$program" list --kernel gemm_openblas --peer openblas=./peer.so
check 'a bare name is a file here' says '9.8.7, Abacus' "$program" list --kernel gemm_openblas --peer openblas=peer.so
check 'it is verified' says ' 0 failed' "$program" verify --kernel gemm_openblas --shape 'gemm M=9 N=17 K=5 trans=TN beta=0.5' --peer openblas=./peer.so
check 'and compared' says 'geometric mean' env BATCHMARK_PEER_OPENBLAS=./peer.so "$program" bench --versus peers --kernel 'gemm*[_l]a*' \
    --shape 'gemm M=24 N=24 K=24' $quick --json versus.json
cat >versus.py <<'PY'
import json
r = json.load(open('versus.json'))
ours = r['batchmark']
peer, = [p for p in r['context']['batchmark']['peers'] if p['name'] == 'openblas']
assert peer['version'] == '9.8.7' and peer['path'].endswith('/peer.so'), peer
row = ours['versus'][0]
assert row['threads'] == 1 and row['peers'][0]['median_s'] > 0 and row['peers'][0]['floor_s'] > 0, row
for pair in row['pairs']:
    assert pair['paired'] and pair['launches'] >= 4 and pair['against'] == 'gemm_openblas', pair
    assert 0 < pair['low'] <= pair['ratio'] <= pair['high'], pair
ratio = {pair['kernel']: pair['ratio'] for pair in row['pairs']}
assert row['auto_ratio'] == ratio['gemm_auto'] and row['ours_ratio'] == ratio[row['ours']['kernel']], row
tally = ours['versus_summary'][0]['ours']
assert tally['shapes'] == 1 == tally['below'] + tally['above'] + tally['not_told'], tally
for mean in 'geometric_mean', 'total_ratio': # of one shape
    assert abs(tally[mean] / row['ours_ratio'] - 1) < 1e-9 and tally[mean + '_low'] <= tally[mean] <= tally[mean + '_high'], tally
assert abs(tally['rivals_total_s'] / tally['total_s'] / row['ours_ratio'] - 1) < 1e-9, tally
for team in ours['peer_teams']:
    assert team['worked'] in (1, None), team # None: idle threads would not sleep
    assert team['small_worked'] == team['worked'], team
    if team['threads'] > 1 and team['worked']:
        assert any('used 1' in s['reason'] for s in ours['skipped']), ours['skipped']
PY
check 'the fields of a comparison' "$python" versus.py
check 'a result as it is described' says ': valid (bench' "$program" validate versus.json
check 'against naive, whatever the filter' says 'over naive' "$program" bench --versus naive --kernel 'gemm_autovec' --threads 1 \
    --shape 'gemm M=24 N=24 K=24' --shape 'gemm M=300 N=300 K=300' --max-call 9 $quick --json naive.json
cat >naive.py <<'PY'
import json
rows = json.load(open('naive.json'))['batchmark']['versus']
assert len(rows) == 2 and all(r['against'] == 'naive' and not r['peers'] and r['auto'] is None for r in rows), rows
for row in rows:
    pair, = row['pairs']
    assert (pair['kernel'], pair['against'], pair['against_threads']) == ('gemm_autovec', 'gemm_naive', 1), pair
    assert row['ours_ratio'] == pair['ratio'] > 0, row
assert rows[0]['pairs'][0]['paired']
long = rows[1]['pairs'][0] # its calls may be too long for pairs; then two launches have no interval
assert long['paired'] or (long['launches'] == 2 and long['low'] is None is long['high']), long
PY
check 'a row a shape' "$python" naive.py
check 'the default shapes of a comparison' says 'gemm_training' "$program" list --shapes
check 'of batch normalisation' says 'bn_training' "$program" list --shapes
cat >products.c <<'C'
static const struct { int major, minor, patch; const char *hash; unsigned cpu, gpu; } version = { 2, 9, 9, "", 2, 0 };
const void *dnnl_version(void) { return &version; }
int dnnl_sgemm(void) { return 1; }
C
check 'a oneDNN without batch normalisation is built' ${CC:-gcc} -O2 -shared -fPIC products.c -o products.so
check 'it keeps its products' says '2.9.9, unknown, OpenMP' "$program" list --kernel gemm_onednn --peer onednn=./products.so
for named in '2 ISA 0xf' '3 AVX2-VNNI'; do # the same bits
    { sed "s/version = { 2,/version = { ${named%% *},/" products.c; echo 'unsigned dnnl_get_effective_cpu_isa(void) { return 0xf; }'; } >isa.c
    check "an ISA of version ${named%% *} is built" ${CC:-gcc} -O2 -shared -fPIC isa.c -o isa.so
    check 'it has its name' says "${named%% *}.9.9, ${named#* }, OpenMP" "$program" list --kernel gemm_onednn --peer onednn=isa.so
done
check 'a call that fails is wrong' sh -c "'$program' verify --kernel gemm_onednn --shape 'gemm M=9 N=7 K=5' --peer onednn=products.so \
    >out 2>&1; test \$? = 1"
check 'with its status' grep -q 'dnnl_sgemm of onednn failed with status 1' out
check 'and verifies no more' fails_with 2 'nothing was verified' "$program" verify --kernel bn_forward_onednn --shape 'bn N=9 C=5' \
    --peer onednn=./products.so
check 'with the reason' grep -q 'no batch normalisation by the interface' out

if "$python" -c 'import torch, numpy' 2>/dev/null; then
    printf 'bn N=32 C=13 eps=0.01\nbn N=2 C=3 H=5 W=7 layout=nhwc\nbn_backward N=2 C=3 S=35\ngemm M=1 N=1 K=1\n' >torch.txt
    check 'PyTorch on the same shapes' says '5 cases timed, 0 wrong' "$python" "$here/../../bench/peers/pytorch.py" --shapes torch.txt \
        --budget 0.01 --min-time 0.001 --json torch.json
    check 'named alike' grep -q 'bn_forward_pytorch/N:70/C:3/threads:1/warm/real_time' torch.json
fi

check 'list --shapes' says 'resnet50' "$program" list --shapes
check 'list --shapes explains keys' says 'eps=1e-5       added to the variance (number >= 0)' "$program" list --shapes
for command in bench verify count; do
    check "$command --help names keys" says 'norm has N C eps pad' sh -c "'$program' $command --help | tr -s '\n ' ' '"
done
for experiment in fashion-lab mnist-sgd cifar-adam cifar-cnn fashion-leaky mnist-adam; do
    check "list --experiments has $experiment" says "$experiment: " "$program" list --experiments
    check "$experiment without data" says 'NOTE' "$program" train --experiment $experiment --seed 0 --max-steps 2 --json t.json
done
check 'train --list explains the variants' says 'bn-wrong-optimizer' "$program" train --list
check 'the width of generated images is taken' sh -c "'$program' train --experiment cifar-adam --variant bn --seed 0 --max-steps 2 \
    --json t.json | grep -q 'NOTE: bn: 784 inputs instead of 3072'"
check 'wrong layers of the command line are not' fails_with 3 'layers' "$program" train --experiment cifar-adam --variant bn \
    --layers 3072,10 --json t.json
check 'verify of one kernel' says ' 0 failed' "$program" verify --kernel gemm_naive --shape 'gemm M=3 N=4 K=5' --threads 2
check 'verify --json' sh -c "'$program' verify --kernel sgd_naive --json v.json >/dev/null && '$python' -c \"
import json
v, = json.load(open('v.json'))['batchmark']['verification']
assert v['passed'] > 9 and v['failed'] == 0 and v['fills']['random']['worst_error'] <= 1\""
check 'its checksum is as described' "$python" "$here/../fixtures/checksum.py" v.json
# Files that are no results; test_run.c has the others.
: >empty.json
echo '{"context": {}, "benchmarks": []}' >foreign.json
sed 's/"schema":[0-9]*/"schema":1/' v.json >old.json
check 'nothing to validate' fails_with 2 'FILE' "$program" validate
check 'a missing result' fails_with 3 'none.json' "$program" validate none.json
check 'a folder is no result' fails_with 3 'or a folder' "$program" validate .
check 'an empty result' fails_with 3 'empty.json: the file is empty' "$program" validate empty.json
check "another program's result" fails_with 3 'no result of batchmark' "$program" validate foreign.json
check 'a result of another schema' fails_with 3 'its schema is 1' "$program" validate old.json
head -c 500 v.json >cut.json
check 'a truncated result' fails_with 3 'cut.json:1: not a whole JSON document' "$program" validate cut.json
gzip -c v.json | head -c 300 >cut.json.gz
check 'and one that is packed' fails_with 3 'cut.json.gz: cannot be read to its end' "$program" validate cut.json.gz
check 'a line for each that is wrong' sh -c "'$program' validate empty.json cut.json 2>err; test \$? = 3 && test \$(wc -l <err) = 2"

check 'soak' says ' 0 failed' "$program" verify --op 'bn_*' --kernel '*_naive' --random 20 --seed 5
check 'a broken kernel is rejected' says '1 of 1 broken kernels rejected' "$program" verify --kernel bn_forward_no_op
sh -c "'$program' verify --kernel bn_forward_no_op --shape 'bn N=0 C=0' >/dev/null 2>&1; test \$? = 1"
check 'a broken kernel that nothing shows is a failure' test $? = 0

# Fewer cores than were given: a warning on the screen and in the result, always.
cat >cores.py <<'PY'
# cores.py FILE: the warning is there if and only if cores were left out.
import json, sys
r = json.load(open(sys.argv[1]))
ours, warnings = r['batchmark'], r['context']['batchmark']['warnings']
given = ours['fingerprint']['cores_available']
said = [w for w in warnings if 'cores that were given' in w]
assert len(said) == (ours['cores_timed'] < given), (ours['cores_timed'], given, said)
PY
cores_said() { # COMMAND...: run, with what was said on the screen
    "$program" "$@" --json cores.json >out 2>err </dev/null && "$python" cores.py cores.json &&
        [ "$(grep -c '^WARNING: .* cores that were given' out)" = "$("$python" -c "
import json
b = json.load(open('cores.json'))['batchmark']
print(int(b['cores_timed'] < b['fingerprint']['cores_available']))")" ]
}
few='--op sgd --kernel sgd_naive* --shape N=9999 --launches 1 --time-cap 0 --sample-time 0.0002'
check 'all cores' cores_said bench $few
check 'one thread was asked for' cores_said bench $few --threads 1
check 'only serial kernels' cores_said bench $few --op sgd --kernel sgd_naive
check 'one thread of the machine' cores_said machine --effort 0.1 --threads 1
check 'one thread in training' cores_said train --dataset builtin --layers 784,8,10 --max-steps 3 --threads 1
check 'teams that cannot be had' env OMP_THREAD_LIMIT=1 sh -c "'$program' bench $few --json cores.json >out 2>err"
check 'are said with the reason' "$python" cores.py cores.json

for i in A B; do
    check "bench $i" runs "$program" bench --op 'bn_forward' --shape 'N=32 C=64' --cache warm,cold $quick --json $i.json
done
grep -q 'of limit' out
check 'shares of the limit are shown' test $? = 0
check "Google Benchmark's compare.py reads two results" sh -c \
    "'$python' /usr/share/benchmark/compare.py --no-color benchmarks A.json B.json | grep -q bn_forward_naive"
mkdir stored && cd stored
check 'machine --store' says 'result: results/' "$program" machine --effort 0.1 --threads 1 --store
check 'its file is where it says, and valid' says ': valid (machine, ' "$program" validate "$(sed -n 's/^result: //p' out)"
check 'the staircase of bandwidth is shown' runs sh -c "'$program' machine --effort 0.1 --threads 2 | grep -q \
    'by each thread.s working set, .*, 2 threads'"
check 'and is in the file' "$python" -c "
import glob, json
r = json.load(open(sorted(glob.glob('results/*/*-machine.json'))[0]))['batchmark']
stairs = r['staircase']
size = [s['bytes'] for s in stairs]
assert size == sorted(set(size)) and size[0] <= r['fingerprint']['l1_bytes'] / 2 and len(size) > 12, size
assert size[-1] > r['fingerprint']['l3_bytes'] or size[-1] >= 1 << 26, size
assert all(s['threads'] == 1 and s['isa'] == r['fingerprint']['isa'] for s in stairs)
assert all(s['read_gbs'] >= s['read_median_gbs'] > 0 for s in stairs)
assert r['topology_xml'].startswith('<topology') and '<info' not in r['topology_xml']"
check 'verify --store' says 'result: results/' "$program" verify --kernel sgd_naive --store
check 'puts a valid file too' says ': valid (verify, ' "$program" validate "$(sed -n 's/^result: //p' out)"
check 'store and json are two places' fails_with 2 'give only one' "$program" verify --kernel sgd_naive --store --json v.json
check 'in either order' fails_with 2 'give only one' "$program" machine --json m.json --store
check 'and nothing was written' test ! -e v.json -a ! -e m.json
rm -r results && : >results
check 'no folder to store in' fails_with 3 'cannot make the folder results/' "$program" machine --store
cd ..
check 'machine --json' runs "$program" machine --effort 0.1 --threads 1 --json machine.json
check 'calibrate' runs "$program" calibrate A.json B.json --json noise.json
check 'train --json' runs "$program" train --dataset builtin --layers 784,8,10 --epochs 1 --json net.json
for kind in A:bench v:verify net:train machine:machine noise:noise; do
    check "a result of ${kind#*:} is valid" says "valid (${kind#*:}, " "$program" validate ${kind%:*}.json
done
check 'which compare does not take' fails_with 3 'a result of noise, not of bench' "$program" compare noise.json A.json
cat >fields.py <<'PY'
import json, sys
r = json.load(open('A.json'))
ours, p = r['batchmark'], r['context']['batchmark']
assert ours['schema'] == 3 and ours['complete'] is True and ours['limits'] and ours['kernels'], ours.keys()
assert len(ours['limits_at_end']) == len(ours['limits']), ours['limits_at_end']
names = [c['name'] for c in ours['cases']]
assert len(names) == len(set(names)) > 7
for c in ours['cases']:
    samples = [b for b in r['benchmarks'] if b['name'] == c['name']]
    assert 1 <= len(samples) <= len(c['raw']) == 2 and all(b['real_time'] > 0 and b['iterations'] > 0 for b in samples), c
    assert all(len(x['cpus']) == c['threads'] for x in c['raw']) and c['name'].endswith('/real_time') and c['bound_s'] > 0
assert {c['cache'] for c in ours['cases']} == {'warm', 'cold'}
for k in ('cpu', 'clock', 'topology', 'system', 'openmp', 'build', 'date'):
    assert k in p, k
PY
check 'the fields of a result' "$python" fields.py
kept() { ls results/*/*-bench.json 2>/dev/null | wc -l; }
before=$(kept)
check 'a run of a part is not stored' says 'result: not stored, since it is of a part (--store keeps it' "$program" bench --op sgd --shape N=100 $quick
check 'nor is there a file' test "$(kept)" = "$before"
check 'but printed' grep -q '^sgd N=100' out
check 'with --store it is' says 'result, with raw samples and provenance: results/' "$program" bench --op sgd --shape N=100 $quick --store
check 'in a file' test "$(kept)" = "$((before + 1))"
check 'two places for one result' fails_with 2 '--store and --json' "$program" bench --op sgd --store --json x.json
check 'more threads than there are' fails_with 3 'nothing was timed' "$program" bench --kernel sgd_naive_omp --threads 4000 --shape N=100 --store
check 'leave no result' test "$(kept)" = "$((before + 1))"
trained=$(ls results/*/*-train.json 2>/dev/null | wc -l)
check 'a mistyped folder of data' fails_with 3 nowhere "$program" train --data nowhere
check 'leaves none either' test "$(ls results/*/*-train.json 2>/dev/null | wc -l)" = "$trained"
check 'nor in a file that was named' sh -c "! '$program' train --data nowhere --json empty-train.json 2>/dev/null && ! [ -e empty-train.json ]"
check 'two launches are two' says 'asked were 2 launches: 1 cases' "$program" bench --op sgd --kernel sgd_naive --shape N=100 --launches 2 \
    --json two.json
check 'in the result' "$python" -c "
import json
r = json.load(open('two.json'))['batchmark']
assert len(r['launches']) == 2 and [len(c['raw']) for c in r['cases']] == [2], r['launches']
assert all('floor_raw' not in c and c['stop'] in ('launches', 'floor') for c in r['cases'])"
check 'a first look' says '--quick left out all but' "$program" bench --quick --json quick.json
check 'is of a few kernels and shapes, in two launches at most' "$python" -c "
import json
r = json.load(open('quick.json'))['batchmark']
assert 4 <= len(r['cases']) < 50 and len(r['launches']) <= 2, len(r['cases'])
assert {c['op'] for c in r['cases']} <= {'gemm', 'bn_forward', 'bn_backward', 'sgd'}"
check 'not with pairs' fails_with 2 '--quick and --versus' "$program" bench --quick --versus naive

check 'train, from options' says 'test accuracy' "$program" train --dataset builtin --layers 784,16,10 --epochs 1 --bn before \
    --activation leaky_relu --optimizer adam --lr 0.001 --batch 128 --kernels naive --json t.json
check 'train says which data it used' grep -q 'generated' out
for k in region auto autovec; do
    check "train in bf16 by $k" says "kernels $k in bf16" "$program" train --dataset builtin --layers 784,16,10 --epochs 1 --bn before \
        --batch 128 --threads 2 --precision bf16 --kernels $k --json bf16-$k.json
    check 'gives a valid result' runs "$program" validate bf16-$k.json
done
check 'which has the precision, and calls on bf16' "$python" -c "
import json
for k in 'region', 'auto', 'autovec':
    run, = json.load(open(f'bf16-{k}.json'))['batchmark']['runs']
    kernels = [c['kernel'] for c in run['calls']]
    assert run['config']['precision'] == 'bf16' and '/precision:bf16/' in run['name'], run['name']
    assert sum(n.startswith('gemm_bf16_') for n in kernels) == 6 and not any(n.startswith('gemm_auto') for n in kernels), kernels
    assert any('result=bf16' in c['shape'] and 'bias_bn_stats' in c['shape'] for c in run['calls']), run['calls']
    assert run['test_accuracy'] > 0.5, run['test_accuracy']"
check 'and is shown' says 'region in bf16' "$program" show bf16-region.json
check 'in f32 no call is on bf16' "$python" -c "
import json
run, = json.load(open('t.json'))['batchmark']['runs']
assert run['config']['precision'] == 'f32' and not any('bf16' in c['kernel'] for c in run['calls']), run['calls']"
check 'where the CPU has no bf16 it says so' says 'products in bf16 are plain loops' env BATCHMARK_MAX_ISA=baseline "$program" train \
    --dataset builtin --layers 784,16,10 --max-steps 2 --precision bf16 --json slow.json
check 'a precision that is none' fails_with 2 'expected f32 | bf16' "$program" train --dataset builtin --precision f16
printf 'dataset = builtin\nlayers = 784, 16, 10\nprecision = bf16\nmax_steps = 2\n[one]\nabout = in bf16\n' >bf16.txt
check 'an experiment file sets it' says 'in bf16' "$program" train --experiment bf16.txt --json file.json
check 'what folding BN buys' says 'folded int8' "$program" train --dataset builtin --layers 784,16,10 --epochs 1 --bn before \
    --activation leaky_relu --batch 128 --threads 1 --inference --json folded.json
check 'in lines of 80 columns, with the data' sh -c "sed -n '/What folding/,/training images/p' out | awk 'NR == 1 && !/generated/ || length > 80 { bad = 1 } END { exit bad || NR < 20 }'"
check 'the figures of each form' "$python" -c "
import json
ours = json.load(open('folded.json'))['batchmark']
rows = ours['inference']
assert [r['form'] for r in rows] == ['as trained', 'folded f32', 'folded bf16', 'folded int8'], rows
trained, f32, bf16, int8 = rows
assert abs(trained['right'] / trained['images'] - ours['runs'][0]['test_accuracy']) < 2e-4 and trained['images'] == 10000, trained
assert trained['differ'] == 0 and f32['differ'] <= 2 and abs(f32['loss'] - trained['loss']) < 1e-4, f32
for r in bf16, int8:
    assert abs(r['right'] - trained['right']) < 100 and r['differ'] < 200 and r['loss'] != f32['loss'], r
for r in rows:
    assert r['refused'] == '' and r['threads'] == 1 and r['kernels'] == 'auto' and [t['batch'] for t in r['times']] == [1, 32, 256], r
    assert all(t['image_s'] > 0 and t['rounds'] >= 6 and t['low'] <= t['ratio'] <= t['high'] for t in r['times']), r"
check 'are valid' runs "$program" validate folded.json
check 'and shown' says 'What folding BN buys' "$program" show folded.json
check 'without BN only the numbers are narrower' says 'What narrower numbers buy' "$program" train --dataset builtin --layers 784,16,10 \
    --epochs 1 --threads 1 --inference --json narrow.json
check 'which has nothing folded' "$python" -c "
import json
rows = json.load(open('narrow.json'))['batchmark']['inference']
assert [r['form'] for r in rows] == ['as trained', 'bf16', 'int8'], rows"
if "$program" list --op gemm | grep '^  gemm_avx2 .*runs here' >/dev/null; then
    check 'a form whose kernel is not there is refused' says 'folded bf16  refused: there is no kernel gemm_bf16_avx2' "$program" train \
        --dataset builtin --layers 784,16,10 --epochs 1 --bn after --kernels avx2 --threads 1 --inference --json refused.json
    check 'in a valid result' runs "$program" validate refused.json
    check 'which is shown' says 'there is no kernel' "$program" show refused.json
fi
check 'a run that is cut short' says 'nothing to time' "$program" train --dataset builtin --layers 784,16,10 --max-steps 3 --inference --json cut.json
check 'without data, the generated set, said so' says 'NOTE' "$program" train --experiment mnist-sgd --variant bn --max-steps 20 --json t.json
check 'three seeds, side by side' says 'fewer than the 5 seeds' "$program" train --experiment mnist-sgd --variant bn --layers 784,16,10 \
    --seeds 4,5,6 --epochs 2 --batch 256 --side-by-side --json seeds.json
check 'the fields of a summary' "$python" -c "
import json
r = json.load(open('seeds.json'))['batchmark']
assert [x['config']['seed'] for x in r['runs']] == ['4', '5', '6'] and [x['alone'] for x in r['runs']] == [True, False, False]
s, = r['summaries']
last = sorted(x['epochs'][-1]['val_loss'] for x in r['runs'])
assert s['seeds'] == [4, 5, 6] and s['runs'] == 3 and s['epoch_seconds']['n'] == 2, s
assert s['epochs'][1]['val_loss'] == {'n': 3, 'median': last[1], 'min': last[0], 'max': last[2]}, s
assert any('validation accuracy' in x['line'] for x in r['reading']), r['reading']
assert sorted(x['label'] for x in r['samples']) == list(range(10))
assert all(len(x['pixels']) == 2 * x['h'] * x['w'] * x['c'] and x['name'] for x in r['samples'])"
cat >mine.txt <<'TXT'
dataset = builtin
layers = 784, 8, 10
batch = 256
epochs = 2
claim.best = a, b: a is the best
claim.trained_as = a, b: which was it?
[a]
published.epoch1.loss = 99
published.epoch2.accuracy = 0.9
published.epoch2.val_accuracy = 0.1
why = made up
[b]
earlier_epochs = 1
fresh = a
published.epoch1.loss = 0.01
published.epoch1.accuracy = 0.5
published.epoch2.accuracy = 0.1
published.epoch2.val_accuracy = 0.9
TXT
check "a user's experiment" says 'why: made up' "$program" train --experiment mine.txt --json mine.json
check 'the epoch of a fresh run' grep -q 'is nearest to epoch 2 of a fresh run (a, ' out
check 'its claim, held against published and ours' "$python" -c "
import json
r = json.load(open('mine.json'))['batchmark']
first = r['published'][0]
assert (first['figure'], first['published'], first['reproduced'], first['why']) == ('loss', 99, False, 'made up'), first
by = {c['by']: c for c in r['claims'] if 'by' in c}
assert by['training accuracy']['published_verdict'] == 'holds' and by['training accuracy']['our_best'] == 'b', by
assert by['validation accuracy']['published_best'] == 'b' and by['validation accuracy']['our_verdict'] == 'does not hold', by
assert [c['nearest_epoch'] for c in r['claims'] if 'fresh' in c] == [2]
assert any('trained_as' in c for c in r['claims'])"
"$program" train --dataset builtin --layers 784,8,10 --batch 256 --epochs 99999 --json stopped.json >out 2>err &
pid=$!
for _ in $(seq 300); do
    grep -q '^ *2  ' out && break
    sleep 0.1
done
kill -INT $pid
wait $pid
check 'SIGINT stops training with 130' test $? = 130
check 'and its finished epochs are kept' "$python" -c "
import json
r = json.load(open('stopped.json'))['batchmark']
assert r['complete'] is False and len(r['runs'][0]['epochs']) >= 2 and r['runs'][0]['stopped']"
quick_train='train --dataset builtin --layers 784,8,10 --epochs 2 --batch 256 --json p.json --pictures'
check 'pictures' says 'custom-samples.svg' "$program" $quick_train pictures
check 'they are whole' "$python" -c "
import xml.dom.minidom
text = {}
for name in 'curves', 'samples':
    text[name] = xml.dom.minidom.parse('pictures/custom-%s.svg' % name).toxml()
assert 'Validation accuracy' in text['curves'] and 'seven' in text['samples'] and '<image' in text['samples']"
check 'and its images have the pixels of the result' "$python" -c "
import base64, json, re, zlib
samples = json.load(open('p.json'))['batchmark']['samples']
images = re.findall('base64,([^\"]*)', open('pictures/custom-samples.svg').read())
assert len(images) == len(samples) == 10
for image, s in zip(images, samples):
    png = base64.b64decode(image)
    chunks, at = {}, 8
    while at < len(png):
        n = int.from_bytes(png[at:at + 4], 'big')
        body = png[at + 4:at + 8 + n]
        assert zlib.crc32(body) == int.from_bytes(png[at + 8 + n:at + 12 + n], 'big')
        chunks[body[:4]] = body[4:]
        at += 12 + n
    h, w, c = s['h'], s['w'], s['c']
    assert chunks[b'IHDR'] == w.to_bytes(4, 'big') + h.to_bytes(4, 'big') + bytes([8, 2 if c == 3 else 0, 0, 0, 0])
    rows = zlib.decompress(chunks[b'IDAT'])
    planes = bytes.fromhex(s['pixels'])
    assert rows == b''.join(b'\0' + bytes(planes[(p * h + y) * w + x] for x in range(w) for p in range(c)) for y in range(h))"
check 'and nothing else is left' test "$(ls pictures | wc -l)" = 2
check 'pictures without gnuplot' fails_with 3 'gnuplot-nox' env PATH=/nonexistent "$program" $quick_train pictures
mkdir bin && printf '#!/bin/sh\necho out of ink >&2\nexit 7\n' >bin/gnuplot && chmod +x bin/gnuplot
check 'a gnuplot that fails' fails_with 3 'out of ink' env PATH="$work/bin:$PATH" "$program" $quick_train pictures
check 'nothing to draw' fails_with 3 'no whole epoch' "$program" $quick_train pictures --max-steps 9
check 'pictures into a file' fails_with 3 'p.json/folder' "$program" $quick_train p.json/folder
check "compare.py reads training results too" sh -c \
    "'$program' train --dataset builtin --layers 784,8,10 --epochs 2 --json t.json >/dev/null && '$python' /usr/share/benchmark/compare.py --no-color benchmarks t.json t.json >/dev/null"
finish
