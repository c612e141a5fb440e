#!/bin/sh
# SPDX-License-Identifier: MIT
# selftest.sh - do the checks of the report pass what is right and reject what is not? Needs `scripts/deps
# report-tests` and npm's registry.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/lib.sh"
missing=
for pair in node:nodejs npm:npm tidy:tidy "${CHROMIUM:-chromium}:chromium"; do
    command -v "${pair%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
    echo "not ok 1 - installed: missing; install with: sudo apt-get install --no-install-recommends$missing"
    exit 1
fi
workplace report || exit 1
packages() { (cd "$here" && npm ci --no-audit --no-fund) >out 2>&1 || { sed 's/^/# /' out; return 1; }; }
passes() { "$@" >out 2>&1 && return 0; grep -v '^ok' out | sed 's/^/# /'; return 1; }

check 'the lock file names no registry' sh -c '! grep -Eq "resolved|https?:" "$1"' - "$here/package-lock.json"
check 'npm ci' packages
check 'values.py passes and rejects' passes python3 "$here/selftest_values.py"
mkdir pages
check 'browser.mjs passes and rejects' passes node "$here/selftest.mjs" pages
check 'browser.mjs: exit 0' passes node "$here/browser.mjs" pages/good.html --screenshots shots
check 'a screenshot a state, and the print' sh -c 'test "$(ls shots/*.png | wc -l)" = 5 && test -s shots/print.pdf'
browser() { node "$here/browser.mjs" "$@" >out 2>&1; echo $? >>out; }
browser_fails() { code=$1 word=$2; shift 2; browser "$@"; [ "$(tail -n 1 out)" = "$code" ] && grep -q -- "$word" out; }
sed 's/ lang="en"//' pages/good.html >pages/bad.html
check 'browser.mjs: exit 1' \
    browser_fails 1 '^not ok - document: lang, title, viewport (<html> has no lang)$' pages/bad.html
check 'browser.mjs: no page' browser_fails 2 'no such file: missing.html' missing.html
check 'browser.mjs: usage' browser_fails 2 'unknown argument --nonesuch' --nonesuch pages/good.html
sed 's|href="result.json"|href="https://example.invalid/a"|' pages/good.html >pages/link.html
check 'browser.mjs: a link that is allowed' \
    passes node "$here/browser.mjs" pages/link.html --allow https://example.invalid/

# valid.sh: one page with much that is right, and the same with one fault each.
cat >valid.html <<'HTML'
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>T</title><style>p { color: red }</style></head><body>
<main id="m"><h1>A</h1><p><span class="swatch"></span> <data value="3">3</data> a &lt; b</p>
<details name="x"><summary><h2>B</h2></summary><div></div></details>
<figure><svg role="img" aria-labelledby="t" viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"><title id="t">T</title>
<style>.a { fill: red }</style><a href="#m"><g><path id="p" class="a" d="M0 0L5 5"/><use xlink:href="#p"/></g></a>
<text>a &lt; b &nbsp; c</text></svg><figcaption>C.</figcaption></figure>
<!-- here --></main></body></html>
HTML
check 'valid.sh: a valid page' passes "$here/valid.sh" valid.html
invalid() { # WORD HTML: with this added it is rejected, with WORD
    awk -v more="$2" '{ i = index($0, "<!-- here -->"); print i ? more $0 : $0 }' valid.html >invalid.html
    "$here/valid.sh" invalid.html >out 2>&1
    [ $? = 1 ] && grep -q -- "$1" out && return 0
    sed 's/^/# /' out
    return 1
}
check 'valid.sh: an unclosed tag' invalid 'line 8 .*missing </b>' '<p>a<b>b</p>'
check 'valid.sh: a tag that closes nothing' invalid 'unexpected </div>' '</div>'
check 'valid.sh: an unknown tag' invalid '<foo> is not recognized' '<foo>x</foo>'
check 'valid.sh: a bad attribute' invalid 'proprietary attribute "foo"' '<p foo="x">a</p>'
check 'valid.sh: an attribute twice' invalid 'repeated attribute' '<a href="x" href="y">a</a>'
check 'valid.sh: an id twice' invalid '"m" is in line 3 already' '<p id="m">a</p>'
check 'valid.sh: an id twice, in a picture' invalid '<path>: id "p" is in line 6' '<svg><path id="p"/></svg>'
check 'valid.sh: an unclosed tag in a picture' invalid 'line 8 - <svg> is no XML: mismatched tag' '<svg><g></svg>'
check 'valid.sh: a bad attribute in a picture' invalid '<svg> is no XML: not well-formed' '<svg><path d=M0/></svg>'
check 'valid.sh: an attribute twice in a picture' invalid 'is no XML: duplicate attribute' '<svg><path d="" d=""/></svg>'
check 'valid.sh: a picture without end' invalid 'before <svg>' '<svg><path d=""/>'
finish
