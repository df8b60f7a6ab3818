//! What a reader does: buttons, keys, the form, the mouse.

use std::iter::from_fn;

use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, HtmlDialogElement, HtmlElement, KeyboardEvent, MouseEvent, WheelEvent,
};

use super::{Console, now};
use crate::{
    live::feed::Row,
    topic::{
        choice,
        detail::{self, Form},
        export,
    },
    ui::{
        clipboard,
        dom::{attribute, focus as focus_on, listen, listen_passively},
        figures::grouped,
        standing::Reading,
    },
};

/// Rows of an export that are written at a time.
const PART: usize = 500;

impl Console {
    pub(super) fn listen_to_the_reader(&self) {
        let parts = &self.parts;
        self.on(&parts.root, "click", Self::clicked);
        self.on(&parts.root, "keydown", Self::typed);
        self.on(&parts.form, "input", |console, _| console.chosen());
        self.on(&parts.form, "submit", |console, event| {
            event.prevent_default();
            console.chosen();
        });
        self.on(&parts.scroller, "mouseover", |console, event| {
            if let Some(row) = element_of(event).and_then(|at| closest(&at, ".event-row")) {
                console.list.borrow().explain(&row);
            }
        });
        self.on(&parts.scroller, "scroll", |console, _| {
            console.list.borrow_mut().scrolled();
            console.park_or_go_on();
            console.redraw();
        });
        let me = self.me.clone();
        listen_passively(&parts.scroller, "wheel", move |event| {
            let up = event
                .dyn_ref::<WheelEvent>()
                .is_some_and(|wheel| wheel.delta_y() < 0.0);
            if let (true, Some(console)) = (up, me.upgrade()) {
                console.give_way();
            }
        });
        self.on(&parts.scroller, "pointerdown", |console, event| {
            // Of another button than the first the end is not always told: a menu has it.
            let is_first = event
                .dyn_ref::<MouseEvent>()
                .is_some_and(|pointer| pointer.button() == 0);
            if is_first {
                console.list.borrow_mut().way().grip();
            }
            console.give_way();
        });
        if let Some(window) = web_sys::window() {
            // A pointer may be let go of anywhere; a finger that begins to scroll is one that is cancelled.
            for name in ["pointerup", "pointercancel", "contextmenu"] {
                self.on(&window, name, |console, _| {
                    console.list.borrow_mut().way().let_go(now());
                });
            }
            self.on(&window, "resize", |console, _| {
                console.list.borrow_mut().measure();
                console.redraw();
            });
        }
    }

    fn on(&self, target: &web_sys::EventTarget, name: &str, act: fn(&Self, &Event)) {
        let me = self.me.clone();
        listen(target, name, move |event| {
            if let Some(console) = me.upgrade() {
                act(&console, &event);
            }
        });
    }

    fn clicked(&self, event: &Event) {
        let Some(target) = element_of(event) else {
            return;
        };
        if let Some(button) = closest(&target, "[data-do]") {
            let act = button.get_attribute("data-do").unwrap_or_default();
            self.act(&act);
        } else if let Some(facet) = closest(&target, ".facet") {
            let name = facet.get_attribute("data-name").unwrap_or_default();
            self.facets.borrow_mut().toggle(&name);
            self.facets.borrow_mut().refresh(self.list.borrow().store());
            self.chosen();
        } else if let Some(row) = closest(&target, ".event-row") {
            self.list.borrow_mut().select_at(&row);
            self.open_detail();
            self.moved();
        }
    }

    /// Keys are for who has the focus in the list, or in the event shown beside it.
    fn typed(&self, event: &Event) {
        let (Some(key), Some(target)) = (event.dyn_ref::<KeyboardEvent>(), element_of(event))
        else {
            return;
        };
        if key.ctrl_key() || key.meta_key() || key.alt_key() {
            return;
        }
        let name = key.key();
        if name == "Escape" {
            return self.back(event);
        }
        let in_list = self.parts.scroller.contains(Some(&target));
        let in_detail = closest(&target, ".detail-body").is_some();
        if !(in_list || in_detail) {
            return;
        }
        let act = match name.as_str() {
            "/" => "filter",
            " " if in_list && !key.shift_key() => "pause",
            "g" | "G" | "End" => "follow",
            "j" => "next",
            "k" => "before",
            "Enter" if in_list => "detail",
            "c" => "copy-data",
            "p" => "publish",
            "t" => "time",
            "1" => "view-parsed",
            "2" => "view-raw",
            "3" => "view-hex",
            "x" => "clear",
            "?" => "keys",
            // With Shift, Space scrolls up.
            "ArrowUp" | "PageUp" | "Home" | " " if in_list => return self.give_way(),
            _ => return,
        };
        event.prevent_default();
        self.act(act);
    }

    /// The list is the reader's to scroll for a moment, and then goes on.
    fn give_way(&self) {
        self.list.borrow_mut().way().give(now());
        self.redraw();
    }

    fn act(&self, act: &str) {
        match act {
            "pause" => self.pause_or_resume(),
            "follow" => self.follow(),
            "clear" => {
                self.list.borrow_mut().clear();
                self.close_detail();
            }
            "next" => self.step(1),
            "before" => self.step(-1),
            "detail" => self.open_detail(),
            "close-detail" => self.close_detail(),
            "view-parsed" => self.show_as(Form::Parsed),
            "view-raw" => self.show_as(Form::Raw),
            "view-hex" => self.show_as(Form::Hex),
            "copy-data" | "copy-curl" | "copy-link" => self.copy(act),
            "export-ndjson" | "export-stream" => self.export(act),
            "filter" => focus(choice::input(&self.parts.form, "q").as_deref()),
            "publish" => self.focus_on("#publish-data"),
            "time" => {
                choice::next_time(&self.parts.form);
                self.chosen();
            }
            "keys" => {
                if let Some(keys) = self.parts.keys.dyn_ref::<HtmlDialogElement>() {
                    // Refused is only one that is open.
                    let _ = keys.show_modal();
                }
            }
            _ => return,
        }
        self.moved();
    }

    /// What follows from any act: the address, the stream, the screen.
    fn moved(&self) {
        self.park_or_go_on();
        self.write_address();
        self.redraw();
    }

    fn chosen(&self) {
        self.read_choice();
        self.write_address();
    }

    fn pause_or_resume(&self) {
        let is_paused = matches!(self.list.borrow().reading(), Reading::Paused(_));
        if is_paused {
            self.follow();
        } else {
            self.list.borrow_mut().pause();
        }
    }

    fn follow(&self) {
        self.list.borrow_mut().follow();
        self.sought.set(false);
        self.at.take();
        // The button that was pressed goes.
        let active = self.parts.root.query_selector(".follow:focus");
        if active.is_ok_and(|active| active.is_some()) {
            focus(Some(&self.parts.scroller));
        }
    }

    fn step(&self, by: i64) {
        self.list.borrow_mut().step(by);
        if !self.parts.detail.hidden() {
            self.show_detail();
        }
    }

    /// Back from where one is: the event that is shown, the field, the selection.
    fn back(&self, event: &Event) {
        if self.parts.keys.has_attribute("open") {
            // The browser closes the dialog.
            return;
        }
        let in_form = element_of(event).is_some_and(|at| self.parts.form.contains(Some(&at)));
        if in_form {
            focus(Some(&self.parts.scroller));
        } else if !self.parts.detail.hidden() {
            self.close_detail();
        } else {
            self.list.borrow_mut().unselect();
        }
        self.redraw();
    }

    pub(super) fn open_detail(&self) {
        if self.list.borrow().selected().is_some() {
            let opens = self.parts.detail.hidden();
            self.parts.detail.set_hidden(false);
            self.show_detail();
            if opens {
                self.make_room_for_detail();
            }
        }
    }

    /// The list is lower while an event stands below it; the event is on the screen, and its row.
    fn make_room_for_detail(&self) {
        {
            let mut list = self.list.borrow_mut();
            list.measure();
            list.reveal();
        }
        let height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64());
        let below = self.parts.detail.get_bounding_client_rect().bottom();
        if height.is_some_and(|height| below > height) {
            self.parts.detail.scroll_into_view_with_bool(false);
        }
    }

    fn close_detail(&self) {
        // The focus goes back to where the event is, if it is in what is closed.
        let inside = self.has_focus(&self.parts.detail);
        self.parts.detail.set_hidden(true);
        self.list.borrow_mut().measure();
        if inside {
            focus(Some(&self.parts.scroller));
        }
    }

    fn show_as(&self, form: Form) {
        self.form.set(form);
        for (name, this) in [
            ("view-parsed", Form::Parsed),
            ("view-raw", Form::Raw),
            ("view-hex", Form::Hex),
        ] {
            let button = self
                .parts
                .detail
                .query_selector(&format!("[data-do={name}]"));
            if let Ok(Some(button)) = button {
                let pressed = if this == form { "true" } else { "false" };
                attribute(&button, "aria-pressed", pressed);
            }
        }
        self.open_detail();
    }

    fn show_detail(&self) {
        let Some(event) = self.list.borrow().selected() else {
            return;
        };
        // What has the focus in it goes; the focus stays where the event is.
        if self.has_focus(&self.parts.body) {
            focus_on(&self.parts.body);
        }
        detail::show(&self.parts.body, &event, self.form.get());
    }

    fn copy(&self, what: &str) {
        let Some(event) = self.list.borrow().selected() else {
            return self.announce("Select an event first");
        };
        let origin = self.origin();
        let text = match what {
            "copy-curl" => export::curl(&origin, &event),
            "copy-link" => export::link(&origin, &event),
            _ => event.data,
        };
        let me = self.me.clone();
        clipboard::copy(&text, move |copied| {
            if let Some(console) = me.upgrade() {
                let said = match copied {
                    true => "Copied",
                    false => "This browser lets no page copy here: not over plain HTTP, perhaps",
                };
                console.announce(said);
            }
        });
    }

    fn export(&self, what: &str) {
        let list = self.list.borrow();
        let several = self.begin.several;
        let mut rows = list.rows();
        // A part at a time: memory of the module that was once taken is not given back.
        let mut part = |write: fn(&mut dyn Iterator<Item = Row>, bool) -> String| {
            let text = write(&mut rows.by_ref().take(PART), several);
            (!text.is_empty()).then_some(text)
        };
        match what {
            "export-ndjson" => {
                let parts = from_fn(|| part(|rows, _| export::ndjson(rows)));
                export::download("events.ndjson", "application/x-ndjson", parts);
            }
            _ => {
                let parts = from_fn(|| part(|rows, several| export::event_stream(rows, several)));
                export::download("events.txt", "text/event-stream", parts);
            }
        }
        self.announce(&[&grouped(list.len()), " rows exported"].concat());
    }

    fn has_focus(&self, part: &Element) -> bool {
        let document = self.parts.root.owner_document();
        let active = document.and_then(|document| document.active_element());
        active.is_some_and(|at| part.contains(Some(&at)))
    }

    /// Where this page is from, as the browser names it.
    fn origin(&self) -> String {
        let location = web_sys::window().map(|window| window.location());
        location
            .and_then(|location| location.origin().ok())
            .unwrap_or_else(|| self.begin.origin.clone())
    }

    fn focus_on(&self, selector: &str) {
        let document = self.parts.root.owner_document();
        let found = document.and_then(|d| d.query_selector(selector).ok().flatten());
        focus(found.and_then(|found| found.dyn_into().ok()).as_ref());
    }
}

fn element_of(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

fn focus(element: Option<&HtmlElement>) {
    if let Some(element) = element {
        // Refused is nothing: what cannot be focused is left as it is.
        let _ = element.focus();
    }
}
