#!/bin/sh
# SPDX-License-Identifier: MIT
# Names that nobody knows: each is repeated, with what was meant and what there is; and -h. usage: test_names.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace names || exit 1
unset BATCHMARK_MAX_ISA BATCHMARK_DATA

# meant CODE NAME MEANT COMMAND...: one line on stderr repeats the name and asks for what was meant.
meant() {
    code=$1 name=$2 wanted=$3
    shift 3
    fails_with "$code" "$name" "$program" "$@" && holds err "$name" "did you mean $wanted?" && [ ! -s out ]
}
for command in '' list machine verify bench train ab count tune calibrate compare show history fleet report validate; do
    check "$command -h" says 'Usage: batchmark' "$program" $command -h
done
check 'no help of a setting is cut' sh -c "'$program' train --help | tr -s ' \n' ' ' | grep -q 'with products by that library'"
check 'a word behind -- is for bench' says 'Usage: batchmark ab' "$program" ab gemm_avx2 gemm_avx512 -- -h
check 'a command' meant 2 "'benhc'" bench benhc
check 'commands are listed' holds err 'known: list, machine, verify, bench' '`batchmark --help`'
for command in verify bench list; do
    check "an op, $command" meant 2 "'bn_fwd'" bn_forward $command --op bn_fwd
    check "a kernel, $command" meant 2 "'gemm_avx_512'" gemm_avx512 $command --kernel gemm_avx_512
done
check 'ops are listed' holds err 'are known' '`batchmark list`'
"$program" list --op nothing 2>err
check 'even when none is near' holds err "there is no op 'nothing'; known: activation_backward" softmax_xent
check 'a glob that matches nothing' fails_with 2 "'xx*'" "$program" verify --kernel 'xx*'
check 'a broken kernel has a name too' sh -c "'$program' verify --kernel 'bn_forward_mutant*' --shape 'bn N=9 C=5' --threads 1 \
    >out 2>&1; grep -q 'rejected' out || grep -q 'no kernel' out"
check 'an op of a shape' meant 2 "'gemmm'" gemm bench --shape 'gemmm M=3' --dry-run
check 'a shape file' meant 3 "'quik'" quick bench --shapes quik --dry-run
check 'a word of an option' meant 2 '--cache=wram' warm bench --cache wram
check 'an option' meant 2 --kernl --kernel bench --kernl x
check 'and where they are' holds err '`batchmark bench --help`'
check 'the beginning of an option is enough' says sgd_naive "$program" list --kern 'sgd_*'
check 'a letter' fails_with 2 'no option -Z' "$program" bench -Z
check 'letters together' fails_with 2 'no option -Z' "$program" bench -dZ
check 'an option without its value' fails_with 2 '--kernel needs a value' "$program" bench --kernel
check 'a letter without its value' fails_with 2 '-k needs a value' "$program" bench -k
check 'a value that looks like an option' fails_with 2 "there is no kernel '--kernl'" "$program" list --kernel --kernl
check 'a word too many' fails_with 2 "unexpected argument 'quick'" "$program" bench quick
check 'an experiment' meant 3 "'mnist-sdg'" mnist-sgd train --experiment mnist-sdg
check 'a variant' meant 2 "'no_bn'" no-bn train --experiment mnist-sgd --variant no_bn
check 'a claim' meant 3 "'gradients-flow'" gradient-flow train --claim gradients-flow
check 'a data set' meant 3 "'mnits'" mnist train --dataset mnits --json t.json
check 'a side of ab' meant 2 'gemm_avx_2' gemm_avx2 ab gemm_avx_2
echo 'bn N=3 C=4' >one.txt
check 'a result' runs "$program" bench --shapes one.txt --op bn_forward --kernel '*_avx2' --launches 2 --time-cap 0 --json r.json
check 'a kernel of results' meant 2 "'bn_foward_avx2'" bn_forward_avx2 compare r.json r.json --kernel bn_foward_avx2
check 'a kernel in time' meant 2 "'bn_foward_avx2'" bn_forward_avx2 history r.json --kernel bn_foward_avx2
host=$("$python" -c 'import json; print(json.load(open("r.json"))["context"]["host_name"])')
check 'a host' meant 2 "'x$host'" "$host" history r.json --host "x$host"
machine=$("$python" -c 'import json; print(json.load(open("r.json"))["batchmark"]["fingerprint"]["machine"])')
check 'a machine' meant 3 "'${machine}x'" "$machine" report r.json --format txt --machine "${machine}x"
finish
