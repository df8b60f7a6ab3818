import { Watch, expect, test } from '../fixtures.js';
import type { Hub } from '../hub.js';

async function some(hub: Hub, count: number): Promise<string[]> {
  return hub.publishAll(Array.from({ length: count }, (_, n) => ({ topic: 'a', data: `event ${n}` })));
}

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

test('keys move through the list and open what is selected', async ({ hub, page }) => {
  const watch = new Watch(page);
  const ids = await some(hub, 60);
  await watch.live(hub.url, 'a');
  await watch.list.focus();
  const selected = watch.list.locator('[aria-current=true]');
  await page.keyboard.press('k');
  await expect(selected).toHaveCount(1);
  const first = ids.indexOf((await selected.getAttribute('data-id'))!);
  expect(first, 'what is selected first is in view').toBeGreaterThan(40);
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await expect(selected).toHaveAttribute('data-id', ids[first - 2]!);
  await page.keyboard.press('j');
  await expect(selected).toHaveAttribute('data-id', ids[first - 1]!);

  await expect(watch.aside).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(watch.aside).toBeVisible();
  await expect(watch.aside).toContainText(`event ${first - 1}`);
  await page.keyboard.press('c');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`event ${first - 1}`);
  await page.keyboard.press('Escape');
  await expect(watch.aside).toBeHidden();
  await expect(watch.list, 'focus is where it was').toBeFocused();
});

test('Space pauses and resumes; G and End follow', async ({ hub, page }) => {
  const watch = new Watch(page);
  await some(hub, 90);
  await watch.live(hub.url, 'a');
  await watch.list.focus();
  await page.keyboard.press('Space');
  await expect(watch.word).toHaveText('Paused');
  await page.keyboard.press('Space');
  await expect(watch.word).toHaveText('Live');
  for (const key of ['Shift+G', 'End']) {
    await watch.list.evaluate((list) => (list.scrollTop = 0));
    await expect(watch.word).toHaveText('Held');
    await page.keyboard.press(key);
    await expect(watch.word).toHaveText('Live');
  }
});

test('/ leads to the filter, where keys are letters', async ({ hub, page }) => {
  const watch = new Watch(page);
  await some(hub, 5);
  await watch.live(hub.url, 'a');
  await watch.list.focus();
  await page.keyboard.press('/');
  await expect(watch.text).toBeFocused();
  await page.keyboard.type('G jkcpt?/ ');
  await expect(watch.text).toHaveValue('G jkcpt?/ ');
  await expect(watch.word).toHaveText('Live');
  await expect(watch.list.locator('[aria-current=true]')).toHaveCount(0);
  await expect(watch.aside).toBeHidden();
  await expect(page.locator('select[name=time]')).toHaveValue('utc');
});

test('t changes how times are written, p leads to publishing, ? tells the keys', async ({ hub, page }) => {
  const watch = new Watch(page);
  await some(hub, 5);
  await watch.live(hub.url, 'a');
  const time = page.locator('select[name=time]');
  await watch.list.focus();
  await page.keyboard.press('t');
  await expect(time).toHaveValue('local');
  await expect(page).toHaveURL(/[?&]time=local/);
  await page.keyboard.press('t');
  await expect(time).toHaveValue('relative');
  await expect(watch.rows.first().locator('.row-time')).toHaveText(/ago$/);
  await page.keyboard.press('t');
  await expect(time).toHaveValue('utc');

  await page.keyboard.press('p');
  await expect.poll(() => page.evaluate(() => !!document.activeElement?.closest('form.publish'))).toBe(true);
  await watch.list.focus();
  await page.keyboard.press('?');
  const help = page.locator('dialog[open], [role=dialog]:visible');
  await expect(help).toBeVisible();
  await expect(help).toContainText('Space');
  await page.keyboard.press('Escape');
  await expect(help).toHaveCount(0);
  await expect(watch.does('keys')).toBeVisible();
});

test('with Shift, Space scrolls up and pauses nothing', async ({ hub, page }) => {
  const watch = new Watch(page);
  await some(hub, 90);
  await watch.live(hub.url, 'a');
  await watch.list.focus();
  await page.keyboard.press('Shift+Space');
  await expect(watch.word).toHaveText('Held');
});

test('with a modifier, keys are the browser’s', async ({ hub, page }) => {
  const watch = new Watch(page);
  await some(hub, 5);
  await watch.live(hub.url, 'a');
  await watch.list.focus();
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+p');
  await page.keyboard.press('Control+k');
  await expect(watch.list).toBeFocused();
  await expect(watch.list.locator('[aria-current=true]')).toHaveCount(0);
});
