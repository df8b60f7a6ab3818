import { once } from 'node:events';
import * as net from 'node:net';
import type { Hub } from './hub.js';

/** A wire between browser and hub that can be cut and mended, fall silent, or answer for the hub. */
export class Wire {
  private pairs = new Set<Pair>();
  private server: net.Server;
  private answer: 'hub' | 'refusal' | number = 'hub';
  private silent = false;
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
        this.refused += 1;
        near.end(`HTTP/1.1 ${this.answer} From the proxy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
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
  fail(status: number): void {
    this.answer = status;
    this.cutAll();
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

type Pair = { near: net.Socket; far: net.Socket };
