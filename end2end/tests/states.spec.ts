import { Watch, expect, test } from '../fixtures.js';
import { Publisher } from '../publisher.js';

// What a proxy answers, and a connection that is refused, are reported by the browser as errors.
test.use({ expectedErrors: [/net::ERR_|status of \d+|MIME type/] });

/** A state as it looks. */
type Look = { word: string; state: string; glyph: string; colour: string };

async function look(watch: Watch, word: string): Promise<Look> {
  await expect(watch.word).toHaveText(word);
  return watch.badge.evaluate((badge) => {
    const strong = badge.querySelector('strong')!;
    return {
      word: strong.textContent!,
      state: (badge as HTMLElement).dataset['state']!,
      glyph: badge.querySelector('.glyph')!.textContent!,
      colour: getComputedStyle(strong).color,
    };
  });
}

/** The colours of CONSOLE.md's table, and of what it leaves open the look that all states share. */
const COLOURS = {
  light: {
    connecting: 'rgb(11, 92, 173)',
    live: 'rgb(11, 110, 59)',
    reconnecting: 'rgb(133, 83, 0)',
    paused: 'rgb(98, 52, 196)',
    held: 'rgb(98, 52, 196)',
    error: 'rgb(179, 38, 30)',
    unauthorised: 'rgb(154, 66, 8)',
  },
  dark: {
    connecting: 'rgb(108, 182, 255)',
    live: 'rgb(70, 212, 135)',
    reconnecting: 'rgb(242, 184, 75)',
    paused: 'rgb(195, 166, 255)',
    held: 'rgb(195, 166, 255)',
    error: 'rgb(255, 138, 128)',
    unauthorised: 'rgb(255, 159, 102)',
  },
};

for (const theme of ['light', 'dark'] as const) {
  test(`each state has an icon, a word and a colour of its own: ${theme}`, async ({ hub, wire, page }) => {
    await page.emulateMedia({ colorScheme: theme });
    const watch = new Watch(page);
    for (let n = 0; n < 90; n++) await hub.publish('a', `${n}`);
    const url = await wire.open();
    const looks: Look[] = [];

    // The page, but not its stream.
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    await page.route('**/events?**', async (route) => {
      await opened;
      await route.continue();
    });
    await watch.open(url, 'a');
    looks.push(await look(watch, 'Connecting'));
    open();
    looks.push(await look(watch, 'Live'));
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await watch.list.evaluate((list) => (list.scrollTop -= 500));
    looks.push(await look(watch, 'Held'));
    await watch.does('pause').click();
    looks.push(await look(watch, 'Paused'));
    await watch.does('pause').click();
    wire.cut();
    looks.push(await look(watch, 'Reconnecting'));
    await watch.badge.getByRole('button', { name: 'Stop' }).click();
    looks.push(await look(watch, 'Stopped'));
    const refusals: [number, string][] = [
      [401, 'Not signed in'],
      [403, 'Not allowed'],
      [404, 'Error'],
      [204, 'Closed'],
    ];
    for (const [status, word] of refusals) {
      wire.fail(status);
      await watch.badge.getByRole('button', { name: /Try now|Retry|Reopen/ }).click();
      looks.push(await look(watch, word));
    }

    const known = COLOURS[theme] as Record<string, string>;
    for (const { state, colour } of looks) if (known[state]) expect({ state, colour }).toEqual({ state, colour: known[state] });
    expect(looks.map(({ state }) => state)).toEqual([
      ...['connecting', 'live', 'held', 'paused', 'reconnecting', 'paused'],
      ...['unauthorised', 'unauthorised', 'error', 'closed'],
    ]);
    expect(new Set(looks.map(({ word }) => word)).size, 'words').toBe(looks.length);
    // 401 and 403 are one state with two words; so are paused and held one colour.
    expect(new Set(looks.map(({ glyph }) => glyph)).size, JSON.stringify(looks)).toBe(looks.length - 1);
    expect(looks.every(({ glyph }) => glyph.trim() !== '')).toBe(true);
  });
}

test('empty: says so, shows how to publish, and leads to a form that does', async ({ hub, page }) => {
  const watch = new Watch(page);
  await watch.live(hub.url, 'nothing/yet');
  const empty = watch.root.locator('.empty');
  await expect(empty).toContainText('No events yet');
  for (const way of ['curl -d', 'curl -T', 'fetch(']) await expect(empty).toContainText(way);
  await empty.getByRole('link', { name: /test event/i }).click();
  const form = page.locator('form.publish');
  await expect(form).toBeInViewport();
  await form.locator('[name=data]').fill('a test');
  await form.locator('[type=submit]').click();
  await expect(watch.rows).toHaveCount(1);
  await expect(empty).toBeHidden();
});

test('empty is said in the HTML already @plain', async ({ hub, page }) => {
  const watch = new Watch(page);
  await watch.open(hub.url, 'nothing/yet');
  await expect(watch.root.locator('.empty')).toContainText('No events yet');
});

test('connecting: seconds, after the first, and a way out', async ({ hub, page }) => {
  const watch = new Watch(page);
  await page.route('**/events?**', () => {});
  await watch.open(hub.url, 'a');
  await expect(watch.word).toHaveText('Connecting');
  await expect(watch.detail).toHaveText(/\d+ s/);
  await expect(watch.detail, 'six connections').toHaveText(/waiting for a free connection/);
  await watch.badge.getByRole('button', { name: /Cancel|Stop/ }).click();
  await expect(watch.word).toHaveText('Stopped');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await watch.badge.getByRole('button', { name: 'Try now' }).click();
  await expect(watch.word).toHaveText('Live');
});

test('live: events a second and their latency; quiet is told; pause is offered', async ({ hub, page }) => {
  await page.clock.install();
  const watch = new Watch(page);
  await watch.live(hub.url, 'a');
  const publisher = new Publisher(hub, 'a', { rate: 100, batch: 10 }).start();
  await expect(watch.detail).toHaveText(/^\d+\/s · p50 [\d,]+ ms$/);
  await publisher.stop();
  await page.clock.fastForward(12_000);
  await expect(watch.detail).toHaveText(/^idle 1\d s$/);
  await expect(watch.does('pause')).toBeEnabled();
});

test('reconnecting: why, which attempt, when, from where; now, or stop', async ({ hub, wire, page }) => {
  const watch = new Watch(page);
  const id = await hub.publish('a', 'x', '&retry=3000');
  await watch.live(await wire.open(), 'a');
  await expect(watch.row(id)).toHaveCount(1);
  wire.cut();
  await expect(watch.word).toHaveText('Reconnecting');
  await expect(watch.detail).toHaveText(/^.+ · attempt \d+ · in \d+ s · from …-\d+/);
  await expect(watch.detail).toHaveText(/attempt 2 ·/);
  await watch.badge.getByRole('button', { name: 'Stop' }).click();
  await expect(watch.word).toHaveText('Stopped');
  wire.mend();
  const late = await hub.publish('a', 'while stopped');
  await watch.badge.getByRole('button', { name: 'Try now' }).click();
  await expect(watch.row(late)).toHaveCount(1);
});

test('a server that says goodbye is named', async ({ hub, page }) => {
  const watch = new Watch(page);
  await watch.live(hub.url, 'a');
  expect(await hub.terminate()).toBe(0);
  await expect(watch.word).toHaveText('Reconnecting');
  await expect(watch.detail).toContainText('closed by the server (shutdown)');
});

test('closed by the server: 204, for how long, the last id; asks no more until it is reopened', async ({ hub, wire, page }) => {
  await page.clock.install();
  const watch = new Watch(page);
  await hub.publish('a', 'x');
  await watch.live(await wire.open(), 'a');
  wire.fail(204);
  await expect(watch.word).toHaveText('Closed');
  await expect(watch.detail).toHaveText(/204.* · after \d+ s · last …-\d+/);
  await quiet(watch, wire);
  wire.mend();
  const late = await hub.publish('a', 'while closed');
  await watch.badge.getByRole('button', { name: 'Reopen' }).click();
  await expect(watch.word).toHaveText('Live');
  await expect(watch.row(late)).toHaveCount(1);
});

const REFUSALS: [number, string | undefined, string, RegExp][] = [
  [401, undefined, 'Not signed in', /401.*token/],
  [403, undefined, 'Not allowed', /403.*right/],
  [404, undefined, 'Error', /404.*no such stream/],
  [200, 'text/html', 'Error', /no event stream|content type/],
];

for (const [status, type, word, why] of REFUSALS) {
  test(`${status} ${type ?? ''}: said in words, not tried again by itself`, async ({ hub, wire, page }) => {
    await page.clock.install();
    const watch = new Watch(page);
    await watch.live(await wire.open(), 'a');
    wire.fail(status, type);
    await expect(watch.word).toHaveText(word);
    await expect(watch.detail).toHaveText(why);
    await quiet(watch, wire);
    wire.mend();
    const late = await hub.publish('a', 'meanwhile');
    await watch.badge.getByRole('button', { name: /Try now|Retry/ }).click();
    await expect(watch.word).toHaveText('Live');
    await expect(watch.row(late)).toHaveCount(1);
  });
}

test('503 passes: it is tried again', async ({ hub, wire, page }) => {
  const watch = new Watch(page);
  await watch.live(await wire.open(), 'a');
  wire.fail(503);
  await expect(watch.detail).toHaveText(/attempt 2/);
  wire.mend();
  const late = await hub.publish('a', 'meanwhile');
  await expect(watch.word).toHaveText('Live');
  await expect(watch.row(late)).toHaveCount(1);
});

test('unreachable: said, and tried again', async ({ wire, page }) => {
  const watch = new Watch(page);
  await watch.live(await wire.open(), 'a');
  wire.cut();
  await expect(watch.detail).toHaveText(/cannot be reached|connection lost/);
  await expect(watch.detail).toHaveText(/attempt 2/);
});

/** Lets more time pass than lies between two attempts, and nothing is asked. */
async function quiet(watch: Watch, wire: { refused: number }): Promise<void> {
  const asked = wire.refused;
  for (let n = 0; n < 4; n++) await watch.page.clock.fastForward(30_000);
  // What the page had asked in that time would have come before this.
  await watch.page.evaluate(() => fetch('/healthz').catch(() => {}));
  expect(wire.refused).toBe(asked + 1);
}
