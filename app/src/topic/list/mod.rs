//! The list of a topic's page: 100,000 rows, of which the elements of a screen exist.
//!
//! [`store`] holds the rows, [`shown`] says which of them a [`filter`] lets through, [`draw`] finds
//! those in view and [`pool`] their elements, [`select`] is about the one that is selected. Each row has the same height, so where one stands is a product.

mod draw;
pub(crate) mod filter;
mod pool;
mod select;
mod shown;
pub(crate) mod store;
mod time;
mod way;

use web_sys::HtmlElement;

use crate::{
    live::feed::Row,
    model::TimeStyle,
    ui::{
        dom::{append, attribute, element},
        standing::Reading,
    },
};
pub(crate) use draw::long_enough;
use filter::Filter;
use pool::Pool;
use shown::Shown;
use store::{Limits, Look, Store};
use way::Way;

/// How near to its end a list counts as scrolled to it, in CSS pixels: positions are rounded.
const NEAR: f64 = 2.0;

/// The list, and how it is read.
pub(crate) struct List {
    store: Store,
    shown: Shown,
    scroller: HtmlElement,
    sheet: HtmlElement,
    pool: Pool,
    mode: Mode,
    way: Way,
    /// How far it is scrolled, as far as is known.
    top: f64,
    drawn: Drawn,
    /// The heights of a row and of the view.
    row: f64,
    view: f64,
    selected: Option<u64>,
    time: TimeStyle,
    anew: bool,
    flash: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Following,
    /// Scrolled away: what came from this row on is new to the reader.
    Held(u64),
    /// Paused: nothing from this row on is shown.
    Paused(u64),
}

/// How the list was when it was last drawn.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Drawn {
    /// The filter whose places these are.
    generation: u32,
    /// The place of the oldest row.
    first: u64,
    /// How many rows there were; none where the height was not set.
    len: Option<u64>,
}

impl List {
    /// Takes the place of the rows that the server wrote into `scroller`, at the same row.
    pub(crate) fn new(scroller: HtmlElement, sheet: HtmlElement, several: bool) -> Self {
        // As the page came, its newest row is at 0, and what is above it is negative.
        let above = f64::from(scroller.scroll_top());
        let pool = Pool::new(sheet.clone().into(), several);
        sheet.set_text_content(None);
        attribute(&scroller, "data-alive", "");
        let mut list = Self {
            store: Store::new(Limits::default()),
            shown: Shown::default(),
            scroller,
            sheet,
            pool,
            mode: Mode::Following,
            way: Way::default(),
            top: above,
            drawn: Drawn::default(),
            row: 24.0,
            view: 0.0,
            selected: None,
            time: TimeStyle::default(),
            anew: false,
            flash: false,
        };
        list.measure();
        list
    }

    /// Scrolls to where the rows that the server wrote were scrolled to.
    pub(crate) fn settle(&mut self, begun: f64, now: f64) {
        let above = self.top.min(0.0);
        self.top = 0.0;
        self.draw(begun, now, || false);
        if above < -NEAR {
            self.scroll_to(self.bottom() + above);
            self.hold();
            self.draw(begun, now, || false);
        }
    }

    /// Measures rows and view: a phone's rows are higher.
    pub(crate) fn measure(&mut self) {
        let probe = element("li", "event-row");
        append(&self.sheet, &probe);
        self.row = probe.get_bounding_client_rect().height().max(1.0);
        probe.remove();
        self.view = f64::from(self.scroller.client_height());
        self.anew = true;
        self.drawn.len = None;
    }

    /// Adds a row; it is drawn with the next frame.
    pub(crate) fn push(&mut self, row: Row) {
        self.store.push(row);
    }

    /// Whether there is no room for more as long as it is read as it is.
    pub(crate) fn is_full(&self) -> bool {
        self.store.is_full()
    }

    /// The rows that are held.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Shows what this filter lets through.
    pub(crate) fn choose(&mut self, filter: Filter) {
        self.shown.choose(filter);
        self.anew = true;
    }

    /// Writes times in this way.
    pub(crate) fn write_times(&mut self, style: TimeStyle) {
        self.time = style;
        self.anew = true;
    }

    /// Draws what stands there once more: times grow old.
    pub(crate) fn refresh(&mut self, flash: bool) {
        self.anew |= self.time == TimeStyle::Relative;
        self.flash = flash;
        self.pool
            .count(self.drawn.first, self.drawn.len.unwrap_or_default());
        if flash {
            self.pool.sort();
        }
    }

    /// How it is read, and how many rows are new to the reader.
    pub(crate) fn reading(&self) -> Reading {
        let since = |number| {
            let end = self.shown.end(&self.store, u64::MAX);
            end - self.shown.end(&self.store, number)
        };
        match self.mode {
            Mode::Following => Reading::Following,
            Mode::Held(number) => Reading::Held(since(number)),
            Mode::Paused(number) => Reading::Paused(since(number)),
        }
    }

    /// How many rows are shown.
    pub(crate) fn len(&self) -> u64 {
        self.end() - self.shown.first(&self.store)
    }

    /// Keeps the newest row in view.
    pub(crate) fn follow(&mut self) {
        self.mode = Mode::Following;
        self.way.take_back();
        self.store.pin(None);
    }

    /// How it gives way to a reader who begins to scroll.
    pub(crate) fn way(&mut self) -> &mut Way {
        &mut self.way
    }

    /// Stops showing what comes.
    pub(crate) fn pause(&mut self) {
        if !matches!(self.mode, Mode::Paused(_)) {
            self.mode = Mode::Paused(self.store.end());
            self.pin();
        }
    }

    /// Keeps what is in view there, whatever comes.
    pub(crate) fn hold(&mut self) {
        if self.mode == Mode::Following {
            self.mode = Mode::Held(self.store.end());
            self.pin();
        }
    }

    /// Forgets the rows that are shown; they are in the log still. What waits goes on waiting.
    pub(crate) fn clear(&mut self) {
        let before = match self.mode {
            Mode::Paused(before) => before,
            _ => self.store.end(),
        };
        self.store.clear(before);
        self.selected = None;
        if matches!(self.mode, Mode::Held(_)) {
            self.follow();
        }
        self.pin();
    }

    /// Takes note that the list was scrolled.
    pub(crate) fn scrolled(&mut self) {
        let top = f64::from(self.scroller.scroll_top());
        let (up, moved) = (top < self.top, top != self.top);
        self.top = top;
        let at_end = top + self.view >= self.height() - NEAR;
        match self.mode {
            // What the list did itself is no wish of the reader's.
            _ if !moved => {}
            Mode::Following if up && !at_end => self.hold(),
            Mode::Held(_) if at_end => self.follow(),
            _ => self.pin(),
        }
    }

    /// The rows that are shown, oldest first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let places = self.shown.first(&self.store)..self.end();
        let number = |place| self.shown.number(&self.store, place);
        places.filter_map(number).filter_map(|number| {
            Some(match self.store.get(number)? {
                Look::Event(event) => Row::Event(event.to_event()),
                Look::Gap(gap) => Row::Gap(gap.clone()),
            })
        })
    }

    /// Lets no row go that is in view or below it.
    fn pin(&mut self) {
        let from = match self.mode {
            Mode::Following => None,
            _ => Some(self.at_top().unwrap_or_else(|| self.store.first())),
        };
        self.store.pin(from);
    }

    /// The number of the row at the top of the view, as it was last drawn.
    fn at_top(&self) -> Option<u64> {
        let place = self.drawn.first + (self.top.max(0.0) / self.row) as u64;
        self.shown.number(&self.store, place)
    }

    fn scroll_to(&mut self, top: f64) {
        self.top = top.floor();
        self.scroller.set_scroll_top(self.top as i32);
    }

    /// The place after the newest row that is shown.
    fn end(&self) -> u64 {
        let before = match self.mode {
            Mode::Paused(before) => before,
            _ => u64::MAX,
        };
        self.shown.end(&self.store, before)
    }

    fn height(&self) -> f64 {
        self.len() as f64 * self.row
    }

    fn bottom(&self) -> f64 {
        (self.height() - self.view).max(0.0)
    }
}
