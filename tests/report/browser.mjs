// SPDX-License-Identifier: MIT
// browser.mjs - looks at the report in a browser, as its readers do. usage:
//   node browser.mjs PAGE.html [--screenshots DIR] [--allow URL-PREFIX]... [--least-marks N]
// One line a check, "ok - ..." or "not ok - ... (what, where)"; exit 1 if any failed, 2 if it could not look.
import { chromium } from 'playwright-core';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { focusable, focused, hiddenInPrint, layout, refusing, structure } from './measure.mjs';
import { firstScreen, interactive, singledOut } from './use.mjs';

const STATES = [1280, 390]
    .flatMap(width => ['light', 'dark'].map(scheme => ({ width, scheme, root: null })))
    .concat({ width: 390, scheme: 'light', root: '20px' });
const TABS = 200; // a page with thousands of links: so many of them by the Tab key
const FOLD = 800, // px of the first screen, 1280 wide
    SCREENS = 10; // of a page with answers
const A4 = { width: 703, height: 1032 }; // px at 96 to the inch, within margins of 12 mm

export const launch = () =>
    chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
        ],
    });

function linkFaults(links, page, allow) {
    return links.flatMap(link => {
        if (allow.some(prefix => link.startsWith(prefix))) return [];
        if (/^([a-z][a-z0-9+.-]*:|\/)/i.test(link)) return [`link "${link}" is neither relative nor allowed`];
        try {
            const file = decodeURIComponent(link.replace(/[?#].*$/s, ''));
            if (!existsSync(resolve(dirname(page), file))) return [`link "${link}": no such file`];
            const id = /\.html#(.+)$/s.exec(link)?.[1];
            const there = !id || readFileSync(resolve(dirname(page), file), 'utf8').includes(` id="${decodeURIComponent(id)}"`);
            return there ? [] : [`link "${link}": the file has no such id`];
        } catch {
            return [`link "${link}" is not URL-encoded`];
        }
    });
}

async function tabThrough(page) {
    const faults = { order: [], focus: [] };
    const count = await page.evaluate(focusable);
    const tabs = Math.min(count, TABS);
    for (let i = 0; i < tabs && !faults.order.length; i++) {
        await page.keyboard.press('Tab');
        const { tab, shows, what } = await page.evaluate(focused);
        if (tab !== i)
            faults.order.push(`Tab ${i + 1} reaches ${what ?? 'nothing'}, place ${tab} of the document, not ${i}`);
        else if (!shows) faults.focus.push(`${what} does not show its focus`);
    }
    return { ...faults, refused: await page.evaluate(refusing), tabs, count };
}

// examine(browser, file, options): all checks of one page; calls report(ok, what, faults) for each.
export async function examine(browser, file, { allow = [], leastMarks = 5, screenshots = null } = {}, report) {
    const address = pathToFileURL(file).href;
    const check = (what, faults) => report(faults.length === 0, what, faults);
    const requests = [],
        messages = [];
    const open = async options => {
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
        await context.route('**/*', route => (route.request().url() === address ? route.continue() : route.abort()));
        const page = await context.newPage();
        page.on('request', request => {
            const url = request.url();
            if (url !== address && !url.startsWith('data:')) requests.push(`asks for ${url.slice(0, 80)}`);
        });
        page.on(
            'console',
            message => ['error', 'warning'].includes(message.type()) && messages.push(message.text().slice(0, 120)),
        );
        page.on('pageerror', error => messages.push(String(error).slice(0, 120)));
        await page.goto(address);
        return page;
    };
    const scripted = await open({});
    check('script: tables sort and filter', await scripted.evaluate(interactive));
    check('script: a series is singled out', await scripted.evaluate(singledOut));
    await scripted.context().close();
    const page = await open({ javaScriptEnabled: false });
    check('console: no error, no warning', [...new Set(messages)]);
    check('network: nothing but the file itself', [...new Set(requests)]);

    const { faults, links } = await page.evaluate(structure);
    check('script: none but the page\'s own', faults.script);
    check('names: every picture has one', faults.names);
    check('captions: every figure has a sentence', faults.captions);
    check('headings: one h1, no level skipped', faults.headings);
    check('document: lang, title, viewport', faults.document);
    check('ids: unique', faults.ids);
    check('links: targets in the page', faults.targets);
    check('links: files', linkFaults(links, file, allow));

    await page.setViewportSize({ width: 1280, height: FOLD });
    const { answers, lowest, height: folded } = await page.evaluate(firstScreen);
    if (answers) {
        check(`first screen: ${answers} answers`, lowest > FOLD ? [`the lowest ends at ${Math.round(lowest)} px`] : []);
        check(`length: at most ${SCREENS} screens`, folded > SCREENS * FOLD ? [`${(folded / FOLD).toFixed(1)} screens`] : []);
    }

    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    check('print: details are shown, or said to be left out', await page.evaluate(hiddenInPrint));
    await page.emulateMedia({ media: null });
    await page.evaluate(() =>
        document.querySelectorAll('details').forEach(details => {
            details.open = true;
        }),
    );
    const keys = await tabThrough(page);
    check(`keyboard: ${keys.tabs} of ${keys.count} places by Tab, in order`, keys.order);
    check('keyboard: focus is visible', keys.focus);
    check('keyboard: summaries and scroll containers take the focus', keys.refused);

    const looks = async (name, options) => {
        await page.evaluate(() => scrollTo(0, 0));
        const { faults: f, texts, marks, series } = await page.evaluate(layout, { leastMarks, ...options });
        check(`${name}: pictures have a size and visible marks (${marks} marks)`, f.pictures);
        check(`${name}: no two texts overlap (${texts} texts)`, f.overlap);
        check(`${name}: no text is cut`, f.cut);
        check(`${name}: the page does not scroll sideways`, f.sideways);
        if (options.small) check(`${name}: no text of a picture below 9 px`, f.small);
        check(`${name}: texts have a contrast of 4.5:1`, f.textContrast);
        check(`${name}: series have a contrast of 3:1 (${series} marks)`, f.markContrast);
    };
    for (const { width, scheme, root } of STATES) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: scheme });
        await page.evaluate(size => {
            document.documentElement.style.fontSize = size;
        }, root ?? '');
        const name = `${width} px, ${scheme}${root ? ', larger text' : ''}`;
        await looks(name, { small: width < 600, print: false });
        if (screenshots) await page.screenshot({ path: resolve(screenshots, name.replace(/\W+/g, '-') + '.png') });
    }
    await page.evaluate(() => {
        document.documentElement.style.fontSize = '';
    });
    await page.setViewportSize(A4);
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    await looks('print', { small: false, print: true });
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const pdf = await page.pdf({ format: 'A4', ...(screenshots && { path: resolve(screenshots, 'print.pdf') }) });
    const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) ?? []).length,
        needed = Math.max(1, Math.floor((0.8 * height) / A4.height));
    check(
        `print: ${pages} pages of A4`,
        pages < needed ? [`${pages} pages for ${height} px, which need ${needed}`] : [],
    );
    await page.context().close();
}

export function line(ok, what, faults) {
    const more = faults.length > 5 ? `; and ${faults.length - 5} more` : '';
    return ok ? `ok - ${what}` : `not ok - ${what} (${faults.slice(0, 5).join('; ').replace(/\s+/g, ' ')}${more})`;
}

function options(words) {
    const read = { allow: [], leastMarks: 5, screenshots: null, file: null };
    for (let i = 0; i < words.length; i++) {
        const value = () =>
            words[++i] ??
            (() => {
                throw new Error(`${words[i - 1]} needs a value`);
            })();
        if (words[i] === '--allow') read.allow.push(value());
        else if (words[i] === '--screenshots') read.screenshots = value();
        else if (words[i] === '--least-marks') read.leastMarks = Number(value());
        else if (words[i].startsWith('-') || read.file) throw new Error(`unknown argument ${words[i]}`);
        else read.file = words[i];
    }
    if (!(read.leastMarks >= 1)) throw new Error('--least-marks needs a number from 1');
    if (!read.file || !existsSync(read.file))
        throw new Error(read.file ? `no such file: ${read.file}` : 'no page is named');
    return read;
}

async function main() {
    let failed = 0;
    const read = options(process.argv.slice(2));
    if (read.screenshots) mkdirSync(read.screenshots, { recursive: true });
    const browser = await launch();
    try {
        await examine(browser, resolve(read.file), read, (ok, what, faults) => {
            failed += !ok;
            console.log(line(ok, what, faults));
        });
    } finally {
        await browser.close();
    }
    process.exitCode = failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
    main().catch(error => {
        console.error(`browser.mjs: ${error.message.split('\n')[0]}`);
        process.exitCode = 2;
    });
