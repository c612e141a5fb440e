// SPDX-License-Identifier: MIT
// selftest.mjs - browser.mjs must pass a good page and reject bad ones, each by the right check. usage: node
// selftest.mjs FOLDER [CHECK]
// (an empty folder, for the pages; only the checks that this regular expression finds). Every bad page is the good
// one with one thing changed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examine, launch, line } from './browser.mjs';

const GOOD = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #111; --sheet: #fff; --mark: #0550ae; --soft: #555 }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #eee; --sheet: #111; --mark: #79b8ff; --soft: #aaa } }
html { font: 1rem/1.4 sans-serif; color: var(--ink); background: var(--sheet) }
a { color: var(--mark) } a:focus-visible, summary:focus-visible, div:focus-visible { outline: 2px solid var(--mark) }
.skip { position: absolute; left: -9999px } .skip:focus { left: 0 }
svg { width: 100%; max-width: 40rem; height: auto } svg text { fill: var(--ink); font-size: 15px }
.series { stroke: var(--mark); fill: none; stroke-width: 2 } .soft { color: var(--soft) }
.scroll { overflow-x: auto } td { padding: 0 1rem; white-space: nowrap }
@media print { .scroll { overflow: visible } .wide { display: none } 
details::details-content { content-visibility: visible; display: block } }
</style></head><body>
<a class="skip" href="#top">To the content</a>
<main id="top"><h1>A page</h1><h2>A part</h2>
<p>Some <b>text</b> with a <a href="result.json">result</a> and <a href="#plot">a plot</a>.<sup>1</sup></p>
<figure id="plot"><svg role="img" aria-label="A plot" viewBox="0 0 360 200">
<rect x="40" y="10" width="300" height="150" fill="none" stroke="currentColor"/>
<path class="series" d="M40 150L120 60L340 20"/><path class="series" d="M40 150L340 100"/>
<text x="150" y="190">size</text><text x="2" y="30">100</text>
<text transform="translate(60,150) rotate(-45)">slanted one</text>
<text transform="translate(85,150) rotate(-45)">slanted two</text>
<rect x="200" y="100" width="80" height="30" fill="#000"/><text x="205" y="120" style="fill:#fff">on black</text></svg>
<figcaption>This is what was measured.</figcaption></figure>
<figure id="heat"><div class="scroll" tabindex="0" role="region" aria-label="A table">
<table><tr><td>1</td><td>2</td><td>3</td></tr>
<tr><td>4</td><td>5</td><td class="wide">
a long cell that goes on and on, so that it is wider than a telephone is</td></tr></table></div>
<figcaption>Cells as a map of heat.</figcaption></figure>
<details><summary>More</summary><p class="soft">Hidden text.</p></details>
</main></body></html>`;

// [the check that must reject it, its message, what is replaced, by what]
const BAD = [
    ['console', /made up/, '</main>', '</main><script>console.error("made up")</script>'],
    ['console', /made-up error/, '</main>', '</main><script>throw new Error("made-up error")</script>'],
    [
        'network',
        /example\.invalid/,
        '<h2>',
        '<img alt="x" src="http://example.invalid/x.png" width="9" height="9"><h2>',
    ],
    [
        'network',
        /font\.woff/,
        '</style>',
        '@font-face { font-family: x; src: url(font.woff) } h1 { font-family: x }</style>',
    ],
    ['script', /<script>/, '</main>', '</main><script>0</script>'],
    ['script', /onclick/, '<h1>', '<h1 onclick="0">'],
    ['names', /no accessible name/, ' aria-label="A plot"', ''],
    ['names', /no accessible name/, ' aria-label="A plot"', ' aria-labelledby="nobody"'],
    ['names', /no role/, ' role="img"', ''],
    ['captions', /no sentence/, 'This is what was measured.', 'Plot 1'],
    ['captions', /id=heat/, '<figcaption>Cells as a map of heat.</figcaption>', ''],
    ['headings', /2 h1/, '<h2>A part</h2>', '<h1>A part</h1>'],
    ['headings', /skipped/, '<h2>A part</h2>', '<h3>A part</h3>'],
    ['document', /lang/, ' lang="en"', ''],
    ['document', /title/, '<title>A page</title>', '<title> </title>'],
    ['document', /viewport/, '<meta name="viewport"', '<meta name="other"'],
    ['ids', /"plot" is there twice/, '<h2>', '<h2 id="plot">'],
    ['links: targets', /#plott/, 'href="#plot"', 'href="#plott"'],
    ['links: files', /no such file/, 'href="result.json"', 'href="missing.json"'],
    ['links: files', /neither relative nor allowed/, 'href="result.json"', 'href="https://example.invalid/"'],
    ['links: files', /neither relative nor allowed/, 'href="result.json"', 'href="javascript:0"'],
    ['links: files', /neither relative nor allowed/, 'href="result.json"', 'href="/etc"'],
    [
        'first screen',
        /ends at \d+ px/,
        '<h2>',
        '<div class="answer" style="margin-top:900px"><span>1</span></div><h2>',
    ],
    ['length', /screens/, '<h2>', '<div class="answer">1</div><div style="height:9000px"></div><h2>'],
    ['links: files', /no such id/, 'href="result.json"', 'href="good.html#nowhere"'],
    ['print: details', /"More" is left out/, 'details::details-content', 'details::nothing'],
    ['keyboard: .*Tab', /reaches/, 'href="#plot"', 'href="#plot" tabindex="5"'],
    ['keyboard: focus', /does not show/, 'outline: 2px solid var(--mark)', 'outline: none'],
    ['keyboard: summaries', /takes no focus/, '<div class="scroll"', '<div inert class="scroll"'],
    ['1280 px, light: pictures', /no size/, 'svg { width: 100%', 'svg { width: 0'],
    ['390 px, dark: pictures', /0 visible marks/, 'role="img"', 'role="img" style="visibility:hidden"'],
    [
        '1280 px, light: pictures',
        /2 visible marks/,
        'role="img"',
        'role="img" style="--mark:transparent;color:transparent;--ink:transparent"',
    ],
    ['1280 px, light: pictures', /visible marks/, 'viewBox="0 0 360 200"', 'viewBox="5000 0 360 200"'],
    [
        '1280 px, light: pictures',
        /shows no image/,
        '<h2>',
        '<img alt="x" src="data:image/png;base64,AAAA" width="9" height="9"><h2>',
    ],
    ['1280 px, light: pictures', /neither picture nor/, /<table>.*<\/table>/s, '<p>No table.</p>'],
    [
        '1280 px, light: no two texts',
        /"size" and "Size"/,
        '<text x="150" y="190">size',
        '<text x="155" y="192">Size</text><text x="150" y="190">size',
    ],
    ['1280 px, light: no two texts', /slanted/, 'translate(85,150)', 'translate(65,150)'],
    ['1280 px, light: no two texts', /"A part"/, '<h2>', '<h2 style="margin-top:-3rem">'],
    [
        '390 px, light: no two texts',
        /"over"/,
        '<h2>',
        '<div style="position:relative"><span style="position:absolute;left:360px">over</span>' +
            '<span style="margin-left:340px">under</span></div><h2>',
    ],
    [
        '390 px, dark: no text is cut',
        /cut by <p>/,
        '<p>Some',
        '<p style="overflow:hidden;white-space:nowrap;width:90px">Some',
    ],
    ['1280 px, light: no text is cut', /"size" in #plot is cut by <svg>/, 'x="150" y="190"', 'x="345" y="190"'],
    ['1280 px, light: no text is cut', /cut by the page/, '<h2>', '<h2 style="margin-left:-40px">'],
    ['390 px, light: no text is cut', /no tabindex/, ' tabindex="0" role="region" aria-label="A table"', ''],
    ['390 px, light: the page', /px wide in 390/, 'class="scroll"', 'class="wide"'],
    ['390 px, light: no text of a picture', /"size"/, '<text x="150"', '<text style="font-size:7px" x="150"'],
    ['1280 px, light: texts', /"Hidden text\."/, '--soft: #555', '--soft: #999'],
    ['1280 px, dark: texts', /"Hidden text\."/, '--soft: #aaa', '--soft: #666'],
    ['1280 px, light: texts', /"on black" in #plot/, 'fill:#fff', 'fill:#333'],
    ['1280 px, dark: texts', /"size" in #plot/, 'svg text { fill: var(--ink)', 'svg text { fill: #111'],
    ['1280 px, light: series', /<path> in #plot/, '--mark: #0550ae', '--mark: #9cf'],
    ['1280 px, dark: series', /<path> in #plot/, '.series { stroke: var(--mark)', '.series { stroke: #0550ae'],
    [
        '1280 px, light: series',
        /<use> in #plot/,
        '<rect x="200"',
        '<g class="series" style="color:#ccc;stroke:none"><use href="#dot" x="99" y="99"/></g>' +
            '<defs><circle id="dot" r="3" fill="currentColor"/></defs><rect x="200"',
    ],
    [
        '1280 px, light: pictures',
        /2 visible marks/,
        /<rect x="40".*<rect x="200"/s,
        '<use href="#top" style="color:#0000;fill:none"/>' +
            '<use href="#top" style="color:#fff;fill:none"/>' +
            '<use href="#top" style="fill:none;stroke:none" color="transparent"/><rect x="200"',
    ],
    [
        'print: no text is cut',
        /"a long line/,
        '<h2>',
        '<p class="scroll" tabindex="0" aria-label="x"><span class="long">a long line</span></p><h2>',
        '</style>',
        '.long { white-space: nowrap; margin-left: 900px } @media screen { .long { margin: 0 } }</style>',
    ],
    ['print: texts', /"Some"/, '@media print {', '@media print { p { color: #ccc }'],
];

const folder = process.argv[2],
    only = new RegExp(process.argv[3] ?? '');
writeFileSync(join(folder, 'result.json'), '{}');
const browser = await launch();
let count = 0,
    failed = 0;
const told = (ok, what, notes) => {
    console.log(`${ok ? 'ok' : 'not ok'} ${++count} - ${what}`);
    if (!ok) notes.forEach(note => console.log(`# ${note}`));
    failed += !ok;
};
const look = async (name, html) => {
    const file = join(folder, name),
        lines = [];
    writeFileSync(file, html);
    await examine(browser, file, {}, (ok, what, faults) => ok || lines.push({ what, text: line(ok, what, faults) }));
    return lines;
};
try {
    const good = await look('good.html', GOOD);
    told(
        good.length === 0,
        'a good page passes',
        good.map(({ text }) => text),
    );
    for (const [i, [check, message, ...changes]] of BAD.entries()) {
        if (!only.test(check)) continue;
        let html = GOOD;
        for (let j = 0; j < changes.length; j += 2) {
            const changed = html.replace(changes[j], () => changes[j + 1]);
            if (changed === html) throw new Error(`the good page has no ${changes[j]}`);
            html = changed;
        }
        const lines = await look(`bad-${i}.html`, html);
        const right = lines.filter(({ what, text }) => new RegExp('^' + check).test(what) && message.test(text));
        told(
            right.length > 0,
            `rejected by "${check}", which says ${message}`,
            lines.map(({ text }) => text),
        );
    }
} finally {
    await browser.close();
}
process.exitCode = failed ? 1 : 0;
