#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kills.py PROGRAM KILLS [SEED] - runs of bench that are ended at random moments by signals of batch systems, and resumed.

Each of SIGHUP, SIGTERM, SIGUSR1, SIGXCPU and SIGKILL ends a run KILLS times. After each the result is valid, or not there
yet; it has every sample that it had before; and in the end every case with each launch once: nothing lost or doubled.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, KILLS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
SIGNALS = [signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGXCPU, signal.SIGKILL]
for each in SIGNALS[:-1]: # the runs inherit it, where it was ignored, as SIGHUP is under nohup
    signal.signal(each, signal.SIG_DFL)
LAUNCHES = 3 # of more than a second in samples: what there is of a launch is saved in between
RUN = ['bench', '--op', 'sgd', '--kernel', 'sgd_[na][au]*', '--threads', '1', '--shape', 'params N=99', '--sample-time', '0.01',
       '--launch-time', '0.3', '--launches', str(LAUNCHES), '--time-cap', '0', '--json', 'run.json']


def start(resume):
    return subprocess.Popen([PROGRAM] + (['bench', '--resume=run.json'] if resume else RUN), stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def read():
    """The result, of its cases the samples by launch; None: none is there yet."""
    if not os.path.exists('run.json'):
        return None, {}
    got = subprocess.run([PROGRAM, 'validate', 'run.json'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if got.returncode != 0:
        sys.exit(f'kills.py: {got.stdout.decode()}')
    with open('run.json') as file:
        ours = json.load(file)['batchmark']
    samples = {}
    for case in ours['cases']:
        for launch in case['raw'] + case.get('floor_raw', []):
            key = case['name'], launch['launch']
            if key in samples:
                return f'{key} is there twice', {}
            samples[key] = list(zip(launch['at_s'], launch['ns']))
    return ours, samples


def fault_of(before, after):
    for key, had in before.items():
        if after.get(key, [])[:len(had)] != had:
            return f'{key} had {len(had)} samples, which are not those of {after.get(key)}'
    return None


def fault_of_whole(ours, names):
    if sorted(c['name'] for c in ours['cases']) != names:
        return f'cases {[c["name"] for c in ours["cases"]]} instead of {names}'
    for case in ours['cases']:
        whole = [l for l in case['raw'] if 'planned' not in l]
        if len(whole) != LAUNCHES:
            return f'{case["name"]} has {len(whole)} whole launches'
        planned = {launch.get('planned', len(launch['ns'])) for launch in case['raw']}
        if len(planned) != 1:
            return f'{case["name"]} has launches of {planned} samples'
    return None


def end(process, number, delay):
    """Sends the signal after a while; tells the exit code, None if the run was over before."""
    time.sleep(delay)
    over = process.poll() is not None
    process.send_signal(number)
    err = process.communicate()[1].decode()
    code = process.returncode
    allowed = (0,) if over else (0, 128 + number, -number) # 0: it was just done; -: it had not begun to catch signals
    if code not in allowed:
        sys.exit(f'kills.py: {number.name} after {delay:.3f} s: exit {code}: {err}')
    return None if code == 0 else code


def rounds(draw, number, length, names):
    """KILLS runs ended by one signal, each begun or resumed; tells how often a run was whole in between."""
    kept, whole, kills, caught = {}, 0, 0, 0
    while kills < KILLS:
        resume = os.path.exists('run.json')
        code = end(start(resume), number, draw.uniform(0, length))
        kills += code is not None
        caught += code == 128 + number
        ours, samples = read()
        why = ours if isinstance(ours, str) else fault_of(kept, samples)
        kept = samples
        last = kills == KILLS
        if ours and not why and (code is None or last):
            if code is not None:
                process = start(True)
                err = process.communicate()[1].decode()
                if process.returncode not in (0, 3) or (process.returncode == 3 and 'is complete' not in err):
                    sys.exit(f'kills.py: resumed after {number.name}: exit {process.returncode}: {err}')
                ours, samples = read()
                why = fault_of(kept, samples)
            why = why or fault_of_whole(ours, names)
            os.remove('run.json')
            kept, whole = {}, whole + 1
        if why:
            sys.exit(f'kills.py: {number.name}, kill {kills}: {why}')
    print(f'{number.name}: {kills} runs ended, {caught} of them by its handler, {whole} whole in the end', flush=True)


def main():
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        begin = time.monotonic()
        process = start(False)
        err = process.communicate()[1].decode()
        length = time.monotonic() - begin
        ours, samples = read()
        if process.returncode != 0 or not ours:
            sys.exit(f'kills.py: the run fails without a signal: {err}')
        names = sorted(c['name'] for c in ours['cases'])
        why = fault_of_whole(ours, names)
        if why:
            sys.exit(f'kills.py: without a signal: {why}')
        os.remove('run.json')
        for number in SIGNALS:
            rounds(draw, number, length, names)
        os.chdir('/')
    print(f'{KILLS * len(SIGNALS)} kills, no sample lost or doubled')


main()
