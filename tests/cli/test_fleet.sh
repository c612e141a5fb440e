#!/bin/sh
# SPDX-License-Identifier: MIT
# batchmark fleet, on results made from a shipped one; and the report of a fleet. usage: test_fleet.sh PROGRAM
set -u
program=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
source=$PWD
. tests/cli/lib.sh
workplace fleet
make_fleet() { "$python" "$source/tests/fixtures/fleet_results.py" "$small" "$@"; }
small=$(ls "$source"/results/amd-epyc-f25m17s1-2c/20261122T025710Z-*-bench.json.gz)
exits() { # CODE COMMAND...: and keeps out and err
    code=$1
    shift
    "$@" >out 2>err </dev/null
    [ $? = "$code" ] || { sed 's/^/# /' err; return 1; }
}

check 'a fleet of eight, two with faults' make_fleet all 8 n2=memory n5=core
check 'of whole results' runs "$program" validate all/n0.json all/n2.json all/n5.json
check 'exit 1: nodes are slower' exits 1 "$program" fleet all
check 'what there is' holds out FLEET '8 nodes, 8 results, 40 cases'
check 'how many' holds out '2 of 8 nodes are slower'
check 'memory' holds out 'n2 (memory)'
check 'one core' holds out 'n5 (one core)'
check 'the pattern' holds out n2 memory '*'
check 'where to look' holds out 'memory channels' all/n2.json
check 'none other' test "$(grep -c '^ *n[0134679] ' out)" = 0
check 'all nodes' exits 1 "$program" fleet --all all
check 'each in each group' test "$(grep -c '^n[0-7] .*100' out)" = 8
check 'files as well, gzip too, and equal ones once' sh -c "gzip -k all/n0.json &&
    '$program' fleet all/n*.json all/n0.json.gz >out 2>err; [ \$? = 1 ] && grep -q 'n0.json.gz.*the same result as' err"
rm all/n0.json.gz
check 'none is slower: exit 0' exits 0 "$program" fleet all/n[0134679].json
check 'which is said' holds out 'No node of 6 is slower'
check 'a threshold above the faults' exits 0 "$program" fleet --threshold 200 all
check 'JSON' exits 1 "$program" fleet --format json all
check 'has nodes and reasons' "$python" -c 'import json
f = json.load(open("out"))
assert {n["node"]: n["why"] for n in f["nodes"] if n["slower"]} == {"n2": "memory", "n5": "one core"}, f["nodes"]
assert len(f["nodes"]) == 8 and f["cases"] == 40 and f["slower"] == 2
worst = max(f["nodes"][0]["changes"], key=lambda c: c["ratio"])
assert f["nodes"][0]["node"] == "n2" and worst["slower"] and worst["low"] > 1, worst
assert abs(worst["ratio"] - 2) < 0.05, worst'
check 'CSV' exits 1 "$program" fleet --format csv all
check 'has a row a node, group and figure' "$python" -c 'import csv
rows = list(csv.DictReader(open("out")))
assert {r["node"] for r in rows if r["group_slower"] == "1"} == {"n2", "n5"}
assert len(rows) == 8 * 2 * len({r["group"] for r in rows})
assert {r["why"] for r in rows} == {"", "memory", "one core"}'
check 'Markdown' exits 1 "$program" fleet --format markdown all
check 'has the table' holds out '| n2 | memory |'

cp all/n1.json all/n3.json all/n4.json . && mkdir odd && mv n1.json n3.json n4.json odd
printf '{"batchmark":{' >odd/broken.json
sed 's/"cores":2/"cores":4/' all/n6.json >odd/edited.json
cp "$source"/results/amd-epyc-f25m17s1-2c/*-verify.json.gz odd
check 'files that cannot be read are said and left out' exits 0 "$program" fleet odd
check 'one that is broken' holds err odd/broken.json 'left out'
check 'one that was edited' holds err odd/edited.json edited 'left out'
check 'and nothing else' test "$(wc -l <err)" = 2
check 'another kind is said if it was named' sh -c "'$program' fleet odd odd/*-verify.json.gz 2>&1 >out | grep -q 'verify, not of bench; left out'"
"$python" - "$source" <<'EOF'
import json, sys
sys.path.insert(0, sys.argv[1] + "/tests/fixtures")
from checksum import checksum
for name, path, value in (("cores", ("batchmark", "fingerprint", "cores"), 4),
                          ("hostile", ("context", "host_name"), "\x1b[31m|`<b>")):
    r = json.load(open("all/n6.json"))
    at = r
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    del r["batchmark"]["checksum"]
    r["batchmark"]["checksum"] = checksum(r)
    json.dump(r, open(f"odd/{name}.json", "w"))
EOF
check 'one of another machine' exits 0 "$program" fleet odd
check 'is left out by name, with the reason' holds out 'LEFT OUT' n6 odd/cores.json 'cores: 4 against 2'
check 'a name does no harm' holds out '4 nodes, 4 results'
check 'plain' sh -c "'$program' fleet --all odd 2>&1 | LC_ALL=C grep -q '[[:cntrl:]]'; [ \$? = 1 ]"

check 'two nodes: exit 2' fails_with 2 '2 results of 2 nodes' "$program" fleet all/n0.json all/n1.json
check 'one: exit 2' fails_with 2 '1 result of 1 node, n0' "$program" fleet all/n0.json
check 'shipped results are of one host' fails_with 2 '--by file' "$program" fleet "$source/results"
check 'unless a file is a node' exits 0 "$program" fleet --by file "$source/results"
check 'no argument: exit 2' exits 2 "$program" fleet
check 'an unknown --format' fails_with 2 '--format=x' "$program" fleet --format x all
check 'an unknown --by' fails_with 2 '--by=x' "$program" fleet --by x all
check 'a --threshold that is no number' fails_with 2 '--threshold=x' "$program" fleet --threshold x all
mkdir empty
check 'an empty folder: exit 3' fails_with 3 'no result of bench could be read' "$program" fleet empty
check 'a folder that is not there: exit 3' exits 3 "$program" fleet absent
check 'and named' holds err absent 'left out'
check 'a full disk: exit 3' sh -c "'$program' fleet all/n[0134679].json >/dev/full 2>err; [ \$? = 3 ] && grep -q 'cannot write' err"

check 'history does not mix hosts' exits 0 "$program" history all
check 'and says so' holds out '7 results of other hosts than n7 left out'
check 'unless it is told to' exits 0 "$program" history --host '*' all
check 'which it says, too' holds out 'Results of 8 hosts'
check 'one of them' exits 0 "$program" history --host n3 all
check 'has one result' holds out ': 1 result,'
check 'a host that is not there: exit 2' fails_with 2 "--host 'n9'" "$program" history --host n9 all
check 'an export says it on stderr' sh -c "'$program' history --export csv all 2>&1 >out | grep -q '7 results of other hosts'"

check 'a report of a fleet' exits 0 "$program" report --format csv -o fleet.csv all
check 'shows one node' holds out '1 result of'
check 'and all in a heat map' test "$(grep -c '"fleet-heat"' fleet.csv)" -ge 8
check 'as HTML' exits 0 "$program" report -o fleet.html all
check 'with its part' holds fleet-machine.html 'id="fleet"'
check 'names the node' holds fleet-machine.html 'The other parts show n7'
check 'a heat map' holds fleet-machine.html 'id="fleet-heat"'
check 'and the nodes to look at' holds fleet-machine.html 'one core'
check 'the page itself says that there are more' holds fleet.html 'results of nodes of a fleet'
check 'without a fleet it has no such part' sh -c "'$program' report --format csv -o two.csv all/n0.json all/n1.json >out && ! grep -q fleet two.csv"
finish
