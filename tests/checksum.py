"""The checksum of result files, from its description in results/README.md alone. usage: checksum.py FILE..."""
import json
import sys
import zlib

SHORT = {'"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t'}


def text(s):
    return '"' + ''.join(SHORT.get(c) or ('\\u%04X' % ord(c) if ord(c) < 32 else c) for c in s) + '"'


def real(x):
    digits, e, exponent = ('%.12g' % x).partition('e')
    if not e:
        return digits if '.' in digits else digits + '.0'
    return digits + 'e' + str(int(exponent))


def written(v):
    if v is None or isinstance(v, bool):
        return json.dumps(v)
    if isinstance(v, (int, float)):
        return str(v) if isinstance(v, int) else real(v)
    if isinstance(v, str):
        return text(v)
    if isinstance(v, list):
        return '[' + ','.join(map(written, v)) + ']'
    return '{' + ','.join(text(k) + ':' + written(v[k]) for k in sorted(v, key=str.encode)) + '}'


for path in sys.argv[1:]:
    with open(path, encoding='utf-8') as f:
        document = json.load(f)
    said = document['batchmark'].pop('checksum')
    found = '%08x' % zlib.crc32(written(document).encode())
    assert said == found, f'{path} says {said}, its contents {found}'
