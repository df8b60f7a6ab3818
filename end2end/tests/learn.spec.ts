import { expect, test } from '../fixtures.js';

test('the bytes stand beside what is read in them @both', async ({ hub, page }) => {
  await expect
    .poll(async () => {
      await page.goto(`${hub.url}/learn`);
      return page.locator('.anatomy-row').count();
    })
    .toBeGreaterThan(0);
  const row = page.locator('.anatomy-row', { hasText: 'event: ticker' }).first();
  await expect(row.locator('.bytes')).toHaveText(/event: ticker⏎\s+id: \w+-\d+⏎\s+data: \{"message": "\d\d:\d\d:\d\d"\}⏎/);
  await expect(row.locator('.fields')).toContainText('lastEventId');
  await expect(row.locator('.result')).toHaveText(/^\d\d:\d\d:\d\d$/);
});

test('a connection that is cut resumes from its last id', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  const section = page.locator('#anatomy');
  const cursor = section.locator('.meta code').last();
  await expect(section.locator('.badge strong')).toHaveText('Live');
  await expect(section.locator('.anatomy-row', { hasText: 'event: ticker' })).not.toHaveCount(0);
  await page.getByRole('button', { name: 'Cut the connection' }).click();
  await expect(section.locator('.badge strong')).toHaveText('Stopped');
  const at = await cursor.textContent();

  await page.getByRole('button', { name: 'Connect again' }).click();
  const opened = section.locator('.anatomy-row', { hasText: 'event: hub.open' }).last();
  await expect(opened.locator('.bytes')).toContainText(at!.replace('Last-Event-ID', 'id'));
});

test('a server that is gone is said, and the bytes go on when it is back', async ({ wire, page }) => {
  await page.goto(`${await wire.open()}/learn`);
  const section = page.locator('#anatomy');
  await expect(section.locator('.badge strong')).toHaveText('Live');
  wire.cut();
  await expect(section.locator('.badge strong')).toHaveText('Reconnecting');
  wire.mend();
  await expect(section.locator('.badge strong')).toHaveText('Live');
  await expect(section.locator('.anatomy-row', { hasText: 'event: hub.open' })).not.toHaveCount(0);
});
// A connection that is cut is reported by the browser as an error.
test.use({ expectedErrors: [/net::ERR_/] });

test('the reader’s own bytes are read while typing', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  await expect(page.locator('#anatomy .badge strong')).toHaveText('Live');
  await page.getByLabel('An event stream').fill('id: 7\ndata: Hello\ndata\n\nData: x\n\n');
  await expect(page.locator('.dispatched li')).toHaveCount(1);
  await expect(page.locator('.dispatched')).toContainText('id "7"');
  await expect(page.locator('.dispatched pre')).toHaveText('Hello\n');
  await expect(page.locator('.diagnostics')).toContainText('field_name_wrong_case at byte 24');
});

test('the reader’s own bytes are read on the server @plain', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  await page.getByLabel('An event stream').fill('data: one\n\nretry: soon\n');
  await page.getByRole('button', { name: 'Read it on the server' }).click();
  await expect(page.locator('.dispatched pre')).toHaveText('one');
  await expect(page.locator('.diagnostics')).toContainText('retry_not_digits at byte 11');
});

test('a sample can be followed as a link @plain', async ({ hub, page }) => {
  await page.goto(`${hub.url}/learn`);
  await page.getByRole('link', { name: 'An id without data' }).click();
  await expect(page.locator('.dispatched')).toContainText('id "7"');
});
