#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How wide output is: no line of any command is longer than the terminal, also with long names and names in UTF-8; whole
words; colours only where they are wanted; what programs read is not touched. usage: test_width.py PROGRAM"""
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

program = os.path.abspath(sys.argv[1])
top = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
checks = failures = 0
CASE = ['--op', 'gemm', '--kernel', 'gemm_av[tx]*2', '--shape', 'gemm M=24 N=24 K=24 name=a-layer-with-quite-a-long-name:forward', '--threads', '1',
        '--launches', '2', '--launch-time', '0.003']
COMMANDS = ['list', 'machine', 'verify', 'bench', 'train', 'ab', 'count', 'tune', 'calibrate', 'compare', 'show', 'history', 'fleet', 'report',
            'validate']


def check(what, holds, seen=''):
    global checks, failures
    checks += 1
    failures += not holds
    print('ok' if holds else 'not ok', checks, '-', what)
    if not holds:
        print(''.join('# %s\n' % line for line in str(seen).splitlines()[:12]), end='')


def run(*words, columns=None, locale='C.UTF-8', **more):
    env = {k: v for k, v in os.environ.items() if k not in ('COLUMNS', 'NO_COLOR', 'LC_ALL')}
    env.update({'LC_ALL': locale}, **({'COLUMNS': str(columns)} if columns else {}), **more)
    return subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300, env=env)


def columns_of(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)


def too_long(text, most):
    return [line for line in text.decode('utf-8', 'replace').split('\n') if columns_of(line) > most]


def fits(name, *words, widths=(None, 60, 120)):
    for columns in widths:
        got = run(*words, columns=columns)
        most = columns or 80
        check('%s: no line longer than %d%s' % (name, most, '' if columns else ', the default'),
              got.returncode in (0, 1) and got.stdout and not too_long(got.stdout, most), '\n'.join(too_long(got.stdout, most)) or got)


def renamed(path, to, old, new):
    """A result whose texts have other words in them."""
    text = json.dumps(json.load(gzip.open(path) if path.endswith('.gz') else open(path)), ensure_ascii=False).replace(old, new)
    result = json.loads(text)
    result['batchmark'].pop('checksum', None)
    result['batchmark'].pop('schema_checksum', None)
    with open(to, 'w', encoding='utf-8') as file:
        json.dump(result, file, ensure_ascii=False, sort_keys=True, separators=(',', ':'))


def results():
    shipped = sorted(glob.glob(top + '/results/*/*-bench.json.gz'), key=os.path.getsize)
    large = [shipped[-1], shipped[-2]]
    for kind in 'machine', 'verify', 'train', 'noise', 'claim':
        for path in sorted(glob.glob(top + '/results/*/*-%s.json.gz' % kind))[:1]:
            fits('show, ' + kind, 'show', path)
    fits('show', 'show', large[0])
    fits('show --all', 'show', '--all', large[1])
    fits('show --ladder', 'show', '--ladder', large[0])
    fits('compare', 'compare', '--all', *large)
    fits('compare --across', 'compare', '--across', *large)
    fits('history', 'history', *large)
    fits('history --all', 'history', '--all', '--kernel', 'bn_forward_a*', *large)
    fits('calibrate', 'calibrate', *large, '--json', 'noise.json')
    fits('fleet', 'fleet', '--by', 'file', *shipped[-4:])
    fits('validate', 'validate', *large)


def names():
    """Long names, wide characters, and characters that have no width of their own."""
    for what, word in (('long', 'a_kernel_whose_author_could_not_stop_and_wrote_on_until_the_terminal_was_far_too_narrow_for_it'),
                       ('wide', '卷积核' * 12), ('combining', 'e\u0301' * 30)):
        renamed('run.json', what + '.json', 'a-layer-with-quite-a-long-name', word)
        fits('names that are %s, show' % what, 'show', '--all', what + '.json')
        fits('names that are %s, compare' % what, 'compare', '--all', '--across', what + '.json', what + '.json')


def whole_words():
    long = run('list', columns=1000).stdout.split()
    short = run('list', columns=80).stdout.split()
    check('a narrow list has the same words', long == short, [w for w in zip(long, short) if w[0] != w[1]][:3])
    name = max((w for w in long if w.startswith(b'bn_')), key=len)
    check('names in sentences stay whole', name in run('list', columns=60).stdout.split(), name)
    large = sorted(glob.glob(top + '/results/*/*-bench.json.gz'), key=os.path.getsize)[-2:]
    wide, narrow = (run('compare', *large, columns=c).stdout.decode() for c in (1000, 40))
    command = [line.strip() for line in wide.split('\n') if line.startswith('  batchmark ')]
    check('a command that is broken can be copied', command and command[0] in re.sub(r'\\\n', '', re.sub(r' \\\n +', ' ', narrow)), narrow[-300:])


def machines():
    """Output for programs is the same at every width."""
    for words in (['compare', 'run.json', 'run.json', '--format', 'json'], ['compare', 'run.json', 'run.json', '--format', 'markdown', '--all'],
                  ['history', 'run.json', '--export', 'csv'], ['history', 'run.json', '--format', 'json'],
                  ['fleet', '--by', 'file', 'run.json', 'run.json', 'run.json', '--format', 'csv']):
        got = [run(*words, columns=c, CLICOLOR='1').stdout for c in (40, 1000)] + [run('--color=always', *words).stdout]
        check(' '.join(words[:1] + words[-2:]) + ' is not touched', got[0] == got[1] == got[2], got[:1])


def colours():
    results = sorted(glob.glob(top + '/results/*/*-bench.json.gz'))[:3]
    words, coloured = ['show', results[0]], b'\033['
    plain = run(*words).stdout
    check('no colours but on a terminal', coloured not in plain)
    got = run('--color=always', *words).stdout
    check('--color=always', b'\033[33mWARNING\033[0m' in got, got[:500])
    check('behind the command, too', run(*words, '--color').stdout == got)
    check('without its colours it is the same text', re.sub(rb'\033\[\d+m', b'', got) == plain)
    check('--color=never', run(*words, '--color=never').stdout == plain)
    bad = subprocess.run([program, 'list', '--color=often'], capture_output=True, text=True)
    check('another word', bad.returncode == 2 and '--color=often' in bad.stderr and bad.stderr.count('\n') == 1, bad)
    for no, wanted in ('', True), ('1', False):
        master, slave = os.openpty()
        env = dict(os.environ, NO_COLOR=no, TERM='xterm', COLUMNS='80')
        child = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL, stdout=slave, env=env)
        os.close(slave)
        seen = b''
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:
            pass
        child.wait()
        os.close(master)
        check('a terminal, NO_COLOR=%s' % no, (coloured in seen) == wanted, seen[:500])


def rows():
    """The ratio of each row of compare is that of the two times beside it, by which the row says it goes."""
    shipped = sorted(glob.glob(top + '/results/*/*-bench.json.gz'), key=os.path.getsize)
    text = run('compare', '--all', '--threshold', '5', shipped[-1], shipped[-2], columns=300).stdout.decode()
    unit = {'ns': 1e-9, 'us': 1e-6, 'ms': 1e-3, 's': 1}
    found = re.findall(r'  ([\d.]+) (ns|us|ms|s)  +([\d.]+) (ns|us|ms|s)  +([\d.]+)x', text)
    wrong = [row for row in found if abs(float(row[4]) / (float(row[2]) * unit[row[3]] / float(row[0]) / unit[row[1]]) - 1) > 0.012]
    check('each of %d ratios is that of its row' % len(found), len(found) > 100 and not wrong, wrong[:5])
    check('the times are named', 'Times are floors' in text)


with tempfile.TemporaryDirectory(prefix='batchmark-width.') as place:
    os.chdir(place)
    check('a result', run('bench', *CASE, '--json', 'run.json').returncode == 0)
    result = json.load(open('run.json'))
    check('help', not too_long(run('--help').stdout, 80), too_long(run('--help').stdout, 80))
    for command in COMMANDS:
        got = run(command, '--help')
        check(command + ' --help', got.returncode == 0 and not too_long(got.stdout, 80), too_long(got.stdout, 80))
    fits('list', 'list')
    fits('list --details', 'list', '--details', '--op', 'gemm')
    fits('list --shapes', 'list', '--shapes')
    fits('list --experiments', 'list', '--experiments')
    fits('train --list', 'train', '--list')
    fits('machine', 'machine', '--effort', '0.1', '--threads', '1', widths=(None,))
    fits('verify', 'verify', '--op', 'bn_inference', '--shape', 'N=9 C=5', '--threads', '1', widths=(None,))
    fits('bench', 'bench', *CASE, widths=(None,))
    fits('bench --versus', 'bench', '--versus', 'naive', *CASE, widths=(None,))
    fits('bench --dry-run', 'bench', '--dry-run', *CASE, widths=(None,))
    fits('train', 'train', '--dataset', 'builtin', '--layers', '784,16,10', '--max-steps', '20', '--seeds', '1,2', '--json', 't.json', widths=(None,))
    fits('count', 'count', 'gemm_avx2', 'gemm_avx512' if 'avx512f' in open('/proc/cpuinfo').read() else 'gemm_naive', '--shape', 'gemm M=8 N=8 K=8', widths=(None,))
    fits('ab', 'ab', 'gemm_avx2', 'gemm_naive', '--time-cap', '0', '--', '--shape', 'gemm M=24 N=24 K=24', widths=(None,))
    results()
    names()
    whole_words()
    machines()
    colours()
    rows()
    os.chdir('/')
print('1..%d' % checks)
sys.exit(failures > 0)
