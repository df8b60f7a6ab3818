import { Watch, expect, test } from '../fixtures.js';
import type { Hub } from '../hub.js';

const EVENTS = ['Alpha one', 'beta two', 'alpha three', 'beta 4', 'gamma'];

/** Five events: of `tick` three, of `order` and `error` one each. */
async function five(hub: Hub): Promise<void> {
  const names = ['tick', 'order', 'tick', 'error', 'tick'];
  await hub.publishAll(EVENTS.map((data, n) => ({ topic: 'a', data, event: names[n]! })));
}

/** What the rows say, oldest first. */
async function shows(watch: Watch, data: string[]): Promise<void> {
  const said = () =>
    watch.rows.evaluateAll((rows) =>
      rows
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((row) => row.querySelector('.row-data')!.textContent),
    );
  await expect.poll(said).toEqual(data);
}

test('text chooses rows whatever its case, of what is there and of what comes; the address says so', async ({
  hub,
  page,
}) => {
  const watch = new Watch(page);
  await five(hub);
  await watch.live(hub.url, 'a');
  await shows(watch, EVENTS);
  await watch.text.fill('ALPHA');
  await shows(watch, ['Alpha one', 'alpha three']);
  await expect(page).toHaveURL(/[?&]q=ALPHA/);
  await hub.publishAll(['beta 6', 'alpha 7'].map((data) => ({ topic: 'a', data })));
  await shows(watch, ['Alpha one', 'alpha three', 'alpha 7']);
  expect(await watch.size()).toBe(3);

  await test.step('inverted', async () => {
    await watch.filter.locator('input[name=not]').check();
    await shows(watch, ['beta two', 'beta 4', 'gamma', 'beta 6']);
    await expect(page).toHaveURL(/[?&]not=1/);
  });
  await test.step('again after a reload, and by whom the address was sent to', async () => {
    await page.reload();
    await expect(watch.word).toHaveText('Live');
    await expect(watch.text).toHaveValue('ALPHA');
    await expect(watch.filter.locator('input[name=not]')).toBeChecked();
    await shows(watch, ['beta two', 'beta 4', 'gamma', 'beta 6']);
  });
  await test.step('all again', async () => {
    await watch.text.fill('');
    await shows(watch, [...EVENTS, 'beta 6', 'alpha 7']);
    await expect(page).not.toHaveURL(/[?&]q=./);
  });
});

test('a regular expression chooses rows; one that is none is said, and changes nothing', async ({ hub, page }) => {
  const watch = new Watch(page);
  await five(hub);
  await watch.live(hub.url, 'a');
  await watch.filter.locator('input[name=re]').check();
  await watch.text.fill('^beta \\d$');
  await shows(watch, ['beta 4']);
  await expect(page).toHaveURL(/[?&]re=1/);
  const why = watch.filter.locator('.refused, [role=alert]').filter({ hasText: /\S/ });
  await expect(why).toHaveCount(0);
  await watch.text.fill('^beta (\\d$');
  await expect(why).toBeVisible();
  await expect(watch.text).toHaveAttribute('aria-invalid', 'true');
  await shows(watch, ['beta 4']);
  await watch.text.fill('^beta (\\d|two)$');
  await shows(watch, ['beta two', 'beta 4']);
  await expect(why).toHaveCount(0);
  await expect(watch.text).not.toHaveAttribute('aria-invalid', 'true');
});

test('names are facets that say how many, and choose', async ({ hub, page }) => {
  const watch = new Watch(page);
  await five(hub);
  await watch.live(hub.url, 'a');
  await expect(watch.facet('tick')).toHaveText(/tick\s*3/);
  await expect(watch.facet('order')).toHaveText(/order\s*1/);
  await expect(watch.facet('order')).toHaveAttribute('aria-pressed', 'false');
  await watch.facet('order').click();
  await shows(watch, ['beta two']);
  await expect(watch.facet('order')).toHaveAttribute('aria-pressed', 'true');
  await expect(page).toHaveURL(/[?&]event=order/);
  await watch.facet('error').click();
  await shows(watch, ['beta two', 'beta 4']);

  // A name that nobody expected has a facet too.
  await hub.publish('a', 'surprise', '&event=unheard');
  await expect(watch.facet('unheard')).toHaveText(/unheard\s*1/);
  await shows(watch, ['beta two', 'beta 4']);

  await page.reload();
  await expect(watch.word).toHaveText('Live');
  await shows(watch, ['beta two', 'beta 4']);
  await expect(watch.facet('error')).toHaveAttribute('aria-pressed', 'true');
  await watch.facet('order').click();
  await watch.facet('error').click();
  await shows(watch, [...EVENTS, 'surprise']);
  await expect(page).not.toHaveURL(/event=/);
});

test('what is chosen by address is chosen by the server too @plain', async ({ hub, page }) => {
  const watch = new Watch(page);
  await five(hub);
  await watch.open(hub.url, 'a', '&q=beta');
  await expect(watch.rows.locator('.row-data')).toHaveText(['beta two', 'beta 4']);
  await watch.text.fill('gamma');
  await watch.text.press('Enter');
  await expect(watch.rows.locator('.row-data')).toHaveText(['gamma']);
  await expect(page).toHaveURL(/topic=a.*q=gamma|q=gamma.*topic=a/);
});

test('times are written in UTC, local, or as how long ago; the machine’s time is in each row', async ({ hub, page }) => {
  const watch = new Watch(page);
  await five(hub);
  await watch.live(hub.url, 'a');
  const time = watch.rows.first().locator('.row-time');
  const whole = (await time.getAttribute('datetime'))!;
  await expect(time).toHaveText(whole.slice(11, 23));
  await page.locator('select[name=time]').selectOption('relative');
  await expect(time).toHaveText(/^\d+ (s|min) ago$/);
  await expect(time).toHaveAttribute('datetime', whole);
  await expect(page).toHaveURL(/[?&]time=relative/);
});

test('a permalink shows its event among its neighbours, and leads to what is live', async ({ hub, page }) => {
  const watch = new Watch(page);
  const ids = await hub.publishAll(Array.from({ length: 400 }, (_, n) => ({ topic: 'a', data: `event ${n}` })));
  await watch.open(hub.url, 'a', `&at=${ids[100]}`);
  await expect(watch.row(ids[100]!)).toHaveAttribute('aria-current', 'true');
  await expect(watch.row(ids[100]!)).toBeInViewport();
  await expect(watch.row(ids[399]!)).toHaveCount(0);
  await expect(watch.word).toHaveText('Paused');
  // Looking around in it asks for nothing either.
  await watch.list.press('k');
  await watch.list.evaluate((list) => (list.scrollTop = 0));
  await expect.poll(() => watch.row(ids[50]!).count()).toBe(1);
  expect(await hub.followers('a')).toBe(0);
  await watch.does('pause').click();
  await expect(watch.word).toHaveText(/Live|Held/);
  await watch.list.press('End');
  await expect(watch.word).toHaveText('Live');
  await expect(watch.row(ids[399]!)).toHaveCount(1);
  expect((await watch.export()).map(({ id }) => id)).toEqual(ids.slice(50));
  // Who follows has left the permalink.
  await expect(page).not.toHaveURL(/[?&]at=/);
});

test('a permalink to an event that is too long for a page has it whole, and goes on from there', async ({ hub, page }) => {
  const watch = new Watch(page);
  const long = 'x'.repeat(20 * 1024);
  const data = ['one', 'two', long, 'four', 'five'];
  const ids = await hub.publishAll(data.map((data) => ({ topic: 'a', data })));
  await watch.open(hub.url, 'a', `&at=${ids[2]}`);
  await expect(watch.word).toHaveText('Paused');
  await expect(watch.row(ids[2]!)).toHaveAttribute('aria-current', 'true');
  await expect(watch.aside).toContainText('20,480 bytes');
  await watch.does('pause').click();
  await expect(watch.word).toHaveText(/Live|Held/);
  await expect.poll(() => watch.size()).toBe(5);
  expect((await watch.export()).map(({ id, data }) => [id, data])).toEqual(ids.map((id, n) => [id, data[n]]));
});

test('a permalink is read without JavaScript @plain', async ({ hub, page }) => {
  const watch = new Watch(page);
  const ids = await hub.publishAll(Array.from({ length: 400 }, (_, n) => ({ topic: 'a', data: `event ${n}` })));
  await watch.open(hub.url, 'a', `&at=${ids[100]}`);
  await expect(watch.row(ids[100]!)).toHaveAttribute('aria-current', 'true');
  await expect(watch.row(ids[51]!)).toHaveCount(1);
  await expect(watch.row(ids[149]!)).toHaveCount(1);
});
