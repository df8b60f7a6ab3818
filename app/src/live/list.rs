//! A short list of a feed's rows, drawn by hand.

use std::cell::RefCell;

use web_sys::Element;

use super::feed::{Feed, Row};
use crate::{model::Snapshot, ui::dom::append};

/// The rows of a feed in a list that the server began; newest last.
pub(crate) struct ShortList {
    list: Element,
    feed: RefCell<Feed>,
    make: fn(&Row) -> Element,
}

impl ShortList {
    /// Goes on with a list that holds the rows of this snapshot; `make` makes the item of a row.
    pub(crate) fn new(
        list: Element,
        snapshot: Snapshot,
        capacity: usize,
        make: fn(&Row) -> Element,
    ) -> Self {
        Self {
            list,
            feed: RefCell::new(Feed::new(snapshot, capacity)),
            make,
        }
    }

    /// Adds a row, unless it is there already; the oldest make room.
    pub(crate) fn push(&self, row: Row) {
        let item = (self.make)(&row);
        let mut feed = self.feed.borrow_mut();
        if !feed.push(row) {
            return;
        }
        append(&self.list, &item);
        while self.list.child_element_count() as usize > feed.len() {
            let Some(oldest) = self.list.first_element_child() else {
                break;
            };
            oldest.remove();
        }
    }
}
