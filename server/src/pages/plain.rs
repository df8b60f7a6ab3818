//! `/topics?view=plain`: what is on some topics, page by page.

use std::sync::Arc;

use app::model::{Gap, PlainData, PlainRow};
use axum::http::StatusCode;
use hub::{Epoch, Filter, Lost};

use super::asked::{Asked, Part};
use super::choice::Chooser;
use super::topic::{choice_refused, place};
use super::window::{self, Pager, Window};
use crate::{
    http::error::HttpError,
    limits::{AROUND, EVENTS, PLAIN_BYTES},
    state::AppState,
};

/// One page, and its status: pages that lie beside each other have each event once.
pub(super) async fn data(
    state: &AppState,
    asked: &Asked,
    filter: Arc<Filter>,
) -> Result<(PlainData, StatusCode), HttpError> {
    let several = filter.single().is_none();
    let (hub, epoch) = (&state.hub, state.hub.epoch());
    let (chooser, why) = Chooser::new(&asked.choice, epoch);
    let pager = Pager::new(hub, filter, chooser, PLAIN_BYTES);
    let named = asked.part.named();
    let seq = named.map(|(name, id)| place(state, name, id)).transpose();
    let window = match (&asked.part, &seq) {
        (Part::Before(_), Ok(Some(seq))) => pager.back(seq.saturating_sub(1), EVENTS).await?,
        (Part::After(_), Ok(Some(seq))) => pager.forth(*seq, EVENTS).await?,
        (Part::At(_), Ok(Some(seq))) => pager.around(*seq, AROUND).await?,
        _ => pager.back(hub.head().seq, EVENTS).await?,
    };
    let is_behind = pager.is_behind(window.through).await?;
    let (mut refused, mut status) = (choice_refused(asked, &pager, why), StatusCode::OK);
    if let Err(absent) = seq {
        status = absent.status;
        refused = Some(absent.refused(&asked.part));
    }
    let older = |after| asked.plain("before", &window::id(epoch, after + 1));
    let newer = |through| asked.plain("after", &window::id(epoch, through));
    let data = PlainData {
        selectors: asked.selectors.clone(),
        several,
        of: window.rows.len(),
        choice: asked.choice.clone(),
        live: asked.live(),
        older: window.is_cut().then(|| older(window.after)),
        newer: is_behind.then(|| newer(window.through)),
        rows: rows(window, epoch),
        refused,
    };
    Ok((data, status))
}

/// The chosen events with what is gone between them.
fn rows(window: Window, epoch: &Epoch) -> Vec<PlainRow> {
    let mut gaps = window.gaps.into_iter().peekable();
    let (mut rows, mut before) = (Vec::new(), window.after);
    for row in window.rows {
        while let Some(lost) = gaps.next_if(|lost| lost.through < row.seq) {
            rows.push(PlainRow::Gap(gap(&lost, before, epoch)));
        }
        before = row.seq;
        if row.is_chosen {
            rows.push(PlainRow::Event(row.event));
        }
    }
    rows.extend(gaps.map(|lost| PlainRow::Gap(gap(&lost, before, epoch))));
    rows
}

/// What is gone, for a page that shows what lies after `before`.
pub(super) fn gap(lost: &Lost, before: hub::Seq, epoch: &Epoch) -> Gap {
    Gap {
        reason: lost.reason.as_str().to_owned(),
        requested: window::id(epoch, before),
        resumed_after: window::id(epoch, lost.through),
        missed: lost.missed,
    }
}
