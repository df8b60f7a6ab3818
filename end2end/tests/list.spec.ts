import { NONE, Watch, differences, expect, sequences, test } from '../fixtures.js';
import { type Hub, sequence } from '../hub.js';
import { Publisher, quote } from '../publisher.js';

/** What one list holds. */
const HELD = 100_000;
/** The most elements that a page may have. */
const ELEMENTS = 1_000;

/** Publishes so many, a thousand at a time; gives their sequence numbers. */
async function fill(hub: Hub, topic: string, count: number): Promise<number[]> {
  const told: number[] = [];
  while (told.length < count) {
    const size = Math.min(1_000, count - told.length);
    const events = Array.from({ length: size }, (_, n) => quote(topic, told.length + n));
    told.push(...(await hub.publishAll(events)).map(sequence));
  }
  return told;
}

/** How many elements there are in all. */
function elements(watch: Watch): Promise<number> {
  return watch.page.evaluate(() => document.querySelectorAll('*').length);
}

/** A row's height, in CSS pixels. */
const ROW = 24;

/** Scrolls to a share of the list, so that a row begins at the top; says how many are above it. */
async function scrollTo(watch: Watch, share: number): Promise<number> {
  const top = await watch.list.evaluate((list, [to, row]) => {
    list.scrollTop = Math.floor((to! * (list.scrollHeight - list.clientHeight)) / row!) * row!;
    return list.scrollTop;
  }, [share, ROW]);
  return Math.round(top / ROW);
}

/** Turns the wheel over the list. */
async function wheel(watch: Watch, by: number): Promise<void> {
  await watch.list.hover();
  await watch.page.mouse.wheel(0, by);
}

test('a paused list that is full lets go of its connection, and misses nothing', async ({ hub, page }) => {
  test.setTimeout(180_000);
  const watch = new Watch(page);
  const before = await fill(hub, 'many', 50);
  await watch.live(hub.url, 'many');
  await watch.does('pause').click();
  const top = await watch.top();
  const published = [...before, ...(await fill(hub, 'many', HELD + 10_000))];
  await expect(watch.detail).toContainText('the rest waits in the log', { timeout: 60_000 });
  await expect.poll(() => hub.followers('many')).toBe(0);
  expect(await watch.top()).toBe(top);
  await watch.does('pause').click();
  await watch.reaches(published.at(-1)!, 60_000);
  await expect(watch.word).toHaveText('Live');
  const held = sequences(await watch.export());
  expect(held.length).toBeGreaterThanOrEqual(HELD);
  expect(held).toEqual(published.slice(-held.length));
});

test('a hundred thousand rows are held; the elements are those of a screen', async ({ hub, page }) => {
  test.setTimeout(180_000);
  const watch = new Watch(page);
  await watch.live(hub.url, 'many');
  const published = await fill(hub, 'many', HELD);
  await watch.reaches(published.at(-1)!, 60_000);
  await expect.poll(() => watch.size()).toBe(HELD);
  expect(await elements(watch)).toBeLessThan(ELEMENTS);

  await test.step('each of them can be reached', async () => {
    for (const share of [0, 0.25, 0.5, 0.75]) {
      const above = await scrollTo(watch, share);
      await expect.poll(async () => sequence(await watch.top())).toBe(published[above]);
      expect(await elements(watch)).toBeLessThan(ELEMENTS);
    }
    await scrollTo(watch, 0);
    await expect(watch.list.locator('[aria-posinset="1"]').locator('.row-id')).toHaveText(String(published[0]));
    await expect(watch.word).toHaveText('Held');
  });

  await test.step('a row that is looked at stays where it is while the oldest make room', async () => {
    const above = await scrollTo(watch, 0.5);
    await expect.poll(async () => sequence(await watch.top())).toBe(published[above]);
    const id = await watch.top();
    const place = await watch.place(id);
    published.push(...(await fill(hub, 'many', 5_000)));
    await expect(watch.follow).toContainText('5,000 new');
    expect(await watch.place(id)).toBe(place);
  });

  await watch.follow.click();
  await watch.reaches(published.at(-1)!);
  const held = sequences(await watch.export());
  expect(held.length).toBeGreaterThan(HELD - 5_000);
  expect(differences(held, published.slice(-held.length))).toEqual(NONE);
  expect(await elements(watch)).toBeLessThan(ELEMENTS);
});

test('who scrolls away is held at what they read, told how much is new, and led back', async ({ hub, page }) => {
  const watch = new Watch(page);
  const published = await fill(hub, 'a', 90);
  await watch.live(hub.url, 'a');
  published.push(...(await fill(hub, 'a', 400)));
  await watch.reaches(published.at(-1)!);
  await expect(watch.follow).toBeHidden();

  await wheel(watch, -3_000);
  await expect(watch.word).toHaveText('Held');
  const [id, newest] = [await watch.top(), published.at(-1)!];
  const place = await watch.place(id);
  published.push(...(await fill(hub, 'a', 100)));
  await expect(watch.follow).toHaveText(/^\W*100 new · follow$/);
  published.push(...(await fill(hub, 'a', 28)));
  await expect(watch.follow).toHaveText(/^\W*128 new · follow$/);
  await expect(watch.detail).toContainText('128 new');
  expect(await watch.place(id)).toBe(place);
  expect(await watch.top()).toBe(id);
  expect(await watch.newest()).toBeLessThan(newest);

  await watch.follow.click();
  await expect(watch.word).toHaveText('Live');
  await watch.reaches(published.at(-1)!);
  await expect(watch.follow).toBeHidden();

  // Who scrolls to the end follows again too.
  await wheel(watch, -500);
  await expect(watch.word).toHaveText('Held');
  published.push(...(await fill(hub, 'a', 3)));
  await expect(watch.follow).toContainText('3 new');
  await wheel(watch, 10_000);
  await expect(watch.word).toHaveText('Live');
  await watch.reaches(published.at(-1)!);
  expect(differences(sequences(await watch.export()), published)).toEqual(NONE);
});

test('who scrolls where the browser scrolls beside the script is not held back by what comes', async ({ hub, page }) => {
  const watch = new Watch(page);
  await fill(hub, 'a', 90);
  await watch.live(hub.url, 'a');
  const busy = new Publisher(hub, 'a').start();
  await watch.reaches((await hub.newest()) + 100);
  // As Firefox does it: the script hears of the wheel first, then of the place, and one that it writes meanwhile wins.
  await watch.list.evaluate((list) => {
    const { get, set } = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollTop')!;
    let isWritten = false;
    Object.defineProperty(list, 'scrollTop', {
      configurable: true,
      get,
      set(top: number) {
        isWritten = true;
        set!.call(list, top);
      },
    });
    list.dispatchEvent(new WheelEvent('wheel', { deltaY: -600 }));
    setTimeout(() => {
      Reflect.deleteProperty(list, 'scrollTop');
      if (!isWritten) list.scrollTop -= 600;
    }, 100);
  });
  await expect(watch.word).toHaveText('Held');
  // A wheel that scrolls nothing holds nothing.
  await watch.follow.click();
  await watch.list.dispatchEvent('wheel', { deltaY: -600 });
  const newest = await hub.newest();
  await busy.stop();
  await watch.reaches(newest);
  await expect(watch.word).toHaveText('Live');
});

test('a list that is pressed, as to drag its bar, stands still until it is let go', async ({ hub, page }) => {
  const watch = new Watch(page);
  const published = await fill(hub, 'a', 90);
  await watch.live(hub.url, 'a');
  await watch.list.hover();
  await page.mouse.down();
  const top = await watch.list.evaluate((list) => list.scrollTop);
  const pressed = Date.now();
  // Longer than it gives way to a wheel, and with rows to follow all the while.
  while (Date.now() - pressed < 1_000) {
    published.push(...(await fill(hub, 'a', 10)));
    await expect.poll(() => watch.size()).toBe(published.length);
  }
  expect(await watch.list.evaluate((list) => list.scrollTop)).toBe(top);
  await page.mouse.up();
  await watch.reaches(published.at(-1)!);
  await expect(watch.word).toHaveText('Live');
});

test('while paused nothing moves, what comes is counted, and nothing is dropped', async ({ hub, page }) => {
  const watch = new Watch(page);
  const published = await fill(hub, 'a', 50);
  await watch.live(hub.url, 'a');
  const [pause, newest] = [watch.does('pause'), published.at(-1)!];
  await expect(pause).toHaveText(/Pause/);
  await pause.click();
  await expect(watch.word).toHaveText('Paused');
  await expect(pause).toHaveText(/Resume/);
  published.push(...(await fill(hub, 'a', 2)));
  await expect(watch.detail).toHaveText(/^2 waiting/);
  published.push(...(await fill(hub, 'a', 3_400)));
  await expect(watch.detail).toHaveText(/^3,402 waiting/);
  expect(await watch.newest()).toBe(newest);

  await pause.click();
  await expect(watch.word).toHaveText('Live');
  await expect(pause).toHaveText(/Pause/);
  await watch.reaches(published.at(-1)!);
  expect(differences(sequences(await watch.export()), published)).toEqual(NONE);
});

test('a pause outlasts a connection that breaks', async ({ hub, wire, page, expectedErrors }) => {
  expectedErrors.push(/net::ERR_/);
  const watch = new Watch(page);
  const published = await fill(hub, 'a', 10);
  await watch.live(await wire.open(), 'a');
  await watch.does('pause').click();
  wire.cut();
  await expect(watch.word).toHaveText('Reconnecting');
  published.push(...(await fill(hub, 'a', 20)));
  wire.mend();
  await expect(watch.word).toHaveText('Paused');
  await expect(watch.detail).toHaveText(/^20 waiting/);
  await watch.does('pause').click();
  await watch.reaches(published.at(-1)!);
  expect(differences(sequences(await watch.export()), published)).toEqual(NONE);
});

test('what was cleared is gone from the page, and what comes is not', async ({ hub, page }) => {
  const watch = new Watch(page);
  await fill(hub, 'a', 50);
  await watch.live(hub.url, 'a');
  await expect(watch.rows).not.toHaveCount(0);
  await watch.does('clear').click();
  await expect(watch.rows).toHaveCount(0);
  const published = await fill(hub, 'a', 3);
  await expect(watch.rows).toHaveCount(3);
  expect(sequences(await watch.export())).toEqual(published);
});

test('rows say to who cannot see them how long the list is and where they stand', async ({ hub, page }) => {
  const watch = new Watch(page);
  await fill(hub, 'a', 100);
  await watch.live(hub.url, 'a');
  const published = await fill(hub, 'a', 500);
  await watch.reaches(published.at(-1)!);
  await expect(watch.list).toHaveAttribute('role', 'log');
  await expect(watch.list).toHaveAttribute('aria-live', 'off');
  await expect(watch.list).toHaveAttribute('tabindex', '0');
  await expect.poll(() => watch.size()).toBe(600);
  const drawn = await watch.rows.evaluateAll((rows) =>
    rows.map((row) => [Number(row.getAttribute('aria-posinset')), Number(row.querySelector('.row-id')!.textContent)]),
  );
  expect(drawn.length).toBeGreaterThan(5);
  const last = published.at(-1)!;
  const wrong = drawn.filter(([at, id]) => published[at! - 101] !== id);
  expect(wrong, 'places that are not those of their events').toEqual([]);
  expect(drawn).toContainEqual([600, last]);
});

test.describe('where only 50 events are kept', () => {
  test.use({ flags: ['--retention-count=50'], expectedErrors: [/net::ERR_/] });

  test('a gap is a row that says how many are missing, and it and the rest are all', async ({ hub, wire, page }) => {
    const watch = new Watch(page);
    await fill(hub, 'a', 10);
    await watch.live(await wire.open(), 'a');
    wire.cut();
    await expect(watch.word).toHaveText('Reconnecting');
    const published = await fill(hub, 'a', 200);
    wire.mend();
    await expect(watch.word).toHaveText('Live');
    await watch.reaches(published.at(-1)!);
    const held = await watch.export();
    const gap = held.find(({ event }) => event === 'hub.gap');
    const missed = (JSON.parse(gap!.data) as { missed: number }).missed;
    // Ten were there before.
    expect(held.length).toBe(10 + 1 + 200 - missed);
    expect(held.slice(11).map(({ id }) => sequence(id))).toEqual(published.slice(missed));
    await wheel(watch, -10_000);
    await expect(watch.gaps).toHaveCount(1);
    await expect(watch.gaps).toContainText(`${missed}`);
    await expect(watch.gaps).toContainText('trimmed');
  });
});

test('events that were deleted are a gap, and what follows is there', async ({ hub, wire, page, expectedErrors }) => {
  expectedErrors.push(/net::ERR_/);
  const watch = new Watch(page);
  await watch.live(await wire.open(), 'a');
  wire.cut();
  await expect(watch.word).toHaveText('Reconnecting');
  await fill(hub, 'a', 7);
  await hub.forget('a');
  const after = await hub.publish('a', 'after');
  wire.mend();
  await expect(watch.row(after)).toHaveCount(1);
  await expect(watch.gaps).toHaveText(/7 events.*deleted/);
});
