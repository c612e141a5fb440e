#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""PyTorch's batch normalisation, in training and backward, on batchmark's shape files: README.md in this folder."""
import argparse
import ctypes
import datetime
import json
import math
import os
import platform
import random
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
EPS, MOMENTUM = 1e-5, 0.1
# Errors are told in units of this share of the largest correct value of an array, or, of dgamma and dbeta, of the largest
# sum of the moduli that are added up: what kernels/bn.h asks of sums in f32.
BOUND = 300 * 2.0 ** -24
WRONG = 100  # bounds: not rounding any more


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--shapes', action='append', metavar='FILE', help='a shape file, as often as wanted (default: '
                   'bench/shapes/bn_training.txt); only its lines of bn, bn_forward and bn_backward count')
    p.add_argument('--threads', default='1', metavar='LIST', help='numbers of threads, for instance 1,2 (default: 1)')
    p.add_argument('--repetitions', type=int, default=21, help='samples a case; slow calls get fewer, at least 3')
    p.add_argument('--min-time', type=float, default=0.003, help='least seconds of a sample, a batch of calls')
    p.add_argument('--budget', type=float, default=3, help='seconds for all samples of a case, as far as 3 fit')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--json', required=True, metavar='FILE', help='where the result goes')
    a = p.parse_args()
    a.shapes = a.shapes or [os.path.join(HERE, '..', 'shapes', 'bn_training.txt')]
    try:
        a.threads = [int(t) for t in a.threads.split(',')]
    except ValueError:
        p.error('--threads: expected whole numbers, separated by commas')
    if min(a.threads) < 1 or a.repetitions < 3 or not a.min_time > 0 or not a.budget > 0:
        p.error('threads, times and at least 3 repetitions must be above 0')
    return a


def read_shapes(paths):
    """The lines that are about bn, in the language of bench/shapes/README.md."""
    shapes = []
    for path in paths:
        with open(path, encoding='utf-8') as lines:
            for number, line in enumerate(lines, 1):
                words = line.split('#')[0].split()
                if not words:
                    continue
                family = 'bn' if '=' in words[0] else words.pop(0)
                keys = dict(w.split('=', 1) for w in words if '=' in w)
                if family not in ('bn', 'bn_forward', 'bn_backward') or 'C' not in keys or 'M' in keys:
                    continue
                weight = [int(w[1:]) for w in words if w[0] == 'x' and '=' not in w]
                h, w = (int(keys['H']), int(keys['W'])) if 'H' in keys else (int(keys.get('S', 1)), 1)
                s = {'N': int(keys['N']), 'C': int(keys['C']), 'H': h, 'W': w,
                     'layout': keys.get('layout', 'nchw' if h * w > 1 else 'nc'),
                     'eps': float(keys.get('eps', EPS)), 'momentum': float(keys.get('momentum', MOMENTUM)),
                     'origin': keys.get('name', ''), 'weight': weight[0] if weight else 1,
                     'ops': [family] if family != 'bn' else ['bn_forward', 'bn_backward']}
                if keys.get('pad', '0') != '0' or keys.get('unbiased', '1') != '1' or keys.get('given', '0') != '0':
                    print(f'{path}:{number}: skipped: PyTorch has no pad, biased running variance or given statistics')
                    continue
                if s['layout'] not in ('nc', 'nhwc', 'nchw'):
                    print(f"{path}:{number}: skipped: PyTorch's arrays have no layout {s['layout']}")
                    continue
                shapes.append(s)
    return shapes


def label(s):
    """The text of a shape as `batchmark bench` writes it: channels-last is a matrix, whatever its images were."""
    if s['layout'] == 'nchw':
        text = f"N={s['N']} C={s['C']} S={s['H'] * s['W']} layout=nchw"
    else:
        text = f"N={s['N'] * s['H'] * s['W']} C={s['C']}"
    text += f" eps={s['eps']:.9g}" if s['eps'] != EPS else ''
    return text + (f" momentum={s['momentum']:.9g}" if s['momentum'] != MOMENTUM else '')


class Problem:
    """The arrays of a shape, and the two calls on them."""

    def __init__(self, torch, s, seed):
        self.torch, self.s = torch, s
        torch.manual_seed(seed)
        size = (s['N'], s['C']) if s['layout'] == 'nc' else (s['N'], s['C'], s['H'], s['W'])
        form = torch.channels_last if s['layout'] == 'nhwc' else torch.contiguous_format
        self.x = (torch.rand(size) * 2 - 0.5).contiguous(memory_format=form)
        self.dy = (torch.rand(size) - 0.3).contiguous(memory_format=form)
        self.gamma, self.beta = torch.rand(s['C']) + 0.5, torch.rand(s['C']) - 0.5
        self.start = torch.rand(s['C']), torch.rand(s['C']) + 0.5  # running mean and variance before the first call
        self.running = [r.clone() for r in self.start]
        self.mean, self.rstd = self.forward()[1:]

    def forward(self):
        return self.torch.native_batch_norm(self.x, self.gamma, self.beta, self.running[0], self.running[1], True,
                                            self.s['momentum'], self.s['eps'])

    def backward(self):
        return self.torch.ops.aten.native_batch_norm_backward(
            self.dy, self.x, self.gamma, self.running[0], self.running[1], self.mean, self.rstd, True, self.s['eps'],
            [True, True, True])

    def call(self, op):
        return self.forward if op == 'bn_forward' else self.backward

    def worst_error(self, op):
        """Against numpy in double precision (bn.h has the maths), in units of BOUND."""
        as_double = lambda t: t.detach().numpy().astype('float64')
        x, dy, gamma, beta = (as_double(t) for t in (self.x, self.dy, self.gamma, self.beta))
        axes = (0,) if x.ndim == 2 else (0, 2, 3)
        wide = lambda v: v.reshape((1, -1) + (1,) * (x.ndim - 2))
        count, momentum = x.size / x.shape[1], self.s['momentum']
        mean, var = x.mean(axes), x.var(axes)
        rstd = 1 / (var + self.s['eps']) ** 0.5
        xhat = (x - wide(mean)) * wide(rstd)
        if op == 'bn_forward':
            for running, start in zip(self.running, self.start):
                running.copy_(start)
            before = [as_double(r) for r in self.running]
            got = list(self.forward()) + self.running
            want = [xhat * wide(gamma) + wide(beta), mean, rstd, before[0] + momentum * (mean - before[0]),
                    before[1] + momentum * (var * count / (count - 1) - before[1])]
            scale = want
        else:
            got = self.backward()
            dbeta, dgamma = dy.sum(axes), (dy * xhat).sum(axes)
            dx = wide(gamma * rstd) * (dy - wide(dbeta) / count - xhat * wide(dgamma) / count)
            want, scale = [dx, dgamma, dbeta], [dx, abs(dy * xhat).sum(axes), abs(dy).sum(axes)]
        worst = max(float(abs(as_double(g) - w).max() / abs(s).max()) for g, w, s in zip(got, want, scale))
        return worst / BOUND if math.isfinite(worst) else math.inf

    def traffic(self, op):
        """Useful operations and compulsory bytes read and written: as kernels/common/bn_op.h counts them."""
        n, c = self.x.numel(), self.s['C']
        return (7 * n, 4 * (n + 4 * c), 4 * (n + 4 * c)) if op == 'bn_forward' else (9 * n, 4 * (2 * n + 3 * c),
                                                                                    4 * (n + 2 * c))


def sample(torch, case):
    """Mean seconds a call of one batch, wall and CPU, after one call that brings caches and team back."""
    torch.set_num_threads(case['threads'])
    call = case['call']
    call()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(case['iterations']):
        call()
    case['real_s'].append((time.perf_counter() - wall) / case['iterations'])
    case['cpu_s'].append((time.process_time() - cpu) / case['iterations'])


def plan(torch, problem, op, threads, a):
    """A case with as many calls a sample as --min-time asks for, by the fastest of a few."""
    text = label(problem.s)
    case = {'kernel': f'{op}_pytorch', 'op': op, 'threads': threads, 'call': problem.call(op), 'iterations': 1,
            'real_s': [], 'cpu_s': [], 'shape': text}
    case['name'] = f"{case['kernel']}/{text.replace('=', ':').replace(' ', '/')}/threads:{threads}/warm/real_time"
    sample(torch, case)
    while case['real_s'][-1] * case['iterations'] < a.min_time:
        case['iterations'] = max(case['iterations'] + 1, int(1.2 * a.min_time / case['real_s'][-1]))
        sample(torch, case)
    batch = case['real_s'][-1] * case['iterations']
    case['repetitions'] = max(3, min(a.repetitions, int(a.budget / batch)))
    case['real_s'], case['cpu_s'] = [], []
    return case


def interval(values):
    """95 % interval of the median by ranks, as harness/measure/stats.c has it; of few values, all of them."""
    values, n = sorted(values), len(values)
    low, high = math.floor((n - 1.96 * n ** 0.5) / 2), math.ceil(1 + (n + 1.96 * n ** 0.5) / 2)
    return (values[low - 1], values[high - 1]) if low >= 1 and high <= n else (values[0], values[-1])


def provenance(torch):
    cpu = {}
    with open('/proc/cpuinfo', encoding='utf-8') as f:
        for line in f:
            key, _, value = line.partition(':')
            cpu.setdefault(key.strip(), value.strip())
    number = lambda key: int(cpu[key]) if cpu.get(key, '').isdigit() else None
    return {
        'date': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'),
        'cpu': {'vendor': cpu.get('vendor_id'), 'model_name': cpu.get('model name'), 'family': number('cpu family'),
                'model': number('model'), 'stepping': number('stepping'), 'microcode': cpu.get('microcode')},
        'system': {'hostname': platform.node(), 'kernel': platform.release(), 'architecture': platform.machine()},
        'openmp': {'environment': {k: v for k, v in os.environ.items() if k.startswith(('OMP_', 'GOMP_', 'KMP_'))}},
        'peers': [{'name': 'pytorch', 'path': os.path.dirname(torch.__file__), 'version': torch.__version__,
                   'core': next((line.split(':')[1].strip() for line in torch.__config__.show().splitlines()
                                 if 'CPU capability' in line), None),
                   'threading': 'OpenMP' if torch.backends.openmp.is_available() else None, 'asked': None}],
        'warnings': [],
    }


def new_result(torch, a):
    load = os.getloadavg()
    return {
        'context': {'date': datetime.datetime.now().astimezone().strftime('%Y-%m-%dT%H:%M:%S%z'),
                    'host_name': platform.node(), 'executable': sys.argv[0],
                    'num_cpus': len(os.sched_getaffinity(0)), 'mhz_per_cpu': 0, 'cpu_scaling_enabled': False,
                    'caches': [], 'load_avg': load, 'library_build_type': 'release', 'batchmark': provenance(torch)},
        'benchmarks': [],
        'batchmark': {'schema': 1, 'command': sys.argv, 'complete': False, 'cases': [], 'skipped': [],
                      'kernels': [{'name': f'{op}_pytorch', 'file': 'bench/peers/pytorch.py', 'compiler': None,
                                   'flags': None, 'isa': 'baseline', 'omp': True, 'peer': 'pytorch'}
                                  for op in ('bn_forward', 'bn_backward')]},
    }


def write_result(result, path):
    """Under its name the file is whole or not there."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile('w', dir=folder, prefix=os.path.basename(path) + '.', delete=False) as f:
        try:
            json.dump(result, f, separators=(',', ':'))
            f.flush()
            os.fsync(f.fileno())
            os.fchmod(f.fileno(), 0o644)
            os.replace(f.name, path)
        except BaseException:
            os.unlink(f.name)
            raise


def record(result, problem, case, worst):
    flops, read, written = problem.traffic(case['op'])
    low, high = interval(case['real_s'])
    median = statistics.median(case['real_s'])
    result['batchmark']['cases'].append({
        'name': case['name'], 'kernel': case['kernel'], 'op': case['op'], 'shape': case['shape'],
        'threads': case['threads'], 'cache': 'warm', 'origin': problem.s['origin'], 'weight': problem.s['weight'],
        'flops': flops, 'read_bytes': read, 'write_bytes': written, 'bound_s': None, 'level': None, 'copies': 1,
        'worst_error': worst, 'timing': "caller's wall time of a batch of calls, interpreter and allocation included",
        'cpus': None, 'median_s': median, 'median_low_s': low, 'median_high_s': high, 'min_s': min(case['real_s'])})
    for i, (real_s, cpu_s) in enumerate(zip(case['real_s'], case['cpu_s'])):
        result['benchmarks'].append({
            'name': case['name'], 'run_name': case['name'], 'run_type': 'iteration',
            'repetitions': len(case['real_s']), 'repetition_index': i, 'threads': case['threads'],
            'iterations': case['iterations'], 'real_time': real_s * 1e9, 'cpu_time': cpu_s * 1e9, 'time_unit': 'ns',
            'batchmark_kernel': case['kernel']})
    print(f"{case['shape']:36} {case['op']:12} {case['threads']:3} {median * 1e6:12.2f} us  +-"
          f"{50 * (high - low) / median:.1f} %  error {worst:.2f} x bound", flush=True)


def main():
    a = parse_arguments()
    # Read by OpenMP when PyTorch is loaded: one thread a core, as `batchmark bench` has it.
    os.environ.setdefault('OMP_PLACES', 'cores')
    os.environ.setdefault('OMP_PROC_BIND', 'close')
    # PyTorch allocates its results in every call: let them come from memory that was touched before.
    M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_MAX, 0)
    libc.mallopt(M_TRIM_THRESHOLD, -1)
    try:
        import torch
    except ImportError as error:
        sys.exit(f'{error}; Debian has it as python3-torch, for /usr/bin/python3')

    shapes, result, wrong = read_shapes(a.shapes), new_result(torch, a), 0
    rng = random.Random(a.seed)
    write_result(result, a.json)  # a folder that cannot be written shows now, not after the work
    with torch.no_grad():
        for s in shapes:
            problem = Problem(torch, s, a.seed)
            cases, worst = [], {}
            for op in s['ops']:
                for threads in a.threads:
                    torch.set_num_threads(threads)
                    worst[op, threads] = problem.worst_error(op)
                    if worst[op, threads] <= WRONG:
                        cases.append(plan(torch, problem, op, threads, a))
                        continue
                    wrong += 1
                    reason = f'error {worst[op, threads]:.3g} times the bound'
                    result['batchmark']['skipped'].append({'kernel': f'{op}_pytorch', 'shape': label(s),
                                                           'reason': reason})
                    print(f'WRONG {op}_pytorch on {label(s)}, {threads} threads: {reason}; it is not timed')
            order = [c for c in cases for _ in range(c['repetitions'])]
            rng.shuffle(order)
            for case in order:
                sample(torch, case)
            for case in cases:
                record(result, problem, case, worst[case['op'], case['threads']])
            write_result(result, a.json)
    result['batchmark']['complete'] = True
    write_result(result, a.json)
    print(f"{len(result['batchmark']['cases'])} cases timed, {wrong} wrong: {a.json}")
    return 1 if wrong or not result['batchmark']['cases'] else 0


if __name__ == '__main__':
    sys.exit(main())
