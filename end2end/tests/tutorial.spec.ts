import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { contiguous, expect, test } from '../fixtures.js';

type Seen = { id: string; data: string };

/** Opens a page of another origin that knows nothing but `EventSource`. */
async function plainPage(page: Page, url: string, name: string): Promise<() => Promise<Seen[]>> {
  const html = `<!doctype html><title>plain</title><link rel="icon" href="data:,"><script>
    window.seen = [];
    new EventSource(${JSON.stringify(url)}).addEventListener(${JSON.stringify(name)}, (event) => {
      window.seen.push({ id: event.lastEventId, data: event.data });
    });
  </script>`;
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
  return () => page.evaluate(() => (window as unknown as { seen: Seen[] }).seen);
}

// A connection that is cut is reported by the browser as an error.
test.use({ expectedErrors: [/net::ERR_/] });

test('a plain page of another origin sees three rounds of the time', async ({ hub, page }) => {
  const seen = await plainPage(page, `${hub.url}/sse/time`, 'time');
  await expect.poll(async () => (await seen()).length, { timeout: 40_000 }).toBeGreaterThanOrEqual(300);
  const events = await seen();
  const ids = events.map(({ id }) => Number(id));
  expect(ids[0]).toBe(1);
  expect(ids).toEqual(contiguous(ids));
  for (const { data } of events) {
    expect(data).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d\d:\d\d$/);
  }
});

test('a plain page of another origin follows the ticker through cuts', async ({ hub, wire, page }) => {
  void hub;
  const seen = await plainPage(page, `${await wire.open()}/events`, 'ticker');
  for (const goal of [1, 5, 9]) {
    await expect.poll(async () => (await seen()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(goal);
    wire.cut();
    wire.mend();
  }
  const events = await seen();
  const sequence = events.map(({ id }) => Number(id.split('-')[1]));
  expect(sequence).toEqual(contiguous(sequence));
  expect(JSON.parse(events[0]!.data)).toEqual({ message: expect.stringMatching(/^\d\d:\d\d:\d\d$/) });
});
