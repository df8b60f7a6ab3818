import { writeFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { violations } from '../accessible.js';
import { expect, test as base } from '../fixtures.js';
import { type Hub, inspected } from '../hub.js';
import { Strange } from '../strange.js';

/** With a server of strange streams beside the hub. */
const test = base.extend<{ strange: Strange }>({
  strange: async ({}, use) => {
    const strange = new Strange();
    await strange.open();
    await use(strange);
    strange.close();
  },
});

/** The inspector's page. */
class Inspector {
  readonly word: Locator;
  readonly view: Locator;

  constructor(readonly page: Page) {
    this.word = page.locator('.came .badge strong');
    this.view = page.locator('#view');
  }

  async open(hub: Hub, url: string, more = ''): Promise<void> {
    await this.page.goto(`${hub.url}/inspect?url=${encodeURIComponent(url)}${more}`);
  }

  async ended(): Promise<void> {
    await expect(this.word).toHaveText(/Ended|Opened/);
  }

  figure(name: string): Locator {
    return this.page.locator(`[data-figure=${name}]`);
  }

  async show(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  act(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click();
  }
}

test('what is wrong with a stream stands beside its bytes, and nothing of it is run', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  await inspector.open(hub, `${strange.url}/bad`);
  await inspector.ended();
  await expect(inspector.figure('events')).toHaveText('2');
  await expect(inspector.view).toContainText('<img src=x onerror=');
  await expect(inspector.view).toContainText('\\u{202e}gpj\\u{202c} \\u{1b}[2J');
  expect(await inspector.view.textContent()).not.toMatch(/[\u202e\u001b]/);
  await expect(inspector.view.locator('img')).toHaveCount(0);

  await inspector.show('Findings');
  for (const code of ['field_name_wrong_case', 'nul_in_id', 'retry_not_digits', 'event_without_data', 'invalid_utf8', 'incomplete_event_at_eof']) {
    await expect(inspector.view).toContainText(`Violation ${code}`);
  }
  await expect(inspector.view).toContainText('Note mixed_line_endings');
  await inspector.view.locator('.finding', { hasText: 'retry_not_digits' }).getByRole('button').click();
  await expect(inspector.view.locator('.marked')).toContainText('retry');
  await inspector.show('Raw');
  await expect(inspector.view).toContainText('retry: 3s\\n');
  await expect(inspector.view).toContainText('\\r\\n');
  await inspector.show('Headers');
  await expect(inspector.view).toContainText('text/event-stream');
  await inspector.show('Timeline');
  await expect(inspector.view).toContainText('2 events');
  await expect(page).toHaveTitle(/^Inspect/);
});

test('a resume is tried on request, and judged', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  await inspector.open(hub, `${strange.url}/forgetful`);
  await inspector.ended();
  await inspector.act('Try to resume');
  await expect(inspector.view).toContainText('Violation resume_repeats');
  expect(strange.ids).toEqual(['', '2']);
  await inspector.show('Connections');
  await expect(inspector.view).toContainText('a trial of resuming');

  await inspector.open(hub, '/events?topic=**&since=all');
  await expect(inspector.figure('events')).not.toHaveText(/^[–012]$/);
  await inspector.act('Try to resume');
  await expect(inspector.view).toContainText('Note resumes');
  await inspector.show('Connections');
  await expect(inspector.view).toContainText('stopped: the trial is over');
});

test('a trial that is stopped is not judged', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  await inspector.open(hub, `${strange.url}/mute`);
  await expect(inspector.figure('events')).toHaveText('3');
  await inspector.act('Try to resume');
  await expect.poll(() => strange.ids).toEqual(['', '2']);
  await inspector.act('Stop');
  await expect(inspector.word).toHaveText('Stopped');
  await inspector.show('Findings');
  await expect(inspector.view).not.toContainText('resume_');
});

test.describe('a stream that ends', () => {
  // A question for leave that is let go of is reported by the browser as an error.
  test.use({ expectedErrors: [/net::ERR_|CORS/] });

  test('it comes back as an EventSource does, with the newest id', async ({ hub, strange, page }) => {
    const inspector = new Inspector(page);
    await inspector.open(hub, `${strange.url}/returning`, '&reconnect=1');
    await expect(inspector.figure('connections')).not.toHaveText(/^[–0123]$/);
    await inspector.act('Stop');
    expect(strange.ids.slice(0, 4)).toEqual(['', '1', '2', '3']);
    await inspector.show('Connections');
    await expect(inspector.view.locator('.connection', { has: page.getByRole('heading', { name: '2', exact: true }) })).toContainText('Last-Event-ID sent1');
  });

  test('an id that is long, and reorders what is read, is shown cut and escaped', async ({ hub, strange, page }) => {
    const inspector = new Inspector(page);
    await inspector.open(hub, `${strange.url}/named`, '&reconnect=1');
    await expect(page.locator('.came .badge .detail')).toHaveText(/with Last-Event-ID \\u\{202e\}i{499} … \(cut\)$/);
    await expect(inspector.figure('connections')).toHaveText(/^[4-9]\d$/);
    await inspector.act('Stop');
    await inspector.show('Connections');
    await expect(inspector.view.locator('.connection')).toHaveCount(40);
    await expect(inspector.view.locator('.lost')).toContainText('connections the newest are shown');
    expect(await inspector.view.textContent()).not.toMatch(/\u202e|i{500}/);
  });
});

test('bytes that are all line ends are shown a page at a time, and none is left out between', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  const where = page.locator('.where');
  const turn = (name: string) => page.getByRole('button', { name, exact: true }).click();
  await inspector.open(hub, `${strange.url}/newlines`);
  await inspector.ended();
  await inspector.show('Raw');
  await expect(where).toHaveText('bytes 199,880 to 199,999 of 199,999');
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(1_000);
  await turn('Older');
  await expect(where).toHaveText('bytes 199,760 to 199,879 of 199,999');
  await turn('Oldest');
  await turn('Newer');
  await expect(where).toHaveText('bytes 120 to 239 of 199,999');
  await inspector.show('Hex');
  await expect(inspector.view.locator('.byte-row')).toHaveCount(120);
  await turn('Oldest');
  await expect(where).toHaveText('bytes 0 to 1,919 of 199,999');
});

test('what is nested deep, and more headers than anyone sends, cost no more than others', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  await inspector.open(hub, `${strange.url}/deep`);
  await inspector.ended();
  await inspector.view.locator('.came-event summary').click();
  await expect(inspector.view.locator('pre')).toHaveText(/^\[{4000}\]{4000}$/);

  await inspector.open(hub, `${strange.url}/headers`);
  await inspector.ended();
  await inspector.show('Headers');
  await expect(inspector.view.locator('dt')).toHaveCount(200);
  await inspector.show('Findings');
  await expect(inspector.view).toContainText(/Note headers_cut of 30\d headers the last 10\d are not kept here/);
});

test.describe('what cannot be read', () => {
  test.use({ expectedErrors: [/CORS|net::ERR_|status of 503/] });

  test('is said in words', async ({ hub, strange, page }) => {
    const inspector = new Inspector(page);
    const detail = page.locator('.came .badge .detail');
    await inspector.open(hub, `${strange.url}/closed`);
    await expect(inspector.word).toHaveText('Refused by CORS');
    await expect(detail).toContainText('Access-Control-Allow-Origin');
    await inspector.open(hub, 'http://127.0.0.1:1/');
    await expect(inspector.word).toHaveText('Unreachable');
    await inspector.open(hub, `${strange.url}/busy`);
    await expect(inspector.word).toHaveText('Status 503');
    await inspector.show('Findings');
    await expect(inspector.view).toContainText('too busy');
    await inspector.open(hub, 'localhost:3000/x');
    await expect(page.locator('#refused')).toContainText('begins with http://');
    expect(await violations(page)).toEqual([]);
  });
});

test('a stream that is asked for by POST is read, and said to be one', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  await page.goto(`${hub.url}/inspect`);
  await page.getByText('Method, headers, body, last id').click();
  await page.getByLabel('A stream’s address').fill(`${strange.url}/asked`);
  await page.getByLabel('Method').selectOption('POST');
  await page.getByLabel('Body').fill('{"stream":true}');
  await inspector.act('Inspect');
  await inspector.ended();
  await expect(inspector.view).toContainText('POST application/json {"stream":true}');
  await inspector.show('Findings');
  await expect(inspector.view).toContainText('Note method');
});

test.describe('a page that', () => {
  test.use({ expectedErrors: [/Mixed Content|net::ERR_/] });

  test('came by https, or has lost the network, says why it reads nothing', async ({ hub, page, context }) => {
    const inspector = new Inspector(page);
    const detail = page.locator('.came .badge .detail');
    const far = encodeURIComponent('http://stream.example/events');
    await page.route('https://hub.example/**', async (route) => {
      const { pathname, search } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: `${hub.url}${pathname}${search}` }) });
    });
    await page.goto(`https://hub.example/inspect?url=${far}`);
    await expect(inspector.word).toHaveText('Mixed content');
    await expect(detail).toContainText('came by https may not read a stream by http');

    await page.goto(`${hub.url}/inspect`);
    await expect(page.getByRole('button', { name: 'Open a capture' })).toBeEnabled();
    await page.getByLabel('A stream’s address').fill('http://stream.example/events');
    await context.setOffline(true);
    await inspector.act('Inspect');
    await expect(inspector.word).toHaveText('Offline');
    await expect(detail).toHaveText('this device has no connection');
    await context.setOffline(false);
  });
});

test('whatever comes, little is kept and shown, and what is cut is said', async ({ hub, strange, page }) => {
  const inspector = new Inspector(page);
  await inspector.open(hub, `${strange.url}/many`);
  await inspector.ended();
  await expect(inspector.figure('events')).toHaveText('10,000');
  await expect(inspector.view.locator('.came-event')).toHaveCount(100);
  await page.getByRole('button', { name: 'Oldest' }).click();
  await expect(inspector.view.locator('.came-event').first()).toContainText('{"n":0}');
  const filter = page.getByLabel('Filter: events');
  await filter.fill('"N":123');
  await expect(page.locator('.found')).toHaveText('11 of 10,000');
  await expect(inspector.view.locator('.came-event')).toHaveCount(11);
  await page.reload();
  await expect(filter).toHaveValue('"N":123');
  await expect(page.locator('.found')).toHaveText('11 of 10,000');
  await filter.fill('no such text');
  await expect(inspector.view).toHaveText('No event has this text.');

  await inspector.open(hub, `${strange.url}/comments`);
  await inspector.ended();
  await inspector.show('Connections');
  await expect(inspector.view).toContainText('comments: 100,000');

  await inspector.open(hub, `${strange.url}/endless`);
  await inspector.ended();
  await expect(page.locator('.came > .lost')).toContainText('bytes');
  await inspector.show('Findings');
  await expect(inspector.view).toContainText('Violation line_too_long');
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(1_000);

  await inspector.open(hub, `${strange.url}/packed`);
  await inspector.ended();
  await expect(inspector.view).toContainText('unpacked');
});

test('what the command prints opens here, and what is exported opens again', async ({ hub, strange, page }, info) => {
  const inspector = new Inspector(page);
  const captured = await inspected('--json', '--capture', `${strange.url}/bad`);
  await page.goto(`${hub.url}/inspect`);
  await inspector.act('Open a capture');
  await page.getByLabel('A file').setInputFiles({ name: 'a.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(captured) });
  await inspector.ended();
  await expect(inspector.figure('events')).toHaveText('2');
  const violated = await inspector.figure('violations').textContent();
  const download = page.waitForEvent('download');
  await inspector.act('Export');
  const file = info.outputPath('export.ndjson');
  await (await download).saveAs(file);

  await page.reload();
  await inspector.act('Open a capture');
  await page.getByLabel('A file').setInputFiles(file);
  await inspector.ended();
  await expect(inspector.figure('violations')).toHaveText(violated!);
  await inspector.act('Open a capture');
  await page.getByLabel('Or the same, pasted').fill('data: pasted\n\n');
  await inspector.act('Open what is pasted');
  await expect(inspector.view).toContainText('pasted');
  await inspector.act('Open a capture');
  await page.getByLabel('Or the same, pasted').fill('{"kind":"verdict"}');
  await inspector.act('Open what is pasted');
  await expect(page.locator('#unread')).toContainText('line 1: this is what --check prints');
});

test('a capture is read however long it is, while what was there goes on, and until it is stopped', async ({ hub, strange, page }, info) => {
  const inspector = new Inspector(page);
  const choose = async (name: string, text: string) => {
    await writeFile(info.outputPath(name), text);
    await page.getByLabel('A file').setInputFiles(info.outputPath(name));
  };
  const chooseLong = () => choose('long', 'data\n\n'.repeat(6_000_000));
  const reading = () => expect(page.locator('.came .detail')).toHaveText(/^[1-9]\d? %/);
  await page.goto(`${hub.url}/inspect`);
  await inspector.act('Open a capture');
  await choose('empty', '');
  await expect(page.locator('#unread')).toHaveText('It cannot be read: it is empty.');
  await expect(inspector.word).toHaveText('Nothing yet');

  await inspector.open(hub, `${strange.url}/mute`);
  await expect(inspector.figure('events')).toHaveText('3');
  await inspector.act('Open a capture');
  await choose('wrong', '{"kind":"verdict"}\n');
  await expect(page.locator('#unread')).toContainText('line 1: this is what --check prints');
  await expect(inspector.word).toHaveText('Streaming');
  await chooseLong();
  await reading();
  await expect(inspector.word).toHaveText('Reading');
  await expect(page.locator('#unread')).toBeEmpty();
  await inspector.act('Stop');
  await expect(inspector.word).toHaveText('Streaming');
  await expect(page.getByRole('button', { name: 'Try to resume' })).toBeEnabled();
  await expect(inspector.figure('events')).toHaveText('3');

  await chooseLong();
  await reading();
  await choose('short', 'data: second\n\n');
  await expect(inspector.word).toHaveText('Opened');
  await expect(inspector.view).toContainText('second');
  await expect(page.locator('#opening')).toBeHidden();
  await inspector.act('Open a capture');
  await choose('lines', `:${'x'.repeat(1 << 20)}\n`.repeat(33) + 'data: last\n\n');
  await expect(inspector.view).toContainText('last');
  await expect(inspector.figure('bytes')).toHaveText('35 MB');
});

test('a report and a link leave secrets out', async ({ hub, strange, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const inspector = new Inspector(page);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await inspector.open(hub, `${strange.url}/hello?token=s3cret&a=1`);
  await inspector.ended();
  expect(page.url()).not.toContain('s3cret');
  await inspector.act('Copy a report');
  await expect.poll(copied).toContain('/hello?token=…&a=1');
  await inspector.act('Copy a link');
  await expect.poll(copied).toContain('/inspect?url=');
  expect(await copied()).not.toContain('s3cret');
});

test('without JavaScript the form is filled, and the command is there @plain', async ({ hub, page }) => {
  await page.goto(`${hub.url}/inspect?url=/sse/time&last_event_id=7`);
  await expect(page.getByLabel('A stream’s address')).toHaveValue('/sse/time');
  await expect(page.locator('noscript, main').first()).toContainText(`tickertape inspect --json --capture --last-event-id '7' '${hub.url}/sse/time'`);
});
