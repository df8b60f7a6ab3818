//! A backup that is older than what readers have seen.

use super::hub::{Hub, command};

#[test]
fn a_cursor_from_the_tail_that_a_restore_lost_is_told_of_another_epoch() {
    let home = tempfile::tempdir().unwrap();
    let [data, copy, moved] = ["log", "copy", "moved"].map(|name| home.path().join(name));
    let hub = Hub::start(&data, &[]);
    hub.publish("a", "kept");
    hub.stop();
    let backup = command(&data, &["backup", copy.to_str().unwrap()]);
    assert!(backup.status.success(), "{backup:?}");

    let hub = Hub::start(&data, &[]);
    let seen: Vec<_> = (0..5)
        .map(|_| hub.publish("a", "in the lost tail"))
        .collect();
    hub.stop();
    std::fs::rename(&data, moved).unwrap();
    let restore = command(&data, &["restore", copy.to_str().unwrap()]);
    assert!(restore.status.success(), "{restore:?}");

    // More publishes than were lost: the lost ids' numbers are all there again, as other events.
    let hub = Hub::start(&data, &[]);
    for _ in 0..20 {
        hub.publish("a", "after");
    }
    for cursor in &seen {
        let gap = hub.stream("topic=a", Some(cursor)).next_of("hub.gap");
        assert!(gap.contains(r#""reason":"epoch-changed""#), "{gap}");
        assert!(gap.contains(&format!(r#""requested":"{cursor}""#)), "{gap}");
    }
    assert_eq!(hub.kept("a")[..2], ["kept", "after"]);
}
