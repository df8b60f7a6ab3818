//! What happens on a topic's page: the list, and all that a reader can do with it.
//!
//! The markup is the server's. The console finds its parts in it, listens at its root, and draws at
//! most once a frame.

mod act;
mod parts;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use leptos::{leptos_dom::helpers::request_animation_frame, prelude::*};
use web_sys::Element;

use super::{
    Begin, choice, detail,
    facets::Facets,
    list::{List, filter::Filter, long_enough},
    pace::Pace,
};
use crate::{
    live::{Stream, feed::Row},
    model::{Choice, Event},
    ui::{dom::attribute, figures::grouped, spark, standing::View},
};
use parts::Parts;

/// Frames that are late by this much, in milliseconds, are too many to draw.
const LATE: f64 = 20.0;

/// So many late frames in a row, and fewer are drawn for a while.
const LATE_FRAMES: u32 = 3;

/// The time between two frames while the browser cannot keep up.
const SLOW: Duration = Duration::from_millis(100);

/// For how many milliseconds that lasts.
const SLOW_FOR: f64 = 2_000.0;

/// Events a second above which a new row does not flash.
const CALM: f64 = 5.0;

/// Seconds between two summaries for who reads by ear.
const SUMMARY_EVERY: u32 = 10;

/// A topic's page, alive.
pub(crate) struct Console {
    me: Weak<Console>,
    begin: Begin,
    parts: Parts,
    stream: Stream,
    view: WriteSignal<View>,
    shown: RefCell<View>,
    list: RefCell<List>,
    facets: RefCell<Facets>,
    pace: RefCell<Pace>,
    /// What the address says, as it was last written.
    address: RefCell<String>,
    /// What the reader chose, as it was last read.
    choice: RefCell<Choice>,
    /// The event that the page is about, until the reader follows what comes.
    at: RefCell<Option<String>>,
    /// Whether that event is still to come: it was too long to stand in the page.
    sought: Cell<bool>,
    /// Whether the stream was last told that what comes is wanted.
    told: Cell<bool>,
    /// How many rows were last said to be shown, and held.
    counted: Cell<Option<(u64, u64)>>,
    /// Whether a frame was asked for.
    awaited: Cell<Option<f64>>,
    late: Cell<u32>,
    slow_until: Cell<f64>,
    /// When a latency was last noted: one a frame is enough.
    sampled: Cell<bool>,
    unsaid: Cell<u64>,
    seconds: Cell<u32>,
    /// Seconds since the last event, and since something was said beside the buttons.
    quiet: Cell<u64>,
    told_at: Cell<u32>,
    form: Cell<detail::Form>,
    ticking: Cell<Option<leptos::leptos_dom::helpers::IntervalHandle>>,
}

impl Console {
    /// Takes over the page; none where its markup is not there.
    pub(crate) fn attach(
        root: &Element,
        begin: Begin,
        stream: Stream,
        view: WriteSignal<View>,
    ) -> Option<Rc<Self>> {
        let parts = Parts::of(root)?;
        let mut list = List::new(parts.scroller.clone(), parts.sheet.clone(), begin.several);
        begin.rows().for_each(|row| list.push(row));
        let facets = Facets::new(parts.facets.clone(), begin.choice.events.clone());
        let console = Rc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            at: RefCell::new(begin.at.clone()),
            sought: Cell::new(begin.is_cut()),
            told: Cell::new(!begin.is_parked()),
            counted: Cell::new(None),
            choice: RefCell::default(),
            address: RefCell::default(),
            begin,
            parts,
            stream,
            view,
            shown: RefCell::default(),
            list: RefCell::new(list),
            facets: RefCell::new(facets),
            pace: RefCell::default(),
            awaited: Cell::new(None),
            late: Cell::new(0),
            slow_until: Cell::new(0.0),
            sampled: Cell::new(false),
            unsaid: Cell::new(0),
            seconds: Cell::new(0),
            quiet: Cell::new(0),
            told_at: Cell::new(0),
            form: Cell::default(),
            ticking: Cell::new(None),
        });
        console.settle();
        console.listen();
        Some(console)
    }

    /// Takes in a row that arrived.
    pub(crate) fn push(&self, row: Row) {
        let mut is_sought = false;
        if let Row::Event(event) = &row {
            self.note(event);
            is_sought = self.sought.get() && self.at.borrow().as_ref() == Some(&event.id);
        }
        self.list.borrow_mut().push(row);
        if is_sought {
            self.sought.set(false);
            self.show_what_it_is_about();
        }
        self.park_or_go_on();
        self.redraw();
    }

    /// Counts an event that just happened: one that was replayed says nothing of how things are going.
    fn note(&self, event: &Event) {
        if event.time <= self.begin.now {
            return;
        }
        let mut pace = self.pace.borrow_mut();
        pace.count();
        if !self.sampled.replace(true) {
            pace.latency(js_sys::Date::now() - js_sys::Date::parse(&event.time));
        }
        self.unsaid.set(self.unsaid.get() + 1);
        self.quiet.set(0);
    }

    /// A permalink stands still at its event.
    fn show_what_it_is_about(&self) {
        if let Some(at) = &*self.at.borrow() {
            let mut list = self.list.borrow_mut();
            list.pause();
            list.select_id(at);
        }
        self.open_detail();
    }

    /// Lets go of the stream where the reader has not asked for it or there is no room, and goes on
    /// with it otherwise.
    fn park_or_go_on(&self) {
        // A permalink stands still, once its event is there.
        let asked = self.at.borrow().is_none() || self.sought.get();
        let wants = asked && !self.list.borrow().is_full();
        let was = self.told.replace(wants);
        if !wants {
            // More than once, as a stream that the reader stopped and tries again was not parked.
            self.stream.park();
        } else if !was {
            self.stream.unpark();
        }
    }

    /// The page as the reader's address has it, with the rows where they were.
    fn settle(&self) {
        self.read_choice();
        self.list.borrow_mut().settle(now(), js_sys::Date::now());
        self.facets.borrow_mut().refresh(self.list.borrow().store());
        if self.begin.is_parked() {
            self.show_what_it_is_about();
        }
        self.redraw();
    }

    fn listen(&self) {
        self.listen_to_the_reader();
        let me = self.me.clone();
        let each_second = move || {
            if let Some(console) = me.upgrade() {
                console.second();
            }
        };
        self.ticking
            .set(set_interval_with_handle(each_second, Duration::from_secs(1)).ok());
    }

    /// Has the list drawn with the next frame; rarely where the browser cannot keep up.
    fn redraw(&self) {
        if self.awaited.get().is_some() {
            return;
        }
        let now = now();
        self.awaited.set(Some(now));
        let me = self.me.clone();
        let frame = move || {
            if let Some(console) = me.upgrade() {
                console.frame();
            }
        };
        if now < self.slow_until.get() {
            set_timeout(frame, SLOW);
        } else {
            request_animation_frame(frame);
        }
    }

    fn frame(&self) {
        let begun = now();
        let asked = self.awaited.take().unwrap_or(begun);
        self.watch_pace(begun, asked);
        self.sampled.set(false);
        let more = self
            .list
            .borrow_mut()
            .draw(begun, js_sys::Date::now(), || long_enough(begun, now()));
        self.tell();
        if more {
            self.redraw();
        }
    }

    fn watch_pace(&self, begun: f64, asked: f64) {
        if begun < self.slow_until.get() {
            return;
        }
        let late = begun - asked > LATE;
        self.late.set(if late { self.late.get() + 1 } else { 0 });
        if self.late.get() >= LATE_FRAMES {
            self.late.set(0);
            self.slow_until.set(begun + SLOW_FOR);
        }
    }

    /// Says how the list stands, where that has changed.
    fn tell(&self) {
        let (reading, count) = {
            let list = self.list.borrow();
            let held = list.store().end() - list.store().first();
            (list.reading(), (list.len(), held))
        };
        if self.counted.replace(Some(count)) != Some(count) {
            self.parts.show_count(count.0, count.1);
        }
        let quiet = Some(self.quiet.get());
        let (was_read, was_quiet) = {
            let shown = self.shown.borrow();
            (shown.reading, shown.quiet)
        };
        if was_read != reading {
            self.parts.show_reading(reading);
        }
        if (was_read, was_quiet) != (reading, quiet) {
            self.show(|view| (view.reading, view.quiet) = (reading, quiet));
        }
    }

    /// Changes what the badge says.
    fn show(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.shown.borrow_mut());
        let shown = self.shown.borrow().clone();
        self.view.set(shown);
    }

    /// What changes once a second: rates, counts, times that grow older.
    fn second(&self) {
        self.pace.borrow_mut().tick();
        self.quiet.set(self.quiet.get() + 1);
        self.parts
            .forget_told(self.told_at.replace(self.told_at.get() + 1));
        let (counts, rate, words) = {
            let pace = self.pace.borrow();
            (pace.counts(), pace.rate(), pace.words())
        };
        if self.shown.borrow().pace != words {
            self.show(|view| view.pace = words);
        }
        attribute(&self.parts.spark, "points", &spark::points(&counts));
        {
            let mut list = self.list.borrow_mut();
            list.refresh(rate < CALM);
            self.facets.borrow_mut().refresh(list.store());
            self.parts
                .show_older(self.begin.earlier, list.store().let_go());
        }
        self.seconds.set(self.seconds.get() + 1);
        if self.seconds.get() >= SUMMARY_EVERY && self.unsaid.get() > 0 {
            self.seconds.set(0);
            let new = self.unsaid.take();
            self.summarise(new);
        }
        self.redraw();
    }

    fn summarise(&self, new: u64) {
        let events = if new == 1 { "event" } else { "events" };
        self.say([&grouped(new), " new ", events].concat());
    }

    /// Says something beside the buttons, and to who reads by ear.
    fn announce(&self, text: &str) {
        self.parts.tell(text);
        self.told_at.set(0);
        self.say(text.to_owned());
    }

    /// Says something to who reads by ear; the same words twice are two texts.
    fn say(&self, mut text: String) {
        if self.shown.borrow().summary == text {
            text.push('\u{a0}');
        }
        self.show(|view| view.summary = text);
    }

    /// Reads what the reader chose, and shows that.
    fn read_choice(&self) {
        let choice = choice::read(&self.parts.form, self.facets.borrow().chosen());
        if *self.choice.borrow() == choice {
            return;
        }
        self.list.borrow_mut().write_times(choice.time);
        match Filter::new(&choice) {
            Ok(filter) => {
                self.list.borrow_mut().choose(filter);
                self.parts.refuse(None);
            }
            // The rows stay as they are until it can be read.
            Err(why) => self.parts.refuse(Some(&why)),
        }
        self.choice.replace(choice);
        self.redraw();
    }

    /// Has the address say what is chosen, so that it can be shared and loaded again.
    fn write_address(&self) {
        let at = match &*self.at.borrow() {
            Some(at) => format!("&at={at}"),
            None => String::new(),
        };
        let choice = choice::query(&self.choice.borrow());
        let address = format!("/topics?{}{choice}{at}", self.begin.query);
        // Most acts change nothing of it, and saying so costs milliseconds.
        if *self.address.borrow() == address {
            return;
        }
        if let Ok(history) = window().history() {
            // Refused is only another origin.
            let _ =
                history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
            self.address.replace(address);
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(ticking) = self.ticking.take() {
            ticking.clear();
        }
    }
}

/// Milliseconds since the page began.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
