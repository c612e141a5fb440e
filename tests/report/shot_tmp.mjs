import { chromium } from 'playwright-core';
const [page_, part, width, scheme, out] = process.argv.slice(2);
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] });
const c = await b.newContext({ viewport: { width: +width, height: 900 }, colorScheme: scheme });
const p = await c.newPage();
await p.goto('file://' + page_);
const box = await p.evaluate((part) => {
  const h = [...document.querySelectorAll('h2')]; const i = h.findIndex(x => x.id === part);
  const y = h[i].getBoundingClientRect().top + scrollY; const e = i + 1 < h.length ? h[i + 1].getBoundingClientRect().top + scrollY : document.documentElement.scrollHeight;
  return { y, e };
}, part);
let n = 0;
const step = +width < 600 ? 2600 : 1500;
for (let y = box.y; y < box.e && n < 8; y += step, n++)
  await p.screenshot({ path: `${out}-${n}.png`, fullPage: true, clip: { x: 0, y, width: +width, height: Math.min(step, box.e - y) } });
console.log(n, box.e - box.y);
await b.close();
