import { execFileSync } from 'node:child_process';
import * as http from 'node:http';
import * as path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Hub } from '../hub.js';
import { quote } from '../publisher.js';
import type { Figure } from './figure.js';

const KB = 1_024;

/** What the assets weigh, as scripts/size.sh has it, and a page with a hundred events. */
export async function sizes(hub: Hub): Promise<{ figures: Figure[]; raw: unknown }> {
  await hub.publishAll(Array.from({ length: 100 }, (_, n) => quote('sizes', n)));
  const html = await page(`${hub.url}/topics?topic=sizes`);
  const figures = assets().map(({ name, bytes, budget }) => figure(name, bytes, budget));
  figures.push(figure('HTML with 100 events, if compressed (Brotli)', html.brotli, 15 * KB));
  figures.push({ what: 'the same as it is sent', goal: '', measured: `${kb(html.sent)} KB ${html.encoding}` });
  return { figures, raw: { assets: assets(), html } };
}

function figure(what: string, bytes: number, budget: number): Figure {
  return { what, goal: `≤ ${kb(budget)} KB`, measured: `${kb(bytes)} KB`, met: bytes <= budget };
}

function assets(): { name: string; bytes: number; budget: number }[] {
  const script = path.resolve(import.meta.dirname, '../../scripts/size.sh');
  const said = execFileSync('sh', ['-c', `"${script}" 2>/dev/null || true`], { encoding: 'utf8' });
  return [...said.matchAll(/^(\S+) +(\d+) of +(\d+) bytes$/gm)].map(([, name, bytes, budget]) => ({
    name: name!,
    bytes: Number(bytes),
    budget: Number(budget),
  }));
}

/** A page's HTML: as it is sent to who takes Brotli and gzip, and as it would be compressed. */
async function page(url: string) {
  const ask = (encodings: string) =>
    new Promise<{ body: Buffer; encoding: string }>((resolve, reject) => {
      const headers = { 'Accept-Encoding': encodings, Accept: 'text/html' };
      http
        .get(url, { headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({ body: Buffer.concat(parts), encoding: response.headers['content-encoding'] ?? 'uncompressed' }),
          );
        })
        .on('error', reject);
    });
  const [plain, sent] = [await ask('identity'), await ask('br, gzip')];
  return {
    plain: plain.body.length,
    sent: sent.body.length,
    encoding: sent.encoding,
    brotli: brotliCompressSync(plain.body).length,
    gzip: gzipSync(plain.body).length,
  };
}

function kb(bytes: number): string {
  return (bytes / KB).toFixed(1);
}
