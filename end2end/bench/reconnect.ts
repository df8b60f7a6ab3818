import type { Browser } from '@playwright/test';
import type { Hub } from '../hub.js';
import { Publisher } from '../publisher.js';
import { Watch, differences, sequences } from '../watch.js';
import { Wire } from '../wire.js';
import type { Figure } from './figure.js';
import { until } from './until.js';

/** How often the connection is cut. */
const CUTS = 20;

/** Ids that are lost where a connection breaks again and again at 1,000 events/s. */
export async function reconnect(hub: Hub, browser: Browser): Promise<{ figures: Figure[]; raw: unknown }> {
  const wire = new Wire(hub);
  const context = await browser.newContext();
  const watch = new Watch(await context.newPage());
  const publisher = new Publisher(hub, 'reconnect').start();
  await watch.live(await wire.open(), 'reconnect');
  for (let n = 0; n < CUTS; n++) {
    const newest = await hub.newest();
    await until(async () => (await watch.newest()) > newest, 30_000, 'the page goes on');
    wire.cutAll();
  }
  await publisher.stop();
  const last = publisher.between(0, Infinity).at(-1)!;
  await until(async () => (await watch.newest()) >= last, 60_000, 'the page has the newest event');
  const held = sequences(await watch.export());
  const published = publisher.between(held[0]!, last);
  const lost = published.length - new Set(held).size;
  await context.close();
  wire.close();
  const measured = `${lost} of ${published.length}, over ${CUTS} reconnects`;
  return {
    figures: [{ what: 'ids lost over a reconnect', goal: '0', measured, met: lost === 0 }],
    raw: { cuts: CUTS, published: published.length, lost, differences: differences(held, published) },
  };
}
