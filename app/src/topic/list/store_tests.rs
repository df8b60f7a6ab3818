use super::*;

const SMALL: Limits = Limits {
    rows: 10,
    bytes: 100_000,
    step: 4,
};

pub(crate) fn event(n: u64) -> Event {
    Event {
        id: format!("e-{n}"),
        topic: "t".into(),
        event: if n.is_multiple_of(3) {
            "third"
        } else {
            "message"
        }
        .into(),
        data: format!("data {n}"),
        time: "2026-01-02T03:04:05.678901Z".into(),
        retry: None,
    }
}

fn gap() -> Gap {
    Gap {
        reason: "trimmed".into(),
        requested: "e-1".into(),
        resumed_after: "e-4".into(),
        missed: Some(3),
    }
}

fn store(limits: Limits, events: std::ops::Range<u64>) -> Store {
    let mut store = Store::new(limits);
    for n in events {
        store.push(Row::Event(event(n)));
    }
    store
}

fn ids(store: &Store) -> Vec<String> {
    (store.first()..store.end())
        .filter_map(|n| store.event(n))
        .map(|event| event.id)
        .collect()
}

#[test]
fn an_event_comes_back_as_it_was() {
    let mut store = Store::new(SMALL);
    let odd = Event {
        id: "é-1".into(),
        topic: "a/ü".into(),
        event: String::new(),
        data: "💥\nx".into(),
        time: String::new(),
        retry: Some(5_000),
    };
    store.push(Row::Event(odd.clone()));
    store.push(Row::Gap(gap()));
    assert_eq!(store.event(0), Some(odd));
    assert_eq!(store.get(1), Some(Look::Gap(&gap())));
    assert_eq!(store.get(2), None);
}

#[test]
fn what_is_repeated_is_held_once() {
    let mut store = store(SMALL, 0..4);
    for n in [2, 3, 4] {
        store.push(Row::Event(event(n)));
    }
    store.push(Row::Gap(gap()));
    store.push(Row::Gap(gap()));
    assert_eq!(ids(&store), ["e-0", "e-1", "e-2", "e-3", "e-4"]);
    assert_eq!(store.end(), 6);
}

#[test]
fn the_oldest_make_room_a_step_at_a_time_and_are_counted() {
    let store = store(SMALL, 0..11);
    // The eleventh makes room for four: 10 - 3 are left.
    assert_eq!((store.first(), store.end(), store.let_go()), (4, 11, 4));
    assert_eq!(store.names().get("third"), Some(&2));
    assert_eq!(store.names().get("message"), Some(&5));
}

#[test]
fn numbers_stay_when_others_go() {
    let store = store(SMALL, 0..25);
    for n in store.first()..store.end() {
        assert_eq!(store.event(n).map(|e| e.id), Some(format!("e-{n}")));
    }
    assert_eq!(store.find("e-24"), Some(24));
    assert_eq!(store.find("e-0"), None);
}

#[test]
fn large_events_make_room_by_their_bytes() {
    let mut store = Store::new(SMALL);
    for n in 0..9 {
        let data = "x".repeat(30_000);
        store.push(Row::Event(Event { data, ..event(n) }));
    }
    assert_eq!(ids(&store), ["e-6", "e-7", "e-8"]);
    store.push(Row::Event(Event {
        data: "x".repeat(200_000),
        ..event(9)
    }));
    // One that is larger than all the room is held alone.
    assert_eq!(ids(&store), ["e-9"]);
}

#[test]
fn what_is_pinned_stays_and_the_store_says_that_it_is_full() {
    let mut store = store(SMALL, 0..8);
    store.pin(Some(6));
    for n in 8..11 {
        store.push(Row::Event(event(n)));
    }
    assert!(!store.is_full());
    assert_eq!(store.first(), 4);
    for n in 11..40 {
        store.push(Row::Event(event(n)));
    }
    assert_eq!(store.first(), 6, "the pinned row is there");
    assert!(store.is_full());
    store.pin(None);
    assert!(!store.is_full());
    assert_eq!(store.end() - store.first(), 7);
}

#[test]
fn a_pin_that_is_far_from_the_oldest_row_leaves_room() {
    let mut store = store(SMALL, 0..10);
    store.pin(Some(9));
    assert!(!store.is_full());
}

#[test]
fn what_is_cleared_is_gone_and_numbers_go_on() {
    let mut store = store(SMALL, 0..5);
    store.pin(Some(2));
    store.clear(3);
    assert_eq!(ids(&store), ["e-3", "e-4"]);
    store.clear(5);
    assert_eq!((store.first(), store.end(), store.let_go()), (5, 5, 0));
    assert!(store.names().is_empty());
    store.push(Row::Event(event(5)));
    assert_eq!(store.event(5).map(|e| e.id), Some("e-5".into()));
}
