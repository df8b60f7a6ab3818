//! The last minute of a topic as a small line, second by second.

use leptos::prelude::*;

/// How wide the line is for one second, how high it is at most, and how far it stays from the edges:
/// in units of its own, which the style stretches.
const STEP: usize = 2;
const HEIGHT: u32 = 20;
const EDGE: u32 = 1;

/// A line of these counts, the oldest at the left; the highest touches the top. Nothing where there
/// are none.
#[component]
pub(crate) fn Spark(counts: Vec<u32>) -> impl IntoView {
    view! {
        <svg
            class="spark"
            viewBox="0 0 120 22"
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            <polyline points=points(&counts) />
        </svg>
    }
}

/// The `points` of the line; whole numbers, so that they are few bytes. Empty for no counts.
pub(crate) fn points(counts: &[u32]) -> String {
    let most = u64::from(counts.iter().copied().max().unwrap_or_default().max(1));
    let mut points = String::with_capacity(counts.len() * 7);
    for (second, count) in counts.iter().enumerate() {
        let height = u64::from(*count) * u64::from(HEIGHT) / most;
        // What is small beside the highest is still not nothing.
        let height = height.max(u64::from(*count > 0));
        let from_top = u64::from(EDGE + HEIGHT) - height;
        if second > 0 {
            points.push(' ');
        }
        points.push_str(&(second * STEP).to_string());
        points.push(',');
        points.push_str(&from_top.to_string());
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_touches_the_top_and_nothing_the_bottom() {
        assert_eq!(points(&[0, 5, 10]), "0,21 2,11 4,1");
    }

    #[test]
    fn what_is_small_beside_the_highest_is_seen() {
        assert_eq!(points(&[1, u32::MAX, 0]), "0,20 2,1 4,21");
    }

    #[test]
    fn quiet_is_a_line_at_the_bottom_and_no_counts_are_no_line() {
        assert_eq!(points(&[0, 0]), "0,21 2,21");
        assert_eq!(points(&[]), "");
    }

    #[test]
    fn a_minute_fills_the_width() {
        assert!(points(&[1; 60]).ends_with(" 118,1"));
    }
}
