import { setTimeout as after } from 'node:timers/promises';
import type { Browser } from '@playwright/test';
import { random, seed } from '../chance.js';
import { NONE, Watch, complaints, differences, expect, sequences, test } from '../fixtures.js';
import type { Hub } from '../hub.js';
import { Publisher } from '../publisher.js';

/** How often a page is loaded: `make bench-console` does it 200 times, which takes some minutes. */
const LOADS = Number(process.env['GAPLESS_LOADS'] ?? 40);
/** How many pages are open at once. */
const LANES = 2;
/** The longest that the page has to wait for what brings it to life, in milliseconds. */
const DELAY = 400;
/** How many rows a page begins with. */
const FIRST = 100;
/** How many events have to come live. */
const LIVE = 100;

test('from the first row in the HTML to those that came live, ids are contiguous every time', async ({ hub, browser }) => {
  test.setTimeout(60_000 + LOADS * 6_000);
  const from = seed();
  console.log(`${LOADS} loads, held back at random with SEED=${from}`);
  const chance = random(from);
  const publisher = new Publisher(hub, 'gapless').start();
  await expect.poll(() => publisher.count).toBeGreaterThan(2 * FIRST);

  const loads = Array.from({ length: LOADS }, () => chance() * DELAY);
  const lane = async () => {
    const page = await Lane.open(browser);
    for (let delay = loads.pop(); delay !== undefined; delay = loads.pop()) await page.load(hub, publisher, delay);
    await page.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await publisher.stop();
});

/** A page that is loaded again and again. */
class Lane {
  private delay = 0;

  private constructor(
    private readonly watch: Watch,
    private readonly errors: string[],
  ) {}

  static async open(browser: Browser): Promise<Lane> {
    const context = await browser.newContext();
    const lane = new Lane(new Watch(await context.newPage()), complaints(context));
    await context.route('**/*.wasm*', async (route) => {
      await after(lane.delay);
      await route.continue();
    });
    return lane;
  }

  async load(hub: Hub, publisher: Publisher, delay: number): Promise<void> {
    const { watch } = this;
    this.delay = delay;
    const response = await watch.page.goto(`${hub.url}/topics?topic=gapless`, { waitUntil: 'commit' });
    const rendered = inHtml(await response!.text());
    await expect(watch.word).toHaveText('Live');
    const goal = (await hub.newest()) + LIVE;
    await watch.reaches(goal);
    const held = sequences(await watch.export());
    await publisher.settled();

    const what = `held back for ${Math.round(delay)} ms`;
    expect(rendered, what).toHaveLength(FIRST);
    expect(held.slice(0, FIRST), what).toEqual(rendered);
    expect(held.at(-1), what).toBeGreaterThanOrEqual(goal);
    expect(differences(held, publisher.between(held[0]!, held.at(-1)!)), what).toEqual(NONE);
  }

  async close(): Promise<void> {
    await this.watch.page.context().close();
    expect(this.errors, 'errors on the console').toEqual([]);
  }
}

/** The sequence numbers of the rows that the server wrote. */
function inHtml(html: string): number[] {
  return [...html.matchAll(/<li[^>]* data-id="[^"]*-(\d+)"/g)].map(([, n]) => Number(n));
}
