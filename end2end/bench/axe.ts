import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import type { Figure } from './figure.js';

type Suite = { specs?: { title: string; ok: boolean }[]; suites?: Suite[] };

/** What the test of accessibility says: it looks at each route and state, in each theme and at two widths. */
export function axe(): { figures: Figure[]; raw: unknown } {
  const cwd = path.resolve(import.meta.dirname, '..');
  const { stdout } = spawnSync('npx', ['playwright', 'test', 'axe.spec', '--reporter=json'], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const specs = all(JSON.parse(stdout) as Suite);
  const failed = specs.filter(({ ok }) => !ok).map(({ title }) => title);
  const measured = failed.length === 0 ? `0 in ${specs.length} tours` : `some in ${failed.length} of ${specs.length} tours`;
  const what = 'axe violations, routes and states × themes × widths';
  return { figures: [{ what, goal: '0', measured, met: failed.length === 0 && specs.length > 0 }], raw: { failed, specs } };
}

function all({ specs = [], suites = [] }: Suite): { title: string; ok: boolean }[] {
  return [...specs, ...suites.flatMap(all)];
}
