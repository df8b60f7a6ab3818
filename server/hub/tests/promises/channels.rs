//! Subscribers that wait together: each is handed what one that waits alone would be.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::FutureExt;
use hub::{
    Batch, Channel, Client, CloseReason, Entering, Filter, Handed, Member, News, Start,
    Subscription, Topic,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::support::{Running, filter, next, words};

/// A subscriber, wherever it waits, and what it was handed.
struct Reader {
    place: Place,
    got: Vec<String>,
}

enum Place {
    Alone(Subscription),
    Inside(Member),
    /// On its way from one to the other.
    Between,
}

impl Reader {
    async fn new(hub: &Running, filter: &Arc<Filter>) -> Self {
        let wanted = Arc::clone(filter);
        let mut subscription = hub.hub.subscribe(wanted, Start::Live).await.unwrap();
        assert!(
            !subscription.may_enter(),
            "it has not heard that it is open"
        );
        next(&mut subscription).await;
        Self {
            place: Place::Alone(subscription),
            got: Vec::new(),
        }
    }

    fn is_inside(&self) -> bool {
        matches!(self.place, Place::Inside(_))
    }

    /// Takes all there is for it alone.
    fn take(&mut self) {
        let Place::Alone(subscription) = &mut self.place else {
            panic!("it is not alone");
        };
        while let Some(batch) = subscription.next().now_or_never() {
            self.got.extend(words(&batch.unwrap().unwrap()));
        }
    }
}

/// A channel, and who waits in it or may.
struct Room {
    channel: Channel,
    readers: Vec<Reader>,
}

impl Room {
    async fn new(hub: &Running, selectors: &[&str], readers: usize) -> Self {
        let filter = filter(selectors);
        let mut all = Vec::new();
        for _ in 0..readers {
            all.push(Reader::new(hub, &filter).await);
        }
        Self {
            channel: hub.hub.channel(filter),
            readers: all,
        }
    }

    fn hand_out(&mut self, batch: &Batch) {
        let inside = self.readers.iter_mut().filter(|reader| reader.is_inside());
        inside.for_each(|reader| reader.got.extend(words(batch)));
    }

    /// All that is new, to all inside; the end, where it has come.
    async fn pump(&mut self) -> Option<CloseReason> {
        loop {
            let batch = match self.channel.poll(&Context::from_waker(Waker::noop())) {
                Poll::Pending => return None,
                Poll::Ready(News::End(reason)) => return Some(reason),
                Poll::Ready(News::Batch(batch)) => batch,
                Poll::Ready(News::Older) => self.channel.fetch().await.unwrap(),
            };
            self.hand_out(&batch);
        }
    }

    /// Whether it entered; else it takes what there is for it alone.
    fn enter(&mut self, at: usize) -> bool {
        let place = std::mem::replace(&mut self.readers[at].place, Place::Between);
        let Place::Alone(subscription) = place else {
            panic!("it is not alone");
        };
        match self.channel.enter(subscription) {
            Entering::NotYet(subscription) => {
                self.readers[at].place = Place::Alone(subscription);
                self.readers[at].take();
                false
            }
            Entering::Entered(entered) => {
                self.hand_out(&entered.news);
                self.readers[at].got.extend(words(&entered.own));
                self.readers[at].place = Place::Inside(entered.member);
                true
            }
        }
    }

    fn exit(&mut self, at: usize) {
        let place = std::mem::replace(&mut self.readers[at].place, Place::Between);
        let Place::Inside(member) = place else {
            panic!("it is not inside");
        };
        self.readers[at].place = Place::Alone(self.channel.exit(member, &[]));
    }
}

/// Once the driver has told of all that is in the log.
async fn announced(hub: &Running) {
    while hub.hub.unannounced() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_enters_and_exits_in_between_gets_everything_once_and_in_order() {
    for seed in 0..200 {
        let mut rng = StdRng::seed_from_u64(seed);
        let hub = Running::keeping_all();
        let selectors: &[&str] = if seed % 2 == 0 { &["a"] } else { &["a", "b/*"] };
        let mut room = Room::new(&hub, selectors, 4).await;
        let mut expected = Vec::new();
        for _ in 0..200 {
            let at = rng.random_range(0..room.readers.len());
            match rng.random_range(0..6) {
                0 | 1 => {
                    let topic = ["a", "b/c", "d"][rng.random_range(0..3)];
                    let id = hub.publish(topic, "x").await;
                    let matches = topic == "a" || (topic == "b/c" && selectors.len() == 2);
                    expected.extend(matches.then(|| format!("x {}", id.seq)));
                    // The driver announces it now, or at another time.
                    if rng.random() {
                        tokio::task::yield_now().await;
                    }
                }
                2 if !room.readers[at].is_inside() => room.readers[at].take(),
                3 if room.readers[at].is_inside() => room.exit(at),
                4 if !room.readers[at].is_inside() => drop(room.enter(at)),
                _ => assert_eq!(room.pump().await, None),
            }
        }
        announced(&hub).await;
        room.pump().await;
        for (at, reader) in room.readers.iter_mut().enumerate() {
            if !reader.is_inside() {
                reader.take();
            }
            assert_eq!(reader.got, expected, "reader {at} with seed {seed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_are_told_of_what_was_lost_where_it_was() {
    let hub = Running::keeping_all();
    let mut room = Room::new(&hub, &["a", "b"], 2).await;
    assert!(room.enter(0) && room.enter(1));
    hub.publish("a", "kept").await;
    hub.publish("b", "lost").await;
    hub.publish("a", "kept too").await;
    hub.hub.forget(&Topic::parse("b").unwrap()).await.unwrap();
    announced(&hub).await;
    room.pump().await;
    for reader in &room.readers {
        assert_eq!(reader.got, ["kept 1", "gap deleted 1 -> 2", "kept too 3"]);
    }
    // Who reads by itself from before is not let in, and told the same.
    room.readers
        .push(Reader::new(&hub, &filter(&["a", "b"])).await);
    hub.publish("b", "lost again").await;
    hub.hub.forget(&Topic::parse("b").unwrap()).await.unwrap();
    announced(&hub).await;
    room.pump().await;
    assert!(!room.enter(2));
    assert_eq!(room.readers[2].got, ["gap deleted 1 -> 4"]);
    assert!(room.enter(2), "now it has everything");
}

#[tokio::test(start_paused = true)]
async fn a_channel_beats_for_all_in_it_and_ends_with_the_hub() {
    let hub = Running::keeping_all();
    let mut room = Room::new(&hub, &["a"], 1).await;
    assert!(room.enter(0));
    assert_eq!(room.pump().await, None);
    tokio::time::sleep(hub::limits::HEARTBEAT * 2).await;
    room.pump().await;
    assert_eq!(room.readers[0].got, ["beat 0"]);
    hub.hub.close(CloseReason::Shutdown);
    assert_eq!(room.pump().await, Some(CloseReason::Shutdown));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_channel_beats_also_where_something_of_others_is_lost_before_each_beat() {
    let hub = Running::keeping_all();
    let mut room = Room::new(&hub, &["quiet"], 1).await;
    assert!(room.enter(0));
    for _ in 0..3 {
        room.pump().await;
        hub.publish("busy", "x").await;
        hub.hub
            .forget(&Topic::parse("busy").unwrap())
            .await
            .unwrap();
        tokio::time::sleep(hub::limits::HEARTBEAT + Duration::from_secs(2)).await;
    }
    room.pump().await;
    assert_eq!(room.readers[0].got, ["beat 1", "beat 2", "beat 3"]);
}

#[tokio::test(start_paused = true)]
async fn who_enters_behind_comes_to_where_the_others_are() {
    let hub = Running::keeping_all();
    let mut room = Room::new(&hub, &["a"], 2).await;
    assert!(room.enter(0));
    hub.publish("a", "x").await;
    announced(&hub).await;
    room.pump().await;
    hub.publish("a", "y").await;
    announced(&hub).await;
    assert!(room.enter(1));
    let got = |room: &Room| {
        room.readers
            .iter()
            .map(|r| r.got.join(","))
            .collect::<Vec<_>>()
    };
    assert_eq!(got(&room), ["x 1", "x 1"], "nobody is disturbed");
    room.pump().await;
    assert_eq!(got(&room), ["x 1,y 2", "x 1,y 2"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_channel_hands_out_counts_once_for_each_and_its_members_are_seen_where_it_is() {
    let hub = Running::keeping_all();
    let mut room = Room::new(&hub, &["a"], 2).await;
    let client = Client {
        format: "event-stream",
        remote: None,
    };
    let wanted = filter(&["a"]);
    let third = hub
        .hub
        .subscribe_as(wanted, Start::Live, client)
        .await
        .unwrap();
    assert!(room.enter(0) && room.enter(1));
    hub.publish("a", "12345").await;
    announced(&hub).await;
    let Poll::Ready(News::Batch(batch)) = room.channel.poll(&Context::from_waker(Waker::noop()))
    else {
        panic!("there is something new");
    };
    room.channel.handed_out(&batch, 2);
    let stats = hub.hub.stats();
    assert_eq!((stats.delivered.events, stats.delivered.bytes), (2, 10));
    assert_eq!(hub.hub.figures().delivery.count(), 2);
    assert_eq!(stats.subscribers, 3, "a channel is none");
    let listed = hub.hub.subscribers(0, 10).entries;
    let cursors: Vec<_> = listed.iter().map(|entry| entry.cursor.seq).collect();
    assert_eq!(cursors, [1, 1, 0]);
    drop(third);
}

#[tokio::test(start_paused = true)]
async fn what_one_was_handed_another_may_be_too_until_something_of_it_is_lost() {
    let hub = Running::keeping_all();
    let (mut one, _) = hub.subscribe(&["a"], Start::Live).await;
    let (mut other, _) = hub.subscribe(&["a"], Start::Live).await;
    let (third, _) = hub.subscribe(&["a"], Start::Live).await;
    hub.publish("a", "12345").await;
    announced(&hub).await;
    assert_eq!([one.place(), other.place()], [Some(0), Some(0)]);
    let batch = next(&mut one).await;
    let handed = Handed::of(&batch).expect("nothing but events");
    other.hand(&handed, one.seq());
    assert_eq!([one.place(), other.place()], [Some(1), Some(1)]);
    assert!(other.may_enter());
    assert_eq!(hub.hub.stats().delivered.bytes, 10);
    hub.hub.forget(&Topic::parse("a").unwrap()).await.unwrap();
    assert_eq!(third.place(), None);
    assert_eq!(Handed::of(&next(&mut one).await), None, "a beat");
    hub.hub.close(CloseReason::Shutdown);
    assert_eq!(other.place(), None, "it has to hear of the end");
}
