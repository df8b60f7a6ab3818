import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as http from 'node:http';
import { createInterface } from 'node:readline';
import { EventSource } from 'eventsource';
import { createParser } from 'eventsource-parser';
import type { Needs, Outcome } from './rows.js';

/** A client that is held against the standard. */
export type Client = {
  name: string;
  /** What it does by itself; what is beyond it is not asked. */
  does: Needs[];
  /** Follows a stream and fills in what it makes of it, until it is over or told to stop. */
  follow(url: string, outcome: Outcome, stop: AbortSignal): Promise<void>;
};

const ALL: Needs[] = ['parser', 'answer', 'reconnect'];

/** npm `eventsource`. */
export const eventsource: Client = {
  name: 'npm eventsource',
  does: ALL,
  async follow(url, outcome, stop) {
    const source = new EventSource(url);
    source.onmessage = ({ data, lastEventId }) => {
      outcome.data.push(data as string);
      outcome.ids.push(lastEventId);
    };
    await new Promise<void>((resolve) => {
      source.onerror = () => source.readyState === source.CLOSED && resolve();
      stop.addEventListener('abort', () => resolve());
    });
    outcome.isOver = source.readyState === source.CLOSED && !stop.aborted;
    source.close();
  },
};

/** The bytes of one connection, up to where it ends or breaks. */
async function connection(url: string, id: string, stop: AbortSignal, take: (bytes: Buffer) => void): Promise<boolean> {
  const headers = id ? { 'Last-Event-ID': Buffer.from(id).toString('latin1') } : {};
  const request = http.get(url, { headers, signal: stop });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  if (response.statusCode !== 200) return false;
  response.on('data', take).on('error', () => undefined);
  await new Promise((resolve) => response.on('close', resolve));
  return true;
}

/** npm `eventsource-parser`: a parser, to which a loop here brings the bytes, with the id that it said last. */
export const eventsourceParser: Client = {
  name: 'npm eventsource-parser',
  does: ['parser'],
  async follow(url, outcome, stop) {
    let id = '';
    const parser = createParser({
      onEvent(event) {
        // It gives an event its own id alone; the last one is for who uses it to keep.
        id = event.id ?? id;
        outcome.data.push(event.data);
        outcome.ids.push(id);
      },
    });
    const decoder = new TextDecoder();
    await connection(url, '', stop, (bytes) => parser.feed(decoder.decode(bytes, { stream: true })));
    outcome.isOver = true;
  },
};

/** A program that prints what it reads, as JSON, an event a line: `{"data","id"}`; at the end `{"over":true}`. */
export function program(name: string, does: Needs[], command: string[], input = false): Client {
  return {
    name,
    does,
    async follow(url, outcome, stop) {
      const [path, ...args] = input ? command : [...command, url];
      const child = spawn(path!, args, { stdio: ['pipe', 'pipe', process.env['VERBOSE'] ? 'inherit' : 'ignore'] });
      stop.addEventListener('abort', () => child.kill('SIGKILL'));
      child.stdin.on('error', () => undefined);
      if (input) void connection(url, '', stop, (bytes) => child.stdin.write(bytes)).catch(() => false).then(() => child.stdin.end());
      for await (const line of createInterface({ input: child.stdout })) {
        const { data, id, over } = JSON.parse(line) as { data?: string; id?: string; over?: boolean };
        if (over) outcome.isOver = true;
        if (data === undefined) continue;
        outcome.data.push(data);
        outcome.ids.push(id ?? '');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      // One that ends by itself has given up, or has been told to stay away.
      if (!stop.aborted) outcome.isOver = true;
    },
  };
}
