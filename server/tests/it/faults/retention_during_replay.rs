//! Retention that takes what a slow reader has not had yet.

use serde_json::Value;

use super::hub::Hub;
use crate::support::field;

const KEPT: usize = 100;
/// More than the buffers of a connection hold, in all: what is lost has not been sent yet.
const BYTES: usize = 256 * 1024;

#[test]
fn a_gap_stands_where_the_loss_is_and_counts_it() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &["--retention-count", &KEPT.to_string()]);
    let publish = |n: usize| hub.publish("a", &format!("{n} {}", "x".repeat(BYTES)));
    let mut ids: Vec<_> = (0..KEPT).map(publish).collect();
    let mut slow = hub.stream("topic=a&since=all", None);
    assert_eq!(slow.events(1)[0].0, ids[0]);
    // All that there was when the replay began is gone before it goes on.
    ids.extend((KEPT..2 * KEPT).map(publish));

    // Events of other topics, the ticker's, take places in between.
    let seq = |id: &str| id.rsplit_once('-').unwrap().1.parse::<u64>().unwrap();
    let lies_after = |id: &Value, at: usize| {
        let id = seq(id.as_str().unwrap());
        id >= seq(&ids[at]) && ids.get(at + 1).is_none_or(|next| id < seq(next))
    };

    // From here on as fast as it comes: the reader's buffers, then what the log still has.
    let (mut at, mut lost) = (0, 0);
    while at + 1 < ids.len() {
        let block = slow.next().expect("the stream goes on");
        if block.starts_with("event: hub.gap") {
            let data = field(&block, "data");
            let gap: Value = serde_json::from_str(data).unwrap();
            assert_eq!(gap["reason"], "trimmed", "{gap}");
            assert!(
                lies_after(&gap["requested"], at),
                "where the loss is: {gap}"
            );
            let missed = gap["missed"].as_u64().expect("a number") as usize;
            (at, lost) = (at + missed, lost + missed);
            assert!(lies_after(&gap["resumed_after"], at), "{gap}");
        } else if block.starts_with("id: ") {
            at += 1;
            assert_eq!(field(&block, "id"), ids[at], "lost, and no gap says so");
        }
    }
    assert!(lost > 0, "nothing was lost: the buffers held it all");
}
