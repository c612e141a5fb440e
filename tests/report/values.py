#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""values.py - recomputes every number of the report from the result that it links to.

usage: values.py [--least N] [--csv FILE.csv] PAGE.html

A number is <a class="n" href="RESULT" data-v="0.00123" data-from="cases[3].median_s">1.23 ms</a>;
README.md has the grammar of data-from and the units. Exit 0: all hold; 1: some do not, or there are fewer
than N; 2: the page or the table cannot be read.
"""
import argparse
import csv
import gzip
import html.parser
import json
import math
import os
import re
import statistics
import sys
import urllib.parse

TOLERANCE = 1e-6  # relative, between data-v and the value of data-from
# What one unit of the text is worth in the unit of data-v: s for times, bytes, Hz; GFLOP/s, GB/s, % and x are as
# they are.
UNITS = {'': 1, '%': 1, 'x': 1, '×': 1, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'ns': 1e-9, 'us': 1e-6, 'µs': 1e-6, 'μs': 1e-6,
         'ms': 1e-3, 's': 1, 'min': 60, 'h': 3600, 'B': 1, 'KiB': 2**10, 'MiB': 2**20, 'GiB': 2**30, 'kB': 1e3,
         'MB': 1e6, 'GB': 1e9, 'Hz': 1, 'kHz': 1e3, 'MHz': 1e6, 'GHz': 1e9, 'MFLOP/s': 1e-3, 'GFLOP/s': 1, 'TFLOP/s': 1e3,
         'MB/s': 1e-3, 'GB/s': 1, 'TB/s': 1e3}
SHOWN = re.compile(r'(?P<less><?)\s*(?P<number>[+-]?\d+(?:\.(?P<decimals>\d+))?(?:e(?P<power>[+-]?\d+))?)'
                   r'\s*(?P<unit>\S*)')
TOKEN = re.compile(r'\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<word>[A-Za-z_]\w*)|'
                   r'(?P<quoted>"[^"]*")|(?P<sign>[][().,*/@:+-]))')


class Wrong(Exception):
    """What does not hold, in words."""


class Page(html.parser.HTMLParser):
    """The numbers of a page, in order: dictionaries of attributes and 'text', 'line'; its sources, by number."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.numbers, self.sources, self.inside, self.source = [], {}, None, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or '' for name, value in attrs}
        if tag == 'li':
            found = re.fullmatch(r'source-(\d+)', attributes.get('id', ''))
            self.source = int(found[1]) if found else None
        if tag != 'a':
            return
        if self.source is not None:
            self.sources.setdefault(self.source, attributes.get('href', ''))
            self.source = None
        if 'n' in attributes.get('class', '').split():
            self.inside = {**attributes, 'text': '', 'line': self.getpos()[0]}
            self.numbers.append(self.inside)

    def handle_endtag(self, tag):
        if tag == 'a':
            self.inside = None
        if tag == 'li':
            self.source = None

    def handle_data(self, data):
        if self.inside is not None:
            self.inside['text'] += data


class Results:
    """The results that the page links to, each read once."""

    def __init__(self, folder, sources):
        self.folder, self.sources, self.documents = folder, sources, {}

    def path(self, href):
        if re.match(r'[A-Za-z][A-Za-z0-9+.-]*:|/', href):
            raise Wrong(f'its href is not relative: {href}')
        file = name(href)
        path = os.path.join(self.folder, file)
        if not file or not os.path.isfile(path):
            raise Wrong(f'no such file: {file or "(no href)"}')
        return path

    def document(self, href):
        path = self.path(href)
        if path not in self.documents:
            try:
                with open(path, 'rb') as file:
                    data = file.read()
                self.documents[path] = json.loads(gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data)
            except (OSError, EOFError, ValueError, RecursionError) as error:
                raise Wrong(f'{path} is no JSON: {error}') from None
        return self.documents[path]

    def of_source(self, number):
        if number not in self.sources:
            raise Wrong(f'the page has no source {number}')
        return self.document(self.sources[number])


class Expression:
    """data-from, read from left to right:
    sum = product {('+' | '-') product};  product = operand {('*' | '/') operand};
    operand = number | '-' operand | '(' sum ')' | function '(' sum {',' sum} ')' | path | '@' source ':' operand;
    path = ['/'] member {'.' member | '[' (index | '*' | '"' member '"') ']'}.
    Values are lists: of one, but for paths with [*], which leave out what is null."""

    FUNCTIONS = {'min': min, 'max': max, 'sum': math.fsum, 'median': statistics.median}

    def __init__(self, text, results, href):
        self.text, self.results, self.href, self.at, self.tokens, self.source = text, results, href, 0, [], None
        position = 0
        while text[position:].strip():
            found = TOKEN.match(text, position)
            if not found:
                raise Wrong(f'data-from cannot be read from "{text[position:position + 20]}" on')
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            position = found.end()

    def value(self):
        result = one(self.sum())
        if self.at < len(self.tokens):
            raise Wrong(f'data-from has "{self.tokens[self.at][1]}" where it should end')
        return result

    def next(self, *signs):
        """Takes the next token if it is one of these signs; else returns None."""
        if self.at < len(self.tokens) and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def take(self, group):
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != group:
            found = self.tokens[self.at][1] if self.at < len(self.tokens) else 'its end'
            raise Wrong(f'data-from has {found} where a {group} should be')
        self.at += 1
        return self.tokens[self.at - 1][1]

    def need(self, sign):
        if not self.next(sign):
            raise Wrong(f'data-from lacks "{sign}"')

    def sum(self):
        result = self.product()
        while operator := self.next('+', '-'):
            left, right = one(result), one(self.product())
            result = [left + right if operator == '+' else left - right]
        return result

    def product(self):
        result = self.operand()
        while operator := self.next('*', '/'):
            left, right = one(result), one(self.operand())
            if operator == '/' and right == 0:
                raise Wrong('data-from divides by 0')
            result = [left * right if operator == '*' else left / right]
        return result

    def operand(self):
        if self.at < len(self.tokens) and self.tokens[self.at][0] == 'number':
            return [float(self.take('number'))]
        if self.next('-'):
            return [-one(self.operand())]
        if self.next('('):
            result = self.sum()
            self.need(')')
            return result
        if self.next('@'):
            return self.of_source()
        following = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else None
        return self.function() if following == '(' else self.path()

    def of_source(self):
        outer, self.source = self.source, int_of(self.take('number'))
        self.need(':')
        result = self.operand()
        self.source = outer
        return result

    def function(self):
        word = self.take('word')
        if word not in self.FUNCTIONS and word not in ('count', 'typical'):
            raise Wrong(f'data-from has an unknown function {word}')
        self.need('(')
        values = self.sum()
        while self.next(','):
            values = values + self.sum()
        self.need(')')
        if word == 'count':
            return [len(values)]
        if word == 'typical':
            return [typical(each) for each in values]
        values = [number(value) for value in values]
        if not values:
            raise Wrong(f'data-from: {word} of nothing')
        return [float(self.FUNCTIONS[word](values))]

    def path(self):
        document = self.results.document(self.href) if self.source is None else self.results.of_source(self.source)
        rooted = self.next('/') or (self.at < len(self.tokens) and self.tokens[self.at] == ('word', 'context'))
        found, every = [document if rooted else member(document, 'batchmark')], False
        found = self.step(found, self.take('word'))
        while sign := self.next('.', '['):
            if sign == '.':
                found = self.step(found, self.take('word'))
            else:
                if self.next('*'):
                    found, every = [item for values in found for item in items(values)], True
                else:
                    quoted = self.at < len(self.tokens) and self.tokens[self.at][0] == 'quoted'
                    found = self.step(found, self.take('quoted')[1:-1] if quoted else int_of(self.take('number')))
                self.need(']')
        return [value for value in found if value is not None] if every else found

    @staticmethod
    def step(found, key):
        return [member(value, key) for value in found]


def member(value, key):
    if isinstance(key, int) and isinstance(value, list) and key < len(value):
        return value[key]
    if isinstance(key, str) and isinstance(value, dict) and key in value:
        return value[key]
    raise Wrong(f'the result has no {key!r} there')


def items(value):
    if not isinstance(value, list):
        raise Wrong('[*] of what is no list')
    return value


def typical(raw):
    """Seconds a call: the median of the launches' medians."""
    return 1e-9 * statistics.median(statistics.median(number(ns) for ns in items(member(launch, 'ns')))
                                    for launch in items(raw))


def int_of(text):
    if not text.isdecimal():
        raise Wrong(f'{text} is no index')
    return int(text)


def number(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Wrong(f'data-from gives {json.dumps(value)[:40]}, no number')
    return float(value)


def one(values):
    if len(values) != 1:
        raise Wrong('data-from gives a list, not a number')
    return number(values[0])


def name(href):
    return urllib.parse.unquote(re.split('[?#]', href, maxsplit=1)[0])


def close(a, b):
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def float_of(text):
    try:
        value = float(text)
    except ValueError:
        raise Wrong(f'data-v="{text}" is no number') from None
    if not math.isfinite(value):
        raise Wrong(f'data-v="{text}" is not finite')
    return value


def check_text(text, value):
    """The text is the value, rounded to the digits that it shows; after <, the value is below it."""
    plain = re.sub(r'(?<=\d)[,\u2009\u202f\u00a0 ](?=\d{3}(?!\d))', '', text.strip().replace('\u2212', '-'))
    found = SHOWN.fullmatch(plain)
    if not found or found['unit'] not in UNITS:
        raise Wrong(f'"{text}" is no number with a known unit')
    unit = UNITS[found['unit']]
    shown = float(found['number']) * unit
    if found['less']:
        if not abs(value) < shown * (1 + TOLERANCE):
            raise Wrong(f'shows "{text}", but is {value!r}')
        return
    last_digit = 10.0 ** (int(found['power'] or 0) - len(found['decimals'] or '')) * unit
    if abs(shown - value) > 0.5 * last_digit * (1 + TOLERANCE) + 1e-9 * abs(value):
        raise Wrong(f'shows "{text}", but is {value!r}')


def check_number(found, results):
    """One number of the page; returns whether it was recomputed."""
    href, source = found.get('href', ''), found.get('data-from')
    results.path(href)
    if 'data-v' not in found:
        if source is not None:
            raise Wrong('data-from without data-v')
        return False
    value = float_of(found['data-v'])
    check_text(found['text'], value)
    if source is None:
        return False
    try:
        truth = Expression(source, results, href).value()
    except (RecursionError, OverflowError):
        raise Wrong('data-from is too deep or too large') from None
    if not close(value, truth):
        raise Wrong(f'data-v is {value!r}, but {source} is {truth!r}')
    return True


def read_table(file):
    """The values of the table by (source, from)."""
    table = {}
    with open(file, newline='', encoding='utf-8') as lines:
        reader = csv.DictReader(lines)
        missing = set('part,item,row,column,value,unit,text,source,from'.split(',')) - set(reader.fieldnames or [])
        if missing:
            raise ValueError(f'no column {", ".join(sorted(missing))}')
        for row in reader:
            try:
                table.setdefault((name(row['source']), row['from']), []).append(float(row['value']))
            except (ValueError, TypeError, AttributeError):
                continue  # a text, or a row that is cut: no number of the page can be it
    return table


def check_table(found, table):
    if 'data-v' not in found:
        return
    source = found.get('data-from', '')
    values = table.get((name(found.get('href', '')), source), [])
    if not any(close(value, float_of(found['data-v'])) for value in values):
        raise Wrong(f'the table has no {found["data-v"]} from "{source}" of {name(found.get("href", ""))}')


def main():
    parser = argparse.ArgumentParser(description='recomputes the numbers of a report from its results')
    parser.add_argument('page')
    parser.add_argument('--least', type=int, default=1, metavar='N', help='fail if the page has fewer numbers')
    parser.add_argument('--csv', metavar='FILE', help='the table that holds the same numbers')
    options = parser.parse_args()
    try:
        with open(options.page, encoding='utf-8') as file:
            page = Page(file.read())
        table = read_table(options.csv) if options.csv else None
    except (OSError, ValueError, csv.Error) as error:
        print(f'values.py: {options.page}: {error}', file=sys.stderr)
        return 2
    results = Results(os.path.dirname(options.page) or '.', page.sources)
    recomputed = wrong = 0
    for found in page.numbers:
        try:
            recomputed += check_number(found, results)
            if table is not None:
                check_table(found, table)
        except Wrong as error:
            wrong += 1
            print(f'{options.page}:{found["line"]}: "{found["text"].strip()[:40]}": {error}')
    print(f'{len(page.numbers)} numbers, {recomputed} recomputed, {wrong} wrong')
    if len(page.numbers) < options.least:
        print(f'{options.page}: fewer than {options.least} numbers')
    return 1 if wrong or len(page.numbers) < options.least else 0


if __name__ == '__main__':
    sys.exit(main())
