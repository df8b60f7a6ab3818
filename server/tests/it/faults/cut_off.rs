//! A client that is cut off before it has seen an event.

use super::hub::Hub;
use crate::support::field;

#[test]
fn one_that_was_cut_off_before_its_first_event_comes_back_to_all_ten() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    hub.publish("a", "before it came");
    let mut stream = hub.stream("topic=a", None);
    let open = stream.next_of("hub.open");
    drop(stream);
    let published: Vec<_> = (1..=10)
        .map(|n| (hub.publish("a", &n.to_string()), n.to_string()))
        .collect();
    let mut back = hub.stream("topic=a", Some(field(&open, "id")));
    assert_eq!(back.events(10), published);
}
