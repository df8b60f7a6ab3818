import { Panel, collect, contiguous, expect, test } from '../fixtures.js';

test('the page comes with the time and the newest ticks @both', async ({ hub, page }) => {
  const panel = new Panel(page, 'Logstream');
  await expect
    .poll(async () => {
      await page.goto(`${hub.url}/learn`);
      return panel.rows.count();
    })
    .toBeGreaterThan(1);
  await expect(page.locator('.clock .time')).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/);
  await expect(panel.rows.last().locator('.row-time')).toHaveText(/^\d\d:\d\d:\d\d$/);
});

test('what the server sends is the whole page, with real data', async ({ hub, request }) => {
  const html = await (await request.get(`${hub.url}/learn`)).text();
  expect(html).toMatch(/datetime="\d{4}-\d\d-\d\dT/);
  expect(html).toContain('As rendered');
});

test('without JavaScript the page says that it stands still @plain', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  await expect(new Panel(page, 'Logstream').word).toHaveText('As rendered');
});

test('the clock moves', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  await new Panel(page, "The server's time").live();
  const time = page.locator('.clock time');
  const seen = new Set<string | null>();
  await expect
    .poll(async () => seen.add(await time.getAttribute('datetime')).size)
    .toBeGreaterThanOrEqual(4);
});

test('ticks append: each once, in order', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  const panel = new Panel(page, 'Logstream');
  await panel.live();
  const seen = await collect(panel, 6);
  expect(seen).toEqual(contiguous(seen));
});

test('what happens before the page is alive is not missed', async ({ hub, page }) => {
  // The module is held back until three more ticks have happened.
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.wasm*', async (route) => {
    await held;
    await route.continue();
  });
  const panel = new Panel(page, 'Logstream');
  await expect
    .poll(async () => {
      await page.goto(`${hub.url}/learn`, { waitUntil: 'commit' });
      return panel.rows.count();
    })
    .toBeGreaterThan(0);
  const rendered = await panel.sequence();
  await expect.poll(() => newest(hub.url), { timeout: 20_000 }).toBeGreaterThan(rendered.at(-1)! + 3);
  await expect(panel.word).toHaveText('As rendered');
  release();
  await panel.live();
  const seen = await collect(panel, rendered.length + 4);
  expect(seen.slice(0, rendered.length)).toEqual(rendered);
  expect(seen).toEqual(contiguous(seen));
  await expect(panel.gaps).toHaveCount(0);
});

async function newest(url: string): Promise<number> {
  const response = await fetch(`${url}/events`, { method: 'HEAD' });
  return Number(response.headers.get('tickertape-last-event-id')?.split('-')[1]);
}
