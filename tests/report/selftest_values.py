#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""selftest_values.py - values.py must pass what is right and reject what is not, with the right message."""
import gzip
import html
import json
import os
import subprocess
import sys
import tempfile

VALUES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'values.py')
RESULT = {'context': {'num_cpus': 2, 'batchmark': {'clock': {'running_hz': 3.5e9}}},
          'benchmarks': [{'real_time': 1500.0}],
          'batchmark': {'cases': [{'name': 'a', 'median_s': 0.00123456, 'bound_s': 0.0004, 'flops': 2e6, 'low_s': None},
                                  {'name': 'b', 'median_s': 0.002, 'bound_s': 0.001, 'flops': 4e6, 'low_s': 0.0019}],
                        'phases': {'forward-1': 0.25}, 'contended': True, 'bytes': 1048576,
                        'raw': [{'ns': [1000, 9000, 2000]}, {'ns': [8000, 10000]}]}}
OTHER = {'batchmark': {'cases': [{'median_s': 0.004}]}}

# (text, data-v, data-from, message or None, href): None in the place of a message: it holds.
NUMBERS = [
    ('1.23 ms', '0.00123456', 'cases[0].median_s', None),
    ('1,234.6 us', '0.00123456', 'cases[0].median_s', None),
    ('1 235 us', '0.00123456', 'cases[0].median_s', None),
    ('1234560 ns', '0.00123456', 'cases[0].median_s', None),
    ('32.4 %', '32.4002074', '100*cases[0].bound_s/cases[0].median_s', None),
    ('2.00 GFLOP/s', '2', '1e-9*cases[1].flops/cases[1].median_s', None),
    ('0.62x', '0.61728', 'cases[0].median_s / cases[1].median_s', None),
    ('\u221238 %', '-38.272', '100*(cases[0].median_s/cases[1].median_s-1)', None),
    ('2.00 ms', '0.002', 'max(cases[*].median_s)', None),
    ('1.23 ms', '0.00123456', 'min(cases[0].median_s, cases[1].median_s)', None),
    ('3.235 ms', '0.00323456', 'sum(cases[*].median_s)', None),
    ('1.6173 ms', '0.00161728', 'median(cases[*].median_s)', None),
    ('5.5 us', '5.5e-6', 'typical(raw)', None),
    ('2.0x', '2', '11e-6/typical(raw)', None),
    ('2', '2', 'count(cases[*])', None),
    ('2', '2', 'count(cases[*].name)', None),
    ('1', '1', 'count(cases[*].low_s)', None),
    ('3.5 GHz', '3.5e9', 'context.batchmark.clock.running_hz', None),
    ('1.5k', '1500', '/benchmarks[0].real_time', None),
    ('1500', '1500', '2*(/benchmarks[0].real_time)/2', None),
    ('250 ms', '0.25', 'phases["forward-1"]', None),
    ('1.00 MiB', '1048576', 'bytes', None),
    ('1,024 KiB', '1048576', 'bytes', None),
    ('1.0e6', '1048576', 'bytes', None),
    ('< 0.01', '0.00123456', 'cases[0].median_s', None),
    ('2.0x', '2', '@3:cases[0].median_s/cases[1].median_s', None),
    ('12 ms', '0.012', '@3:(cases[0].median_s*2)+2*@3:(cases[0].median_s)-2*cases[1].median_s', None),
    ('4 ms', '0.004', 'cases[0].median_s', None, 'folder/other%20one.json#below'),
    ('7.5 s', '7.5', None, None),
    ('any text', None, None, None),

    ('1.23 ms', '0.00123', 'cases[0].median_s', 'data-v is 0.00123, but cases[0].median_s is 0.00123456'),
    ('1.24 ms', '0.00123456', 'cases[0].median_s', 'shows "1.24 ms", but is'),
    ('1.23 us', '0.00123456', 'cases[0].median_s', 'shows "1.23 us", but is'),
    ('1.230 ms', '0.00123456', 'cases[0].median_s', 'shows "1.230 ms", but is'),
    ('< 0.001', '0.00123456', 'cases[0].median_s', 'shows "< 0.001", but is'),
    ('7.5 s', '7.6', None, 'shows "7.5 s", but is'),
    ('1.23 parsecs', '0.00123456', 'cases[0].median_s', 'no number with a known unit'),
    ('', '1', 'cases[0].median_s', 'no number with a known unit'),
    ('1', 'one', 'cases[0].median_s', 'is no number'),
    ('1', 'nan', 'cases[0].median_s', 'is not finite'),
    ('1', None, 'cases[0].median_s', 'data-from without data-v'),
    ('1', '1', 'cases[2].median_s', "the result has no 2 there"),
    ('1', '1', 'cases[0].nonesuch', "the result has no 'nonesuch' there"),
    ('1', '1', 'context.nonesuch', "the result has no 'nonesuch' there"),
    ('1', '1', 'cases[0].low_s', 'data-from gives null, no number'),
    ('1', '1', 'cases[0].name', 'data-from gives "a", no number'),
    ('1', '1', 'contended', 'data-from gives true, no number'),
    ('1', '1', 'sum(cases[*])', 'no number'),
    ('1', '1', 'cases[*].median_s', 'gives a list'),
    ('1', '1', 'sum(phases[*])', 'what is no list'),
    ('1', '1', 'typical(cases[0].flops)', 'what is no list'),
    ('1', '1', 'typical(cases)', "the result has no 'ns' there"),
    ('1', '1', 'cases[0].median_s/0', 'divides by 0'),
    ('1', '1', '1e308*1e308', 'data-from gives Infinity, no number'),
    ('1', '1', 'cases[0', 'lacks "]"'),
    ('1', '1', 'max(cases[0].median_s', 'lacks ")"'),
    ('1', '1', 'cases[1.5].median_s', '1.5 is no index'),
    ('1', '1', '2 cases', 'where it should end'),
    ('1', '1', '2*', 'its end where a word should be'),
    ('1', '1', '', 'its end where a word should be'),
    ('1', '1', '__import__("os")', 'unknown function __import__'),
    ('1', '1', '1;2', 'cannot be read from ";2"'),
    ('1', '1', '(' * 100000, 'too deep'),
    ('1', '1', '@4:cases[0].median_s', 'the page has no source 4'),
    ('1', '1', 'cases[0].median_s', 'no such file: missing.json', 'missing.json'),
    ('1', None, None, 'no such file: missing.json', 'missing.json'),
    ('1', None, None, 'no such file: (no href)', ''),
    ('1', '1', 'cases[0].median_s', 'is not relative', 'file:///etc/passwd'),
    ('1', '1', 'cases[0].median_s', 'is no JSON', 'cut.json.gz'),
    ('1', '1', 'cases[0].median_s', 'is no JSON', 'text.json'),
    ('1', '1', 'cases[0].median_s', "the result has no 'batchmark' there", 'list.json'),
]

count = failed = 0


def told(ok, what, output=''):
    global count, failed
    count += 1
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {count} - {what}')
    if not ok:
        print('\n'.join('# ' + line for line in output.splitlines()))


def anchor(text, value, source, href):
    attribute = lambda name, content: '' if content is None else f' {name}="{html.escape(content)}"'
    attributes = attribute('href', href) + attribute('data-v', value) + attribute('data-from', source)
    return f'<a class="n"{attributes}>{html.escape(text)}</a>'


def run(numbers, *options):
    """values.py over a page of these anchors: its exit code and what it said."""
    with open('page.html', 'w', encoding='utf-8') as page:
        page.write('<!DOCTYPE html><title>x</title><ol><li id="source-3"><p><a href="folder/other%20one.json">other</a></ol>')
        page.write('\n'.join(numbers))
    done = subprocess.run([sys.executable, VALUES, *options, 'page.html'], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def table(*rows, header='part,item,row,column,value,unit,text,source,from'):
    with open('table.csv', 'w', encoding='utf-8') as file:
        file.write('\n'.join([header, *rows]) + '\n')


def make_results():
    os.mkdir('folder')
    with gzip.open('result.json.gz', 'wt') as file:
        json.dump(RESULT, file)
    with open('folder/other one.json', 'w') as file:
        json.dump(OTHER, file)
    with open('result.json.gz', 'rb') as whole, open('cut.json.gz', 'wb') as cut:
        cut.write(whole.read()[:60])
    for name, text in (('text.json', 'no JSON'), ('list.json', '[1]')):
        with open(name, 'w') as file:
            file.write(text)


def main():
    make_results()
    anchors = [(text, source, message, anchor(text, value, source, *(rest or ['result.json.gz'])))
               for text, value, source, message, *rest in NUMBERS]
    for text, source, message, number in anchors:
        code, output = run([number])
        ok = code == 0 if message is None else code == 1 and message in output and 'Traceback' not in output
        told(ok, f'{"holds" if message is None else "wrong"}: {text} from {str(source)[:60]}', output)
    good = [number for *_, message, number in anchors if message is None]
    code, output = run(good, '--least', str(len(good)))
    said = f'{len(good)} numbers, {len(good) - 2} recomputed, 0 wrong'
    told(code == 0 and said in output, 'all that hold on one page', output)
    code, output = run(good, '--least', str(len(good) + 1))
    told(code == 1 and 'fewer than' in output, 'too few numbers', output)
    code, output = run([])
    told(code == 1 and 'fewer than 1 ' in output, 'no number', output)

    number = [anchor('2 ms', '0.002', 'cases[1].median_s', 'result.json.gz')]
    row = 'a,b,c,d,0.002,s,2 ms,result.json.gz,cases[1].median_s'
    for what, change in (('value', ('0.002', '0.003')), ('source', ('result.json.gz', 'other.json')),
                         ('from', ('cases[1]', 'cases[0]')), ('number', ('0.002', 'two'))):
        table(row.replace(*change))
        code, output = run(number, '--csv', 'table.csv')
        said = 'the table has no 0.002 from "cases[1].median_s" of result.json.gz'
        told(code == 1 and said in output, f'another {what} in the table', output)
    table('a,b,c,d,none,,none,,', row)
    code, output = run(number, '--csv', 'table.csv')
    told(code == 0, 'the table has the number', output)
    table(row, header='part,item,row,column,value,unit,text,source,of')
    code, output = run(number, '--csv', 'table.csv')
    told(code == 2 and 'no column from' in output, 'a table without a column', output)
    code, output = run(number, '--csv', 'missing.csv')
    told(code == 2 and 'missing.csv' in output, 'no table', output)
    print(f'1..{count}')
    return 1 if failed else 0


if __name__ == '__main__':
    with tempfile.TemporaryDirectory(prefix='batchmark-values.') as folder:
        os.chdir(folder)
        status = main()
        os.chdir(os.path.dirname(VALUES))
    sys.exit(status)
