// What leaves the page, and what comes into it: reports, links, captures.
import { find, write } from './dom.js';

/** Copies a text, or shows it where the browser has no clipboard for this page. */
export async function copy(text, what) {
  const done = find('.done');
  const shown = find('.report');
  try {
    await navigator.clipboard.writeText(text);
    shown.hidden = true;
    write(done, `${what} copied`);
  } catch {
    shown.hidden = false;
    shown.value = text;
    shown.select();
    write(done, 'No clipboard here: copy the text below');
  }
}

/** What looked, and when, for a report. */
export function context() {
  return `Read by the page /inspect of Tickertape in a browser, ${new Date().toISOString()}, ${navigator.userAgent}`;
}

/** Hands over everything that is kept, as a file. */
export function save(text, url) {
  const host = /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? location.host;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  link.download = `inspection-${host.replace(/[^\w.-]/g, '-')}.ndjson`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
