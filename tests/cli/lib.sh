# SPDX-License-Identifier: MIT
# lib.sh - for the shell tests: check WHAT COMMAND..., and the plan at the end.
failures=0 checks=0
export COLUMNS=1000 # sentences are one line each, and no column of a table is left out; test_width.py has the widths
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
# workplace NAME: a folder of the test's own, and into it; it goes when the test ends.
workplace() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/batchmark-$1.XXXXXX") && trap 'rm -rf "$work"' EXIT && cd "$work"
}
runs() { "$@" >out 2>err </dev/null; }
says() { word=$1; shift; "$@" >out 2>&1 </dev/null && grep -qF -- "$word" out; }
check() {
    what=$1
    shift
    checks=$((checks + 1))
    if "$@"; then
        echo "ok $checks - $what"
    else
        echo "not ok $checks - $what"
        failures=$((failures + 1))
    fi
}
# fails_with CODE WORD COMMAND...: exits with CODE, and its stderr is one line that holds WORD.
fails_with() {
    code=$1 word=$2
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$code" ] && [ "$(grep -c . err)" = 1 ] && grep -qF -- "$word" err && return 0
    echo "# exit $got instead of $code, or stderr is not one line with '$word':"
    sed 's/^/# /' err
    return 1
}
# holds FILE WORD...: one line has all the words.
holds() {
    file=$1
    shift
    cp "$file" left
    for word in "$@"; do
        grep -F -- "$word" left >some
        mv some left
    done
    [ -s left ] && return 0
    echo "# no line with $* in:"
    sed 's/^/# /; 20q' "$file"
    return 1
}
finish() {
    echo "1..$checks"
    [ "$failures" = 0 ]
}
