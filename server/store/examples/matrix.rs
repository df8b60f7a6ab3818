//! What an append costs in three stores: fjall, redb, and Tickertape's own segments.
//!
//! `cargo run --release -p store --example matrix -- DIR [SECONDS]`: DIR on the disk in question.
//! Groups of 1, 32 and 256 records of 100 bytes, each group synced; then everything is read back.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement ends at the first failure"
)]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use hub::{Cursor, Draft, Filter, Log, Policy, Retention, Selector, Topic};
use store::{Options, SegmentLog};

const GROUPS: [usize; 3] = [1, 32, 256];
const DATA: usize = 100;

/// A store under measurement: appends a synced group, reads everything back.
trait Candidate {
    fn append(&mut self, group: usize);
    fn replay(&mut self) -> usize;
}

struct Fjall {
    db: fjall::Database,
    log: fjall::Keyspace,
    next: u64,
}

impl Fjall {
    fn open(dir: &Path) -> Self {
        let db = fjall::Database::builder(dir).open().unwrap();
        let log = db
            .keyspace("log", fjall::KeyspaceCreateOptions::default)
            .unwrap();
        Self { db, log, next: 0 }
    }
}

impl Candidate for Fjall {
    fn append(&mut self, group: usize) {
        let mut batch = self.db.batch();
        for _ in 0..group {
            self.next += 1;
            batch.insert(&self.log, self.next.to_be_bytes(), [b'x'; DATA]);
        }
        batch.commit().unwrap();
        self.db.persist(fjall::PersistMode::SyncData).unwrap();
    }

    fn replay(&mut self) -> usize {
        let values = self.log.iter().map(|guard| guard.value().unwrap());
        values.filter(|value| value.len() == DATA).count()
    }
}

const TABLE: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("log");

struct Redb {
    db: redb::Database,
    next: u64,
}

impl Candidate for Redb {
    fn append(&mut self, group: usize) {
        let write = self.db.begin_write().unwrap();
        {
            let mut table = write.open_table(TABLE).unwrap();
            for _ in 0..group {
                self.next += 1;
                table.insert(self.next, &[b'x'; DATA][..]).unwrap();
            }
        }
        write.commit().unwrap();
    }

    fn replay(&mut self) -> usize {
        use redb::{ReadableDatabase, ReadableTable};
        let read = self.db.begin_read().unwrap();
        let table = read.open_table(TABLE).unwrap();
        let values = table.iter().unwrap().map(|entry| entry.unwrap().1);
        values.filter(|value| value.value().len() == DATA).count()
    }
}

struct Segments {
    log: Option<SegmentLog>,
    dir: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Segments {
    fn open(dir: &Path) -> SegmentLog {
        SegmentLog::open(dir, Options::new(Policy::new(Retention::default()))).unwrap()
    }
}

impl Candidate for Segments {
    fn append(&mut self, group: usize) {
        let draft = Draft::new(Topic::parse("t").unwrap(), &"x".repeat(DATA)).unwrap();
        let log = self.log.as_ref().unwrap();
        self.runtime
            .block_on(log.append(vec![draft; group]))
            .unwrap();
    }

    fn replay(&mut self) -> usize {
        self.log = None;
        let begun = Instant::now();
        let log = Self::open(&self.dir);
        print!(" (opening {} ms)", begun.elapsed().as_millis());
        let want = std::sync::Arc::new(Filter::new(vec![Selector::parse("**").unwrap()]).unwrap());
        let (mut cursor, mut count, head) = (Cursor::default(), 0, log.bounds().head);
        while cursor.seq < head {
            let page = log.read(cursor, head, want.clone(), 1024 * 1024);
            let page = self.runtime.block_on(page).unwrap();
            (cursor.seq, count) = (page.examined, count + page.records.len());
        }
        self.log = Some(log);
        count
    }
}

fn measure(name: &str, time: Duration, mut open: impl FnMut(&str) -> Box<dyn Candidate>) {
    for group in GROUPS {
        let mut candidate = open(&format!("{name}-{group}"));
        let (begun, mut syncs) = (Instant::now(), 0_u32);
        while begun.elapsed() < time {
            candidate.append(group);
            syncs += 1;
        }
        let spent = begun.elapsed().as_secs_f64();
        let records = f64::from(syncs) * group as f64;
        print!(
            "| {name} | {group} | {:.0} | {:.0} |",
            records / spent,
            f64::from(syncs) / spent
        );
        let begun = Instant::now();
        let count = candidate.replay();
        assert_eq!(count as f64, records);
        println!(
            " {:.1} M/s of {count} |",
            count as f64 / begun.elapsed().as_secs_f64() / 1e6
        );
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let home = PathBuf::from(args.next().unwrap_or_else(|| "target/matrix".into()));
    let seconds = args.next().and_then(|text| text.parse().ok()).unwrap_or(3);
    let (dir, time) = (home.clone(), Duration::from_secs(seconds));
    std::fs::create_dir_all(&dir).unwrap();
    println!("| store | group | records/s | syncs/s | read back |\n|---|---|---|---|---|");
    measure("fjall", time, |name| {
        Box::new(Fjall::open(&home.join(name)))
    });
    measure("redb", time, |name| {
        let db = redb::Database::create(home.join(name)).unwrap();
        Box::new(Redb { db, next: 0 })
    });
    measure("segments", time, |name| {
        let dir = home.join(name);
        let log = Some(Segments::open(&dir));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        Box::new(Segments { log, dir, runtime })
    });
    std::fs::remove_dir_all(dir).unwrap();
}
