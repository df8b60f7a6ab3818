import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Browser } from './browser.js';
import { Away } from './away.js';
import { type Client, eventsource, eventsourceParser, program } from './clients.js';
import { COUNT, ROWS, type Outcome, type Row } from './rows.js';
import { PROGRAM, start } from './server.js';

const HERE = import.meta.dirname;
const STANDARD = 'https://html.spec.whatwg.org/multipage/server-sent-events.html';
/** For how long a client may take to be right. */
const PATIENCE = 15_000;
/** For how long it has to stay so. */
const SETTLES = 400;

/** What a client has done under a rule: right, not asked for, or what was wrong. */
type Verdict = 'right' | 'beyond' | { wrong: string };

async function hold(client: Client, row: Row, server: string, run: string): Promise<Verdict> {
  if (!client.does.includes(row.needs)) return 'beyond';
  const away = row.isAway && new Away(server);
  const url = (await away?.open()) ?? server;
  const outcome: Outcome = { data: [], ids: [], isOver: false };
  const stop = new AbortController();
  // The browsers' own wait is three seconds and more.
  const retry = row.needs !== 'reconnect' || row.fault.includes('retry=') ? '' : '&retry=100';
  const mark = row.fault.includes('?') ? '&' : '?';
  const address = `${url}/faults/${row.fault}${mark}count=${COUNT}&interval=0${retry}&run=${run}`.replace('?&', '?');
  const following = client.follow(address, outcome, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) console.error(`${client.name}: ${row.fault}: ${String(error)}`);
  });
  const begun = performance.now();
  const limit = row.stays === 0 ? 2_000 : PATIENCE;
  if (row.stays) await pause(row.stays);
  while (row.wrong(outcome) && performance.now() - begun < limit && !(outcome.isOver && row.needs === 'parser')) await pause(20);
  await pause(SETTLES);
  const wrong = row.wrong(outcome);
  stop.abort();
  await following;
  away?.close();
  return wrong ? { wrong } : 'right';
}

/** The clients that there are, each with its version; what there is not is said. */
async function clients(): Promise<{ all: Client[]; close(): Promise<unknown> }> {
  const installed = (name: string) =>
    (JSON.parse(readFileSync(join(HERE, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;
  const all: Client[] = [];
  const browsers: Browser[] = [];
  for (const kind of ['chromium', 'firefox'] as const) {
    const path = process.env[kind.toUpperCase()];
    if (!path) continue;
    for (const script of ['EventSource', 'tickertape.js'] as const) {
      const browser = new Browser(path, kind);
      await browser.open();
      browsers.push(browser);
      all.push(browser.client(script, script === 'EventSource' ? browser.version : `/${script} in ${kind === 'chromium' ? 'Chromium' : 'Firefox'}`));
    }
  }
  all.push({ ...eventsource, name: `npm eventsource ${installed('eventsource')}` });
  all.push({ ...eventsourceParser, name: `npm eventsource-parser ${installed('eventsource-parser')}` });
  const { PYTHON, EVENTSOURCE_STREAM } = process.env;
  if (PYTHON) {
    const version = execFileSync(PYTHON, ['-c', 'from importlib.metadata import version; print(version("httpx-sse"))'], { encoding: 'utf8' }).trim();
    all.push(program(`Python httpx-sse ${version}`, ['parser', 'answer'], [PYTHON, join(HERE, 'httpx_sse_client.py')]));
  }
  if (EVENTSOURCE_STREAM) all.push(program('Rust eventsource-stream 0.2.3', ['parser'], [EVENTSOURCE_STREAM], true));
  const version = execFileSync(PROGRAM, ['--version'], { encoding: 'utf8' }).trim();
  all.push(program(`${version.replace('tickertape', 'tickertape tail')}`, ['parser', 'answer', 'reconnect'], [PROGRAM, 'tail', '--json']));
  return { all, close: () => Promise.all(browsers.map((browser) => browser.close())) };
}

function table(all: Client[], verdicts: Verdict[][]): string {
  const notes: string[] = [];
  const cell = (verdict: Verdict) => {
    if (verdict === 'right') return 'yes';
    if (verdict === 'beyond') return '–';
    if (!notes.includes(verdict.wrong)) notes.push(verdict.wrong);
    return `**no** ${notes.indexOf(verdict.wrong) + 1}`;
  };
  const rows = ROWS.map((row, at) => {
    const of = row.fault.replace(/\?$/, '');
    const link = `[${row.clause}](${STANDARD})`;
    return `| ${row.rule} | ${link} | \`${of}\` | ${verdicts.map((of) => cell(of[at]!)).join(' | ')} |`;
  });
  const head = ['rule', 'clause', 'fault', ...all.map(({ name }) => name)];
  const lines = [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows, ''];
  return [...lines, ...notes.map((note, at) => `${at + 1}. ${note}`)].join('\n');
}

const { server, url } = await start(['--ephemeral', '--addr', '127.0.0.1:0']);
const { all, close } = await clients();
try {
  const verdicts = await Promise.all(
    all.map(async (client, of) => {
      const found: Verdict[] = [];
      for (const [at, row] of ROWS.entries()) found.push(await hold(client, row, url, `c${of}-${at}`));
      console.error(`${client.name}: ${found.filter((verdict) => verdict === 'right').length} right, ${found.filter((verdict) => typeof verdict === 'object').length} wrong`);
      return found;
    }),
  );
  const path = join(HERE, '../../docs/conformance.md');
  const before = readFileSync(path, 'utf8');
  const [begin, end] = ['<!-- begin: written by make conformance -->', '<!-- end -->'];
  const [intro, rest] = [before.split(begin)[0]!, before.split(end)[1] ?? ''];
  writeFileSync(path, `${intro}${begin}\n\n${table(all, verdicts)}\n\n${end}${rest}`);
} finally {
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  await exit;
  await close();
}
