import { Panel, Watch, contiguous, expect, test } from '../fixtures.js';

async function publish(url: string, topic: string, data: string): Promise<void> {
  const response = await fetch(`${url}/events?topic=${encodeURIComponent(topic)}`, { method: 'POST', body: data });
  expect(response.status).toBe(200);
}

test('an address of events leads to the page of its topic @both', async ({ hub, page }) => {
  await publish(hub.url, 'orders/42', 'paid');
  await page.goto(`${hub.url}/events/orders/42`);
  await expect(page).toHaveURL(/\/topics\?topic=orders%2F42$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('orders/42');
  await expect(page.locator('.event-row .row-data')).toHaveText(['paid']);
});

test('a topic is chosen in a form; what is wrong with it stands beside it @both', async ({ hub, page, expectedErrors }) => {
  expectedErrors.push(/status of 400/);
  await publish(hub.url, 'a/b', 'here');
  await page.goto(`${hub.url}/topics`);
  await page.getByLabel('Watch a topic').fill('a*b');
  await page.getByRole('button', { name: 'Watch' }).click();
  await expect(page.getByRole('alert')).toContainText('`topic` "a*b"');
  await expect(page.getByLabel('Watch a topic')).toHaveValue('a*b');
  await page.getByLabel('Watch a topic').fill('a/*');
  await page.getByRole('button', { name: 'Watch' }).click();
  await expect(page.locator('.event-row .row-topic')).toHaveText(['a/b']);
});

test('what happens before the page is alive is there, once and in order', async ({ hub, page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.wasm*', async (route) => {
    await held;
    await route.continue();
  });
  for (let n = 0; n < 5; n++) await publish(hub.url, 'a', `${n}`);
  await page.goto(`${hub.url}/topics?topic=a`, { waitUntil: 'commit' });
  const data = page.locator('.event-row .row-data');
  await expect(data).toHaveCount(5);
  for (let n = 5; n < 40; n++) await publish(hub.url, 'a', `${n}`);
  release();
  await new Panel(page, 'Events').live();
  for (let n = 40; n < 50; n++) await publish(hub.url, 'a', `${n}`);
  const watch = new Watch(page);
  await expect.poll(() => watch.size()).toBe(50);
  const seen = (await watch.export()).map((event) => Number(event.data));
  expect(seen).toEqual(contiguous(seen));
});

test('events that were deleted are a gap on the page', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=a`);
  const panel = new Panel(page, 'Events');
  await panel.live();
  await page.context().setOffline(true);
  await hub.terminate();
  await expect(panel.word).not.toHaveText('Live');
  await hub.start();
  await publish(hub.url, 'a', 'the log began anew');
  await page.context().setOffline(false);
  await expect(panel.gaps).toContainText('the hub began a new log');
});

test('what a publisher sends is text @both', async ({ hub, page }) => {
  await publish(hub.url, '<b>x</b>', '<img src=x onerror=alert(1)>');
  await page.goto(`${hub.url}/topics?topic=**`);
  const row = page.locator('.event-row', { hasText: '<img src=x onerror=alert(1)>' });
  await expect(row.locator('.row-topic')).toHaveText('<b>x</b>');
  await expect(page.locator('main b, main img')).toHaveCount(0);
});
