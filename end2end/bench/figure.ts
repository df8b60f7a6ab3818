/** One line of the table. */
export type Figure = {
  what: string;
  /** What CONSOLE.md's last table asks for, in words. */
  goal: string;
  measured: string;
  /** Whether the goal is met; none where there is no goal. */
  met?: boolean;
};

/** The value below which 95 of 100 lie. */
export function p95(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? NaN;
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** The figures as a table of Markdown. */
export function table(figures: Figure[]): string {
  const rows = figures.map(({ what, goal, measured, met }) => [what, goal, measured, met === undefined ? '' : met ? 'yes' : 'NO']);
  const all = [['figure', 'goal', 'measured', 'met'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(all[0]!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
