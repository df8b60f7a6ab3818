//! P: publishes that are answered once they are on the disk, each connection its next after the last.

use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::fd::OwnedFd;

use super::{Figure, Measured, PUBLISH_CPU, RATE};
use crate::Outcome;
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::http::Piece;
use crate::load::{From, Load, Subscribe, Until, timespec};
use crate::payload::data;
use crate::schedule::Schedule;
use crate::servers::Running;

const CONNECTIONS: usize = 32;
const LEN: usize = 100;
const WARM_UP: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn measure(server: &Running, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, CONNECTIONS, LEN)?;
    let mut publishers = Publishers::new(server)?;
    publishers.run(WARM_UP)?;
    let (cpu, begun) = (server.process.cpu()?, Instant::now());
    let answered = publishers.run(time)?;
    let (cpu, spent) = (server.process.cpu()? - cpu, begun.elapsed());
    // Everything that was answered is there, each once and in order.
    let readers: Vec<_> = (0..CONNECTIONS)
        .map(|topic| Subscribe {
            topic,
            from: From::Start,
            stalls: false,
        })
        .collect();
    for (topic, publisher) in publishers.all.iter().enumerate() {
        load.was_published(topic, publisher.answered);
    }
    load.run(&Schedule::nothing(), &readers, Until::Delivered)?;
    let rate = answered as f64 / spent.as_secs_f64();
    let figures = vec![
        Figure {
            name: RATE,
            unit: "1/s",
            value: rate,
        },
        Figure::cpu(PUBLISH_CPU, cpu, answered as usize),
    ];
    Ok(Measured::new(figures, load.finish()?))
}

/// Each publishes on a topic of its own, so that there is an order to hold its events against.
struct Publishers {
    epoll: OwnedFd,
    dialect: Dialect,
    all: Vec<Publisher>,
    buffer: Vec<u8>,
}

struct Publisher {
    connection: Connection,
    answered: u64,
    waits: bool,
}

impl Publishers {
    fn new(server: &Running) -> Outcome<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut all = Vec::new();
        for topic in 0..CONNECTIONS {
            let connection = Connection::open(&server.address)?;
            let token = epoll::EventData::new_u64(topic as u64);
            epoll::add(&epoll, &connection, token, epoll::EventFlags::IN)?;
            all.push(Publisher {
                connection,
                answered: 0,
                waits: false,
            });
        }
        let (dialect, buffer) = (server.dialect.clone(), vec![0; 16 * 1024]);
        Ok(Self {
            epoll,
            dialect,
            all,
            buffer,
        })
    }

    /// Publishes for this time, and waits until all is answered; how much that was.
    fn run(&mut self, time: Duration) -> Outcome<u64> {
        let answered = |all: &[Publisher]| all.iter().map(|one| one.answered).sum::<u64>();
        let (begun, before) = (Instant::now(), answered(&self.all));
        let mut events = Vec::with_capacity(CONNECTIONS);
        (0..CONNECTIONS).try_for_each(|topic| self.publish(topic))?;
        while self.all.iter().any(|publisher| publisher.waits) {
            if begun.elapsed() > time + PATIENCE {
                return Err("a publish is not answered".into());
            }
            let patience = timespec(PATIENCE);
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))?;
            for event in events.drain(..) {
                let topic = event.data.u64() as usize;
                self.read(topic)?;
                if !self.all[topic].waits && begun.elapsed() < time {
                    self.publish(topic)?;
                }
            }
        }
        Ok(answered(&self.all) - before)
    }

    fn publish(&mut self, topic: usize) -> Outcome<()> {
        let publisher = &mut self.all[topic];
        let data = data(publisher.answered, LEN);
        let request = self.dialect.post(&(self.dialect.publish)(topic), &data);
        publisher.waits = true;
        publisher.connection.send(request.as_bytes())
    }

    fn read(&mut self, topic: usize) -> Outcome<()> {
        let Publisher {
            connection,
            answered,
            waits,
        } = &mut self.all[topic];
        connection.read(&mut self.buffer, |piece| {
            match piece {
                Piece::Head(200..300) | Piece::Body(_) => {}
                Piece::Head(status) => return Err(format!("status {status} for a publish").into()),
                Piece::End => (*waits, *answered) = (false, *answered + 1),
            }
            Ok(())
        })
    }
}
