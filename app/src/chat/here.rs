//! Who takes part.

use leptos::{either::Either, prelude::*};
use web_sys::Element;

use crate::ui::dom::{append, append_text, element};

/// How many names the page holds.
const NAMED: u32 = 200;

/// The names of who takes part.
#[component]
pub(crate) fn Here(names: Vec<String>) -> impl IntoView {
    let empty = match names.is_empty() {
        true => Either::Left(view! { <p class="empty">"Nobody has joined yet."</p> }),
        false => Either::Right(()),
    };
    let name = |name| view! { <li><bdi>{name}</bdi></li> };
    view! {
        <ul class="here">{names.into_iter().map(name).collect_view()}</ul>
        {empty}
        <p class="meta">"Who was connected when this page was made, and who joined since."</p>
    }
}

/// Adds a name to the list, unless it is there already; the oldest make room.
pub(crate) fn add(list: &Element, name: &str) {
    let mut next = list.first_element_child();
    while let Some(item) = next {
        if item.text_content().as_deref() == Some(name) {
            return;
        }
        next = item.next_element_sibling();
    }
    let item = element("li", "");
    append_text(&item, "bdi", "", name);
    append(list, &item);
    if list.child_element_count() > NAMED
        && let Some(oldest) = list.first_element_child()
    {
        oldest.remove();
    }
}
