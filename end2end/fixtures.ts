import { type BrowserContext, type Locator, type Page, expect, test as base } from '@playwright/test';
import { Hub } from './hub.js';
import { Site } from './site.js';
import { Wire } from './wire.js';

type Fixtures = {
  hub: Hub;
  wire: Wire;
  /** A site of another origin, which the hub lets in. */
  site: Site;
  /** Console messages that a test provokes on purpose. */
  expectedErrors: RegExp[];
  /** Where the hub keeps its events; in memory where nothing is said. */
  dataDir: string | undefined;
  /** Further flags of the hub. */
  flags: string[];
  /** Whether the hub is open, or closed but for what its flags open. */
  command: 'dev' | 'serve';
};

/** Tests with a hub of their own; any other console error or uncaught exception fails them. */
export const test = base.extend<Fixtures>({
  expectedErrors: [[], { option: true }],

  dataDir: [undefined, { option: true }],

  flags: [[], { option: true }],

  command: ['dev', { option: true }],

  site: async ({}, use) => {
    const site = new Site();
    await site.open();
    await use(site);
    site.close();
  },

  hub: async ({ dataDir, flags, command, site }, use) => {
    const hub = new Hub(dataDir, [`--cors-origin=${site.origin}`, ...flags], command);
    await hub.start();
    await use(hub);
    await hub.kill();
  },

  wire: async ({ hub }, use) => {
    const wire = new Wire(hub);
    await use(wire);
    wire.close();
  },

  context: async ({ context, expectedErrors }, use) => {
    const errors = complaints(context, expectedErrors);
    await use(context);
    expect(errors, 'errors on the console').toEqual([]);
  },
});

/** What its pages write to the console, or throw, that is not expected. */
export function complaints(context: BrowserContext, expected: RegExp[] = []): string[] {
  const errors: string[] = [];
  const note = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) errors.push(text);
  };
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) note(message.text());
  });
  context.on('weberror', (error) => note(String(error.error())));
  return errors;
}

export { expect };
export { NONE, Watch, differences, sequences } from './watch.js';

/** A page's live panel, by its title. */
export class Panel {
  readonly root: Locator;
  readonly word: Locator;
  readonly detail: Locator;
  readonly rows: Locator;
  readonly gaps: Locator;

  constructor(page: Page, title: string) {
    this.root = page.locator('section', { has: page.getByRole('heading', { name: title, exact: true }) });
    this.word = this.root.locator('.badge strong');
    this.detail = this.root.locator('.badge .detail');
    this.rows = this.root.locator('.row, .messages li');
    this.gaps = this.root.locator('.gap');
  }

  async live(): Promise<void> {
    await expect(this.word).toHaveText('Live');
  }

  /** The sequence numbers of the events shown, oldest first. */
  async sequence(): Promise<number[]> {
    const ids = await this.root.locator('.row-id').allTextContents();
    return ids.map((id) => Number(id.split('-')[1]));
  }
}

/** Collects sequence numbers from a panel that shows only the newest, until there are `n`. */
export async function collect(panel: Panel, n: number): Promise<number[]> {
  const seen: number[] = await panel.sequence();
  await expect
    .poll(async () => {
      const newest = seen.at(-1) ?? 0;
      seen.push(...(await panel.sequence()).filter((seq) => seq > newest));
      return seen.length;
    }, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(n);
  return seen;
}

/** The numbers from the first to the last, none left out. */
export function contiguous(sequence: number[]): number[] {
  return sequence.map((_, i) => sequence[0]! + i);
}
