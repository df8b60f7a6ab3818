// Measures the figures of the console, and prints them as one table: `make bench-console`.
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { chromium } from '@playwright/test';
import { Hub } from '../hub.js';
import config from '../playwright.config.js';
import { type Figure, table } from './figure.js';
import { lighthouse } from './lighthouse.js';
import { load } from './load.js';
import { reconnect } from './reconnect.js';
import { sizes } from './sizes.js';
import { axe, gapless } from './suite.js';

const OUT = path.resolve(import.meta.dirname, '../../target/bench-console');
const RUNS = Number(process.env['RUNS'] ?? 3);
/** The parts to run, by name; all where none is named. */
const ONLY = process.argv.slice(2);

const options = config.use!.launchOptions!;
mkdirSync(OUT, { recursive: true });
const hub = new Hub();
await hub.start();
const browser = await chromium.launch(options);
const parts: Record<string, () => Promise<{ figures: Figure[]; raw: unknown }> | { figures: Figure[]; raw: unknown }> = {
  sizes: () => sizes(hub),
  lighthouse: () => lighthouse(hub, options.executablePath ?? chromium.executablePath(), OUT, RUNS),
  axe,
  gapless,
  load: () => load(hub, browser),
  reconnect: () => reconnect(hub, browser),
};
const figures: Figure[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (ONLY.length > 0 && !ONLY.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  try {
    const measured = await part();
    figures.push(...measured.figures);
    writeFileSync(path.join(OUT, `${name}.json`), JSON.stringify(measured.raw));
  } catch (failure) {
    figures.push({ what: name, goal: '', measured: `not measured: ${String(failure).split('\n')[0]}`, met: false });
  }
}
await browser.close();
await hub.kill();
console.log(`\n${table(figures)}\n\nEach measurement: ${path.relative(process.cwd(), OUT)}/`);
