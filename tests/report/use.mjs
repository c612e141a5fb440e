// SPDX-License-Identifier: MIT
// use.mjs - what a reader sees first, and what the page's script does for them. Sent to the browser as measure.mjs is.

// firstScreen(): of a page with answers, where the lowest of them ends, and how long the page is with all folded.
export function firstScreen() {
    const ends = [...document.querySelectorAll('.answer')].map(answer => answer.getBoundingClientRect().bottom + scrollY);
    return { answers: ends.length, lowest: Math.max(0, ...ends), height: document.documentElement.scrollHeight };
}

// interactive(): with the page's script, each long table is sorted by its columns and shows the rows with a word.
export function interactive() {
    const faults = [],
        shown = table => [...table.tBodies[0].rows].filter(row => row.checkVisibility());
    document.querySelectorAll('details').forEach(details => {
        details.open = true;
    });
    const long = [...document.querySelectorAll('table.plain')].filter(table => table.tBodies[0].rows.length >= 8);
    if (document.querySelectorAll('input[type=search]').length !== long.length)
        faults.push(`${long.length} long tables have not one field each to search them`);
    for (const input of document.querySelectorAll('input[type=search]')) {
        const table = input.nextElementSibling?.querySelector('table'),
            heads = [...(table?.tHead.rows[0].cells ?? [])],
            what = `table "${table?.caption?.textContent.slice(0, 30)}"`;
        const all = table ? shown(table).length : 0;
        const column = heads.findIndex((_, i) => table.tBodies[0].rows[0].cells[i]?.querySelector('a.n'));
        if (!table || column < 0) continue;
        heads[column].querySelector('button').click();
        const values = [...table.tBodies[0].rows].map(row => Number(row.cells[column].querySelector('a.n')?.dataset.v));
        if (values.some((value, i) => i && value > values[i - 1])) faults.push(`${what} is not sorted`);
        input.value = 'no row has this word';
        input.dispatchEvent(new Event('input'));
        if (shown(table).length) faults.push(`${what} still shows rows`);
        input.value = '';
        input.dispatchEvent(new Event('input'));
        if (shown(table).length < all) faults.push(`${what} does not show all rows again`);
    }
    return faults;
}

// singledOut(): a click on a series lets the others of its picture fade, and another click brings them back.
export function singledOut() {
    const faults = [],
        faded = svg => [...svg.querySelectorAll('*')].filter(part => part.style.opacity === '0.12').length,
        click = part => part.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    for (const svg of document.querySelectorAll('svg.plot')) {
        const series = [...svg.querySelectorAll('*')].find(part => part.style.cursor === 'pointer'),
            what = `picture "${svg.getAttribute('aria-label').slice(0, 40)}"`;
        if (!series) continue;
        click(series);
        if (!faded(svg) || series.style.opacity !== '1') faults.push(`${what}: nothing is singled out`);
        click(series);
        if (faded(svg)) faults.push(`${what} stays faded`);
    }
    return faults;
}
