import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import type { Locator, Page } from '@playwright/test';
import { Panel, expect, test } from '../fixtures.js';
import type { Hub } from '../hub.js';

const topics = (page: Page) => page.locator('.topics');
const rows = (page: Page) => topics(page).locator('tbody tr');
const names = (page: Page) => rows(page).locator('bdi').allTextContents();
const row = (page: Page, topic: string) =>
  rows(page).filter({ has: page.locator('bdi').getByText(topic, { exact: true }) });
const count = (page: Page) => topics(page).locator('.count');

/** One event on each of these topics, a thousand at a time. */
async function publish(hub: Hub, topics: string[]): Promise<void> {
  for (let first = 0; first < topics.length; first += 1000) {
    const batch = topics.slice(first, first + 1000).map((topic) => ({ topic, data: 'x' }));
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${hub.url}/events`, { method: 'POST', headers, body: JSON.stringify(batch) });
    expect(response.status).toBe(200);
  }
}

/** A subscriber, until it is destroyed. */
async function follow(hub: Hub, query: string): Promise<ClientRequest> {
  const request = get(`${hub.url}/events?${query}`, (response) => response.resume());
  request.on('error', () => request.destroy());
  await once(request, 'response');
  return request;
}

/** Opens the overview while nothing is kept: the ticker makes its topic anew within a second. */
async function openEmpty(hub: Hub, page: Page): Promise<void> {
  await expect(async () => {
    await hub.forget('ticker');
    await page.goto(hub.url, { waitUntil: 'commit' });
    await expect(topics(page)).toHaveAttribute('data-shows', 'nothing', { timeout: 500 });
  }).toPass();
}

async function live(page: Page): Promise<void> {
  await new Panel(page, 'The hub').live();
}

/** The numbers of a locator's text. */
async function figure(locator: Locator): Promise<number> {
  return Number((await locator.textContent())?.replace(/[^\d.]/g, ''));
}

test('the server’s HTML has the time, the figures and the topics', async ({ hub, request }) => {
  await hub.publish('orders/1', 'paid');
  const html = await (await request.get(hub.url)).text();
  expect(html).toMatch(/<time [^>]*datetime="\d{4}-\d\d-\d\dT[^>]*>(<[^>]*>)?\d\d:\d\d:\d\d</);
  expect(html).toContain('href="/topics?topic=orders%2F1"');
  expect(html).toMatch(/Events in<\/dt><dd>\d+</);
  expect(html).toContain('As rendered');
});

test('without JavaScript the page says that it stands still @plain', async ({ hub, page }) => {
  await page.goto(hub.url);
  await expect(new Panel(page, 'The hub').word).toHaveText('As rendered');
});

test('the clock moves', async ({ hub, page }) => {
  await page.goto(hub.url);
  await new Panel(page, "The server's time").live();
  const time = page.locator('.clock time');
  const seen = new Set<string | null>();
  await expect
    .poll(async () => seen.add(await time.getAttribute('datetime')).size)
    .toBeGreaterThanOrEqual(3);
});

test('without a topic there are three ways to begin @both', async ({ hub, page }) => {
  await openEmpty(hub, page);
  const ways = topics(page).locator('.nothing pre');
  await expect(ways).toHaveText([/^curl -d hello /, /\| curl -T - /, /new EventSource/]);
});

test('the first topic takes the place of the empty state', async ({ hub, page }) => {
  await openEmpty(hub, page);
  await expect(row(page, 'ticker')).toBeVisible();
  await expect(topics(page).getByText('No events yet')).toBeHidden();
});

test('one topic is a row with a link, and is counted as one @both', async ({ hub, page }) => {
  await expect(async () => {
    await page.goto(hub.url);
    await expect(rows(page)).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await expect(count(page)).toHaveText('1 topic');
  await expect(topics(page).getByRole('link', { name: 'Next' })).toBeHidden();
  await row(page, 'ticker').getByRole('link').click();
  await expect(page).toHaveURL(/\/topics\?topic=ticker$/);
});

test('ten thousand topics are pages of a hundred, and search finds the rest @both', async ({ hub, page }) => {
  await publish(hub, Array.from({ length: 10_000 }, (_, n) => `t/${String(n).padStart(5, '0')}`));
  await page.goto(hub.url);
  await expect(rows(page)).toHaveCount(100);
  await expect(count(page)).toHaveText(/^100 of 10,00\d topics; 9,90\d more: search finds them$/);
  expect((await names(page))[0]).toBe('t/00000');
  await topics(page).getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(/after=t%2F00099/);
  expect((await names(page))[0]).toBe('t/00100');
  await topics(page).getByRole('link', { name: 'From the beginning' }).click();
  expect((await names(page))[0]).toBe('t/00000');
  await page.getByRole('searchbox', { name: 'Search topics' }).fill('T/0987');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?q=T%2F0987/);
  await expect(rows(page)).toHaveCount(10);
  expect((await names(page))[0]).toBe('t/09870');
  await expect(count(page)).toHaveText(/^10 of 10,00\d topics contain this$/);
});

test('topics are sorted by name, rate and newest event @both', async ({ hub, page }) => {
  await publish(hub, ['b', ...Array<string>(90).fill('c'), 'a']);
  await page.goto(hub.url);
  const head = (name: string) => topics(page).getByRole('columnheader', { name });
  await expect(head('Topic')).toHaveAttribute('aria-sort', 'ascending');
  expect((await names(page)).slice(0, 3)).toEqual(['a', 'b', 'c']);
  await head('Events/s').getByRole('link').click();
  await expect(page).toHaveURL(/\?sort=rate$/);
  await expect(head('Events/s')).toHaveAttribute('aria-sort', 'descending');
  await expect(head('Topic')).not.toHaveAttribute('aria-sort');
  expect((await names(page))[0]).toBe('c');
  await head('Last event').getByRole('link').click();
  await expect(page).toHaveURL(/\?sort=last$/);
  // The ticker's is the newest, or will be.
  expect((await names(page)).filter((name) => name !== 'ticker')).toEqual(['a', 'c', 'b']);
});

test('the search is live while typing, and what it finds stands in the address', async ({ hub, page }) => {
  for (const topic of ['orders/1', 'orders/2', 'stock']) await hub.publish(topic, 'x');
  await page.goto(`${hub.url}/?sort=rate`);
  await live(page);
  const search = page.getByRole('searchbox', { name: 'Search topics' });
  await search.pressSequentially('RDER', { delay: 20 });
  await expect.poll(() => names(page)).toEqual(['orders/2', 'orders/1']);
  await expect(search).toBeFocused();
  await expect(page).toHaveURL(/\?q=RDER&sort=rate$/);
  await expect(count(page)).toHaveText(/^2 of \d topics contain this$/);
  await expect(topics(page).getByRole('link', { name: 'Last event' })).toHaveAttribute('href', '/?q=RDER&sort=last');
  await search.fill('nowhere');
  await expect(topics(page).getByText('No topic contains this.')).toBeVisible();
  // The address gives the same page anew.
  await search.fill('stock');
  await expect(page).toHaveURL(/\?q=stock&sort=rate$/);
  await page.reload();
  expect(await names(page)).toEqual(['stock']);
  await expect(search).toHaveValue('stock');
});

test('an answer that comes late does not undo what was typed since', async ({ hub, page }) => {
  for (const topic of ['aaa', 'bbb']) await hub.publish(topic, 'x');
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/topics?contains=aaa*', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(hub.url);
  await live(page);
  const search = page.getByRole('searchbox', { name: 'Search topics' });
  const asked = page.waitForRequest('**/api/topics?contains=aaa*');
  await search.fill('aaa');
  await asked;
  await search.fill('bbb');
  await expect(page).toHaveURL(/\?q=bbb$/);
  release();
  await expect.poll(() => names(page)).toEqual(['bbb']);
});

test('rate, last minute, subscribers and events of a topic move', async ({ hub, page }) => {
  await hub.publish('busy', 'first');
  await page.goto(hub.url);
  await live(page);
  const busy = row(page, 'busy');
  await expect(busy.locator('.follow')).toHaveText('0');
  const rate = await figure(busy.locator('.rate'));
  const reader = await follow(hub, 'topic=busy');
  await publish(hub, Array<string>(50).fill('busy'));
  await expect(busy.locator('.follow')).toHaveText('1');
  await expect(busy.locator('.kept')).toHaveText('51');
  await expect.poll(() => figure(busy.locator('.rate'))).toBeGreaterThan(rate);
  // The second in which they came is seen once it is over: the line touches the top there.
  await expect(busy.locator('polyline')).toHaveAttribute('points', /,1( |$)/);
  const points = await busy.locator('polyline').getAttribute('points');
  expect(points!.split(' ')).toHaveLength(60);
  await expect(busy.locator('polyline')).not.toHaveAttribute('points', points!);
  await expect(page.locator('.figures dd').nth(1)).toHaveText('1');
  reader.destroy();
  await expect(busy.locator('.follow')).toHaveText('0');
});

test('a topic that comes stands in its place, and one that is forgotten goes', async ({ hub, page }) => {
  for (const topic of ['a', 'c']) await hub.publish(topic, 'x');
  await page.goto(hub.url);
  await live(page);
  await hub.publish('b', 'x');
  await expect.poll(() => names(page)).toEqual(['a', 'b', 'c', 'ticker']);
  await hub.forget('a');
  await expect.poll(() => names(page)).toEqual(['b', 'c', 'ticker']);
});

test('focus stays through refreshes, and rows hold still under it', async ({ hub, page }) => {
  for (const topic of ['one', 'two']) await hub.publish(topic, 'x');
  await page.goto(`${hub.url}/?sort=last`);
  await live(page);
  const link = row(page, 'one').getByRole('link');
  await link.focus();
  const kept = row(page, 'one').locator('.kept');
  const order = await names(page);
  await hub.publish('one', 'x');
  await expect(kept).toHaveText('2');
  await hub.publish('one', 'x');
  await expect(kept).toHaveText('3');
  await expect(link).toBeFocused();
  expect(await names(page)).toEqual(order);
  await link.blur();
  await expect.poll(async () => (await names(page)).filter((name) => name !== 'ticker')).toEqual(['one', 'two']);
});

test('at most two streams, one question at a time, and none while hidden', async ({ hub, page, context }) => {
  await context.addInitScript(() => {
    let hidden = false;
    Object.defineProperty(document, 'hidden', { get: () => hidden });
    Object.assign(window, {
      turn: (to: boolean) => {
        hidden = to;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      },
    });
  });
  const turn = (to: boolean) => page.evaluate((to) => (window as unknown as { turn: (to: boolean) => void }).turn(to), to);
  let [asked, outstanding, most, streams] = [0, 0, 0, 0];
  const isQuestion = (url: string) => /\/api\/(topics|subscribers)/.test(url);
  page.on('request', (request) => {
    if (request.resourceType() === 'eventsource') streams += 1;
    if (!isQuestion(request.url())) return;
    asked += 1;
    outstanding += 1;
    most = Math.max(most, outstanding);
  });
  page.on('requestfinished', (request) => (outstanding -= isQuestion(request.url()) ? 1 : 0));
  await page.goto(hub.url);
  await page.locator('.listeners summary').click();
  await expect.poll(() => asked).toBeGreaterThan(5);
  expect([most, streams]).toEqual([1, 2]);
  await turn(true);
  await expect(new Panel(page, 'The hub').word).toHaveText('Let go');
  await expect.poll(() => outstanding).toBe(0);
  const before = asked;
  await page.waitForTimeout(2_500);
  expect(asked).toBe(before);
  await turn(false);
  await live(page);
  await expect.poll(() => asked).toBeGreaterThan(before);
});

test('who is listening is listed, and leaves with its connection', async ({ hub, page }) => {
  const readers = [await follow(hub, 'topic=orders/*&topic=stock')];
  await page.goto(hub.url);
  await live(page);
  const panel = page.locator('.listeners');
  await expect(panel.locator('.total')).toHaveText('1');
  await panel.locator('summary').click();
  await expect(panel.locator('tbody bdi')).toHaveText('orders/* stock');
  await expect(panel.locator('tbody .format')).toHaveText('event-stream');
  await expect(panel.locator('tbody .behind')).toHaveText('0');
  readers.push(await follow(hub, 'topic=late&envelope=1'));
  await expect(panel.locator('tbody bdi')).toHaveText(['orders/* stock', 'late']);
  await expect(panel.locator('tbody .format').last()).toHaveText('envelope');
  for (const reader of readers) reader.destroy();
  await expect(panel.getByText('Nobody, at the moment.')).toBeVisible();
});

test('who is listening stands in the page @plain', async ({ hub, page }) => {
  const reader = await follow(hub, 'topic=orders/*');
  await page.goto(hub.url);
  await page.locator('.listeners summary').click();
  await expect(page.locator('.listeners tbody bdi')).toHaveText('orders/*');
  reader.destroy();
});

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  '"><b>bold</b>',
  'שלום/עולם',
  'a&b=c#d?e',
  '😀/🏳️‍🌈',
  'x'.repeat(1024),
];

test('topics stay text, whatever they are, and nothing is wider than the page @both', async ({ hub, page }) => {
  for (const topic of HOSTILE) await hub.publish(topic, 'x');
  await page.goto(hub.url);
  for (const topic of HOSTILE) {
    const link = row(page, topic).getByRole('link');
    await expect(link).toHaveAttribute('title', topic);
    await expect(link).toHaveAttribute('href', `/topics?topic=${strictly(topic)}`);
  }
  await expect(page.locator('.topics :is(img, script, b)')).toHaveCount(0);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
  }
});

test('topics that come while one looks stay text too', async ({ hub, page }) => {
  await page.goto(hub.url);
  await live(page);
  for (const topic of HOSTILE) await hub.publish(topic, 'x');
  for (const topic of HOSTILE) {
    const link = row(page, topic).getByRole('link');
    await expect(link).toHaveAttribute('title', topic);
    await expect(link).toHaveAttribute('href', `/topics?topic=${strictly(topic)}`);
  }
  await expect(page.locator('.topics :is(img, script, b)')).toHaveCount(0);
});

/** Percent-encoded but for what is unreserved. */
function strictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

test('on a phone a row has two lines, and what is touched is large enough', async ({ hub, page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await hub.publish('orders/1', 'x');
  await page.goto(hub.url);
  const cells = row(page, 'orders/1');
  const [name, rate, last] = await Promise.all(
    ['.name', '.rate', '.last'].map(async (cell) => (await cells.locator(cell).boundingBox())!),
  );
  expect(rate!.y).toBeGreaterThanOrEqual(name!.y + name!.height);
  expect(Math.abs(rate!.y - last!.y)).toBeLessThan(4);
  for (const target of [cells.getByRole('link'), topics(page).getByRole('link', { name: 'Last event' })]) {
    expect((await target.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  }
});

test.describe('while the hub is gone', () => {
  // A connection that is refused is reported by the browser as an error.
  test.use({ expectedErrors: [/net::ERR_|Failed to fetch/] });

  test('the rows stay, and go on when it is back', async ({ wire, hub, page }) => {
    await page.goto(await wire.open());
    await expect(row(page, 'ticker')).toBeVisible();
    await live(page);
    wire.cut();
    await expect(new Panel(page, 'The hub').word).toHaveText('Reconnecting');
    await expect(row(page, 'ticker')).toBeVisible();
    await hub.publish('meanwhile', 'x');
    wire.mend();
    await live(page);
    await expect(row(page, 'meanwhile')).toBeVisible();
  });
});
