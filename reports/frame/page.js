/* SPDX-License-Identifier: MIT */
/* page.js - tables sorted by a column, rows found by a word, one series of a picture singled out. All is readable without it. */
'use strict';
for (const table of document.querySelectorAll('table.plain')) {
    const body = table.tBodies[0],
        rows = [...body.rows];
    if (rows.length < 8) continue;
    const key = (row, column) => {
        const cell = row.cells[column],
            number = cell.querySelector('a.n')?.dataset.v ?? cell.textContent.replace(/[^-+.\de]/g, '');
        return number !== '' && isFinite(number) ? Number(number) : cell.textContent;
    };
    const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b) : typeof a === 'number' ? -1 : 1);
    const sort = (head, column) => {
        const down = head.getAttribute('aria-sort') === 'descending';
        for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'ascending' : 'descending');
        rows.sort((a, b) => (down ? 1 : -1) * compare(key(a, column), key(b, column)));
        body.append(...rows);
    };
    [...table.tHead.rows[0].cells].forEach((head, column) => {
        const button = document.createElement('button');
        button.append(...head.childNodes);
        button.onclick = () => sort(head, column);
        head.append(button);
    });
    const input = Object.assign(document.createElement('input'), { type: 'search', placeholder: 'Rows with a word' });
    input.setAttribute('aria-label', `Rows of this table with a word: ${table.caption?.textContent ?? ''}`);
    input.oninput = () => {
        const words = input.value.toLowerCase().split(/\s+/);
        for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
    };
    table.parentElement.before(input);
}
/* Of a picture, the series that is clicked, or its sample in the key, stays as it is, and the others fade; a click beside them ends it. */
const neutral = ['#1a1a1a', '#c9c9c9', '#b00020', '#ffffff'];
for (const svg of document.querySelectorAll('svg.plot')) {
    const colour = part => ['stroke', 'color', 'fill'].map(name => part.getAttribute(name)).find(value => value?.startsWith('#')),
        series = [...svg.querySelectorAll('path, use, polygon, rect, circle')].filter(part => colour(part) && !neutral.includes(colour(part)));
    if (new Set(series.map(colour)).size < 2) continue;
    for (const part of series) part.style.cursor = 'pointer';
    svg.onclick = event => {
        const chosen = series.includes(event.target) && event.target.style.opacity !== '1' ? colour(event.target) : undefined;
        for (const part of series) part.style.opacity = !chosen ? '' : colour(part) === chosen ? 1 : 0.12;
    };
}
