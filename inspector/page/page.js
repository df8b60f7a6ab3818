// The inspector's page: its form, its state, and what can be done with what came.
import { bytes, find, grouped, span, write } from './dom.js';
import { link, request } from './request.js';
import { Run, slices, turn } from './run.js';
import { context, copy, save } from './share.js';
import { Views } from './views.js';

/** How often what came is shown while it comes, in milliseconds. */
const FRAME = 200;
/** How long nobody has typed once a text is taken for whole, in milliseconds. */
const TYPED = 300;
/** Quiet shorter than this, in seconds, is not worth a word. */
const IDLE = 5;
/** By how many bytes at the beginning a text is known. */
const BEGINNING = 64 * 1024;

const GLYPHS = { idle: '○', connecting: '◌', live: '●', reconnecting: '↻', paused: '■', closed: '◼', error: '▲' };

/** Brings the page to life with the module that reads streams. */
export async function start(module, wasm) {
  await module.default({ module_or_path: wasm });
  new Page(module).begin();
}

class Page {
  constructor({ Inspector, Opening, without_secrets }) {
    Object.assign(this, { Inspector, Opening, withoutSecrets: without_secrets, views: new Views() });
    this.acts = { resume: () => this.resume(), report: () => this.report(), link: () => this.link(), export: () => this.export(), open: () => this.opening(), read: () => this.paste() };
  }

  begin() {
    const form = find('#request');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.inspect();
    });
    find('#stop').addEventListener('click', () => this.run?.stop());
    find('#file').addEventListener('change', ({ target }) => this.file(target));
    for (const button of document.querySelectorAll('[data-do]')) {
      button.addEventListener('click', () => this.acts[button.dataset.do]());
    }
    for (const button of document.querySelectorAll('.copy')) {
      button.hidden = !navigator.clipboard;
      button.addEventListener('click', () => copy(find('code', button.parentElement).textContent, 'Command'));
    }
    this.seeking();
    find('[data-do=open]').disabled = false;
    find('[data-do=read]').disabled = false;
    setInterval(() => this.show(), FRAME);
    // A link is followed at once; what is more than a look is left to who opened it.
    const asked = new URLSearchParams(location.search);
    if (asked.get('url') && form.elements.method.value === 'GET') this.inspect();
  }

  /** Shows only events with a text, which is in the address too. */
  seeking() {
    const field = find('#q');
    field.value = (new URLSearchParams(location.search).get('q') ?? '').slice(0, field.maxLength);
    field.disabled = false;
    field.addEventListener('input', () => {
      this.views.seek(field.value);
      this.address(field.value);
      // A screen reader would have too much to say of every key.
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.sought(field.value), TYPED);
    });
  }

  /** Puts the text into the address. */
  address(text) {
    const address = new URL(location.href);
    if (text) address.searchParams.set('q', text);
    else address.searchParams.delete('q');
    try {
      history.replaceState(null, '', address);
    } catch {
      // Browsers refuse one that changes too often: it is put there once nobody types.
    }
  }

  /** Says how many events have the text, once it is whole. */
  sought(text) {
    this.address(text);
    if (text && this.inspector) write(find('.said'), `${this.views.found()} events have this text`);
  }

  /** Reads what the form says. */
  inspect() {
    const refused = find('#refused');
    const field = find('#url');
    let asked;
    try {
      asked = request();
    } catch (error) {
      write(refused, error.message);
      field.setAttribute('aria-invalid', 'true');
      return;
    }
    write(refused, '');
    field.removeAttribute('aria-invalid');
    // What goes on while a capture is read ends too.
    this.run?.before?.stop();
    this.run?.stop();
    history.replaceState(null, '', link(asked, this.withoutSecrets));
    this.asked = asked;
    this.hold(new this.Inspector());
    this.run = new Run(this.inspector, asked, () => (this.isNew = true));
    this.run.start();
    this.show();
  }

  /** Has another inspection to show. */
  hold(inspector) {
    this.inspector?.free();
    this.inspector = inspector;
    this.views.of(inspector);
    this.isNew = true;
    find('.report').hidden = true;
    write(find('.done'), '');
    for (const name of ['report', 'link', 'export']) find(`[data-do=${name}]`).disabled = false;
  }

  show() {
    if (!this.run) return;
    this.badge(this.run.state);
    if (!this.isNew || document.hidden) return;
    this.isNew = false;
    const figures = JSON.parse(this.inspector.summary());
    this.figures(figures);
    this.views.show();
    find('[data-do=resume]').disabled = !this.asked || figures.events === 0 || this.run.isTrying === true;
  }

  badge({ kind, word, detail, since }) {
    const badge = find('.badge');
    const seconds = Math.floor((performance.now() - since) / 1_000);
    const isBusy = ['connecting', 'live', 'reconnecting'].includes(kind);
    find('#stop').hidden = !isBusy;
    badge.dataset.state = kind;
    write(find('.glyph', badge), GLYPHS[kind]);
    write(find('strong', badge), word);
    write(find('.detail', badge), kind === 'connecting' && seconds > 0 ? [detail, `${seconds} s`].filter(Boolean).join(', ') : kind === 'live' ? this.idle() : detail);
    if (this.said !== word) {
      this.said = word;
      write(find('.said'), `${word} ${detail}`.trim());
    }
  }

  /** For how long nothing came, where it is long. */
  idle() {
    if (this.isNew || !this.heard) this.heard = performance.now();
    const seconds = Math.floor((performance.now() - this.heard) / 1_000);
    return seconds >= IDLE ? `idle ${grouped(seconds)} s` : '';
  }

  figures(figures) {
    const figure = (name, text) => write(find(`[data-figure=${name}]`), text);
    figure('events', grouped(figures.events));
    figure('bytes', bytes(figures.bytes));
    figure('violations', grouped(figures.violations));
    figure('connections', grouped(figures.connections));
    figure('between', span(figures.between_events?.median));
    figure('latency', span(figures.latency?.median));
    const cut = find('.came > .lost');
    const parts = [
      figures.cut_bytes > 0 && `the first ${grouped(figures.cut_bytes)} bytes`,
      figures.cut_events > 0 && `the first ${grouped(figures.cut_events)} events`,
      figures.dropped_findings > 0 && `the last ${grouped(figures.dropped_findings)} findings`,
    ].filter(Boolean);
    cut.hidden = parts.length === 0;
    write(cut, `Cut: ${parts.join(', ')} are no longer kept. All were read, and what was wrong with them is told.`);
  }

  async resume() {
    const { run } = this;
    if (!run || run.isTrying) return;
    run.stop('to try a resume');
    run.isTrying = true;
    find('[data-do=resume]').disabled = true;
    await run.resume();
    run.isTrying = false;
    this.isNew = true;
    // Something else is shown by now, or it was stopped.
    if (run !== this.run || run.isStopped) return;
    this.show();
    this.views.open('findings');
  }

  report() {
    copy(this.inspector.report(context()), 'Report');
  }

  link() {
    copy(this.asked ? link(this.asked, this.withoutSecrets) : location.href, 'Link');
  }

  export() {
    save(this.inspector.capture(), this.inspector.url());
  }

  /** Shows or hides what opens a capture. */
  opening(isShown = find('#opening').hidden) {
    find('#opening').hidden = !isShown;
    find('[data-do=open]').setAttribute('aria-expanded', String(isShown));
  }

  async file(field) {
    const [file] = field.files;
    field.value = '';
    if (file) await this.read(file, `a file, ${file.name}`);
  }

  async paste() {
    await this.read(new Blob([find('#paste').value]), 'what was pasted');
  }

  /** Shows a capture in place of what was there, once it is read; until then that goes on. */
  async read(text, what) {
    const idle = { state: { kind: 'idle', word: 'Nothing yet', detail: 'give an address, or open a capture' }, stop() {} };
    const before = this.run?.before ?? this.run ?? idle;
    const state = { kind: 'connecting', word: 'Reading', detail: '', since: performance.now() };
    const stop = () => this.leave(reading);
    const reading = { state, stop, before, isTrying: true };
    const refused = find('#unread');
    write(refused, '');
    this.run = reading;
    this.isNew = Boolean(this.inspector);
    try {
      if (!text.size) throw new Error('it is empty');
      const opening = new this.Opening(new Uint8Array(await text.slice(0, BEGINNING).arrayBuffer()));
      const isRead = await this.take(opening, text, reading);
      if (!isRead) return opening.free();
      this.opened(opening.end(), what, reading);
    } catch (error) {
      if (this.run === reading) write(refused, `It cannot be read: ${error.message ?? error}.`);
      this.leave(reading);
    }
  }

  /** Gives a capture all of a text, with turns of the page between; whether it came to its end, and nothing else took its place. */
  async take(opening, text, reading) {
    let came = 0;
    const isLeft = async (more) => {
      for (let next = more; next && this.run === reading; next = opening.feed(new Uint8Array())) await turn();
      return this.run === reading;
    };
    for await (const [piece] of slices(text.stream())) {
      came += piece.length;
      reading.state.detail = `${Math.floor((100 * came) / text.size)} %`;
      if (this.run !== reading || !(await isLeft(opening.feed(piece)))) return false;
    }
    return this.run === reading && isLeft(opening.last());
  }

  /** Lets go of a capture that was being read, for what was there before. */
  leave(reading) {
    if (this.run !== reading) return;
    this.run = reading.before;
    this.isNew = Boolean(this.inspector);
  }

  /** Shows a capture that was read. */
  opened(inspector, what, { state, before }) {
    before.stop();
    this.asked = undefined;
    this.run = { state: { ...state, kind: 'closed', word: 'Opened', detail: what }, stop() {} };
    this.hold(inspector);
    find('[data-do=link]').disabled = true;
    this.opening(false);
    this.show();
  }
}
