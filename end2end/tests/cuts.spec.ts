import type { Page } from '@playwright/test';
import { random, seed } from '../chance.js';
import { expect, test } from '../fixtures.js';
import type { Site } from '../site.js';

// A page that knows nothing but `EventSource`, on a connection that breaks again and again.
test.use({ expectedErrors: [/net::ERR_/] });

type Seen = { opens: number; data: string[] };

/** Opens the page; what it has seen is data, and how often the hub said where a stream begins. */
async function plainPage(page: Page, site: Site, url: string): Promise<() => Promise<Seen>> {
  site.serve(`
    const seen = (window.seen = { opens: 0, data: [] });
    const source = new EventSource(${JSON.stringify(url)});
    source.addEventListener('hub.open', () => (seen.opens += 1));
    source.addEventListener('hub.gap', ({ data }) => seen.data.push(data));
    source.onmessage = ({ data }) => seen.data.push(data);`);
  await page.goto(site.origin);
  return () => page.evaluate(() => (window as unknown as { seen: Seen }).seen);
}

test('a page that has seen no event and is cut off gets the ten that it missed', async ({ hub, wire, site, page }) => {
  const seen = await plainPage(page, site, `${await wire.open()}/events?topic=t`);
  await expect.poll(async () => (await seen()).opens).toBe(1);
  wire.cut();
  const published = Array.from({ length: 10 }, (_, i) => `${i}`);
  for (const data of published) await hub.publish('t', data);
  wire.mend();
  await expect.poll(async () => (await seen()).data.length).toBeGreaterThanOrEqual(published.length);
  expect((await seen()).data).toEqual(published);
});

const CUTS = 100;

test('a page that is cut off a hundred times at random sees every event, once, in order', async ({
  hub,
  wire,
  site,
  page,
}) => {
  test.setTimeout(180_000);
  const from = seed();
  console.log(`cut at random with SEED=${from}`);
  const chance = random(from);
  const between = (least: number, most: number) => least + Math.floor(chance() * (most - least));
  // Before its first event, in the middle of a frame or of the hub's own, or after many.
  wire.wholeHeads = true;
  const endurance = () => between(0, chance() < 0.5 ? 800 : 8_000);

  // The browser waits only half a second after a cut: the least that a publisher can ask for.
  const published: string[] = [];
  const publish = async () => {
    const filling = 'x'.repeat(between(0, 400));
    published.push(`${published.length} ${filling}\n${filling}`);
    await hub.publish('t', published.at(-1)!, '&retry=500');
  };
  const seen = await plainPage(page, site, `${await wire.open()}/events?topic=t`);
  // From here on it is promised everything.
  await expect.poll(async () => (await seen()).opens).toBe(1);
  wire.endurance = endurance;
  wire.cutAll();
  while (wire.cuts < CUTS) {
    for (let away = between(0, 6); away > 0; away -= 1) await publish();
    await expect.poll(() => wire.carries, { intervals: [10] }).toBe(true);
    const { cuts } = wire;
    if (chance() < 0.05) wire.cutAll();
    while (wire.cuts === cuts) await publish();
  }
  wire.endurance = () => Infinity;
  wire.cutAll();
  await publish();
  await expect.poll(async () => (await seen()).data.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(published.length);
  expect((await seen()).data).toEqual(published);
  expect(wire.cuts).toBeGreaterThanOrEqual(CUTS);
});
