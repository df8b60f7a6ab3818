//! A text of which only the beginning is shown, until the reader asks for more.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use crate::ui::{
    dom::{append, append_text, element, focus, listen, text},
    figures::grouped,
};

/// How many bytes of something are shown.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// At first.
    pub(super) first: usize,
    /// At the most.
    pub(super) most: usize,
    /// That there are.
    pub(super) total: usize,
}

/// Puts into `holder` as much as is shown at first, and it into `into`; where there is more, says
/// so and offers it. `written` is called with a number of bytes.
pub(super) fn show_part(
    into: &Element,
    holder: &Element,
    part: Part,
    written: impl Fn(usize) -> String + 'static,
) {
    holder.set_text_content(Some(&written(part.first)));
    append(into, holder);
    if part.first >= part.total {
        return;
    }
    let note = element("p", "cut");
    append_text(&note, "span", "", &says(part.first, part.total, ". "));
    let offer = match part.most >= part.total {
        true => "Show all",
        false => "Show more",
    };
    let button = text("button", "small", offer);
    // It finds its way from the button: elements that it held would hold it, and never go.
    listen(&button, "click", move |event| {
        more(&event, part, &written);
    });
    append(&note, &button);
    append(into, &note);
}

fn more(event: &Event, part: Part, written: &dyn Fn(usize) -> String) -> Option<()> {
    let button = event.current_target()?.dyn_into::<Element>().ok()?;
    let note = button.parent_element()?;
    let holder = note.previous_element_sibling()?;
    holder.set_text_content(Some(&written(part.most)));
    focus(&holder);
    if part.most >= part.total {
        note.remove();
    } else {
        let rest = "; the rest is left out.";
        note.set_text_content(Some(&says(part.most, part.total, rest)));
    }
    Some(())
}

fn says(shown: usize, total: usize, end: &str) -> String {
    let (shown, total) = (grouped(shown as u64), grouped(total as u64));
    ["Shown: the first ", &shown, " of ", &total, " bytes", end].concat()
}
