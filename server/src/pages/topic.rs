//! `/topics`: what is on some topics, and what comes.

use std::sync::Arc;

use app::model::{Compose, Page, Refused, Snapshot, TopicData};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use hub::{EventId, Filter, Found, GapReason, Seq};

use super::asked::{Asked, Part};
use super::choice::Chooser;
use super::window::{self, Pager, Shown, Window};
use super::{encode, excerpt, origin, plain, render, sign_in};
use crate::{
    auth::Caller,
    http::{error::HttpError, query::quoted, subscribe::selector},
    limits::{AROUND, EVENTS, SNAPSHOT_BYTES},
    state::AppState,
};

/// Where the page of some topics or patterns is.
pub(crate) fn url(selectors: &[impl AsRef<str>]) -> String {
    let topics = selectors
        .iter()
        .map(|selector| format!("topic={}", encode(selector.as_ref())));
    format!("/topics?{}", topics.collect::<Vec<_>>().join("&"))
}

/// `GET /topics?topic=…`, and `/topics/{topic}` for one of them; without a topic the page asks for it.
pub(super) async fn page(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    let asked = Asked::read(request.uri())
        .map_err(|error| (String::new(), error))
        .and_then(|asked| Ok((filter(&asked.selectors)?, asked)));
    let asked = match asked {
        Ok((Some(filter), asked)) => match caller.may_read(filter) {
            Ok(filter) => Ok((Some(filter), asked)),
            Err(error) => return Ok(sign_in::asked(&state, &caller, request, error).await),
        },
        Ok((None, asked)) => Ok((None, asked)),
        Err(wrong) => Err(wrong),
    };
    let (page, status) = match asked {
        Ok((Some(filter), asked)) if asked.is_plain => {
            let (data, status) = plain::data(&state, &asked, filter).await?;
            (Page::Plain(Box::new(data)), status)
        }
        Ok((Some(filter), asked)) => {
            let (mut data, status) = watched(&state, &asked, filter, origin(&request)).await?;
            data.compose = compose(&state, &caller, &asked).await?;
            (Page::Topic(Box::new(data)), status)
        }
        Ok((None, _)) => (nothing(origin(&request), None), StatusCode::OK),
        Err((value, error)) => {
            let refused = Refused {
                field: "topic".into(),
                value,
                why: error.detail(),
            };
            (nothing(origin(&request), Some(refused)), error.status())
        }
    };
    let mut response = render(&state, &caller, request, page).await;
    *response.status_mut() = status;
    Ok(response)
}

/// The page that asks what to watch.
fn nothing(origin: String, refused: Option<Refused>) -> Page {
    Page::Topic(Box::new(TopicData {
        refused,
        origin,
        ..TopicData::default()
    }))
}

/// What is asked for; the text that is wrong, and why.
pub(super) fn filter(selectors: &[String]) -> Result<Option<Filter>, (String, HttpError)> {
    if selectors.is_empty() {
        return Ok(None);
    }
    let parse = |text: &String| selector(text).map_err(|error| (text.clone(), error));
    let parsed = selectors.iter().map(parse).collect::<Result<_, _>>()?;
    let filter = Filter::new(parsed).map_err(|error| (String::new(), error.into()))?;
    Ok(Some(filter))
}

/// The page of some topics but for its form, and its status.
pub(super) async fn watched(
    state: &AppState,
    asked: &Asked,
    filter: Arc<Filter>,
    origin: String,
) -> Result<(TopicData, StatusCode), HttpError> {
    let several = filter.single().is_none();
    let (chooser, why) = Chooser::new(&asked.choice, state.hub.epoch());
    let pager = Pager::new(&state.hub, filter.clone(), chooser, SNAPSHOT_BYTES);
    let place = match &asked.part {
        Part::At(id) => Some(permalink(state, filter, id).await?),
        _ => None,
    };
    let (window, at) = match &place {
        Some(Ok(seq)) => (
            pager.around(*seq, AROUND).await?,
            asked.part.named().map(|(_, id)| id.to_owned()),
        ),
        _ => (pager.back(state.hub.head().seq, EVENTS).await?, None),
    };
    let (mut refused, mut status) = (choice_refused(asked, &pager, why), StatusCode::OK);
    if let Some(Err(absent)) = place {
        status = absent.status;
        refused = Some(absent.refused(&asked.part));
    }
    let data = TopicData {
        selectors: asked.selectors.clone(),
        several,
        now: hub::rfc3339(std::time::SystemTime::now()),
        rows: rows(&window),
        earlier: window.is_cut(),
        events: snapshot(state, window),
        choice: asked.choice.clone(),
        at,
        refused,
        origin,
        ..TopicData::default()
    };
    Ok((data, status))
}

/// What is wrong with a choice, if anything is.
pub(super) fn choice_refused(
    asked: &Asked,
    pager: &Pager<'_>,
    why: Option<String>,
) -> Option<Refused> {
    let late = "`q` took too long to look for, and what it did not get to is shown as well; ask for \
                something simpler";
    let why = why.or_else(|| pager.was_late().then(|| late.to_owned()));
    why.map(|why| Refused {
        field: "q".into(),
        value: asked.choice.text.clone(),
        why,
    })
}

/// Why an id leads to no event.
pub(super) struct Absent {
    pub(super) status: StatusCode,
    pub(super) why: String,
}

impl Absent {
    /// The same as a refusal of the parameter that the id stands in.
    pub(super) fn refused(self, part: &Part) -> Refused {
        let (field, value) = part.named().unwrap_or_default();
        Refused {
            field: field.into(),
            value: value.into(),
            why: self.why,
        }
    }
}

/// The place that an id of this log names; what is wrong with one that names none.
pub(super) fn place(state: &AppState, name: &str, id: &str) -> Result<Seq, Absent> {
    let parsed = EventId::parse(id).ok_or_else(|| Absent {
        status: StatusCode::BAD_REQUEST,
        why: format!(
            "`{name}` is {}, which is no id; give one such as {}",
            quoted(id),
            state.hub.head()
        ),
    })?;
    let why = match (&parsed.epoch == state.hub.epoch(), state.hub.head().seq) {
        (false, _) => "is of a log that this hub has no longer, or never had",
        (true, head) if parsed.seq > head => "is still to come",
        _ => return Ok(parsed.seq),
    };
    Err(Absent {
        status: StatusCode::NOT_FOUND,
        why: format!("{} {why}; the newest events are shown", quoted(id)),
    })
}

/// The place of the event that a permalink leads to.
async fn permalink(
    state: &AppState,
    filter: Arc<Filter>,
    id: &str,
) -> Result<Result<Seq, Absent>, HttpError> {
    let seq = match place(state, "at", id) {
        Ok(seq) => seq,
        Err(absent) => return Ok(Err(absent)),
    };
    let why = match state.hub.at(filter, seq).await? {
        Found::Event(_) => return Ok(Ok(seq)),
        Found::Gone(GapReason::Trimmed) => "is no longer kept",
        Found::Gone(GapReason::Deleted) => "was deleted",
        Found::Gone(_) => "can no longer be read",
        Found::Nothing => "is no event of these topics, or is no longer kept",
    };
    Ok(Err(Absent {
        status: StatusCode::NOT_FOUND,
        why: format!("{} {why}; the newest events are shown", quoted(id)),
    }))
}

/// The rows that stand in the page until it is alive.
fn rows(window: &Window) -> Vec<app::model::Event> {
    let chosen = window.rows.iter().filter(|row| row.is_chosen);
    let cut = chosen.map(|row| app::model::Event {
        data: excerpt::row(&row.event.data, row.bytes),
        ..row.event.clone()
    });
    cut.collect()
}

/// What the browser begins with: up to the first event that is not whole, which the stream brings.
fn snapshot(state: &AppState, window: Window) -> Snapshot {
    let cut = window.rows.iter().find(|row| !row.is_whole());
    let cursor = cut.map_or(window.through, |row| row.seq - 1);
    let epoch = state.hub.epoch();
    let gaps = window.gaps.iter().filter(|lost| lost.through <= cursor);
    let gaps = gaps.map(|lost| {
        let before = window.rows.partition_point(|row| row.seq <= lost.through);
        let after = before
            .checked_sub(1)
            .map_or(window.after, |at| window.rows[at].seq);
        (before, plain::gap(lost, after, epoch))
    });
    Snapshot {
        gaps: gaps.collect(),
        cursor: window::id(epoch, cursor),
        events: {
            let whole = window.rows.into_iter().take_while(Shown::is_whole);
            whole.map(|row| row.event).collect()
        },
    }
}

/// The form that publishes, as it stands in the page that is asked for.
pub(super) async fn compose(
    state: &AppState,
    caller: &Caller,
    asked: &Asked,
) -> Result<Compose, HttpError> {
    let published = match &asked.published {
        Some(id) => published(state, caller, id).await?,
        None => None,
    };
    // A pattern is no topic: what to publish to is for the reader to say.
    let own = match asked.selectors.as_slice() {
        [one] if !one.contains('*') => one.clone(),
        _ => String::new(),
    };
    let (topic, id) = match published {
        Some((topic, id)) => (topic, Some(id)),
        None => (own, None),
    };
    Ok(Compose {
        watching: asked.live(),
        topic,
        published: id,
        ..Compose::default()
    })
}

/// The topic and the id of what was just published, where it is there.
async fn published(
    state: &AppState,
    caller: &Caller,
    id: &str,
) -> Result<Option<(String, String)>, HttpError> {
    let everything = caller.may_read(Filter::new(vec![selector("**")?])?);
    let (Ok(seq), Ok(everything)) = (place(state, "published", id), everything) else {
        return Ok(None);
    };
    Ok(match state.hub.at(everything, seq).await? {
        Found::Event(record) => Some((record.topic.to_string(), id.to_owned())),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
