#!/bin/sh
# SPDX-License-Identifier: MIT
# valid.sh - is the page valid HTML5 with well-formed inline SVG? usage: valid.sh PAGE.html
# A line for each fault, exit 1 if there is any, 2 if it cannot look. valid_svg.py looks at the pictures, tidy at
# the rest.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] && [ -f "$1" ] || { echo 'usage: valid.sh PAGE.html' >&2; exit 2; }
command -v tidy >/dev/null || { echo 'valid.sh: tidy is missing: sudo apt-get install tidy' >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/batchmark-valid.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
python3 "$here/valid_svg.py" "$1" "$work/page.html" >"$work/faults" || exit 2
# drop-empty-elements: a <span> that CSS draws is no fault. new-inline-tags: HTML5 has <data>, tidy 5.6 does not
# know it.
tidy -e -q -utf8 --drop-empty-elements no --new-inline-tags data --show-filename no "$work/page.html" >"$work/tidy" 2>&1
[ $? -le 2 ] || { echo 'valid.sh: tidy ended badly' >&2; exit 2; }
# Attributes of today's HTML that are younger than tidy 5.6, and <data>, of which it says that it was told of it.
grep -E '(Warning|Error):' "$work/tidy" |
    grep -Ev -e '<details> proprietary attribute "name"' -e '<img> proprietary attribute "(loading|decoding)"' \
        -e 'proprietary attribute "(inert|popover)"' -e '<data> is not approved by W3C' >>"$work/faults"
[ -s "$work/faults" ] || exit 0
cat "$work/faults"
exit 1
