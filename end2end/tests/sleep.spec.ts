import { type Page, chromium } from '@playwright/test';
import { NONE, Watch, complaints, differences, expect, sequences, test } from '../fixtures.js';
import { type Hub, sequence } from '../hub.js';

// A connection that is cut or refused is reported by the browser as an error.
test.use({ expectedErrors: [/net::ERR_/] });

/** Two and a half heartbeats of the hub, in milliseconds. */
const SILENCE = 37_500;

/** What is published while a page does what it does, and what has to be on it at the end. */
class Story {
  private told: number[] = [];

  constructor(private readonly hub: Hub) {}

  async publish(count: number): Promise<void> {
    const events = Array.from({ length: count }, (_, n) => ({ topic: 'a', data: `${this.told.length + n}` }));
    this.told.push(...(await this.hub.publishAll(events)).map(sequence));
  }

  /** The page has reached the last of it, and holds all. */
  async isOn(watch: Watch): Promise<void> {
    await watch.reaches(this.told.at(-1)!, 30_000);
    expect(differences(sequences(await watch.export()), this.told)).toEqual(NONE);
  }
}

/** Notes every word of the badge from now on, however short it stands there. */
async function noteWords(watch: Watch): Promise<() => Promise<string[]>> {
  await watch.word.evaluate((word) => {
    const words: string[] = [];
    Object.assign(window, { words });
    new MutationObserver(() => words.push(word.textContent!)).observe(word, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  return () => watch.page.evaluate(() => (window as unknown as { words: string[] }).words);
}

test('a server that is frozen is noticed within two and a half heartbeats, and nothing is missed', async ({ hub, page }) => {
  await page.clock.install();
  const story = new Story(hub);
  const watch = new Watch(page);
  await story.publish(10);
  await watch.live(hub.url, 'a');
  await story.publish(1);
  await story.isOn(watch);
  hub.freeze();
  // Quiet that a heartbeat may be late for is no reason to give up.
  await page.clock.fastForward(SILENCE - 10_000);
  await expect(watch.detail).toHaveText(/^idle/);
  await expect(watch.word).toHaveText('Live');
  await page.clock.fastForward(10_000);
  await expect(watch.detail).toContainText('nothing heard');
  await expect(watch.word).toHaveText('Reconnecting');
  // It asks again, and that is not answered either.
  await page.clock.fastForward(2_000);
  await expect(watch.word).toHaveText('Connecting');
  const published = story.publish(20);
  hub.thaw();
  await published;
  await expect(watch.word).toHaveText('Live', { timeout: 30_000 });
  await story.publish(5);
  await story.isOn(watch);
});

test('after a sleep of a night a page finds its connection dead, and goes on where it was', async ({ hub, wire, page }) => {
  await page.clock.install();
  const story = new Story(hub);
  const watch = new Watch(page);
  await story.publish(10);
  await watch.live(await wire.open(), 'a');
  const words = await noteWords(watch);
  wire.strand();
  await story.publish(50);
  await page.clock.fastForward('08:00:00');
  await expect.poll(words).toContain('Reconnecting');
  await expect(watch.word).toHaveText('Live');
  await story.publish(5);
  await story.isOn(watch);
});

test('a proxy that cuts streams that are idle costs no event', async ({ hub, wire, page }) => {
  test.setTimeout(120_000);
  const story = new Story(hub);
  const watch = new Watch(page);
  await story.publish(10);
  wire.idleLimit = 1_000;
  await watch.live(await wire.open(), 'a');
  for (let n = 0; n < 5; n++) {
    const { cuts } = wire;
    await expect.poll(() => wire.cuts, { intervals: [20] }).toBeGreaterThan(cuts);
    await story.publish(3);
    await expect(watch.word).toHaveText('Live');
  }
  wire.idleLimit = Infinity;
  await story.publish(3);
  await story.isOn(watch);
});

test('offline is noticed, and online is enough to go on', async ({ hub, wire, page, context }) => {
  await page.clock.install();
  const story = new Story(hub);
  const watch = new Watch(page);
  await story.publish(10);
  await watch.live(await wire.open(), 'a');
  // Playwright's offline leaves what is open as it is; a network that is gone is silent.
  wire.strand();
  await context.setOffline(true);
  await page.clock.fastForward(SILENCE + 500);
  await expect(watch.word).toHaveText('Reconnecting');
  await story.publish(30);
  // By now the pauses between attempts are long.
  for (let n = 2; n < 7; n++) {
    await expect(watch.detail).toContainText(`attempt ${n} ·`);
    await page.clock.fastForward(30_000);
  }
  await context.setOffline(false);
  await expect(watch.word).toHaveText('Live');
  await story.publish(3);
  await story.isOn(watch);
});

test('a page in the back/forward cache holds no connection, and goes on when it is back', async ({ hub, launchOptions }) => {
  // Playwright turns the cache off, as it cannot follow what comes out of it: so this looks for itself.
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  const context = await browser.newContext();
  const errors = complaints(context);
  const page = await context.newPage();
  const story = new Story(hub);
  const watch = new Watch(page);
  await story.publish(10);
  await watch.live(hub.url, 'a');
  await story.publish(5);
  await story.isOn(watch);
  await watch.page.evaluate(() => {
    const shows: boolean[] = [];
    Object.assign(window, { shows });
    addEventListener('pageshow', ({ persisted }) => shows.push(persisted));
  });
  await page.goto(`${hub.url}/learn`);
  await expect.poll(() => hub.followers('a')).toBe(0);
  await story.publish(50);
  await back(page);
  await expect.poll(() => shows(page), 'comes out of the cache').toEqual([true]);
  await expect(watch.word).toHaveText('Live');
  await story.publish(3);
  await story.isOn(watch);
  await browser.close();
  expect(errors, 'errors on the console').toEqual([]);
});

test('a page that comes back without the cache begins anew, without a gap', async ({ hub, page }) => {
  const story = new Story(hub);
  const watch = new Watch(page);
  await story.publish(10);
  await watch.live(hub.url, 'a');
  await page.goto(`${hub.url}/learn`);
  await story.publish(20);
  await page.goBack();
  await expect(watch.word).toHaveText('Live');
  await story.publish(3);
  await story.isOn(watch);
});

/** Goes back, without waiting for a load that does not come. */
async function back(page: Page): Promise<void> {
  await page.evaluate(() => void setTimeout(() => history.back()));
}

/** What the page was told about coming back; none where it is another page, or none yet. */
async function shows(page: Page): Promise<boolean[] | undefined> {
  return page.evaluate(() => (window as unknown as { shows?: boolean[] }).shows).catch(() => undefined);
}
