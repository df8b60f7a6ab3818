// One inspection under way: asks, reads, comes back, tries a resume.
import { failure, send } from './request.js';

/** What is read at a time before the page gets a turn, in bytes and in milliseconds. */
const SLICE = 16 * 1024;
const TURN = 12;
/** How much of a body that is no stream is quoted, and how long that is waited for. */
const QUOTED = 300;
const QUOTE_TIME = 2_000;
/** How long a trial goes on once all has come, in milliseconds: what comes twice comes at once. */
const AFTER_ENOUGH = 300;
/** How often a page comes back, and the longest it waits, in milliseconds. */
const RETURNS = 100;
const LONGEST_WAIT = 60_000;

export const turn = () => new Promise((resolve) => setTimeout(resolve));

/** The bytes of a stream in slices, each with whether it goes on with the one before, and turns of the page between. */
export async function* slices(stream) {
  const reader = stream.getReader();
  let since = performance.now();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (let from = 0; from < value.length; from += SLICE) {
      yield [value.subarray(from, from + SLICE), from > 0];
      if (performance.now() - since > TURN) {
        await turn();
        since = performance.now();
      }
    }
  }
}

/** A run tells `changed` whatever there is to see; its state is a kind, a word and what there is to say of it. */
export class Run {
  constructor(inspector, asked, changed) {
    Object.assign(this, { inspector, asked, changed, returns: 0 });
    this.say('connecting', 'Connecting', '');
  }

  /** Reads until the end, or until it is stopped: `ended` says when that is over. */
  start() {
    this.ended = this.loop().catch((error) => this.say('error', 'Failed', String(error)));
  }

  async loop() {
    let id = this.asked.lastEventId;
    while (await this.connection(id)) {
      this.returns += 1;
      const wait = Math.min(this.inspector.retry(), LONGEST_WAIT);
      id = this.inspector.next_id();
      if (!this.inspector.constructor.is_sendable(id)) return this.say('closed', this.state.word, 'and no browser comes back with an id that has a control character');
      if (!(await this.wait(wait, id))) return;
    }
  }

  /** Lets go of the connection. */
  stop(why = 'by you') {
    this.isStopped = true;
    this.aborting?.abort();
    this.wake?.();
    this.inspector.close(`stopped ${why}`, this.age());
    // What has ended by itself stays so.
    if (this.state.kind !== 'closed' && this.state.kind !== 'error') this.say('paused', 'Stopped', why);
  }

  /** Comes back with the id of an event that was seen, and has it judged: by GET, as whoever comes back does. */
  async resume() {
    await this.ended;
    const id = this.inspector.try_resume();
    if (id === undefined) {
      this.say('closed', 'Tried', 'what came of it stands under Findings');
      return;
    }
    const asked = { ...this.asked, method: 'GET', body: undefined };
    this.isStopped = false;
    this.say('connecting', 'Trying to resume', '');
    let unanswered;
    let isOpen = true;
    let timer = setTimeout(() => this.aborting?.abort(), this.inspector.trial_time());
    let isEnough = false;
    const came = () => {
      if (isEnough || !this.inspector.is_tried()) return;
      isEnough = true;
      clearTimeout(timer);
      timer = setTimeout(() => this.aborting.abort(), AFTER_ENOUGH);
    };
    try {
      this.begin(id, true);
      const response = await this.head(id, asked);
      // What is no stream is judged by its head.
      const isStream = response.status === 200 && this.inspector.constructor.is_stream(response.headers.get('content-type') ?? '');
      if (isStream) isOpen = !(await this.read(response, came));
      this.aborting.abort();
    } catch (error) {
      if (error.name !== 'AbortError') {
        const [word, detail] = await failure(asked, id, error);
        unanswered = `${word.toLowerCase()}: ${detail}`;
      }
    }
    clearTimeout(timer);
    // Whoever stopped it has closed it, and may have let go of it.
    if (this.isStopped) return;
    this.inspector.close('stopped: the trial is over', this.age());
    this.inspector.judge(unanswered, isOpen);
    this.say('closed', 'Tried', 'what came of it stands under Findings');
  }

  /** The id that a request carries, in words: an id may be long, and hold what reorders a text. */
  carried(id) {
    return id && `with Last-Event-ID ${this.inspector.constructor.shown(id)}`;
  }

  /** Milliseconds since the request. */
  age() {
    return performance.now() - this.begun;
  }

  say(kind, word, detail) {
    this.state = { kind, word, detail, since: performance.now() };
    this.changed();
  }

  begin(id, isTrial) {
    this.aborting = new AbortController();
    this.begun = performance.now();
    const { url, method } = this.asked;
    const wall = performance.timeOrigin + this.begun;
    if (isTrial) this.inspector.open_trial(url, 'GET', id, wall);
    else this.inspector.open(url, method, id, wall);
  }

  /** One connection; whether to come back after it. */
  async connection(id) {
    this.begin(id, false);
    this.say('connecting', 'Connecting', this.carried(id));
    try {
      const response = await this.head(id);
      if (response.status !== 200) {
        await this.quote(response);
        this.inspector.close('not read, because of its status', this.age());
        this.say('error', `Status ${response.status}`, statusWords(response.status));
        return false;
      }
      this.say('live', 'Streaming', '');
      await this.read(response);
      if (this.isStopped) return false;
      this.inspector.close('ended by the server', this.age());
      this.say('closed', 'Ended', `by the server, after ${(this.age() / 1_000).toFixed(1)} s`);
    } catch (error) {
      if (this.isStopped) return false;
      if (this.isRead) {
        this.inspector.cut_off(String(error.message ?? error), this.age());
        this.say('error', 'Broken off', navigator.onLine ? 'the connection broke before the end of the response' : 'this device has lost its connection');
      } else {
        const [word, detail] = await failure(this.asked, id, error);
        if (this.isStopped) return false;
        this.inspector.close(`${word.toLowerCase()}: ${detail}`, this.age());
        this.say('error', word, detail);
        // An EventSource comes back after a refused connection, but not where it may not read.
        return this.asked.reconnect && word === 'Unreachable' && this.returns > 0;
      }
    }
    return this.asked.reconnect && this.returns < RETURNS;
  }

  async head(id, asked = this.asked) {
    this.isRead = false;
    const response = await send(asked, id, this.aborting.signal);
    const head = { status: response.status, headers: [...response.headers], is_own: this.asked.isOwn };
    this.inspector.head(JSON.stringify(head), this.age());
    if (response.redirected) {
      this.inspector.tell('redirect', `redirected to ${response.url}; each reconnect goes the whole way again`);
    }
    this.isRead = true;
    return response;
  }

  /** Reads the body; whether the server ended it. */
  async read(response, came) {
    let at;
    for await (const [piece, isMore] of slices(response.body ?? new Blob().stream())) {
      if (this.isStopped) return false;
      if (!isMore) at = this.age();
      this.inspector.feed(piece, at, isMore);
      this.changed();
      came?.();
    }
    return true;
  }

  /** How a body begins that is no stream. */
  async quote(response) {
    const reader = response.body?.getReader();
    if (!reader) return;
    const timer = setTimeout(() => this.aborting.abort(), QUOTE_TIME);
    let text = '';
    try {
      const decoder = new TextDecoder();
      while (text.length < QUOTED) {
        const { value, done } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
      }
    } catch {
      // What has come by then is enough.
    }
    clearTimeout(timer);
    this.aborting.abort();
    if (text) this.inspector.tell('body', `the body, not read because of status; it begins ${JSON.stringify(text.slice(0, QUOTED))}`);
  }

  /** Waits before coming back; whether to. */
  async wait(ms, id) {
    const until = performance.now() + ms;
    while (!this.isStopped && performance.now() < until) {
      const seconds = Math.ceil((until - performance.now()) / 1_000);
      this.say('reconnecting', 'Reconnecting', `in ${seconds} s, ${this.carried(id) || 'without an id'}`);
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, Math.min(1_000, until - performance.now()));
      });
    }
    return !this.isStopped;
  }
}

function statusWords(status) {
  if (status === 401) return 'this stream asks who you are: sign in, or give a header Authorization';
  if (status === 403) return 'the right to read this is missing';
  if (status === 204) return 'the server has nothing to say, and an EventSource does not come back';
  return 'an EventSource takes 200 alone, and ends for good';
}
