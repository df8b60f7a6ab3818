import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** For how many milliseconds nobody answers. */
const FOR = 1_000;

/** An address for a server that is gone for a while once its first connection has ended, as in a restart. */
export class Away {
  private readonly sockets = new Set<Socket>();
  private listening: Server | undefined;
  private returning: NodeJS.Timeout | undefined;
  private port = 0;
  private wasAway = false;

  constructor(private readonly server: string) {}

  /** Begins to answer; gives the address. */
  async open(): Promise<string> {
    this.listening = createServer((client) => this.join(client)).listen(this.port, '127.0.0.1');
    await once(this.listening, 'listening');
    this.port = (this.listening.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}`;
  }

  close(): void {
    clearTimeout(this.returning);
    this.shut();
  }

  private join(client: Socket): void {
    const server = connect(Number(new URL(this.server).port), '127.0.0.1');
    for (const [from, to] of [[client, server], [server, client]] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroySoon();
      });
      from.pipe(to);
    }
    server.on('close', () => this.leave());
  }

  /** Who asks from now on is refused, for a while. */
  private leave(): void {
    if (this.wasAway) return;
    this.wasAway = true;
    this.shut();
    this.returning = setTimeout(() => void this.open(), FOR);
  }

  private shut(): void {
    this.listening?.close();
    for (const socket of this.sockets) socket.destroySoon();
  }
}
