#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where output goes: a standard output that is closed, full or without a reader, for every command; results on it by
`--json -`; links and devices in place of files. usage: test_output.py PROGRAM"""
import json
import os
import subprocess
import sys
import tempfile

program = os.path.abspath(sys.argv[1])
os.environ['COLUMNS'] = '1000'
checks = failures = 0
SMALL = ['--op', 'bn_forward', '--kernel', '*avx2', '--shape', 'N=32 C=64', '--threads', '1', '--launches', '2',
         '--launch-time', '0.003', '--time-cap', '0']
NETWORK = ['--dataset', 'builtin', '--layers', '784,8,10', '--max-steps', '5', '--threads', '1', '--kernels', 'autovec']


def check(what, holds, seen=''):
    global checks, failures
    checks += 1
    failures += not holds
    print('ok' if holds else 'not ok', checks, '-', what)
    if not holds:
        print(''.join('# %s\n' % line for line in str(seen).splitlines()[:10]), end='')


def run(*words, **more):
    return subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **more)


def ends(words, stdout, closed=False):
    """The exit code, and the lines of stderr, which are those of a command whose standard output is such a one."""
    got = subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True,
                         timeout=300, preexec_fn=(lambda: os.close(1)) if closed else None)
    return got.returncode, got.stderr.splitlines()


def no_standard_output():
    commands = [['--help'], ['--version'], ['list'], ['bench', '--help'], ['bench', *SMALL, '--json', 'x.json'],
                ['bench', '--dry-run', *SMALL], ['bench', *SMALL, '--json', '-'], ['machine', '--effort', '0.1', '--threads', '1'],
                ['verify', '--kernel', 'sgd_avx2'], ['train', *NETWORK, '--json', 'x.json'], ['train', '--list'],
                ['count', 'bn_forward_avx2', '--shape', 'N=3 C=4'],
                ['ab', 'bn_forward_avx2', 'bn_forward_autovec', '--time-cap', '1', '--', '--shape', 'N=32 C=64'],
                ['calibrate', 'bench.json', 'again.json', '--json', 'x.json'], ['compare', 'bench.json', 'again.json'],
                ['show', 'bench.json'], ['history', 'bench.json', 'again.json'], ['report', 'bench.json', '-o', 'x.html'],
                ['validate', 'bench.json']]
    slow = ['bench', 'machine', 'ab']  # what has no reader ends like what is full
    for words in commands:
        name = ' '.join(words[:2])
        with open('/dev/full', 'w') as full:
            got = ends(words, full)
        check(name + ': a full standard output', got[0] == 3 and 'cannot be written' in got[1][-1], got)
        if words[0] not in slow:
            reader, writer = os.pipe()
            os.close(reader)
            got = ends(words, writer)
            os.close(writer)
            check(name + ': no reader', got[0] == 3 and 'cannot be written' in got[1][-1], got)
        got = ends(words, None, closed=True)
        check(name + ': a closed one', got[0] == 3 and len(got[1]) == 1 and 'is closed' in got[1][0], got)
    with open('/dev/full', 'w') as full:
        got = ends(['show', 'missing.json'], full)
    check('an error that has a message keeps it', got[0] == 3 and len(got[1]) == 1 and 'missing.json' in got[1][0], got)


def result_on_standard_output():
    commands = {'bench': ['bench', *SMALL], 'machine': ['machine', '--effort', '0.1', '--threads', '1'],
                'verify': ['verify', '--kernel', 'sgd_avx2'], 'train': ['train', *NETWORK],
                'noise': ['calibrate', 'bench.json', 'again.json']}
    for kind, words in commands.items():
        got = run(*words, '--json', '-')
        check(kind + ' --json -', got.returncode == 0 and got.stderr, got)
        with open('shown.json', 'w') as file:
            file.write(got.stdout)
        result = json.loads(got.stdout)
        check('is one result', result['batchmark']['kind'] == kind and result['batchmark']['complete'], result['batchmark'])
        check('that is valid', run('validate', 'shown.json').returncode == 0)
        check('there is no file', not os.path.exists('-'))


def threads():
    got = run('bench', *SMALL[:6], '--kernel', 'bn_forward_avx2_omp', '--threads', '2,1,2,2', *SMALL[8:], '--json', '-')
    counts = sorted(c['threads'] for c in json.loads(got.stdout)['batchmark']['cases'])
    check('a number of threads counts once', counts == [1, 2], counts)
    got = run('bench', '--dry-run', '--op', 'sgd', '--threads', ','.join(['1', '2'] * 40))
    check('however often it is named', got.returncode == 0, got.stderr)


def places():
    os.symlink('target.json', 'link.json')
    for words, name in (['verify', '--kernel', 'sgd_avx2', '--json', 'link.json'], 'verify'), \
            (['report', 'bench.json', '-o', 'link.json'], 'report'), (['train', *NETWORK, '--json', 'link.json'], 'train'):
        open('target.json', 'w').close()
        got = run(*words)
        check(name + ' writes through a link', got.returncode == 0 and os.path.islink('link.json') and
              os.path.getsize('target.json') > 0, got)
    for words in ['verify', '--kernel', 'sgd_avx2', '--json', '/dev/stdout'], ['report', 'bench.json', '-o', '/dev/null'], \
            ['report', 'bench.json', '-o', '/proc/self/fd/1']:
        got = run(*words)
        check(words[0] + ' replaces nothing in ' + words[-1], got.returncode == 3 and 'belongs to the system' in got.stderr and
              not os.path.isfile('/dev/null'), got)
    for option in '--pictures', '--dump', '--checkpoint':
        got = run('train', *NETWORK, '--json', 'x.json', option, '/dev/batchmark-test')
        check('train makes no folder in /dev for ' + option, got.returncode == 3 and not os.path.exists('/dev/batchmark-test'), got)
    if os.access('/dev/shm', os.W_OK):
        path = '/dev/shm/batchmark-test.%d.json' % os.getpid()
        got = run('verify', '--kernel', 'sgd_avx2', '--json', path)
        check('memory that is a folder is no device', got.returncode == 0 and os.path.exists(path), got)
        os.unlink(path)
    for mask in 0o022, 0o077, 0o000:
        got = run('train', *NETWORK, '--json', 'mask.json', '--dump', 'dump-%o' % mask, '--checkpoint', 'saved-%o' % mask,
                  preexec_fn=lambda: os.umask(mask))
        files = ['mask.json'] + [os.path.join(at, name) for folder in ('dump-%o' % mask, 'saved-%o' % mask)
                                 for at, _, names in os.walk(folder) for name in names]
        modes = {os.stat(name).st_mode & 0o777 for name in files}
        check('umask %03o' % mask, got.returncode == 0 and len(files) > 2 and modes == {0o666 & ~mask}, (got, modes))


with tempfile.TemporaryDirectory(prefix='batchmark-output.') as place:
    os.chdir(place)
    for name in 'bench.json', 'again.json':
        check(name, run('bench', *SMALL, '--launches', '3', '--json', name).returncode == 0)
    no_standard_output()
    result_on_standard_output()
    threads()
    places()
    os.chdir('/')
print('1..%d' % checks)
sys.exit(failures > 0)
