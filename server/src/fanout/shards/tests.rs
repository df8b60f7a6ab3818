//! A shard that fails: what of its streams, of the others, of those that come next.

use std::io::{self, Write};
use std::sync::mpsc;

use hub::{Draft, Filter, MemoryLog, Policy, Retention, Settings, SystemClock, Topic};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::config::{Config, Network};
use crate::connection::{Connections, bind};
use crate::front::Front;
use crate::router;
use crate::shutdown::Stop;
use crate::state::AppState;

/// Streams of one client, over all shards: all that it may have.
const STREAMS: usize = 8;

/// What a failing shard does.
fn fails() -> Message {
    Message::Do(Box::new(|| panic!("a test asked for it")))
}

/// A log of which the test sees what was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn said(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread of a shard, whose log is written there.
fn thread(
    shards: &Arc<Shards>,
    hub: &Hub,
    (shard, poll): (usize, Poll),
    log: &Written,
) -> JoinHandle<()> {
    let (shards, hub, log) = (Arc::clone(shards), hub.clone(), log.clone());
    thread::spawn(move || {
        let log = tracing_subscriber::fmt()
            .with_writer(Mutex::new(log))
            .finish();
        let inbox = Arc::clone(shards.inbox(shard));
        tracing::subscriber::with_default(log, || run(poll, &inbox, &hub, &shards));
    })
}

fn hub() -> Hub {
    let policy = Policy::new(Retention::default());
    let log = MemoryLog::new(policy, Arc::new(SystemClock::default()));
    let (hub, driver) = Hub::open(Arc::new(log), Settings::default());
    tokio::spawn(driver.run());
    hub
}

/// Keeps what waits for what never comes from hanging.
async fn within<T>(future: impl Future<Output = T>) -> T {
    let bounded = tokio::time::timeout(Duration::from_secs(30), future);
    bounded.await.expect("it hangs")
}

/// Waits until something is so that nobody tells of.
async fn until(is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The client of a stream.
struct Reader {
    topic: String,
    stream: TcpStream,
    text: String,
}

impl Reader {
    async fn open(addr: std::net::SocketAddr, topic: &str, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let last = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let head = format!(
            "GET /events/{topic} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n{last}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (topic, text) = (topic.to_owned(), String::new());
        let mut reader = Self {
            topic,
            stream,
            text,
        };
        reader.read_until("event: hub.open").await;
        reader
    }

    async fn read_until(&mut self, text: &str) {
        while !self.text.contains(text) {
            let n = within(self.piece()).await;
            assert!(n > 0, "the end came before {text:?}: {}", self.text);
        }
    }

    /// Reads to the end, which may be a hard one.
    async fn read_to_end(&mut self) {
        while within(self.piece()).await > 0 {}
    }

    async fn piece(&mut self) -> usize {
        let mut piece = [0; 1024];
        let n = self.stream.read(&mut piece).await.unwrap_or_default();
        self.text
            .push_str(std::str::from_utf8(&piece[..n]).unwrap());
        n
    }

    /// The newest id.
    fn last(&self) -> &str {
        let mut lines = self.text.lines().rev();
        lines.find_map(|line| line.strip_prefix("id: ")).unwrap()
    }
}

async fn publish(hub: &Hub, topics: &[String], data: &str) {
    let draft = |topic| Draft::new(Topic::parse(topic).unwrap(), data).unwrap();
    let drafts = topics.iter().map(|topic| draft(topic)).collect();
    hub.publish(drafts).await.unwrap();
}

#[tokio::test]
async fn one_that_fails_ends_its_streams_alone_and_they_resume_and_nothing_is_counted_that_is_gone()
{
    let (hub, log) = (hub(), Written::default());
    let mut config = Config {
        trusted_proxies: Network::LOOPBACK.to_vec(),
        ..Config::default()
    };
    // None that is left over would have room for another.
    config.limits.connections = STREAMS;
    config.limits.spares = 0;
    config.limits.client_streams = u32::try_from(STREAMS).ok();
    let limits = config.limits.clone();
    let (_stop, stopping) = Stop::new();
    let state = AppState::new(hub.clone(), Arc::new(config), stopping, false);
    let count = state.metrics.connections();
    let (shards, polls) = Shards::new(2, &limits, Arc::clone(&count)).unwrap();
    for poll in polls.into_iter().enumerate() {
        let thread = thread(&shards, &hub, poll, &log);
        shards.threads().push(thread);
    }
    let on = |topic: &str| shards.spread.pick(&Filter::topic(topic).unwrap()).0;
    let of = |shard| {
        let topics = (0..).map(|n| format!("topic-{n}"));
        topics
            .filter(move |topic| on(topic) == shard)
            .take(STREAMS / 2)
    };
    let topics: Vec<String> = of(0).chain(of(1)).collect();
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = listener.local_addr().unwrap();
    let front = Front::new(state.clone(), router::router(state));
    let mut connections = Connections::new(front, limits, None)
        .counting(Arc::clone(&count))
        .with(Some(Arc::clone(&shards)));
    let serving = tokio::spawn(async move {
        connections.accept(listener, std::future::pending()).await;
    });
    let mut readers = Vec::new();
    for topic in &topics {
        readers.push(Reader::open(addr, topic, None).await);
    }
    until(|| shards.spread.counted() == STREAMS).await;
    shards.inbox(0).tell(fails());

    let mut others = readers.split_off(STREAMS / 2);
    for reader in &mut readers {
        reader.read_to_end().await;
    }
    publish(&hub, &topics, "in the meantime").await;
    for reader in &mut others {
        reader.read_until("data: in the meantime").await;
    }
    until(|| {
        let left = [
            shards.spread.counted(),
            hub.stats().subscribers,
            usize::try_from(count.now()).unwrap(),
        ];
        left == [STREAMS / 2; 3]
    })
    .await;
    let said = log.said();
    assert!(said.contains("a shard has failed"), "{said}");
    assert_eq!(count.shards_failed(), 1);

    // They come back, as many as may be there, and to the shard that failed.
    for ended in readers {
        let mut reader = Reader::open(addr, &ended.topic, Some(ended.last())).await;
        reader.read_until("data: in the meantime").await;
        assert!(!reader.text.contains("hub.gap"), "{}", reader.text);
        others.push(reader);
    }
    until(|| shards.spread.counted() == STREAMS).await;
    publish(&hub, &topics, "afterwards").await;
    for reader in &mut others {
        reader.read_until("data: afterwards").await;
        assert_eq!(reader.text.matches("data: in the meantime").count(), 1);
    }
    serving.abort();
    shards.stop().await;
}

#[tokio::test]
async fn one_that_fails_as_it_is_told_to_end_ends() {
    let hub = hub();
    let limits = Limits::default();
    let count = Arc::new(ConnectionCount::new(limits.connections));
    let (shards, mut polls) = Shards::new(1, &limits, count).unwrap();
    shards.inbox(0).tell(fails());
    shards.cut_off();
    let thread = thread(&shards, &hub, (0, polls.remove(0)), &Written::default());
    let (done, ended) = mpsc::channel();
    // Not waited for where it hangs.
    thread::spawn(move || done.send(thread.join().is_ok()));
    assert_eq!(ended.recv_timeout(Duration::from_secs(30)), Ok(true));
}
