import type { Page } from '@playwright/test';
import { Watch, expect, test } from '../fixtures.js';
import type { Hub } from '../hub.js';
import type { Site } from '../site.js';

// What the streams of `/faults` do is what the browser complains of here.
test.use({ expectedErrors: [/net::ERR_|Failed to load resource|MIME type|CORS policy|has a charset/] });

const COUNT = 6;
/** Quick: three events a connection, of six. */
const QUICK = `count=${COUNT}&interval=0`;

const text = (n: number) => `event ${n} · é ☃ 😀${n % 4 ? '' : '\nits second line'}`;
const texts = Array.from({ length: COUNT }, (_, n) => text(n + 1));

/** Faults from which a client can recover, together as far as they go together; of each of these it has every event once. */
const RECOVERS = [
  'cut?with=unavailable&with=retry&retry=0',
  'cut?with=unavailable&status=429&refused=2&with=delay&delay=20',
  'cut-in-event?after=2&with=backward-ids&with=bunches&with=jitter&jitter=30',
  'cut-in-character?after=2&with=bom&with=line-ends&with=unknown-fields&with=comments&comments=500&with=nul-in-id',
  'unfinished?after=2&with=repeated-ids&with=retry&retry=99999999999999999999',
  'line-ends?ends=cr&with=bom',
  'content-type?times=1',
];

/** Faults that end it, with the status that is said. */
const ENDS: [string, number][] = [
  ['no-content?', 204],
  ['content-type?type=none', 200],
  ['content-type?type=text/event-stream;charset=windows-1252'.replace(';', '%3B%20'), 200],
];

/** The address of one run of faults. */
const address = (fault: string, run: string, query = QUICK) =>
  `/faults/${fault}${fault.includes('?') ? '&' : '?'}${query}&run=${run}`;

test.describe('the client for pages of others', () => {
  type Seen = { data: string[]; states: { name: string; reason?: string; status?: number }[] };

  /** Follows them all at once, as far as six connections go; gives what each has seen when all are closed. */
  async function follow(page: Page, site: Site, hub: Hub, paths: string[]): Promise<Seen[]> {
    // It would wait for a second and more each time; it asks why in the meantime.
    await page.addInitScript('Math.random = () => -0.5');
    site.serve(`
      import { follow } from '${hub.url}/tickertape.js';
      const waiting = ${JSON.stringify(paths)}.map((path, at) => ({ path, at }));
      window.all = waiting.map(() => ({ data: [], states: [] }));
      const next = () => {
        const { path, at } = waiting.shift() ?? {};
        if (!path) return;
        follow(path, {
          onevent: ({ data }) => all[at].data.push(data),
          onstate: (state) => {
            all[at].states.push(state);
            if (state.name === 'closed') next();
          },
        });
      };
      for (let n = 0; n < 5; n += 1) next();`);
    await page.goto(site.origin);
    const closed = () =>
      page.evaluate(() => {
        const { all } = window as unknown as { all: Seen[] };
        return all.filter(({ states }) => states.at(-1)?.name === 'closed').length;
      });
    await expect.poll(closed).toBe(paths.length);
    return page.evaluate(() => (window as unknown as { all: Seen[] }).all);
  }

  test('has every event once, whatever is wrong, and stays away when it is told to', async ({ hub, site, page }) => {
    const seen = await follow(page, site, hub, RECOVERS.map((fault, n) => address(fault, `r${n}`)));
    const found = RECOVERS.map((fault, n) => ({ fault, data: seen[n]!.data, end: seen[n]!.states.at(-1) }));
    const end = { name: 'closed', reason: 'refused', status: 204 };
    expect(found).toEqual(RECOVERS.map((fault) => ({ fault, data: texts, end })));
  });

  test('says why where it cannot recover', async ({ hub, site, page }) => {
    const seen = await follow(page, site, hub, ENDS.map(([fault], n) => address(fault, `e${n}`)));
    const found = ENDS.map(([fault], n) => ({ fault, end: seen[n]!.states.at(-1) }));
    expect(found).toEqual(ENDS.map(([fault, status]) => ({ fault, end: { name: 'closed', reason: 'refused', status } })));
  });

  test('passes on what is long, what is markup and what is no text as it is', async ({ hub, site, page }) => {
    const faults = ['long-line?bytes=1048576', 'markup?', 'invalid-utf8?', 'no-ids?'];
    const seen = await follow(page, site, hub, faults.map((fault, n) => address(fault, `d${n}`)));
    const [long, markup, invalid, plain] = seen.map(({ data }) => data);
    expect(long!.map(({ length }) => length).filter((length) => length > 100)).toEqual([1_048_576]);
    expect(markup).toHaveLength(COUNT);
    expect(markup![0]).toContain('<b onclick="alert(1)">');
    expect(invalid![0]).toBe(`\uFFFD \uFFFD(${text(1)}`);
    expect(plain).toEqual(texts);
  });

  test('takes silence for the end, and goes on from there', async ({ hub, site, page }) => {
    await page.clock.install();
    site.serve(`
      import { follow } from '${hub.url}/tickertape.js';
      window.seen = { data: [], states: [] };
      follow('${address('silence?silence=600000', 's')}', {
        onevent: ({ data }) => seen.data.push(data),
        onstate: (state) => seen.states.push(state),
      });`);
    await page.goto(site.origin);
    const seen = () => page.evaluate(() => (window as unknown as { seen: Seen }).seen);
    await expect.poll(async () => (await seen()).data).toEqual(texts.slice(0, 3));
    await page.clock.fastForward(37_500);
    expect((await seen()).states.at(-1)).toMatchObject({ name: 'reconnecting', reason: 'silent' });
    await page.clock.fastForward(1_000);
    await expect.poll(async () => (await seen()).data).toEqual(texts);
  });
});

test.describe('the subscription of a page', () => {
  /** The page of a topic, whose stream is one with faults. */
  async function watch(page: Page, hub: Hub, fault: string, run: string): Promise<Watch> {
    await page.addInitScript('Math.random = () => 0');
    await page.unrouteAll();
    await page.route(/\/events\?/, (route) => {
      const cursor = new URL(route.request().url()).searchParams.get('last_event_id') ?? '';
      const query = `${QUICK}&envelope=1&last_event_id=${cursor}`;
      return route.continue({ url: hub.url + address(fault, run, query) });
    });
    const watch = new Watch(page);
    await watch.open(hub.url, 'faults');
    return watch;
  }

  test('has every event once, whatever is wrong, and says who ended it', async ({ hub, page }) => {
    for (const [n, fault] of RECOVERS.entries()) {
      await test.step(fault, async () => {
        const topic = await watch(page, hub, fault, `p${n}`);
        await expect(topic.word).toHaveText('Closed');
        await expect(topic.detail).toHaveText(/^by the server: 204, .* last …-6$/);
        expect((await topic.export()).map(({ data }) => data)).toEqual(texts);
      });
    }
  });

  test('says why where it cannot recover', async ({ hub, page }) => {
    for (const [n, [fault, status]] of ENDS.entries()) {
      await test.step(fault, async () => {
        const topic = await watch(page, hub, fault, `q${n}`);
        await expect(topic.word).toHaveText(status === 204 ? 'Closed' : 'Error');
        await expect(topic.detail).toHaveText(status === 204 ? /204/ : /200: what answers is no event stream/);
      });
    }
  });

  test('shows what is long and what is markup, and runs none of it', async ({ hub, page }) => {
    const faults = ['long-line?bytes=1048576', 'markup?', 'invalid-utf8?'];
    for (const [n, fault] of faults.entries()) {
      const topic = await watch(page, hub, fault, `d${n}`);
      await expect(topic.word).toHaveText('Closed');
      const data = (await topic.export()).map(({ data }) => data);
      expect(data).toHaveLength(COUNT);
      if (n === 0) expect(data[1]).toHaveLength(1_048_576);
      if (n === 2) expect(data[0]).toBe(`\uFFFD \uFFFD(${text(1)}`);
      expect(await page.title()).toBe('faults · Tickertape');
    }
  });

  test('takes silence for the end, and goes on from there', async ({ hub, page }) => {
    await page.clock.install();
    const topic = await watch(page, hub, 'silence?silence=600000', 's');
    await topic.reaches(3);
    await page.clock.fastForward(38_000);
    await expect(topic.detail).toHaveText(/^nothing heard/);
    await page.clock.runFor(2_000);
    await topic.reaches(6);
    expect((await topic.export()).map(({ data }) => data)).toEqual(texts);
  });
});

test.describe('the page of the faults', () => {
  const visits = (page: Page) => page.locator('#runs tbody tr');

  test('makes an address of what was chosen, and shows who comes and with what @plain', async ({ hub, page }) => {
    await page.goto(`${hub.url}/faults/cut`);
    await page.getByLabel('after events of each connection').fill('2');
    await page.getByText('And with it').click();
    await page.getByLabel('A byte order mark').check();
    await page.getByRole('button', { name: 'Make the address' }).click();
    const command = await page.getByRole('region', { name: 'The stream in a terminal' }).innerText();
    const url = /^curl -N '(.*)'$/.exec(command)![1]!;
    expect(url).toMatch(new RegExp(`^${hub.url}/faults/cut\\?with=bom&after=2&run=[0-9a-f]{8}$`));
    await expect(page.getByLabel('after events of each connection')).toHaveValue('2');
    await fetch(`${url}&interval=0`).then((response) => response.text()).catch(() => undefined);
    await fetch(`${url}&interval=0`, { headers: { 'Last-Event-ID': 'faults-20' } });
    await page.getByRole('link', { name: 'Look again' }).click();
    await expect(visits(page)).toHaveText([/^2.*s.*faults-20.*204.*told to stay away$/, /^1.*none.*200.*2.*faults-2.*cut by the server$/]);
  });

  test('says what is wrong with what was chosen @plain', async ({ hub, page }) => {
    const response = await page.goto(`${hub.url}/faults?scenario=cut&after=0`);
    expect(response!.status()).toBe(400);
    await expect(page.getByRole('alert')).toContainText('`after` is "0"; give a whole number from 1 to 10000');
  });

  test('is true by itself, but never under a selection', async ({ hub, page }) => {
    await page.goto(`${hub.url}/faults?scenario=silence`);
    const abort = new AbortController();
    const response = await fetch(`${hub.url}/faults/silence?after=1&run=live`, { signal: abort.signal });
    await response.body!.getReader().read();
    await expect(visits(page)).toHaveText([/connected$/]);
    await expect(page.getByRole('heading', { name: 'Who is here: 1' })).toBeVisible();
    abort.abort();
    await expect(visits(page)).toHaveText([/left$/]);
    await expect(page.getByRole('heading', { name: 'Who is here: 0' })).toBeVisible();
  });
});
