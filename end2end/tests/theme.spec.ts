import type { Page } from '@playwright/test';
import { Panel, expect, test } from '../fixtures.js';

const LIGHT = 'rgb(255, 255, 255)';
const DARK = 'rgb(11, 14, 20)';

async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name }).click();
}

async function looks(page: Page, background: string): Promise<void> {
  await expect(page.locator('body')).toHaveCSS('background-color', background);
}

test('a theme is chosen, kept, and given back to the system @both', async ({ hub, page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${hub.url}/topics?topic=a%2Fb&q=x`);
  await looks(page, LIGHT);
  await choose(page, 'Dark');
  await looks(page, DARK);
  await expect(page).toHaveURL(`${hub.url}/topics?topic=a%2Fb&q=x`);
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  await expect(page.locator('meta[name=color-scheme]')).toHaveAttribute('content', 'dark');
  const pressed = page.locator('.theme [aria-pressed=true]');
  await expect(pressed).toHaveText('Dark');

  await page.goto(`${hub.url}/learn`);
  await looks(page, DARK);
  await expect(pressed).toHaveText('Dark');
  await page.emulateMedia({ colorScheme: 'dark' });
  await choose(page, 'Light');
  await looks(page, LIGHT);
  await choose(page, 'System');
  await looks(page, DARK);
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
  await expect(pressed).toHaveText('System');
});

test('the page stays, with all that it holds', async ({ hub, page }) => {
  await page.goto(`${hub.url}/topics?topic=a`);
  await new Panel(page, 'Events').live();
  await hub.publish('a', 'held by the page');
  await expect(page.locator('.event-row .row-data')).toHaveText(['held by the page']);
  const loads = () => page.evaluate(() => performance.timeOrigin);
  const loaded = await loads();
  await choose(page, 'Dark');
  await looks(page, DARK);
  expect(await loads()).toBe(loaded);
  await expect(page.locator('.event-row .row-data')).toHaveText(['held by the page']);
});

test('a page is in its theme from its first byte @both', async ({ hub, page, context }) => {
  await context.addCookies([{ name: 'theme', value: 'dark', url: hub.url }]);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.route('**/*.wasm*', (route) => route.abort());
  await page.goto(`${hub.url}/`, { waitUntil: 'commit' });
  await looks(page, DARK);
});
test.use({ expectedErrors: [/Failed to (load resource|fetch)|wasm/i] });

test('what is chosen is seen in the reader’s own colours @both', async ({ hub, page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await page.goto(`${hub.url}/topics?topic=a`);
  const group = page.getByRole('group', { name: 'Theme' });
  await expect(group.getByRole('button', { name: 'System' })).toHaveCSS('outline-style', 'solid');
  await expect(group.getByRole('button', { name: 'Dark' })).toHaveCSS('outline-style', 'none');
  await expect(page.getByRole('link', { name: 'Topics' })).toHaveCSS('outline-style', 'solid');
});

test('motion is off where the reader wants none, and targets are large on a phone @both', async ({ hub, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${hub.url}/topics?topic=a`);
  const buttons = page.locator('.theme button, form.publish button');
  await expect(buttons.first()).toHaveCSS('transition-duration', '0s');
  for (const button of await buttons.all()) {
    const box = await button.boundingBox();
    expect(Math.min(box!.width, box!.height)).toBeGreaterThanOrEqual(44);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
