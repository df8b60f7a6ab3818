//! JSON as a tree that opens and closes.
//!
//! What is inside a branch is made when it opens, and a long one opens to parts of itself, so that
//! nothing has to be left out, and no page has more elements than its reader opened.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use super::{
    json::{members, shown},
    part::{Part, show_part},
    raw::beginning,
};
use crate::ui::{
    dom::{append, append_text, attribute, element, listen, text},
    figures::grouped,
};

/// How many levels are open at first.
const LEVELS: u32 = 3;

/// How many bytes of text, and for each entry how many more, are open at first.
const ROOM: usize = 64 * 1024;
const ENTRY: usize = 32;

/// The most entries that stand in one list.
const LIST: usize = 100;

/// How many bytes of a text or a number are shown at first, and at the most.
const VALUE: usize = 1024;
const LONGEST_VALUE: usize = 1024 * 1024;

/// How many bytes of a key, and of what is inside a branch that is closed, are shown.
const KEY: usize = 256;
const PREVIEW: usize = 96;

struct Tree {
    json: Rc<str>,
    /// How much may still be open at first.
    room: Cell<usize>,
}

/// Some of what an object or an array holds.
struct Branch {
    /// Where the object or array begins.
    at: usize,
    /// How many entries there are before these.
    first: usize,
    /// How many these are.
    count: usize,
}

/// What stands before a value.
enum Label<'a> {
    Nothing,
    Key(&'a str),
    Index(usize),
}

/// Puts JSON, which must be checked, into an element.
pub(super) fn show_tree(into: &Element, json: Rc<str>) {
    let root = element("ul", "tree");
    let room = Cell::new(ROOM);
    let tree = Tree { json, room };
    let begin = tree.json.len() - tree.json.trim_start().len();
    let value = &tree.json[begin..];
    tree.entry(&root, Label::Nothing, begin, value.trim_end(), LEVELS);
    listen(&root, "toggle", move |event| {
        tree.opened(&event);
    });
    append(into, &root);
}

impl Tree {
    /// One value, in a list.
    fn entry(&self, list: &Element, label: Label, at: usize, value: &str, levels: u32) {
        let item = element("li", "");
        let size = ENTRY + value.len().min(VALUE);
        self.room.set(self.room.get().saturating_sub(size));
        match value.as_bytes().first() {
            Some(b'{') => self.holder(&item, label, at, value, "member", levels),
            Some(b'[') => self.holder(&item, label, at, value, "item", levels),
            Some(b'"') => self.scalar(&item, label, at, value, "string"),
            Some(b'-' | b'0'..=b'9') => self.scalar(&item, label, at, value, "number"),
            _ => self.scalar(&item, label, at, value, "word"),
        }
        append(list, &item);
    }

    fn scalar(&self, item: &Element, label: Label, at: usize, value: &str, kind: &str) {
        named(item, label);
        let holder = element("span", kind);
        let part = Part {
            first: beginning(value, VALUE, usize::MAX).len(),
            most: beginning(value, LONGEST_VALUE, usize::MAX).len(),
            total: value.len(),
        };
        let json = self.json.clone();
        show_part(item, &holder, part, move |bytes| {
            shown(&json[at..at + bytes])
        });
    }

    /// An object or an array.
    fn holder(
        &self,
        item: &Element,
        label: Label,
        at: usize,
        value: &str,
        kind: &str,
        levels: u32,
    ) {
        let count = members(&self.json, at).count();
        let plural = if count == 1 { "" } else { "s" };
        let holds = [&grouped(count as u64), " ", kind, plural].concat();
        if count == 0 {
            named(item, label);
            return append_text(item, "span", "count", &holds);
        }
        let summary = element("summary", "");
        named(&summary, label);
        append_text(&summary, "span", "count", &holds);
        let preview = text("span", "preview", &preview(value));
        attribute(&preview, "aria-hidden", "true");
        append(&summary, &preview);
        let is_open = levels > 0 && (count <= LIST || levels == LEVELS);
        let levels = is_open.then(|| levels - 1);
        let first = 0;
        self.branch(item, &summary, &Branch { at, first, count }, levels);
    }

    /// Makes a branch; it is open where `levels` says how many there may be inside.
    fn branch(&self, item: &Element, summary: &Element, branch: &Branch, levels: Option<u32>) {
        let details = element("details", "");
        append(&details, summary);
        match levels.filter(|_| self.room.get() > 0) {
            Some(levels) => {
                attribute(&details, "open", "");
                self.fill(&details, branch, levels);
            }
            None => attribute(&details, "data-branch", &branch.written()),
        }
        append(item, &details);
    }

    fn fill(&self, details: &Element, branch: &Branch, levels: u32) {
        let &Branch { at, first, count } = branch;
        let list = element("ul", "");
        if count > LIST {
            self.parts(&list, branch);
        } else {
            let entries = members(&self.json, at).enumerate();
            for (index, member) in entries.skip(first).take(count) {
                let label = match member.key {
                    Some(key) => Label::Key(&self.json[key]),
                    None => Label::Index(index),
                };
                let begin = member.value.start;
                self.entry(&list, label, begin, &self.json[member.value], levels);
            }
        }
        append(details, &list);
    }

    /// A long branch as parts, each of as many entries as make the list of parts short.
    fn parts(&self, list: &Element, branch: &Branch) {
        let mut size = LIST;
        while branch.count > size * LIST {
            size *= LIST;
        }
        let end = branch.first + branch.count;
        for first in (branch.first..end).step_by(size) {
            let at = branch.at;
            let count = size.min(end - first);
            let range = [
                &grouped(first as u64),
                " … ",
                &grouped((first + count - 1) as u64),
            ]
            .concat();
            let item = element("li", "");
            let summary = text("summary", "count", &range);
            self.branch(&item, &summary, &Branch { at, first, count }, None);
            append(list, &item);
        }
    }

    /// Makes what is inside a branch, the first time that it opens.
    fn opened(&self, event: &Event) -> Option<()> {
        let details = event.target()?.dyn_into::<Element>().ok()?;
        let branch = Branch::read(&details.get_attribute("data-branch")?)?;
        let _ = details.remove_attribute("data-branch");
        self.fill(&details, &branch, 0);
        Some(())
    }
}

impl Branch {
    fn written(&self) -> String {
        let Self { at, first, count } = self;
        [at, first, count].map(usize::to_string).join(" ")
    }

    fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map_while(|number| number.parse().ok());
        Some(Self {
            at: numbers.next()?,
            first: numbers.next()?,
            count: numbers.next()?,
        })
    }
}

fn named(item: &Element, label: Label) {
    match label {
        Label::Nothing => return,
        Label::Key(key) => {
            let part = beginning(key, KEY, usize::MAX);
            let mut name = shown(part);
            if part.len() < key.len() {
                name.push('…');
            }
            append_text(item, "span", "key", &name);
        }
        Label::Index(index) => append_text(item, "span", "index", &grouped(index as u64)),
    }
    append_text(item, "span", "count", ": ");
}

/// The beginning of a value on one line.
fn preview(value: &str) -> String {
    let words = beginning(value, PREVIEW, usize::MAX).split_ascii_whitespace();
    let mut preview = shown(&words.collect::<Vec<_>>().join(" "));
    if value.len() > PREVIEW {
        preview.push('…');
    }
    preview
}
