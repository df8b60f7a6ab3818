import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** The binary under test: the one that is named, else the one that was built last. */
const BINARY = process.env['TICKERTAPE'] ?? newest('release', 'debug');

function newest(...profiles: string[]): string {
  const built = profiles
    .map((profile) => path.resolve(import.meta.dirname, '../target', profile, 'tickertape'))
    .filter((binary) => existsSync(binary))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (!built[0]) throw new Error('there is no binary to test: `make build` builds it');
  return built[0];
}

/** An event to publish. */
export type Draft = { topic: string; data: unknown; event?: string };

/** The number in an id. */
export function sequence(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}

/** A secret for tokens, and a server that knows it. */
export const SECRET = '0123456789abcdef0123456789abcdef';

/** A token that gives these rights, as `tickertape token` makes it. */
export function token(...args: string[]): string {
  const env = { ...process.env, TICKERTAPE_JWT_KEY: SECRET };
  return execFileSync(BINARY, ['token', '--subject', 'anna', ...args], { encoding: 'utf8', env }).trim();
}

/** What `tickertape inspect` prints. */
export async function inspected(...args: string[]): Promise<string> {
  return (await promisify(execFile)(BINARY, ['inspect', ...args])).stdout;
}

/** A Tickertape of the test's own, on a free port. */
export class Hub {
  private child: ChildProcess | undefined;
  private port = 0;

  /** With a directory it keeps its events there, else in memory; `flags` as on the command line. */
  constructor(
    private readonly dataDir?: string,
    private readonly flags: string[] = [],
    private readonly command: 'dev' | 'serve' = 'dev',
  ) {}

  /** Starts it, on this port, or again on the one where it has run before. */
  async start(port = this.port): Promise<void> {
    const storage = this.dataDir ? ['--data-dir', this.dataDir] : ['--ephemeral'];
    const child = spawn(BINARY, [this.command, '--addr', `127.0.0.1:${port}`, ...storage, ...this.flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        TICKERTAPE_LOG: 'error',
        ...(this.command === 'serve' && { TICKERTAPE_JWT_KEY: SECRET }),
      },
    });
    this.child = child;
    for await (const line of createInterface({ input: child.stdout! })) {
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port) {
        this.port = Number(port);
        child.stdout!.resume();
        return;
      }
    }
    throw new Error(`${BINARY} ended without printing its address`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get address(): net.TcpNetConnectOpts {
    return { host: '127.0.0.1', port: this.port };
  }

  /** Ends it without a chance to say goodbye. */
  kill(): Promise<number | null> {
    return this.end('SIGKILL');
  }

  /** Asks it to end, and gives its exit status. */
  terminate(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  async say(user: string, message: string): Promise<string> {
    const url = `${this.url}/post?user=${encodeURIComponent(user)}`;
    const response = await fetch(url, { method: 'POST', body: message });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { id: string }).id;
  }

  /** Publishes one event; `query` such as `&retry=500`. */
  async publish(topic: string, data: string, query = ''): Promise<string> {
    const url = `${this.url}/events?topic=${encodeURIComponent(topic)}${query}`;
    const response = await fetch(url, { method: 'POST', body: data });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { id: string }).id;
  }

  /** Publishes all of these, or none; gives their ids in their order. */
  async publishAll(events: Draft[]): Promise<string[]> {
    const response = await fetch(`${this.url}/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(events),
    });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { id: string }[]).map(({ id }) => id);
  }

  /** The sequence number of its newest event. */
  async newest(): Promise<number> {
    const response = await fetch(`${this.url}/events?topic=**`, { method: 'HEAD' });
    return sequence(response.headers.get('tickertape-last-event-id') ?? '');
  }

  /** How many connections follow exactly this. */
  async followers(selector: string): Promise<number> {
    const response = await fetch(`${this.url}/api/subscribers?limit=1000`);
    const { subscribers } = (await response.json()) as { subscribers: { selectors: string[] }[] };
    return subscribers.filter(({ selectors }) => selectors.join() === selector).length;
  }

  /** Stops its process: every connection stays open, and nothing comes. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  /** Lets its process go on. */
  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Forgets a topic's events. */
  async forget(topic: string): Promise<void> {
    const response = await fetch(`${this.url}/events?topic=${encodeURIComponent(topic)}`, { method: 'DELETE' });
    if (!response.ok) throw new Error(await response.text());
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }
}
