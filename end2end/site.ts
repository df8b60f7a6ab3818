import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web site that is not the hub's: one page, under an origin of its own. */
export class Site {
  /** Its page. */
  html = '';
  private server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(this.html);
  });

  /** Starts it, and gives its origin. */
  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this.origin;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Has this script for its page, as a module. */
  serve(script: string): void {
    this.html = `<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">
<script type="module">${script}</script>`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
