# SPDX-License-Identifier: MIT
"""Prints the commands that README and docs show, one a line, as a test can run them: FILE<tab>COMMAND AS SHOWN<tab>COMMAND TO RUN.

usage: documented.py FILE.md...

A command is a line of an indented block that begins with one of `starts`. What takes long is shortened, and names that
stand for a reader's files are replaced by files that test_docs.sh makes. Two columns of blanks end a command, as does `#`.
"""
import re
import sys

starts = re.compile(r'((make|build/batchmark|batchmark|tests/|scripts/|bench/|CK_RUN_SUITE=|BATCHMARK_|/usr/share/)\S*)( |$)')

# What a reader puts in, and what the test does.
names = [
    (r' --peer \S+/opt/\S+', ''),
    (r'BATCHMARK_PEER_ONEDNN=\S+ ', ''),
    (r'results/MACHINE/RESULT\.json\.gz', '$KEPT'),
    (r'results/amd\S+Z\*', 'A.json'),
    (r'RESULT\.json RESULT\.json', 'A.json B.json'),
    (r'BASE1\.json BASE2\.json : NEW1\.json NEW2\.json', 'A.json B.json : A.json B.json'),
    (r'\b(RESULT\.json|BASE\.json|OLD\.json|EPYC\.json|FILE\.\.\.|RESULT\.\.\.)', 'A.json'),
    (r'\b(NEW\.json|XEON\.json)', 'B.json'),
    (r'results /elsewhere/results', 'A.json B.json'),
    (r'\$R/\*\.gz|results/\*/\*\.json\.gz', 'A.json B.json'),
    (r'\bFOLDER\b', '.'),
    (r'results/\*/tuning\.json', 'A.json'),
    (r' \[--?\w+( \w+)?\]', ''),
    (r'old/build/batchmark', '$PROGRAM'),
    (r'(^|; |\s)(build/)?batchmark(?= |$)', r'\1$PROGRAM'),
    (r'sgd_avx2_mine', 'sgd_avx2_omp'),
    (r' bench/peers/layers\.txt', ' $TOP/bench/peers/layers.txt'),
    (r'--kernels avx512', '--kernels avx2'),
    (r'(?<!depth) --data data', ''),
    (r'HEAD~1 HEAD', '$LIBRARY ./planted.so'),
    # A peer makes its own kernel for each shape, even where none is run.
    (r'--sweep (gemm|bn)(:\d+)?', r'--sweep \1:2'),
    (r'--shapes resnet50_blocked', "--shape 'bn N=2 C=16 S=4 layout=nchw16c'"),
    (r"(--op gemm .*)--shapes transformers", r"\1--shape 'gemm M=3 N=4 K=5'"),
    (r'--shapes norms', "--shape 'norm N=3 C=5'"),
]
small = "--shape 'N=3 C=5' --shape 'gemm M=3 N=4 K=5' --shape 'params N=9'"
quick = '--op sgd --kernel "*_naive" --shape "params N=9"'
# How a command is shortened: the first that fits.
short = [
    (r'^make( |$)', lambda c: targets(c)),
    (r'^CK_RUN_SUITE', lambda c: 'CK_RUN_SUITE=stats "$BUILD/check"'),
    (r' bench --ideas', lambda c: re.sub('--ideas.*', '--ideas --op bn_forward --kernel "*_avx2_tuned_without_rows" --shape "bn N=9 C=33" --time-cap 0', c)),
    (r' bench .*--resume', lambda c: re.sub('--resume.*', '--resume=whole.json', c) + ' ; [ $? = 3 ]'),
    (r' bench( |$)', lambda c: re.sub(r'--json \S+', '', c) + ' --dry-run ' +
     (quick if '--op' not in c else '' if '--shape' in c else small)),
    (r' train --list', lambda c: c),
    (r' train --claim \w+ --(data|resume)', lambda c: re.sub('--(data|resume).*', '--seeds 0 --epochs 1 --train-images 100', c)),
    (r' train .*--load', lambda c: c + ' --max-steps 2 --epochs 1'),
    (r' train .*--resume', lambda c: c + ' --max-steps 2 --epochs 1 --seed 0'),
    (r' train .*--checkpoint', lambda c: c + ' --max-steps 2 --epochs 1 --seed 0'),
    (r' train ', lambda c: c.replace(' --compare-kernels', '') + ' --max-steps 2 --epochs 1'),
    (r' verify --ideas', lambda c: c + ' --op bn_forward --random 1 --threads 1'),
    (r' verify .*--random', lambda c: re.sub(r'--random \d+', '--random 1 --op sgd', c)),
    (r' verify', lambda c: c + ' --threads 1 ' + small),
    (r' ab gemm', lambda c: re.sub('gemm_openblas', 'gemm_naive', c) + " --time-cap 0 -- --shape 'gemm M=3 N=4 K=5'"),
    (r' ab .*--kernel', lambda c: c.replace(' ab', ' ab --time-cap 0') + " --shape 'N=3 C=5'"),
    (r' ab .* -- ', lambda c: c.replace(' ab', ' ab --time-cap 0') + ' ' + "--shape 'M=3 N=4 K=5'"),
    (r' ab ', lambda c: c + ' --time-cap 0 -- ' + quick),
    (r' count .*LIBRARY', lambda c: c + ' ' + quick),
    (r' calibrate --runs', lambda c: re.sub(r'--runs \d+', '--runs 2', c) + ' -- ' + quick + ' --launches 2 --time-cap 0'),
    (r' compare .*--now', lambda c: c.replace(' --now', '')), # test_compare.sh has a build to measure
    (r' (history|compare) .*--kernel', lambda c: c.replace('bn_', 'sgd_')),
    (r' report .*(-o|--output) ?\S+', lambda c: re.sub(r'(-o|--output) ?\S+', '-o page', c)),
    (r' report ', lambda c: c + ' -o page'),
    (r'^/usr/share/benchmark/compare.py', lambda c: '$PYTHON ' + c),
    (r' tune$', lambda c: c + ' --time-cap 4; code=$?; [ $code = 0 ] || [ $code = 3 ]'), # one core alone: nothing to measure in that time
    (r' fleet ', lambda c: c.replace(' fleet', ' fleet --by file')), # all are of this host
    (r' machine( |$)', lambda c: c + ' --effort 0.1'),
    (r' (list|show|validate|count|compare|history|calibrate)( |$)', lambda c: c),
    # Other tests run these whole; here they must only be there.
    (r'^(tests/|scripts/|bench/)', lambda c: 'test -x "$TOP/' + c.split()[0] + '"'),
]


def targets(command):
    """Is each target there? What they do is other tests' business."""
    words = [w for w in command.split()[1:] if '=' not in w and not w.startswith('-')]
    return ' && '.join(f'grep -qh "^{w}:" "$TOP/Makefile" "$TOP"/mk/*.mk' for w in words) or 'true'


def commands(path):
    fenced = False
    for line in open(path, encoding='utf-8'):
        fenced ^= line.startswith('```')
        if not (fenced or line.startswith('    ')):
            continue
        text = re.split(r'\s{2,}|\s+#', line.strip())[0]
        if starts.match(text):
            yield text


for path in sys.argv[1:]:
    for shown in commands(path):
        run = shown
        for name, there in names:
            run = re.sub(name, there, run)
        way = next((how for what, how in short if re.search(what, run)), None)
        if way is None:
            sys.exit(f'{path}: no rule of tests/cli/documented.py says how to run: {shown}')
        print(path, shown, way(run), sep='\t')
