//! One event in full: what is known of it, then its data in one of three forms.

mod hex;
mod json;
mod part;
mod raw;
mod tree;

use std::rc::Rc;

use web_sys::Element;

use crate::{
    frame::frame,
    model::Event,
    ui::{
        dom::{append, append_text, attribute, element},
        figures::grouped,
    },
};
use json::Wrong;
use part::{Part, show_part};
pub(crate) use raw::is_hidden;
use raw::{beginning, visible};

/// How much text is shown at first: what a reader scrolls through, and a browser lays out at once.
const FIRST: usize = 64 * 1024;
const FIRST_LINES: usize = 2_000;

/// How much text is shown at the most: as much as the hub takes for an event, unless it is told to
/// take more. A frame has more bytes than its data.
const MOST: usize = 1024 * 1024;
const MOST_OF_FRAME: usize = 2 * MOST;

/// How many bytes are shown as numbers, which take five times their room.
const FIRST_HEX: usize = 4 * 1024;
const MOST_HEX: usize = 64 * 1024;

/// The least width, in CSS pixels, for sixteen bytes a line; else there are eight.
const WIDE: i32 = 576;

/// How an event is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// Its data, as a tree where it is JSON.
    #[default]
    Parsed,
    /// The lines that the hub sends for it, with nothing hidden.
    Raw,
    /// The bytes that the hub sends for it.
    Hex,
}

/// Shows one event in `into`, which should be on the page, in place of what was there.
pub(crate) fn show(into: &Element, event: &Event, form: Form) {
    into.set_text_content(None);
    facts(into, event);
    match form {
        Form::Parsed => parsed(into, &event.data),
        Form::Raw => lines(
            into,
            "raw",
            "Frame",
            frame(event, false).into(),
            MOST_OF_FRAME,
            visible,
        ),
        Form::Hex => numbers(into, frame(event, false)),
    }
}

fn facts(into: &Element, event: &Event) {
    let list = element("dl", "facts");
    let size = [&grouped(event.data.len() as u64), " bytes"].concat();
    for (name, tag, value) in [
        ("id", "code", &event.id),
        ("topic", "bdi", &event.topic),
        ("event", "bdi", &event.event),
        ("time", "time", &event.time),
        ("data", "span", &size),
    ] {
        append_text(&list, "dt", "", name);
        let cell = element("dd", "");
        append_text(&cell, tag, "", value);
        append(&list, &cell);
    }
    append(into, &list);
}

fn parsed(into: &Element, data: &str) {
    if data.is_empty() {
        return append_text(into, "p", "empty", "The data is empty.");
    }
    match json::check(data) {
        Ok(()) => tree::show_tree(into, data.into()),
        Err(wrong) => {
            append_text(into, "p", "meta", &why(wrong));
            lines(into, "text", "Data", data.into(), MOST, str::to_owned);
        }
    }
}

fn why(Wrong { at, wanted }: Wrong) -> String {
    let place = match at {
        0 => "it would have to begin with ".to_owned(),
        1 => "after 1 byte there would have to be ".to_owned(),
        _ => [
            "after ",
            &grouped(at as u64),
            " bytes there would have to be ",
        ]
        .concat(),
    };
    ["Not JSON, so shown as it is: ", &place, wanted, "."].concat()
}

fn lines(
    into: &Element,
    class: &str,
    label: &str,
    text: Rc<str>,
    most: usize,
    written: fn(&str) -> String,
) {
    let part = Part {
        first: beginning(&text, FIRST, FIRST_LINES).len(),
        most: beginning(&text, most, usize::MAX).len(),
        total: text.len(),
    };
    show_part(into, &holder(class, label), part, move |bytes| {
        written(&text[..bytes])
    });
}

fn numbers(into: &Element, frame: String) {
    let columns = match into.client_width() {
        1..WIDE => 8,
        _ => 16,
    };
    let total = frame.len();
    let part = Part {
        first: total.min(FIRST_HEX),
        most: total.min(MOST_HEX),
        total,
    };
    show_part(
        into,
        &holder("hex", "Bytes of the frame"),
        part,
        move |bytes| hex::dump(&frame.as_bytes()[..bytes], columns),
    );
}

/// What a long text stands in: scrolled with the keyboard too.
fn holder(class: &str, label: &str) -> Element {
    let holder = element("pre", class);
    let dir = if class == "text" { "auto" } else { "ltr" };
    for (name, value) in [
        ("tabindex", "0"),
        ("role", "region"),
        ("aria-label", label),
        ("dir", dir),
    ] {
        attribute(&holder, name, value);
    }
    holder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_data_is_no_json() {
        let says = |data| why(json::check(data).unwrap_err());
        assert_eq!(
            says("hello"),
            "Not JSON, so shown as it is: it would have to begin with a value."
        );
        assert_eq!(
            says("[1 2]"),
            "Not JSON, so shown as it is: after 3 bytes there would have to be a comma or a closing bracket."
        );
    }
}
