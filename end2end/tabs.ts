import { once } from 'node:events';
import * as net from 'node:net';
import { type Browser, type BrowserContext, type LaunchOptions, type Page, chromium } from '@playwright/test';

/**
 * A browser whose tabs in the background are hidden, as a reader's are.
 *
 * Playwright tells each page of its own contexts that it is looked at. In the browser's first
 * context it can be asked not to, when it comes to a browser that runs already.
 */
export class Tabs {
  private constructor(
    readonly context: BrowserContext,
    private readonly browsers: Browser[],
  ) {}

  static async open(options: LaunchOptions): Promise<Tabs> {
    const port = await freePort();
    const args = [...(options.args ?? []), `--remote-debugging-port=${port}`];
    // Timers of hidden tabs are slowed down, as they are for readers.
    const ignoreDefaultArgs = [
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ];
    const launched = await chromium.launch({ ...options, args, ignoreDefaultArgs });
    const joined = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
    return new Tabs(joined.contexts()[0]!, [joined, launched]);
  }

  /** Opens a tab behind the one that is shown. */
  async behind(url: string): Promise<Page> {
    const session = await this.browsers[0]!.newBrowserCDPSession();
    const [page] = await Promise.all([
      this.context.waitForEvent('page'),
      session.send('Target.createTarget', { url, background: true }),
    ]);
    return page;
  }

  async close(): Promise<void> {
    for (const browser of this.browsers) await browser.close();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
