import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Panel, collect, contiguous, expect, test } from '../fixtures.js';

// A connection that is refused is reported by the browser as an error.
test.use({ expectedErrors: [/net::ERR_|Failed to fetch/] });

test('killed and restarted: says so, counts down, reconnects, shows the gap', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  const panel = new Panel(page, 'Logstream');
  await panel.live();
  await collect(panel, 2);
  await hub.kill();
  await expect(panel.word).toHaveText('Reconnecting');
  await expect(panel.detail).toHaveText(/^(connection lost|given up by the browser) · attempt \d+ · in \d+ s · from …-\d+$/);
  await expect(panel.detail).toHaveText(/attempt 2 ·/);
  await hub.start();
  await panel.live();
  await expect(panel.gaps).toHaveCount(1);
  await expect(panel.gaps).toContainText('epoch-changed');
  await expect(panel.root.locator('.gaps')).toHaveText('1 gap since this page opened');
  // And it goes on.
  const rows = await panel.rows.count();
  await expect.poll(() => panel.rows.count()).toBeGreaterThan(Math.min(rows, 19));
});

test.describe('with a log on disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tickertape-'));
  test.use({ dataDir: directory });
  test.afterAll(() => rmSync(directory, { recursive: true }));

  test('killed and restarted: what was acknowledged is there, and nothing is missed', async ({ hub, page }) => {
    await page.goto(`${hub.url}/learn`);
    const panel = new Panel(page, 'Logstream');
    await panel.live();
    const before = await collect(panel, 3);
    const said = await hub.say('curl', 'acknowledged');
    await hub.kill();
    await expect(panel.word).toHaveText('Reconnecting');
    await hub.start();
    await panel.live();
    const after = await collect(panel, before.length + 4);
    // The chat's event lies between the ticks.
    const chat = Number(said.split('-')[1]);
    const all = [...after, chat].sort((a, b) => a - b);
    expect(all).toEqual(contiguous(all));
    await expect(panel.gaps).toHaveCount(0);
    await page.goto(`${hub.url}/chat`);
    await expect(new Panel(page, 'Messages').rows.filter({ hasText: 'acknowledged' })).toHaveCount(1);
  });
});

test('a server that is asked to end says goodbye, and the page says who ended it', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  const panel = new Panel(page, 'Logstream');
  await panel.live();
  const exit = hub.terminate();
  await expect(panel.detail).toContainText('closed by the server (shutdown)');
  expect(await exit).toBe(0);
});

test('the network cut and restored: nothing is missed', async ({ wire, page }) => {
  await page.goto(`${await wire.open()}/learn`);
  const panel = new Panel(page, 'Logstream');
  await panel.live();
  const before = await collect(panel, 2);
  wire.cut();
  await expect(panel.word).toHaveText('Reconnecting');
  await expect(panel.detail).toHaveText(/attempt 2 ·/);
  wire.mend();
  await panel.live();
  const after = await collect(panel, before.length + 3);
  expect(after).toEqual(contiguous(after));
  expect(after[0]).toBeLessThanOrEqual(before.at(-1)! + 1);
  await expect(panel.gaps).toHaveCount(0);
});

test('the reader can try at once, or stop', async ({ wire, page }) => {
  await page.goto(`${await wire.open()}/learn`);
  const panel = new Panel(page, 'Logstream');
  await panel.live();
  wire.cut();
  await expect(panel.word).toHaveText('Reconnecting');
  await panel.root.getByRole('button', { name: 'Stop' }).click();
  await expect(panel.word).toHaveText('Stopped');
  wire.mend();
  await panel.root.getByRole('button', { name: 'Try now' }).click();
  await panel.live();
});

test('a page that is hidden holds no connection, and misses nothing', async ({ hub, page, context }) => {
  await context.addInitScript(() => {
    let hidden = true;
    Object.defineProperty(document, 'hidden', { get: () => hidden });
    Object.assign(window, {
      show: () => {
        hidden = false;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      },
    });
  });
  await page.goto(`${hub.url}/learn`);
  const panel = new Panel(page, 'Logstream');
  await expect(panel.word).toHaveText('Let go');
  const rendered = await panel.sequence();
  await page.evaluate(() => (window as unknown as { show: () => void }).show());
  await panel.live();
  const seen = await collect(panel, rendered.length + 3);
  expect(seen).toEqual(contiguous(seen));
  await expect(panel.gaps).toHaveCount(0);
});

test('a page that comes back from elsewhere goes on from where it was', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  const panel = new Panel(page, 'Logstream');
  await panel.live();
  await page.goto(`${hub.url}/chat`);
  await page.goBack();
  await panel.live();
  const seen = await collect(panel, 4);
  expect(seen).toEqual(contiguous(seen));
});
