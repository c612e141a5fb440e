#!/bin/sh
# SPDX-License-Identifier: MIT
# test_ab.sh - `batchmark ab`: what A and B may be, what is measured and what is not, exit codes. Which side is slower is a
# matter of speed, and no test asks it.
# usage: test_ab.sh BUILD-FOLDER
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
program=$build/batchmark
. "$top/tests/cli/lib.sh"
workplace ab
printf 'N=9 C=33\nN=64 C=17\n' >shapes.txt
few='--kernel *_naive --op bn_inference --shapes shapes.txt'
compared() { [ "$1" = 0 ] || [ "$1" = 1 ]; }
# is EXPRESSION: of r, the JSON in out.
is() { "$python" -c "
import json
r = json.load(open('out'))
s, c = r['summary'], r['cases']
assert $1, s"; }

# The same code takes no time, and as a control it is measured.
check 'ab with itself' runs "$program" ab "$program" --format json -- $few
check 'is identical code' is "s['identical code'] == len(c) == 2 and r['launches'] == 0"
runs "$program" ab --all --time-cap 0 --format json -- $few
check 'and a control when asked' compared $?
check 'of four launches at least' is "s['identical code'] == 0 and all(len(x['launches']) >= 4 for x in c)"
check 'with an interval around each ratio' is "all(x['low'] <= x['ratio'] <= x['high'] for x in c)"
check 'in the terminal' runs "$program" ab --all --list --time-cap 0 --threshold 900 -- $few
check 'named' grep -q 'bn_inference_naive' out
cores=$(hwloc-calc -N core "$(hwloc-bind --get)")
check 'and that a core of several was timed' sh -c "[ $cores = 1 ] || grep -q '^NOTE 1 of the $cores cores that were given was timed' out"
check 'in Markdown' says '|' "$program" ab --all --list --time-cap 0 --threshold 900 --format markdown -- $few

# How far equal code lies apart is kept, and smaller changes are not called.
check 'calibrate' says 'was kept in results/' env -C . "$program" ab --calibrate --time-cap 0 -- $few
noise=$(ls results/*/*-noise.json)
check 'is a valid result' says valid "$program" validate "$noise"
check 'and shown' says 'pairs of equal code' "$program" show "$noise"
"$python" - "$noise" "$top/tests/fixtures/checksum.py" <<'PYTHON'
import json, re, subprocess, sys
path, checker = sys.argv[1:]
r = json.load(open(path))
for one in r['batchmark']['pairs']:
    one['error'] = 9.5
json.dump(r, open(path, 'w'))
said = subprocess.run([sys.executable, checker, path], capture_output=True, text=True).stderr
r['batchmark']['checksum'] = re.search('its contents ([0-9a-f]{8})', said).group(1)
json.dump(r, open(path, 'w'))
PYTHON
BATCHMARK_PLANT=100 runs "$program" ab "$build/libbatchmark.so.1" "$build/planted.so" --time-cap 0 --format json -- $few
check 'no change is called within' is "s['slower'] == s['faster'] == 0 and 'up to 950.0 %' in str(r['notes'])"
check 'refuses sides' fails_with 2 'against itself' "$program" ab --calibrate "$program"
rm -r results

# A library, and one of other code.
cp "$build/libbatchmark.so.1" old.so
mkdir objects
(cd objects && ar x "$build/libbatchmark.a" && "$CC" -shared -fopenmp -o ../relinked.so $(ls ./*.o | sort -r) -ldl -lm)
check 'linked in another order, in a larger environment' runs env PADDING="$(head -c 3000 /dev/zero | tr '\0' x)" \
    "$program" ab "$build/libbatchmark.so.1" ./relinked.so --format json
check 'is identical code' is "r['launches'] == 0 and s['identical code'] == len(c) > 300"
check 'a library' runs "$program" ab ./old.so --format json -- $few
check 'of the same code' is "s['identical code'] == 2"
BATCHMARK_PLANT=10 runs "$program" ab ./old.so "$build/planted.so" --time-cap 0 --format json -- $few
check 'other code' compared $?
check 'is measured' is "s['identical code'] == 0 and s['skipped'] == 0 and s['wrong'] == 0"

# Kernels and settings of one build.
runs "$program" ab bn_inference_naive bn_inference_autovec --time-cap 0 --format json -- --shapes shapes.txt
check 'two kernels' compared $?
check 'on the same shapes' is "len(c) == 2 and c[0]['kernel'] == ['bn_inference_naive', 'bn_inference_autovec']"
runs "$program" ab --a '--threads 1' --b '--threads 2' --time-cap 0 --format json -- --kernel bn_inference_naive_omp --shapes shapes.txt
check 'two thread counts' compared $?
check 'beside each other' is "len(c) == 2 and all(x['threads'] == [1, 2] for x in c)"
runs "$program" ab --a BATCHMARK_MAX_ISA=baseline --b BATCHMARK_MAX_ISA=avx2 --time-cap 0 --format json -- \
    --kernel bn_inference_auto --threads 1 --shape 'bn N=32 C=64'
check 'two environments' compared $?
check 'in processes of their own' is "len(c) == 1 and len(c[0]['launches']) >= 4 and r['context']['build']"
runs "$program" ab --all --time-cap 0 --format json -- --cache cold --kernel bn_inference_naive --shape 'bn N=64 C=64'
check 'cold caches' compared $?
check 'are of memory' is "c[0]['cache'] == 'cold' and c[0]['level'] == 'memory'"

# A result keeps its kernels.
check 'a result' runs env -C . "$program" bench --op bn_inference --kernel '*_naive' --shape 'bn N=9 C=33' --launches 1 --time-cap 0 --store
result=$(ls results/*/*-bench.json*)
check 'keeps the kernels that made it' test "$(ls results/*/kernels/*.so.xz | wc -l)" = 1
check 'and is valid' says valid "$program" validate "$result"
check 'which can be compared' runs "$program" ab "$result" --format json -- $few
check 'as the same code' is "s['identical code'] == 2"
check 'compare asks for it' runs "$program" compare --now --all "$result" "$result"
mv results/*/kernels/*.so.xz kept.xz
check 'kept kernels that are gone' fails_with 3 'is not there' "$program" ab "$result" -- $few
head -c 5000 kept.xz >"$(dirname "$result")/kernels/$("$python" -c "
import gzip, json, sys
f = sys.argv[1]
r = json.load((gzip.open if f.endswith('gz') else open)(f))
print(r['batchmark']['modules']['bn_inference'])" "$result").so.xz"
check 'kept kernels that are cut off' fails_with 3 'not whole' "$program" ab "$result" -- $few

# A kernel that is wrong is not timed.
cat >wrong.c <<'C'
#include "bn.h"
#include "kernel.h"
static void run(const void *args) { ((const struct bm_bn *)args)->y[0] = 1e30f; }
const struct bm_kernel bn_inference_naive = { .name = "bn_inference_naive", .op = &bn_inference, .run = run };
C
sed -i '1a extern const struct bm_op bn_inference;' wrong.c
printf '#include "code.h"\n#include "batchmark.h"\nextern const struct bm_kernel bn_inference_naive;\nextern const struct bm_op bn_inference;\nconst struct bm_kernel *const bm_kernels[] = { &bn_inference_naive, NULL };\nconst struct bm_op *const bm_ops[] = { &bn_inference, NULL };\nconst struct bm_code bm_codes[] = { { NULL, NULL } }, bm_modules[] = { { NULL, NULL } };\n' >tables.c
floor=$(echo "$build"/kernels/library/*.o)
check 'a library with a wrong kernel' ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -fopenmp -iquote "$top/kernels" -iquote "$top/kernels/common" -iquote "$top/kernels/library" -o wrong.so \
    wrong.c tables.c $floor "$build/kernels/bn_inference/bn_inference.o" -ldl -lm
"$program" ab ./wrong.so --time-cap 0 --format json -- $few >out 2>err
check 'is a failure' test $? = 1
check 'and its cases have no ratio' is "s['wrong'] == 2 and all('ratio' not in x and 'is wrong' in x['reason'] for x in c)"

# A stored run times the kernels that older results keep beside its own: here a result whose kernels say that the code of
# sgd_naive was another one.
mkdir beside
short_run() {
    runs env -C beside "$program" bench --op sgd --kernel 'sgd_[na]*[ec]' --threads 1 --shape N=1000 --launches 1 --time-cap 0 --store "$@"
}
newest() { ls beside/results/*/*-bench.json | tail -n 1; }
rename() { mv "$(newest)" "$(dirname "$(newest)")/$1-bench.json"; }
check 'a run to be timed beside' short_run
cat >age.py <<'PY'
# age.py RESULT FOLDER: gives the result another module; prints the hashes of kernels that this module shall have.
import json, sys, zlib
path, folder = sys.argv[1:]
sys.argv[1:] = []
sys.path.insert(0, folder)
from checksum import written
r = json.load(open(path))
o = r['batchmark']
o['modules']['sgd'] = '00000000000000bb'
del o['checksum']
o['checksum'] = '%08x' % zlib.crc32(written(r).encode())
json.dump(r, open(path, 'w'))
print(*('{ "%s", "%s" },' % (c['kernel'], '00000000000000aa' if 'naive' in c['kernel'] else c['code']) for c in o['cases']))
PY
codes=$("$python" age.py "$(newest)" "$top/tests/fixtures")
rename 20200101T000000Z-0
printf '#include "code.h"\n#include "batchmark.h"\nextern const struct bm_kernel sgd_naive, sgd_autovec;\nextern const struct bm_op sgd;\nconst struct bm_kernel *const bm_kernels[] = { &sgd_naive, &sgd_autovec, NULL };\nconst struct bm_op *const bm_ops[] = { &sgd, NULL };\nconst struct bm_code bm_codes[] = { %s { NULL, NULL } }, bm_modules[] = { { NULL, NULL } };\n' "$codes" >codes.c
cat >idle.c <<'C'
#include "kernel.h"
extern const struct bm_op sgd;
static void run(const void *args) { (void)args; }
const struct bm_kernel sgd_naive = { .name = "sgd_naive", .op = &sgd, .run = run };
C
module() { # FILE: takes the place of the older kernels
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -fopenmp -iquote "$top/kernels" -iquote "$top/kernels/common" -iquote "$top/kernels/library" -o other.so codes.c "$1" \
        $floor "$build/kernels/sgd/sgd.o" "$build/kernels/sgd/sgd_autovec.o" -ldl -lm &&
        mv other.so "$(echo beside/results/*/kernels)/00000000000000bb.so.xz"
}
# beside EXPRESSION: of b, what the newest result has in batchmark.beside.
beside() { "$python" -c "
import json, sys
b = json.load(open(sys.argv[1]))['batchmark']['beside']
assert $1, b" "$(newest)"; }
one='len(b) == 1 and len(b[0]["cases"]) == 1'
check 'older kernels' module "$build/kernels/sgd/sgd_naive.o"
check 'a run after it' short_run
check 'times the one that differs beside its own' beside "$one and b[0]['role'] == 'previous' and b[0]['left_out'] == 0"
check 'by name and code' beside "b[0]['result'] == '20200101T000000Z-0-bench.json' and \
    b[0]['cases'][0]['name'] == 'sgd_naive/N:1000/threads:1/warm/real_time' and b[0]['cases'][0]['code'][0] == '00000000000000aa'"
check 'with an interval' beside "all(c['low'] <= c['change'] <= c['high'] and c['launches'] >= 4 and c['error'] > 0 for c in b[0]['cases'])"
check 'and says so' grep -q '^Beside the kernels of 20200101T000000Z-0-bench.json (previous), 1 case ' out
check 'in a valid result' says valid "$program" validate "$(newest)"
rename 20210101T000000Z-0
check 'a run after both' short_run
check 'has the oldest for its reference' beside "$one and b[0]['role'] == 'reference' and b[0]['result'][:4] == '2020'"
rename 20220101T000000Z-0
check 'older kernels that are wrong' module idle.c
check 'do not stop a run' short_run
check 'have no figures' beside 'b == []'
check 'but are named' sh -c "[ \$(grep -c . err) = 1 ] && grep -q 'beside these: sgd_naive on N=1000: sgd_naive is wrong' err"
rename 20230101T000000Z-0
echo 'no module' >"$(echo beside/results/*/kernels)/00000000000000bb.so.xz"
check 'nor do those that cannot be loaded' short_run
check 'which are named, too' sh -c "[ \$(grep -c . err) = 1 ] && grep -q '00000000000000bb.so.xz cannot be loaded' err"
check 'a reference without kernels' fails_with 3 'keeps no kernels' env -C beside "$program" bench --op sgd --kernel sgd_naive --threads 1 \
    --shape N=9 --store --reference "$(ls "$top"/results/*/*-bench.json.gz | head -n 1)"
check 'a reference of a run of a part' fails_with 2 'add --store' "$program" bench --op sgd --reference x
check 'a reference of a run that is not kept' sh -c "'$program' bench --reference x --json y 2>&1 | grep -q 'not with --json'"

# A commit that touches one kernel, in a copy of the checkout with its build.
if git -C "$top" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
    git clone -q --shared "$top" clone 2>/dev/null && (
        cd clone || exit 1
        git ls-files | while read -r file; do [ ! -e "$top/$file" ] || cp -p "$top/$file" "$file"; done
        mkdir build && cp -pr "$build/kernels" "$build/harness" "$build/compiler" "$build/flags" "$build/members" build/
        git config user.name test && git config user.email test@example.org
        git add -A && git commit -q --allow-empty -m 'As it is'
        sed -i 's/^static void run(.*/&\n\/* and more *\//' kernels/sgd/sgd_naive.c
        printf '\nint bm_sgd_naive_grows(int x);\nint bm_sgd_naive_grows(int x) { return x * 3; }\n' >>kernels/sgd/sgd_naive.c
        git commit -q -a -m 'Touch one kernel'
    )
    (cd clone && "$program" ab HEAD~1 HEAD --time-cap 0 --format json -- --op sgd --shape 'params N=1000' >../out 2>../err </dev/null)
    code=$?
    [ $code -le 1 ] || sed 's/^/# /' err
    check 'two revisions' compared $code
    check 'only the kernel that was touched is measured' is \
        "{x['kernel'][0] for x in c if 'ratio' in x} == {'sgd_naive'} and s['identical code'] > 0 and s['wrong'] == 0"
    check 'and its instructions are counted' is "[x['kernel'][0] for x in r['instructions']] == ['sgd_naive'] and r['instructions'][0]['change'] == 'as many'"
    check 'and no other was compiled' test "$(grep 'CC .*kernels/' err | grep -vc /library/)" -le 2 # once a revision: the copy's own build is of before
    check 'they are kept' test "$(ls clone/build/revisions | wc -l)" = 2
else
    echo '# skipped: two revisions: this is no git checkout'
fi

# A kernel that makes its process die, and a system that kills it.
cat >peer.c <<'C'
#include <signal.h>
char *openblas_get_config(void) { return "OpenBLAS 9.8.7 STAND_IN"; }
char *openblas_get_corename(void) { return "Abacus"; }
void openblas_set_num_threads(int n) { (void)n; }
int openblas_get_num_threads(void) { return 1; }
void cblas_sgemm(void) { raise(DEATH); }
C
dies_of() { # SIGNAL WORDS OF ab...
    ${CC:-gcc} -O2 -shared -fPIC -D"DEATH=$1" peer.c -o peer.so && shift &&
        runs "$program" ab "$@" --time-cap 0 --format json -- --peer openblas=./peer.so --threads 1 \
            --shape 'gemm M=8 N=8 K=8'
}
dies_of SIGSEGV gemm_naive gemm_openblas
check 'a crash: exit 1' test $? = 1
check 'is no wrong result' is "s['crashed'] == 1 and s['wrong'] == 0 and 'signal 11' in c[0]['reason']"
dies_of SIGKILL gemm_naive gemm_openblas
check 'a kill: exit 3' test $? = 3
check 'is nobody'\''s fault' is "s['crashed'] == s['wrong'] == 0"
check 'and says so' grep -q 'killed by signal 9 (Killed): out of memory.*inconclusive' err

# What cannot be.
check 'nothing to compare' fails_with 2 'nothing to compare' "$program" ab
check 'sides without a common case' fails_with 2 'no case in common' "$program" ab --a '--op sgd' --b '--op adam' -- --shape N=9
check 'nothing could be measured' fails_with 2 'nothing was compared' "$program" ab --all -- --max-call 1e-6 --op bn_inference --kernel '*_naive' --shape 'bn N=4096 C=64'
check 'something that is not there' fails_with 2 'no file, no kernel' "$program" ab ./no-such
check 'a program that is something else' fails_with 3 'true' "$program" ab /bin/true
echo 'no library' >text.so
check 'a library that is none' fails_with 3 'text.so' "$program" ab ./text.so
check 'a result without kernels' fails_with 3 'keeps no kernels' "$program" ab "$(ls "$top"/results/*/*-bench.json.gz | head -n 1)"
check 'a kernel against a build' fails_with 2 'is a kernel' "$program" ab bn_inference_naive ./old.so
check 'ambiguous sides' fails_with 2 'narrow' "$program" ab 'bn_inference_n*' 'bn_inference_a*' -- --shape 'bn N=9 C=9'
check 'variables and a library' fails_with 2 'programs only' "$program" ab --a X=1 ./old.so
make_fails() { runs ${MAKE:-make} -s -C "$top" BUILD="$build" check-regression; [ $? = 2 ] && grep -q 'say BASE=' err; }
check 'make check-regression without a base' make_fails
finish
