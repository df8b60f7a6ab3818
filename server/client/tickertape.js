// Tickertape in a page: follows events, comes back by itself, and says what was missed.
//
//   import { follow } from 'https://hub.example/tickertape.js';
//   const stream = follow('/events?topic=orders/*', { onevent, ongap, onstate });
//
// Its manual is docs/client.md.

const FIRST = 1_000; // ms until the first new attempt, doubled with each
const LEAST = 500;
const LONGEST = 30_000;
const LASTED = 3_000; // a stream that lived for so long was a success
const SILENCE = 37_500; // two and a half heartbeats of the hub
const PATIENCE = 10_000; // how long a hidden page holds one of the six connections
const PROBE = 5_000;

// Whether asking again would be answered the same: what is no event stream in UTF-8 (a proxy's page), 204, by
// which a server tells to stay away, and any 4xx that says that the request is wrong.
function isFinal({ ok, status, headers }) {
  if (ok) return !/^text\/event-stream *(; *charset="?utf-8"? *)?$/i.test(headers.get('content-type') ?? '');
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

export function follow(url, options = {}) {
  const { onevent, onstate, withCredentials = false, keepHidden = false } = options;
  // No loss is silent, also where the page does not ask for it.
  const ongap = options.ongap ?? ((gap) => console.warn('Tickertape: events were missed', gap));
  // Relative to the hub, wherever the page is from; what is no address throws here.
  const address = new URL(url, import.meta.url);
  // One name for all events: an EventSource hides those whose names it was not told.
  address.searchParams.set('envelope', '1');

  let cursor = options.lastEventId || '';
  let state, source, timer, hiding;
  let attempt = 0;
  let silence = SILENCE;
  let liveSince = Infinity;
  const over = new AbortController();

  // A handler that throws is reported, and breaks nothing here.
  const tell = (handler, value) => handler && queueMicrotask(() => handler(value));

  function become(name, more) {
    state = { name, ...more };
    tell(onstate, state);
  }

  function shut() {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }

  function heard() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Perhaps one event that takes long to come: the next attempt gives it more time.
      silence = Math.min(silence * 2, 16 * SILENCE);
      fail('silent');
    }, silence);
  }

  function open() {
    shut();
    if (cursor) address.searchParams.set('last_event_id', cursor);
    become('connecting', { attempt });
    const mine = (source = new EventSource(address, { withCredentials }));
    const on = (name, act) =>
      mine.addEventListener(name, (event) => {
        if (mine !== source) return;
        if (name === 'message' || name === 'hub.beat') silence = SILENCE;
        heard();
        if (event.lastEventId) cursor = event.lastEventId;
        act?.(event.data && JSON.parse(event.data));
      });
    heard();
    on('open');
    on('message', (event) => tell(onevent, event));
    on('hub.beat');
    on('hub.gap', ({ resumed_after: resumedAfter, ...gap }) => tell(ongap, { ...gap, resumedAfter }));
    // Not `open`: only this brings the cursor without which a cut would lose what follows.
    on('hub.open', () => {
      liveSince = performance.now();
      become('live');
    });
    on('hub.close', ({ reason, retry_after_ms: wait }) => fail(reason, wait));
    // The browser's own reconnect is not used: it gives up at any status but 200, or, in Firefox,
    // where a connection to another origin is refused.
    on('error', () => {
      const givenUp = mine.readyState === EventSource.CLOSED;
      fail('lost');
      if (givenUp) probe(state);
    });
  }

  // Waits, longer each time and at random, so that not all pages come back at once.
  function fail(reason, told) {
    shut();
    if (performance.now() - liveSince >= LASTED) attempt = 0;
    liveSince = Infinity;
    const full = Math.min(LONGEST, FIRST * 2 ** attempt++);
    const wait = told > 0 ? Math.min(Math.max(told, LEAST), LONGEST) : (full * (1 + Math.random())) / 2;
    become('reconnecting', { reason, attempt, wait });
    timer = setTimeout(open, wait);
  }

  // Asks for the status that an EventSource hides; HEAD subscribes to nothing.
  async function probe(during) {
    const signal = AbortSignal.timeout(PROBE);
    const credentials = withCredentials ? 'include' : 'same-origin';
    const answer = await fetch(address, { method: 'HEAD', credentials, signal }).catch(() => undefined);
    if (state !== during || !answer || !isFinal(answer)) return;
    shut();
    become('closed', { reason: 'refused', status: answer.status });
  }

  function suspend() {
    if (state.name === 'closed' || state.name === 'suspended') return;
    shut();
    become('suspended');
  }

  function look() {
    clearTimeout(hiding);
    if (!keepHidden && globalThis.document?.hidden) hiding = setTimeout(suspend, PATIENCE);
    else if (state.name === 'suspended') open();
  }

  function reconnect() {
    if (over.signal.aborted) return;
    open();
    // A hidden page lets go again.
    look();
  }

  function close() {
    if (over.signal.aborted) return;
    over.abort();
    clearTimeout(hiding);
    shut();
    become('closed', { reason: 'page' });
  }

  const listen = (name, act) => globalThis.addEventListener(name, act, { signal: over.signal });
  listen('visibilitychange', look);
  listen('pageshow', look);
  // A page in the back/forward cache may hold no connection.
  listen('pagehide', suspend);
  listen('online', () => state.name === 'reconnecting' && open());
  open();
  look();

  return {
    close,
    reconnect,
    get state() {
      return state;
    },
    get lastEventId() {
      return cursor;
    },
  };
}
