#!/bin/sh
# SPDX-License-Identifier: MIT
# What shells complete. usage: test_completion.sh PROGRAM
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. "$here/lib.sh"
workplace completion || exit 1
for shell in bash zsh fish; do
    check "$shell" sh -c "'$program' completion $shell >$shell"
    if command -v $shell >/dev/null; then
        check "$shell reads it" $shell -n ./$shell
    else
        echo "# $shell is not here: nothing read its completion"
    fi
done
# Each option that a command's help names, in each shell's.
for command in list machine verify bench train ab count tune calibrate compare show history fleet report validate; do
    "$program" $command --help | grep -o '^  *\(-., \)\? *--[a-z][a-z0-9-]*' | grep -o '[a-z][a-z0-9-]*$' | grep -vx 'help\|usage' >options
    missing=
    while read -r option; do
        grep -q -- "^    $command) words=.*--$option[= ]" bash || missing="$missing bash:$option"
        sed -n "/^  $command)/,/;;/p" zsh | grep -q -- "'--$option\[\|'--$option=" || missing="$missing zsh:$option"
        grep -q -- "from $command' -l $option " fish || missing="$missing fish:$option"
    done <options
    check "$command: every option" test -z "$missing"
    [ -z "$missing" ] || echo "#$missing"
done
check 'help names options' test -s options -o "$command" = validate
cat >try.bash <<'B'
. ./bash
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_batchmark
printf '%s\n' "${COMPREPLY[@]}"
B
completes() { # WORD TYPED...: is WORD one of what bash offers?
    word=$1
    shift
    bash try.bash "$@" >out 2>err && [ ! -s err ] && grep -qx -- "$word" out && return 0
    sed 's/^/# /; 8q' out err
    return 1
}
check 'a command' completes compare batchmark comp
check 'only what begins so' test "$(tr '\n' ' ' <out)" = 'compare completion '
check 'an option' completes --kernel= batchmark bench --ke
check 'an op' completes bn_forward batchmark bench --op = bn_f
check 'by its letter' completes bn_forward batchmark verify -o bn_f
check 'a kernel' completes gemm_avx2 batchmark verify --kernel gemm_av
check 'a word' completes peers batchmark bench --versus = p
check 'a format' completes markdown batchmark compare --format ''
check 'a shape file' completes resnet50 batchmark bench --shapes = res
check 'an experiment' completes mnist-sgd batchmark train --experiment mn
: >result.json
check 'a file' completes result.json batchmark show res
check 'a shell' completes fish batchmark completion f
check 'no shell' fails_with 2 'bash, zsh or fish' "$program" completion
check 'an unknown one' fails_with 2 'completion=csh' "$program" completion csh
check 'help' says 'Usage: batchmark completion' "$program" completion -h
finish
