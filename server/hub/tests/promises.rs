//! The hub's promises, one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod support;

use std::time::Duration;

use hub::Start;
use support::{Running, next, words};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_beats_after_15_seconds_and_not_before() {
    let hub = Running::keeping_all();
    // Between two of the hub's looks at the clock, where rounding would show.
    tokio::time::sleep(Duration::from_millis(900)).await;
    let (mut quiet, _) = hub.subscribe(&["a"], Start::Live).await;
    for _ in 0..3 {
        let since = Instant::now();
        assert_eq!(words(&next(&mut quiet).await), ["beat 0"]);
        let waited = since.elapsed();
        assert!(waited >= Duration::from_secs(15), "{waited:?}");
        assert!(waited <= Duration::from_secs(16), "{waited:?}");
    }
}
