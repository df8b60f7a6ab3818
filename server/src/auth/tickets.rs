//! Tickets: what an `EventSource`, which can set no header, carries in its address.
//!
//! A ticket is to be used at once, and is then good for reconnects of the same address, for one
//! connection at a time: whoever finds it in a log can neither use it first nor beside its owner
//! unnoticed. Those in use are kept in a file, by their hash, so that a restart ends no stream.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rand::RngCore;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::book::Book;
use super::entry::Entry;
use super::token::Grant;
use crate::hex;
use crate::limits::{TICKET_TIME, TICKETS, TICKETS_IN_USE_OF_ONE, TICKETS_OF_ONE};

/// A ticket's SHA-256.
pub(super) type Hash = [u8; 32];

/// The tickets that are good.
///
/// What is in use is written by who took it into use, in one short append.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The lock is held for a look-up, and never across an await or a write.
    table: Mutex<HashMap<Hash, Ticket>>,
    /// Where those in use are kept; none where nothing outlives the process.
    book: Option<Book>,
}

#[derive(Debug)]
struct Ticket {
    grant: Grant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// To be used until then.
    New(SystemTime),
    /// For this address; the connection that has it hears when another one takes it.
    Used {
        address: String,
        connection: Option<oneshot::Sender<()>>,
    },
}

/// Why there is no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// One subject has as many as it may.
    Subject,
    /// There are as many as there may be.
    All,
}

impl Tickets {
    /// Those that a run before has left in its directory.
    pub(crate) fn open(dir: Option<&Path>) -> Self {
        let (book, kept) = dir.map(Book::open).unzip();
        let now = SystemTime::now();
        let kept = kept.into_iter().flatten().filter_map(Entry::read);
        let kept = kept.map(|(hash, address, grant)| {
            let connection = None;
            let state = State::Used {
                address,
                connection,
            };
            (hash, Ticket { grant, state })
        });
        Self(Arc::new(Kept {
            table: Mutex::new(kept.filter(|(_, ticket)| ticket.is_good(now)).collect()),
            book,
        }))
    }

    /// A ticket for what a token grants.
    ///
    /// # Errors
    /// Where there are too many.
    pub(crate) fn issue(&self, grant: Grant) -> Result<String, Full> {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        let text = hex::encode(&bytes);
        let now = SystemTime::now();
        let mut table = self.table();
        if table.len() >= TICKETS / 2 {
            table.retain(|_, ticket| ticket.is_good(now));
        }
        if table.len() >= TICKETS {
            return Err(Full::All);
        }
        // Of those without a subject each grant is one's own.
        let is_same = |ticket: &Ticket| match &grant.subject {
            Some(_) => ticket.grant.subject == grant.subject,
            None => ticket.grant == grant,
        };
        let of_one = |ticket: &&Ticket| is_same(ticket);
        let all = table.values().filter(of_one).count();
        let new = table.values().filter(of_one);
        let new = new.filter(|ticket| matches!(ticket.state, State::New(_)) && ticket.is_good(now));
        if new.count() >= TICKETS_OF_ONE {
            return Err(Full::Subject);
        }
        if all >= TICKETS_IN_USE_OF_ONE {
            // Those that nobody is connected with; a page that was closed does not come back.
            table.retain(|_, ticket| !is_same(ticket) || ticket.is_held());
            if table.values().filter(of_one).count() >= TICKETS_IN_USE_OF_ONE {
                return Err(Full::Subject);
            }
        }
        let state = State::New(now + TICKET_TIME);
        table.insert(hash(&text), Ticket { grant, state });
        Ok(text)
    }

    /// Takes a ticket into use for an address, or again for the same one; the connection that had it
    /// before hears of it. The receiver resolves when another takes it.
    ///
    /// None where it is not good for that.
    pub(crate) fn take(&self, text: &str, address: &str) -> Option<oneshot::Receiver<()>> {
        let (sender, receiver) = oneshot::channel();
        let (key, now) = (hash(text), SystemTime::now());
        let mut table = self.table();
        let ticket = table.get_mut(&key)?;
        if !ticket.is_good(now) {
            table.remove(&key);
            return None;
        }
        let mut is_new = false;
        match &mut ticket.state {
            State::New(_) => {
                is_new = true;
                ticket.state = State::Used {
                    address: address.to_owned(),
                    connection: Some(sender),
                };
            }
            State::Used { address: known, .. } if known != address => return None,
            // The connection before hears that its sender is gone.
            State::Used { connection, .. } => *connection = Some(sender),
        }
        let grant = is_new.then(|| ticket.grant.clone());
        drop(table);
        if let Some(grant) = grant {
            self.keep(&Entry::of(&key, address, &grant));
        }
        Some(receiver)
    }

    /// Writes one down; and all anew where most in the file are good no more, while nobody waits for it.
    fn keep(&self, entry: &Entry) {
        let is_due = self.0.book.as_ref().is_some_and(|book| book.add(entry));
        if !is_due {
            return;
        }
        let kept = Arc::clone(&self.0);
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || kept.rewrite())),
            Err(_) => kept.rewrite(),
        }
    }

    /// What a ticket would grant for an address; it is neither taken into use nor from whoever has it.
    pub(crate) fn look(&self, text: &str, address: &str) -> Option<Grant> {
        let table = self.table();
        let ticket = table.get(&hash(text))?;
        let is_for = match &ticket.state {
            State::New(_) => true,
            State::Used { address: known, .. } => known == address,
        };
        (is_for && ticket.is_good(SystemTime::now())).then(|| ticket.grant.clone())
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Hash, Ticket>> {
        self.0.table()
    }
}

impl Kept {
    fn table(&self) -> MutexGuard<'_, HashMap<Hash, Ticket>> {
        // The map is whole between any two statements here.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the file anew with what is in use.
    fn rewrite(&self) {
        let Some(book) = &self.book else { return };
        book.rewrite(|| {
            let now = SystemTime::now();
            let mut used = Vec::new();
            for (hash, ticket) in &*self.table() {
                if let (State::Used { address, .. }, true) = (&ticket.state, ticket.is_good(now)) {
                    used.push((*hash, address.clone(), ticket.grant.clone()));
                }
            }
            let entry =
                |(hash, address, grant): &(Hash, String, Grant)| Entry::of(hash, address, grant);
            used.iter().map(entry).collect()
        });
    }
}

impl Ticket {
    /// Whether a connection has it.
    fn is_held(&self) -> bool {
        match &self.state {
            State::New(_) => true,
            State::Used { connection, .. } => {
                connection.as_ref().is_some_and(|held| !held.is_closed())
            }
        }
    }

    fn is_good(&self, now: SystemTime) -> bool {
        let until = match self.state {
            State::New(until) => until.min(self.grant.expires),
            State::Used { .. } => self.grant.expires,
        };
        now < until
    }
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::limits::TICKETS_FILE_SPARE;

    use super::super::{book, key_id::KeyId, rights::Rights};
    use super::*;

    fn grant(subject: &str, seconds: i64) -> Grant {
        let length = Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        Grant {
            subject: Some(subject.to_owned()),
            rights: Rights::default(),
            key: KeyId::of(&[b"k"]),
            expires: if seconds < 0 {
                now - length
            } else {
                now + length
            },
        }
    }

    #[test]
    fn a_ticket_is_for_one_address_and_for_one_connection_at_a_time() {
        let tickets = Tickets::default();
        let ticket = tickets.issue(grant("a", 60)).unwrap();
        let mut first = tickets.take(&ticket, "/events?topic=a").unwrap();
        assert!(tickets.take(&ticket, "/events?topic=b").is_none());
        assert_eq!(first.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        let mut second = tickets.take(&ticket, "/events?topic=a").unwrap();
        let got = tickets.look(&ticket, "/events?topic=a").unwrap();
        assert_eq!(got.subject.as_deref(), Some("a"));
        assert_eq!(first.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert_eq!(second.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        assert!(tickets.take("0123", "/events?topic=a").is_none());
    }

    #[test]
    fn a_ticket_ends_with_its_token_and_one_that_is_not_used_at_once_is_lost() {
        let tickets = Tickets::default();
        let late = tickets.issue(grant("a", -1)).unwrap();
        assert!(tickets.take(&late, "/").is_none());
        let waited = tickets.issue(grant("a", 60)).unwrap();
        let key = hash(&waited);
        tickets.table().get_mut(&key).unwrap().state = State::New(SystemTime::now());
        assert!(tickets.take(&waited, "/").is_none());
    }

    #[test]
    fn nobody_can_fill_the_table_alone() {
        let tickets = Tickets::default();
        for _ in 0..TICKETS_OF_ONE {
            tickets.issue(grant("a", 60)).unwrap();
        }
        assert_eq!(tickets.issue(grant("a", 60)), Err(Full::Subject));
        let ticket = tickets.issue(grant("b", 60)).unwrap();
        assert!(tickets.take(&ticket, "/").is_some());
        let mut held = Vec::new();
        for n in 0..3 * TICKETS_IN_USE_OF_ONE {
            let ticket = tickets.issue(grant("c", 60)).unwrap();
            let connection = tickets.take(&ticket, "/").unwrap();
            // Of these the most are connected, of the rest nobody stays.
            if n < TICKETS_IN_USE_OF_ONE / 2 {
                held.push((ticket, connection));
            }
            assert!(tickets.table().len() <= TICKETS_OF_ONE + 1 + TICKETS_IN_USE_OF_ONE);
        }
        let (first, _connection) = &held[0];
        assert!(tickets.look(first, "/").is_some());
    }

    #[test]
    fn one_in_use_outlives_a_restart_and_no_other_does() {
        let dir = tempfile::tempdir().unwrap();
        let tickets = Tickets::open(Some(dir.path()));
        let used = tickets.issue(grant("a", 60)).unwrap();
        let unused = tickets.issue(grant("a", 60)).unwrap();
        tickets.take(&used, "/events?topic=a").unwrap();
        let kept = std::fs::read_to_string(dir.path().join(book::NAME)).unwrap();
        assert!(!kept.contains(&used), "only its hash");
        let again = Tickets::open(Some(dir.path()));
        assert!(again.take(&used, "/events?topic=b").is_none());
        assert!(again.take(&used, "/events?topic=a").is_some());
        assert!(again.take(&unused, "/events?topic=a").is_none());
    }

    #[test]
    fn the_file_does_not_grow_with_what_is_good_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(book::NAME);
        let tickets = Tickets::open(Some(dir.path()));
        let first = tickets.issue(grant("first", 60)).unwrap();
        let _connection = tickets.take(&first, "/").unwrap();
        let line = std::fs::metadata(&path).unwrap().len();
        let (mut longest, mut last) = (0, String::new());
        // Of one subject those go that nobody is connected with.
        for _ in 0..5 * TICKETS_IN_USE_OF_ONE {
            last = tickets.issue(grant("many", 60)).unwrap();
            tickets.take(&last, "/").unwrap();
            longest = longest.max(std::fs::metadata(&path).unwrap().len());
        }
        // Of each subject as many as it may have, and the one that is added.
        let bound = 2 * (TICKETS_IN_USE_OF_ONE as u64 + 1) * line + TICKETS_FILE_SPARE + line;
        assert!(longest <= bound, "{longest} bytes");
        let again = Tickets::open(Some(dir.path()));
        assert!(again.take(&first, "/").is_some() && again.take(&last, "/").is_some());
    }
}
