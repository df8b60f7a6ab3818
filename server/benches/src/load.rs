//! The load generator, one for all servers: one thread, one `epoll`, and a schedule that waits for nobody.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;

use crate::Outcome;
use crate::connection::{Address, Connection};
use crate::dialect::Dialect;
use crate::http::Piece;
use crate::latency::Latencies;
use crate::payload::{Scan, data};
use crate::schedule::{Due, Punctuality, Schedule};
use crate::sequence::{Arrival, Faults, Sequence};
use crate::servers::Running;

/// One publisher and many readers of one server.
pub(crate) struct Load {
    address: Address,
    dialect: Dialect,
    /// The length of each event's data.
    len: usize,
    epoll: OwnedFd,
    /// Opened for its first event: servers end a connection that says nothing.
    publisher: Option<Connection>,
    unanswered: u64,
    readers: Vec<Reader>,
    /// Readers whose stream is not open yet.
    opening: usize,
    topics: Vec<Topic>,
    /// Deliveries that are still to come.
    awaited: u64,
    faults: Faults,
    patience: Duration,
    buffer: Vec<u8>,
}

struct Reader {
    /// Until it goes.
    connection: Option<Connection>,
    topic: usize,
    scan: Scan,
    sequence: Sequence,
    open: bool,
    stalls: bool,
}

#[derive(Clone, Default)]
struct Topic {
    /// When each of its events was due to be sent.
    due: Vec<Instant>,
    readers: u64,
}

/// A reader that is to come.
#[derive(Clone, Copy)]
pub(crate) struct Subscribe {
    pub(crate) topic: usize,
    pub(crate) from: From,
    /// Opens its stream, and reads no more.
    pub(crate) stalls: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Now,
    Start,
}

/// When a run is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// All was sent, and has arrived.
    Delivered,
    /// All readers have had what was sent so far, even if more was to be.
    CaughtUp,
}

/// What a run was like.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) latencies: Latencies,
    pub(crate) punctuality: Punctuality,
}

const PUBLISHER: u64 = u64::MAX;
/// Connections whose stream is being opened at a time: fewer than any server's backlog has room for.
const WINDOW: usize = 64;
/// Without any arrival for so long, what has not come is lost.
const PATIENCE: Duration = Duration::from_secs(3);
/// From the opening of streams to the first event.
const SETTLING: Duration = Duration::from_millis(300);
/// In which what was delivered twice comes for the second time.
const AFTERMATH: Duration = Duration::from_millis(100);

impl Load {
    pub(crate) fn new(server: &Running, topics: usize, len: usize) -> Outcome<Self> {
        Self::to(server.address.clone(), server.dialect.clone(), topics, len)
    }

    fn to(address: Address, dialect: Dialect, topics: usize, len: usize) -> Outcome<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut load = Self {
            address,
            dialect,
            len,
            epoll,
            publisher: None,
            unanswered: 0,
            readers: Vec::new(),
            opening: 0,
            topics: vec![Topic::default(); topics],
            awaited: 0,
            faults: Faults::default(),
            patience: PATIENCE,
            buffer: vec![0; 64 * 1024],
        };
        load.create_topics()?;
        Ok(load)
    }

    fn create_topics(&mut self) -> Outcome<()> {
        if let Some(path) = self.dialect.create {
            for topic in 0..self.topics.len() {
                let request = self.dialect.put(&path(topic));
                self.send(&request)?;
                self.run(&Schedule::nothing(), &[], Until::Delivered)?;
            }
        }
        Ok(())
    }

    /// Opens these readers' streams, and waits a while: a server of several processes tells the others
    /// of a reader only after its response has begun.
    pub(crate) fn open(&mut self, readers: &[Subscribe]) -> Outcome<()> {
        self.run(&Schedule::nothing(), readers, Until::Delivered)?;
        std::thread::sleep(SETTLING);
        Ok(())
    }

    /// Publishes by the schedule while these readers come.
    pub(crate) fn run(
        &mut self,
        schedule: &Schedule,
        readers: &[Subscribe],
        until: Until,
    ) -> Outcome<Run> {
        let mut run = Run::default();
        let begun = Instant::now();
        let mut sends = schedule.sends.iter().copied().peekable();
        let mut readers = readers.iter().copied().peekable();
        let mut events = Vec::with_capacity(1024);
        let mut arrived = begun;
        loop {
            let mut next = self.send_due(begun, &mut sends, &mut run)?;
            if self.opening < WINDOW
                && let Some(reader) = readers.next()
            {
                self.subscribe(reader)?;
                next = Duration::ZERO;
            }
            let opened = readers.peek().is_none() && self.opening == 0;
            let sent = sends.peek().is_none() || until == Until::CaughtUp;
            if opened && sent && self.unanswered == 0 && self.awaited == 0 {
                return Ok(run);
            }
            if arrived.elapsed() > self.patience + schedule.pause.min(self.patience) {
                return match self.opening {
                    0 => Ok(run),
                    opening => Err(format!("{opening} streams do not open").into()),
                };
            }
            epoll::wait(
                &self.epoll,
                spare_capacity(&mut events),
                Some(&timespec(next)),
            )?;
            for event in events.drain(..) {
                arrived = Instant::now();
                self.read(event.data.u64(), arrived, &mut run)?;
                self.send_due(begun, &mut sends, &mut run)?;
            }
        }
    }

    /// Has those who stalled go.
    pub(crate) fn end_stalled(&mut self) {
        for reader in self.readers.iter_mut().filter(|reader| reader.stalls) {
            reader.connection = None;
        }
    }

    /// Has so many events expected on this topic that others have published.
    pub(crate) fn was_published(&mut self, topic: usize, count: u64) {
        let due = &mut self.topics[topic].due;
        due.extend((0..count).map(|_| Instant::now()));
    }

    /// Waits for what should not come, and says what was wrong since the beginning.
    pub(crate) fn finish(&mut self) -> Outcome<Faults> {
        let (begun, mut run) = (Instant::now(), Run::default());
        let mut events = Vec::with_capacity(1024);
        while let Some(left) = AFTERMATH.checked_sub(begun.elapsed()) {
            epoll::wait(
                &self.epoll,
                spare_capacity(&mut events),
                Some(&timespec(left)),
            )?;
            for event in events.drain(..) {
                self.read(event.data.u64(), Instant::now(), &mut run)?;
            }
        }
        let until = |reader: &Reader| self.topics[reader.topic].due.len() as u64;
        let reading = self.readers.iter().filter(|reader| !reader.stalls);
        let lost = reading
            .map(|reader| reader.sequence.lost(until(reader)))
            .sum();
        Ok(Faults {
            lost,
            ..self.faults
        })
    }

    /// Sends what is due, and says how long until the next is.
    fn send_due(
        &mut self,
        begun: Instant,
        sends: &mut std::iter::Peekable<impl Iterator<Item = Due>>,
        run: &mut Run,
    ) -> Outcome<Duration> {
        // What the socket would not take: asked again soon.
        let idle = match &mut self.publisher {
            Some(publisher) if publisher.has_unsent() => {
                publisher.flush()?;
                Duration::from_millis(1)
            }
            _ => Duration::from_millis(100),
        };
        while let Some(due) = sends.peek().copied() {
            let now = begun.elapsed();
            if let Some(wait) = due.at.checked_sub(now)
                && !wait.is_zero()
            {
                return Ok(wait.min(idle));
            }
            sends.next();
            run.punctuality.sent(due.at, now);
            self.publish(due.topic, begun + due.at)?;
        }
        Ok(idle)
    }

    fn publish(&mut self, topic: usize, due: Instant) -> Outcome<()> {
        let of = &mut self.topics[topic];
        let data = data(of.due.len() as u64, self.len);
        of.due.push(due);
        self.awaited += of.readers;
        let request = self.dialect.post(&(self.dialect.publish)(topic), &data);
        self.send(&request)
    }

    fn send(&mut self, request: &str) -> Outcome<()> {
        self.unanswered += 1;
        if let Some(publisher) = &mut self.publisher {
            return publisher.send(request.as_bytes());
        }
        let mut publisher = Connection::open(&self.address)?;
        let token = epoll::EventData::new_u64(PUBLISHER);
        epoll::add(&self.epoll, &publisher, token, epoll::EventFlags::IN)?;
        publisher.send(request.as_bytes())?;
        self.publisher = Some(publisher);
        Ok(())
    }

    fn subscribe(&mut self, wanted: Subscribe) -> Outcome<()> {
        let Subscribe {
            topic,
            from,
            stalls,
        } = wanted;
        let mut connection = match stalls {
            true => Connection::open_narrow(&self.address)?,
            false => Connection::open(&self.address)?,
        };
        let token = epoll::EventData::new_u64(self.readers.len() as u64);
        epoll::add(&self.epoll, &connection, token, epoll::EventFlags::IN)?;
        let path = match from {
            From::Now => Some((self.dialect.live)(topic)),
            From::Start => self.dialect.replay.map(|path| path(topic)),
        };
        let path = path.ok_or("this server keeps nothing")?;
        connection.send(self.dialect.get(&path).as_bytes())?;
        let published = self.topics[topic].due.len() as u64;
        let first = match from {
            From::Now => published,
            From::Start => 0,
        };
        if !stalls {
            self.topics[topic].readers += 1;
            self.awaited += published - first;
        }
        self.opening += 1;
        let (scan, sequence) = (Scan::default(), Sequence::from(first));
        self.readers.push(Reader {
            connection: Some(connection),
            topic,
            scan,
            sequence,
            open: false,
            stalls,
        });
        Ok(())
    }

    fn read(&mut self, token: u64, now: Instant, run: &mut Run) -> Outcome<()> {
        if token == PUBLISHER {
            return self.answers();
        }
        let Self {
            readers,
            topics,
            buffer,
            ..
        } = self;
        let reader = &mut readers[token as usize];
        let Reader {
            connection,
            topic,
            scan,
            sequence,
            open,
            stalls,
        } = reader;
        let due = &topics[*topic].due;
        let was_open = *open;
        let connection = connection.as_mut().ok_or("bytes for one who has gone")?;
        connection.read(buffer, |piece| {
            match piece {
                Piece::Head(200) => *open = true,
                Piece::Head(status) => return Err(format!("status {status} for a stream").into()),
                Piece::End => return Err("a stream ended".into()),
                Piece::Body(_) if *stalls => {}
                Piece::Body(bytes) => scan.take(bytes, self.len, |number| {
                    let arrival = sequence.take(number);
                    self.faults.count(&arrival);
                    if arrival != Arrival::Again {
                        self.awaited = self.awaited.saturating_sub(1);
                        if let Some(due) = due.get(number as usize) {
                            run.latencies.add(now - *due);
                        }
                    }
                })?,
            }
            Ok(())
        })?;
        if *open && !was_open {
            self.opening -= 1;
            if *stalls {
                epoll::delete(&self.epoll, connection)?;
            }
        }
        Ok(())
    }

    fn answers(&mut self) -> Outcome<()> {
        let Self {
            publisher,
            buffer,
            unanswered,
            ..
        } = self;
        let publisher = publisher.as_mut().ok_or("an answer to nobody")?;
        publisher.read(buffer, |piece| {
            match piece {
                Piece::Head(200..300) | Piece::Body(_) => {}
                Piece::Head(status) => return Err(format!("status {status} for a publish").into()),
                Piece::End => *unanswered -= 1,
            }
            Ok(())
        })
    }
}

pub(crate) fn timespec(time: Duration) -> Timespec {
    // None of these waits is longer than a second.
    Timespec {
        tv_sec: time.as_secs().cast_signed(),
        tv_nsec: time.subsec_nanos().into(),
    }
}
