import { once } from 'node:events';
import * as net from 'node:net';
import type { Hub } from './hub.js';

/** A wire between browser and hub that can be cut and mended, fall silent, or answer for the hub. */
export class Wire {
  private pairs = new Set<Pair>();
  private stranded = new Set<net.Socket>();
  private server: net.Server;
  private answer: 'hub' | 'refusal' | Answer = 'hub';
  private silent = false;
  /** Cuts connections on which nothing came from the hub for so many milliseconds, as proxies do. */
  idleLimit = Infinity;
  /** How many bytes of its answers a connection carries until it is cut; asked once for each. */
  endurance: () => number = () => Infinity;
  /**
   * Whether nothing of a head passes where the cut is in the middle of it. Chromium takes what came
   * for all of it, and a stream without its type or its CORS header ends an `EventSource` for good.
   */
  wholeHeads = false;
  /** How many connections were cut so far. */
  cuts = 0;
  /** How often the wire has answered for the hub. */
  refused = 0;

  constructor(hub: Hub) {
    this.server = net.createServer((near) => {
      near.on('error', () => near.destroy());
      if (this.answer === 'refusal') near.resetAndDestroy();
      else if (this.answer === 'hub') this.join(near, net.connect(hub.address));
      else {
        const { status, type } = this.answer;
        this.refused += 1;
        // A 204 has no body, and says no length.
        const length = status === 204 ? '' : 'Content-Length: 0\r\n';
        const kind = type ? `Content-Type: ${type}\r\n` : '';
        near.end(`HTTP/1.1 ${status} From the proxy\r\n${kind}${length}Connection: close\r\n\r\n`);
      }
    });
  }

  /** Whether any connection goes through. */
  get carries(): boolean {
    return this.pairs.size > 0;
  }

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  /** Resets every connection, and refuses new ones. */
  cut(): void {
    this.answer = 'refusal';
    this.cutAll();
  }

  /** Resets every connection; new ones go through. */
  cutAll(): void {
    for (const pair of this.pairs) this.cutOne(pair);
  }

  /** Resets every connection, and answers all that is asked with this status, as a proxy does. */
  fail(status: number, type?: string): void {
    this.answer = { status, type };
    this.cutAll();
  }

  /** Carries nothing on the connections that are there, which stay open; new ones go through, as after a sleep. */
  strand(): void {
    for (const { near, far } of this.pairs) {
      far.pause();
      near.unpipe(far);
      // Who asks something there again learns that nobody is left, and asks elsewhere.
      near.on('data', () => near.resetAndDestroy()).resume();
      this.stranded.add(near);
    }
    this.pairs.clear();
  }

  /** Carries nothing to the browser any more, and keeps every connection open. */
  hush(): void {
    this.silent = true;
    for (const { far } of this.pairs) far.pause();
  }

  mend(): void {
    this.answer = 'hub';
    this.silent = false;
    for (const { far } of this.pairs) far.resume();
  }

  close(): void {
    this.cut();
    for (const near of this.stranded) near.destroy();
    this.server.close();
  }

  private join(near: net.Socket, far: net.Socket): void {
    const pair = { near, far };
    this.pairs.add(pair);
    far.on('error', () => far.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => {
      near.destroySoon();
      this.pairs.delete(pair);
    });
    near.pipe(far);
    const endurance = this.endurance();
    let carried = 0;
    far.on('data', (bytes) => {
      const head = carried === 0 && this.wholeHeads ? bytes.indexOf('\r\n\r\n') + 4 : 0;
      const left = endurance - carried;
      carried += bytes.length;
      if (left >= head) near.write(bytes.subarray(0, left));
      if (carried >= endurance) this.cutOne(pair, left >= head);
    });
    if (this.silent) far.pause();
    if (this.idleLimit === Infinity) return;
    far.setTimeout(this.idleLimit, () => this.cutOne(pair));
  }

  /** Gently: what was written arrives, and then the end, in the middle of whatever it is. */
  private cutOne(pair: Pair, gently = false): void {
    if (!this.pairs.delete(pair)) return;
    const { near, far } = pair;
    this.cuts += 1;
    far.destroy();
    if (gently) near.destroySoon();
    else near.resetAndDestroy();
  }
}

type Answer = { status: number; type: string | undefined };
type Pair = { near: net.Socket; far: net.Socket };
