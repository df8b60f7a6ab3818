//! What stands on the screen, and where it is scrolled to.

use super::{
    Drawn, List, Mode,
    pool::{BEYOND, Frame},
};

/// How long rows may be asked about in one frame, in milliseconds: half of a frame is left.
const ASKING: f64 = 8.0;

/// So few new rows in a frame, and the others are told at once of how many they are; else each second.
const FEW: u64 = 8;

impl List {
    /// Draws what changed, asking about rows until `time_is_up`; says whether there is more to do,
    /// though nothing comes. `begun` is when the frame began, `now` what the clock on the wall says.
    pub(crate) fn draw(&mut self, begun: f64, now: f64, time_is_up: impl FnMut() -> bool) -> bool {
        // The reader may have scrolled, and the event be still to come: it must not be undone.
        self.scrolled();
        let anchor = self.at_top();
        self.shown.advance(&self.store, time_is_up);
        let was = self.drawn;
        self.drawn = Drawn {
            generation: self.shown.generation(),
            first: self.shown.first(&self.store),
            len: Some(self.len()),
        };
        if self.drawn.len != was.len {
            let height = format!("{}px", self.height() as u64);
            // Refused is only what is no value of the property.
            let _ = self.sheet.style().set_property("height", &height);
        }
        let gives_way = self.way.is_given(begun);
        self.keep_place(was, anchor, gives_way);
        let (first, len) = (self.drawn.first, self.len());
        let end = first + len;
        let from = first + (self.top.max(0.0) / self.row) as u64;
        let rows = (self.view / self.row).ceil() as u64 + 1;
        let from = from.min(end).saturating_sub(BEYOND).max(first);
        let frame = Frame {
            store: &self.store,
            first,
            view: from..(from + rows + 2 * BEYOND).min(end),
            height: self.row,
            selected: self.selected,
            time: self.time,
            now,
            anew: std::mem::take(&mut self.anew) || self.drawn.generation != was.generation,
            flash: self.flash,
            new_from: was.first + was.len.unwrap_or_default(),
        };
        self.pool
            .draw(&frame, |place| self.shown.number(&self.store, place));
        if len.abs_diff(was.len.unwrap_or_default()) < FEW {
            self.pool.count(first, len);
        }
        self.shown.is_behind(&self.store) || gives_way
    }

    /// Scrolls so that the reader sees what was seen: the newest row, or the one at the top.
    fn keep_place(&mut self, was: Drawn, anchor: Option<u64>, gives_way: bool) {
        if self.mode == Mode::Following {
            if !gives_way {
                self.scroll_to(self.bottom());
            }
        } else if was.generation != self.drawn.generation {
            let anchor = anchor.unwrap_or_default();
            let index = self.shown.place(&self.store, anchor) - self.drawn.first;
            self.scroll_to((index as f64 * self.row).min(self.bottom()));
        } else if was.first != self.drawn.first {
            // What went above the view takes its height with it.
            let gone = (self.drawn.first - was.first) as f64 * self.row;
            self.scroll_to((self.top - gone).max(0.0));
        }
    }
}

/// Whether a frame has asked about rows for long enough.
pub(crate) fn long_enough(begun: f64, now: f64) -> bool {
    now - begun > ASKING
}
