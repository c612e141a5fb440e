// SPDX-License-Identifier: MIT
// measure.mjs - what runs inside the page. Both functions are sent to the browser as text, so each holds all it needs.

// structure(): what does not depend on width or colours. Returns lists of faults by check, and what Node has to
// look at: links.
export function structure() {
    const faults = { names: [], captions: [], headings: [], ids: [], targets: [], document: [], script: [] };
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const text = element => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
    const at = element =>
        `<${element.localName}${element.id ? ' id=' + element.id : ''}> "${text(element).slice(0, 30)}"`;
    const byIds = ids =>
        (ids ?? '')
            .split(/\s+/)
            .filter(Boolean)
            .map(id => text(document.getElementById(id)))
            .join(' ')
            .trim();
    const named = element =>
        element.getAttribute('aria-label')?.trim() || byIds(element.getAttribute('aria-labelledby'));

    for (const svg of all('svg').filter(svg => !svg.parentElement.closest('svg'))) {
        if (svg.closest('[aria-hidden=true]')) continue;
        if (svg.getAttribute('role') !== 'img') faults.names.push(`${at(svg)} has no role=img`);
        if (!named(svg)) faults.names.push(`${at(svg)} has no accessible name`);
    }
    for (const image of all('img')) if (!image.hasAttribute('alt')) faults.names.push(`${at(image)} has no alt`);
    for (const figure of all('figure')) {
        const caption = text(figure.querySelector('figcaption'));
        if (caption.split(' ').length < 3 || !/[.!?]( |$)/.test(caption))
            faults.captions.push(`${at(figure)}: caption "${caption}" is no sentence`);
    }
    const headings = all('h1,h2,h3,h4,h5,h6');
    const ones = headings.filter(heading => heading.localName === 'h1').length;
    if (ones !== 1) faults.headings.push(`${ones} h1 instead of one`);
    headings.forEach((heading, i) => {
        const level = Number(heading.localName[1]),
            before = i ? Number(headings[i - 1].localName[1]) : 0;
        if (level > before + 1)
            faults.headings.push(`${at(heading)} follows ${i ? 'h' + before : 'nothing'}: a level is skipped`);
    });
    const seen = new Set();
    for (const { id } of all('[id]')) {
        if (seen.has(id)) faults.ids.push(`id "${id}" is there twice`);
        seen.add(id);
    }
    const hrefs = all('[href],[*|href]').map(
        element => element.getAttribute('href') ?? element.getAttributeNS('http://www.w3.org/1999/xlink', 'href'),
    );
    for (const href of hrefs.filter(href => href.startsWith('#'))) {
        let id = href.slice(1);
        try {
            id = decodeURIComponent(id);
        } catch {
            /* no URL encoding: as it is */
        }
        if (!seen.has(id)) faults.targets.push(`href "${href}" has no target`);
    }
    const root = document.documentElement;
    if (!/^[a-z]{2,3}(-|$)/.test(root.lang)) faults.document.push('<html> has no lang');
    if (!document.title.trim()) faults.document.push('no title');
    if (!/width=device-width/.test(document.querySelector('meta[name=viewport]')?.content ?? ''))
        faults.document.push('no viewport meta');
    const own = all('script:not([src])').filter(script => script.textContent.includes('\n/* page.js - ')).slice(0, 1);
    for (const script of all('script,iframe,object,embed'))
        if (!own.includes(script)) faults.script.push(`${at(script)} is no part of the page`);
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
        for (const name of node.getAttributeNames())
            if (/^on/i.test(name)) faults.script.push(`${at(node)} has ${name}`);
    return { faults, links: [...new Set(hrefs.filter(href => !/^(#|data:image\/)/.test(href)))] };
}

// layout({small, print, leastMarks}): the page as it is laid out now. small: texts of SVG must be 9 px; print:
// nothing scrolls.
// Returns faults by check and the counts of texts, marks and marks of series that were looked at.
export function layout({ small, print, leastMarks }) {
    const faults = { overlap: [], cut: [], sideways: [], small: [], textContrast: [], markContrast: [], pictures: [] };
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const clean = string => string.replace(/\s+/g, ' ').trim();
    const pageWidth = document.documentElement.clientWidth;
    const place = element => {
        const home = element.closest('[id]');
        return home ? ` in #${home.id}` : '';
    };
    const cached = compute => {
        const known = new Map();
        return key => {
            if (!known.has(key)) known.set(key, compute(key));
            return known.get(key);
        };
    };

    // ---- colours: [red, green, blue, alpha], whatever notation CSS has for them -----------------------------------
    const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', {
        willReadFrequently: true,
    });
    const colour = cached(css => {
        if (!css || css === 'none' || !CSS.supports('color', css)) return null; // none, or a gradient
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = css;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    });
    const over = (top, below, opacity = 1) => {
        const a = top[3] * opacity;
        return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)).concat(1);
    };
    const luminance = c =>
        [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
            const v = c[i] / 255;
            return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        }, 0);
    const contrast = (a, b) => {
        const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
        return (high + 0.05) / (low + 0.05);
    };
    const style = cached(element => getComputedStyle(element));
    const opacity = cached(
        element => Number(style(element).opacity) * (element.parentElement ? opacity(element.parentElement) : 1),
    );
    const sheet = document.body.appendChild(document.createElement('div'));
    sheet.style.backgroundColor = 'Canvas';
    const canvas = print ? [255, 255, 255, 1] : colour(getComputedStyle(sheet).backgroundColor);
    sheet.remove();
    // The background of an HTML element or of an <svg>, with those of all its ancestors; null: a picture,
    // which is not told.
    const background = cached(element => {
        const below = element.parentElement ? background(element.parentElement) : canvas;
        const own = style(element);
        if (!below || own.backgroundImage !== 'none') return null;
        return over(colour(own.backgroundColor) ?? [0, 0, 0, 0], below, opacity(element));
    });

    // ---- pictures: the drawn elements of each <svg>, in the order of painting -------------------------------------
    const visible = cached(element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
    const outer = element => {
        let svg = element.closest('svg');
        while (svg?.parentElement?.closest('svg')) svg = svg.parentElement.closest('svg');
        return svg;
    };
    const paint = (element, what) => {
        const own = style(element),
            c = colour(own[what]);
        if (!c || (what === 'stroke' && !(parseFloat(own.strokeWidth) > 0))) return null;
        return [...c.slice(0, 3), c[3] * Number(own[what + 'Opacity']) * opacity(element)];
    };
    // What an element is drawn with beside its fill; a point of gnuplot's is a <use> of a shape that takes the
    // current colour.
    const pens = element => [
        paint(element, 'stroke'),
        ...(element.localName === 'use' ? [colour(style(element).color)] : []),
    ];
    const drawn = cached(svg =>
        all('path,line,rect,use,circle,ellipse,polygon,polyline,text,image', svg)
            .filter(element => !element.closest('defs,clipPath,mask,marker,pattern,symbol') && visible(element))
            .map((element, order) => ({
                element,
                order,
                box: element.getBoundingClientRect(),
                fill: paint(element, 'fill'),
            })),
    );
    const order = cached(svg => new Map(drawn(svg).map(mark => [mark.element, mark.order])));
    const filled = cached(svg =>
        drawn(svg).filter(mark => mark.fill?.[3] > 0 && mark.element.isPointInFill && mark.box.width > 0),
    );
    // What lies behind one element of a picture at the middle of its box.
    const behind = (element, box) => {
        const svg = outer(element),
            x = (box.left + box.right) / 2,
            y = (box.top + box.bottom) / 2;
        const before = order(svg).get(element) ?? 0;
        let below = background(svg);
        for (const mark of filled(svg)) {
            if (mark.order >= before || !below) break;
            const { box: b } = mark;
            if (x < b.left || x > b.right || y < b.top || y > b.bottom) continue;
            if (mark.element.isPointInFill(new DOMPoint(x, y).matrixTransform(mark.element.getScreenCTM().inverse())))
                below = over(mark.fill, below);
        }
        return below;
    };
    const differs = (c, below) => c && c[3] > 0 && below && contrast(over(c, below), below) > 1.1;
    let marks = 0;
    const countMarks = (svg, enough) => {
        const frame = svg.getBoundingClientRect();
        let found = 0;
        for (const { element, box, fill } of drawn(svg)) {
            if (found >= enough) break;
            const inside =
                box.right > frame.left && box.left < frame.right && box.bottom > frame.top && box.top < frame.bottom;
            if (!inside || (!box.width && !box.height)) continue;
            const below = behind(element, box);
            if ([fill, ...pens(element)].some(c => differs(c, below))) found++;
        }
        return found;
    };
    for (const picture of all('svg,img,figure')) {
        if (picture.parentElement.closest('svg') || !picture.parentElement.checkVisibility()) continue;
        const box = picture.getBoundingClientRect(),
            what = `<${picture.localName}>${place(picture)}`;
        if (box.width < 1 || box.height < 1) faults.pictures.push(`${what} has no size`);
        else if (picture.localName === 'img' && !(picture.complete && picture.naturalWidth))
            faults.pictures.push(`${what} shows no image`);
        else if (picture.localName === 'svg') {
            const least = picture.closest('figure') && !picture.closest('[aria-hidden=true]') ? leastMarks : 1,
                found = countMarks(picture, least);
            marks += drawn(picture).length;
            if (found < least) faults.pictures.push(`${what} has ${found} visible marks, fewer than ${least}`);
        } else if (picture.localName === 'figure' && !picture.querySelector('svg,img')) {
            const cells = all('td,th', picture).filter(
                cell =>
                    clean(cell.textContent) ||
                    differs(colour(style(cell).backgroundColor), background(cell.parentElement)),
            );
            if (cells.length < leastMarks) faults.pictures.push(`${what} has neither picture nor ${leastMarks} cells`);
        }
    }
    let series = 0;
    for (const mark of all('.series, .series *, [data-series], [data-series] *')) {
        if (!(mark.isPointInFill || mark.localName === 'use') || !visible(mark) || mark.closest('.band,.heat,defs'))
            continue;
        const below = background(outer(mark)),
            paints = [paint(mark, 'fill'), ...pens(mark)].filter(c => c?.[3] > 0);
        if (!below || !paints.length) continue;
        series++;
        const best = Math.max(...paints.map(c => contrast(over(c, below), below)));
        if (best < 3) faults.markContrast.push(`<${mark.localName}>${place(mark)} has ${best.toFixed(2)}:1`);
    }

    // ---- texts: what is read, its boxes, and the scroll container it is in ----------------------------------------
    const reachable = element =>
        element.tabIndex >= 0 &&
        element.hasAttribute('tabindex') &&
        (element.getAttribute('aria-label')?.trim() || element.getAttribute('aria-labelledby'));
    // The frames that clip what is in an element: {box, element, scrolls}, nearest first.
    const frames = cached(element => {
        const outside = element.parentElement ? frames(element.parentElement) : [];
        const { overflowX, overflowY } = style(element);
        if (
            element === document.documentElement ||
            element === document.body ||
            (overflowX === 'visible' && overflowY === 'visible' && element !== outer(element))
        )
            return outside;
        if (element.localName !== 'svg' && element.closest('svg')) return outside; // e.g. a <marker>
        return [
            { element, box: element.getBoundingClientRect(), scrolls: /auto|scroll/.test(overflowX) && !print },
            ...outside,
        ];
    });
    const unseen = element => {
        // for screen readers only: clipped to a dot, or a link that comes into view by its focus
        const dot = frames(element).some(
            ({ element: e, box }) => e.localName !== 'svg' && box.width <= 1 && box.height <= 1,
        );
        return (
            dot ||
            (element.closest('a[href^="#"]') && element.getBoundingClientRect().bottom + scrollY <= 0) ||
            (element.closest('a[href^="#"]') && element.getBoundingClientRect().right <= 0)
        );
    };
    const texts = [];
    const add = (node, element, boxes, string, turned = null) =>
        boxes
            .filter(b => b.width > 0.5 && b.height > 0.5)
            .forEach(box =>
                texts.push({ node, element, box, string: clean(string).slice(0, 40), turned, frames: frames(element) }),
            );
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (
            !node.data.trim() ||
            element.closest('svg,script,style,template,noscript') ||
            !visible(element) ||
            unseen(element)
        )
            continue;
        range.selectNodeContents(node);
        add(node, element, [...range.getClientRects()], node.data);
        const below = background(element),
            c = colour(style(element).color);
        if (below && range.getClientRects().length) {
            const ratio = contrast(over(c, below, opacity(element)), below);
            if (ratio < 4.5)
                faults.textContrast.push(
                    `"${clean(node.data).slice(0, 40)}"${place(element)} has ${ratio.toFixed(2)}:1`,
                );
        }
    }
    for (const element of all('svg text')) {
        if (element.closest('defs') || !visible(element) || !element.textContent.trim()) continue;
        const box = element.getBoundingClientRect(),
            own = element.getBBox(),
            matrix = element.getScreenCTM();
        const corner = (x, y) => new DOMPoint(own.x + x * own.width, own.y + y * own.height).matrixTransform(matrix);
        const slanted = Math.abs(matrix.a * matrix.b) > 1e-6; // neither level nor upright: its box is larger than it
        add(
            element,
            element,
            [box],
            element.textContent,
            slanted ? [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)] : null,
        );
        const parts = [element, ...all('tspan', element)].filter(part =>
            [...part.childNodes].some(n => n.nodeType === 3 && n.data.trim()),
        );
        const scale = Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)),
            below = behind(element, box);
        for (const part of parts) {
            const size = parseFloat(style(part).fontSize) * scale,
                c = paint(part, 'fill'),
                what = `"${clean(part.textContent).slice(0, 40)}"${place(part)}`;
            if (small && size < 8.95) faults.small.push(`${what} has ${size.toFixed(1)} px`);
            if (!below) continue;
            const ratio = c ? contrast(over(c, below), below) : 1;
            if (ratio < 4.5) faults.textContrast.push(`${what} has ${ratio.toFixed(2)}:1`);
        }
    }

    // ---- cut: by the page's edges or by a frame that cannot be scrolled -------------------------------------------
    const unreachable = new Set();
    for (const { element, box, string, frames: around } of texts) {
        const by = (frame, name) =>
            box.left < frame.left - 1.5 ||
            box.right > frame.right + 1.5 ||
            (frame.bottom !== undefined && (box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5))
                ? name
                : null;
        let cut = null,
            scrolled = false;
        for (const frame of around) {
            if (frame.scrolls) {
                scrolled = true;
                if (frame.element.scrollWidth > frame.element.clientWidth + 1 && !reachable(frame.element))
                    unreachable.add(frame.element);
                break;
            }
            cut ??= by(frame.box, `<${frame.element.localName}>`);
        }
        if (!scrolled) cut ??= by({ left: 0, right: pageWidth }, 'the page');
        if (cut) faults.cut.push(`"${string}"${place(element)} is cut by ${cut}`);
    }
    for (const element of unreachable)
        faults.cut.push(`<${element.localName}>${place(element)} scrolls but has no tabindex=0 with a label`);
    if (
        document.documentElement.scrollWidth > pageWidth + 1 ||
        document.body.scrollWidth > Math.max(pageWidth, document.body.clientWidth) + 1
    )
        faults.sideways.push(`the page is ${document.documentElement.scrollWidth} px wide in ${pageWidth} px`);

    // ---- overlaps: a sweep from top to bottom over boxes that were shrunk from a line's box to its letters 
    const shrunk = ({ left, right, top, bottom }) => {
        const y = Math.min((bottom - top) / 3, Math.max(1.5, 0.12 * (bottom - top)));
        return { left: left + 1, right: right - 1, top: top + y, bottom: bottom - y };
    };
    const scroller = text => text.frames.find(frame => frame.scrolls) ?? null;
    const clipped = (text, box) =>
        text.frames.reduce(
            (b, { box: f }) => ({
                left: Math.max(b.left, f.left),
                right: Math.min(b.right, f.right),
                top: Math.max(b.top, f.top),
                bottom: Math.min(b.bottom, f.bottom),
            }),
            box,
        );
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const corners = text =>
        text.turned ??
        [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
        ].map(([x, y]) => ({ x: x ? text.small.right : text.small.left, y: y ? text.small.bottom : text.small.top }));
    const apart = (a, b) =>
        [a, b].some(shape =>
            shape.some((p, i) => {
                // a line along one of the sides that parts them
                const q = shape[(i + 1) % 4],
                    nx = q.y - p.y,
                    ny = p.x - q.x,
                    length = Math.hypot(nx, ny);
                const reach = s => s.map(c => (c.x * nx + c.y * ny) / length);
                const [u, v] = [reach(a), reach(b)];
                return Math.min(Math.max(...u) - Math.min(...v), Math.max(...v) - Math.min(...u)) < 1.5;
            }),
        );
    const related = (a, b) => a.node === b.node || a.node.contains(b.node) || b.node.contains(a.node);
    for (const text of texts)
        ((text.small = shrunk(text.box)),
            (text.shown = clipped(text, text.small)),
            (text.scroller = scroller(text)?.element));
    texts.sort((a, b) => a.small.top - b.small.top);
    let active = [];
    for (const text of texts) {
        active = active.filter(other => other.small.bottom > text.small.top);
        for (const other of active) {
            const [a, b] = text.scroller === other.scroller ? [text.small, other.small] : [text.shown, other.shown];
            if (
                !meet(a, b) ||
                related(text, other) ||
                ((text.turned || other.turned) && apart(corners(text), corners(other)))
            )
                continue;
            faults.overlap.push(`"${other.string}" and "${text.string}"${place(text.element)} overlap`);
        }
        active.push(text);
    }
    return { faults, texts: texts.length, marks, series };
}

// focusable(): marks the elements that Tab must reach, in document order, with data-tab = their place; returns how
// many there are.
export function focusable() {
    const list = [...document.querySelectorAll('a[href],a[*|href],summary,[tabindex]')].filter(
        element => element.checkVisibility({ visibilityProperty: true }) && element.getAttribute('tabindex') !== '-1',
    );
    list.forEach((element, i) => element.setAttribute('data-tab', i));
    return list.length;
}

// refusing(): of those, the summaries and scroll containers that take no focus. It moves the focus, so it comes
// after the Tab key.
export function refusing() {
    return [...document.querySelectorAll('[data-tab]')]
        .filter(element => {
            if (element.localName === 'a') return false;
            element.focus({ preventScroll: true });
            return document.activeElement !== element;
        })
        .map(element => `<${element.localName}> "${element.textContent.trim().slice(0, 30)}" takes no focus`);
}

// focused(): where the focus is now: its place by focusable() (null: on nothing of the page), and whether it shows.
export function focused() {
    const element = document.activeElement;
    if (!element || element === document.body) return { tab: null };
    const own = getComputedStyle(element),
        outline = own.outlineStyle !== 'none' && parseFloat(own.outlineWidth) > 0;
    return {
        tab: element.hasAttribute('data-tab') ? Number(element.getAttribute('data-tab')) : -1,
        shows: outline || own.boxShadow !== 'none',
        what: `<${element.localName}> "${element.textContent.trim().slice(0, 30)}"`,
    };
}

// hiddenInPrint(): the <details> whose content a print leaves out without a visible .print-note in them or
// beside them, or one for the whole page.
export function hiddenInPrint() {
    return [...document.querySelectorAll('details')]
        .filter(details => {
            const content = [...details.children].find(child => child.localName !== 'summary');
            const notes = [
                ...document.querySelectorAll('main > .print-note'), // for all of the page
                ...details.parentElement.querySelectorAll(
                    ':scope > .print-note, :scope > details > summary .print-note',
                ),
            ];
            return content && !content.checkVisibility() && !notes.some(note => note.checkVisibility());
        })
        .map(
            details =>
                `<details> "${details.querySelector('summary')?.textContent.trim().slice(0, 30)}" is left out; no note`,
        );
}
