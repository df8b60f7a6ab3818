//! A shard, turn by turn: the test is its thread.

use std::io::{self, Read, Write};
use std::net::TcpStream as Client;
use std::time::Duration;

use hub::limits::BATCH_BYTES;
use hub::{Draft, Filter, Form, MemoryLog, Policy, Retention, Settings, Start, SystemClock, Topic};
use socket2::SockRef;
use tokio::net::TcpListener;

use super::*;
use crate::auth::Until;
use crate::fanout::keep::Keep;
use crate::fanout::live::Live;
use crate::limits::{CONNECTION_BUFFER, Limits};
use crate::metrics::ConnectionCount;

/// A hub, and all that a shard needs but its thread.
struct Around {
    hub: Hub,
    shards: Arc<Shards>,
    inbox: Arc<Inbox>,
}

impl Around {
    fn new() -> (Self, Poll) {
        let log = MemoryLog::new(
            Policy::new(Retention::default()),
            Arc::new(SystemClock::default()),
        );
        let (hub, driver) = Hub::open(Arc::new(log), Settings::default());
        tokio::spawn(driver.run());
        let limits = Limits::default();
        let count = Arc::new(ConnectionCount::new(limits.connections));
        let (shards, mut polls) = Shards::new(1, &limits, count).unwrap();
        let inbox = Arc::clone(shards.inbox(0));
        let around = Self { hub, shards, inbox };
        (around, polls.remove(0))
    }

    fn shard<'a>(&self, poll: &'a mut Poll) -> Shard<'a> {
        let (inbox, shards) = (Arc::clone(&self.inbox), Arc::clone(&self.shards));
        Shard::new(poll, 0, inbox, self.hub.clone(), shards)
    }

    /// A stream on its way into the shard, and its client.
    async fn join(&self, topic: &str) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect(listener.local_addr().unwrap()).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        // What fills a socket is soon there.
        SockRef::from(&stream)
            .set_send_buffer_size(1 << 20)
            .unwrap();
        let filter = Arc::new(Filter::topic(topic).unwrap());
        let subscription = self.hub.subscribe(filter, Start::Live).await.unwrap();
        let mut live = Live::new(subscription, Form::Plain, Until::for_ever(), ());
        // What it begins with is behind it.
        live.next().await.unwrap();
        self.shards.join(stream, live, Keep::new(()));
        client
    }

    /// Publishes so many times, and waits until the bells have been rung.
    async fn publish(&self, topic: &str, data: &str, times: usize) {
        let draft = Draft::new(Topic::parse(topic).unwrap(), data).unwrap();
        for part in vec![draft; times].chunks(hub::limits::MAX_BATCH) {
            self.hub.publish(part.to_vec()).await.unwrap();
        }
        while self.hub.unannounced() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Events that were handed out so far.
    fn delivered(&self) -> usize {
        usize::try_from(self.hub.stats().delivered.events).unwrap()
    }
}

/// Reads until so many events have come; the places of all of them.
fn places(client: &mut Client, events: usize) -> Vec<u64> {
    let mut text = String::new();
    while text.matches("data: ").count() < events || !text.ends_with("\n\n\r\n") {
        let mut piece = [0; 64 * 1024];
        let n = client.read(&mut piece).unwrap();
        assert!(n > 0, "the stream ended");
        text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
    }
    let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.map(|id| id.rsplit_once('-').unwrap().1.parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_topic_with_much_to_send_gives_others_their_turn() {
    let (around, mut poll) = Around::new();
    let (mut shard, mut events) = (around.shard(&mut poll), Events::with_capacity(8));
    let (mut hot, mut other) = (around.join("hot").await, around.join("other").await);
    assert!(shard.turn(&mut events).is_continue());
    assert_eq!(shard.places.len(), 2);

    // Each takes less of the sockets than it counts, so that they take all of it.
    let a_batch = usize::try_from(BATCH_BYTES).unwrap() / 194;
    let many = 16 * a_batch;
    around.publish("hot", "x", many).await;
    around.publish("other", "x", 1).await;
    let (mut turns, mut before) = (0, around.delivered());
    while around.delivered() < many + 1 {
        assert!(shard.turn(&mut events).is_continue());
        turns += 1;
        if turns == 1 {
            assert_eq!(places(&mut other, 1).len(), 1, "it had its turn");
        }
        // Twice two at most: as it is rung for, and once more as it is due.
        let now = around.delivered();
        assert!(now - before <= 4 * (a_batch + 1) + 1, "{}", now - before);
        before = now;
    }
    assert_eq!(shard.places.len(), 2, "no socket was full");
    let places = places(&mut hot, many);
    assert!(places.is_sorted_by(|a, b| a + 1 == *b) && places.len() == many);
}

#[tokio::test]
async fn what_a_client_sends_unasked_counts_wherever_its_stream_is() {
    let (around, mut poll) = Around::new();
    let (mut shard, mut events) = (around.shard(&mut poll), Events::with_capacity(8));
    let mut client = around.join("a").await;
    let unasked = [b'x'; CONNECTION_BUFFER / 2 + 1];
    assert!(shard.turn(&mut events).is_continue());
    client.write_all(&unasked).unwrap();
    while shard.channels[0].members[0].rest.keep.unasked() < unasked.len() {
        assert!(shard.turn(&mut events).is_continue());
    }

    // It takes nothing until it is carried by a task.
    while !shard.places.is_empty() {
        around.publish("a", &"x".repeat(256 * 1024), 1).await;
        assert!(shard.turn(&mut events).is_continue());
    }
    client.write_all(&unasked).unwrap();
    // Wherever it is when that is read, it is too much.
    client.set_nonblocking(true).unwrap();
    let all = async {
        let mut piece = vec![0; 1 << 20];
        loop {
            match client.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            // It is not to wait for what its tasks have to do first.
            around.inbox.tell(Message::Do(Box::new(|| {})));
            assert!(shard.turn(&mut events).is_continue());
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), all).await;
    assert!(ended.is_ok(), "it goes on");
}
