//! A short list of a feed's rows, drawn by hand.

use std::cell::RefCell;

use web_sys::Element;

use super::feed::{Feed, Row};
use crate::ui::dom::{append, attribute, given};

/// What names an item's row.
const ID: &str = "data-id";

/// The rows of a feed in a list that the server began; newest last.
pub(crate) struct ShortList {
    list: Element,
    feed: RefCell<Feed>,
    make: fn(&Row) -> Element,
}

impl ShortList {
    /// Goes on with a list, each item of which names its event; `make` makes the item of a row.
    pub(crate) fn new(list: Element, capacity: usize, make: fn(&Row) -> Element) -> Self {
        let mut feed = Feed::new(capacity);
        let mut next = list.first_element_child();
        while let Some(item) = next {
            let size = item.text_content().unwrap_or_default().len();
            feed.push(given(&item, ID), size);
            next = item.next_element_sibling();
        }
        Self {
            list,
            feed: RefCell::new(feed),
            make,
        }
    }

    /// Adds a row, unless it is there already; the oldest make room.
    pub(crate) fn push(&self, row: &Row) {
        let (item, key) = ((self.make)(row), row.key());
        attribute(&item, ID, &key);
        let mut feed = self.feed.borrow_mut();
        if !feed.push(key, row.size()) {
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
