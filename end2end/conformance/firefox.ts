import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import puppeteer, { type Page } from 'puppeteer-core';
import { start } from './server.js';

/** For how long a page may take to be right. */
const PATIENCE = 20_000;
/** Events a second while a page is looked at. */
const RATE = 100;

/** A server that is killed and comes back at the same address, and someone who publishes to it throughout. */
class Site {
  private readonly directory = mkdtempSync(join(tmpdir(), 'tickertape-firefox-'));
  private server: ChildProcess | undefined;
  private stopped = false;
  private publishing: Promise<void> | undefined;
  url = '';
  /** How many events were acknowledged; the data of each is its number. */
  told = 0;

  async open(): Promise<void> {
    const address = this.url ? new URL(this.url).host : '127.0.0.1:0';
    ({ server: this.server, url: this.url } = await start(['--data-dir', this.directory, '--addr', address]));
    this.publishing ??= this.publish();
  }

  async kill(): Promise<void> {
    const exit = once(this.server!, 'exit');
    this.server!.kill('SIGKILL');
    await exit;
  }

  async close(): Promise<void> {
    this.stopped = true;
    await this.publishing;
    await this.kill();
    rmSync(this.directory, { recursive: true });
  }

  /** One after the other: what was not acknowledged is sent again under its key, and is stored once. */
  private async publish(): Promise<void> {
    while (!this.stopped) {
      const body = `${this.told + 1}`;
      const answer = await fetch(`${this.url}/events/orders`, { method: 'POST', headers: { 'Idempotency-Key': body }, body }).catch(() => undefined);
      if (answer?.ok) this.told += 1;
      await pause(1_000 / RATE);
    }
  }
}

/** The console's page of the topic. */
class Console {
  constructor(readonly page: Page) {}

  word(): Promise<string> {
    return this.page.$eval('section.watch .badge strong', (word) => word.textContent ?? '').catch(() => 'no page');
  }

  async is(word: string): Promise<void> {
    await until(`"${word}"`, async () => ((await this.word()) === word ? undefined : `"${await this.word()}"`));
  }

  click(what: string): Promise<void> {
    return this.page.$eval(what, (element) => (element as HTMLElement).click());
  }

  /** The numbers of the newest and the oldest row that there are elements for. */
  drawn(): Promise<number[]> {
    return this.page.$$eval('.events li.event-row[data-id]:not([hidden]) .row-data', (rows) =>
      rows.map((row) => Number(row.textContent)).sort((a, b) => a - b),
    );
  }

  /** Every number that the page holds is there once, in order, up to what was published before. */
  async isWhole(least: number): Promise<void> {
    await until(`event ${least}`, async () => ((await this.drawn()).at(-1)! >= least ? undefined : `${(await this.drawn()).at(-1)}`));
    await this.page.evaluate(() => {
      const make = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (blob) => {
        Object.assign(window, { exported: (blob as Blob).text() });
        return make(blob);
      };
    });
    await this.click('[data-do="export-ndjson"]');
    await this.page.waitForFunction('window.exported');
    const held = ((await this.page.evaluate('window.exported')) as string).trimEnd().split('\n').map((line) => JSON.parse(line) as { event: string; data: string });
    const wrong = held.find(({ event, data }, at) => event === 'hub.gap' || (at > 0 && Number(data) !== Number(held[at - 1]!.data) + 1));
    if (wrong) throw new Error(`${JSON.stringify(wrong)} is not the one that follows`);
    if (held.length < 100) throw new Error(`${held.length} rows`);
    await this.page.evaluate('delete window.exported');
  }
}

/** Waits for what a look finds nothing wrong with. */
async function until(wanted: string, look: () => Promise<string | undefined>): Promise<void> {
  const begun = performance.now();
  for (let wrong = await look(); wrong; wrong = await look()) {
    if (performance.now() - begun > PATIENCE) throw new Error(`${wrong} and not ${wanted}`);
    await pause(20);
  }
}

const site = new Site();
await site.open();
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: process.env['FIREFOX']!, headless: true, args: ['--width=1280', '--height=900'] });
const complaints: string[] = [];
let failed = 0;

/** Says whether it is so. */
async function check(what: string, look: () => Promise<unknown>): Promise<void> {
  try {
    await look();
    console.error(`Firefox: ok: ${what}`);
  } catch (error) {
    failed += 1;
    console.error(`Firefox: FAILED: ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function open(path: string): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && complaints.push(`${path}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`${path}: ${error instanceof Error ? error.message : String(error)}`));
  await page.goto(site.url + path);
  return page;
}

try {
  await until('200 events', async () => (site.told > 200 ? undefined : `${site.told}`));
  for (const path of ['/', '/learn', '/chat']) {
    await check(`${path} comes to life`, async () => {
      const page = await open(path);
      await until('live', async () => ((await page.$('.badge[data-state="live"]')) ? undefined : 'not live'));
      await page.close();
    });
  }
  const topic = new Console(await open('/events/orders'));
  await check('a topic is live, and its rows follow each other from the HTML on', async () => {
    await topic.is('Live');
    await topic.isWhole(site.told + RATE);
  });
  await check('the wheel leads away from what comes', async () => {
    const box = (await (await topic.page.$('.events'))!.boundingBox())!;
    await topic.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await topic.page.mouse.wheel({ deltaY: -600 });
    await topic.is('Held');
    await topic.click('button.follow');
    await topic.is('Live');
  });
  await check('a bar that is held still before it is dragged leads away too', async () => {
    const bar = await topic.page.$eval('.events', (list) => {
      const { right, bottom } = list.getBoundingClientRect();
      return { x: right - 7, y: bottom - 12 };
    });
    await topic.page.mouse.move(bar.x, bar.y);
    await topic.page.mouse.down();
    const top = () => topic.page.$eval('.events', (list) => list.scrollTop);
    const [before, told] = [await top(), site.told];
    await until('more', async () => (site.told > told + RATE ? undefined : 'no more'));
    if ((await top()) !== before) throw new Error('the list scrolled under the hand that holds its bar');
    await topic.page.mouse.move(bar.x, bar.y - 60, { steps: 6 });
    await topic.is('Held');
    await topic.page.mouse.up();
    await topic.click('button.follow');
    await topic.is('Live');
  });
  await check('a pause stands still, and nothing is missed', async () => {
    await topic.click('[data-do="pause"]');
    await topic.is('Paused');
    const [before, told] = [(await topic.drawn()).join(), site.told];
    await until('more', async () => (site.told > told + RATE / 2 ? undefined : 'no more'));
    if ((await topic.drawn()).join() !== before) throw new Error('the rows moved');
    await topic.click('[data-do="pause"]');
    await topic.isWhole(site.told);
  });
  complaints.length === 0 || console.error(`Firefox: on the console: ${complaints.join('; ')}`);
  const quiet = complaints.length;
  await check('nothing is said on the console', async () => {
    if (quiet) throw new Error(`${quiet} messages`);
  });
  await check('a server that is killed and comes back costs no event', async () => {
    await site.kill();
    await topic.is('Reconnecting');
    await site.open();
    await topic.is('Live');
    await topic.isWhole(site.told);
  });
  await check('back from another page, it is live and whole', async () => {
    await topic.page.goto(`${site.url}/topics`);
    await topic.page.goBack();
    await topic.is('Live');
    await topic.isWhole(site.told);
  });
  await check('a fault is inspected', async () => {
    const page = await open(`/inspect?url=${encodeURIComponent('/faults/cut-in-character?after=2&interval=0')}`);
    await until('"Broken off"', async () => ((await page.$eval('main', (main) => main.textContent)).includes('Broken off') ? undefined : 'another state'));
  });
} finally {
  await browser.close();
  await site.close();
}
process.exitCode = failed > 0 ? 1 : 0;
