//! The parts of the page that the console finds and writes to.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::ui::{
    dom::{attribute, find, write},
    figures::grouped,
    standing::Reading,
};

/// For how many seconds it stands beside the buttons what came of one.
const TOLD_FOR: u32 = 5;

/// The parts, by what they are for.
pub(super) struct Parts {
    pub(super) root: Element,
    pub(super) scroller: HtmlElement,
    pub(super) sheet: HtmlElement,
    pub(super) form: Element,
    pub(super) facets: Element,
    pub(super) spark: Element,
    pub(super) detail: HtmlElement,
    pub(super) body: Element,
    pub(super) keys: HtmlElement,
    refused: Element,
    pause: Element,
    follow: HtmlElement,
    empty: HtmlElement,
    held: Element,
    none: HtmlElement,
    told: Element,
    older: HtmlElement,
}

impl Parts {
    /// None where one of them is missing.
    pub(super) fn of(root: &Element) -> Option<Self> {
        let find = |selector: &str| find(root, selector);
        let html = |selector: &str| find(selector)?.dyn_into::<HtmlElement>().ok();
        Some(Self {
            root: root.clone(),
            scroller: html(".events")?,
            sheet: html(".events ol")?,
            form: find("form.filter")?,
            facets: find(".facets")?,
            spark: find(".spark polyline")?,
            detail: html("aside.detail")?,
            body: find(".detail-body")?,
            keys: html("dialog.keys")?,
            refused: find("#filter-refused")?,
            pause: find("[data-do=pause]")?,
            follow: html(".follow")?,
            empty: html(".empty")?,
            held: find(".held")?,
            none: html(".none")?,
            told: find(".told")?,
            older: html(".older")?,
        })
    }

    /// Says what is wrong with the filter, beside it.
    pub(super) fn refuse(&self, why: Option<&str>) {
        let why = why.unwrap_or_default();
        write(&self.refused, why);
        if let Some(field) = super::choice::input(&self.form, "q") {
            if why.is_empty() {
                // Refused is only what is no name of an attribute.
                let _ = field.remove_attribute("aria-invalid");
            } else {
                attribute(&field, "aria-invalid", "true");
            }
        }
    }

    /// What the buttons say, as the list is read.
    pub(super) fn show_reading(&self, reading: Reading) {
        let is_paused = matches!(reading, Reading::Paused(_));
        let (glyph, word) = if is_paused {
            ("▸", "Resume")
        } else {
            ("‖", "Pause")
        };
        for (class, text) in [(".glyph", glyph), (".label", word)] {
            if let Ok(Some(part)) = self.pause.query_selector(class) {
                write(&part, text);
            }
        }
        let new = match reading {
            Reading::Following => None,
            Reading::Held(new) | Reading::Paused(new) => Some(new),
        };
        self.follow.set_hidden(new.is_none());
        if let Some(new) = new {
            let text = match new {
                0 => "▽ follow".to_owned(),
                new => format!("▽ {} new · follow", grouped(new)),
            };
            write(&self.follow, &text);
        }
    }

    /// Says something, for a while.
    pub(super) fn tell(&self, text: &str) {
        write(&self.told, text);
    }

    /// Takes back what was said so many seconds ago.
    pub(super) fn forget_told(&self, seconds: u32) {
        if seconds >= TOLD_FOR {
            write(&self.told, "");
        }
    }

    /// How many rows there are. Once there was one the topic is not empty, whatever was cleared.
    pub(super) fn show_count(&self, shown: u64, held: u64) {
        if held > 0 {
            self.empty.set_hidden(true);
        }
        self.none.set_hidden(shown > 0 || held == 0);
        let rows = match (shown == held, held) {
            (true, 1) => "1 row".to_owned(),
            (true, _) => format!("{} rows", grouped(held)),
            (false, _) => format!("{} of {} rows", grouped(shown), grouped(held)),
        };
        write(&self.held, &rows);
    }

    /// Whether there are older events than those that are held, and how many had to go.
    pub(super) fn show_older(&self, earlier: bool, let_go: u64) {
        self.older.set_hidden(!earlier && let_go == 0);
        if let_go > 0
            && let Ok(Some(count)) = self.older.query_selector("span")
        {
            write(
                &count,
                &format!("{} rows had to make room here. ", grouped(let_go)),
            );
        }
    }
}
