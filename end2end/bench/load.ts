import * as path from 'node:path';
import type { Browser, CDPSession, Page } from '@playwright/test';
import { type Hub, sequence } from '../hub.js';
import { Publisher, quote } from '../publisher.js';
import { Watch } from '../watch.js';
import { type Figure, p95 } from './figure.js';
import { until } from './until.js';

/** What one list holds. */
const HELD = 100_000;
/** For how long frames are looked at, in milliseconds. */
const FRAMES = 15_000;

/** An interaction as the browser measures it, from the input to the next paint. */
type Interaction = { name: string; duration: number };

/** What was measured in one run. */
type Run = {
  throttle: number;
  frames: number[];
  framesInUse: number[];
  interactions: Interaction[];
  /** Milliseconds until a step showed, driver included; null where it did not. */
  steps: Record<string, number | null>;
  wasmBytes: number;
  elements: number;
  nodes: number;
  held: number;
  behind: number;
};

/** Frames, interactions and memory at 1,000 events/s with 100,000 rows held. */
export async function load(hub: Hub, browser: Browser): Promise<{ figures: Figure[]; raw: Run[] }> {
  const runs = [await run(hub, browser, 1), await run(hub, browser, 4)];
  const [full, slow] = runs as [Run, Run];
  return { figures: [...speed(full, '', 20, 50), ...speed(slow, ' at 4× CPU throttle', 50, 200), ...room(full)], raw: runs };
}

function speed(run: Run, where: string, frame: number, interaction: number): Figure[] {
  const [at, slowest] = [p95(run.frames), Math.max(0, ...run.interactions.map(({ duration }) => duration))];
  const which = run.interactions.find(({ duration }) => duration === slowest)?.name ?? 'none over 16 ms';
  return [
    { what: `frame time p95${where}`, goal: `≤ ${frame} ms`, measured: `${at.toFixed(1)} ms`, met: at <= frame },
    {
      what: `slowest interaction${where}`,
      goal: `≤ ${interaction} ms`,
      measured: `${slowest} ms (${which})`,
      met: slowest <= interaction,
    },
  ];
}

function room({ wasmBytes, elements, nodes, held, behind, steps }: Run): Figure[] {
  const failed = Object.keys(steps).filter((name) => steps[name] === null);
  const mb = wasmBytes / 1024 / 1024;
  return [
    { what: 'wasm memory', goal: '≤ 64 MB', measured: `${mb.toFixed(1)} MB`, met: mb > 0 && mb <= 64 },
    { what: 'DOM elements', goal: '≤ 1,000', measured: `${elements} (${nodes} nodes with text)`, met: elements <= 1_000 },
    { what: 'steps that did not show within 10 s', goal: 'none', measured: failed.join(', ') || 'none', met: failed.length === 0 },
    { what: 'rows held in that run', goal: '100,000', measured: `${held}, ${behind} behind the hub`, met: held > HELD * 0.98 },
  ];
}

async function run(hub: Hub, browser: Browser, throttle: number): Promise<Run> {
  const topic = `load-${throttle}`;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript({ path: path.join(import.meta.dirname, 'measure.js') });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const watch = new Watch(page);
  await watch.live(hub.url, topic);
  let last = 0;
  for (let n = 0; n < HELD; n += 1_000) {
    const events = Array.from({ length: 1_000 }, (_, i) => quote(topic, n + i));
    last = sequence((await hub.publishAll(events)).at(-1)!);
  }
  await until(async () => (await watch.newest()) >= last, 120_000, 'the page holds 100,000 rows');
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: throttle });
  const publisher = new Publisher(hub, topic).start();
  await until(() => publisher.count > 3_000, 60_000, 'the publisher runs');

  const frames = await page.evaluate((ms) => (window as unknown as Measures).frameTimes(ms), FRAMES);
  await page.evaluate(() => (window as unknown as Measures).interactions.splice(0));
  const inUse = page.evaluate((ms) => (window as unknown as Measures).frameTimes(ms), FRAMES);
  const steps = await use(watch);
  const framesInUse = await inUse;
  const found = await page.evaluate(() => {
    const { interactions, wasmBytes } = window as unknown as Measures;
    return { interactions, wasmBytes: wasmBytes(), elements: document.querySelectorAll('*').length };
  });
  const size = await watch.size();
  // Of the page first: what comes meanwhile counts as behind.
  const newest = await watch.newest();
  const behind = (await hub.newest()) - newest;
  await publisher.stop();
  const nodes = await countNodes(cdp);
  await context.close();
  return { throttle, frames, framesInUse, ...found, steps, nodes, held: size, behind };
}

/** Does what readers do; says how long each step took until the page showed it, driver included. */
async function use(watch: Watch): Promise<Record<string, number | null>> {
  const { page } = watch;
  const steps: Record<string, number | null> = {};
  const step = async (name: string, act: () => Promise<unknown>, shown: () => Promise<boolean>) => {
    const begun = performance.now();
    await act();
    // What does not show is a finding, not the end of the measurement.
    const seen = await until(shown, 10_000, name).then(() => true, () => false);
    steps[name] = seen ? Math.round(performance.now() - begun) : null;
  };
  const word = (expected: string) => async () => (await watch.word.textContent()) === expected;
  await step('pause', () => watch.does('pause').click(), word('Paused'));
  await step('resume', () => watch.does('pause').click(), word('Live'));
  await step('scroll', () => wheel(watch, -5_000), word('Held'));
  await step('scroll on', () => wheel(watch, -50_000), async () => true);
  await step('select', () => press(page, ['k', 'k', 'j']), async () => (await watch.list.locator('[aria-current=true]').count()) > 0);
  await step('follow', () => watch.list.press('End'), word('Live'));
  await step('type in the filter', () => watch.text.pressSequentially('T42'), async () => (await watch.size()) < HELD / 10);
  await step('clear the filter', () => watch.text.fill(''), async () => (await watch.size()) > HELD / 10);
  await step('choose a facet', () => watch.facet('error').click(), async () => (await watch.size()) < HELD / 2);
  await step('choose all', () => watch.facet('error').click(), async () => (await watch.size()) > HELD / 2);
  return steps;
}

async function wheel(watch: Watch, by: number): Promise<void> {
  await watch.list.hover();
  await watch.page.mouse.wheel(0, by);
}

async function press(page: Page, keys: string[]): Promise<void> {
  await page.locator('.events').first().focus();
  for (const key of keys) await page.keyboard.press(key);
}

async function countNodes(cdp: CDPSession): Promise<number> {
  await cdp.send('Performance.enable');
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'Nodes')?.value ?? NaN;
}

/** What measure.js puts into the page. */
type Measures = {
  frameTimes(ms: number): Promise<number[]>;
  interactions: Interaction[];
  wasmBytes(): number;
};
