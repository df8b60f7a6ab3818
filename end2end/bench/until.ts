import { setTimeout as after } from 'node:timers/promises';

/** Waits until something holds; fails where it does not within so many milliseconds. */
export async function until(holds: () => Promise<boolean> | boolean, ms: number, what: string): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${ms / 1_000} s: ${what}`);
    await after(20);
  }
}
