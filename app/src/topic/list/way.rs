//! Whose the list is to scroll: its own, or the reader's.

/// For how many milliseconds the list scrolls nothing itself, once the reader begins to: browsers tell of a wheel within
/// a few frames, and one that scrolled nothing holds nobody up for longer than a third of a second.
const WAY: f64 = 333.0;

/// Leaves it to the reader for a moment how far the list is scrolled.
///
/// Browsers scroll beside the script, and tell it later. In Firefox what the script writes
/// meanwhile wins: a list that follows in each frame could not be scrolled away from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Way {
    /// Until when, in milliseconds since the page began.
    until: f64,
    /// Whether the reader holds the list: a scroll bar that is pressed may be dragged at any time.
    is_gripped: bool,
}

impl Way {
    /// Gives way for a moment.
    pub(crate) fn give(&mut self, now: f64) {
        self.until = now + WAY;
    }

    /// Scrolls on at once, unless the reader holds it.
    pub(crate) fn take_back(&mut self) {
        self.until = 0.0;
    }

    /// Gives way until the reader lets go.
    pub(crate) fn grip(&mut self) {
        self.is_gripped = true;
    }

    /// The reader let go, of the list or of what else there is: where that scrolled, it is told in a moment.
    pub(crate) fn let_go(&mut self, now: f64) {
        if std::mem::take(&mut self.is_gripped) {
            self.give(now);
        }
    }

    /// Whether it is the reader's.
    pub(crate) fn is_given(&self, now: f64) -> bool {
        self.is_gripped || now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For how many frames a list gives way on a screen that draws so many a second.
    fn frames(a_second: u32, way: &Way, from: f64) -> u32 {
        let frame = 1000.0 / f64::from(a_second);
        (0..1_000_000)
            .find(|n| !way.is_given(from + f64::from(*n) * frame))
            .unwrap_or(u32::MAX)
    }

    #[test]
    fn it_gives_way_for_the_same_time_on_every_screen() {
        let mut way = Way::default();
        assert!(!way.is_given(0.0));
        way.give(1_000.0);
        assert_eq!(frames(60, &way, 1_000.0), 20);
        assert_eq!(frames(144, &way, 1_000.0), 48);
        assert_eq!(frames(10, &way, 1_000.0), 4);
    }

    #[test]
    fn a_list_that_is_held_gives_way_until_it_is_let_go() {
        let mut way = Way::default();
        way.grip();
        assert!(way.is_given(3_600_000.0));
        way.let_go(3_600_000.0);
        assert!(
            way.is_given(3_600_100.0),
            "what was scrolled last is told later"
        );
        assert!(!way.is_given(3_601_000.0));
    }

    #[test]
    fn a_list_that_is_dragged_to_its_end_is_the_readers_still() {
        let mut way = Way::default();
        way.give(1_000.0);
        way.take_back();
        assert!(!way.is_given(1_000.0));
        way.grip();
        way.take_back();
        assert!(way.is_given(1_000.0));
    }

    #[test]
    fn who_lets_go_of_something_else_changes_nothing() {
        let mut way = Way::default();
        way.let_go(1_000.0);
        assert!(!way.is_given(1_000.0));
    }
}
