import type { Page } from '@playwright/test';
import { Panel, expect, test } from '../fixtures.js';

async function join(page: Page, url: string, name: string): Promise<Panel> {
  await page.goto(`${url}/chat`);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByLabel(`Say something, ${name}`)).toBeVisible();
  return new Panel(page, 'Messages');
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Say something').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

test('two browsers chat', async ({ hub, page, context }) => {
  const ada = await join(page, hub.url, 'Ada');
  await ada.live();
  const other = await context.newPage();
  const bob = await join(other, hub.url, 'Bob');
  await bob.live();

  await say(page, 'hello, Bob');
  await say(other, 'hello, Ada');
  for (const panel of [ada, bob]) {
    await expect(panel.rows.filter({ hasText: 'hello, Bob' })).toHaveCount(1);
    await expect(panel.rows.filter({ hasText: 'hello, Ada' })).toHaveCount(1);
    await expect(panel.rows.filter({ hasText: 'Bob joined' })).toHaveCount(1);
  }
  await expect(page.locator('.here')).toHaveText(/Bob/);
});

test('who joins by the keyboard alone goes on typing @both', async ({ hub, page }) => {
  await page.goto(`${hub.url}/chat`);
  await page.getByLabel('Your name').focus();
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Say something, Ada')).toBeFocused();
  await page.keyboard.type('no mouse here');
  await page.keyboard.press('Enter');
  await expect(new Panel(page, 'Messages').rows.filter({ hasText: 'no mouse here' })).toHaveCount(1);
  await expect(page.getByLabel('Say something, Ada')).toBeFocused();
});

test('what is said from a terminal arrives', async ({ hub, page }) => {
  await page.goto(`${hub.url}/chat`);
  const panel = new Panel(page, 'Messages');
  await panel.live();
  await hub.say('curl', 'from a terminal');
  await expect(panel.rows.filter({ hasText: 'from a terminal' })).toHaveCount(1);
});

test('joining and talking work without JavaScript @plain', async ({ hub, page }) => {
  const panel = await join(page, hub.url, 'Ada');
  await say(page, 'no script here');
  await expect(panel.rows.filter({ hasText: 'no script here' })).toHaveCount(1);
  await expect(panel.rows.filter({ hasText: 'Ada joined' })).toHaveCount(1);
});

test('a name that is refused comes back with the reason beside it @plain', async ({ hub, page }) => {
  await page.goto(`${hub.url}/chat`);
  const html = await page.request.post(`${hub.url}/chat`, {
    headers: { Origin: hub.url },
    form: { user: 'x'.repeat(65) },
  });
  expect(html.status()).toBe(400);
  expect(await html.text()).toMatch(/id="refused"[^>]*>[^<]*64/);
});

test('a message that is refused is kept, and the reason shown', async ({ hub, page }) => {
  const panel = await join(page, hub.url, 'Ada');
  await panel.live();
  await say(page, 'x'.repeat(1024 * 1024 + 1));
  await expect(page.getByRole('alert')).toContainText('1048576 bytes');
  await expect(page.getByLabel('Say something')).toHaveValue(/^x+$/);
  await say(page, 'short enough');
  await expect(panel.rows.filter({ hasText: 'short enough' })).toHaveCount(1);
  await expect(page.locator('#refused')).toBeEmpty();
});
// The browser itself reports a response of 413 as an error.
test.use({ expectedErrors: [/status of 413/] });

test('what is typed before the page is alive, and while a message is under way, is kept', async ({ hub, page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.wasm*', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${hub.url}/chat?user=Ada`, { waitUntil: 'commit' });
  const field = page.getByLabel('Say something');
  await field.fill('typed early');
  release();
  const panel = new Panel(page, 'Messages');
  await panel.live();
  await expect(field).toHaveValue('typed early');

  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/post?*', async (route) => {
    await answered;
    await route.continue();
  });
  await field.press('Enter');
  await field.press('Enter');
  await field.pressSequentially(', and more');
  answer();
  await expect(panel.rows.filter({ hasText: 'typed early' })).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Send' })).not.toHaveAttribute('aria-busy');
  await expect(field).toHaveValue('typed early, and more');
  await field.press('Enter');
  await expect(panel.rows.filter({ hasText: 'typed early, and more' })).toHaveCount(1);
  await expect(panel.rows.filter({ hasText: 'typed early' })).toHaveCount(2);
});

test('the newest message is in view @both', async ({ hub, page }) => {
  for (let n = 0; n < 60; n++) await hub.say('curl', `message ${n}`);
  await page.goto(`${hub.url}/chat`);
  const panel = new Panel(page, 'Messages');
  await expect(panel.rows).toHaveCount(50);
  await expect(panel.rows.last()).toBeInViewport();
  await expect(panel.rows.first()).not.toBeInViewport();
});

test('markup, escapes and right-to-left text are shown as text', async ({ hub, page }) => {
  const hostile = ['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '\u202eevil\u202c', '\u001b[31mred'];
  page.on('dialog', (dialog) => {
    throw new Error(`a script ran: ${dialog.message()}`);
  });
  for (const text of hostile) await hub.say('mallory', text);
  await page.goto(`${hub.url}/chat`);
  const panel = new Panel(page, 'Messages');
  await panel.live();
  for (const text of hostile) await hub.say('<b>mallory</b>', text);
  await expect(panel.rows).toHaveCount(2 * hostile.length);
  for (const text of hostile) {
    await expect(panel.rows.locator('.text').getByText(text, { exact: true })).toHaveCount(2);
  }
  expect(await panel.rows.locator('img, script, b').count()).toBe(0);
});

test('a form from a page of another origin is refused', async ({ hub, request }) => {
  const response = await request.post(`${hub.url}/chat`, {
    headers: { Origin: 'https://elsewhere.example' },
    form: { user: 'mallory', msg: 'forged' },
  });
  expect(response.status()).toBe(403);
});
