#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests bench/train/download against a server of its own on 127.0.0.1: prints "ok ..." or "not ok ..." a check and exits
# non-zero if one failed.
LC_ALL=C
export LC_ALL
set -u
cd "$(dirname "$0")/../.." || exit 1
download=$PWD/bench/train/download
work=$(mktemp -d "${TMPDIR:-/tmp}/batchmark-download.XXXXXX") || exit 1
server=''
clean() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$work" || exit 1

failures=0 checks=0
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
# check WHAT COMMAND...
check() {
    what=$1
    shift
    checks=$((checks + 1))
    if "$@"; then
        echo "ok $checks - $what"
    else
        failures=$((failures + 1))
        echo "not ok $checks - $what"
        sed 's/^/# /' log
    fi
}
# run STATUS ARGUMENT...: the script exits with STATUS, its messages are in the file log
run() {
    want=$1
    shift
    "$download" "$@" >log 2>&1
    [ $? -eq "$want" ]
}
says() { grep -q -e "$1" log; }
empty() { [ ! -e "$1" ] || [ -z "$(find "$1" -type f)" ]; }
no_litter() { [ -z "$(find . -name '.download*')" ]; }
content_is() { [ "$(gzip -dc "$1")" = "$2" ]; }
requests() { wc -l <requests; }

# The server: files below site/; a path that begins with /slow sends its first half and then waits for the client to
# go. It writes its port and a line per request, and ends by itself after 60 seconds.
cat >server.py <<'END'
import http.server, os, sys, threading, time

class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        with open("requests", "a") as log:
            log.write(self.path + "\n")
        if not self.path.startswith("/slow/"):
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x" * 500)
        self.wfile.flush()
        time.sleep(60)
    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Handler(*a, directory="site"))
threading.Timer(60, lambda: os._exit(0)).start()
with open("port.tmp", "w") as file:
    file.write(str(server.server_address[1]))
os.rename("port.tmp", "port")
server.serve_forever()
END

# A site of small files in the layout of a mirror, and the list of their checksums.
mkdir -p site/mnist site/fashion-mnist site/other/mnist cifar-10-batches-bin
for set in mnist fashion-mnist; do
    for name in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
        echo "$set $name" >content
        gzip -c content >site/$set/$name.gz
        echo "$(md5sum <content | cut -d ' ' -f 1)  $set/$name" >>list
    done
done
for name in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    echo $name >cifar-10-batches-bin/$name.bin
done
tar -czf site/cifar-10-binary.tar.gz cifar-10-batches-bin
echo "$(md5sum <site/cifar-10-binary.tar.gz | cut -d ' ' -f 1)  cifar-10-binary.tar.gz" >>list
: >log
: >requests
images=mnist/train-images-idx3-ubyte

python3 server.py &
server=$!
tries=0
while [ ! -e port ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
[ -e port ] || { echo "Bail out! the server did not start"; exit 1; }
site=http://127.0.0.1:$(cat port)
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

check "everything is fetched" run 0 --mirror "$site/" --checksums list all
check "nine requests were made" [ "$(requests)" -eq 9 ]
check "MNIST has its content" content_is all/$images.gz "mnist train-images-idx3-ubyte"
check "CIFAR-10 is unpacked" cmp -s cifar-10-batches-bin/test_batch.bin all/cifar-10-batches-bin/test_batch.bin
check "its list has the CRC-32 of each file" grep -qx "# crc32 $("$python" -c 'import zlib; print("%08x" % zlib.crc32(b"test_batch\n"))') test_batch.bin" \
    all/cifar-10-batches-bin/md5sums.txt
check "the archive does not stay" [ ! -e all/cifar-10-binary.tar.gz ]

check "a second run succeeds" run 0 --mirror "$site" --checksums list all
check "and fetches nothing" [ "$(requests)" -eq 9 ]
echo changed >all/cifar-10-batches-bin/data_batch_3.bin
echo changed | gzip -c >all/$images.gz
check "files that changed are fetched again" run 0 --mirror "$site" --checksums list all
check "just those two" [ "$(requests)" -eq 11 ]
check "the image file is right again" content_is all/$images.gz "mnist train-images-idx3-ubyte"
check "the batch is right again" cmp -s cifar-10-batches-bin/data_batch_3.bin all/cifar-10-batches-bin/data_batch_3.bin
rm all/$images.gz
echo "mnist train-images-idx3-ubyte" >all/$images
check "a plain file counts as well" run 0 --mirror "$site" --checksums list --only mnist all
check "and is not fetched" [ "$(requests)" -eq 11 ]
mkdir -p own/cifar-10-batches-bin
echo own >own/cifar-10-batches-bin/data_batch_1.bin
check "a CIFAR-10 folder of the user's is kept" run 0 --mirror "$site" --checksums list --only cifar-10 own
check "and the message says so" says "own/cifar-10-batches-bin: not made by this script: kept"

check "--only fetches one set" run 0 --mirror "$site" --checksums list --only fashion-mnist one
check "and no other" [ ! -e one/mnist ]

sed "s/^\(.\{4\}\)[^ ]*\(.*$(basename $images)\)/\10123456789012345678901234567\2/" list >wrong
check "a wrong checksum is refused" run 1 --mirror "$site" --checksums wrong --only mnist bad
check "the message has the address" says "$site/$images.gz: refused: expected MD5"
check "the file is not there" [ ! -e bad/$images.gz ]
check "the others are" [ -e bad/mnist/t10k-images-idx3-ubyte.gz ]
sed 's/^[^ ]*\(.*tar.gz\)/0123\1/' list >wrong
check "a wrong archive is refused" run 1 --mirror "$site" --checksums wrong --only cifar-10 bad
check "and not unpacked" [ ! -e bad/cifar-10-batches-bin ]

check "a file that the mirror lacks is an error" run 1 --mirror "$site/none" --checksums list --only mnist missing
check "the message says what to do" says "DATA_MIRROR=URL"
check "nothing is left" empty missing
for name in site/mnist/*.gz; do
    head -c 30 "$name" >"site/other/mnist/$(basename "$name")"
done
check "a truncated gzip file is refused" run 1 --mirror "$site/other" --checksums list --only mnist cut
check "the message says truncated" says "refused: truncated, or not a gzip file"
check "nothing is left of it" empty cut
# All of the content but not the gzip trailer.
mkdir -p trailer/mnist
head -c -4 site/$images.gz >trailer/$images.gz
check "a file without its gzip trailer is not right" run 0 --mirror "$site" --checksums list --only mnist trailer
check "and is replaced" cmp -s site/$images.gz trailer/$images.gz
check "no server: an error" run 1 --mirror http://127.0.0.1:1 --checksums list --only mnist nobody

# Stopped while a transfer waits for its second half.
for signal in TERM INT; do
    before=$(requests)
    # A background command of a shell without job control ignores SIGINT; env starts it with the signal restored.
    env --default-signal=INT "$download" --mirror "$site/slow" --checksums list --only mnist stopped >log 2>&1 &
    pid=$!
    tries=0
    while [ "$(requests)" -eq "$before" ] && [ $tries -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -$signal $pid
    wait $pid
    status=$?
    check "SIG$signal ends it with a failure" [ $status -gt 128 ]
    check "SIG$signal leaves nothing" empty stopped
done
check "no temporary folder is left anywhere" no_litter
mkdir -p "stopped/.download.$(uname -n).999999999"
check "what a killed run left is removed" run 0 --mirror "$site" --checksums list --only mnist stopped
check "so that there is no litter" no_litter

check "no DEST: usage" run 2 --mirror "$site"
check "an unknown option: usage" run 2 --frobnicate there
check "an unknown data set: usage" run 2 --only imagenet there
check "--help" run 0 --help
check "the project's own list names nine files" [ "$(grep -c '^[0-9a-f]\{32\}  ' "${download%/*}/checksums.txt")" -eq 9 ]

# The other fetcher: a PATH with everything that the script needs but curl.
if command -v curl >/dev/null && command -v wget >/dev/null; then
    mkdir bin
    for tool in sh wget gzip tar md5sum cut cat mkdir mv rm uname grep od tail; do
        ln -s "$(command -v $tool)" bin/
    done
    PATH=$work/bin "$download" --mirror "$site" --checksums list wget >log 2>&1
    check "wget does as well" [ $? -eq 0 ]
    check "with the same content" cmp -s site/$images.gz wget/$images.gz
    rm bin/wget
    check "neither curl nor wget: an error" [ "$(PATH=$work/bin "$download" there 2>&1; echo $?)" = \
        "download: neither curl nor wget is there; install one of them
1" ]
else
    echo "ok $((checks += 1)) - # SKIP only one of curl and wget is there"
fi

echo "1..$checks"
[ $failures -eq 0 ]
