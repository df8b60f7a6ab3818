import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { Watch, expect, test } from '../fixtures.js';
import type { Draft, Hub } from '../hub.js';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

/** What a stranger may publish. */
const HOSTILE: Record<string, string> = {
  html: '<img src=x onerror="window.harmed=1"><b>bold</b>',
  script: '</script><script>window.harmed=1</script><!--',
  ansi: '\u001b[31mred\u001b[0m\u001b]0;title\u0007',
  rtl: '\u202ebackwards\u202c \u05e9\u05dc\u05d5\u05dd',
  invalid: '{"n": 1,, "s": "unfinished',
  emoji: '👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301',
  lines: 'one\ntwo\n\nfour',
  spaces: '  indented',
  empty: '',
  entities: '&lt;b&gt; &amp;amp; &#x27;',
};

/** Publishes them, each under its name. */
async function hostile(hub: Hub): Promise<string[]> {
  return hub.publishAll(Object.entries(HOSTILE).map(([event, data]) => ({ topic: 'a', event, data })));
}

function clipboard(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Opens the detail of an event. */
async function detail(watch: Watch, id: string): Promise<void> {
  // At its left: what leads back to the newest row may float over the middle.
  await watch.row(id).locator('.row-time').click();
  await watch.list.press('Enter');
  await expect(watch.aside).toBeVisible();
}

/** What a client reads in an event stream (HTML 9.2.6). */
function read(stream: string): { id: string; event: string; data: string }[] {
  const events: { id: string; event: string; data: string }[] = [];
  let [id, event, data] = ['', '', [] as string[]];
  for (const line of stream.split('\n')) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line)!;
    if (line === '') {
      if (data.length > 0) events.push({ id, event: event || 'message', data: data.join('\n') });
      [event, data] = ['', []];
    } else if (name === 'id') id = value!;
    else if (name === 'event') event = value!;
    else if (name === 'data') data.push(value!);
  }
  return events;
}

test('events are exported as lines of JSON, whole, as the hub sends them', async ({ hub, page }) => {
  const watch = new Watch(page);
  await hostile(hub);
  await watch.live(hub.url, 'a');
  const late = await hub.publish('a', 'came live');
  await expect(watch.row(late)).toHaveCount(1);
  const held = await watch.export();
  const response = await fetch(`${hub.url}/events?topic=a&since=all&poll=1`);
  const { events } = (await response.json()) as { events: object[] };
  expect(held).toEqual(events);
});

test('events are exported as an event stream that a parser reads', async ({ hub, page }) => {
  const watch = new Watch(page);
  const ids = await hostile(hub);
  await watch.live(hub.url, 'a');
  await expect(watch.rows).toHaveCount(ids.length);
  const stream = await watch.file('export-stream');
  const expected = Object.entries(HOSTILE).map(([event, data], n) => ({ id: ids[n], event, data }));
  expect(read(stream)).toEqual(expected);
});

test('a megabyte on one line is shown in part, exported whole, and stops nothing', async ({ hub, page }) => {
  const watch = new Watch(page);
  await watch.live(hub.url, 'a');
  const long = 'x'.repeat(1024 * 1024);
  const id = await hub.publish('a', long);
  await expect(watch.row(id)).toHaveCount(1);
  const shown = await watch.row(id).locator('.row-data').textContent();
  expect(shown!.length).toBeLessThan(600);
  expect(shown!.startsWith('xxxx')).toBe(true);
  await detail(watch, id);
  for (const view of ['view-raw', 'view-hex', 'view-parsed']) {
    await watch.does(view).click();
    await expect(watch.aside.locator('.detail-body')).toContainText(view === 'view-hex' ? '78 78' : 'xxxx');
  }
  expect((await watch.export()).map(({ data }) => data === long)).toEqual([true]);
  // Also where it is in the page already.
  await page.reload();
  await expect(watch.word).toHaveText('Live');
  await expect(watch.row(id)).toHaveCount(1);
  const size = (await (await page.request.get(page.url())).body()).length;
  expect(size, 'the HTML does not carry it').toBeLessThan(300_000);
});

test('what strangers publish is text, in rows and in detail', async ({ hub, page }) => {
  // All of the rows are in view.
  await page.setViewportSize({ width: 1280, height: 1400 });
  const watch = new Watch(page);
  // Some in the HTML, the same again live.
  const ids = await hostile(hub);
  await watch.live(hub.url, 'a');
  ids.push(...(await hostile(hub)));
  await expect(watch.rows).toHaveCount(ids.length);
  for (const [n, id] of ids.entries()) {
    const data = Object.values(HOSTILE)[n % Object.keys(HOSTILE).length]!;
    await expect(watch.row(id).locator('.row-data')).toHaveText(data.replaceAll(/\s+/g, ' ').trim());
    await detail(watch, id);
    await watch.does('view-raw').click();
    const first = data.split('\n')[0]!.trim();
    await expect(watch.aside.locator('.detail-body')).toContainText(visible(first));
    await watch.list.press('Escape');
  }
  expect(await page.evaluate(() => (window as unknown as { harmed?: number }).harmed)).toBeUndefined();
  await expect(watch.root.locator('img, b, script')).toHaveCount(0);
});

/** The part of a text that any way to show it has in common: up to what has no glyph of its own. */
function visible(text: string): string {
  return /^[^\p{Cc}\p{Cf}]*/u.exec(text)![0];
}

test('JSON is shown as a tree, as its raw frame and as bytes; what is no JSON is said to be none', async ({ hub, page }) => {
  const watch = new Watch(page);
  const draft: Draft = { topic: 'a', event: 'order', data: { id: 42, items: [{ sku: 'é', n: 1.5 }], paid: null } };
  const [order, none] = await hub.publishAll([draft, { topic: 'a', data: HOSTILE['invalid'] }]);
  await watch.live(hub.url, 'a');
  const body = watch.aside.locator('.detail-body');
  await detail(watch, order!);
  await watch.does('view-parsed').click();
  for (const part of ['id', '42', 'items', 'sku', 'é', '1.5', 'paid', 'null']) await expect(body).toContainText(part);
  await watch.does('view-raw').click();
  await expect(body).toContainText('event: order');
  await expect(body).toContainText(`id: ${order}`);
  await expect(body).toContainText('data: {"id":42,"items":[{"sku":"é","n":1.5}],"paid":null}');
  await watch.does('view-hex').click();
  await expect(body).toContainText(/c3 a9/i);
  await watch.list.press('Escape');
  await detail(watch, none!);
  await watch.does('view-parsed').click();
  await expect(body).toContainText('unfinished');
  await expect(body).toContainText(/not JSON|no JSON|JSON/);
});

test('an event is copied as its data, as a command that publishes it again, and as a link', async ({ hub, page }) => {
  const watch = new Watch(page);
  const data = `it's {"a":"$HOME"} and "more"`;
  const id = await hub.publish('a b/é', data, '&event=odd');
  await watch.live(hub.url, 'a b/é');
  await detail(watch, id);

  await watch.does('copy-data').click();
  await expect.poll(() => clipboard(page)).toBe(data);

  await watch.does('copy-curl').click();
  await expect.poll(() => clipboard(page)).toContain('curl');
  const command = await clipboard(page);
  // What the shell makes of it; whether there is a curl does not matter.
  const script = `curl() { printf '%s\\0' "$@"; [ -t 0 ] || cat; }\n${command}`;
  const parts = execFileSync('sh', ['-c', script], { input: '', encoding: 'utf8' }).split('\0');
  expect(parts).toContain(data);
  const address = parts.find((part) => part.startsWith('http'))!;
  const again = await fetch(address, { method: 'POST', body: data });
  expect(again.status).toBe(200);
  const { id: second, topic } = (await again.json()) as { id: string; topic: string };
  expect(topic).toBe('a b/é');
  await watch.list.press('End');
  await expect(watch.row(second).locator('.row-data')).toHaveText(data);
  await expect(watch.row(second).locator('.row-name')).toHaveText('odd');

  await watch.does('copy-link').click();
  await expect.poll(() => clipboard(page)).toContain('/topics?');
  const link = await clipboard(page);
  await page.goto(link);
  await expect(watch.row(id)).toHaveAttribute('aria-current', 'true');
});
