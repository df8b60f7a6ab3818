import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A server of streams that are not the hub's, some of them odd; it lets pages of every origin in, but for /closed. */
export class Strange {
  /** The `Last-Event-ID` of each request, empty where there was none. */
  readonly ids: string[] = [];
  private server = createServer((request, response) => this.answer(request, response));

  async open(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== '/closed') {
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Access-Control-Allow-Headers', 'last-event-id, content-type');
    }
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    const id = String(request.headers['last-event-id'] ?? '');
    this.ids.push(id);
    response.setHeader('Content-Type', 'text/event-stream');
    if (request.url === '/asked') {
      const asked = `${request.method} ${request.headers['content-type']}`;
      request.setEncoding('utf8').on('data', (body) => response.end(`data: ${asked} ${body}\n\n`));
      return;
    }
    this.body(request.url ?? '/', id, response);
  }

  private body(path: string, id: string, response: ServerResponse): void {
    switch (path) {
      case '/bad':
        response.end(Buffer.concat([Buffer.from(BAD), Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]), Buffer.from('data: lost')]));
        return;
      case '/forgetful':
        response.end('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n');
        return;
      case '/mute':
        // To who comes back it says nothing at all.
        if (!id) response.write('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n');
        return;
      case '/returning': {
        const next = Number(id) + 1;
        response.end(`retry: 100\nid: ${next}\ndata: n${next}\n\n`);
        return;
      }
      case '/packed':
        response.setHeader('Content-Encoding', 'gzip');
        response.end(gzipSync('data: unpacked\n\n'));
        return;
      case '/busy':
        response.writeHead(503).end('{"detail":"too busy"}');
        return;
      case '/many':
        response.end(Array.from({ length: 10_000 }, (_, n) => `id: ${n}\ndata: {"n":${n}}\n\n`).join(''));
        return;
      case '/newlines':
        response.end('\n'.repeat(200_000));
        return;
      case '/deep':
        response.end(`data: ${'['.repeat(4_000)}${']'.repeat(4_000)}\n\n`);
        return;
      case '/headers':
        response.setHeader('Access-Control-Expose-Headers', '*');
        for (let n = 0; n < 300; n++) response.setHeader(`x-${n}`, 'long');
        response.end('data: hello\n\n');
        return;
      case '/named':
        response.end(`retry: 100\nid: \u202e${'i'.repeat(5_000)}\ndata: a\n\n`);
        return;
      case '/comments':
        response.end(': nothing\n'.repeat(100_000));
        return;
      case '/endless':
        endless(response);
        return;
      default:
        response.end('data: hello\n\n');
    }
  }
}

/** HTML, controls and a bidirectional override as data, and most of what can be wrong. */
const BAD = 'Data: x\nid: a\u0000b\nretry: 3s\ndata: <img src=x onerror="document.title=1"> \u202egpj\u202c \u001b[2J\n\r\n: c\n\nid: 7\n\n';

/** 32 MiB of one line. */
function endless(response: ServerResponse): void {
  const piece = Buffer.alloc(1 << 20, 'x');
  let left = 32;
  response.write('data: ');
  const more = () => {
    while (left-- > 0) {
      if (!response.write(piece)) {
        response.once('drain', more);
        return;
      }
    }
    response.end('\n\ndata: after\n\n');
  };
  more();
}
