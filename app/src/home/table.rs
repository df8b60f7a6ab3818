//! The tables of the overview in the browser: rows are kept by their key and filled in place, so
//! that nothing flickers, and what has the focus keeps it.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlInputElement, HtmlTemplateElement};

use super::{
    figures,
    rows::{self, Cells, Shows, counted, page},
};
use crate::{
    model::{Figures, Listener, TopicLine, TopicOrder, Wanted},
    ui::dom::{self, write},
};

/// What was found.
pub(super) struct Found {
    topics: Vec<TopicLine>,
    next: Option<String>,
}

impl Found {
    /// Reads an answer of `/api/topics`.
    pub(super) fn of(answer: &JsValue) -> Self {
        let line = |topic: JsValue| TopicLine {
            topic: text(&topic, "topic"),
            rate: number(&topic, "rate"),
            recent: list(&topic, "recent")
                .map(|count| count.as_f64().unwrap_or_default() as u32)
                .collect(),
            subscribers: number(&topic, "subscribers") as u64,
            events: number(&topic, "events") as u64,
            last_time: text(&topic, "last_time"),
        };
        Self {
            topics: list(answer, "topics").map(line).collect(),
            next: member(answer, "next").as_string(),
        }
    }
}

/// Shows the hub's figures.
pub(super) fn show_figures(figures: &Figures) {
    let mut figure = find(".figures").and_then(|list| list.first_element_child());
    for value in figures::shown(figures) {
        let Some(element) = figure else { return };
        if let Some(cell) = element.last_element_child() {
            write(&cell, &value);
        }
        figure = element.next_element_sibling();
    }
}

/// Shows what was found. The rows stay where they are while the reader points at one or has the
/// focus in one, unless the reader asked for others: what is about to be clicked does not move.
pub(super) fn show_topics(wanted: &Wanted, found: &Found, total: u64, searched: bool) {
    let Some(panel) = find(".topics") else { return };
    let Some(table) = Table::within(&panel) else {
        return;
    };
    let today = today();
    let is_held = !searched && table.body.matches(":hover, :focus-within").unwrap_or(false);
    let keys = found.topics.iter().map(|line| line.topic.as_str());
    table.show(keys, is_held, |at, row, is_new| {
        let line = &found.topics[at];
        if is_new && let Ok(Some(link)) = row.query_selector("a") {
            set(&link, "href", &page(&line.topic));
            set(&link, "title", &line.topic);
            fill(row, "bdi", &line.topic);
        }
        let cells = rows::topic(line, &today);
        fill_all(row, &cells, &line.last_time);
        if let Ok(Some(minute)) = row.query_selector("polyline") {
            set(&minute, "points", &rows::minute(line));
        }
    });
    let (shown, goes_on) = (found.topics.len(), found.next.is_some());
    let shows = Shows::of(wanted, shown, total, goes_on);
    set(&panel, "data-shows", shows.word());
    let count = counted(wanted, shown, total, goes_on);
    fill(&panel, ".count", &count);
    if searched {
        fill(&panel, ".pager [role=status]", &count);
    }
    if let Ok(Some(link)) = panel.query_selector(".next") {
        let _ = link.toggle_attribute_with_force("hidden", !goes_on);
        let next = Wanted {
            after: found.next.clone().unwrap_or_default(),
            ..wanted.clone()
        };
        set(&link, "href", &next.address());
    }
}

/// Lets go of the page of topics that was asked for: others begin at their first.
pub(super) fn begin_at_the_first() {
    if let Some(table) = find(".topics table") {
        set(&table, "data-after", "");
    }
}

/// Puts what the reader chose into the address and the links of the page, without leaving it.
pub(super) fn choose(wanted: &Wanted) {
    if let Some(first) = find(".topics .first") {
        first.remove();
    }
    for order in [TopicOrder::Name, TopicOrder::Rate, TopicOrder::Last] {
        if let Some(link) = find(&format!("a[data-sort='{}']", order.word())) {
            let wanted = Wanted {
                order,
                ..wanted.clone()
            };
            set(&link, "href", &wanted.address());
        }
    }
    if let Ok(history) = window().history() {
        let address = Some(wanted.address());
        let _ = history.replace_state_with_url(&JsValue::NULL, "", address.as_deref());
    }
}

/// Shows who listens.
pub(super) fn show_listeners(answer: &JsValue) {
    let Some(table) = find(".listeners").and_then(|panel| Table::within(&panel)) else {
        return;
    };
    let (today, listeners) = (today(), list(answer, "subscribers"));
    let listener = |listener: JsValue| Listener {
        id: text(&listener, "id"),
        selectors: list(&listener, "selectors")
            .filter_map(|selector| selector.as_string())
            .collect(),
        format: text(&listener, "format"),
        since: text(&listener, "since"),
        behind: number(&listener, "behind") as u64,
    };
    let listeners: Vec<Listener> = listeners.map(listener).collect();
    let keys = listeners.iter().map(|listener| listener.id.as_str());
    table.show(keys, false, |at, row, _| {
        let listener = &listeners[at];
        let cells = rows::listener(listener, &today);
        fill_all(row, &cells, &listener.since);
        if let Ok(Some(selectors)) = row.query_selector("bdi") {
            set(&selectors, "title", &cells[0].1);
        }
    });
}

/// A table's body, and an empty row to make others of.
struct Table {
    body: Element,
    empty: Element,
}

impl Table {
    fn within(panel: &Element) -> Option<Self> {
        let template = panel.query_selector("template").ok()??;
        let template = template.dyn_into::<HtmlTemplateElement>().ok()?;
        Some(Self {
            body: panel.query_selector("tbody").ok()??,
            empty: template.content().first_element_child()?,
        })
    }

    /// Has a row for each key, in this order, each filled. Where it is held, rows neither come nor
    /// go nor move.
    fn show<'a>(
        &self,
        keys: impl Iterator<Item = &'a str>,
        is_held: bool,
        mut fill: impl FnMut(usize, &Element, bool),
    ) {
        let mut here = self.body.first_element_child();
        for (at, key) in keys.enumerate() {
            let is_here = here.as_ref().is_some_and(|row| has_key(row, key));
            let known = if is_here { here.clone() } else { self.row(key) };
            let is_new = known.is_none();
            let Some(row) = known.or_else(|| self.make(key, is_held)) else {
                continue;
            };
            fill(at, &row, is_new);
            if is_here {
                here = row.next_element_sibling();
            } else if !is_held {
                let _ = self.body.insert_before(&row, here.as_deref());
            }
        }
        while let Some(row) = here.filter(|_| !is_held) {
            here = row.next_element_sibling();
            row.remove();
        }
    }

    fn row(&self, key: &str) -> Option<Element> {
        let mut row = self.body.first_element_child();
        while let Some(other) = row.as_ref().filter(|row| !has_key(row, key)) {
            row = other.next_element_sibling();
        }
        row
    }

    fn make(&self, key: &str, is_held: bool) -> Option<Element> {
        if is_held {
            return None;
        }
        let row = self.empty.clone_node_with_deep(true).ok()?;
        let row = row.dyn_into::<Element>().ok()?;
        set(&row, "data-key", key);
        Some(row)
    }
}

fn has_key(row: &Element, key: &str) -> bool {
    row.get_attribute("data-key").as_deref() == Some(key)
}

/// The first element of the page that is selected so.
pub(super) fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// What stands in a field of the search.
pub(super) fn field(name: &str) -> String {
    find(&format!(".search [name={name}]"))
        .and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
        .map_or_else(String::new, |field| field.value())
}

fn set(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        // Only a name that is none would be refused.
        let _ = element.set_attribute(name, value);
    }
}

fn fill(within: &Element, selector: &str, text: &str) {
    if let Some(element) = dom::find(within, selector) {
        write(&element, text);
    }
}

/// Fills a row, and says what its time is in full.
fn fill_all(row: &Element, cells: &Cells, time: &str) {
    for (selector, text) in cells {
        fill(row, selector, text);
    }
    if let Some(element) = dom::find(row, "time") {
        set(&element, "datetime", time);
        set(&element, "title", time);
    }
}

/// A member of an object; undefined where there is none.
pub(super) fn member(of: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is a number; 0 where it is none.
pub(super) fn number(of: &JsValue, name: &str) -> f64 {
    member(of, name).as_f64().unwrap_or_default()
}

fn text(of: &JsValue, name: &str) -> String {
    member(of, name).as_string().unwrap_or_default()
}

/// The items of a member that is a list; none where it is no list.
fn list(of: &JsValue, name: &str) -> impl Iterator<Item = JsValue> + use<> {
    let list = member(of, name).dyn_into::<js_sys::Array>();
    list.unwrap_or_default().into_iter()
}

/// The day in UTC, as RFC 3339 has it.
fn today() -> String {
    let now = String::from(js_sys::Date::new_0().to_iso_string());
    now.chars().take(10).collect()
}
