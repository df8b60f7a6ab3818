import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Hub } from './hub.js';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The proxies, and the file of `docs/deploy` for each. */
export const PROXIES = { nginx: 'nginx.conf', haproxy: 'haproxy.cfg', caddy: 'Caddyfile' };
export type Kind = keyof typeof PROXIES;

/** What lets the pages of an origin in, where the proxy itself answers, and takes away what makes it wait first. */
const LISTED: Record<Kind, (origin: string) => string> = {
  nginx: (origin) => `s|# ("https:)//app.example|"${origin}|`,
  haproxy: (origin) => `s|# (http-request set-var.*)https://app.example|\\1${origin}|;s/retries 10/retries 0/`,
  caddy: (origin) =>
    `s|# (@page.*)https://app.example|\\1${origin}|;s|# (header @page.*)https://app.example|\\1${origin}|` +
    ';s/# (header (@page|Vary))/\\1/;/lb_try_duration/d',
};

/** Whether all is there that a proxy takes; says so where it is not. */
export function isInstalled(kind: Kind): boolean {
  for (const program of [kind, 'openssl']) {
    try {
      execFileSync('sh', ['-c', 'PATH="$PATH:/usr/sbin"; command -v "$0"', program]);
    } catch {
      console.error(`PASSED OVER: nothing was tested behind ${kind}, as there is no ${program}`);
      return false;
    }
  }
  return true;
}

/** A proxy in front of a hub, as docs/deploy has it; with a certificate that nobody trusts. */
export class ReverseProxy {
  private child: ChildProcess | undefined;
  private port = 0;
  private readonly dir = mkdtempSync(path.join(tmpdir(), 'tickertape-proxy-'));

  constructor(
    private readonly kind: Kind,
    private readonly hub: Hub,
    /** The origin whose pages it lets in. */
    private readonly origin: string,
  ) {}

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** Starts it on a free port. Another may take that in between, so it is tried again. */
  async start(): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      this.port = await freePort();
      const child = spawn(
        path.join(ROOT, 'scripts/proxy.sh'),
        [path.join(ROOT, 'docs/deploy', PROXIES[this.kind]), `127.0.0.1:${this.port}`, new URL(this.hub.url).host, this.dir],
        { stdio: 'ignore', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, SED: LISTED[this.kind](this.origin) } },
      );
      this.child = child;
      while (child.exitCode === null) if (await answers(this.port)) return;
    }
    throw new Error(`${this.kind} does not start`);
  }

  async stop(): Promise<void> {
    if (this.child && this.child.exitCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const connected = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => setTimeout(() => resolve(false), 20));
  });
  socket.destroy();
  return connected;
}
