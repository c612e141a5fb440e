#!/bin/sh
# SPDX-License-Identifier: MIT
# batchmark report on the results that are shipped, and on broken, hostile and missing ones. usage: test_report.sh PROGRAM
# How the page looks in a browser is seen by tests/report/run.
set -u
cd "$(dirname "$0")/../.." || exit 1
source=$PWD program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. tests/cli/lib.sh
workplace report-page || exit 1
mkdir results && cp "$source"/results/*/*.json.gz results/ # links as short as those of `make report`
shipped=$(echo results/*)
bench=$(ls -S results/*-bench.json.gz | head -n 1)
damaged() { "$python" "$source/tests/fixtures/report_results.py" "$1" "$2" "$3"; }
numbers() { "$python" "$source/tests/report/values.py" "$@" >values 2>&1 || { sed 's/^/# /; 20q' values; return 1; }; }
has() { grep -qF -- "$2" "$1" || { echo "# $1 has no '$2'"; return 1; }; }
lacks() { ! grep -F -- "$2" "$1"; }
# A page and its sheets, and the parts that they have, by their ids.
sheets() { for of in "" -machine -changes -training; do echo "${1%.html}$of.html"; done; }
has_parts() { file=$1; shift; for p in "$@"; do has "$file" "id=\"$p\"" || return 1; done; has "$file" '</html>'; }
whole() {
    has_parts "$1" pictures door-machine door-changes door-training sources &&
        has_parts "${1%.html}-machine.html" steps machine roofline kernels scaling numerics across sources &&
        has_parts "${1%.html}-changes.html" history beside sources && has_parts "${1%.html}-training.html" training claims sources
}

# shellcheck disable=SC2086
check 'the shipped results' runs "$program" report -o page/report.html $shipped
check 'nothing is wrong with them' test ! -s err
check 'all parts' whole page/report.html
check 'nothing is missing' lacks page/report.html 'class="missing"'
check 'the page: at most 1.5 MB' test "$(wc -c <page/report.html)" -le 1500000
check 'with its sheets: below 5 MB' test "$(cat page/report*.html | wc -c)" -lt 5000000
check 'nothing from elsewhere' sh -c '! grep -Eq "src=\"?http|url\(http|@import|<link [^>]*http" page/report*.html'
harmless() { # FILE...: no script but the page's own, no handler, no link that runs, no picture from elsewhere, as a browser would parse
    test ! -e owned && "$python" - "$source/reports/frame/page.js" "$@" <<'PY'
import html.parser, sys
class Page(html.parser.HTMLParser):
    script = None
    def handle_starttag(self, tag, attributes):
        assert tag not in ("iframe", "object", "embed", "foreignobject"), (tag, self.getpos())
        if tag == "script":
            assert self.script is None and not attributes, self.getpos()
            self.script = ""
        for name, value in attributes:
            assert not name.startswith("on"), (tag, name, self.getpos())
            if name in ("src", "href", "xlink:href"):
                assert not value.lower().startswith(("javascript:", "http")), (tag, value, self.getpos())
                assert tag != "img", (tag, value, self.getpos())
    def handle_data(self, data):
        if self.cdata_elem == "script":
            self.script += data
own = open(sys.argv[1], encoding="utf-8").read()
for path in sys.argv[2:]:
    page = Page()
    page.feed(open(path, encoding="utf-8").read())
    assert page.script is None or page.script.strip() == own.strip(), (path, "another script")
PY
}
# shellcheck disable=SC2046
check 'no script but its own' harmless $(sheets page/report.html)
contrast() { # series and limits against the paper 3:1, text 4.5:1, in light and dark
    "$python" - page/report.html <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
def light(colour):
    v = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    v = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in v]
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]
schemes = [dict(re.findall(r"--(\w+):(#\w{6})", s)) for s in re.findall(r":root\{(--ink[^}]*)\}", text)]
assert len(schemes) == 2, schemes
for scheme in schemes:
    for name, colour in scheme.items():
        a, b = sorted((light(colour), light(scheme["paper"])))
        least = {"paper": 0, "faint": 0, "ink": 7, "limit": 4.5, "s2": 4.5}.get(name, 3)
        assert (b + 0.05) / (a + 0.05) >= least, (name, colour)
PY
}
check 'colours that can be told from the paper' contrast
# shellcheck disable=SC2086
check 'as CSV' runs "$program" report -F csv -o page/report.csv $shipped
check 'each number is that of its result, and in the CSV' numbers --least 150 --csv page/report.csv page/report.html
check 'of machine and kernels' numbers --least 2000 --csv page/report.csv page/report-machine.html
check 'of changes' numbers --least 50 --csv page/report.csv page/report-changes.html
check 'of training' numbers --least 1000 --csv page/report.csv page/report-training.html
# shellcheck disable=SC2086
check 'as Markdown' runs "$program" report -F md -o page/report.md $shipped
pictures() { # every picture that the Markdown names is there, and every link resolves
    "$python" - page/report.md <<'PY'
import os, re, sys, urllib.parse
text = open(sys.argv[1], encoding="utf-8").read()
links = re.findall(r"(!?)\[(?:[^\]\\]|\\.)*\]\(([^)#]+)\)", text)
missing = {l for _, l in links if not os.path.exists(os.path.join("page", urllib.parse.unquote(l)))}
pictures = {l for mark, l in links if mark}
assert not missing, missing
assert len(pictures) > 20, pictures
PY
}
check 'with its pictures, and links that resolve' pictures
ids=$(ls "$source/reports/pictures" | sed 's/\.svg$//' | paste -sd,)
# shellcheck disable=SC2086
check "README's pictures" runs "$program" report -p "$ids" -o pictures $shipped
# What is shipped was drawn by gnuplot 5. Another one draws lines in other parts, so that only words and numbers compare.
texts() { # FOLDER TO
    mkdir "$2"
    for f in "$1"/*; do grep -o '<text[^>]*>[^<]*' "$f" | sort >"$2/$(basename "$f")"; done
}
case $(gnuplot --version) in
'gnuplot 5.'*) check 'are up to date (else: make pictures)' diff -r pictures "$source/reports/pictures" ;;
*)
    texts pictures drawn && texts "$source/reports/pictures" kept
    check 'say what is shipped (drawn by gnuplot 5)' diff -r drawn kept
    ;;
esac
shown() { for f in "$source"/reports/pictures/*; do grep -qF "reports/pictures/$(basename "$f")" "$source/README.md" "$source"/docs/*.md || return 1; done; }
check 'and all in README or docs' shown

mkdir one && cp "$bench" one/
check 'one result' runs "$program" report -o one.html one
check 'one result: what is missing is named' has one.html 'class="missing"'
check 'one result: all parts' whole one.html
check 'one result: its numbers' numbers --least 500 one-machine.html
mkdir again && cp one*.html again
check 'the same page again' sh -c '"$1" report -o one.html one >out 2>&1 && for f in one.html one-*.html; do cmp "$f" "again/$f" || exit 1; done' - "$program"
mkdir small && damaged "$bench" small small/small.json
check 'one work, one thread, no limits' runs "$program" report -o small.html small
check 'one work: all parts' whole small.html
check 'one work: its numbers' numbers --least 20 small-machine.html
mkdir alone generated
for f in results/*-train.json.gz; do
    "$python" - "$f" "$(basename "$f" .gz)" <<'PY'
import gzip, json, sys
result = json.load(gzip.open(sys.argv[1]))
if "kernel_sets" in result["batchmark"]:
    json.dump(result, open("alone/" + sys.argv[2], "w"))
    result["batchmark"]["data"] = [{"asked": "mnist", "content": "generated"}]
    json.dump(result, open("generated/" + sys.argv[2], "w"))
PY
done
check 'training alone' runs "$program" report -o alone.html alone
check 'training alone: all parts' whole alone.html
check 'training alone: what it buys' has alone.html 'to an accuracy of'
check 'training alone: what is missing, by its command' has alone.html '<code>make bench</code>'
check 'training alone: no word of generated data' lacks alone.html 'generated digits'
check 'generated data' runs "$program" report -o generated.html generated
marked() { # in the answer, at the picture and in the table
    test "$(grep -c 'generated digits, not mnist' generated.html)" -ge 3 && grep -q 'class="answer"><b>What does it buy.*generated digits, not mnist' generated.html
}
check 'generated data: said wherever its figures stand' marked
mkdir sweep && damaged "$bench" sweep sweep/sweep.json
check 'a sweep of threads' runs "$program" report -o sweep.html sweep
check 'a sweep: its numbers' numbers --least 500 sweep-machine.html
check 'a sweep: a curve an op, to the most threads' runs "$program" report -p scaling-strong-1,scaling-strong-2 -o sweep-pictures sweep
drawn() { # all numbers of threads are on the axis, and both ops are drawn
    for f in sweep-pictures/scaling-strong-1.svg sweep-pictures/scaling-strong-2.svg; do
        "$python" - "$f" <<'PY' || return 1
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
words = re.findall(r">\s*([^<>]+?)\s*<", text)
missing = {"1", "2", "4", "6", "24", "threads", "ideal"} - set(words)
assert not missing, (missing, words)
PY
    done
}
check 'a sweep: with each number of threads' drawn
mkdir -p hostile stripped
for f in $shipped; do
    damaged "$f" hostile "hostile/$(basename "$f" .gz)" && damaged "$f" stripped "stripped/$(basename "$f" .gz)"
done
check 'hostile names' runs "$program" report -o hostile.html hostile
check 'hostile names: all parts' whole hostile.html
# shellcheck disable=SC2046
check 'hostile names: no markup of theirs' harmless $(sheets hostile.html)
check 'hostile names: shown' has hostile-machine.html '&lt;/text&gt;&lt;/svg&gt;&lt;script&gt;'
check 'hostile names: its numbers' numbers --least 500 hostile-machine.html
rm hostile/*-bench.json* # the part that takes long
check 'hostile names as Markdown' runs "$program" report -F md -o hostile.md hostile
check 'hostile names as Markdown: no markup of theirs' harmless hostile.md hostile-*.svg
check 'hostile names as CSV' runs "$program" report -F csv -o hostile.csv hostile
check 'members that are missing or of other types' runs "$program" report -o stripped.html stripped
check 'members that are missing: all parts' whole stripped.html

mkdir mixed && cp results/*-machine.json.gz mixed/ && head -c 5000 "$bench" >mixed/cut.json.gz && echo '{' >mixed/brace.json && echo text >mixed/notes.txt
gzip -dc "$bench" | sed 's/"schema":2/"schema":1/' >mixed/old.json
check 'broken files beside a good one' runs "$program" report -o mixed.html mixed
check 'broken files: a line each' test "$(wc -l <err)" = 3
check 'broken files: named on stderr' has err cut.json.gz
check 'broken files: and in the page' has mixed.html brace.json
check 'an older schema is said' has mixed.html 'schema is 1'
mkdir empty broken && cp mixed/cut.json.gz broken/
check 'an empty folder' fails_with 3 'no result' "$program" report -o no.html empty
check 'nothing but a broken file' sh -c '"$1" report -o no.html broken 2>err; test $? = 3 && grep -q cut.json err' - "$program"
check 'nothing is written then' test ! -e no.html
check 'a folder that is not there' sh -c '"$1" report -o no.html nowhere 2>err; test $? = 3 && grep -q nowhere err' - "$program"
check 'another machine' fails_with 3 "there is no machine 'x'" "$program" report -m x -o no.html one
check 'an unknown format' sh -c '"$1" report -F pdf one 2>err; test $? = 2 && grep -q "html, md, csv or txt" err' - "$program"
check 'sentences and tables for a terminal' sh -c '"$1" report -F txt -o one.txt one >out && grep -q "^This machine" one.txt' - "$program"
check 'without markup' lacks one.txt '</'
check 'an unknown picture' fails_with 3 'nonesuch' "$program" report -p nonesuch -o pics one
check 'no gnuplot' fails_with 3 'gnuplot-nox' env PATH=/nonexistent "$program" report -o no.html one
mkdir bin && printf '#!/bin/sh\ncat >/dev/null\nkill -9 $$\n' >bin/gnuplot && chmod +x bin/gnuplot
check 'a gnuplot that dies' fails_with 3 'gnuplot' env PATH="$work/bin:$PATH" "$program" report -o no.html one
mkdir only && ln -s "$(command -v gnuplot)" only/
check 'no lstopo' runs env PATH="$work/only" "$program" report -o no-lstopo.html results/*-machine.json.gz
check 'no lstopo: what to install, where the picture would be' has no-lstopo-machine.html 'install it (Debian: hwloc-nox)'
check 'a disk that is full' fails_with 3 'cannot write' sh -c 'ulimit -f 100; exec "$1" report -o no.html results/*-machine.json.gz' - "$program"
check 'a place that is a folder' fails_with 3 'empty' "$program" report -o empty one
check 'nothing half-written' sh -c 'test ! -e no.html && ! ls no-*.html ./*.part 2>/dev/null'
finish
