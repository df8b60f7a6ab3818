//! The row that a reader selected.

use web_sys::Element;

use super::List;
use crate::model::Event;

impl List {
    /// The event that is selected.
    pub(crate) fn selected(&self) -> Option<Event> {
        self.store.event(self.selected?)
    }

    /// Selects the row that an element shows.
    pub(crate) fn select_at(&mut self, item: &Element) {
        if let Some(place) = self.pool.place_of(item) {
            self.select(self.shown.number(&self.store, place));
        }
    }

    /// Names in full what the row that an element shows has in part.
    pub(crate) fn explain(&self, item: &Element) {
        let place = self.pool.place_of(item);
        let number = place.and_then(|place| self.shown.number(&self.store, place));
        if let Some(look) = number.and_then(|number| self.store.get(number)) {
            self.pool.explain(item, look);
        }
    }

    /// Selects the event with this id, and brings it into view.
    pub(crate) fn select_id(&mut self, id: &str) {
        let number = self.store.find(id);
        self.select(number);
        if let Some(number) = number {
            let place = self.shown.place(&self.store, number);
            let above = (place - self.shown.first(&self.store)) as f64 * self.row;
            self.scroll_to((above - self.view / 2.0).max(0.0));
        }
    }

    /// Selects the row so many after the selected one; the newest in view where none is.
    pub(crate) fn step(&mut self, by: i64) {
        let (first, end) = (self.shown.first(&self.store), self.end());
        if first == end {
            return;
        }
        let place = match self.selected {
            Some(number) => {
                let place = self.shown.place(&self.store, number).max(first);
                // Where it is hidden, the one at its place is the next already.
                let is_there = self.shown.number(&self.store, place) == Some(number);
                let by = if is_there || by < 0 { by } else { by - 1 };
                place.saturating_add_signed(by)
            }
            None => first + ((self.top + self.view) / self.row) as u64,
        };
        let place = place.clamp(first, end - 1);
        self.select(self.shown.number(&self.store, place));
        self.bring_into_view(place - first);
    }

    /// Brings the selected row into view.
    pub(crate) fn reveal(&mut self) {
        let Some(number) = self.selected else {
            return;
        };
        let first = self.shown.first(&self.store);
        let place = self.shown.place(&self.store, number);
        self.bring_into_view(place.saturating_sub(first));
    }

    /// Selects nothing.
    pub(crate) fn unselect(&mut self) {
        self.selected = None;
    }

    fn select(&mut self, number: Option<u64>) {
        self.selected = number.or(self.selected);
        // What is looked at must not move away.
        self.hold();
    }

    fn bring_into_view(&mut self, index: u64) {
        let above = index as f64 * self.row;
        if above < self.top {
            self.scroll_to(above);
        } else if above + self.row > self.top + self.view {
            self.scroll_to(above + self.row - self.view);
        }
    }
}
