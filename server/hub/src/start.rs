//! Where a subscriber begins.

use std::{sync::Arc, time::SystemTime};

use crate::{
    delivery::{Gap, GapReason},
    handle::Shared,
    id::{EventId, Seq},
    limits::BATCH_BYTES,
    log::{Cursor, LogError, Lost},
    selector::Filter,
};

/// Where a subscriber begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what comes.
    Live,
    /// After an id, as it came: garbage is answered with a gap, nothing with [`Start::Live`],
    /// `earliest` with [`Start::All`].
    After(Vec<u8>),
    /// With the oldest that is kept.
    All,
    /// With the newest so many that match.
    Newest(usize),
    /// With what was accepted at this time or later.
    Since(SystemTime),
}

/// Finds the cursor at which a subscriber begins, and the gap before it.
pub(crate) async fn place(
    shared: &Shared,
    filter: &Arc<Filter>,
    start: Start,
) -> Result<(Cursor, Option<Gap>), LogError> {
    let head = shared.log.bounds().head;
    let live = Cursor { seq: head, told: 0 };
    match start {
        Start::Live => Ok((live, None)),
        Start::All => Ok((oldest(shared, filter).await?, None)),
        Start::Newest(n) => {
            let want = Arc::clone(filter);
            let seq = shared.log.before_newest(head, want, n).await?;
            Ok((silently(shared, filter, seq).await?, None))
        }
        Start::Since(time) => {
            let seq = shared.log.seek(time).await?;
            resume(shared, filter, seq, &crate::record::rfc3339(time)).await
        }
        Start::After(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            match text.as_ref() {
                "" => return Ok((live, None)),
                "earliest" => return Ok((oldest(shared, filter).await?, None)),
                _ => {}
            }
            let unknown = |reason| {
                let gap = Gap {
                    reason,
                    requested: Gap::cut(&text),
                    resumed_after: shared.id(head),
                    missed: None,
                };
                Ok((live, Some(gap)))
            };
            match EventId::parse(&text) {
                Some(id) if id.epoch != shared.epoch => unknown(GapReason::EpochChanged),
                Some(id) if id.seq <= head => resume(shared, filter, id.seq, &text).await,
                _ => unknown(GapReason::UnknownId),
            }
        }
    }
}

/// After `seq`, or after a gap from the oldest that is kept.
async fn resume(
    shared: &Shared,
    filter: &Arc<Filter>,
    seq: Seq,
    requested: &str,
) -> Result<(Cursor, Option<Gap>), LogError> {
    let cursor = Cursor { seq, told: 0 };
    let head = shared.log.bounds().head;
    // As much as comes next: then it is at hand.
    let want = Arc::clone(filter);
    let page = shared.log.read(cursor, head, want, BATCH_BYTES).await?;
    let next = page.records.first().map_or(head, |record| record.seq);
    // What is gone after the next event is told after it.
    let Some(lost) = page.gaps.first().filter(|lost| lost.through <= next) else {
        return Ok((cursor, None));
    };
    let seq = lost.through;
    let gap = gap(shared, lost, Gap::cut(requested));
    Ok((Cursor { seq, told: 0 }, Some(gap)))
}

/// A gap in a reader's stream.
pub(crate) fn gap(shared: &Shared, lost: &Lost, requested: String) -> Gap {
    Gap {
        reason: lost.reason,
        requested,
        resumed_after: shared.id(lost.through),
        missed: lost.missed,
    }
}

/// From the beginning, without being told of what is gone already.
async fn oldest(shared: &Shared, filter: &Arc<Filter>) -> Result<Cursor, LogError> {
    silently(shared, filter, 0).await
}

async fn silently(shared: &Shared, filter: &Arc<Filter>, seq: Seq) -> Result<Cursor, LogError> {
    let page = shared
        .log
        .read(Cursor { seq, told: 0 }, seq, Arc::clone(filter), 1)
        .await?;
    Ok(Cursor {
        seq,
        told: page.told,
    })
}
