import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.js';
import type { Site } from '../site.js';

type State = { name: string; reason?: string; status?: number; attempt?: number; wait?: number };
type Event = { id: string; topic: string; event: string; data: string; time: string };
type Gap = { reason: string; requested: string; resumedAfter: string; missed: number | null };
type Follower = { events: Event[]; gaps: Gap[]; states: State[]; cursor: string };

/** A page of another origin that follows a topic by the hub's client. */
class Elsewhere {
  constructor(
    private readonly page: Page,
    private readonly site: Site,
    private readonly hub: string,
  ) {}

  async follow(path = '/events?topic=t', options = '', onevent = ''): Promise<void> {
    this.site.serve(`
      import { follow } from '${this.hub}/tickertape.js';
      const seen = (window.seen = { events: [], gaps: [], states: [] });
      window.stream = follow('${path}', {
        onevent: (event) => { seen.events.push(event); ${onevent} },
        ongap: (gap) => seen.gaps.push(gap),
        onstate: (state) => seen.states.push(state),
        ${options}
      });`);
    await this.page.goto(this.site.origin);
  }

  seen(): Promise<Follower> {
    return this.page.evaluate(() => {
      const { seen, stream } = window as unknown as { seen: Follower; stream: { lastEventId: string } };
      return { ...seen, cursor: stream.lastEventId };
    });
  }

  async state(): Promise<State> {
    return (await this.seen()).states.at(-1) ?? { name: 'none' };
  }

  async is(name: string): Promise<void> {
    await expect.poll(async () => (await this.state()).name).toBe(name);
  }

  async data(): Promise<string[]> {
    return (await this.seen()).events.map(({ data }) => data);
  }

  /** Waits for as many events, and holds them against what was published. */
  async has(published: string[]): Promise<void> {
    await expect.poll(async () => (await this.data()).length).toBeGreaterThanOrEqual(published.length);
    expect(await this.data()).toEqual(published);
  }

  do(script: string): Promise<unknown> {
    return this.page.evaluate(script);
  }
}

// A connection that breaks is reported by the browser as an error, and so is a proxy's 503, which
// has no CORS header.
test.use({ expectedErrors: [/net::ERR_|Failed to load resource|CORS policy|MIME type|^Tickertape: events were missed/] });

test.describe('with a log on disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tickertape-'));
  test.use({ dataDir: directory });
  test.afterAll(() => rmSync(directory, { recursive: true }));

  test('cut off, killed, and met with a 503: every event, once, in order', async ({ hub, wire, site, page }) => {
    const elsewhere = new Elsewhere(page, site, await wire.open());
    const published: string[] = [];
    const publish = async (times = 3) => {
      for (let i = 0; i < times; i += 1) {
        published.push(`event ${published.length}`);
        await hub.publish('t', published.at(-1)!);
      }
    };
    await elsewhere.follow();
    await elsewhere.is('live');

    // Before the first event: the cursor is that of `hub.open`.
    wire.cut();
    await publish(10);
    await elsewhere.is('reconnecting');
    wire.mend();
    await elsewhere.has(published);

    await hub.kill();
    await elsewhere.is('reconnecting');
    await hub.start();
    await publish();
    await elsewhere.has(published);

    // What ends an EventSource for good.
    wire.fail(503);
    await publish();
    await expect.poll(async () => (await elsewhere.state()).attempt).toBeGreaterThanOrEqual(2);
    await expect.poll(() => wire.refused).toBeGreaterThanOrEqual(2);
    wire.mend();
    await publish();
    await elsewhere.has(published);

    const { events, gaps, cursor } = await elsewhere.seen();
    expect(gaps).toEqual([]);
    expect(cursor).toBe(events.at(-1)!.id);
    expect(events[0]).toEqual({
      id: expect.stringMatching(/^\w+-\d+$/),
      topic: 't',
      event: 'message',
      data: 'event 0',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });
});

test('cut anywhere, in the middle of a head too: every event, once, in order', async ({ hub, wire, site, page }) => {
  await page.clock.install();
  const elsewhere = new Elsewhere(page, site, hub.url);
  const published: string[] = [];
  const publish = async () => {
    published.push(`event ${published.length}`);
    await hub.publish('t', published.at(-1)!);
  };
  const places = Array.from({ length: 24 }, (_, i) => i * 43);
  wire.endurance = () => places.shift() ?? Infinity;
  await elsewhere.follow(`${await wire.open()}/events?topic=t&since=all`);
  await expect
    .poll(async () => {
      const { name } = await elsewhere.state();
      if (name === 'reconnecting') await page.clock.fastForward(30_000);
      if (name === 'live' && places.length > 0) await publish();
      return { places: places.length, unseen: published.length - (await elsewhere.data()).length };
    }, { intervals: [20] })
    .toEqual({ places: 0, unseen: 0 });
  expect(await elsewhere.data()).toEqual(published);
  expect((await elsewhere.seen()).gaps).toEqual([]);
});

test('the page in the documentation works', async ({ hub, site, page }) => {
  const documentation = readFileSync(resolve(import.meta.dirname, '../../docs/client.md'), 'utf8');
  const html = /```html\n([^]*?)```/.exec(documentation)![1]!;
  site.html = html.replace('http://127.0.0.1:8080', hub.url);
  await hub.publish('orders/42', '<b>paid</b>');
  await page.goto(site.origin);
  await expect(page.locator('#state')).toHaveText('live');
  await hub.publish('orders/43', 'sent');
  await expect(page.locator('#orders li')).toHaveText([/Z orders\/42 <b>paid<\/b>$/, /Z orders\/43 sent$/]);
});

test('every name of an event is seen by the one handler', async ({ hub, site, page }) => {
  const elsewhere = new Elsewhere(page, site, hub.url);
  await elsewhere.follow('/events/**?last=10');
  await elsewhere.is('live');
  await hub.publish('a/b', 'x', '&event=error');
  await expect
    .poll(async () => (await elsewhere.seen()).events.filter(({ topic }) => topic !== 'ticker'))
    .toMatchObject([{ topic: 'a/b', event: 'error', data: 'x' }]);
});

test('a connection that is open and silent counts as lost', async ({ hub, wire, site, page }) => {
  await page.clock.install();
  const elsewhere = new Elsewhere(page, site, await wire.open());
  await elsewhere.follow();
  await elsewhere.is('live');
  wire.hush();
  await hub.publish('t', 'unheard');
  await page.clock.fastForward(30_000);
  expect(await elsewhere.state()).toEqual({ name: 'live' });
  await page.clock.fastForward(8_000);
  await expect.poll(() => elsewhere.state()).toMatchObject({ name: 'reconnecting', reason: 'silent' });
  // Twice the patience, as it could be one event that takes long to come.
  await page.clock.fastForward(1_000);
  await elsewhere.is('connecting');
  await page.clock.fastForward(60_000);
  expect(await elsewhere.state()).toEqual({ name: 'connecting', attempt: 1 });
  await page.clock.fastForward(15_000);
  await expect.poll(() => elsewhere.state()).toMatchObject({ name: 'reconnecting', reason: 'silent', attempt: 2 });
  wire.mend();
  await page.clock.fastForward(2_000);
  await elsewhere.has(['unheard']);
});

test.describe('that keeps three events', () => {
  test.use({ flags: ['--retention-count=3'] });

  test('what is no longer kept is told, before what is', async ({ hub, wire, site, page }) => {
    const elsewhere = new Elsewhere(page, site, await wire.open());
    await elsewhere.follow('/events?topic=t', '', 'seen.gaps.length || (seen.early = true);');
    await elsewhere.is('live');
    const { cursor } = await elsewhere.seen();
    wire.cut();
    for (let i = 0; i < 5; i += 1) await hub.publish('t', `${i}`);
    wire.mend();
    await elsewhere.has(['2', '3', '4']);
    const { gaps, states } = await elsewhere.seen();
    expect(gaps).toEqual([
      { reason: 'trimmed', requested: cursor, resumedAfter: expect.stringMatching(/^\w+-\d+$/), missed: 2 },
    ]);
    expect(await elsewhere.do('seen.early'), 'an event came before the gap').toBeUndefined();
    expect(states.at(-1)).toEqual({ name: 'live' });
  });
});

test('a topic that was deleted meanwhile is told', async ({ hub, wire, site, page }) => {
  const elsewhere = new Elsewhere(page, site, await wire.open());
  await elsewhere.follow();
  await elsewhere.is('live');
  wire.cut();
  await hub.publish('t', 'secret');
  await hub.publish('t', 'secret');
  await hub.forget('t');
  await hub.publish('t', 'after');
  wire.mend();
  await elsewhere.has(['after']);
  expect((await elsewhere.seen()).gaps).toMatchObject([{ reason: 'deleted', missed: 2 }]);
});

test('a page that handles no gap has it on the console', async ({ hub, site, page }) => {
  const warning = page.waitForEvent('console', (message) => message.type() === 'warning');
  const elsewhere = new Elsewhere(page, site, hub.url);
  await elsewhere.follow('/events?topic=t', `ongap: undefined, lastEventId: 'elsewhere-7'`);
  expect((await warning).text()).toContain('Tickertape: events were missed');
});

test('a page goes on from the cursor that it kept, whatever its address says', async ({ hub, site, page }) => {
  const id = await hub.publish('t', 'seen');
  await hub.publish('t', 'missed');
  const elsewhere = new Elsewhere(page, site, hub.url);
  await elsewhere.follow('/events?topic=t&since=all&last_event_id=old-1', `lastEventId: '${id}'`);
  await elsewhere.has(['missed']);
  expect((await elsewhere.seen()).gaps).toEqual([]);
});

test('a server that says goodbye is asked again when it wants to be', async ({ hub, site, page }) => {
  // With this the page's own wait would be none.
  await page.addInitScript('Math.random = () => -1');
  const elsewhere = new Elsewhere(page, site, hub.url);
  await elsewhere.follow();
  await elsewhere.is('live');
  await hub.terminate();
  const { states } = await elsewhere.seen();
  const said = states.find(({ name }) => name === 'reconnecting')!;
  expect(said).toMatchObject({ reason: 'shutdown', attempt: 1 });
  expect(said.wait).toBeGreaterThanOrEqual(500);
  expect(said.wait).toBeLessThanOrEqual(5_000);
  await hub.start();
  await elsewhere.is('live');
  // It kept nothing: another log.
  expect((await elsewhere.seen()).gaps).toMatchObject([{ reason: 'epoch-changed', missed: null }]);
});

test('a request that is wrong is not repeated, until the page says so', async ({ hub, site, page }) => {
  const elsewhere = new Elsewhere(page, site, hub.url);
  await elsewhere.follow('/events?topic=a*b');
  await expect.poll(() => elsewhere.state()).toEqual({ name: 'closed', reason: 'refused', status: 400 });
  const attempts = (await elsewhere.seen()).states.filter(({ name }) => name === 'connecting').length;
  await elsewhere.do('stream.reconnect()');
  await expect
    .poll(async () => (await elsewhere.seen()).states.filter(({ name }) => name === 'closed').length)
    .toBe(2);
  expect((await elsewhere.seen()).states.filter(({ name }) => name === 'connecting')).toHaveLength(attempts + 1);
});

test('attempts are spread, ever rarer and bounded; a stream that lasted begins anew', async ({ wire, site, page }) => {
  await page.clock.install();
  await page.addInitScript('Math.random = () => window.chance ?? 1');
  const elsewhere = new Elsewhere(page, site, await wire.open());
  await elsewhere.follow();
  await elsewhere.is('live');
  const waits = async () => {
    const { states } = await elsewhere.seen();
    return states.filter(({ name }) => name === 'reconnecting').map(({ wait }) => wait);
  };
  wire.cut();
  const expected = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  for (let n = 1; n <= expected.length; n += 1) {
    await expect.poll(waits).toEqual(expected.slice(0, n));
    if (n < expected.length) await page.clock.fastForward(expected[n - 1]!);
  }
  wire.mend();
  await page.clock.fastForward(30_000);
  await elsewhere.is('live');
  // It did not last.
  wire.cutAll();
  await expect.poll(waits).toEqual([...expected, 30_000]);
  // A network that is back is tried at once.
  await elsewhere.do('dispatchEvent(new Event("online"))');
  await elsewhere.is('live');
  await page.clock.fastForward(3_000);
  await elsewhere.do('window.chance = 0');
  wire.cutAll();
  await expect.poll(waits).toEqual([...expected, 30_000, 500]);
});

test.describe('hidden', () => {
  test.beforeEach(async ({ page }) => {
    await page.clock.install();
    await page.addInitScript(() => {
      let hidden = false;
      Object.defineProperty(document, 'hidden', { get: () => hidden });
      Object.assign(window, {
        hide: (hide: boolean) => {
          hidden = hide;
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        },
      });
    });
  });

  test('a page lets go of its connection, and misses nothing', async ({ hub, site, page }) => {
    const elsewhere = new Elsewhere(page, site, hub.url);
    await elsewhere.follow();
    await elsewhere.is('live');
    await elsewhere.do('hide(true)');
    await page.clock.fastForward(5_000);
    await elsewhere.do('hide(false)');
    await elsewhere.do('hide(true)');
    await page.clock.fastForward(9_000);
    expect(await elsewhere.state()).toEqual({ name: 'live' });
    await page.clock.fastForward(1_000);
    expect(await elsewhere.state()).toEqual({ name: 'suspended' });
    await hub.publish('t', 'meanwhile');
    await elsewhere.do('hide(false)');
    await elsewhere.has(['meanwhile']);
  });

  test('a page that wants its events keeps the connection', async ({ hub, site, page }) => {
    const elsewhere = new Elsewhere(page, site, hub.url);
    await elsewhere.follow('/events?topic=t', 'keepHidden: true');
    await elsewhere.is('live');
    await elsewhere.do('hide(true)');
    await page.clock.fastForward(20_000);
    await hub.publish('t', 'at once');
    await elsewhere.has(['at once']);
    expect((await elsewhere.seen()).states.map(({ name }) => name)).toEqual(['connecting', 'live']);
  });

  test('a page that goes away lets go at once, and goes on when it is back', async ({ hub, site, page }) => {
    const elsewhere = new Elsewhere(page, site, hub.url);
    await elsewhere.follow();
    await elsewhere.is('live');
    // As into the back/forward cache and out of it, which Playwright switches off.
    await elsewhere.do('dispatchEvent(new Event("pagehide"))');
    expect(await elsewhere.state()).toEqual({ name: 'suspended' });
    await hub.publish('t', 'meanwhile');
    await elsewhere.do('dispatchEvent(new Event("pageshow"))');
    await elsewhere.has(['meanwhile']);
  });
});

test('what is closed stays closed', async ({ hub, wire, site, page }) => {
  const elsewhere = new Elsewhere(page, site, hub.url);
  await elsewhere.follow(`${await wire.open()}/events?topic=t`, '', 'stream.close(); stream.close();');
  await elsewhere.is('live');
  await hub.publish('t', 'last');
  await elsewhere.is('closed');
  await expect.poll(() => wire.carries).toBe(false);
  await elsewhere.do('stream.reconnect(); dispatchEvent(new Event("pageshow")); dispatchEvent(new Event("online"))');
  await hub.publish('t', 'more');
  expect(await elsewhere.data()).toEqual(['last']);
  expect((await elsewhere.seen()).states.map(({ name }) => name)).toEqual(['connecting', 'live', 'closed']);
  expect(await elsewhere.state()).toEqual({ name: 'closed', reason: 'page' });
});

test.describe('with a handler that throws', () => {
  test.use({ expectedErrors: [/a mistake of the page/] });

  test('the page goes on, and the mistake is reported', async ({ hub, site, page }) => {
    const error = page.waitForEvent('pageerror');
    const elsewhere = new Elsewhere(page, site, hub.url);
    await elsewhere.follow('/events?topic=t', `onstate() { throw new Error('a mistake of the page'); }`);
    expect((await error).message).toBe('a mistake of the page');
    await expect.poll(async () => (await elsewhere.seen()).cursor).not.toBe('');
    await hub.publish('t', 'all the same');
    await elsewhere.has(['all the same']);
  });
});
