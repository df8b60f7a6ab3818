// What came, as one of the views: a page of rows at a time, however much there is.
import { bytes, element, find, given, grouped, span, write } from './dom.js';

/** Rows at a time. */
const ROWS = 100;
/** The longest text of a row before it is opened, in characters. */
const LINE = 300;
/** Deeper than this JSON is shown as it came: its indents would outgrow it. */
const DEEP = 32;

/** Each view: how many there are, what stands where, and how one is shown. */
export class Views {
  constructor() {
    this.root = find('#view');
    this.name = 'events';
    /** Where the page begins; null: the newest. */
    this.from = null;
    this.tabs = [...document.querySelectorAll('[role=tab]')];
    for (const tab of this.tabs) {
      tab.addEventListener('click', () => this.open(tab.dataset.view));
      tab.addEventListener('keydown', (event) => this.step(event, tab));
    }
    for (const button of document.querySelectorAll('[data-turn]')) {
      button.addEventListener('click', () => this.turn(button.dataset.turn));
    }
    this.root.addEventListener('scroll', () => {
      if (!this.isHeld()) this.show();
    });
    this.root.addEventListener('click', (event) => {
      const place = event.target.closest('[data-place]')?.dataset.place;
      if (place !== undefined) this.open('hex', Math.max(0, Math.floor(place / 16) * 16 - 64), Number(place));
    });
  }

  /** Shows another inspection from its beginning. */
  of(inspector) {
    this.inspector = inspector;
    this.seek(find('#q').value);
  }

  /** Shows only events with a text in them. */
  seek(text) {
    this.inspector?.seek(text);
    this.from = null;
    this.show(true);
  }

  /** Shows a view, at its newest rows or at a place. */
  open(name, from = null, marked = null) {
    Object.assign(this, { name, from, marked });
    for (const tab of this.tabs) {
      const isOpen = tab.dataset.view === name;
      tab.setAttribute('aria-selected', String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      if (isOpen) this.root.setAttribute('aria-labelledby', tab.id);
    }
    this.show(true);
    if (marked !== null) find('.marked', this.root)?.scrollIntoView({ block: 'center' });
  }

  /** Whether its reader looks at what is there, and is not to be disturbed. */
  isHeld() {
    const { scrollTop, scrollHeight, clientHeight } = this.root;
    return scrollHeight - clientHeight - scrollTop > 24 || find('details[open]', this.root) !== null;
  }

  /** Shows what is there now; what a reader looks at stays, unless they asked for more. */
  show(isAsked = false) {
    if (!this.inspector) return;
    const figures = JSON.parse(this.inspector.summary());
    this.counts(figures);
    if (!isAsked && (this.from !== null || (this.isHeld() && this.root.childElementCount > 0))) {
      this.where(figures);
      return;
    }
    const [first, last] = this.range(figures);
    const from = this.from === null ? this.before(last, first) : Math.min(Math.max(first, this.from), Math.max(first, last - 1));
    this.shown = [from, Math.min(last, from + ROWS)];
    const rows = this.load(from, figures);
    this.root.replaceChildren(...(rows.length > 0 ? rows : [element('p', 'empty', this.nothing())]));
    if (this.from === null && !['findings', 'connections', 'headers'].includes(this.name)) {
      this.root.scrollTop = this.root.scrollHeight;
    }
    this.where(figures);
  }

  isBytes() {
    return ['raw', 'hex'].includes(this.name);
  }

  /** Where the page begins that ends before a place. */
  before(place, first) {
    return this.isBytes() ? this.inspector.bytes_before(place, this.name === 'hex') : Math.max(first, place - ROWS);
  }

  /** The first and the last of what the view has, as its pages count. */
  range(figures) {
    switch (this.name) {
      case 'events':
        return figures.found === null ? [figures.first_event, figures.events + 1] : [figures.first_found, figures.found + 1];
      case 'raw':
      case 'hex':
        return [figures.first_byte, figures.bytes];
      case 'timeline':
        return [0, figures.chunks];
      case 'findings':
        return [0, figures.findings];
      default:
        return [0, 0];
    }
  }

  load(from, figures) {
    const { inspector } = this;
    switch (this.name) {
      case 'events':
        return JSON.parse(inspector.events(from - this.range(figures)[0], ROWS)).map(eventRow);
      case 'raw':
      case 'hex':
        return this.bytes(JSON.parse(inspector.bytes(from, this.name === 'hex')));
      case 'timeline':
        return this.timeline(JSON.parse(inspector.chunks(from, ROWS)), figures);
      case 'findings':
        return JSON.parse(inspector.findings(from, ROWS)).map(findingRow);
      case 'headers':
        return this.headers(JSON.parse(inspector.headers()));
      default:
        return this.connections(JSON.parse(inspector.connections()), figures.connections);
    }
  }

  bytes({ parts, to }) {
    this.shown[1] = to;
    return parts.flatMap(({ connection, begin, lines, rows }) => {
      const shift = begin - (lines[0] ?? rows[0]).offset;
      return [
        element('p', 'part meta', `Connection ${connection}`),
        ...lines.map(({ offset, text, end }) =>
          element('div', 'byte-row', element('span', 'offset', grouped(offset)), element('span', 'text', text, element('span', 'end', end))),
        ),
        ...rows.map(({ offset, hex, text }) => {
          const at = offset.toString(16).padStart(8, '0');
          const row = element('div', 'byte-row', element('span', 'offset', at), element('span', 'hex', hex), element('span', 'text', text));
          const place = (this.marked ?? -1) - shift;
          if (place >= offset && place < offset + text.length) row.classList.add('marked');
          return row;
        }),
      ];
    });
  }

  timeline(chunks, figures) {
    if (chunks.length === 0) return [];
    const most = Math.max(1, ...chunks.map(({ after }) => after));
    const spread = (name, of) =>
      of && element('div', '', element('dt', '', name), element('dd', '', `median ${span(of.median)} · 95 in 100 within ${span(of.p95)} · at most ${span(of.most)}`));
    const spreads = element(
      'dl',
      'spreads',
      spread('Between pieces', figures.between_chunks),
      spread('Between events', figures.between_events),
      spread('Latency, by this device’s clock', figures.latency),
    );
    return [spreads, ...chunks.map((chunk) => chunkRow(chunk, most))];
  }

  connections(newest, all) {
    const rows = newest.map(connectionRow);
    if (all > rows.length) rows.push(element('p', 'lost', `Cut: of ${grouped(all)} connections the newest are shown.`));
    return rows;
  }

  headers(pairs) {
    if (pairs.length === 0) return [];
    const list = element('dl', 'head', ...pairs.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]));
    const { newest } = JSON.parse(this.inspector.summary());
    return [element('p', 'meta', `Status ${newest.status}. Of another server a page sees a few headers alone: those that Access-Control-Expose-Headers names, and the usual.`), list];
  }

  nothing() {
    if (this.name === 'findings') return 'Nothing to say: so far nothing is wrong with it.';
    if (['raw', 'hex', 'timeline'].includes(this.name)) return 'No bytes, or a capture without them: tickertape inspect --json --capture has them.';
    return this.name === 'events' && find('#q').value ? 'No event has this text.' : 'Nothing yet.';
  }

  counts({ events, findings, connections }) {
    const counts = { events, findings, connections };
    for (const tab of this.tabs) {
      const count = counts[tab.dataset.view];
      write(find('.count', tab), count ? grouped(count) : '');
    }
  }

  /** Where the page is, and what can be turned to. */
  where(figures) {
    const [first, last] = this.range(figures);
    const [from, to] = this.shown ?? [first, last];
    const can = { oldest: from > first, older: from > first, newer: to < last, newest: to < last || this.from !== null };
    for (const button of document.querySelectorAll('[data-turn]')) button.disabled = !can[button.dataset.turn];
    find('#q').hidden = find('.found').hidden = this.name !== 'events';
    write(find('.found'), this.found(figures));
    const isCounted = last > first;
    const behind = last - to;
    const unit = this.isBytes() ? 'bytes ' : '';
    const offset = this.name === 'events' || unit ? 0 : 1;
    const held = behind > 0 && this.from === null ? ` · held, ${grouped(behind)} more` : '';
    write(find('.where'), isCounted ? `${unit}${grouped(from + offset)} to ${grouped(to - 1 + offset)} of ${grouped(last - 1 + offset)}${held}` : '');
  }

  /** How many of the events that are kept have the text; nothing without one. */
  found(figures = JSON.parse(this.inspector.summary())) {
    const kept = figures.events + 1 - figures.first_event;
    return figures.found === null ? '' : `${grouped(figures.found + 1 - figures.first_found)} of ${grouped(kept)}`;
  }

  turn(where) {
    const [from, next] = this.shown ?? [0, 0];
    const figures = JSON.parse(this.inspector.summary());
    const [first, last] = this.range(figures);
    const to = { oldest: first, older: this.before(from, first), newer: next, newest: null }[where];
    this.from = to !== null && to >= last ? null : to;
    this.marked = null;
    this.show(true);
    if (this.from !== null) this.root.scrollTop = 0;
  }

  step(event, tab) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    const next = this.tabs.at((this.tabs.indexOf(tab) + move) % this.tabs.length);
    next.focus();
    this.open(next.dataset.view);
  }
}

function eventRow({ n, connection, at, wall, event, id, topic, data, more, length, start, end, latency }) {
  const [first] = data.split('\n', 1);
  const line = first.length < data.length ? `${first.slice(0, LINE)} …` : short(first);
  const summary = element(
    'summary',
    'came-row',
    element('span', 'time', at === null ? '–' : `+${span(at)}`),
    element('span', 'id', short(id) || '–'),
    element('span', 'name', short(event)),
    element('span', 'data', line),
  );
  const row = element('details', 'came-event', summary);
  row.dataset.n = n;
  row.addEventListener('toggle', () => {
    if (!row.open || row.childElementCount > 1) return;
    const said = latency === null ? '' : ` · ${span(latency)} after the time that it says`;
    const where = at === null ? '' : ` · bytes ${grouped(start)} to ${grouped(end - 1)} of connection ${connection}`;
    const of = topic === null ? '' : ` · topic ${topic}`;
    const when = wall === null ? '' : ` · ${new Date(wall).toISOString()}`;
    row.append(
      element('p', 'meta', `Event ${grouped(n)}${of}${when}${where} · ${bytes(length)} of data${said}`),
      given(element('pre', '', pretty(data)), { tabindex: 0 }),
      ...(more > 0 ? [element('p', 'lost', `Cut: ${bytes(more)} more are not kept here; the bytes have them.`)] : []),
    );
  });
  return row;
}

const short = (text) => (text.length > LINE ? `${text.slice(0, LINE)} …` : text);

/** JSON with its structure to see; anything else as it is. */
function pretty(data) {
  if (!/^\s*[[{]/.test(data)) return data;
  try {
    const value = JSON.parse(data);
    let depth = 0;
    const marks = data.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/[[\]{}]/g);
    const isDeep = marks.some((mark) => (depth += '[{'.includes(mark) ? 1 : -1) > DEEP);
    return isDeep ? data : JSON.stringify(value, null, 2);
  } catch {
    return data;
  }
}

function chunkRow({ connection, at, after, offset, length, events, comments }, most) {
  const bar = element('span', 'gap-bar');
  // So that a tenth of a second shows beside a minute.
  bar.style.setProperty('--part', String(Math.log1p(after) / Math.log1p(most)));
  const what = [events > 0 && `${grouped(events)} ${events === 1 ? 'event' : 'events'}`, comments > 0 && `${grouped(comments)} ${comments === 1 ? 'comment' : 'comments'}`];
  return element(
    'div',
    'chunk-row',
    element('span', 'time', `+${span(at)}`),
    element('span', 'after', span(after)),
    bar,
    element('span', 'what', `${bytes(length)} at ${grouped(offset)}${connection > 1 ? ` of connection ${connection}` : ''}${what.filter(Boolean).map((text) => ` · ${text}`).join('')}`),
  );
}

function findingRow({ connection, code, offset, place, detail, violation, clause, link }) {
  const row = element('div', violation ? 'finding violation' : 'finding note');
  const glyph = given(element('span', 'glyph', violation ? '▲' : '·'), { 'aria-hidden': 'true' });
  const byte = given(element('button', 'small', `byte ${grouped(offset)}`), { type: 'button' });
  if (place !== null) byte.dataset.place = place;
  const text = element('span', 'text', element('strong', '', `${violation ? 'Violation' : 'Note'} ${code}`), ` ${detail} `);
  if (link) text.append(given(element('a', '', clause), { href: link, rel: 'noreferrer' }));
  if (connection > 1) text.append(element('span', 'meta', ` · connection ${connection}`));
  row.append(glyph, text, byte);
  return row;
}

function connectionRow({ n, last_event_id, is_trial, status, head_after, bytes: size, events, comments, end, lasted, next_id, retry }) {
  const fact = (name, value) => element('div', '', element('dt', '', name), element('dd', '', value));
  return element(
    'section',
    'connection',
    element('h3', '', `${n}${is_trial ? ' · a trial of resuming' : ''}`),
    element(
      'dl',
      'came-facts',
      fact('Last-Event-ID sent', last_event_id || 'none'),
      fact('Status', status === null ? 'none' : `${status}${head_after === null ? '' : ` after ${span(head_after)}`}`),
      fact('Came', `${bytes(size)} · events: ${grouped(events)} · comments: ${grouped(comments)}`),
      fact('End', end ? `${end}${lasted === null ? '' : `, after ${span(lasted)}`}` : 'not yet'),
      fact('A client comes back', `${next_id ? `with ${next_id}` : 'without an id'}, ${retry === null ? 'after its own time' : `after ${grouped(Number(retry))} ms`}`),
    ),
  );
}
