import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { Hub } from '../hub.js';
import { type Figure, median } from './figure.js';

/** What it judges, and the least that is asked for. */
const GOALS = { performance: 95, accessibility: 100, 'best-practices': 100 };
const CATEGORIES = Object.keys(GOALS) as (keyof typeof GOALS)[];

type Report = { categories: Record<string, { score: number | null }>; audits: Record<string, unknown> };

/** Lighthouse as it is by default (a phone on a slow network) on the overview and on a topic. */
export async function lighthouse(hub: Hub, chromium: string, out: string, runs: number) {
  const figures: Figure[] = [];
  const raw: Record<string, Record<string, number[]>> = {};
  for (const [name, address] of [['/', '/'], ['/topics', '/topics?topic=sizes']] as const) {
    const scores: Record<string, number[]> = (raw[name] = {});
    for (let n = 0; n < runs; n++) {
      const file = path.join(out, `lighthouse${name === '/' ? '' : '-topics'}-${n + 1}.json`);
      const { categories } = await judge(hub.url + address, chromium, file);
      for (const category of CATEGORIES) {
        (scores[category] ??= []).push(Math.round((categories[category]?.score ?? 0) * 100));
      }
    }
    const medians = CATEGORIES.map((category) => median(scores[category]!));
    figures.push({
      what: `Lighthouse ${name}: performance / accessibility / best practices`,
      goal: Object.values(GOALS).join(' / '),
      measured: medians.join(' / '),
      met: CATEGORIES.every((category, n) => medians[n]! >= GOALS[category]),
    });
  }
  return { figures, raw };
}

async function judge(url: string, chromium: string, file: string): Promise<Report> {
  const program = path.resolve(import.meta.dirname, 'node_modules/.bin/lighthouse');
  const flags = ['--quiet', '--output=json', `--output-path=${file}`, `--only-categories=${CATEGORIES.join()}`];
  const chrome = '--chrome-flags=--headless=new --no-sandbox --disable-gpu';
  await promisify(execFile)(program, [url, ...flags, chrome], {
    env: { ...process.env, CHROME_PATH: chromium },
    timeout: 240_000,
  });
  return JSON.parse(await readFile(file, 'utf8')) as Report;
}
