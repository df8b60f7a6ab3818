//! The elements of the rows on the screen, used again for others as the list moves.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Text};

use super::{
    store::{EventLook, Look, Store},
    time::written,
};
use crate::{
    model::{Gap, TimeStyle, time_of_day},
    topic::rows::{first_of, sequence},
    ui::{
        dom::{append, attribute, element},
        gap::words,
    },
};

/// Rows above and below those in view, so that a short scroll finds them there.
pub(super) const BEYOND: u64 = 8;

/// The elements, and what each of them shows.
pub(super) struct Pool {
    list: Element,
    slots: Vec<Slot>,
    several: bool,
}

struct Slot {
    item: HtmlElement,
    time: Cell,
    id: Cell,
    name: Cell,
    topic: Option<Cell>,
    data: Cell,
    /// The place of the row that it shows.
    place: Option<u64>,
    top: f64,
    /// Where its row stands among all, and how many there are, as was last told.
    told: (u64, u64),
    selected: bool,
    /// Whether it shows a gap after which nothing came yet.
    open_gap: bool,
}

/// A part of a row: its element, and the one text in it, which is written over.
struct Cell {
    element: Element,
    text: Text,
}

impl Cell {
    fn new(row: &Element, tag: &str, class: &str) -> Self {
        let element = element(tag, class);
        let text = document().create_text_node("");
        append(&element, &text);
        append(row, &element);
        Self { element, text }
    }

    fn write(&self, text: &str) {
        self.text.set_data(text);
    }
}

/// What is drawn.
pub(super) struct Frame<'a> {
    pub(super) store: &'a Store,
    /// The place of the oldest row of the list.
    pub(super) first: u64,
    /// The places on the screen.
    pub(super) view: std::ops::Range<u64>,
    /// A row's height, in CSS pixels.
    pub(super) height: f64,
    pub(super) selected: Option<u64>,
    pub(super) time: TimeStyle,
    /// The time, in milliseconds of the epoch.
    pub(super) now: f64,
    /// Whether what stands on the screen is written anew.
    pub(super) anew: bool,
    /// Whether new rows are told by a flash.
    pub(super) flash: bool,
    /// The place from which rows are new.
    pub(super) new_from: u64,
}

impl Pool {
    pub(super) fn new(list: Element, several: bool) -> Self {
        Self {
            list,
            slots: Vec::new(),
            several,
        }
    }

    /// Names what a row shows of its event in part, for who points at it: doing so for each that is
    /// drawn would cost as much as drawing it.
    pub(super) fn explain(&self, item: &Element, look: Look<'_>) {
        let Some(slot) = self.slot_of(item) else {
            return;
        };
        let name = |cell: &Cell, text: &str| attribute(&cell.element, "title", text);
        match look {
            Look::Event(event) => {
                name(&slot.time, event.time);
                name(&slot.id, event.id);
                name(&slot.name, event.name);
                if let Some(topic) = &slot.topic {
                    name(topic, event.topic);
                }
                // Refused is only what is no name of an attribute.
                let _ = slot.data.element.remove_attribute("title");
            }
            Look::Gap(gap) => {
                let from = [&gap.requested, " → ", &gap.resumed_after].concat();
                name(&slot.data, &from);
            }
        }
    }

    /// The number of the row that an element shows, by its place.
    pub(super) fn place_of(&self, item: &Element) -> Option<u64> {
        self.slot_of(item)?.place
    }

    fn slot_of(&self, item: &Element) -> Option<&Slot> {
        let mut slots = self.slots.iter();
        slots.find(|slot| *item == *AsRef::<Element>::as_ref(&slot.item))
    }

    /// Draws the rows of a view; `number` says which row stands at a place.
    pub(super) fn draw(&mut self, frame: &Frame<'_>, number: impl Fn(u64) -> Option<u64>) {
        let wanted = (frame.view.end - frame.view.start) as usize;
        if self.slots.len() < wanted {
            // With more of them a row has another element.
            self.slots.iter_mut().for_each(Slot::hide);
        }
        while self.slots.len() < wanted {
            let slot = Slot::new(self.several);
            append(&self.list, &slot.item);
            self.slots.push(slot);
        }
        let slots = self.slots.len() as u64;
        for place in frame.view.clone() {
            let slot = &mut self.slots[(place % slots) as usize];
            if let Some(number) = number(place) {
                slot.draw(frame, place, number);
            }
        }
        for slot in &mut self.slots {
            if slot.place.is_some_and(|place| !frame.view.contains(&place)) {
                slot.hide();
            }
        }
    }

    /// Puts the elements in the order of their rows, where they are not: who reads by ear goes from
    /// one to the next.
    pub(super) fn sort(&self) {
        let mut shown: Vec<_> = self
            .slots
            .iter()
            .filter(|slot| slot.place.is_some())
            .collect();
        shown.sort_unstable_by_key(|slot| slot.place);
        let mut before: Option<&Slot> = None;
        for slot in shown {
            let node: &Element = &slot.item;
            let in_order = match before {
                Some(before) => before.item.next_element_sibling().as_ref() == Some(node),
                None => true,
            };
            if !in_order {
                append(&self.list, node);
            }
            before = Some(slot);
        }
    }

    /// Tells who reads the list by ear how long it is, and where each row stands.
    pub(super) fn count(&mut self, first: u64, len: u64) {
        for slot in &mut self.slots {
            let at = slot.place.and_then(|place| place.checked_sub(first));
            if let Some(at) = at
                && slot.told != (at, len)
            {
                slot.told = (at, len);
                attribute(&slot.item, "aria-setsize", &len.to_string());
                attribute(&slot.item, "aria-posinset", &(at + 1).to_string());
            }
        }
    }
}

impl Slot {
    fn new(several: bool) -> Self {
        let item: HtmlElement = element("li", "event-row").unchecked_into();
        let cell = |tag, class| Cell::new(&item, tag, class);
        let time = cell("time", "row-time");
        let id = cell("span", "row-id");
        let name = cell("bdi", "row-name");
        let topic = several.then(|| cell("bdi", "row-topic"));
        let data = cell("span", "row-data");
        attribute(&data.element, "dir", "auto");
        Self {
            time,
            id,
            name,
            topic,
            data,
            item,
            place: None,
            top: -1.0,
            told: (0, 0),
            selected: false,
            open_gap: false,
        }
    }

    fn draw(&mut self, frame: &Frame<'_>, place: u64, number: u64) {
        let top = (place - frame.first) as f64 * frame.height;
        if top != self.top {
            self.top = top;
            let moved = format!("translateY({}px)", top as u64);
            // Refused is only what is no value of the property.
            let _ = self.item.style().set_property("transform", &moved);
        }
        let selected = frame.selected == Some(number);
        if selected != self.selected {
            self.selected = selected;
            if selected {
                attribute(&self.item, "aria-current", "true");
            } else {
                let _ = self.item.remove_attribute("aria-current");
            }
        }
        if self.place == Some(place) && !frame.anew && !self.open_gap {
            return;
        }
        let is_new = place >= frame.new_from;
        if self.place.is_none() {
            self.item.set_hidden(false);
        }
        self.place = Some(place);
        match frame.store.get(number) {
            Some(Look::Event(event)) => self.event(event, frame, is_new),
            Some(Look::Gap(gap)) => self.gap(gap, frame.store, number),
            None => {}
        }
        // Until when it lasts is known with the next event.
        self.open_gap = matches!(frame.store.get(number), Some(Look::Gap(_)))
            && frame.store.get(number + 1).is_none();
    }

    fn event(&self, event: EventLook<'_>, frame: &Frame<'_>, is_new: bool) {
        let class = match frame.flash && is_new {
            true => "event-row new",
            false => "event-row",
        };
        self.item.set_class_name(class);
        attribute(&self.item, "data-id", event.id);
        attribute(&self.time.element, "datetime", event.time);
        self.time.write(&written(event.time, frame.time, frame.now));
        self.id.write(sequence(event.id));
        self.name.write(event.name);
        if let Some(topic) = &self.topic {
            topic.write(event.topic);
        }
        self.data.element.set_class_name("row-data");
        self.data.write(first_of(event.data));
    }

    fn gap(&self, gap: &Gap, store: &Store, number: u64) {
        self.item.set_class_name("event-row gap-row");
        let _ = self.item.remove_attribute("data-id");
        self.data.element.set_class_name("gap");
        let said = format!("≈ {}{} ≈", words(gap), between(store, number));
        self.data.write(&said);
    }

    fn hide(&mut self) {
        self.item.set_hidden(true);
        self.place = None;
        self.top = -1.0;
    }
}

/// Between which times a gap lies, as far as its neighbours say.
fn between(store: &Store, number: u64) -> String {
    let time = |number| match store.get(number) {
        Some(Look::Event(event)) => Some(time_of_day(event.time, 8)),
        _ => None,
    };
    let before = number.checked_sub(1).and_then(time);
    match (before, time(number + 1)) {
        (Some(before), Some(after)) => format!(" · {before} to {after}"),
        (Some(before), None) => format!(" · after {before}"),
        (None, Some(after)) => format!(" · before {after}"),
        (None, None) => String::new(),
    }
}
