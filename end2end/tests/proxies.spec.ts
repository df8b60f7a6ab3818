import { Panel, Watch, expect, sequences, test as base } from '../fixtures.js';
import { sequence } from '../hub.js';
import { type Kind, PROXIES, ReverseProxy, isInstalled } from '../proxy.js';

// A browser behind the proxies of docs/deploy: over TLS and HTTP/2, as those files have it.
const test = base.extend<{ kind: Kind; front: ReverseProxy; dataDir: string | undefined }>({
  kind: ['nginx', { option: true }],

  dataDir: async ({}, use, info) => use(info.outputPath('data')),

  front: async ({ kind, hub, site }, use) => {
    test.skip(!isInstalled(kind), `there is no ${kind}`);
    const front = new ReverseProxy(kind, hub, site.origin);
    await front.start();
    await use(front);
    await front.stop();
  },
});
test.use({ ignoreHTTPSErrors: true, expectedErrors: [/net::ERR_|50[234]/] });

type Seen = { opens: number; errors: number; closed: boolean; ids: string[]; gaps: string[] };

for (const kind of Object.keys(PROXIES) as Kind[]) {
  test.describe(kind, () => {
    test.use({ kind });

    for (const end of ['terminate', 'kill'] as const) {
      test(`an EventSource of another origin misses nothing when the hub is gone for a while (${end})`, async ({
        hub,
        front,
        site,
        page,
      }) => {
        site.serve(`
          const seen = (window.seen = { opens: 0, errors: 0, closed: false, ids: [], gaps: [] });
          const source = new EventSource(${JSON.stringify(`${front.url}/events?topic=t`)});
          source.onopen = () => (seen.opens += 1);
          source.onerror = () => { seen.errors += 1; seen.closed = source.readyState === 2; };
          source.addEventListener('hub.gap', ({ data }) => seen.gaps.push(data));
          source.onmessage = ({ lastEventId }) => seen.ids.push(lastEventId);`);
        await page.goto(site.origin);
        const seen = () => page.evaluate(() => (window as unknown as { seen: Seen }).seen);
        const opens = async () => (await seen()).opens;
        await expect.poll(opens).toBe(1);

        const published: string[] = [];
        const publish = async (n: number) => {
          for (let i = 0; i < n; i += 1) published.push(await hub.publish('t', `${published.length}`, '&retry=500'));
        };
        await publish(3);
        await expect.poll(async () => (await seen()).ids).toEqual(published);
        await hub[end]();
        // It came back while nobody was there, and the proxy told it to try again.
        await expect.poll(opens, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
        await hub.start();
        await publish(3);
        await expect.poll(async () => (await seen()).ids, { timeout: 30_000 }).toEqual(published);
        const { closed, gaps } = await seen();
        expect({ closed, gaps }).toEqual({ closed: false, gaps: [] });
      });
    }

    test('a page of the console goes on after a restart', async ({ hub, front, page }) => {
      const watch = new Watch(page);
      await watch.live(front.url, 't');
      const published = [await hub.publish('t', 'before')];
      await watch.reaches(sequence(published[0]!));
      await hub.terminate();
      await expect(watch.word).not.toHaveText('Live');
      await hub.start();
      published.push(await hub.publish('t', 'after'));
      await watch.reaches(sequence(published[1]!), 45_000);
      expect(sequences(await watch.export())).toEqual(published.map(sequence));
    });

    test('the forms of the console work behind TLS @both', async ({ hub, front, page }) => {
      await page.goto(`${front.url}/topics?topic=orders/42`);
      const form = page.locator('form.publish');
      await form.getByLabel('Data').fill('over TLS');
      await form.getByRole('button', { name: 'Publish' }).click();
      await expect(form.locator('.published')).toContainText(/Published as \w+-\d+/);
      expect(await hub.newest()).toBeGreaterThan(0);

      await page.goto(`${front.url}/chat`);
      await page.getByLabel('Your name').fill('Ada');
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      await page.getByLabel('Say something').fill('hello');
      await page.getByRole('button', { name: 'Send' }).click();
      await expect(new Panel(page, 'Messages').rows.filter({ hasText: 'hello' })).toHaveCount(1);

      await page.goto(front.url);
      await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name: 'Dark' }).click();
      await expect(page.locator('.theme [aria-pressed=true]')).toHaveText('Dark');
      expect(new URL(page.url()).origin).toBe(front.url);
    });
  });
}
