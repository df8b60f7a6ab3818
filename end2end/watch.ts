import { readFile } from 'node:fs/promises';
import { type Locator, type Page, expect } from '@playwright/test';
import { sequence } from './hub.js';

/** A line of what a page exports. */
export type Held = { id: string; topic: string; event: string; data: string; time: string };

/** The page of a topic. */
export class Watch {
  readonly root: Locator;
  readonly badge: Locator;
  readonly glyph: Locator;
  readonly word: Locator;
  readonly detail: Locator;
  /** What is scrolled. */
  readonly list: Locator;
  /** The rows that there are elements for; of those not in use none. */
  readonly rows: Locator;
  readonly gaps: Locator;
  /** Leads back to the newest row. */
  readonly follow: Locator;
  readonly filter: Locator;
  readonly text: Locator;
  /** One event, whole. */
  readonly aside: Locator;

  constructor(readonly page: Page) {
    this.root = page.locator('section.watch');
    this.badge = this.root.locator('.badge').first();
    this.glyph = this.badge.locator('.glyph');
    this.word = this.badge.locator('strong');
    this.detail = this.badge.locator('.detail');
    this.list = this.root.locator('.events');
    this.rows = this.list.locator('li.event-row:not([hidden])');
    this.gaps = this.rows.filter({ has: page.locator('.gap') });
    this.follow = this.root.locator('button.follow');
    this.filter = this.root.locator('form.filter');
    this.text = this.filter.locator('input[name=q]');
    this.aside = page.locator('aside.detail');
  }

  /** Opens a topic; `query` such as `&q=boom`. */
  async open(url: string, topic: string, query = ''): Promise<void> {
    await this.page.goto(`${url}/topics?topic=${encodeURIComponent(topic)}${query}`);
  }

  /** Opens a topic, and waits until it is live. */
  async live(url: string, topic: string, query = ''): Promise<void> {
    await this.open(url, topic, query);
    await expect(this.word).toHaveText('Live');
  }

  /** A button by what it does. */
  does(what: string): Locator {
    return this.page.locator(`[data-do="${what}"]`);
  }

  row(id: string): Locator {
    return this.list.locator(`li.event-row[data-id="${id}"]:not([hidden])`);
  }

  facet(name: string): Locator {
    return this.root.locator(`button.facet[data-name="${name}"]`);
  }

  /** The sequence numbers of the rows that there are elements for, in their order on the screen. */
  drawn(): Promise<number[]> {
    return this.rows.evaluateAll((rows) =>
      rows
        .filter((row) => row.hasAttribute('data-id'))
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((row) => Number(row.querySelector('.row-id')!.textContent)),
    );
  }

  /** The sequence number of the newest row that there is an element for; 0 where there is none. */
  async newest(): Promise<number> {
    return (await this.drawn()).at(-1) ?? 0;
  }

  /** Waits until a row is there that is this one or newer; of a list that follows. */
  async reaches(sequence: number, timeout = 15_000): Promise<void> {
    await expect.poll(() => this.newest(), { timeout }).toBeGreaterThanOrEqual(sequence);
  }

  /** How many rows the list says that it has. */
  async size(): Promise<number> {
    if ((await this.rows.count()) === 0) return 0;
    return Number(await this.rows.first().getAttribute('aria-setsize'));
  }

  /** Where on the screen an event stands, to a pixel; null where it has no element. */
  async place(id: string): Promise<number | null> {
    const row = this.row(id);
    if ((await row.count()) === 0) return null;
    return Math.round((await row.boundingBox())?.y ?? NaN);
  }

  /** The id of the event at the top of what is seen. */
  top(): Promise<string> {
    return this.list.evaluate((list) => {
      const edge = list.getBoundingClientRect().top;
      const rows = [...list.querySelectorAll<HTMLElement>('li.event-row[data-id]:not([hidden])')];
      const seen = rows.filter((row) => row.getBoundingClientRect().top >= edge - 1);
      seen.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
      return seen[0]?.dataset['id'] ?? '';
    });
  }

  async file(what: 'export-ndjson' | 'export-stream'): Promise<string> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.does(what).click()]);
    return readFile(await download.path(), 'utf8');
  }

  /** Every row that the page holds, gaps included. */
  async export(): Promise<Held[]> {
    return lines(await this.file('export-ndjson'));
  }
}

/** What lines of JSON say. */
export function lines(text: string): Held[] {
  expect(text === '' || text.endsWith('\n'), 'the last line is whole').toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Held);
}

/** The sequence numbers of what a page holds; a gap among it fails the test. */
export function sequences(held: Held[]): number[] {
  expect(held.filter(({ event }) => event === 'hub.gap'), 'gaps').toEqual([]);
  return held.map(({ id }) => sequence(id));
}

/** How what is there differs from what should be: short, whatever the length of both. */
export function differences(held: number[], published: number[]): object {
  const [there, wanted] = [new Set(held), new Set(published)];
  return {
    lost: published.filter((n) => !there.has(n)).slice(0, 10),
    invented: held.filter((n) => !wanted.has(n)).slice(0, 10),
    doubled: held.length - there.size,
    disordered: held.filter((n, i) => i > 0 && n <= held[i - 1]!).slice(0, 10),
  };
}

/** What [`differences`] finds where there are none. */
export const NONE = { lost: [], invented: [], doubled: 0, disordered: [] };
