//! `/`: the hub in figures, its topics, and who listens.

use std::time::SystemTime;

use app::model::{
    Figures, HomeData, LISTENERS_SHOWN, Listener, Page, TOPICS_SHOWN, TopicLine, TopicOrder, Wanted,
};
use axum::{
    extract::{Request, State},
    response::Response,
};
use hub::{Order, SubscriberEntry, TopicEntry, TopicQuery, rfc3339};
use serde::Deserialize;

use super::{now, origin, query, render, sign_in};
use crate::{auth::Caller, http::error::HttpError, state::AppState};

/// `GET /?q=&sort=&after=`: the overview.
pub(super) async fn page(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    if let Err(error) = caller.may_observe() {
        return Ok(sign_in::asked(&state, &caller, request, error).await);
    }
    let wanted = query::<Asked>(request.uri()).wanted();
    let (topics, next) = listed(&state, &wanted).await?;
    let recent = state.hub.recent(topics.iter().map(|t| &t.info.topic));
    let topics = topics.iter().zip(recent);
    let listeners = state.hub.subscribers(0, LISTENERS_SHOWN).entries;
    let data = HomeData {
        now: now(),
        today: rfc3339(SystemTime::now()).chars().take(10).collect(),
        demo: state.config.demo,
        figures: figures(&state),
        topics: topics.map(|(t, recent)| line(t, recent)).collect(),
        wanted,
        next,
        listeners: listeners.iter().map(listener).collect(),
        origin: origin(&request),
    };
    Ok(render(&state, &caller, request, Page::Home(Box::new(data))).await)
}

/// What a reader chose, as it stands in the address.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    sort: String,
    after: String,
}

impl Asked {
    fn wanted(self) -> Wanted {
        let order = TopicOrder::of(&self.sort);
        // What leads has one page only.
        let goes_on = order == TopicOrder::Name;
        Wanted {
            text: self.q.trim().to_owned(),
            after: if goes_on { self.after } else { String::new() },
            order,
        }
    }
}

/// The topics of the page, and the one after which the next begins.
async fn listed(
    state: &AppState,
    wanted: &Wanted,
) -> Result<(Vec<TopicEntry>, Option<String>), HttpError> {
    let query = TopicQuery {
        contains: wanted.text.clone(),
        after: Some(wanted.after.clone()).filter(|after| !after.is_empty()),
        limit: TOPICS_SHOWN,
        ..TopicQuery::default()
    };
    let order = match wanted.order {
        TopicOrder::Name => {
            let page = state.hub.topics(query).await?;
            return Ok((page.entries, page.next.map(|topic| topic.to_string())));
        }
        TopicOrder::Rate => Order::Rate,
        TopicOrder::Last => Order::Last,
    };
    Ok((state.hub.leading(order, query).await?, None))
}

fn line(TopicEntry { info, subscribers }: &TopicEntry, recent: Option<Vec<u32>>) -> TopicLine {
    TopicLine {
        topic: info.topic.to_string(),
        rate: info.rate,
        recent: recent.unwrap_or_default(),
        subscribers: *subscribers,
        events: info.events,
        last_time: rfc3339(info.last_time),
    }
}

fn listener(entry: &SubscriberEntry) -> Listener {
    let selectors = entry.filter.selectors().iter();
    Listener {
        id: entry.number.to_string(),
        selectors: selectors.map(ToString::to_string).collect(),
        format: entry.client.format.to_owned(),
        since: rfc3339(entry.since),
        behind: entry.behind,
    }
}

fn figures(state: &AppState) -> Figures {
    let stats = state.hub.stats();
    Figures {
        topics: stats.log.topics,
        subscribers: stats.subscribers as u64,
        stored: stats.published.events,
        delivered: stats.delivered.events,
        log_bytes: stats.log.bytes,
        gaps: stats.gaps.total(),
        uptime: stats.uptime.as_secs(),
    }
}
