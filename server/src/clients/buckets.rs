//! How fast each client may publish.
//!
//! A bucket for each client, which fills at the rate and holds a burst (the generic cell rate algorithm: of
//! each bucket is kept when it will be full again, and nothing else). A batch is taken as soon as there is anything
//! in the bucket, however many events it has, and what the bucket lacks is filled in before it gives
//! again: no batch is too large, and nobody is faster than the rate for long.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::key::Key;

/// The buckets of all clients that are not full.
///
/// The lock is held for a look-up; and for a pass over the table, about a millisecond, once in as
/// many new clients as a quarter of it holds. Never across an await.
#[derive(Debug)]
pub(super) struct Buckets {
    /// How long one event takes to fill in.
    interval: Duration,
    /// How long a burst takes.
    burst: Duration,
    /// The most buckets that are kept.
    most: usize,
    /// When each will be full.
    full_at: Mutex<HashMap<Key, Instant>>,
}

impl Buckets {
    /// Buckets that fill at so many events a second and hold so many.
    pub(super) fn new(rate: u32, burst: u32, most: usize) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        Self {
            interval,
            burst: interval * burst.max(1),
            most,
            full_at: Mutex::default(),
        }
    }

    /// Whether there is anything in a client's bucket.
    ///
    /// # Errors
    /// With the time until there is.
    pub(super) fn look(&self, key: Key) -> Result<(), Duration> {
        let now = Instant::now();
        let full_at = self.table().get(&key).copied();
        self.lacks(full_at.unwrap_or(now).max(now) - now)
    }

    /// Takes so many events out of it, where there is anything in it.
    ///
    /// # Errors
    /// With the time until there is; nothing is taken then.
    pub(super) fn take(&self, key: Key, events: u32) -> Result<(), Duration> {
        self.fill_later(key, |now, full_at| {
            self.lacks(full_at - now)?;
            Ok((full_at + self.interval * events, ()))
        })
    }

    /// Takes so many events out of it in any case, and says when they will have been in it.
    pub(super) fn reserve(&self, key: Key, events: u32) -> Instant {
        let reserved = self.fill_later::<_, std::convert::Infallible>(key, |now, full_at| {
            let then = full_at + self.interval * events;
            Ok((then, (then - self.burst.min(then - now)).max(now)))
        });
        match reserved {
            Ok(at) => at,
            Err(never) => match never {},
        }
    }

    /// How many events an upload takes out at a time: a quarter of a second's, so that it flows.
    pub(super) fn piece(&self) -> usize {
        let quarter = Duration::from_millis(250).min(self.burst);
        let events = quarter.as_nanos() / self.interval.as_nanos().max(1);
        usize::try_from(events).unwrap_or(usize::MAX).max(1)
    }

    /// Whether a bucket that takes so long to fill has nothing in it.
    fn lacks(&self, filling: Duration) -> Result<(), Duration> {
        match (filling + self.interval).checked_sub(self.burst) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// Looks when a bucket will be full, and sets when it will be.
    fn fill_later<T, E>(
        &self,
        key: Key,
        take: impl FnOnce(Instant, Instant) -> Result<(Instant, T), E>,
    ) -> Result<T, E> {
        let now = Instant::now();
        let mut table = self.table();
        let known = table.get(&key).copied();
        let (full_at, taken) = take(now, known.unwrap_or(now).max(now))?;
        if known.is_none() && table.len() >= self.most {
            make_room(&mut table, now, self.most);
        }
        table.insert(key, full_at);
        Ok(taken)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Key, Instant>> {
        // The map is whole between any two statements here.
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.table().len()
    }
}

/// Lets go of the buckets that are full, which say nothing. Where that is not a quarter of them, of those that
/// are the next to be full: who has taken the most stays counted, and who is new is not kept out.
fn make_room(table: &mut HashMap<Key, Instant>, now: Instant, most: usize) {
    table.retain(|_, full_at| *full_at > now);
    let goes = table.len().saturating_sub(most - most.div_ceil(4));
    if goes == 0 {
        return;
    }
    let mut times: Vec<_> = table.values().copied().collect();
    let (_, last, _) = times.select_nth_unstable(goes - 1);
    let (last, mut left) = (*last, goes);
    table.retain(|_, full_at| {
        let stays = *full_at > last || left == 0;
        left -= usize::from(!stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn client(n: u32) -> Key {
        Key::V4(Ipv4Addr::from(n))
    }

    fn buckets() -> Buckets {
        Buckets::new(50, 200, 1_000)
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_through_and_then_the_rate_and_each_client_has_its_own() {
        let (buckets, one) = (buckets(), client(1));
        let taken = (0..1_000).filter(|_| buckets.take(one, 1).is_ok());
        assert_eq!(taken.count(), 200);
        assert_eq!(buckets.take(one, 1), Err(20 * MS));
        assert_eq!(buckets.look(one), Err(20 * MS));
        assert_eq!(buckets.take(client(2), 1), Ok(()));
        // Over ten seconds, asked all the time.
        let mut taken = 0;
        for _ in 0..1_000 {
            advance(10 * MS).await;
            taken += usize::from(buckets.take(one, 1).is_ok());
        }
        assert_eq!(taken, 500);
        // Who has been quiet for long has a burst and no more.
        advance(3_600_000 * MS).await;
        assert_eq!(
            (0..1_000).filter(|_| buckets.take(one, 1).is_ok()).count(),
            200
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_taken_whole_and_waited_for_afterwards() {
        let (buckets, one) = (buckets(), client(1));
        assert_eq!(buckets.take(one, 1_000), Ok(()));
        // 800 more than there were, and one.
        assert_eq!(buckets.take(one, 1), Err(801 * 20 * MS));
        advance(800 * 20 * MS).await;
        assert_eq!(buckets.take(one, 1), Err(20 * MS));
        advance(20 * MS).await;
        assert_eq!(buckets.take(one, 1_000), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_reserved_comes_at_the_rate() {
        let (buckets, one) = (buckets(), client(1));
        let begun = Instant::now();
        assert_eq!(buckets.piece(), 12);
        let mut reserved = 0;
        while begun.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep_until(buckets.reserve(one, 12)).await;
            reserved += 12;
        }
        let expected = 200 + 50 * 10;
        assert!((expected..=expected + 12).contains(&reserved), "{reserved}");
        // A rate that is lower than one piece a quarter of a second, and a burst of one.
        let slow = Buckets::new(1, 1, 10);
        assert_eq!(slow.piece(), 1);
        let begun = Instant::now();
        for _ in 0..5 {
            tokio::time::sleep_until(slow.reserve(one, 1)).await;
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_clients_is_bounded_and_keeps_nobody_out_and_frees_no_one_who_took_much() {
        let (buckets, greedy) = (buckets(), client(0));
        assert_eq!(buckets.take(greedy, 1_000), Ok(()));
        for n in 1..100_000 {
            // None of them has time to fill.
            assert_eq!(buckets.take(client(n), 1), Ok(()), "{n}");
            assert!(buckets.len() <= 1_000);
        }
        assert!(buckets.take(greedy, 1).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn buckets_that_are_full_are_the_first_to_go() {
        let buckets = buckets();
        let quick: Vec<_> = (0..900).map(client).collect();
        for key in &quick {
            assert_eq!(buckets.take(*key, 1), Ok(()));
        }
        advance(20 * MS).await;
        let slow: Vec<_> = (900..1_000).map(client).collect();
        for key in &slow {
            assert_eq!(buckets.take(*key, 200), Ok(()));
        }
        assert_eq!(buckets.take(client(1_000), 1), Ok(()));
        assert_eq!(buckets.len(), 101);
        assert!(slow.iter().all(|key| buckets.look(*key).is_err()));
    }
}
