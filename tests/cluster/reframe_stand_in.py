# SPDX-License-Identifier: MIT
"""Runs a ReFrame check without ReFrame: the part of its interface that our check uses, done at once instead of deferred.
usage: reframe_stand_in.py CHECK.py OPTION=VALUE...      (more options of the executable)
Prints op, figure, unit; fails if the check does."""
import re
import subprocess
import sys
import types

checks, figures = [], {}


class Namespace(dict):
    """What ReFrame puts into the body of a check."""

    def __init__(self):
        super().__init__(parameter=list, run_before=lambda stage: mark('before'), sanity_function=mark('sanity'),
                         performance_function=lambda unit: mark('figure', unit))


def mark(kind, unit=None):
    def marked(function):
        function.kind, function.unit = kind, unit
        return function
    return marked


class Meta(type):
    @classmethod
    def __prepare__(cls, name, bases, **options):
        return Namespace()


class RunOnlyRegressionTest(metaclass=Meta):
    pass


def all_true(conditions):
    return all(conditions)


def assert_eq(a, b, message):
    assert a == b, message.format(a)
    return True


def assert_found(pattern, path):
    assert re.search(pattern, open(path).read(), re.M), pattern
    return True


def extractall(pattern, path, group, convert):
    found = [convert(m.group(group)) for m in re.finditer(pattern, open(path).read(), re.M)]
    assert found, pattern
    return found


def average(values):
    return sum(values) / len(values)


sanity = types.SimpleNamespace(all=all_true, assert_eq=assert_eq, assert_found=assert_found, extractall=extractall,
                               avg=average, max=max)
reframe = types.ModuleType('reframe')
reframe.simple_test, reframe.RunOnlyRegressionTest = checks.append, RunOnlyRegressionTest
utility = types.ModuleType('reframe.utility')
utility.sanity = sanity
sys.modules.update({'reframe': reframe, 'reframe.utility': utility, 'reframe.utility.sanity': sanity})

exec(compile(open(sys.argv[1]).read(), sys.argv[1], 'exec'))
for check in checks:
    members = [m for m in vars(check).values() if hasattr(m, 'kind')]
    for op in check.op:
        one = check()
        one.op = op
        for before in (m for m in members if m.kind == 'before'):
            before(one)
        with open('stdout', 'w') as out:
            code = subprocess.run([one.executable, *one.executable_opts, *sys.argv[2:]], stdout=out).returncode
        one.job, one.stdout = types.SimpleNamespace(exitcode=code), 'stdout'
        assert all(m(one) for m in members if m.kind == 'sanity')
        for figure in (m for m in members if m.kind == 'figure'):
            value = figure(one)
            assert value > 0, figure.__name__
            print(op, figure.__name__, value, figure.unit)
