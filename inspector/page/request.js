// What is asked for: read from the form, kept in the address but for secrets.
import { find } from './dom.js';

/** What the form says; throws with what is wrong, in words. */
export function request() {
  const form = find('#request');
  const text = form.elements.url.value.trim();
  if (!/^(https?:\/\/|\/)/i.test(text)) {
    throw new Error('Give an address that begins with http:// or https://, or a path of this server such as /events.');
  }
  let url;
  try {
    url = new URL(text, location.href);
  } catch {
    throw new Error('This is no address: give one such as https://example.com/events.');
  }
  if (url.username || url.password) {
    throw new Error('A page may not send a name and a password in an address: leave them out, and give a header Authorization.');
  }
  if (text.includes('…')) {
    throw new Error('The address was shared without its secret: put that in the place of the …');
  }
  url.hash = '';
  const body = find('#body').value;
  const method = form.elements.method.value;
  if (body && method === 'GET') throw new Error('A GET has no body: choose another method, or leave the body out.');
  const reconnect = form.elements.reconnect.checked;
  if (reconnect && method !== 'GET') throw new Error('A client comes back by GET alone: choose it, or do not come back.');
  return {
    url: url.href,
    written: text,
    isOwn: url.origin === location.origin,
    method,
    body: body || undefined,
    headers: headers(find('#headers').value),
    lastEventId: form.elements.last_event_id.value,
    reconnect,
    cookies: find('#cookies').checked,
  };
}

function headers(text) {
  const read = new Headers();
  for (const line of text.split('\n').filter((line) => line.trim())) {
    const at = line.indexOf(':');
    try {
      if (at < 1) throw new Error();
      read.append(line.slice(0, at).trim(), line.slice(at + 1).trim());
    } catch {
      throw new Error(`“${line.slice(0, 40)}” is no header: write its name, a colon and its value.`);
    }
  }
  return read;
}

/** The page's address with this request in it, its secrets left out. */
export function link({ written, method, lastEventId, reconnect }, withoutSecrets) {
  const asked = new URLSearchParams({ url: withoutSecrets(written) });
  if (method !== 'GET') asked.set('method', method);
  if (lastEventId) asked.set('last_event_id', lastEventId);
  if (reconnect) asked.set('reconnect', '1');
  if (find('#q').value) asked.set('q', find('#q').value);
  return new URL(`/inspect?${asked}`, location.href).href;
}

/** Sends it, with an id to resume from. */
export function send({ url, isOwn, method, body, headers, cookies }, lastEventId, signal) {
  const sent = new Headers(headers);
  if (!sent.has('accept')) sent.set('accept', 'text/event-stream');
  if (/^\s*[[{]/.test(body) && !sent.has('content-type')) sent.set('content-type', 'application/json');
  if (lastEventId) sent.set('last-event-id', headerValue(lastEventId));
  const credentials = isOwn ? 'same-origin' : cookies ? 'include' : 'omit';
  // `no-store` sends Cache-Control: no-cache, as an EventSource does, and asks nobody for leave.
  return fetch(url, { method, body, headers: sent, credentials, cache: 'no-store', signal });
}

/** Text as the bytes of UTF-8, which is how an EventSource sends an id. */
function headerValue(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Why a request failed, as far as a page can find out, in words. */
export async function failure(asked, lastEventId, error) {
  const { url, isOwn, headers, method } = asked;
  if (!navigator.onLine && !isLocal(url)) return ['Offline', 'this device has no connection'];
  if (location.protocol === 'https:' && url.startsWith('http:') && !isLocal(url)) {
    return ['Mixed content', 'a page that came by https may not read a stream by http: open this page by http, or use the command below'];
  }
  if (isOwn) return ['Unreachable', 'this server did not answer; does it run?'];
  if (error instanceof TypeError && (await answers(url))) {
    const asks = lastEventId || method !== 'GET' || [...headers].length > 0;
    const why = asks
      ? `the server answers, but does not let pages of ${location.origin} send this: ${lastEventId ? 'Last-Event-ID (an EventSource may send it unasked)' : 'the method or a header'} needs leave by CORS`
      : `the server answers, but does not let pages of ${location.origin} read it: it would have to send Access-Control-Allow-Origin`;
    return ['Refused by CORS', `${why}. The command below reads it`];
  }
  return ['Unreachable', 'no answer: a wrong host or port, a server that is down, a certificate that the browser does not trust, a connection that was refused, or redirects without end'];
}

/** Whether anything answers at an address, whoever may read it. */
async function answers(url) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), 5_000);
  try {
    await fetch(url, { mode: 'no-cors', credentials: 'omit', cache: 'no-store', signal: giveUp.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    giveUp.abort();
  }
}

function isLocal(url) {
  return /^https?:\/\/(localhost|127\.|\[::1\])/i.test(url);
}
