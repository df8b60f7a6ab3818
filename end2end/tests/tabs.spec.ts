import { NONE, Watch, complaints, differences, expect, sequences, test as hubTest } from '../fixtures.js';
import { lines } from '../watch.js';
import { Publisher } from '../publisher.js';
import { Tabs } from '../tabs.js';

/** Twice what browsers allow to one origin over HTTP/1.1. */
const TABS = 12;

const test = hubTest.extend<{ tabs: Tabs }>({
  tabs: async ({ launchOptions }, use) => {
    const tabs = await Tabs.open(launchOptions);
    const errors = complaints(tabs.context);
    await tabs.context.addInitScript(keepFiles);
    await use(tabs);
    await tabs.close();
    expect(errors, 'errors on the console').toEqual([]);
  },
});

test('twelve tabs are opened and walked through: none hangs, none misses an event', async ({ hub, tabs }) => {
  test.setTimeout(300_000);
  const publisher = new Publisher(hub, 'tabs', { rate: 40, batch: 4 }).start();
  await expect.poll(() => publisher.count).toBeGreaterThan(100);

  const pages: Watch[] = [];
  for (let n = 0; n < TABS; n++) {
    const watch = new Watch(await tabs.context.newPage());
    await watch.page.bringToFront();
    await watch.live(hub.url, 'tabs');
    pages.push(watch);
    expect(await hub.followers('tabs'), 'connections').toBeLessThanOrEqual(6);
  }
  await test.step('all but the one that is shown are hidden, and let go', async () => {
    const hidden = await Promise.all(pages.map(({ page }) => page.evaluate(() => document.hidden)));
    expect(hidden).toEqual(pages.map((_, n) => n < TABS - 1));
    await expect.poll(() => hub.followers('tabs'), { timeout: 30_000 }).toBe(1);
  });

  for (const [n, watch] of [...pages.entries(), ...pages.entries()]) {
    await test.step(`tab ${n + 1} is looked at`, async () => {
      await watch.page.bringToFront();
      await expect(watch.word).toHaveText('Live', { timeout: 30_000 });
      await watch.reaches(await hub.newest(), 30_000);
    });
  }
  await publisher.stop();

  for (const [n, watch] of pages.entries()) {
    await test.step(`tab ${n + 1} holds everything`, async () => {
      await watch.page.bringToFront();
      const last = publisher.between(0, Infinity).at(-1)!;
      await watch.reaches(last, 30_000);
      const held = sequences(lines(await kept(watch)));
      expect(differences(held, publisher.between(held[0]!, last))).toEqual(NONE);
    });
  }
  // Who is walked past quickly leaves connections to those that are looked at.
  await expect.poll(() => hub.followers('tabs'), { timeout: 30_000 }).toBe(1);
});

test('a tab that is opened in the background waits, without a connection, until it is looked at', async ({ hub, tabs }) => {
  const first = new Watch(await tabs.context.newPage());
  await first.live(hub.url, 'tabs');
  await first.page.bringToFront();
  const opened = await tabs.behind(`${hub.url}/topics?topic=behind`);
  const second = new Watch(opened);
  await expect(second.word).toHaveText('Let go');
  expect(await opened.evaluate(() => document.hidden)).toBe(true);
  expect(await hub.followers('behind')).toBe(0);
  const id = await hub.publish('behind', 'while nobody looked');
  await opened.bringToFront();
  await expect(second.word).toHaveText('Live');
  await expect(second.row(id)).toHaveCount(1);
});

/** In the page: keeps what it would hand to the reader as files, as this browser saves none. */
function keepFiles(): void {
  const kept: Blob[] = [];
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob: Blob) => {
    kept.push(blob);
    return make(blob);
  };
  Object.assign(window, { kept });
}

/** What the page exports, from the page itself. */
async function kept(watch: Watch): Promise<string> {
  const files = () => watch.page.evaluate(() => (window as unknown as { kept: Blob[] }).kept.length);
  const before = await files();
  await watch.does('export-ndjson').click();
  await expect.poll(files).toBe(before + 1);
  return watch.page.evaluate(() => (window as unknown as { kept: Blob[] }).kept.at(-1)!.text());
}
