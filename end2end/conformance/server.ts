import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The program that is run. */
export const PROGRAM = resolve(process.env['TICKERTAPE'] ?? join(import.meta.dirname, '../../target/release/tickertape'));

/** A server of one's own, with its address. */
export async function start(options: string[]): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(PROGRAM, ['dev', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TICKERTAPE_LOG: 'error' },
  });
  for await (const line of createInterface({ input: server.stdout! })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url) {
      server.stdout!.resume();
      return { server, url };
    }
  }
  throw new Error(`${PROGRAM} ended without printing its address`);
}
