//! What a reader chose, as it stands in the address and in the form.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

use crate::{
    address::encode,
    model::{Choice, TimeStyle},
};

/// The parameters of a choice, each with a `&` before it; nothing for what was not chosen.
pub(crate) fn query(choice: &Choice) -> String {
    let mut query = String::new();
    let mut add = |name: &str, value: &str| {
        for part in ["&", name, "=", &encode(value)] {
            query.push_str(part);
        }
    };
    if !choice.text.is_empty() {
        add("q", &choice.text);
    }
    for (name, chosen) in [("re", choice.regex), ("not", choice.invert)] {
        if chosen {
            add(name, "1");
        }
    }
    for name in &choice.events {
        add("event", name);
    }
    if choice.time != TimeStyle::Utc {
        add("time", name_of(choice.time));
    }
    query
}

/// The name of a style of times, in the address and in the form.
pub(crate) fn name_of(time: TimeStyle) -> &'static str {
    match time {
        TimeStyle::Utc => "utc",
        TimeStyle::Local => "local",
        TimeStyle::Relative => "relative",
    }
}

/// Reads what the form says; the names of events stand beside it.
pub(crate) fn read(form: &Element, events: Vec<String>) -> Choice {
    Choice {
        text: input(form, "q").map(|q| q.value()).unwrap_or_default(),
        regex: is_checked(form, "re"),
        invert: is_checked(form, "not"),
        events,
        time: match select(form).map(|time| time.value()).as_deref() {
            Some("local") => TimeStyle::Local,
            Some("relative") => TimeStyle::Relative,
            _ => TimeStyle::Utc,
        },
    }
}

/// Chooses the next style of times in the form.
pub(crate) fn next_time(form: &Element) {
    if let Some(time) = select(form) {
        time.set_selected_index((time.selected_index() + 1) % 3);
    }
}

/// The field of the form with this name.
pub(crate) fn input(form: &Element, name: &str) -> Option<HtmlInputElement> {
    let found = form.query_selector(&format!("[name={name}]")).ok()??;
    found.dyn_into().ok()
}

fn is_checked(form: &Element, name: &str) -> bool {
    input(form, name).is_some_and(|field| field.checked())
}

fn select(form: &Element) -> Option<HtmlSelectElement> {
    form.query_selector("select").ok()??.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_chosen_stands_in_the_address() {
        assert_eq!(query(&Choice::default()), "");
        let choice = Choice {
            text: "a&b=1 ü".into(),
            regex: true,
            invert: true,
            events: vec!["tick".into(), "or der".into()],
            time: TimeStyle::Relative,
        };
        assert_eq!(
            query(&choice),
            "&q=a%26b%3D1%20%C3%BC&re=1&not=1&event=tick&event=or%20der&time=relative"
        );
    }
}
