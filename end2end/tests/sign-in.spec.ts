import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { violations } from '../accessible.js';
import { expect, test } from '../fixtures.js';
import { token } from '../hub.js';

test.use({
  command: 'serve',
  flags: ['--public-read=news'],
  // What is closed is asked for on purpose.
  expectedErrors: [/status of 40[13]/],
});

/** What a page of others keeps of its stream. */
type Seen = { ids: string[]; opened: number; source: EventSource };

/** `EventSource.OPEN`. */
const OPEN = 1;

const ALL = ['--subscribe', '**', '--publish', 'orders/*', '--observe'];

test('who has no token is asked for one, and is led on to the page @both', async ({ hub, page, javaScriptEnabled }) => {
  // What looks for barriers is a script itself.
  const barriers = async () => (javaScriptEnabled === false ? [] : violations(page));

  const closed = await page.goto(`${hub.url}/topics?topic=orders%2F1`);
  expect(closed?.status()).toBe(401);
  await expect(page.getByText('may not subscribe to "orders/1"')).toBeVisible();
  expect(await barriers()).toEqual([]);

  await page.getByLabel('Token').fill('not a token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('the token is not accepted')).toBeVisible();
  expect(await barriers()).toEqual([]);

  await page.getByLabel('Token').fill(token(...ALL));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${hub.url}/topics?topic=orders%2F1`);
  await expect(page.getByRole('heading', { name: 'orders/1' })).toBeVisible();
  await page.getByRole('link', { name: 'anna' }).click();
  await expect(page.getByText('You are signed in as anna')).toBeVisible();
  await expect(page.locator('.rights')).toContainText('orders/*');
  expect(await barriers()).toEqual([]);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are not signed in')).toBeVisible();
  expect((await page.goto(`${hub.url}/`))?.status()).toBe(401);
});

test('the cookie opens the streams of the page, and no script sees it', async ({ hub, page }) => {
  await page.goto(`${hub.url}/sign-in`);
  await page.getByLabel('Token').fill(token(...ALL));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.goto(`${hub.url}/topics?topic=orders%2F1`);
  await expect(page.locator('.watch .badge')).toHaveAttribute('data-state', 'live');
  await page.getByLabel('Data').fill('hello');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await expect(page.locator('.event-row', { hasText: 'hello' })).toBeVisible();
  expect(await page.evaluate(() => document.cookie)).toBe('');
  const kept = (await page.context().cookies()).find(({ name }) => name === '__Host-tickertape');
  expect(kept).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
});

test('a page says that its right has ended, and asks for another token', async ({ hub, page }) => {
  await page.goto(`${hub.url}/sign-in`);
  await page.getByLabel('Token').fill(token(...ALL, '--for', '5s'));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.goto(`${hub.url}/topics?topic=orders%2F1`);
  const badge = page.locator('.watch .badge');
  await expect(badge).toHaveAttribute('data-state', 'closed');
  await expect(badge).toContainText('has expired');
  await badge.getByRole('button', { name: 'Reopen' }).click();
  await expect(badge).toHaveAttribute('data-state', 'unauthorised');
  await badge.getByRole('link', { name: 'Add a token' }).click();
  await page.getByLabel('Token').fill(token(...ALL));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${hub.url}/topics?topic=orders%2F1`);
  await expect(badge).toHaveAttribute('data-state', 'live');
});

test('what is public is live for everyone, and asks for a token to publish @both', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=news`);
  await expect(page.getByText('Publishing here needs a token')).toBeVisible();
  await expect(page.getByLabel('Data')).toHaveCount(0);
});

test.describe('with a log on disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tickertape-'));
  test.use({ dataDir: directory, expectedErrors: [/net::ERR_/] });
  test.afterAll(() => rmSync(directory, { recursive: true }));

  test('a page of others subscribes with a ticket, and comes back with it', async ({ hub, page, site }) => {
    const bearer = { authorization: `Bearer ${token(...ALL)}` };
    const publish = async (body: string) => {
      const answer = await fetch(`${hub.url}/events?topic=orders/1&retry=500`, { method: 'POST', headers: bearer, body });
      return ((await answer.json()) as { id: string }).id;
    };
    await page.goto(`${site.origin}/`);
    await page.evaluate(
      async ([url, headers]) => {
        const made = await fetch(`${url}/api/tickets`, { method: 'POST', headers });
        const { ticket } = (await made.json()) as { ticket: string };
        const source = new EventSource(`${url}/events?topic=orders/1&ticket=${ticket}`);
        const seen: Seen = { ids: [], opened: 0, source };
        source.onmessage = ({ lastEventId }) => seen.ids.push(lastEventId);
        await new Promise<void>((open) => {
          source.onopen = () => {
            seen.opened += 1;
            open();
          };
        });
        Object.assign(window, { seen });
      },
      [hub.url, bearer] as const,
    );
    const seen = () =>
      page.evaluate(() => {
        const { ids, opened, source } = (window as unknown as { seen: Seen }).seen;
        return { ids, opened, state: source.readyState };
      });
    const published = [await publish('one')];
    await expect.poll(async () => (await seen()).ids).toEqual(published);

    // Each time the server is gone at once, and what it is asked for by then is refused.
    for (const [times, data] of [
      [2, 'two'],
      [3, 'three'],
    ] as const) {
      await hub.kill();
      await hub.start();
      published.push(await publish(data));
      await expect.poll(seen).toEqual({ ids: published, opened: times, state: OPEN });
    }
  });
});
