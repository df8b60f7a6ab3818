import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import type { Figure } from './figure.js';

type Spec = { title: string; ok: boolean };
type Suite = { specs?: Spec[]; suites?: Suite[] };

/** How often a page is loaded where ids have to be contiguous. */
const LOADS = 200;

/** What the test of accessibility says: each route and state, in each theme and at two widths. */
export function axe(): { figures: Figure[]; raw: unknown } {
  const { specs, failed } = run('axe.spec', {});
  const measured = failed.length === 0 ? `0 in ${specs.length} tours` : `some in ${failed.length} of ${specs.length} tours`;
  return figure('axe violations, routes and states × themes × widths', measured, specs, failed);
}

/** What the test of pages that come alive says, with all its loads. */
export function gapless(): { figures: Figure[]; raw: unknown } {
  const { specs, failed } = run('gapless.spec', { GAPLESS_LOADS: String(LOADS) });
  const measured = failed.length === 0 ? `0 in ${LOADS} loads` : 'some: see the raw figures';
  return figure(`ids lost or doubled while a page comes alive at 1,000 events/s`, measured, specs, failed);
}

function figure(what: string, measured: string, specs: Spec[], failed: string[]) {
  const met = failed.length === 0 && specs.length > 0;
  return { figures: [{ what, goal: '0', measured, met }], raw: { specs, failed } };
}

/** Runs a test of the suite; its outcome by title. */
function run(name: string, env: Record<string, string>): { specs: Spec[]; failed: string[] } {
  const { stdout } = spawnSync('npx', ['playwright', 'test', name, '--reporter=json'], {
    cwd: path.resolve(import.meta.dirname, '..'),
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  // What a test prints comes before the report.
  const specs = all(JSON.parse(stdout.slice(stdout.indexOf('\n{') + 1)) as Suite);
  return { specs, failed: specs.filter(({ ok }) => !ok).map(({ title }) => title) };
}

function all({ specs = [], suites = [] }: Suite): Spec[] {
  return [...specs.map(({ title, ok }) => ({ title, ok })), ...suites.flatMap(all)];
}
