#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""valid_svg.py - the half of valid.sh that tidy cannot do, which skips or misreads an inline <svg>.

usage: valid_svg.py PAGE.html COPY.html

Says on stdout, a line each, which <svg> is no well-formed XML and which id is there twice. COPY is the page for tidy:
each <svg> is an <img> there, and a heading in a <summary>, which HTML allows and tidy does not, a <span>; the lines stay
where they are.
"""
import html.parser
import re
import sys
import xml.parsers.expat

SVG = re.compile(r'<svg\b.*?</svg\s*>', re.DOTALL | re.IGNORECASE)
SUMMARY = re.compile(r'<summary\b.*?</summary\s*>', re.DOTALL | re.IGNORECASE)
HEADING = re.compile(r'(</?)h[1-6]\b', re.IGNORECASE)
# The names of HTML that no XML knows; the references of XML itself and numbers stay.
ENTITY = re.compile(r'&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)\w+;')


class Ids(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.lines, self.twice = {}, []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == 'id':
                if value in self.lines:
                    first = self.lines[value]
                    self.twice.append(f'line {self.getpos()[0]} - <{tag}>: id "{value}" is in line {first} already')
                self.lines.setdefault(value, self.getpos()[0])


def main(page, copy):
    with open(page, encoding='utf-8') as file:
        text = file.read()
    for found in SVG.finditer(text):
        parser = xml.parsers.expat.ParserCreate()
        try: # xlink is known to HTML without a declaration, and expat asks for none without namespaces
            parser.Parse(ENTITY.sub('?', found[0]), True)
        except xml.parsers.expat.ExpatError as error:
            line = text.count('\n', 0, found.start()) + error.lineno
            print(f'line {line} - <svg> is no XML: {xml.parsers.expat.errors.messages[error.code]}')
    ids = Ids()
    ids.feed(text)
    print(''.join(line + '\n' for line in ids.twice), end='')
    stripped = SVG.sub(lambda svg: '<img alt="svg" src="data:,">' + '\n' * svg[0].count('\n'), text)
    stripped = SUMMARY.sub(lambda summary: HEADING.sub(r'\1span', summary[0]), stripped)
    with open(copy, 'w', encoding='utf-8') as file:
        file.write(stripped)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit('usage: valid_svg.py PAGE.html COPY.html')
    try:
        main(*sys.argv[1:])
    except (OSError, UnicodeError) as error:
        sys.exit(f'valid_svg.py: {error}')
