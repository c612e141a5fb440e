#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""environment.py PROGRAM ROUNDS [SEED] - commands under random environments, as jobs and profiles set them.

Each round draws variables (OMP_*, GOMP_*, KMP_*, BENCHMARK_*, HWLOC_*, SLURM_*, locale, terminal) and runs a command.
It must give the right result, or refuse in one clear line: never another number of threads, another loss, or silence.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

PROGRAM, ROUNDS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
CORES = len(os.sched_getaffinity(0))

VALUES = {
    'OMP_NUM_THREADS': ['1', '2', '7', '4,2', '0', '-1', 'many'],
    'OMP_DYNAMIC': ['true', 'false'],
    'OMP_PROC_BIND': ['true', 'false', 'close', 'spread', 'master', 'spread,close', 'yes'],
    'OMP_PLACES': ['cores', 'threads', 'sockets', '{0}', '{0},{1}', '{0:2}', '{9999}', 'x'],
    'OMP_THREAD_LIMIT': ['1', '2', '64', '-3'],
    'OMP_STACKSIZE': ['64k', '1', '4M', '999G', 'x'],
    'OMP_WAIT_POLICY': ['active', 'passive'],
    'OMP_MAX_ACTIVE_LEVELS': ['0', '1', '5'],
    'OMP_NESTED': ['true', 'false'],
    'OMP_SCHEDULE': ['static,1', 'dynamic', 'guided,3'],
    'OMP_CANCELLATION': ['true'],
    'OMP_DISPLAY_ENV': ['true', 'verbose'],
    'OMP_DISPLAY_AFFINITY': ['true'],
    'GOMP_CPU_AFFINITY': ['0', '0 1', '0-1', '77', 'x'],
    'GOMP_SPINCOUNT': ['0', '1000', 'infinity'],
    'GOMP_STACKSIZE': ['64', '100000'],
    'KMP_AFFINITY': ['compact', 'scatter', 'none', 'disabled'],
    'KMP_BLOCKTIME': ['0', 'infinite'],
    'BENCHMARK_FILTER': ['x', '-', '.*'],
    'BENCHMARK_REPETITIONS': ['50'],
    'BENCHMARK_MIN_TIME': ['9', '1000x'],
    'BENCHMARK_FORMAT': ['json', 'x'],
    'BENCHMARK_OUT': ['/nonexistent/out.json'],
    'V': ['9'],
    'HWLOC_SYNTHETIC': ['pack:2 core:2 pu:1', 'x'],
    'HWLOC_XMLFILE': ['/nonexistent.xml', '/dev/null'],
    'HWLOC_COMPONENTS': ['-linux', 'stop', 'x86,stop'],
    'HWLOC_THISSYSTEM': ['0', '1'],
    'SLURM_JOB_ID': ['17'],
    'SLURM_CPUS_PER_TASK': ['1', '64'],
    'LC_ALL': ['C', 'C.UTF-8', 'de_DE.UTF-8', 'tr_TR.UTF-8', 'xx'],
    'LANG': ['', 'de_DE', 'C.UTF-8'],
    'COLUMNS': ['0', '20', '400', 'x', '-1'],
    'TERM': ['', 'dumb', 'xterm-256color', 'nonsense'],
    'MALLOC_PERTURB_': ['85'],
    'MALLOC_ARENA_MAX': ['1'],
    'OPENBLAS_NUM_THREADS': ['1', '9'],
    'BLIS_NUM_THREADS': ['1', '9'],
    'DNNL_VERBOSE': ['1'],
    'TMPDIR': ['/nonexistent'],
    'TZ': ['Mars/Phobos', 'UTC'],
}

# What profiles of batch systems set most often: tried each time, before what is drawn.
FIRST = [{'OMP_PROC_BIND': 'true'}, {'OMP_PROC_BIND': 'close'}, {'OMP_PROC_BIND': 'spread'}, {'OMP_PLACES': 'cores'},
         {'GOMP_CPU_AFFINITY': '0'}, {'OMP_DYNAMIC': 'true', 'OMP_NUM_THREADS': '1'}, {'GOMP_STACKSIZE': '64'},
         {'BENCHMARK_FILTER': 'x'}, {'OMP_THREAD_LIMIT': '1'}]

NETWORK = ['train', '--dataset', 'builtin', '--layers', '784,16,10', '--epochs', '1', '--max-steps', '5', '--bn', 'after',
           '--json', 'train.json']
COMMANDS = {
    'bench': ['bench', '--op', 'sgd', '--op', 'relu_forward', '--kernel', '*_n*', '--shape', 'params N=70000',
              '--shape', 'rows N=90 C=70', '--launches', '1', '--time-cap', '0', '--sample-time', '0.0002', '--json', 'bench.json'],
    'ab': ['ab', 'sgd_naive_omp', 'sgd_autovec_omp', '--time-cap', '0.5', '--format', 'json', '--', '--shape',
           'params N=70000'],
    'train': NETWORK,
    'list': ['list', '--details'],
}


def run(folder, command, extra):
    variables = {k: v for k, v in os.environ.items() if k not in VALUES}
    variables.update(extra)
    for name in ('bench.json', 'train.json'):
        if os.path.exists(os.path.join(folder, name)):
            os.remove(os.path.join(folder, name))
    return subprocess.run([PROGRAM] + COMMANDS[command], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def ours(folder, name):
    with open(os.path.join(folder, name)) as file:
        return json.load(file)['batchmark']


def bench_fault(folder, output):
    b = ours(folder, 'bench.json')
    threads = {c['threads'] for c in b['cases']}
    refused = any('OpenMP gives' in one['reason'] for one in b.get('skipped', []))
    if threads != {1, CORES} and not refused:
        return f'threads {sorted(threads)}, and {CORES} cores were given'
    if (b['cores_timed'] < CORES) != (b'cores that were given' in output) or b['cores_timed'] != max(threads):
        return f'{b["cores_timed"]} of {CORES} cores, and the warning is {"" if b"cores that were given" in output else "not "}there'
    for c in b['cases']:
        for launch in c['raw']:
            if len(set(launch['cpus'])) != c['threads']:
                return f'{c["name"]} ran on CPUs {launch["cpus"]}'
    return None


def train_fault(folder, reference):
    mine = ours(folder, 'train.json')['runs'][0]
    if mine['config']['threads'] != reference['config']['threads']:
        return f'{mine["config"]["threads"]} threads instead of {reference["config"]["threads"]}'
    if mine['epochs'][0]['loss'] != reference['epochs'][0]['loss']:
        return f'loss {mine["epochs"][0]["loss"]} instead of {reference["epochs"][0]["loss"]}'
    return None


def fault(folder, command, extra, reference):
    """Why the command's behaviour is not acceptable, or None."""
    got = run(folder, command, extra)
    err = [line for line in got.stderr.decode(errors='replace').splitlines() if line.startswith('batchmark')]
    if got.returncode not in (0, 1, 2, 3):
        return f'exit {got.returncode}'
    if len(got.stdout) > 1 << 20:
        return f'{len(got.stdout)} bytes of output'
    if got.returncode in (2, 3):
        return None if len(err) == 1 else f'exit {got.returncode} with {len(err)} lines of ours on stderr'
    if got.returncode == 1 and b'libgomp: ' in got.stderr: # it ends the process itself, with its reason
        return None
    if command == 'bench':
        return bench_fault(folder, got.stdout) if got.returncode == 0 else 'a kernel was called wrong'
    if command == 'train':
        return train_fault(folder, reference) if got.returncode == 0 else 'training failed'
    if command == 'ab' and b'"cases": []' in got.stdout:
        return f'exit {got.returncode}, and nothing was compared'
    return None


def quota_fault(folder):
    """With a fifth of a CPU, which a busy machine has for it, too: one thread by default, and samples in which the group was
    stopped are disturbed."""
    group = '/sys/fs/cgroup/cpu/batchmark-test'
    try:
        os.mkdir(group)
        for name, text in (('cpu.cfs_period_us', '100000'), ('cpu.cfs_quota_us', '20000')):
            with open(f'{group}/{name}', 'w') as file:
                file.write(text)
    except OSError as error:
        print(f'skipped: no control group with a quota can be made here ({error})')
        return None
    try:
        subprocess.run([PROGRAM, 'bench', '--op', 'sgd', '--kernel', 'sgd_naive*', '--shape', 'params N=10000000', '--launches',
                        '1', '--launch-time', '1', '--time-cap', '0', '--json', 'quota.json'], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, preexec_fn=lambda: open(f'{group}/tasks', 'w').write('0'))
        b = ours(folder, 'quota.json')
        raw, threads = b['cases'][0]['raw'][0], {c['threads'] for c in b['cases']}
        if threads != {1}:
            return f'threads {sorted(threads)} by default'
        stopped = [i for i, n in enumerate(raw.get('throttled', [])) if n]
        return None if stopped and b['cases'][0]['disturbed'] >= len(stopped) else f'stopped in samples {stopped}'
    finally:
        os.rmdir(group)


def main():
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        for command in sorted(COMMANDS):
            got = run(folder, command, {})
            if got.returncode not in ((0, 1) if command == 'ab' else (0,)):
                sys.exit(f'environment.py: {command} fails in this environment: {got.stderr.decode(errors="replace")}')
        run(folder, 'train', {})
        reference = ours(folder, 'train.json')['runs'][0]
        rounds = [(extra, command) for extra in FIRST for command in ('bench', 'train')]
        for _ in range(ROUNDS):
            names = draw.sample(sorted(VALUES), draw.randint(1, 6))
            rounds.append(({name: draw.choice(VALUES[name]) for name in names}, draw.choice(sorted(COMMANDS))))
        why = quota_fault(folder)
        faults = int(why is not None)
        if why:
            print(f'a quota of a fifth of a CPU: {why}')
        for extra, command in rounds:
            try:
                why = fault(folder, command, extra, reference)
            except subprocess.TimeoutExpired:
                why = 'no end within 120 s'
            if why:
                faults += 1
                print(f'{" ".join(f"{k}={v!r}" for k, v in extra.items())} {command}: {why}', flush=True)
    print(f'{len(rounds)} environments, {faults} faults')
    sys.exit(faults > 0)


main()
