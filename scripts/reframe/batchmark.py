# SPDX-License-Identifier: MIT
"""ReFrame check: is each op right on this node, how fast is it, and how near to what the node could do?

    reframe -c scripts/reframe/batchmark.py -r

The program is `batchmark`, of the PATH (a module, for instance: set valid_systems and modules in a subclass or with -S).
References go into `reference`, per system, as ReFrame has it.
"""
import reframe as rfm
import reframe.utility.sanity as sn

# A case's line: kernel, threads, "warm", median, its interval, rate, bar, share of the limit.
CASE = r'^auto +{threads} +warm +[\d.]+ [a-z]+\*? .* ([\d.]+) G(?:FLOP|B)/s .* ([\d.]+) % '


@rfm.simple_test
class BatchmarkCheck(rfm.RunOnlyRegressionTest):
    descr = 'verifies and times the kernel that batchmark chooses on this node'
    valid_systems = ['*']
    valid_prog_environs = ['*']
    op = parameter(['bn_forward', 'bn_backward', 'gemm'])
    num_tasks = 1
    exclusive_access = True
    time_limit = '10m'
    executable = 'batchmark'

    @run_before('run')
    def choose_cases(self):
        self.executable_opts = ['bench', '--op', self.op, '--kernel', f'{self.op}_auto', '--json', 'result.json']
        self.keep_files = ['result.json']

    @sanity_function
    def is_right(self):
        # 0: fine; 1: wrong or crashed; 2: usage; 3: the environment; 128 + n: stopped by a signal
        return sn.all([
            sn.assert_eq(self.job.exitcode, 0, 'batchmark bench ended with {0}'),
            sn.assert_found(r'cases timed in .*; 0 wrong, 0 crashed', self.stdout),
        ])

    def figures(self, threads, group):
        return sn.extractall(CASE.format(threads=threads), self.stdout, group, float)

    # GFLOP/s of gemm, GB/s of the others.
    @performance_function('G/s')
    def serial_rate(self):
        return sn.avg(self.figures(1, 1))

    @performance_function('%')
    def serial_share_of_limit(self):
        return sn.avg(self.figures(1, 2))

    @performance_function('G/s')
    def best_rate(self):
        return sn.max(self.figures(r'\d+', 1))
