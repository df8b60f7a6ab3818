import { type ChildProcess, spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from './clients.js';
import type { Outcome } from './rows.js';

/** Follows a stream in a page: as a browser's own `EventSource`, or by the script for pages of others. */
const SCRIPTS = {
  EventSource: (url: string) => `
    const source = new EventSource('${url}');
    source.onmessage = ({ data, lastEventId }) => tell({ data, id: lastEventId });
    source.onerror = () => source.readyState === EventSource.CLOSED && tell({ over: true });`,
  'tickertape.js': (url: string) => `
    import { follow } from '${new URL('/tickertape.js', url)}';
    const stream = follow('${url}', {
      onevent: ({ data }) => tell({ data, id: stream.lastEventId }),
      onstate: ({ name }) => name === 'closed' && tell({ over: true }),
    });`,
};

/** A browser with no one at it, which opens pages of a site of its own and hears what they tell. */
export class Browser {
  private readonly profile = mkdtempSync(join(tmpdir(), 'tickertape-browser-'));
  private child: ChildProcess | undefined;
  private waiting: { script: string; at: number } | undefined;
  private told: (message: { data?: string; id?: string; over?: boolean }, at: number) => void = () => undefined;
  private at = 0;
  private readonly site = createServer((request, response) => {
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (piece) => (body += piece)).on('end', () => {
        this.told(JSON.parse(body), Number(request.url!.slice(1)));
        response.end();
      });
    } else if (request.url === '/next') {
      response.end(JSON.stringify(this.waiting ?? null));
    } else if (request.url!.startsWith('/page/')) {
      const { script } = this.waiting!;
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end(`<!doctype html><link rel="icon" href="data:,"><script type="module">
        let sending = Promise.resolve();
        const tell = (message) => (sending = sending.then(() => fetch('/${this.at}', { method: 'POST', body: JSON.stringify(message) })));
        ${script}</script>`);
    } else {
      // A frame for each run: what is left of the one before goes with it.
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end(`<!doctype html><link rel="icon" href="data:,"><iframe></iframe><script>
        let at = 0;
        setInterval(async () => {
          const next = await (await fetch('/next')).json();
          const frame = document.querySelector('iframe');
          if (!next && at) frame.src = 'about:blank', at = 0;
          if (next && next.at !== at) at = next.at, frame.src = '/page/' + at;
        }, 50);</script>`);
    }
  });

  constructor(private readonly path: string, private readonly kind: 'chromium' | 'firefox') {}

  /** Its version, as it says it. */
  get version(): string {
    return execFileSync(this.path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n')[0]!.replace(/^Mozilla | built on.*/g, '');
  }

  async open(): Promise<void> {
    this.site.listen(0, '127.0.0.1');
    await once(this.site, 'listening');
    const url = `http://127.0.0.1:${(this.site.address() as AddressInfo).port}/`;
    const args = {
      chromium: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', `--user-data-dir=${this.profile}`, '--remote-debugging-port=0', url],
      firefox: ['--headless', '--no-remote', '--profile', this.profile, url],
    }[this.kind];
    this.child = spawn(this.path, args, { stdio: 'ignore', detached: true, env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: '1' } });
  }

  async close(): Promise<void> {
    this.site.closeAllConnections();
    this.site.close();
    if (this.child?.pid && this.child.exitCode === null) {
      const exit = once(this.child, 'exit');
      // It has processes of its own, which write to its profile.
      process.kill(-this.child.pid, 'SIGKILL');
      await exit;
    }
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  client(script: keyof typeof SCRIPTS, name: string): Client {
    return {
      name,
      does: ['parser', 'answer', 'reconnect'],
      follow: async (url: string, outcome: Outcome, stop: AbortSignal) => {
        const at = (this.at += 1);
        await new Promise<void>((resolve) => {
          this.told = ({ data, id, over }, of) => {
            if (of !== at) return;
            if (over) outcome.isOver = true;
            if (over) return resolve();
            outcome.data.push(data!);
            outcome.ids.push(id!);
          };
          stop.addEventListener('abort', () => resolve());
          this.waiting = { at, script: SCRIPTS[script](url) };
        });
        this.waiting = undefined;
      },
    };
  }
}
