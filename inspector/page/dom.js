// Elements of text: what a stream sends is never read as markup.

/** The element with this id, or the first that matches within `root`. */
export const find = (selector, root = document) => root.querySelector(selector);

/** An element with a class and children: text or elements. */
export function element(tag, name = '', ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** An element with attributes. */
export function given(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Says a text, if it is another. */
export function write(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

const whole = new Intl.NumberFormat('en-GB');

/** A number with its thousands set apart. */
export const grouped = (number) => whole.format(number);

/** A number of bytes. */
export function bytes(number) {
  if (number < 10_000) return `${grouped(number)} B`;
  return number < 10_000_000 ? `${grouped(Math.round(number / 1_000))} kB` : `${grouped(Math.round(number / 1_000_000))} MB`;
}

/** A time in milliseconds, with as many digits as can be read. */
export function span(ms) {
  if (ms === null || ms === undefined) return '–';
  const size = Math.abs(ms);
  if (size < 10) return `${ms.toFixed(1)} ms`;
  if (size < 1_000) return `${Math.round(ms)} ms`;
  return size < 100_000 ? `${(ms / 1_000).toFixed(2)} s` : `${grouped(Math.round(ms / 1_000))} s`;
}
