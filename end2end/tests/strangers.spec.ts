import { type Browser, type Frame, type Page, chromium } from '@playwright/test';
import { expect, test } from '../fixtures.js';
import { Hub } from '../hub.js';
import { Site } from '../site.js';

/** A site that the hub does not know. */
async function stranger(html: string): Promise<Site> {
  const site = new Site();
  await site.open();
  site.html = `<!doctype html><meta charset="utf-8"><title>elsewhere</title><link rel="icon" href="data:,">${html}`;
  return site;
}

/** The data of all that the hub holds but the ticker's, oldest first. */
async function held(url: string): Promise<string[]> {
  const response = await fetch(`${url}/events?poll=1&since=all&topic=**&limit=10000`);
  const { events } = (await response.json()) as { events: { topic: string; data: string }[] };
  return events.filter(({ topic }) => topic !== 'ticker').map(({ data }) => data);
}

/** What a page of another origin gets of a hub by every means that a page has, each by its name. */
async function attack(page: Frame | Page, url: string): Promise<Record<string, string>> {
  return page.evaluate(async (hub) => {
    const got: Record<string, string> = {};
    const attempt = async (name: string, act: () => Promise<string>) => {
      const late = new Promise<string>((done) => setTimeout(done, 3000, 'nothing'));
      got[name] = await Promise.race([act().catch(() => 'refused'), late]);
    };
    const read = async (response: Response) => `${response.status} ${(await response.text()).length}`;
    const stream = (address: string, options?: EventSourceInit) =>
      new Promise<string>((done) => {
        const source = new EventSource(address, options);
        const tell = (event: MessageEvent) => done(`read ${event.data}`);
        for (const name of ['message', 'hub.open', 'post', 'user']) source.addEventListener(name, tell);
        source.onerror = () => {
          source.close();
          done('refused');
        };
      });
    const json = { 'Content-Type': 'application/json' };
    await attempt('fetch', async () => read(await fetch(`${hub}/events?topic=secret&poll=1&since=all`)));
    await attempt('fetch with cookies', async () => read(await fetch(`${hub}/api/topics`, { credentials: 'include' })));
    await attempt('fetch opaque', async () => read(await fetch(`${hub}/api/topics`, { mode: 'no-cors' })));
    await attempt('stream', () => stream(`${hub}/events?topic=secret&since=all`));
    await attempt('stream with cookies', () => stream(`${hub}/events?topic=secret&since=all`, { withCredentials: true }));
    await attempt('chat', () => stream(`${hub}/sse/connect?user=mallory`));
    await attempt('post', async () => read(await fetch(`${hub}/events?topic=secret`, { method: 'POST', body: 'forged' })));
    await attempt('post json', async () =>
      read(await fetch(`${hub}/events`, { method: 'POST', headers: json, body: '{"topic":"a","data":"forged"}' })));
    await attempt('delete', async () => read(await fetch(`${hub}/events?topic=secret`, { method: 'DELETE' })));
    for (const path of ['/events?topic=secret', '/post?user=mallory', '/lines?topic=secret', '/chat', '/topics', '/theme']) {
      await attempt(`post blind ${path}`, async () =>
        read(await fetch(`${hub}${path}`, { method: 'POST', mode: 'no-cors', body: 'forged' })));
    }
    await attempt('beacon', async () => {
      navigator.sendBeacon(`${hub}/events?topic=secret`, 'forged');
      return 'sent';
    });
    await attempt('socket', () => new Promise((done) => {
      const socket = new WebSocket(`${hub.replace('http', 'ws')}/events?topic=secret`);
      socket.onopen = () => done('open');
      socket.onerror = () => done('refused');
    }));
    const loads = (element: HTMLImageElement | HTMLScriptElement, address: string) =>
      new Promise<string>((done) => {
        element.onload = () => done('loaded');
        element.onerror = () => done('refused');
        element.src = address;
        document.body.append(element);
      });
    await attempt('image', () => loads(new Image(), `${hub}/sse/connect?user=mallory`));
    await attempt('icon', () => loads(new Image(), `${hub}/icon.svg`));
    await attempt('script', () => loads(document.createElement('script'), `${hub}/api/topics`));
    for (const [path, fields] of [
      ['/events', { topic: 'secret', data: 'forged' }],
      ['/topics', { topic: 'secret', data: 'forged' }],
      ['/chat', { user: 'mallory', msg: 'forged' }],
      ['/post?user=mallory', { msg: 'forged' }],
    ] as [string, Record<string, string>][]) {
      await attempt(`form ${path}`, () => new Promise((done) => {
        const frame = document.createElement('iframe');
        frame.name = `target of ${path}`;
        document.body.append(frame);
        const form = document.createElement('form');
        Object.assign(form, { method: 'POST', action: `${hub}${path}`, target: frame.name });
        for (const [name, value] of Object.entries(fields)) {
          form.append(Object.assign(document.createElement('input'), { name, value }));
        }
        document.body.append(form);
        frame.onload = () => done('sent');
        form.submit();
      }));
    }
    return got;
  }, url);
}

/** Nothing that is read, and nothing that is known to be done. */
function expectHarmless(got: Record<string, string>): void {
  expect(Object.keys(got).length).toBeGreaterThan(20);
  for (const [name, what] of Object.entries(got)) {
    expect(`${name}: ${what}`).toMatch(/: (refused|nothing|sent|0 0)$/);
  }
}

/** What Chromium says of all that on its console. */
const NOISE =
  /CORS policy|Failed to load resource|WebSocket|MIME type|Content Security Policy|Cross-Origin|net::ERR|frame-ancestors|sandbox|Refused to|violates/i;

test.describe('a page of an origin that the hub does not know', () => {
  test.use({ expectedErrors: [NOISE] });

  test('reads nothing and publishes nothing, whatever it tries', async ({ hub, page }) => {
    await hub.publish('secret', 'the secret');
    const site = await stranger('<body></body>');
    await page.goto(site.origin);
    expectHarmless(await attack(page, hub.url));
    expect(await held(hub.url)).toEqual(['the secret']);
    site.close();
  });

  test('nor does one without an origin of its own, in a sandboxed frame', async ({ hub, page }) => {
    await hub.publish('secret', 'the secret');
    const site = await stranger('<iframe sandbox="allow-scripts allow-forms" srcdoc="<body></body>"></iframe>');
    await page.goto(site.origin);
    const frame = page.frames()[1]!;
    expect(await frame.evaluate(() => self.origin)).toBe('null');
    expectHarmless(await attack(frame, hub.url));
    expect(await held(hub.url)).toEqual(['the secret']);
    site.close();
  });

  test('cannot have the console in a frame', async ({ hub, page }) => {
    const paths = ['/', '/topics?topic=a', '/topics?topic=a&view=plain', '/learn', '/chat', '/nowhere'];
    const frames = paths.map((path) => `<iframe src="${hub.url}${path}"></iframe>`);
    const site = await stranger(frames.join(''));
    await page.goto(site.origin);
    for (const frame of page.frames().slice(1)) {
      // What is refused is an error page of the browser's own, into which nobody sees.
      await expect.poll(() => frame.url()).toMatch(/^chrome-error:/);
    }
    expect(page.frames().length).toBe(paths.length + 1);
    site.close();
  });

  test('gets no handle to the console that it opens', async ({ hub, page, context }) => {
    const site = await stranger('<body></body>');
    await page.goto(site.origin);
    const opened = context.waitForEvent('page');
    await page.evaluate((url) => Object.assign(self, { opened: open(url) }), hub.url);
    await (await opened).waitForLoadState();
    const closed = 'opened.closed';
    await expect.poll(() => page.evaluate(closed)).toBe(true);
    site.close();
  });
});

/** A browser in which a name of a stranger leads to this machine. */
async function rebound(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP evil.example 127.0.0.1'];
  const { executablePath } = test.info().project.use.launchOptions ?? {};
  return chromium.launch({ args, ...(executablePath ? { executablePath } : {}) });
}

test('a name of a stranger that leads here reaches nothing', async ({ hub }) => {
  await hub.publish('secret', 'the secret');
  const browser = await rebound();
  const page = await browser.newPage();
  for (const path of ['/', '/events?topic=secret&since=all&poll=1', '/api/topics', '/topics?topic=secret']) {
    const response = await page.goto(`http://evil.example:${new URL(hub.url).port}${path}`);
    expect(response!.status(), path).toBe(421);
    expect(await page.content(), path).not.toContain('the secret');
  }
  await browser.close();
});

test('nor does a page that was there before its name led here', async () => {
  const site = await stranger('<body></body>');
  const port = Number(new URL(site.origin).port);
  const browser = await rebound();
  const page = await browser.newPage();
  await page.goto(`http://evil.example:${port}/`);
  site.close();
  // Now the same name and port lead to the hub: to the browser it is the page's own server.
  const hub = new Hub();
  await hub.start(port);
  await hub.publish('secret', 'the secret');
  const got = await page.evaluate(async () => {
    const status = async (path: string, init?: RequestInit) => (await fetch(path, init)).status;
    const stream = (path: string) => new Promise((done) => {
      const source = new EventSource(path);
      source.addEventListener('hub.open', () => done('open'));
      source.onerror = () => done(`refused ${source.readyState}`);
    });
    return [
      await status('/events?topic=secret&since=all&poll=1'),
      await status('/events?topic=secret', { method: 'POST', body: 'forged' }),
      await status('/events?topic=secret', { method: 'DELETE' }),
      await status('/post?user=mallory', { method: 'POST', body: 'forged' }),
      await stream('/events?topic=secret&since=all'),
      await stream('/sse/connect?user=mallory'),
    ];
  });
  expect(got).toEqual([421, 421, 421, 421, 'refused 2', 'refused 2']);
  expect(await held(hub.url)).toEqual(['the secret']);
  await browser.close();
  await hub.kill();
});

/** What would run, were it anything but text. */
const RUNS = [
  '<script>harmed("script")</script>',
  '<img src=x onerror="harmed(\'handler\')">',
  '"><svg/onload=harmed("svg")>',
  "'onmouseover='harmed(1)'",
  '<a href="javascript:harmed(\'link\')">here</a>',
  'javascript:harmed("address")',
  '</textarea></title></style></script><script>harmed("closed")</script>',
  '<iframe srcdoc="<script>parent.harmed(1)</script>"></iframe>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=harmed(1)>',
  '{{constructor.constructor("harmed(1)")()}}',
  '<!--><script>harmed("comment")</script-->',
  '\u001b[31m\u001b]8;;javascript:harmed(1)\u0007link\u001b]8;;\u0007',
  '\u202ereversed\u202c\u2066isolated\u2069',
];

test.describe('what strangers publish', () => {
  // Addresses that are wrong are pages too.
  test.use({ expectedErrors: [/status of 40[04]/] });

  test('never runs, on any page, live and in what a page begins with @both', async ({ hub, page, javaScriptEnabled }) => {
    const ran: string[] = [];
    await page.exposeFunction('harmed', (by: string) => void ran.push(by));
    page.on('dialog', (dialog) => void ran.push(dialog.message()));
    const isName = (text: string) => !/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.test(text);
    const isTopic = (text: string) => isName(text) && !/\*|^\/|\/$/.test(text);
    const publish = async (round: string) => {
      for (const text of RUNS) {
        await hub.publish('hostile', `${round}${text}`, isName(text) ? `&event=${encodeURIComponent(text.slice(0, 100))}` : '');
        if (isTopic(text)) await hub.publish(text, `${round}${text}`);
        await hub.say(isName(text) ? text.slice(0, 64) : 'mallory', `${round}${text}`);
      }
    };
    await publish('before ');
    const longest = encodeURIComponent(RUNS[6]!);
    const paths = [
      '/',
      '/topics?topic=hostile',
      '/topics?topic=**',
      '/topics?topic=hostile&view=plain',
      `/topics?topic=${longest}`,
      `/topics?topic=hostile&at=${longest}`,
      `/topics?topic=a*b${longest}`,
      `/chat?user=${encodeURIComponent('<b>mallory</b>')}`,
      `/learn?bytes=${longest}`,
      `/${longest}`,
    ];
    for (const path of paths) {
      await page.goto(hub.url + path);
      if (javaScriptEnabled !== false && path.startsWith('/topics?topic=hostile') && !path.includes('&')) {
        await expect(page.locator('.badge strong').first()).toHaveText('Live');
        await publish('live ');
        await expect(page.locator('.row-data', { hasText: 'live ' }).first()).toBeVisible();
      }
      const foreign = await page.locator('main :is(script, img, svg[onload], iframe, math, style, [onerror], [onmouseover])').count();
      expect(foreign, path).toBe(0);
      expect(await page.locator('a[href^="javascript:" i]').count(), path).toBe(0);
    }
    expect(ran).toEqual([]);
  });
});

test.describe('the policy of a page', () => {
  test.use({ expectedErrors: [NOISE] });

  test('lets nothing run that the hub did not send with it', async ({ hub, page }) => {
    const ran: string[] = [];
    await page.exposeFunction('harmed', (by: string) => void ran.push(by));
    for (const path of ['/', '/topics?topic=a', '/learn', '/chat', '/nowhere']) {
      await page.goto(hub.url + path);
      // As if markup of a stranger had come into the page after all.
      const blocked = await page.evaluate(async () => {
        const blocked: string[] = [];
        document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
        const harm = (by: string) => `window.harmed(${JSON.stringify(by)})`;
        document.body.insertAdjacentHTML('beforeend', `
          <img src="data:," onerror='${harm('handler')}'>
          <a id="link" href='javascript:${harm('link')}'>here</a>
          <iframe srcdoc='<script>parent.${harm('frame')}</script>'></iframe>
          <form id="form" action="https://elsewhere.example/"><input name="a"></form>
          <base href="https://elsewhere.example/">
          <object data="data:text/html,x"></object>
          <link rel="stylesheet" href="https://elsewhere.example/x.css">`);
        document.querySelector<HTMLElement>('#link')!.click();
        document.querySelector<HTMLFormElement>('#form')!.submit();
        await fetch('https://elsewhere.example/').catch(() => undefined);
        new Image().src = 'https://elsewhere.example/x.png';
        await new Promise((done) => setTimeout(done, 500));
        return [...new Set(blocked)].sort();
      });
      expect(blocked, path).toEqual(expect.arrayContaining([
        'base-uri', 'connect-src', 'form-action', 'img-src', 'script-src-attr', 'script-src-elem',
      ]));
    }
    expect(ran).toEqual([]);
  });

  test('runs no script that stands in its markup without its nonce', async ({ hub, page }) => {
    const ran: string[] = [];
    await page.exposeFunction('harmed', (by: string) => void ran.push(by));
    // What the hub sends, with scripts slipped in on the way.
    await page.route(`${hub.url}/chat`, async (route) => {
      const response = await route.fetch();
      const html = (await response.text()).replace('</body>', '<script>harmed("inline")</script><script nonce="guess">harmed("guess")</script></body>');
      await route.fulfill({ response, body: html });
    });
    await page.goto(`${hub.url}/chat`);
    await page.waitForLoadState('load');
    const there = "[...document.scripts].filter((script) => script.text.includes('harmed')).length";
    expect(await page.evaluate(there)).toBe(2);
    expect(ran).toEqual([]);
  });
});
