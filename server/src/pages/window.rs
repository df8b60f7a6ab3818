//! The stretch of the log that a page shows, read so that long events cost no memory.

use std::collections::VecDeque;
use std::sync::Arc;

use app::model;
use hub::{Epoch, EventId, Filter, Hub, Lost, Record, Seq};

use super::choice::Chooser;
use super::excerpt;
use crate::http::error::HttpError;
use crate::limits::{EVENT_ON_PAGE, WINDOW_READ};

/// The events between two places.
#[derive(Debug)]
pub(super) struct Window {
    /// Oldest first.
    pub(super) rows: VecDeque<Shown>,
    /// What is gone between them, in order.
    pub(super) gaps: Vec<Lost>,
    /// The place before: 0 where nothing older is kept.
    pub(super) after: Seq,
    /// The last place: everything up to it is here.
    pub(super) through: Seq,
}

/// An event as a page has it.
#[derive(Debug)]
pub(super) struct Shown {
    /// Its place.
    pub(super) seq: Seq,
    /// The event, with its data cut where it is longer than [`EVENT_ON_PAGE`].
    pub(super) event: model::Event,
    /// The length of its data, in bytes.
    pub(super) bytes: usize,
    /// Whether the reader chose to see it.
    pub(super) is_chosen: bool,
}

impl Shown {
    fn of(record: &Record, epoch: &Epoch, chooser: &Chooser) -> Self {
        Self {
            seq: record.seq,
            event: model::Event {
                id: record.id(epoch).to_string(),
                topic: record.topic.to_string(),
                event: record.name().to_owned(),
                data: excerpt::of(record.topic.as_str(), &record.data),
                time: hub::rfc3339(record.time),
                retry: record.retry.map(|retry| retry.as_millis()),
            },
            bytes: record.data.len(),
            is_chosen: chooser.lets(record),
        }
    }

    /// Whether its data is all there.
    pub(super) fn is_whole(&self) -> bool {
        self.bytes <= EVENT_ON_PAGE
    }
}

/// Reads windows of what matches some selectors.
pub(super) struct Pager<'a> {
    hub: &'a Hub,
    filter: Arc<Filter>,
    chooser: Arc<Chooser>,
    /// How many bytes of data a window may have.
    room: usize,
}

impl<'a> Pager<'a> {
    pub(super) fn new(hub: &'a Hub, filter: Arc<Filter>, chooser: Chooser, room: usize) -> Self {
        Self {
            hub,
            filter,
            chooser: Arc::new(chooser),
            room,
        }
    }

    /// Whether the choice took so long that the rest was shown unasked.
    pub(super) fn was_late(&self) -> bool {
        self.chooser.is_late()
    }

    /// The newest `n` up to a place, fewer where there is no room for them.
    pub(super) async fn back(&self, until: Seq, n: usize) -> Result<Window, HttpError> {
        let after = self.before(until, n).await?;
        let mut window = self.read(after, until, n, usize::MAX).await?;
        window.fit(self.room);
        Ok(window)
    }

    /// The `n` after a place, fewer where there is no room for them.
    pub(super) async fn forth(&self, after: Seq, n: usize) -> Result<Window, HttpError> {
        let head = self.hub.head().seq;
        let after = self.floor(after.min(head)).await?;
        self.read(after, head, n, self.room).await
    }

    /// The event at a place with `n` on each side, fewer where there is no room for them.
    pub(super) async fn around(&self, seq: Seq, n: usize) -> Result<Window, HttpError> {
        let head = self.hub.head().seq;
        let newer = self.read(seq, head, n, self.room / 2).await?;
        let mut window = self.back(seq, n + 1).await?;
        window.fit(self.room - size(&newer.rows).min(self.room));
        window.rows.extend(newer.rows);
        window.gaps.extend(newer.gaps);
        window.through = newer.through;
        Ok(window)
    }

    /// Whether something is kept that is newer than a place.
    pub(super) async fn is_behind(&self, through: Seq) -> Result<bool, HttpError> {
        let head = self.hub.head().seq;
        let newest = self.hub.before_newest(self.filter.clone(), head, 1).await?;
        Ok(newest < head && newest >= through)
    }

    /// The place before the newest `n` up to one; 0 where nothing older is kept, so that what is gone
    /// before is told.
    async fn before(&self, until: Seq, n: usize) -> Result<Seq, HttpError> {
        let newest = self.hub.before_newest(self.filter.clone(), until, n);
        self.floor(newest.await?).await
    }

    /// A place; 0 where nothing is kept up to it.
    async fn floor(&self, after: Seq) -> Result<Seq, HttpError> {
        let newest = self.hub.before_newest(self.filter.clone(), after, 1);
        Ok(if newest.await? == after { 0 } else { after })
    }

    /// Up to `n` events between two places, as far as there is room, but at least one; and what is
    /// gone up to the last of them.
    async fn read(
        &self,
        after: Seq,
        until: Seq,
        n: usize,
        room: usize,
    ) -> Result<Window, HttpError> {
        let (mut rows, mut gaps, mut through, mut bytes) = (VecDeque::new(), Vec::new(), after, 0);
        while through < until {
            let filter = self.filter.clone();
            let page = self
                .hub
                .stretch(filter, through, until, WINDOW_READ)
                .await?;
            for row in self.show(page.records).await? {
                bytes += row.event.data.len();
                if rows.len() == n || (bytes > room && !rows.is_empty()) {
                    // The rest is for the next page, as are the gaps before it.
                    gaps.extend(page.gaps.iter().filter(|lost| lost.through <= through));
                    return Ok(Window::of(rows, gaps, after, through));
                }
                through = row.seq;
                rows.push_back(row);
            }
            gaps.extend(page.gaps);
            through = page.examined;
        }
        Ok(Window::of(rows, gaps, after, through))
    }

    /// Events as a page has them; what a search costs is not paid by who serves others.
    async fn show(&self, records: Vec<Arc<Record>>) -> Result<Vec<Shown>, HttpError> {
        let (epoch, chooser) = (self.hub.epoch().clone(), Arc::clone(&self.chooser));
        let is_search = !chooser.is_all();
        let show = move || {
            let shown = records
                .iter()
                .map(|record| Shown::of(record, &epoch, &chooser));
            shown.collect()
        };
        if !is_search {
            return Ok(show());
        }
        tokio::task::spawn_blocking(show)
            .await
            .map_err(|_| HttpError::Internal("a search broke off".into()))
    }
}

impl Window {
    /// Whether older ones are kept.
    pub(super) fn is_cut(&self) -> bool {
        self.after > 0
    }

    /// Lets go of the oldest until the rest has room, but for the newest.
    fn fit(&mut self, room: usize) {
        let mut bytes = size(&self.rows);
        while bytes > room && self.rows.len() > 1 {
            let Some(oldest) = self.rows.pop_front() else {
                break;
            };
            bytes -= oldest.event.data.len();
            self.after = oldest.seq;
        }
        let after = self.after;
        self.gaps.retain(|lost| lost.through > after);
    }

    fn of(rows: VecDeque<Shown>, gaps: Vec<Lost>, after: Seq, through: Seq) -> Self {
        Self {
            rows,
            gaps,
            after,
            through,
        }
    }
}

/// The id of a place.
pub(super) fn id(epoch: &Epoch, seq: Seq) -> String {
    let epoch = epoch.clone();
    EventId { epoch, seq }.to_string()
}

fn size(rows: &VecDeque<Shown>) -> usize {
    rows.iter().map(|row| row.event.data.len()).sum()
}
