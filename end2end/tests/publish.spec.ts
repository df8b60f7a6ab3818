import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.js';

const hostile = ['<b>bold</b>', '</textarea><b>x', '{"broken": ', '\u202eevil\u202c', '🦀'];

function fields(page: Page) {
  const form = page.locator('form.publish');
  return {
    topic: form.getByLabel('Topic'),
    event: form.getByLabel('Event name'),
    retry: form.getByLabel('Retry'),
    data: form.getByLabel('Data'),
    send: form.getByRole('button', { name: 'Publish' }),
    published: form.locator('.published'),
    refused: (field: string) => form.locator(`.refused[data-for=${field}]`),
  };
}

/** The data of what there is on a topic, in the order of the log. */
async function stored(url: string, topic: string): Promise<string[]> {
  const response = await fetch(`${url}/events?poll=1&since=all&topic=${encodeURIComponent(topic)}`);
  return ((await response.json()) as { events: { data: string }[] }).events.map((event) => event.data);
}

/** Waits until the page is alive, so that a form is sent without leaving it. */
async function alive(page: Page): Promise<void> {
  await expect(page.locator('.badge strong').first()).toHaveText('Live');
}

test('an event is published from its topic’s page @both', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=orders/42`);
  const form = fields(page);
  await expect(form.topic).toHaveValue('orders/42');
  for (const text of hostile) {
    await form.event.fill('<i>name</i>');
    await form.data.fill(text);
    await form.send.click();
    await expect(form.published).toContainText(/Published as \w+-\d+/);
    await expect(form.data).toHaveValue('');
    await expect(page.locator('.row-data', { hasText: text })).toHaveCount(1);
  }
  expect(await stored(hub.url, 'orders/42')).toEqual(hostile);
  await expect(page.locator('main i, main b')).toHaveCount(0);
  await form.published.getByRole('link').click();
  await expect(page).toHaveURL(/topic=orders%2F42&at=\w+-\d+$/);
});

test('what the hub refuses stands beside its field, and nothing typed is lost @both', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=*`);
  const form = fields(page);
  await expect(form.topic).toHaveValue('');
  const wrong: [string, string, string, string][] = [
    ['topic', 'a*b', 'a', 'which holds a `*`'],
    ['event', 'hub.open', 'tick', "the hub's own"],
    ['retry', 'soon', '1000', 'digits'],
  ];
  await form.topic.fill('a');
  await form.data.fill('\nwords\n<b>kept</b>');
  for (const [field, bad, good, why] of wrong) {
    const input = form[field as 'topic' | 'event' | 'retry'];
    await input.fill(bad);
    await form.send.click();
    await expect(form.refused(field)).toContainText(why);
    await expect(input).toHaveAttribute('aria-invalid', 'true');
    await expect(input).toHaveValue(bad);
    await expect(form.data).toHaveValue('\nwords\n<b>kept</b>');
    await input.fill(good);
  }
  await form.send.click();
  await expect(form.published).toContainText('Published as');
  for (const field of ['topic', 'event', 'retry', 'data', 'form']) await expect(form.refused(field)).toBeHidden();
  expect(await stored(hub.url, 'a')).toEqual(['\nwords\n<b>kept</b>']);
});
// The browser itself reports a response of 400 as an error.
test.use({ expectedErrors: [/status of 4\d\d|net::ERR_/] });

test('Control and Enter send from within the data', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=a`);
  const form = fields(page);
  await alive(page);
  await form.data.fill('one');
  await form.data.press('Enter');
  await form.data.pressSequentially('two');
  await form.data.press('Control+Enter');
  await expect(form.published).toContainText('Published as');
  await form.data.fill('three');
  await form.data.press('Meta+Enter');
  await expect(form.data).toHaveValue('');
  expect(await stored(hub.url, 'a')).toEqual(['one\ntwo', 'three']);
  await expect(page).toHaveURL(`${hub.url}/topics?topic=a`);
});

test('words are kept where the server cannot be reached, and sent once', async ({ hub, page, context }) => {
  await page.goto(`${hub.url}/topics?topic=a`);
  const form = fields(page);
  await alive(page);
  await form.data.fill('not lost');
  await context.setOffline(true);
  await form.send.click();
  await expect(form.refused('form')).toContainText('cannot be reached');
  await expect(form.data).toHaveValue('not lost');
  await context.setOffline(false);
  await form.send.click();
  await expect(form.published).toContainText('Published as');
  await expect(form.refused('form')).toBeHidden();
  expect(await stored(hub.url, 'a')).toEqual(['not lost']);
});

test('what is typed before the page is alive, and while an event is under way, is kept', async ({ hub, page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.wasm*', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${hub.url}/topics?topic=a`, { waitUntil: 'commit' });
  const form = fields(page);
  await form.data.fill('typed early');
  release();
  await alive(page);
  await expect(form.data).toHaveValue('typed early');

  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/events', async (route) => {
    await answered;
    await route.continue();
  });
  await form.send.click();
  await form.send.click();
  await form.data.pressSequentially(', and more');
  answer();
  await expect(form.published).toContainText('Published as');
  await expect(form.data).toHaveValue('typed early, and more');
  expect(await stored(hub.url, 'a')).toEqual(['typed early']);
});

test('a large event is published, and a larger one is kept', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=a`);
  const form = fields(page);
  await alive(page);
  const largest = '='.repeat(1024 * 1024);
  const paste = (text: string) => form.data.evaluate((box, text) => ((box as HTMLTextAreaElement).value = text), text);
  await paste(`${largest}=`);
  await form.send.click();
  await expect(form.refused('data')).toContainText('1048576 bytes');
  expect(await form.data.inputValue()).toHaveLength(1024 * 1024 + 1);
  await paste(largest);
  await form.send.click();
  await expect(form.published).toContainText('Published as');
  expect((await stored(hub.url, 'a')).map((data) => data.length)).toEqual([1024 * 1024]);
});
