import type { Page } from '@playwright/test';
import { violations } from '../accessible.js';
import { Watch, expect, test } from '../fixtures.js';
import type { Hub } from '../hub.js';

/** Themes as a reader's system has them. */
const THEMES = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'forced colours': { colorScheme: 'dark', forcedColors: 'active' },
} as const;

/** A phone's width and a screen's. */
const WIDTHS = [390, 1280];

/** Routes by what they are, each with what has to be on it before it is looked at. */
const ROUTES: Record<string, string> = {
  overview: '/',
  'topics, none chosen': '/topics',
  'a topic': '/topics?topic=orders',
  'a pattern, filtered': '/topics?topic=**&q=paid&re=1&not=1&event=order&time=relative',
  'an empty topic': '/topics?topic=nothing',
  'a topic that is refused': '/topics?topic=a*b',
  'a permalink': '/topics?topic=orders&at=ID',
  'as plain pages': '/topics?topic=orders&view=plain',
  learn: '/learn',
  'the faults': '/faults',
  'one fault': '/faults?scenario=cut-in-event&with=bom&run=axe',
  'the inspector, of nothing': '/inspect',
  'the inspector, running, with findings': `/inspect?url=${encodeURIComponent('/faults/invalid-utf8?interval=200&count=100')}`,
  'the chat, outside': '/chat',
  'the chat, inside': '/chat?user=Ada',
  'no page': '/nowhere',
};

test.use({ expectedErrors: [/status of \d+|net::ERR_/] });

/** Publishes what the pages show; gives an id. */
async function furnish(hub: Hub): Promise<string> {
  await hub.say('Bob', 'hello');
  await fetch(`${hub.url}/faults/no-content?run=axe`);
  const data = ['paid', { id: 42, items: [{ sku: 'é', n: 1.5 }], paid: null }, '<b>bold</b>', 'x'.repeat(5_000), '{"n": 1,,'];
  const events = Array.from({ length: 80 }, (_, n) => ({
    topic: n % 9 ? 'orders' : 'audit/log',
    event: n % 5 ? 'order' : 'error',
    data: data[n % data.length],
  }));
  return (await hub.publishAll(events))[42]!;
}

/** Waits until what is live on a page is. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('.badge strong', { hasText: /As rendered|Connecting/ })).toHaveCount(0);
}

for (const [theme, media] of Object.entries(THEMES)) {
  for (const width of WIDTHS) {
    test(`no route has a violation: ${theme}, ${width} px`, async ({ hub, page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia(media);
      await page.setViewportSize({ width, height: 844 });
      const id = await furnish(hub);
      const found: Record<string, string[]> = {};
      for (const [name, path] of Object.entries(ROUTES)) {
        await page.goto(hub.url + path.replace('ID', id));
        await settled(page);
        if (name.endsWith('findings')) {
          await page.getByRole('tab', { name: 'Findings' }).click();
          await expect(page.locator('.finding').first()).toBeVisible();
        }
        const here = await violations(page);
        if (here.length > 0) found[name] = here;
      }
      expect(found).toEqual({});
    });

    test(`no state of a topic’s page has a violation: ${theme}, ${width} px`, async ({ hub, wire, page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia(media);
      await page.setViewportSize({ width, height: 844 });
      await furnish(hub);
      const watch = new Watch(page);
      const found: Record<string, string[]> = {};
      const look = async (state: string) => {
        const here = await violations(page);
        if (here.length > 0) found[state] = here;
      };
      await watch.live(await wire.open(), 'orders');
      for (const [state, enter] of states(watch, hub, wire)) {
        await test.step(state, async () => {
          await enter();
          await look(state);
        });
      }
      expect(found).toEqual({});
    });
  }
}

type Switch = { cut(): void; mend(): void; fail(status: number): void };

/** The states of a topic's page, each entered from the one before it. */
function states(watch: Watch, hub: Hub, wire: Switch): [string, () => Promise<void>][] {
  const again = () => watch.badge.getByRole('button', { name: /Try now|Reopen/ }).click();
  const refused = (status: number, word: string) => async () => {
    wire.fail(status);
    await again();
    await expect(watch.word).toHaveText(word);
  };
  return [
    ['held', async () => {
      await watch.list.evaluate((list) => (list.scrollTop -= 300));
      await expect(watch.word).toHaveText('Held');
      await hub.publish('orders', 'one more');
      await expect(watch.follow).toBeVisible();
    }],
    ['paused', async () => {
      await watch.does('pause').click();
      await expect(watch.word).toHaveText('Paused');
    }],
    ['a selected event, parsed', async () => {
      await watch.rows.first().click();
      await watch.list.press('Enter');
      await watch.does('view-parsed').click();
      await expect(watch.aside).toBeVisible();
    }],
    ['raw', () => watch.does('view-raw').click()],
    ['hex', () => watch.does('view-hex').click()],
    ['the keys', async () => {
      await watch.list.press('Escape');
      await watch.list.press('?');
      await expect(watch.page.locator('dialog[open], [role=dialog]:visible')).toBeVisible();
    }],
    ['an invalid expression', async () => {
      await watch.page.keyboard.press('Escape');
      await watch.filter.locator('input[name=re]').check();
      await watch.text.fill('(');
      await expect(watch.text).toHaveAttribute('aria-invalid', 'true');
    }],
    ['reconnecting', async () => {
      await watch.text.fill('');
      await watch.does('pause').click();
      wire.cut();
      await expect(watch.word).toHaveText('Reconnecting');
    }],
    ['stopped', async () => {
      await watch.badge.getByRole('button', { name: 'Stop' }).click();
      await expect(watch.word).toHaveText('Stopped');
    }],
    ['not signed in', refused(401, 'Not signed in')],
    ['not allowed', refused(403, 'Not allowed')],
    ['error', refused(404, 'Error')],
    ['closed', refused(204, 'Closed')],
  ];
}
